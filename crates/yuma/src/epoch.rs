//! The epoch: its steps in order.

use crate::bonds::{Opinion, bonds};
use crate::consensus::{Jury, judge};
use crate::emission::{emission, in_rao};
use crate::outcome::{Fx, Outcome};
use crate::q32::{self, Q};
use crate::snapshot::{Snapshot, SnapshotError};
use crate::stake::Standing;
use crate::votes::Votes;

/// Runs one epoch: what each neuron of a subnet earns, and the bonds to be stored.
///
/// The steps are those of the live chain's sparse epoch (opentensor/subtensor,
/// `pallets/subtensor/src/epoch/run_epoch.rs`): active, stake, permits, active stake,
/// weights, consensus, clip, trust, rank, bonds, dividends, emission. The same snapshot
/// gives the same outcome, bit for bit, on every machine.
///
/// # Errors
/// [`SnapshotError`] when the snapshot is not of one shape, or a number is out of range.
pub fn epoch(snapshot: &Snapshot) -> Result<Outcome, SnapshotError> {
    snapshot.check()?;
    let (params, neurons) = (&snapshot.params, snapshot.neurons());
    let standing = Standing::of(snapshot)?;
    let with_entries = params.yuma3 && params.liquid_alpha;
    let mut votes = Votes::of(snapshot, &standing.permits, with_entries);
    let stake = votes.at_places(&standing.active_stake);
    let mut jury = Jury::new(&votes, &standing.active_stake, q32::of_u16(params.kappa));
    let mut majority = judge(&mut votes, &mut jury, &stake, q32::of_u16(params.bonds_penalty));
    // Without a place there is no column to judge, but there are still neurons.
    majority.consensus.resize(neurons, 0);
    majority.ranks.resize(neurons, 0);
    let mut incentive = majority.ranks.clone();
    q32::normalize(&mut incentive);
    let bonded = bonds(&Opinion {
        params,
        votes: &votes,
        consensus: &majority.consensus,
        incentive: &incentive,
        stake: &stake,
        new_permits: &standing.new_permits,
    });
    let earned = Earned {
        consensus: majority.consensus,
        trust: votes.at_uids(&majority.trust, neurons),
        ranks: majority.ranks,
        incentive,
        dividends: votes.at_uids(&bonded.dividends, neurons),
    };
    Ok(outcome(snapshot.rao_emission, standing, earned).with_bonds(bonded.rows))
}

/// What the steps before emission found, by uid.
struct Earned {
    consensus: Vec<Q>,
    trust: Vec<Q>,
    ranks: Vec<Q>,
    incentive: Vec<Q>,
    dividends: Vec<Q>,
}

/// Steps 13 and 14: emission, and every number as it is stored.
fn outcome(rao: u64, standing: Standing, earned: Earned) -> Outcome {
    let parts =
        emission(&earned.incentive, &earned.dividends, &standing.active_stake, &standing.stake);
    let bits = |flags: &[bool]| flags.iter().map(|f| u8::from(*f)).collect();
    let u16s = |list: &[Q]| list.iter().map(|x| q32::to_u16(*x)).collect();
    Outcome {
        active: bits(&standing.active),
        new_validator_permit: bits(&standing.new_permits),
        stake_weight: u16s(&standing.stake),
        consensus: u16s(&earned.consensus),
        incentive: u16s(&earned.incentive),
        dividends: u16s(&earned.dividends),
        validator_trust: u16s(&earned.trust),
        server_emission: in_rao(&parts.server, rao),
        validator_emission: in_rao(&parts.validator, rao),
        emission: in_rao(&parts.combined, rao),
        bonds: Vec::new(),
        fx: Fx {
            stake: standing.stake,
            active_stake: standing.active_stake,
            consensus: earned.consensus,
            validator_trust: earned.trust,
            ranks_raw: earned.ranks,
            incentive: earned.incentive,
            dividends: earned.dividends,
            norm_server_emission: parts.server,
            norm_validator_emission: parts.validator,
            norm_combined_emission: parts.combined,
        },
    }
}

impl Outcome {
    fn with_bonds(self, bonds: Vec<crate::snapshot::Row>) -> Self {
        Self { bonds, ..self }
    }
}
