//! What they vote for.

use super::{Conduct, Votes};
use crate::agenda::{Message, Parcel, Secret};
use crate::net::Net;
use weft_consensus::tally::is_voter;
use weft_consensus::tree;
use weft_consensus::voter::allows;
use weft_consensus::{Standing, VoteRecord};
use weft_types::share::items_digest;
use weft_types::{BlockHash, Item, Round, Share, Slot, Vote, WeightRow, Work};

/// Who votes for every block looks so many slots back.
const BACK: u64 = 2;

impl Net {
    /// A block became known to a node. If it is one of theirs it may vote for it.
    pub fn sees_block(&mut self, i: usize) {
        if !self.is_byzantine(i) {
            return;
        }
        self.see_rows(i);
        let Some(conduct) = self.conduct() else { return };
        let slot = self.slot();
        let targets: Vec<BlockHash> = match conduct.votes {
            Votes::Head => self.head_to_vote_for(i).into_iter().collect(),
            Votes::Every => self.known(i, |n| n.header().slot.0 + BACK >= slot),
            Votes::None | Votes::Old | Votes::Lighter => Vec::new(),
        };
        for target in &targets {
            self.cast(i, target, &conduct);
        }
    }

    /// Near the end of the time to vote.
    pub(super) fn vote_late(&mut self, i: usize, slot: Slot) {
        let Some(conduct) = self.conduct() else { return };
        let lighter = self.lighter(i).filter(|_| conduct.votes == Votes::Lighter);
        let target = match conduct.votes {
            Votes::None => None,
            Votes::Head | Votes::Every => self.head_to_vote_for(i),
            Votes::Old => self.any(i),
            Votes::Lighter => lighter.or_else(|| self.head_to_vote_for(i)),
        };
        let Some(target) = target else { return };
        let is_old = conduct.votes == Votes::Old && self.is_old(i, &target, slot);
        if self.cast(i, &target, &conduct) {
            self.faults.add("balancing_votes", u64::from(lighter.is_some()));
            self.faults.add("old_votes", u64::from(is_old));
        }
    }

    /// The head, when R7 allows a vote for it.
    fn head_to_vote_for(&self, i: usize) -> Option<BlockHash> {
        let core = self.core(i)?;
        let head = core.forks().tree().get(&core.head_hash())?;
        let record = self.mind.records.get(&i).cloned().unwrap_or_default();
        let is_now = head.header().slot.0 == self.slot();
        (is_now && allows(&record, &head.standing)).then_some(head.standing.hash)
    }

    fn known(&self, i: usize, fits: impl Fn(&tree::Node) -> bool) -> Vec<BlockHash> {
        let Some(core) = self.core(i) else {
            return Vec::new();
        };
        let tree = core.forks().tree();
        let open = tree.nodes().filter(|n| tree.is_open(n) && n.block.is_some());
        open.filter(|n| fits(n)).map(|n| n.standing.hash).collect()
    }

    /// A block that it did not vote for, of an earlier slot if there is one. It leaves some
    /// for later.
    fn any(&mut self, i: usize) -> Option<BlockHash> {
        let slot = self.slot();
        let is_new = |n: &tree::Node| !self.mind.voted.contains(&(i, n.standing.hash));
        let around = self.known(i, |n| is_new(n) && self.is_around(i, link(&n.standing)));
        if let Some(hash) = around.first() {
            return Some(*hash);
        }
        let mut all = self.known(i, |n| n.header().slot.0 < slot && is_new(n));
        if all.is_empty() && self.dice.happens(500_000) {
            all = self.known(i, is_new);
        }
        let at = self.dice.place(all.len());
        all.get(at).copied()
    }

    /// Whether a link goes around one that this voter signed, or within it.
    fn is_around(&self, i: usize, (source, target): (Round, Round)) -> bool {
        let signed = self.mind.links.get(&i).map_or(&[][..], Vec::as_slice);
        signed.iter().any(|(s, t)| {
            let (outer, inner) = (*s < source && target < *t, source < *s && *t < target);
            outer || inner
        })
    }

