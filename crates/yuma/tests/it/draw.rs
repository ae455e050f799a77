//! Draws snapshots for tests: a subnet in a few words.

use proptest::prelude::*;
use weft_yuma::{EpochParams, Outcome, Snapshot, epoch};

/// A weight row.
pub type Row = Vec<(u16, u16)>;

/// A subnet of neurons with these stakes, in TAO; everyone is active and has a permit,
/// nobody scored anyone. The emission is 10^9 rao.
pub fn subnet(stakes: &[u64]) -> Snapshot {
    let n = stakes.len();
    Snapshot {
        params: EpochParams {
            max_allowed_validators: u16::try_from(n).unwrap(),
            ..EpochParams::default()
        },
        current_block: 1_000,
        last_step: 640,
        rao_emission: 1_000_000_000,
        stakes: stakes.iter().map(|tao| tao * 1_000_000_000).collect(),
        last_update: vec![990; n],
        registered_at: vec![0; n],
        permits: vec![true; n],
        seeking: vec![true; n],
        weights: vec![Row::new(); n],
        bonds: vec![Row::new(); n],
    }
}

/// Runs an epoch and carries its bonds and permits on, a tempo later.
pub fn run(snapshot: &mut Snapshot) -> Outcome {
    let outcome = epoch(snapshot).unwrap();
    snapshot.bonds.clone_from(&outcome.bonds);
    snapshot.permits = outcome.new_validator_permit.iter().map(|p| *p > 0).collect();
    snapshot.last_step = snapshot.current_block;
    snapshot.current_block += snapshot.params.tempo;
    snapshot.last_update.iter_mut().for_each(|at| *at += snapshot.params.tempo);
    outcome
}

/// The bonds that validators hold in one neuron, as stored.
pub fn bonds_in(outcome: &Outcome, to: u16) -> Vec<u16> {
    let cell = |row: &Row| row.iter().find(|(uid, _)| *uid == to).map_or(0, |(_, x)| *x);
    outcome.bonds.iter().map(cell).collect()
}

/// Any parameters of the three variants, without an owner.
fn params() -> impl Strategy<Value = EpochParams> {
    let bounds = (0_u16..30_000, 0_u16..30_000, -500_i16..4_000);
    let penalty = prop_oneof![Just(0), Just(u16::MAX), any::<u16>()];
    (1_u16..20, any::<u16>(), penalty, 0_u64..=1_000_000, 0..3_u8, bounds).prop_map(
        |(validators, kappa, bonds_penalty, bonds_moving_avg, variant, (low, more, steep))| {
            EpochParams {
                max_allowed_validators: validators,
                kappa,
                bonds_penalty,
                bonds_moving_avg,
                yuma3: variant > 0,
                liquid_alpha: variant > 1,
                alpha_low: low,
                alpha_high: low + more,
                alpha_sigmoid_steepness: steep,
                ..EpochParams::default()
            }
        },
    )
}

/// Rows of n uids in which an entry is there with a chance of two thirds.
fn rows(n: usize) -> impl Strategy<Value = Vec<Row>> {
    let entry = prop_oneof![Just(None), Just(Some(0)), (700_u16..).prop_map(Some)];
    let row = prop::collection::vec(entry, n).prop_map(|cells| {
        (0_u16..).zip(cells).filter_map(|(uid, cell)| Some((uid, cell?))).collect::<Row>()
    });
    prop::collection::vec(prop_oneof![1 => Just(Row::new()), 4 => row], n)
}

/// Any snapshot of up to 20 neurons. Stakes that are not 0 differ, so no permit hangs on
/// a uid.
pub fn any_snapshot() -> impl Strategy<Value = Snapshot> {
    (1_usize..20).prop_flat_map(|n| {
        let lists = (
            prop::collection::vec(prop_oneof![Just(0_u64), 1_u64..100], n),
            prop::collection::vec(0_u64..1_200, n),
            prop::collection::vec(prop_oneof![3 => Just(0_u64), 1 => 0_u64..1_000], n),
            prop::collection::vec(prop::bool::weighted(0.8), n),
        );
        (params(), prop::option::of(0..n), lists, rows(n), rows(n), any::<u64>()).prop_map(
            |(params, owner, (stakes, ages, registered_at, permits), weights, bonds, rao)| {
                let owner_uid = owner.map(|uid| u16::try_from(uid).unwrap());
                let tie_break = |(uid, stake): (u64, u64)| stake * (1_000_000_000 + uid * 1_000);
                Snapshot {
                    params: EpochParams { owner_uid, activity_cutoff: 1_000, ..params },
                    current_block: 2_000,
                    last_step: if rao % 2 == 0 { 0 } else { 1_640 },
                    rao_emission: rao,
                    stakes: (0..).zip(stakes).map(tie_break).collect(),
                    last_update: ages.into_iter().map(|age| 2_000 - age).collect(),
                    registered_at,
                    seeking: vec![true; permits.len()],
                    permits,
                    weights,
                    bonds,
                }
            },
        )
    })
}
