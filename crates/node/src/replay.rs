//! Running a stopped node's whole log again, from genesis.
//!
//! Every block is checked and executed anew. Its state root must be the header's, or the
//! program is not deterministic; the votes and headers in the log must never contradict
//! each other, or somebody signed twice.

use crate::error::NodeError;
use crate::restore::{executed, first_state};
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use weft_consensus::{Base, Config, Core, Effect, Input, VoteFile};
use weft_home::config::Home;
use weft_store::Store;
use weft_types::check::check_block;
use weft_types::{Block, Genesis, Hash, Height, PublicKey, Round, SignedVote, Slot, Vote};

/// What a replay found.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ReplayReport {
    /// Blocks run again.
    pub blocks: usize,
    /// The highest of them.
    pub height: Height,
    /// The last final block by the replay.
    pub final_height: Height,
    /// Whether every block was accepted with the root in its header.
    pub equal: bool,
    /// The first that was not.
    pub first_difference: Option<String>,
    /// Voters with two bodies for one round.
    pub double_votes: usize,
    /// Proposers with two headers for one slot.
    pub double_proposals: usize,
}

/// Who signed what, to find what was signed twice.
#[derive(Default)]
struct Signed {
    votes: BTreeMap<(PublicKey, Round), Vote>,
    headers: BTreeMap<(PublicKey, Slot), Hash>,
}

impl Signed {
    fn look(&mut self, block: &Block, report: &mut ReplayReport) {
        let header = block.header();
        let place = (header.proposer, header.slot);
        let had = *self.headers.entry(place).or_insert_with(|| block.hash());
        report.double_proposals += usize::from(had != block.hash());
        let late = block.catch_up.iter().flat_map(|c| c.votes.iter());
        let votes = block.proof.iter().map(|s| &s.signed).chain(late);
        report.double_votes += votes.filter(|signed| !self.is_single(signed)).count();
    }

    fn is_single(&mut self, signed: &SignedVote) -> bool {
        let vote = signed.vote;
        *self.votes.entry((vote.voter, vote.target.round)).or_insert(vote) == vote
    }
}

/// Replays the log of a stopped node.
///
/// # Errors
/// [`NodeError`] when the home or its store can't be read; a difference is in the report.
pub fn run(home: &Home) -> Result<ReplayReport, NodeError> {
    let genesis = home.genesis()?;
    let (store, found) = Store::open(&home.data(), genesis.chain_id())?;
    drop(found);
    let mut core = fresh(&genesis)?;
    let mut report = ReplayReport { equal: true, ..ReplayReport::default() };
    let mut signed = Signed::default();
    for block in store.all() {
        let block = block?;
        signed.look(&block, &mut report);
        again(&mut core, block, &genesis, &mut report);
    }
    report.final_height = core.finalized().0.height;
    store.close()?;
    Ok(report)
}

fn fresh(genesis: &Genesis) -> Result<Core<weft_ledger::forks::Forks>, NodeError> {
    let forks = first_state(genesis)?;
    let base = Base::genesis(genesis, executed(&forks, genesis)?);
    Ok(Core::new(Config::new(genesis, None, VoteFile::Lost), forks, &base))
}

fn again(
    core: &mut Core<weft_ledger::forks::Forks>,
    block: Block,
    genesis: &Genesis,
    report: &mut ReplayReport,
) {
    let (height, hash) = (block.header().height, block.hash());
    report.blocks += 1;
    report.height = report.height.max(height);
    let mut differ = |why: String| {
        report.equal = false;
        report.first_difference.get_or_insert(format!("block {hash} at height {height}: {why}"));
    };
    let rules = (&genesis.widest(), &genesis.chain_id());
    match check_block(block, rules, &(), &mut crate::entropy::generator()) {
        Err(e) => differ(e.to_string()),
        Ok(block) => {
            let input = Input::Restored { block: Arc::new(block) };
            for effect in core.step(crate::clock::now(), input) {
                if let Effect::Dismissed { why, .. } = effect {
                    differ(why.to_string());
                }
            }
            // What became final is only counted here; drop what the disk would get.
            drop(core.executor_mut().take_final());
        }
    }
}
