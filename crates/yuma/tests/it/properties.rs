//! What holds for every snapshot.

use crate::draw::{Row, any_snapshot};
use proptest::prelude::*;
use weft_yuma::{Outcome, Snapshot, epoch};

fn total(list: &[u64]) -> u128 {
    list.iter().map(|x| u128::from(*x)).sum()
}

/// The same subnet with uid u renamed to names[u].
fn renamed(snapshot: &Snapshot, names: &[usize]) -> Snapshot {
    let rows = |rows: &[Row]| {
        let rename = |(uid, x): &(u16, u16)| (u16::try_from(names[usize::from(*uid)]).unwrap(), *x);
        let row = |row: &Row| {
            let mut row: Row = row.iter().map(rename).collect();
            row.sort_unstable();
            row
        };
        moved(&rows.iter().map(row).collect::<Vec<_>>(), names)
    };
    let mut params = snapshot.params.clone();
    params.owner_uid = params.owner_uid.map(|uid| u16::try_from(names[usize::from(uid)]).unwrap());
    Snapshot {
        params,
        stakes: moved(&snapshot.stakes, names),
        last_update: moved(&snapshot.last_update, names),
        registered_at: moved(&snapshot.registered_at, names),
        permits: moved(&snapshot.permits, names),
        seeking: moved(&snapshot.seeking, names),
        weights: rows(&snapshot.weights),
        bonds: rows(&snapshot.bonds),
        ..snapshot.clone()
    }
}

/// A list whose entry u went to place names[u].
fn moved<T: Clone>(list: &[T], names: &[usize]) -> Vec<T> {
    let mut pairs: Vec<(usize, T)> = names.iter().copied().zip(list.iter().cloned()).collect();
    pairs.sort_by_key(|(name, _)| *name);
    pairs.into_iter().map(|(_, x)| x).collect()
}

/// What an outcome says of each uid in order, as text.
fn lines(outcome: &Outcome, names: &[usize]) -> Vec<String> {
    let fx = &outcome.fx;
    let line = |uid: usize| {
        let mut bonds: Vec<(usize, u16)> =
            outcome.bonds[uid].iter().map(|(to, x)| (names[usize::from(*to)], *x)).collect();
        bonds.sort_unstable();
        format!(
            "{} {} {} {} {} {} {} {:?}",
            outcome.active[uid],
            outcome.new_validator_permit[uid],
            fx.stake[uid],
            fx.consensus[uid],
            fx.incentive[uid],
            fx.dividends[uid],
            outcome.emission[uid],
            bonds
        )
    };
    moved(&(0..names.len()).map(line).collect::<Vec<_>>(), names)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_more_is_paid_than_there_is(snapshot in any_snapshot()) {
        let outcome = epoch(&snapshot).unwrap();
        let rao = u128::from(snapshot.rao_emission);
        let apart = total(&outcome.server_emission) + total(&outcome.validator_emission);
        prop_assert!(apart <= rao, "{apart} of {rao}");
        prop_assert!(total(&outcome.emission) <= rao);
    }

    #[test]
    fn parts_sum_to_at_most_one(snapshot in any_snapshot()) {
        let fx = epoch(&snapshot).unwrap().fx;
        for list in [&fx.stake, &fx.active_stake, &fx.incentive, &fx.dividends] {
            prop_assert!(total(list) <= 1 << 32);
        }
        prop_assert!(fx.validator_trust.iter().all(|trust| *trust <= 1 << 32));
    }

    #[test]
    fn the_same_snapshot_gives_the_same_outcome(snapshot in any_snapshot()) {
        prop_assert_eq!(epoch(&snapshot).unwrap(), epoch(&snapshot.clone()).unwrap());
    }

    #[test]
    fn other_names_give_the_same_outcome_under_other_names(
        (snapshot, names) in any_snapshot().prop_flat_map(|snapshot| {
            let names: Vec<usize> = (0..snapshot.neurons()).collect();
            (Just(snapshot), Just(names).prop_shuffle())
        }),
    ) {
        let (before, after) =
            (epoch(&snapshot).unwrap(), epoch(&renamed(&snapshot, &names)).unwrap());
        let same: Vec<usize> = (0..names.len()).collect();
        prop_assert_eq!(lines(&before, &names), lines(&after, &same));
    }

    #[test]
    fn a_row_counts_by_its_proportions_only(mut snapshot in any_snapshot(), by in 2_u16..20) {
        snapshot.weights.iter_mut().flatten().for_each(|(_, x)| *x /= by);
        let small = epoch(&snapshot).unwrap();
        snapshot.weights.iter_mut().flatten().for_each(|(_, x)| *x *= by);
        prop_assert_eq!(small, epoch(&snapshot).unwrap());
    }

    #[test]
    fn a_zero_counts_as_no_entry_but_for_liquid_alpha(mut snapshot in any_snapshot()) {
        snapshot.params.liquid_alpha = false;
        let with = epoch(&snapshot).unwrap();
        for row in snapshot.weights.iter_mut().chain(&mut snapshot.bonds) {
            row.retain(|(_, x)| *x > 0);
        }
        prop_assert_eq!(with, epoch(&snapshot).unwrap());
    }

    #[test]
    fn only_who_has_a_new_permit_keeps_bonds(snapshot in any_snapshot()) {
        let outcome = epoch(&snapshot).unwrap();
        for (row, permit) in outcome.bonds.iter().zip(&outcome.new_validator_permit) {
            prop_assert!(*permit == 1 || row.is_empty());
        }
    }

    #[test]
    fn a_neuron_that_nobody_knows_changes_nothing_for_the_others(snapshot in any_snapshot()) {
        let before = epoch(&snapshot).unwrap();
        let mut more = snapshot;
        more.stakes.push(0);
        more.last_update.push(0);
        more.registered_at.push(0);
        more.permits.push(false);
        more.seeking.push(true);
        more.weights.push(Row::new());
        more.bonds.push(Row::new());
        let mut after = epoch(&more).unwrap();
        prop_assert_eq!(after.emission.pop(), Some(0));
        prop_assert_eq!(before.emission, after.emission);
        prop_assert_eq!(before.bonds, &after.bonds[..more.bonds.len() - 1]);
    }
}
