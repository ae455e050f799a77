//! Former voters whose stake is out: their keys sign another past, which costs them nothing
//! (R16).
//!
//! # What happens, in order
//!
//! 1. The voters of genesis ask for all their stake, and others offer themselves; two
//!    rotations later those vote alone, and the stake waits as long as R15 has it.
//! 2. Where the other past will leave the chain is settled while the old set votes: at the last
//!    final block of the node that is to be misled, the sleeper.
//! 3. As soon as the real state says that all the stake is out, and not before, one node with
//!    all the old keys makes the other past: a block in every slot from there on, each with
//!    the work and the quorum of the old set, so that it makes itself final. Nobody who
//!    joined is in it, so the old set votes for ever.
//! 4. It shows it to all, as any node shows its chain: it announces the tip with its votes,
//!    says where it is, and serves blocks. It listens to nobody. The sleeper may hear no one else.
//! 5. Nobody honest may ever say that a block of it is final. Who comes to such a block where it
//!    awaits another stops; its operator moves the home away and starts from other peers.

use crate::agenda::{Message, Parcel};
use crate::checkpoint::Checkpoint;
use crate::names::peer_of;
use crate::net::Net;
use crate::plan::Lost;
use std::sync::Arc;
use weft_consensus::tally::is_voter;
use weft_consensus::{Executor as _, Input, Ticket, VoteFile, VoteRecord, propose};
use weft_engine::kept::Kept;
use weft_ledger::forks::View;
use weft_ledger::query;
use weft_types::call::ALL_STAKE;
use weft_types::check::seal_block;
use weft_types::share::items_digest;
use weft_types::{BlockHash, Call, Hash, PublicKey, Rao, SecretKey, Share, Slot, Vote};

/// Slots between two requests for what was not asked back yet.
const AGAIN: u64 = 6;

impl Net {
    /// A slot begins: they do what is due.
    pub fn begin_former(&mut self, slot: u64) {
        let (Some(former), Some(sleeper)) = (self.plan.former, self.plan.sleeper()) else {
            return;
        };
        if slot == former.leaves {
            self.settle_root(sleeper);
        }
        // A request is lost where another call of its signer has its place; then it is repeated.
        if slot >= former.asks && (slot - former.asks).is_multiple_of(AGAIN) {
            self.ask_all_back();
        }
        if self.other.next == 0 && self.other.root.is_some() && self.is_stake_out() {
            self.begin_past();
        }
        if self.other.next > 0 {
            let lacks = if slot < former.grows { former.lacks } else { 0 };
            while self.other.next + lacks <= slot && self.lengthen().is_some() {}
            self.show_past();
        }
    }

    /// Whether a node may offer its voter: those that joined do, in time.
    pub fn may_offer(&self, i: usize) -> bool {
        let joined = self.plan.voters..self.plan.voters + self.plan.joiners;
        let slot = self.slot();
        self.plan.former.is_none_or(|former| slot >= former.leaves && joined.contains(&i))
    }

    /// The other past will leave the chain at what is final at the sleeper now.
    pub fn settle_root(&mut self, i: usize) {
        if Some(i) == self.plan.sleeper() && self.other.root.is_none() {
            self.other.root = self.last_of(i).map(|mark| mark.hash);
        }
    }

    /// Voters of genesis ask for all there is, who have not yet.
    fn ask_all_back(&mut self) {
        let Some(core) = self.core(self.plan.voters) else { return };
        let Some(view) = core.executor().view(&core.head_hash()) else { return };
        let voters = self.world.keys.iter().take(self.plan.voters);
        let hotkeys: Vec<_> =
            voters.map(SecretKey::public).filter(|key| !self.has_asked(&view, key)).collect();
        for hotkey in hotkeys {
            self.send_paying(self.plan.voters, 0, Call::RemoveStake { hotkey, amount: ALL_STAKE });
        }
    }

    /// Whether nothing waits any more of what voters of genesis had, by the last final state.
    /// What their hotkeys earned since is no stake that voted.
    fn is_stake_out(&mut self) -> bool {
        let Some(core) = self.core(self.plan.voters) else { return false };
        let Some(view) = core.executor().view(&core.finalized().1) else { return false };
        let waits = query::supply(&view).is_some_and(|supply| supply.unbonding > Rao::ZERO);
        let mut voters = self.world.keys.iter().take(self.plan.voters);
        let is_out = !waits && voters.all(|key| self.has_asked(&view, &key.public()));
        self.other.has_waited |= waits;
        is_out && self.other.has_waited
    }

    /// Whether what a hotkey had at genesis was asked back.
    fn has_asked(&self, view: &View<'_>, hotkey: &PublicKey) -> bool {
        let owner = self.world.users.first().map(SecretKey::public).unwrap_or_default();
        query::stake(view, hotkey, &owner).0 * 2 < self.world.first_stake(hotkey).0
    }

