//! A dense snapshot for benches: every validator scores every neuron, and has bonds.

use crate::snapshot::{EpochParams, MAX_NEURONS, Row, Snapshot, SnapshotError, Variant};

/// The state of a small generator (a 64-bit linear congruence): the same numbers on
/// every machine.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u16 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        u16::try_from(self.0 >> 48).unwrap_or(u16::MAX)
    }

    fn row(&mut self, neurons: u16) -> Row {
        (0..neurons).map(|uid| (uid, self.next().max(1))).collect()
    }
}

/// A subnet of `uids` neurons whose first `validators` have permits, dense rows and
/// dense bonds. The same `seed` gives the same snapshot on every machine.
///
/// # Errors
/// [`SnapshotError`] when there are more validators than neurons or too many neurons.
pub fn synthetic(
    validators: u16,
    uids: u16,
    variant: Variant,
    seed: u64,
) -> Result<Snapshot, SnapshotError> {
    if usize::from(uids) > MAX_NEURONS {
        return Err(SnapshotError::TooLarge { got: usize::from(uids) });
    }
    if validators > uids {
        return Err(SnapshotError::MoreValidators { validators, uids });
    }
    let mut dice = Dice(seed);
    let neurons = usize::from(uids);
    let rows = |dice: &mut Dice| -> Vec<Row> {
        let row = |uid| if uid < validators { dice.row(uids) } else { Row::new() };
        (0..uids).map(row).collect()
    };
    let (weights, bonds) = (rows(&mut dice), rows(&mut dice));
    let stake = |uid| {
        let tao = if uid < validators {
            u64::from(uid % 7).saturating_mul(250).saturating_add(1_000)
        } else {
            0
        };
        tao.saturating_mul(1_000_000_000)
    };
    let snapshot = Snapshot {
        params: EpochParams {
            max_allowed_validators: validators,
            yuma3: variant != Variant::Yuma2,
            liquid_alpha: variant == Variant::Liquid,
            ..EpochParams::default()
        },
        current_block: 10_000,
        last_step: 9_640,
        rao_emission: 360_000_000_000,
        stakes: (0..uids).map(stake).collect(),
        last_update: vec![9_900; neurons],
        registered_at: vec![1; neurons],
        permits: (0..uids).map(|uid| uid < validators).collect(),
        seeking: vec![true; usize::from(uids)],
        weights,
        bonds,
    };
    snapshot.check()?;
    Ok(snapshot)
}
