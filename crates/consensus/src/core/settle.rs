//! What follows from what has become known, in this order: finality, head, our share
//! (which may complete a quorum, so finality and head again), our block, what waited too long, the next wake-up.

use super::Core;
use super::blocks::give_up;
use crate::clock::Moment;
use crate::counters::Counters;
use crate::effect::Effect;
use crate::error::Dismissal;
use crate::input::Status;
use crate::tree::Node;
use weft_types::Share;
use weft_types::check::{Known, own_share};
use weft_types::executor::Executor;

/// Every how many slots we tell peers where we are.
const TELL_EVERY: u64 = 2;

impl<E: Executor, K: Known> Core<E, K> {
    pub(super) fn settle(&mut self, moment: Moment, out: &mut Vec<Effect>) {
        self.settle_blocks(moment, out);
        self.settle_finality(out);
        self.settle_head(out);
        if self.vote(moment, out) {
            self.settle_finality(out);
            self.settle_head(out);
        }
        self.propose(moment, out);
        self.tell(moment, out);
        self.expire(moment, out);
        self.wake(moment, out);
    }

    /// Makes final what is: each new final block is reported once, oldest first.
    pub(super) fn settle_finality(&mut self, out: &mut Vec<Effect>) {
        match self.forks.finalize() {
            Ok(path) if path.is_empty() => {}
            Ok(path) => {
                for (hash, height) in path {
                    self.executor.finalize(&hash);
                    self.queue.finalized(&hash);
                    Counters::bump(&mut self.counters.finalized);
                    out.push(Effect::Finalized { hash, height });
                }
                let tree = self.forks.tree();
                let last = tree.base().header();
                self.headers.prune(last.slot);
                // What waits at or below it is never taken, so it is not asked for either.
                let gone = self.waiting.take(|e| e.signed.header.height <= last.height);
                gone.iter().for_each(|entry| give_up(entry, out));
                self.queue.prune(|hash| tree.get(hash).is_some());
            }
            Err(conflict) => {
                let why = Dismissal::Conflict(conflict);
                out.push(Effect::Dismissed { hash: conflict.hash, why });
            }
        }
    }

    /// Moves to the head of R8.
    pub(super) fn settle_head(&mut self, out: &mut Vec<Effect>) {
        let tree = self.forks.tree();
        let head = self.forks.head().standing.hash;
        if head != self.head {
            let extends = tree.get(&self.head).is_some_and(|old| tree.descends(&head, old));
            if !extends {
                Counters::bump(&mut self.counters.reorganisations);
            }
            self.head = head;
            out.push(Effect::Head(head));
        }
    }

    /// A clock that stepped back makes a voter wait (R7), and so does a trusted checkpoint
    /// that is not reached (R16).
    pub(super) fn is_steady(&self, moment: Moment) -> bool {
        moment.now >= self.turn.latest && !self.is_held
    }

    /// Signs a share for the head if R7 allows; the record comes first.
    fn vote(&mut self, moment: Moment, out: &mut Vec<Effect>) -> bool {
        let tree = self.forks.tree();
        let head = tree.get(&self.head).unwrap_or_else(|| tree.base()).standing.clone();
        let is_steady = self.is_steady(moment) && self.stopped().is_none();
        let Some(voter) = self.voter.as_mut().filter(|v| is_steady && v.may_vote(moment, &head))
        else {
            return false;
        };
        let holds = |block: &_| tree.get(block).is_some_and(|n| tree.descends(&head.hash, n));
        let items = self.queue.pick(head.header.height, holds);
        let share = voter.vote(&head, items, &self.chain);
        out.push(Effect::Record(voter.record().clone()));
        out.push(Effect::SendShare(share.share().clone()));
        let evidence = self.forks.shares_mut().add(share);
        self.report(evidence, out);
        self.forks.review(&head.hash);
        Counters::bump(&mut self.counters.votes);
        true
    }

    /// At the first input after the log was restored: silence, if the vote file was
    /// lost, begins; the chain of our last vote is offered to the peers (R7).
    pub(super) fn start_once(&mut self, moment: Moment, out: &mut Vec<Effect>) {
        if std::mem::replace(&mut self.turn.has_started, true) {
            return;
        }
        if let Some(voter) = &mut self.voter {
            voter.was_at(moment.slot);
            voter.start(moment.slot, self.listens);
        }
        if let Some(block) = &self.head_node().block {
            out.push(Effect::Announce(block.block().signed.clone()));
        }
        if let Some(share) = self.last_share() {
            out.push(Effect::SendShare(share.clone()));
            let target = share.vote().target.hash;
            self.forks.shares_mut().add(own_share(share.signed, share.items));
            self.forks.review(&target);
        }
        out.push(Effect::SendStatus(self.status()));
    }

    /// Our last share, when its target is still a block that matters.
    fn last_share(&self) -> Option<Share> {
        let share = self.voter.as_ref()?.record().share.clone()?;
        let target = self.forks.tree().get(&share.vote().target.hash)?;
        self.forks.tree().is_open(target).then_some(share)
    }

    /// A block whose state says more of justified than the head's does: it is offered to
    /// peers too, for what it carries (R7). Who voted for it can't vote on the head's chain
    /// before that says as much, and those whose turn it is may not know.
    fn proof_elsewhere(&self) -> Option<Status> {
        let said = |node: &Node| node.standing.finality.justified.round;
        let tree = self.forks.tree();
        let open = tree.nodes().filter(|node| node.block.is_some() && tree.is_open(node));
        let best = open.max_by_key(|node| (said(node), node.standing.hash))?;
        (said(best) > said(self.head_node())).then(|| Status {
            finalized: self.finalized().0.height,
            height: best.header().height,
            head: best.standing.checkpoint(),
            version: best.standing.rules.version,
        })
    }

    fn tell(&mut self, moment: Moment, out: &mut Vec<Effect>) {
        let due = self.turn.told.0.saturating_add(TELL_EVERY);
        if moment.quarter >= 2 && moment.slot.0 >= due {
            self.turn.told = moment.slot;
            out.push(Effect::SendStatus(self.status()));
            out.extend(self.proof_elsewhere().map(Effect::SendStatus));
        }
    }

    fn wake(&mut self, moment: Moment, out: &mut Vec<Effect>) {
        let next = self.clock.next_quarter(moment);
        if next != self.turn.wake {
            self.turn.wake = next;
            out.push(Effect::Wake(next));
        }
    }
}
