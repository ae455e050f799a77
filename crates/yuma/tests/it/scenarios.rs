//! Scenarios of the live chain's own tests, with the numbers it gives.

use crate::draw::{Row, bonds_in, run, subnet};
use weft_yuma::{EpochParams, Outcome, Snapshot};

#[test]
fn a_lone_neuron_that_scores_itself_has_no_incentive() {
    let mut one = subnet(&[1]);
    one.weights[0] = vec![(0, u16::MAX)];
    let outcome = run(&mut one);
    assert_eq!((outcome.incentive[0], outcome.dividends[0], outcome.consensus[0]), (0, 0, 0));
    assert_eq!(outcome.emission, [1_000_000_000], "nothing scored: all by stake");
}

#[test]
fn ten_equal_neurons_that_score_themselves_share_by_stake() {
    let mut ten = subnet(&[1; 10]);
    for (uid, row) in (0..).zip(&mut ten.weights) {
        *row = vec![(uid, u16::MAX)];
    }
    let outcome = run(&mut ten);
    assert_eq!(outcome.emission, [99_999_999; 10]);
    assert_eq!(outcome.dividends, [0; 10]);
}

/// Which uids of 512 are the 64 validators.
fn interleavings() -> [Vec<u16>; 3] {
    [(0..64).collect(), (448..512).collect(), (0..512).step_by(8).collect()]
}

#[test]
fn sixty_four_equal_validators_and_448_equal_miners_share_evenly() {
    for validators in interleavings() {
        let is_validator = |uid: &u16| validators.contains(uid);
        let miners: Row = (0..512).filter(|u| !is_validator(u)).map(|u| (u, u16::MAX)).collect();
        for miners_score_themselves in [false, true] {
            let stakes: Vec<u64> = (0..512).map(|uid| u64::from(is_validator(&uid))).collect();
            let mut graph = subnet(&stakes);
            graph.params.max_allowed_validators = 64;
            for uid in 0..512 {
                graph.weights[usize::from(uid)] =
                    match (is_validator(&uid), miners_score_themselves) {
                        (true, _) => miners.clone(),
                        (false, true) => vec![(uid, u16::MAX)],
                        (false, false) => Row::new(),
                    };
            }
            for _ in 0..3 {
                let outcome = run(&mut graph);
                for uid in 0..512 {
                    check_even_share(&outcome, uid, is_validator(&uid), &miners);
                }
            }
        }
    }
}

fn check_even_share(outcome: &Outcome, uid: u16, is_validator: bool, miners: &Row) {
    let at = usize::from(uid);
    if is_validator {
        assert_eq!((outcome.dividends[at], outcome.incentive[at]), (1_023, 0));
        assert_eq!(outcome.emission[at], 7_812_500);
        assert_eq!(&outcome.bonds[at], miners);
    } else {
        assert_eq!((outcome.incentive[at], outcome.consensus[at]), (146, 146));
        assert_eq!((outcome.emission[at], outcome.dividends[at]), (1_116_071, 0));
        assert_eq!(outcome.bonds[at], []);
    }
}

/// Four validators of stake 1 to 4 and four miners, all scored alike by all.
fn four_and_four() -> Snapshot {
    let mut subnet = subnet(&[1, 2, 3, 4, 0, 0, 0, 0]);
    for row in &mut subnet.weights[..4] {
        *row = vec![(4, 16_383), (5, 32_767), (6, 49_149), (7, 65_535)];
    }
    subnet
}

/// Bonds in uid 7, each within a unit of what is expected.
fn assert_bonds(outcome: &Outcome, want: [u16; 4]) {
    let got = bonds_in(outcome, 7);
    let near = want.iter().zip(&got).all(|(want, got)| want.abs_diff(*got) <= 1);
    assert!(near, "{got:?} instead of {want:?}");
}

fn assert_near(got: &[u64], want: &[f64], tolerance: f64) {
    for (uid, (got, want)) in got.iter().zip(want).enumerate() {
        let got = part(*got);
        assert!((got - want).abs() <= tolerance, "uid {uid}: {got} instead of {want}");
    }
}

#[expect(clippy::cast_precision_loss, reason = "32 bits of a part fit a float")]
fn part(raw: u64) -> f64 {
    raw as f64 / f64::from(2_u32).powi(32)
}

