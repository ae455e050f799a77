//! What an honest proposer builds: all shares it has, the round it should take, and a
//! catch-up proof whenever one helps (R6, R9).

use crate::finality;
use crate::forks::{ForkChoice, link_of};
use crate::judge::{self, catch_up_targets};
use crate::round;
use crate::tally::Tally;
use crate::tree::Node;
use std::collections::BTreeSet;
use weft_types::block::proof_root;
use weft_types::executor::Draft;
use weft_types::{CatchUp, CheckedShare, Finality, Hash, Header, Program, PublicKey, Slot};

/// Whether the proposer of a slot need not wait for more shares (R6).
#[must_use]
pub fn is_ready(forks: &ForkChoice, head: &Node, quarter: u8) -> bool {
    head.header().height.0 == 0 || quarter >= 1 || carries_quorum(forks, head)
}

/// Whether the shares at hand, items and all, are a quorum for the head: votes known
/// from a catch-up proof alone can't be carried as work.
fn carries_quorum(forks: &ForkChoice, head: &Node) -> bool {
    let counted = forks.shares().counted(&head.standing);
    let whole = counted.iter().filter(|held| held.share.is_some());
    let voters: Vec<PublicKey> = whole.map(|held| held.signed.vote.voter).collect();
    let sets = &head.standing.sets;
    Tally::of(sets, voters.iter()).is_quorum(sets)
}

/// The block of `slot` on `head`, without transactions; none at the end of numbers.
#[must_use]
pub fn draft(
    forks: &ForkChoice,
    head: &Node,
    slot: Slot,
    (proposer, program): (PublicKey, &Program),
) -> Option<Draft> {
    let standing = &head.standing;
    let counted = forks.shares().counted(standing);
    let proof: Vec<CheckedShare> = counted.into_iter().filter_map(|h| h.share.clone()).collect();
    let tally = Tally::of(&standing.sets, proof.iter().map(|s| &s.share().vote().voter));
    let has_quorum = tally.is_quorum(&standing.sets);
    let (catch_up, finality) = best_catch_up(forks, head, has_quorum);
    let votes: Vec<_> = proof.iter().map(|s| s.share().clone()).collect();
    let header = Header {
        version: standing.rules.version,
        signal: program.signal(&standing.rules.id), // R21
        slot,
        round: round::choose(slot, head.header().round, has_quorum, seen_above(forks, head)),
        height: head.header().height.next()?,
        parent: standing.hash,
        proposer,
        txs_root: Hash::ZERO,
        proof_root: proof_root(&votes, catch_up.as_ref()),
        state_root: Hash::ZERO,
        work: judge::work(head, &tally),
    };
    Some(Draft { header, proof, catch_up, finality })
}

/// Whether a third of the power has signed valid shares for known blocks of rounds
/// above the parent's (R6).
fn seen_above(forks: &ForkChoice, parent: &Node) -> bool {
    let above = parent.header().round;
    let higher = forks.tree().nodes().filter(|n| n.header().round > above);
    let voters: BTreeSet<PublicKey> = higher
        .flat_map(|n| forks.shares().counted(&n.standing))
        .map(|held| held.signed.vote.voter)
        .collect();
    let sets = &parent.standing.sets;
    Tally::of(sets, voters.iter()).is_third(sets)
}

/// The catch-up proof that lifts the standing most: justification first, then
/// finality; none when none lifts it (R9).
fn best_catch_up(forks: &ForkChoice, head: &Node, has_quorum: bool) -> (Option<CatchUp>, Finality) {
    let own = has_quorum.then(|| link_of(&head.standing));
    let after = |late| {
        let links: Vec<_> = [late, own].into_iter().flatten().collect();
        finality::after(head.standing.finality, &links)
    };
    let mut best = (None, after(None));
    for target in catch_up_targets(forks.tree(), head) {
        let Some(link) = forks.link(target) else { continue };
        let lifted = after(Some(link));
        if rank(&lifted) > rank(&best.1) {
            best = (Some(target), lifted);
        }
    }
    let proof = best.0.map(|target| CatchUp {
        target: target.standing.checkpoint(),
        votes: forks.shares().counted(&target.standing).iter().map(|h| h.signed).collect(),
    });
    (proof, best.1)
}

const fn rank(finality: &Finality) -> (u64, u64) {
    (finality.justified.round.0, finality.finalized.round.0)
}
