//! A launch from zero coins.

use weft_economics::launch::{Launch, Launched, launch};
use weft_types::Rao;

fn small(seed: u64) -> Launch {
    Launch {
        seed,
        days: 3,
        honest: 20,
        attackers: 6,
        attacker_cores: 4,
        validating_ppm: 500_000,
        voters: 4,
    }
}

fn play(plan: &Launch) -> Launched {
    let mut told = 0;
    let launched = launch(plan, |_| told += 1);
    assert_eq!(launched.violations, Vec::<String>::new());
    assert_eq!((launched.ok, told), (true, launched.days.len()));
    launched
}

#[test]
fn from_zero_coins_miners_come_to_hold_everything_and_voters_of_genesis_nothing() {
    let launched = play(&small(1));
    let last = launched.days.last().unwrap();
    assert!(last.attacker_stake > Rao(0) && last.honest_stake > last.attacker_stake);
    // What is not held waits for the next epoch.
    let held = last.honest_stake.0 + last.attacker_stake.0;
    assert!(last.issued.0 - held < 400_000_000_000, "{} of {}", held, last.issued.0);
    assert!(last.recycled > Rao(0), "what virtual stake would earn, and the owner's part");
    assert_eq!(last.uids, (20, 6));
    assert!(last.permits.0 == 4 && last.permits.1 > 0 && last.permits.2 > 0);
}

#[test]
fn the_same_seed_is_the_same_launch_and_another_is_another() {
    let short = |seed| play(&Launch { days: 1, ..small(seed) });
    let (a, b, c) = (short(7), short(7), short(8));
    assert_eq!(a, b);
    assert_ne!(a.state_root, c.state_root);
}

#[test]
fn a_launch_without_voters_says_so() {
    let launched = launch(&Launch { voters: 0, ..small(1) }, |_| ());
    assert!(!launched.ok);
}
