//! Shares that were seen: for blocks we know, and loose ones whose target has not
//! come yet.
//!
//! What is kept: of each voter and target round two shares from gossip, the second
//! being evidence (R20), and every share found in a block (R9), which may be used
//! again. Loose shares have a limit per peer and in all (R19). What a share counts for
//! is judged against its target when it is used.

use crate::config::Standing;
use crate::crowd::Crowd;
use crate::error::{ShareFault, Skip};
use crate::input::PeerId;
use crate::tally::{Tally, is_voter};
use std::collections::BTreeMap;
use weft_types::evidence::offence;
use weft_types::{BlockHash, CheckedShare, Evidence, Hash, PublicKey, Round, SignedVote, Vote};

/// Loose shares per peer and in all.
const LOOSE_PER_PEER: usize = 256;
const LOOSE_IN_ALL: usize = 2_048;

/// A vote that was seen, with its items unless it came in a catch-up proof.
#[derive(Clone, Debug)]
pub struct Held {
    /// The vote.
    pub signed: SignedVote,
    /// The whole share.
    pub share: Option<CheckedShare>,
}

/// Where a loose share is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    target: BlockHash,
    seal: Hash,
}

/// All shares that may still matter.
#[derive(Clone, Debug)]
pub struct Shares {
    targets: BTreeMap<BlockHash, Vec<(Hash, Held)>>,
    rounds: BTreeMap<(PublicKey, Round), Vec<SignedVote>>,
    loose: Crowd<Place>,
}

impl Default for Shares {
    fn default() -> Self {
        Self {
            targets: BTreeMap::new(),
            rounds: BTreeMap::new(),
            loose: Crowd::new(LOOSE_PER_PEER, LOOSE_IN_ALL),
        }
    }
}

/// Whether a vote counts for the block of this standing (R9); its signature was
/// checked before.
///
/// # Errors
/// [`ShareFault`] names what does not fit.
pub fn counts(vote: &Vote, target: &Standing) -> Result<(), ShareFault> {
    let voter = vote.voter;
    if vote.target != target.checkpoint() {
        return Err(ShareFault::WrongTarget { voter, hash: target.hash });
    }
    if target.header.height.0 == 0 {
        return Err(ShareFault::ForGenesis { voter });
    }
    let want = target.finality.justified;
    if vote.source != want {
        return Err(ShareFault::WrongSource { voter, want: want.round, got: vote.source.round });
    }
    if !is_voter(&target.sets, &voter) {
        return Err(ShareFault::NotAVoter { voter });
    }
    Ok(())
}

impl Shares {
    /// Whether this very vote, or two others of its voter and round, are kept (R20).
    ///
    /// # Errors
    /// [`Skip::Known`] or [`Skip::ThirdShare`].
    pub fn has_room(&self, signed: &SignedVote) -> Result<(), Skip> {
        let Vote { voter, target, .. } = signed.vote;
        let kept = self.rounds.get(&(voter, target.round)).map_or(&[][..], Vec::as_slice);
        if kept.contains(signed) {
            return if self.is_whole(signed) { Err(Skip::Known) } else { Ok(()) };
        }
        if kept.len() >= 2 {
            return Err(Skip::ThirdShare { voter, round: target.round });
        }
        Ok(())
    }

    /// Whether the items of a vote are here too.
    fn is_whole(&self, signed: &SignedVote) -> bool {
        let held = self.targets.get(&signed.vote.target.hash).into_iter().flatten();
        held.into_iter().any(|(_, h)| h.signed == *signed && h.share.is_some())
    }

    /// Keeps a checked share from gossip, or our own; says what offence it shows.
    pub fn add(&mut self, share: CheckedShare) -> Option<Evidence> {
        self.keep(share.share().signed, Some(share))
    }

    /// Marks a kept share as loose, on the account of the peer that sent it.
    pub fn add_loose(&mut self, from: PeerId, share: CheckedShare) -> Option<Evidence> {
        let place = Place { target: share.share().vote().target.hash, seal: *share.seal() };
        let evidence = self.add(share);
        if let Some(gone) = self.loose.push(from, place) {
            self.remove(gone);
        }
        evidence
    }