#[test]
fn bonds_of_who_stops_scoring_decay_while_the_others_agree() {
    let mut net = four_and_four();
    let first = run(&mut net);
    for to in 4..8 {
        assert_eq!(bonds_in(&first, to), [16_383, 32_767, 49_151, 65_535, 0, 0, 0, 0]);
    }
    assert_eq!(first.emission[..4], [49_999_998, 99_999_999, 150_000_000, 200_000_001]);
    assert_eq!(first.emission[4..], [49_998_779, 100_000_610, 149_996_337, 200_004_272]);
    net.weights[0] = vec![(0, u16::MAX)];
    let second = run(&mut net);
    assert_bonds(&second, [14_582, 32_767, 49_151, 65_535]);
    assert_near(&second.fx.dividends, &[0.0900, 0.2022, 0.3033, 0.4044], 1e-4);
    net.weights[1] = vec![(1, u16::MAX)];
    let third = run(&mut net);
    assert_bonds(&third, [12_603, 28_321, 49_151, 65_535]);
    assert_near(&third.fx.dividends, &[0.0810, 0.1820, 0.3159, 0.4211], 1e-4);
}

#[test]
fn a_minority_moves_no_bonds_until_a_majority_is_back() {
    let mut net = four_and_four();
    run(&mut net);
    for uid in 0..2 {
        net.weights[usize::from(uid)] = vec![(uid, u16::MAX)];
        run(&mut net);
    }
    net.weights[2] = vec![(2, u16::MAX)];
    let alone = run(&mut net);
    assert_eq!(alone.consensus, [0; 8], "0.4 of the stake is less than kappa");
    assert_bonds(&alone, [12_602, 28_320, 49_150, 65_535]);
    net.weights[2] = vec![(7, u16::MAX)];
    let back = run(&mut net);
    assert_near(&back.fx.consensus, &[0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.4], 1e-4);
    assert_eq!(back.incentive[7], u16::MAX);
    assert_bonds(&back, [10_951, 24_609, 49_150, 65_535]);
    assert_near(&back.fx.dividends, &[0.0729, 0.1638, 0.3271, 0.4362], 1e-4);
    assert_bonds(&run(&mut net), [9_559, 21_482, 49_150, 65_535]);
    assert_bonds(&run(&mut net), [8_376, 18_824, 49_150, 65_535]);
}

#[test]
fn an_inactive_validator_loses_bonds_and_earns_them_back() {
    let mut net = subnet(&[1; 4]);
    let halves = vec![(2, u16::MAX), (3, u16::MAX)];
    net.weights[..2].fill(halves);
    let both = run(&mut net);
    assert_eq!(both.dividends, [32_767, 32_767, 0, 0]);
    assert_eq!(both.emission, [250_000_000; 4]);
    net.current_block += 5_001;
    net.last_update[0] = net.current_block - 1;
    let one = run(&mut net);
    assert_eq!(one.active, [1, 0, 0, 0]);
    assert_eq!(one.dividends, [36_044, 29_490, 0, 0]);
    assert_eq!(one.emission[..2], [274_999_999, 224_999_999]);
    assert_eq!(bonds_in(&one, 2), [65_535, 53_619, 0, 0]);
    net.last_update[1] = net.current_block - 1;
    let again = run(&mut net);
    assert_eq!(again.dividends, [35_716, 29_818, 0, 0]);
    assert_eq!(again.emission[..2], [272_501_132, 227_498_866]);
    assert_eq!(bonds_in(&again, 2), [65_535, 54_712, 0, 0]);
}

#[test]
fn a_weight_older_than_its_miner_does_not_count() {
    let mut net = subnet(&[1; 4]);
    net.weights[..2].fill(vec![(2, 65_535), (3, 32_768)]);
    let before = run(&mut net);
    assert_eq!(before.emission, [250_000_000, 250_000_000, 333_331_637, 166_668_361]);
    // Another miner takes uid 3, and only the first validator scores it.
    net.registered_at[3] = net.current_block - 5;
    net.last_update = vec![net.current_block - 1, net.current_block - 10, 0, 0];
    let after = run(&mut net);
    assert_near(&after.fx.consensus, &[0.0, 0.0, 0.6667, 0.0], 1e-4);
    assert_eq!(after.incentive, [0, 0, 65_535, 0]);
    assert_eq!(after.emission, [250_000_000, 250_000_000, 500_000_000, 0]);
    assert_eq!(after.dividends[0], 32_767);
}

/// Three validators, two miners, Yuma 3; who of the validators scores the second miner in
/// each epoch. Answers the outcomes.
fn moves(stakes: [u64; 3], liquid_alpha: bool, epochs: [[bool; 3]; 6]) -> Vec<Outcome> {
    let [a, b, c] = stakes;
    let mut net = subnet(&[a, b, c, 0, 0]);
    net.params = EpochParams {
        kappa: 32_767,
        bonds_penalty: 0,
        bonds_moving_avg: 975_000,
        yuma3: true,
        liquid_alpha,
        alpha_low: 6_553,
        alpha_high: 19_660,
        ..EpochParams::default()
    };
    let mut outcomes = Vec::new();
    for on_second in epochs {
        for (row, second) in net.weights.iter_mut().zip(on_second) {
            *row = if second { vec![(3, 0), (4, u16::MAX)] } else { vec![(3, u16::MAX), (4, 0)] };
        }
        outcomes.push(run(&mut net));
    }
    outcomes
}

