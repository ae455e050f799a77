//! Attacks on incentives: what holds, what does not, and that the books are right.
#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test that can't go on fails, and one without its golden file says so"
)]

use std::path::Path;
use weft_economics::incentive::{
    Group, Habit, Play, Played, Role, STAKE, Scene, Strategy, Weather, Work, incentives, play,
};
use weft_types::Rao;

fn scene(name: &str) -> Scene {
    Scene::named(name).unwrap()
}

/// Plays a scene for so many epochs; money must be conserved.
fn played(scene: &Scene, seed: u64, epochs: u64) -> Played {
    let played = play(scene, seed, epochs);
    assert_eq!(played.violations, Vec::<String>::new(), "{}", scene.name);
    assert_eq!(played.epochs, epochs);
    played
}

fn of<'a>(played: &'a Played, name: &str) -> &'a Strategy {
    played.strategies.iter().find(|s| s.name == name).unwrap()
}

fn beside_honest(played: &Played, name: &str) -> u64 {
    of(played, name).relative_ppm.unwrap()
}

#[test]
fn a_cabal_without_half_of_the_stake_gets_nothing_for_work_that_is_none() {
    for name in ["cabal-10", "cabal-30", "cabal-49"] {
        let played = played(&scene(name), 1, 20);
        assert_eq!(played.attack.total_ppm, 0, "{name}");
        assert!(of(&played, "honest miners").earned > Rao(0));
        assert_eq!(played.refused, 0, "it could say what it wanted");
    }
}

#[test]
fn a_cabal_with_more_than_half_of_the_stake_takes_everything() {
    let played = played(&scene("cabal-51"), 1, 20);
    assert_eq!(played.attack.total_ppm, 1_000_000);
    assert_eq!(of(&played, "honest validators").earned, Rao(0));
}

/// It moves incentive to its own miners and pays for most of that with dividends.
#[test]
fn a_cabal_that_works_gets_more_for_its_miners_and_less_for_its_stake_than_by_judging() {
    let bad = scene("cabal-49-working");
    let mut good = bad.clone();
    for group in &mut good.groups {
        if let Play::Validates(_, habit) = &mut group.strategy {
            *habit = Habit::Judges;
        }
    }
    let [bad, good] = [bad, good].map(|scene| played(&scene, 1, 50).attack);
    assert!(bad.miners_ppm > good.miners_ppm + 100_000, "{bad:?} {good:?}");
    assert!(bad.validators_ppm + 100_000 < good.validators_ppm, "{bad:?} {good:?}");
    assert!(bad.total_ppm.abs_diff(good.total_ppm) < 50_000, "{bad:?} {good:?}");
    assert!(bad.total_ppm < bad.stake_ppm + 50_000, "{bad:?}");
}

/// Over 50 epochs, while work drifts and miners change.
#[test]
fn who_copies_the_last_consensus_earns_less_than_who_judges() {
    for name in ["copier", "copier-hidden", "copier-hidden-liquid"] {
        for seed in 1..=3 {
            let played = played(&scene(name), seed, 50);
            let copied = beside_honest(&played, "copies the consensus");
            assert!(copied < 1_000_000, "{name}, seed {seed}: {copied}");
        }
    }
}

#[test]
fn who_copies_rows_in_sight_earns_more_than_who_judges_until_rows_are_hidden() {
    for seed in 1..=3 {
        let [open, hidden] = ["copier", "copier-hidden"]
            .map(|name| beside_honest(&played(&scene(name), seed, 50), "copies rows in sight"));
        assert!(open > 1_000_000, "seed {seed}: {open}");
        assert!(hidden < 1_000_000, "seed {seed}: {hidden}");
    }
}

/// What hiding rows can't help against.
#[test]
fn where_nothing_moves_copying_pays_even_when_rows_are_hidden() {
    let played = played(&scene("copier-hidden-still"), 1, 50);
    assert!(beside_honest(&played, "copies the consensus") > 1_000_000);
}

#[test]
fn who_falls_silent_earns_until_the_cutoff_and_nothing_after() {
    let played = played(&scene("lazy"), 1, 40);
    let silent = &of(&played, "falls silent").cumulative;
    assert!(silent[12] > silent[11], "the cutoff is almost fourteen epochs");
    assert_eq!(silent[39], silent[20]);
    let repeats = beside_honest(&played, "repeats its row");
    assert!(repeats < 1_000_000, "{repeats}");
}

#[test]
fn uids_earn_by_what_is_scored_under_them_and_not_by_their_number() {
    let played = played(&scene("sybil"), 1, 20);
    let near = |name, want: u64| {
        let got = beside_honest(&played, name);
        assert!(got.abs_diff(want) < 10_000, "{name}: {got}");
    };
    near("one output ten times", 1_000_000);
    near("one output in ten parts", 100_000);
    assert_eq!(of(&played, "rows without stake").earned, Rao(0));
    assert_eq!(of(&played, "rows without stake").seated, 10);
    assert!(played.refused > 150, "their rows: {}", played.refused);
}

#[test]
fn rows_without_stake_move_nothing_by_a_single_rao() {
    let loud = scene("sybil");
    let mut quiet = loud.clone();
    for group in &mut quiet.groups {
        if let Play::Mines(work) = &mut group.strategy {
            work.votes = false;
        }
    }
    let earned =
        |played: Played| played.strategies.into_iter().map(|s| s.cumulative).collect::<Vec<_>>();
    let (loud, quiet) = (played(&loud, 3, 10), played(&quiet, 3, 10));
    assert!(loud.refused > quiet.refused);
    assert_eq!(earned(loud), earned(quiet));
}

