//! Blocks that break one rule each, and none else: only whoever looks at that rule refuses
//! them.

use weft_consensus::forks::{ForkChoice, link_of};
use weft_consensus::tally::Tally;
use weft_consensus::{Draft, finality, judge};
use weft_types::block::proof_root;
use weft_types::check::own_share;
use weft_types::share::items_digest;
use weft_types::{
    BlockHash, CatchUp, ChainId, Checkpoint, Hash, Header, PublicKey, Round, SecretKey, Share,
    SignedVote, Slot, Vote, Work,
};

/// The rule that is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Defect {
    /// R6: a round between those two that may be.
    Round,
    /// R8: more work than the proof has.
    Work,
    /// The state is another.
    State,
    /// R21: the next version, which nobody asked for.
    Version,
    /// R9: a share from another source than the target's justified checkpoint.
    Source,
    /// R9: a catch-up proof of one vote; where none is allowed at all, more work.
    CatchUp,
}

const ALL: [Defect; 6] =
    [Defect::Round, Defect::Work, Defect::State, Defect::Source, Defect::CatchUp, Defect::Version];

impl Defect {
    /// The defect of a slot: every other slot has one, all take turns.
    pub(super) fn of(forges: bool, slot: Slot) -> Option<Self> {
        let turn = usize::try_from(slot.0 / 2).ok()? % ALL.len();
        ALL.get(turn).copied().filter(|_| forges && slot.0.is_multiple_of(2))
    }

    /// Gives a draft its defect; what follows from it is as if the rule allowed it.
    pub(super) fn forge(
        self,
        known: &ForkChoice,
        hash: &BlockHash,
        mut draft: Draft,
        signer: (&SecretKey, &ChainId),
    ) -> Option<Draft> {
        let parent = known.tree().get(hash)?;
        match self {
            Self::Round => {
                let between = draft.header.slot.0.checked_sub(1)?;
                if between > parent.header().round.0 + 1 {
                    draft.header.round = Round(between);
                } else {
                    draft.header.work = Work(draft.header.work.0 + 1);
                }
            }
            Self::Work => draft.header.work = Work(draft.header.work.0 + 1),
            Self::State | Self::Version => {}
            Self::Source => {
                let signed = vote(parent.standing.checkpoint(), None, signer);
                draft.proof.retain(|s| s.share().vote().voter != signer.0.public());
                draft.proof.push(own_share(signed, Vec::new()));
                draft.proof.sort_by_key(|s| s.share().vote().voter);
                let voters: Vec<PublicKey> =
                    draft.proof.iter().map(|s| s.share().vote().voter).collect();
                let tally = Tally::of(&parent.standing.sets, voters.iter());
                draft.header.work = judge::work(parent, &tally);
            }
            Self::CatchUp => {
                let Some(target) = judge::catch_up_targets(known.tree(), parent).next() else {
                    return Self::Work.forge(known, hash, draft, signer);
                };
                let target = &target.standing;
                let source = target.finality.justified;
                let votes = vec![vote(target.checkpoint(), Some(source), signer)];
                draft.catch_up = Some(CatchUp { target: target.checkpoint(), votes });
                draft.finality = finality::after(draft.finality, &[link_of(target)]);
            }
        }
        let shares: Vec<Share> = draft.proof.iter().map(|s| s.share().clone()).collect();
        draft.header.proof_root = proof_root(&shares, draft.catch_up.as_ref());
        Some(draft)
    }

    /// What is spoiled when the block was run.
    pub(super) fn spoil(self, header: &mut Header) {
        if self == Self::State {
            header.state_root = Hash([1; 32]);
        }
        if self == Self::Version {
            header.version += 1;
        }
    }
}

/// A vote of the signer; without a source it names its target as that.
fn vote(
    target: Checkpoint,
    source: Option<Checkpoint>,
    (key, chain): (&SecretKey, &ChainId),
) -> SignedVote {
    let source = source.unwrap_or(target);
    let vote = Vote { voter: key.public(), source, target, items: items_digest(&Vec::new()) };
    vote.sign(key, chain)
}
