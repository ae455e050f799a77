//! What the engine keeps: what is final, checkpoints, rows, offers, reports; and the start
//! from a log.

use crate::accounts::AccountsAt;
use crate::engine::Engine;
use crate::halt::Halt;
use crate::io::{Finalized, Io, Note, Tip};
use std::sync::Arc;
use weft_consensus::Input;
use weft_ledger::query;
use weft_types::check::Known;
use weft_types::{BlockHash, CheckedBlock, Height, Millis};

impl<K: Known> Engine<K> {
    /// Takes a block of the own log, in its order, before [`Engine::start`]. Nothing of it is
    /// sent or signed; what became final by it is said as Io.
    ///
    /// # Errors
    /// [`Halt::NeverExecuted`] when the log lacks a block.
    pub fn restore(&mut self, now: Millis, block: Arc<CheckedBlock>) -> Result<Vec<Io>, Halt> {
        self.now = now;
        self.clear_pool();
        self.finals.remember(Arc::clone(&block));
        for effect in self.core.step(now, Input::Restored { block }) {
            if let weft_consensus::Effect::Finalized { hash, .. } = effect {
                self.take_final()?;
                self.out(Io::MarkFinal(hash));
            }
        }
        Ok(self.taken())
    }

    /// What the state of the head calls final may be said, at a start.
    pub(crate) fn settle_said(&mut self) {
        let head = self.core().head_hash();
        if let Some(chain) = self.core().executor().chain(&head) {
            self.finals.say(&chain.finality.finalized.hash);
        }
        // Reads of the final state are of what this node says is final.
        self.core.executor_mut().absorb_when_said();
    }

    /// A block became final: its receipts, its writes, its place in the store.
    pub(crate) fn finalized(&mut self, hash: BlockHash) -> Result<(), Halt> {
        self.take_final()?;
        self.out(Io::MarkFinal(hash));
        Ok(())
    }

    fn take_final(&mut self) -> Result<(), Halt> {
        for block in self.core.executor_mut().take_final() {
            let (hash, height) = (block.hash, block.height);
            let full = self.finals.recall(&hash, height).ok_or(Halt::NeverExecuted(hash))?;
            let header = full.header().clone();
            if self.finals.is_judged() {
                self.check_trust(height, (hash, header.slot))?;
            }
            let (state_root, slot) = (block.state_root, header.slot);
            self.landed.push(full);
            self.finals.add(Tip { height, hash, state_root, slot });
            self.out(Io::Final(Box::new(Finalized { block, header })));
        }
        Ok(())
    }

    /// What final blocks carried leaves the pool, in the step behind the one that made them final:
    /// by then it is written down what became of it, and who asks meanwhile finds it in one of
    /// both.
    pub(crate) fn clear_pool(&mut self) {
        for block in std::mem::take(&mut self.landed) {
            let last = self.core.finalized().1;
            let accounts = AccountsAt::of(self.core.executor(), &last);
            self.pool.change().on_final(&block, &accounts);
        }
    }

    /// The head moved: what its synced state calls final may be said.
    pub(crate) fn new_head(&mut self, hash: BlockHash) {
        self.out(Io::Sync);
        if let Some(chain) = self.core().executor().chain(&hash) {
            self.finals.say(&chain.finality.finalized.hash);
        }
        self.absorb();
        self.follow_rules(&hash);
        if self.core.stopped().is_some() {
            self.asks.forget_tips(); // R21: what is above is of no use here.
        }
        let header = Box::new(self.core().head().clone());
        self.note(Note::Head { header, hash });
    }

    /// When the rules of the next block are others, what waits is looked at again (R21).
    fn follow_rules(&mut self, head: &BlockHash) {
        let rules = self.core().rules();
        if std::mem::replace(&mut self.rules_seen, rules) == rules {
            return;
        }
        let accounts = AccountsAt::of(self.core.executor(), head);
        let dropped = self.pool.change().recheck(&accounts);
        self.note(Note::Rules { rules, dropped });
    }

    /// What is due by time rather than by message.
    pub(crate) fn keep_up(&mut self) -> Result<(), Halt> {
        self.keep_offences();
        // R21, R16: nothing is signed by rules that are not known, or on a past that may be
        // forged.
        if self.core().stopped().is_none() && self.finals.awaited().is_none() {
            self.offer_rows()?;
            self.offer_to_vote();
            self.report_offences();
        }
        self.tell_voters();
        self.pool.change().expire(self.core.head().height);
        self.checkpoint(false);
        Ok(())
    }

    /// Gives the voter's rows to the core, once a tempo or an epoch.
    fn offer_rows(&mut self) -> Result<(), Halt> {
        let height = self.core.head().height;
        let Some(voter) = self.voter().filter(|_| height > Height::ZERO) else { return Ok(()) };
        let items = {
            let executor = self.core.executor();
            let Some(view) = executor.view(&self.core.head_hash()) else { return Ok(()) };
            let params = executor.ledger().numbers_of(&view);
            let desk = |netuid| query::market::row_desk(&view, params, netuid, &voter);
            self.rows.look(|row| executor.ledger().try_row(&view, &voter, row));
            self.rows.due(height, &voter, desk)
        };
        self.keep_rows();
        if items.is_empty() { Ok(()) } else { self.give(Input::Queue(items)) }
    }

    /// What is to be known of the rows after a restart is written before they are acknowledged,
    /// and before a commitment leaves.
    pub(crate) fn keep_rows(&mut self) {
        if let Some(kept) = self.rows.news() {
            self.out(Io::Rows(Box::new(kept)));
        }
    }

    fn checkpoint(&mut self, is_stopping: bool) {
        let at = self.core.finalized().1;
        if self.finals.wants_checkpoint(at, self.now, is_stopping) {
            let base = self.core.base();
            self.out(Io::Sync);
            self.out(Io::Checkpoint(Box::new(base)));
        }
    }

    /// The end: what is to be written before the store is closed.
    pub fn stop(&mut self, now: Millis) -> Vec<Io> {
        self.now = now;
        self.keep_offences();
        self.checkpoint(true);
        self.taken()
    }
}
