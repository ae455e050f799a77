//! A block against its parent: everything that makes it invalid but its execution.
//!
//! In order, cheap first: slot (R5), height, proposer (R4), the shares it carries
//! (R9), round (R6), work (R8), catch-up proof (R9). The outcome is the standing of the
//! state after it (R10, R11).

use crate::error::BlockFault;
use crate::finality::{self, Link};
use crate::forks::link_of;
use crate::round;
use crate::shares::counts;
use crate::tally::Tally;
use crate::tree::{Node, Tree};
use weft_types::{CatchUp, CheckedBlock, Finality, Header, Share, Work};

/// Checks what a header says of itself on its parent.
///
/// # Errors
/// [`BlockFault`] names the first rule it breaks.
pub fn header(parent: &Node, header: &Header) -> Result<(), BlockFault> {
    let above = parent.header();
    if header.slot <= above.slot {
        return Err(BlockFault::SlotNotAfterParent { slot: header.slot, parent: above.slot }); // R5
    }
    if above.height.next() != Some(header.height) {
        return Err(BlockFault::WrongHeight { got: header.height, parent: above.height });
    }
    if parent.schedule.proposer(header.slot) != Some(header.proposer) {
        return Err(BlockFault::WrongProposer { slot: header.slot, got: header.proposer }); // R4
    }
    Ok(())
}

/// Judges a block on its parent: what its state will say of justified and final.
///
/// # Errors
/// [`BlockFault`] names the first rule it breaks.
pub fn block(tree: &Tree, parent: &Node, block: &CheckedBlock) -> Result<Finality, BlockFault> {
    let (header, body) = (block.header(), block.block());
    self::header(parent, header)?;
    let tally = proof(parent, &body.proof)?;
    let has_quorum = tally.is_quorum(&parent.standing.sets);
    let (slot, above) = (header.slot, parent.header().round);
    if !round::is_valid(header.round, slot, above, has_quorum) {
        return Err(BlockFault::WrongRound { got: header.round, slot, parent: above }); // R6
    }
    let want = work(parent, &tally);
    if header.work != want {
        return Err(BlockFault::WrongWork { want, got: header.work }); // R8
    }
    let late = body.catch_up.as_ref().map(|late| catch_up(tree, parent, late)).transpose()?;
    let links = [late, has_quorum.then(|| link_of(&parent.standing))];
    let links: Vec<Link> = links.into_iter().flatten().collect();
    Ok(finality::after(parent.standing.finality, &links))
}

/// The cumulative work of a block whose proof weighs this much (R8).
#[must_use]
pub fn work(parent: &Node, tally: &Tally) -> Work {
    Work(parent.header().work.0.saturating_add(tally.work.0))
}

/// Every share of the work proof counts for the parent (R9).
fn proof(parent: &Node, shares: &[Share]) -> Result<Tally, BlockFault> {
    let standing = &parent.standing;
    shares.iter().try_for_each(|s| counts(s.vote(), standing)).map_err(BlockFault::Share)?;
    Ok(Tally::of(&standing.sets, shares.iter().map(|s| &s.vote().voter)))
}

/// The ancestors of the parent that a catch-up proof may name (R9), newest first.
pub fn catch_up_targets<'a>(tree: &'a Tree, parent: &'a Node) -> impl Iterator<Item = &'a Node> {
    let justified = parent.standing.finality.justified.round;
    tree.chain(&parent.standing.hash)
        .skip(1)
        .take_while(move |node| node.header().round > justified)
}

/// A quorum for an ancestor, judged by that ancestor's own state (R9).
fn catch_up(tree: &Tree, parent: &Node, late: &CatchUp) -> Result<Link, BlockFault> {
    let hash = late.target.hash;
    let mut targets = catch_up_targets(tree, parent);
    let target = targets.find(|n| n.standing.checkpoint() == late.target);
    let target = &target.ok_or(BlockFault::CatchUpTarget { hash })?.standing;
    let votes = late.votes.iter().map(|v| &v.vote);
    votes.clone().try_for_each(|v| counts(v, target)).map_err(BlockFault::CatchUpVote)?;
    let tally = Tally::of(&target.sets, votes.map(|v| &v.voter));
    if !tally.is_quorum(&target.sets) {
        return Err(BlockFault::CatchUpNoQuorum { hash });
    }
    Ok(link_of(target))
}