    /// Keeps what a valid block carries: shares of its work proof, votes of its
    /// catch-up proof.
    pub fn add_carried(
        &mut self,
        proof: Vec<CheckedShare>,
        catch_up: &[SignedVote],
    ) -> Vec<Evidence> {
        let proof = proof.into_iter().map(|s| (s.share().signed, Some(s)));
        let late = catch_up.iter().map(|v| (*v, None));
        proof.chain(late).filter_map(|(signed, share)| self.keep(signed, share)).collect()
    }

    fn keep(&mut self, signed: SignedVote, share: Option<CheckedShare>) -> Option<Evidence> {
        let vote = signed.vote;
        let held = self.targets.entry(vote.target.hash).or_default();
        let seal = share.as_ref().map_or_else(|| signed.seal(), |share| *share.seal());
        if let Some((_, held)) = held.iter_mut().find(|(s, _)| *s == seal) {
            held.share = held.share.take().or(share);
            return None;
        }
        held.push((seal, Held { signed, share }));
        let evidence = self.offence(&signed);
        let kept = self.rounds.entry((vote.voter, vote.target.round)).or_default();
        kept.push(signed);
        evidence
    }

    /// Another vote of the voter that no honest voter signs beside this one (R7).
    fn offence(&self, signed: &SignedVote) -> Option<Evidence> {
        let voter = signed.vote.voter;
        let all = (voter, Round::ZERO)..=(voter, Round::MAX);
        let mut votes = self.rounds.range(all).flat_map(|(_, votes)| votes);
        let other = votes.find(|other| offence(&signed.vote, &other.vote).is_some())?;
        Some(Evidence::Votes(Box::new(*other), Box::new(*signed)))
    }

    fn remove(&mut self, gone: Place) {
        let Some(held) = self.targets.get_mut(&gone.target) else { return };
        if let Some(at) = held.iter().position(|(seal, _)| *seal == gone.seal) {
            let (_, held) = held.remove(at);
            let vote = held.signed.vote;
            let place = (vote.voter, vote.target.round);
            if let Some(kept) = self.rounds.get_mut(&place) {
                kept.retain(|k| *k != held.signed);
                if kept.is_empty() {
                    self.rounds.remove(&place);
                }
            }
        }
        if self.targets.get(&gone.target).is_some_and(Vec::is_empty) {
            self.targets.remove(&gone.target);
        }
    }

    /// A block came: its shares are no longer loose.
    pub fn settle(&mut self, target: &BlockHash) {
        self.loose.take(|place| place.target == *target);
    }

    /// What counts for a block: one per voter, voters ascending, whole shares first.
    #[must_use]
    pub fn counted(&self, target: &Standing) -> Vec<&Held> {
        let mut by_voter: BTreeMap<PublicKey, &Held> = BTreeMap::new();
        for (_, held) in self.targets.get(&target.hash).into_iter().flatten() {
            let vote = &held.signed.vote;
            if counts(vote, target).is_ok() {
                let best = by_voter.entry(vote.voter).or_insert(held);
                if best.share.is_none() {
                    *best = held;
                }
            }
        }
        by_voter.into_values().collect()
    }

    /// What the shares seen for a block weigh.
    #[must_use]
    pub fn tally(&self, target: &Standing) -> Tally {
        let counted = self.counted(target);
        Tally::of(&target.sets, counted.iter().map(|h| &h.signed.vote.voter))
    }

    /// Forgets shares of rounds that are final, but for those `alive` says.
    pub fn prune(&mut self, finalized: Round, alive: impl Fn(&BlockHash) -> bool) {
        let late = |vote: &Vote| vote.target.round <= finalized && !alive(&vote.target.hash);
        self.targets.retain(|_, held| {
            held.retain(|(_, h)| !late(&h.signed.vote));
            !held.is_empty()
        });
        self.rounds.retain(|_, votes| {
            votes.retain(|v| !late(&v.vote));
            !votes.is_empty()
        });
        let targets = &self.targets;
        self.loose.take(|place| !targets.contains_key(&place.target));
    }

    /// How many shares are kept.
    #[must_use]
    pub fn len(&self) -> usize {
        self.targets.values().map(Vec::len).sum()
    }

    /// Whether none is kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.targets.is_empty()
    }
}