fn assert_dividends(outcomes: &[Outcome], want: [[f64; 3]; 6]) {
    for (outcome, want) in outcomes.iter().zip(want) {
        assert_near(&outcome.fx.dividends, &want, 1e-3);
    }
}

/// Bonds in both miners of each validator, as parts.
fn assert_pairs(outcome: &Outcome, want: [[f64; 2]; 3]) {
    let (first, second) = (bonds_in(outcome, 3), bonds_in(outcome, 4));
    for (uid, want) in want.iter().enumerate() {
        let got = [first[uid], second[uid]].map(|x| f64::from(x) / 65_535.0);
        let near = got.iter().zip(want).all(|(got, want)| (got - want).abs() <= 1e-3);
        assert!(near, "validator {uid}: {got:?} instead of {want:?}");
    }
}

const ALL: [bool; 3] = [true; 3];
const NONE: [bool; 3] = [false; 3];

#[test]
fn the_large_validator_that_moves_first_takes_the_bonds_of_the_others() {
    let first = [true, false, false];
    let outcomes = moves([8, 1, 1], true, [NONE, first, [true, true, false], ALL, ALL, ALL]);
    assert_dividends(
        &outcomes,
        [
            [0.8, 0.1, 0.1],
            [1.0, 0.0, 0.0],
            [0.9382, 0.0618, 0.0],
            [0.8819, 0.0773, 0.0407],
            [0.8564, 0.0844, 0.0592],
            [0.8418, 0.0884, 0.0697],
        ],
    );
    assert_pairs(&outcomes[0], [[0.1013, 0.0]; 3]);
    assert_pairs(&outcomes[1], [[0.0908, 0.1013], [0.3697, 0.0], [0.3697, 0.0]]);
    assert_pairs(&outcomes[2], [[0.0815, 0.1924], [0.3170, 0.1013], [0.5580, 0.0]]);
    assert_pairs(&outcomes[3], [[0.0731, 0.2742], [0.2765, 0.1924], [0.4306, 0.1013]]);
}

#[test]
fn the_large_validator_that_moves_second_shares_with_the_first() {
    let second = [false, true, false];
    let outcomes = moves([8, 1, 1], true, [NONE, second, [true, true, false], ALL, ALL, ALL]);
    assert_dividends(
        &outcomes,
        [
            [0.8, 0.1, 0.1],
            [0.8446, 0.0498, 0.1056],
            [0.6868, 0.3132, 0.0],
            [0.7421, 0.2090, 0.0489],
            [0.7625, 0.1706, 0.0669],
            [0.7730, 0.1508, 0.0762],
        ],
    );
}

#[test]
fn the_large_validator_that_moves_last_pays_for_it() {
    let second = [false, true, false];
    let outcomes = moves([8, 1, 1], true, [NONE, second, [false, true, true], ALL, ALL, ALL]);
    assert_dividends(
        &outcomes,
        [
            [0.8, 0.1, 0.1],
            [0.8446, 0.0498, 0.1056],
            [0.8966, 0.0333, 0.0701],
            [0.4663, 0.3210, 0.2127],
            [0.5976, 0.2340, 0.1683],
            [0.6592, 0.1932, 0.1475],
        ],
    );
}

const ONE_SWITCH: [[bool; 3]; 6] = [NONE, NONE, [false, false, true], NONE, NONE, NONE];

#[test]
fn one_epoch_on_another_miner_costs_for_a_while() {
    assert_dividends(
        &moves([33, 33, 34], true, ONE_SWITCH),
        [
            [0.33, 0.33, 0.34],
            [0.33, 0.33, 0.34],
            [0.3782, 0.3782, 0.2436],
            [0.3628, 0.3628, 0.2745],
            [0.3541, 0.3541, 0.2917],
            [0.3487, 0.3487, 0.3026],
        ],
    );
}

#[test]
fn one_epoch_on_another_miner_costs_at_a_fixed_rate_too() {
    let outcomes = moves([33, 33, 34], false, ONE_SWITCH);
    assert_dividends(
        &outcomes,
        [
            [0.33, 0.33, 0.34],
            [0.33, 0.33, 0.34],
            [0.3734, 0.3734, 0.2532],
            [0.3611, 0.3611, 0.2779],
            [0.3541, 0.3541, 0.2919],
            [0.3495, 0.3495, 0.3009],
        ],
    );
    assert_pairs(&outcomes[0], [[0.0250, 0.0]; 3]);
    assert_pairs(&outcomes[1], [[0.0494, 0.0]; 3]);
    assert_pairs(&outcomes[2], [[0.0731, 0.0], [0.0731, 0.0], [0.0481, 0.0250]]);
}