    /// The stake is out: whoever has the keys stands where the other past begins.
    fn begin_past(&mut self) {
        let (Some(i), Some(root)) = (self.plan.forger(), self.other.root) else { return };
        let now = self.clock(i);
        let vote = VoteFile::Known(VoteRecord::default());
        let (own, none) = ((i, &self.plan), Checkpoint::default());
        let mut engine = self.world.engine(own, (vote, Kept::default()), &none, &self.seals);
        let Some(node) = self.nodes.get_mut(i) else { return };
        let Some(first) = node.disk.block(&root) else { return };
        self.other.next = first.header().slot.0 + 1;
        for block in node.disk.whole_chain(&root) {
            // Nobody looks at what it makes final.
            drop(engine.restore(now, block));
        }
        node.engine = Some(engine);
        let keys = self.world.keys.iter().take(self.plan.voters);
        self.watch.sold(keys.map(SecretKey::public));
        self.meet(i);
        self.vote_all(root);
    }

    /// All of them vote for a block of theirs; answers the shares.
    fn vote_all(&mut self, target: BlockHash) -> Vec<Share> {
        let Some(i) = self.plan.forger() else { return Vec::new() };
        let known = self.core(i).and_then(|core| core.forks().tree().get(&target));
        let Some(standing) = known.map(|known| known.standing.clone()) else { return Vec::new() };
        if standing.header.height.0 == 0 {
            return Vec::new();
        }
        let (source, target) = (standing.finality.justified, standing.checkpoint());
        let keys: Vec<SecretKey> = self.world.keys.iter().take(self.plan.voters).cloned().collect();
        let mut shares = Vec::new();
        for key in keys.iter().filter(|key| is_voter(&standing.sets, &key.public())) {
            let items = items_digest(&Vec::new());
            let vote = Vote { voter: key.public(), source, target, items };
            let share = Share { signed: vote.sign(key, &self.world.chain), items: Vec::new() };
            self.seals.add(share.signed.seal());
            // Nobody waits for the verdict, so nothing is passed on.
            let (from, ticket) = (peer_of(i), Ticket(self.number()));
            self.inject(i, Input::Share { from, ticket, share: share.clone() });
            shares.push(share);
        }
        shares
    }

    /// One block more; none when its slot is nobody's of theirs.
    fn lengthen(&mut self) -> Option<()> {
        let (i, slot) = (self.plan.forger()?, Slot(self.other.next));
        self.other.next += 1;
        let engine = self.nodes.get_mut(i)?.engine.as_mut()?;
        let core = engine.core();
        let head = core.forks().tree().get(&core.head_hash())?;
        let proposer = head.schedule.proposer(slot)?;
        let signer = (proposer, core.program());
        let draft = propose::draft(core.forks(), head, slot, signer)?;
        let made = engine.core_mut().executor_mut().assemble(&draft, Vec::new()).ok()?;
        let voters = self.world.keys.iter().take(self.plan.voters);
        let key = voters.into_iter().find(|key| key.public() == proposer)?;
        let signer = (key, &self.world.chain);
        let block = seal_block(made.header, signer, draft.proof, draft.catch_up, made.txs);
        self.seals.add(block.block().signed.seal());
        let hash = block.hash();
        // With nothing to carry the first ones may be what the chain has too.
        if !self.watch.blocks.contains_key(&hash) {
            self.other.blocks.insert(hash);
            self.faults.note("past_blocks");
        }
        self.inject(i, Input::Block { from: None, is_asked: false, block: Arc::new(block) });
        self.vote_all(hash);
        Some(())
    }

    /// Shows the tip, as whoever made it just now would.
    fn show_past(&mut self) {
        let Some(i) = self.plan.forger() else { return };
        let tip = self.core(i).and_then(|core| core.block(&core.head_hash()));
        let Some(tip) = tip else { return };
        let (tip, target) = (tip.block().signed.clone(), tip.hash());
        self.flood(i, None, &Parcel::new(Message::header(&tip)));
        for share in self.vote_all(target) {
            self.flood(i, None, &Parcel::new(Message::share(Box::new(share))));
        }
        for to in 0..i {
            self.tell(i, to);
        }
    }

    /// Whether a node hears a message: whoever makes the other past answers only, and nobody
    /// hears it any more whom it misled.
    pub fn hears(&self, (from, to): (usize, usize), message: &Message) -> bool {
        if self.other.next == 0 {
            return true;
        }
        let is_asked = matches!(message, Message::Ask { is_for_blocks: true, .. });
        let shuns = self.nodes.get(to).is_some_and(|node| node.shuns);
        let forger = self.plan.forger();
        (Some(to) != forger || is_asked) && !(shuns && Some(from) == forger)
    }

    /// A node comes to a block of the other past where it awaits another one: it stops, and
    /// its operator begins anew with other peers.
    pub fn was_misled(&mut self, i: usize) {
        self.faults.note("homes_moved");
        let Some(node) = self.nodes.get_mut(i) else { return };
        (node.shuns, node.loses) = (true, Lost::Home);
        self.kill(i);
    }

    /// A node says that a block is final.
    pub fn says_in_trust(&mut self, i: usize, hash: &Hash) {
        if self.other.holds(hash) {
            self.watch.broken(format!("another past: node {i} says that {hash} of it is final"));
        }
        let awaits = self.nodes.get(i).and_then(|node| node.disk.awaited);
        if let Some(awaited) = awaits {
            self.watch
                .broken(format!("trust: node {i} says that {hash} is final, it awaits {awaited}"));
        }
    }
}