    /// Whether a block is of an earlier slot, or a vote for it goes around another or within.
    fn is_old(&self, i: usize, target: &BlockHash, slot: Slot) -> bool {
        let known = self.core(i).and_then(|core| core.forks().tree().get(target));
        known.is_some_and(|n| n.header().slot < slot || self.is_around(i, link(&n.standing)))
    }

    /// The second heaviest tip, when there are two.
    pub(super) fn lighter(&self, i: usize) -> Option<BlockHash> {
        let core = self.core(i)?;
        let (tree, pool) = (core.forks().tree(), core.forks().shares());
        let mut tips = tree.tips(&tree.base().standing.hash);
        tips.retain(|tip| tip.block.is_some() && tip.standing.hash != core.head_hash());
        let weight = |tip: &&tree::Node| {
            Work(tip.header().work.0.saturating_add(pool.tally(&tip.standing).work.0))
        };
        tips.into_iter().max_by_key(weight).map(|tip| tip.standing.hash)
    }

    /// Signs a share for a block and shows it; answers whether it may be one.
    fn cast(&mut self, i: usize, target: &BlockHash, conduct: &Conduct) -> bool {
        let known = self.core(i).and_then(|core| core.forks().tree().get(target));
        let Some(standing) = known.map(|known| known.standing.clone()) else { return false };
        let Some(key) = self.world.keys.get(i) else { return false };
        let voter = key.public();
        let is_new = !self.mind.voted.contains(&(i, *target));
        if !is_new || !is_voter(&standing.sets, &voter) || standing.header.height.0 == 0 {
            return false;
        }
        let items = if conduct.copies { self.mind.row.clone() } else { None };
        let items: Vec<Item> = items.map(|row| Item::Row(at(row, &standing))).into_iter().collect();
        let (source, target) = (standing.finality.justified, standing.checkpoint());
        let vote = Vote { voter, source, target, items: items_digest(&items) };
        let signed = vote.sign(key, &self.world.chain);
        self.seals.add(signed.seal());
        self.faults.add("copied_rows", items.len() as u64);
        self.mind.voted.insert((i, target.hash));
        let link = link(&standing);
        let is_around = self.is_around(i, link);
        let is_second = self.mind.rounds.contains(&(i, target.round));
        self.faults.add("surround_votes", u64::from(is_around));
        self.faults.add("offending_votes", u64::from(is_around || is_second));
        self.mind.links.entry(i).or_default().push(link);
        let is_first = self.mind.rounds.insert((i, target.round));
        self.faults.add("double_votes", u64::from(!is_first));
        let record = VoteRecord { last_target: target, last_source: source, ..Default::default() };
        self.mind.records.insert(i, record);
        let share = Box::new(Share { signed, items });
        self.tell_cabal(&Secret::Share(share.clone()));
        self.show(i, &Parcel::new(Message::share(share)), conduct.shows_share, conduct);
        self.acted();
        true
    }

    /// Remembers the last row of somebody else that blocks carry.
    fn see_rows(&mut self, i: usize) {
        let Some(core) = self.core(i) else { return };
        let Some(block) = core.block(&core.head_hash()) else { return };
        let honest =
            block.block().proof.iter().filter(|s| !self.watch.is_byzantine(&s.vote().voter));
        let row = honest.flat_map(|s| &s.items).find_map(|item| match item {
            Item::Row(row) => Some(row.clone()),
            _ => None,
        });
        self.mind.row = row.or_else(|| self.mind.row.take());
    }
}

/// The rounds that a vote for a block links.
const fn link(target: &Standing) -> (Round, Round) {
    (target.finality.justified.round, target.header.round)
}

/// A row as the voter for this block would write it.
fn at(row: WeightRow, target: &Standing) -> WeightRow {
    WeightRow { view: target.header.height, ..row }
}