/// A thousand uids are wanted; a block takes one, and each is dearer than the one before.
#[test]
fn a_flood_of_registrations_takes_one_in_a_block_until_its_money_is_gone() {
    let mut flood = scene("sybil");
    flood.groups.retain(|group| group.name != "one output in ten parts");
    flood.groups.retain(|group| group.name != "rows without stake");
    let last = flood.groups.last_mut().unwrap();
    (last.name, last.count) = ("flood", 1_000);
    let played = played(&flood, 1, 1);
    let flood = of(&played, "flood");
    assert_eq!(flood.players, 1_000);
    assert!((30..50).contains(&flood.seated), "{} uids", flood.seated);
    assert!(flood.spent > Rao(900_000_000_000), "{}", flood.spent);
}

#[test]
fn the_same_seed_is_the_same_play_and_another_is_another() {
    let all = Scene::all();
    let [a, b, c] = [7, 7, 8].map(|seed| incentives(&all, seed, 2, |_| ()));
    assert!(a.ok && a == b);
    for (one, other) in a.attacks.iter().zip(&c.attacks) {
        assert_ne!(one.state_root, other.state_root, "{}", one.name);
    }
}

/// The situation of the golden file: four validators and four miners on each side, plain
/// Yuma 2 bonds, fixed rows, and so much stake that what is earned does not change its parts.
fn like_the_file(row: &Row) -> Scene {
    let mut scene = Scene::cabal("cabal", 0);
    scene.weather = Weather::default();
    let numbers = &mut scene.numbers;
    (numbers.kappa, numbers.bonds_penalty, numbers.yuma3) = (row.kappa, row.penalty, false);
    let each = |part: u64| Rao(STAKE.0 / 4 * 800 / 1_000_000 * part);
    let work = |part| Play::Mines(Work { low: part, high: part, ..Work::default() });
    let strategies = [
        Play::Validates(each(row.stake), Habit::Judges),
        Play::Validates(each(1_000_000 - row.stake), Habit::Feeds(row.cabal_own)),
        work(row.honest_own),
        work(1_000_000 - row.honest_own),
    ];
    for (group, strategy) in scene.groups.iter_mut().zip(strategies) {
        *group = Group { count: 4, strategy, ..group.clone() };
    }
    scene
}

/// A row of the file; parts are of a million.
struct Row {
    kappa: u16,
    penalty: u16,
    stake: u64,
    honest_own: u64,
    cabal_own: u64,
    epochs: usize,
    /// The honest part of what miners, validators and all earn; none where nobody earns.
    want: [Option<u64>; 3],
}

/// "0.8211" in millionths.
fn millionths(text: &str) -> u64 {
    let (whole, rest) = text.split_once('.').unwrap();
    format!("{whole}{rest:0<6}").parse().unwrap()
}

fn golden() -> Option<Vec<Row>> {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors/emission/cabal.csv");
    let Ok(text) = std::fs::read_to_string(&path) else {
        eprintln!("skipped: {} is absent", path.display());
        return None;
    };
    let row = |line: &str| {
        let cells: Vec<&str> = line.split(',').collect();
        let part = |at: usize| (cells[at] != "NaN").then(|| millionths(cells[at]));
        Row {
            kappa: cells[0].parse().unwrap(),
            penalty: cells[1].parse().unwrap(),
            stake: millionths(cells[2]),
            honest_own: millionths(cells[3]),
            cabal_own: millionths(cells[4]),
            epochs: cells[5].parse().unwrap(),
            want: [6, 7, 8].map(part),
        }
    };
    Some(text.lines().skip(1).map(row).collect())
}

/// What the honest earned of all in one epoch of the strategies that count.
fn honest_part(played: &Played, epoch: usize, counts: impl Fn(&Strategy) -> bool) -> u64 {
    let earned = |s: &Strategy| {
        let before = epoch.checked_sub(1).map_or(0, |at| s.cumulative[at].0);
        u128::from(s.cumulative[epoch].0 - before)
    };
    let sum = |honest: bool| -> u128 {
        let list = played.strategies.iter().filter(|s| counts(s) && (s.honest || !honest));
        list.map(earned).sum()
    };
    u64::try_from(sum(true) * 1_000_000 / sum(false)).unwrap()
}

#[test]
fn a_cabals_earnings_equal_the_live_chains_to_four_digits() {
    let Some(rows) = golden() else { return };
    assert_eq!(rows.len(), 200);
    for pair in rows.chunks_exact(2) {
        let [first, last] = pair else { unreachable!() };
        let played = played(&like_the_file(first), 1, last.epochs as u64);
        for row in pair {
            let at = row.epochs - 1;
            let [Some(miners), Some(validators), Some(total)] = row.want else {
                // Nobody has incentive: the live chain pays by stake, here it is recycled.
                assert!(played.strategies.iter().all(|s| s.earned == Rao(0)));
                continue;
            };
            let is = |role| move |s: &Strategy| s.role == role;
            let got = [
                honest_part(&played, at, is(Role::Miner)),
                honest_part(&played, at, is(Role::Validator)),
                honest_part(&played, at, |_| true),
            ];
            for (got, want) in got.into_iter().zip([miners, validators, total]) {
                let text = format!(
                    "kappa {}, penalty {}, stake {}, own {} and {}, epoch {}",
                    row.kappa, row.penalty, row.stake, row.honest_own, row.cabal_own, row.epochs
                );
                // Half of the fourth digit, and what scores of 16 bits round away.
                assert!(got.abs_diff(want) <= 60, "{text}: {got} instead of {want}");
            }
        }
    }
}
