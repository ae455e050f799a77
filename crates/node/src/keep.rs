//! What the engine keeps: finals, checkpoints, bundles, rows, offers, reports, and the end
//! of it all.

use crate::engine::Engine;
use crate::error::NodeError;
use crate::submit::AccountsAt;
use std::time::{Duration, Instant};
use weft_consensus::Input;
use weft_gossip::Topic;
use weft_ledger::query;
use weft_types::{BlockHash, Canonical, Height};

/// How often the store's thread is looked after.
pub(crate) const LOOK: Duration = Duration::from_millis(500);

impl Engine {
    /// A block became final: its receipts, its writes, its place in the store.
    pub(crate) fn finalized(&mut self, hash: BlockHash) -> Result<(), NodeError> {
        for block in self.core.executor_mut().take_final() {
            let full = self.finals.recall(&block.hash, block.height).ok_or_else(|| {
                let reason = format!("final block {} was never executed here", block.hash);
                NodeError::State { reason }
            })?;
            self.check_trust(block.height, (block.hash, full.header().slot))?;
            let accounts = AccountsAt::of(self.core.executor(), &block.hash);
            self.pool.on_final(&full, &accounts);
            self.finals.add(block, full.header().clone(), full.tx_ids());
        }
        self.store.mark_final(&hash)?;
        Ok(())
    }

    /// The head moved: what its synced state calls final may be said.
    pub(crate) fn new_head(&mut self, hash: BlockHash) -> Result<(), NodeError> {
        self.store.sync()?;
        if let Some(chain) = self.core.executor().chain(&hash) {
            self.finals.say(&chain.finality.finalized.hash);
        }
        if let Some(said) = self.finals.said().map(|said| said.hash) {
            self.core.executor_mut().absorb(&said);
        }
        self.follow_rules(&hash);
        let (head, said) = (self.core.head(), self.finals.said());
        tracing::info!(
            height = head.height.0,
            slot = head.slot.0,
            round = head.round.0,
            r#final = said.map(|said| said.height.0),
            peers = self.peers.count(),
            pool = self.pool.len(),
            hash = %hash,
            "head"
        );
        Ok(())
    }

    /// After each event: what is due by time rather than by message.
    ///
    /// # Errors
    /// [`NodeError`] when the disk fails.
    pub fn housekeeping(&mut self) -> Result<(), NodeError> {
        if let Some(bundle) = self.relay.due() {
            self.publish(Topic::Transactions, bundle);
        }
        if self.looked.elapsed() < LOOK {
            return Ok(());
        }
        self.looked = Instant::now();
        // R21, R16: nothing is signed by rules that are not known, or on a past that may be
        // forged.
        if self.core.stopped().is_none() && self.finals.awaited().is_none() {
            self.offer_rows()?;
            self.offer_to_vote();
            self.report_offences();
        }
        self.tell_voters();
        self.prune_pool();
        self.say_health();
        self.store.poll()?;
        self.checkpoint(false)
    }

    /// Gives the voter's rows to the core, once a tempo or an epoch.
    fn offer_rows(&mut self) -> Result<(), NodeError> {
        let height = self.core.head().height;
        if height == Height::ZERO {
            return Ok(());
        }
        let Some(voter) = self.voter else { return Ok(()) };
        let Some(view) = self.core.executor().view(&self.core.head_hash()) else { return Ok(()) };
        let ledger = self.core.executor().ledger();
        let params = ledger.numbers_of(&view);
        let desk = |netuid| query::market::row_desk(&view, params, netuid, &voter);
        self.rows.look(|row| ledger.try_row(&view, &voter, row));
        let items = self.rows.due(height, &voter, desk);
        if items.is_empty() {
            return Ok(());
        }
        let effects = self.core.step(crate::engine::now(), Input::Queue(items));
        self.apply(effects)
    }

    /// Drops transactions that are final or can't be any more.
    fn prune_pool(&mut self) {
        self.pool.expire(self.core.head().height);
    }

    fn checkpoint(&mut self, stopping: bool) -> Result<(), NodeError> {
        let base = self.core.base();
        let at = base.standing().hash;
        if let Some((changes, meta)) = self.finals.checkpoint(at, base.to_bytes(), stopping) {
            self.store.checkpoint(changes, meta)?;
        }
        Ok(())
    }

    /// The end: everything is written, then the store is closed.
    ///
    /// # Errors
    /// [`NodeError`] when the disk fails.
    pub(crate) fn shut(mut self) -> Result<(), NodeError> {
        self.checkpoint(true)?;
        self.store.close()?;
        tracing::info!("stopped");
        Ok(())
    }
}
