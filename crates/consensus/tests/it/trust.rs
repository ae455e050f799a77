//! R16: what a node that was away may believe, and each way around it that was once open.
//! `A2` in the table of faults.

use weft_consensus::trust::{Awaited, Guard, Mark, Reached, Start, Trust, TrustFault, window};
use weft_types::{Hash, Height, Network, Params, Slot};

const WINDOW: u64 = 30;

/// The last final block here: number 100 in slot 120.
const LAST: Mark = Mark { height: Height(100), hash: Hash([1; 32]), slot: Slot(120) };

fn block(height: u64, byte: u8) -> Awaited {
    Awaited { height: Height(height), hash: Hash([byte; 32]) }
}

/// What is final here below the last one: block h is of slot h + 20.
fn own(height: Height) -> Option<Mark> {
    Some(Mark { height, hash: Hash([2; 32]), slot: Slot(height.0 + 20) })
}

fn started(now: u64, stored: Option<Awaited>, word: Option<Trust>) -> Result<Guard, TrustFault> {
    Guard::start(&Start { window: WINDOW, now: Slot(now), last: LAST, stored, word }, own)
}

fn awaits(now: u64, stored: Option<Awaited>, word: Option<Trust>) -> Option<Awaited> {
    started(now, stored, word).unwrap().awaited()
}

fn named(height: u64, byte: u8) -> Option<Trust> {
    Some(Trust::Block(block(height, byte)))
}

/// A2
#[test]
fn the_window_is_two_rotations_less_than_stake_is_held() {
    assert_eq!(window(&Params::preset(Network::Main)), 86_400);
    let params =
        Params { unbonding_blocks: 5, rotation_blocks: 4, ..Params::preset(Network::Main) };
    assert_eq!(window(&params), 0);
}

/// A2
#[test]
fn a_node_that_was_away_for_longer_than_the_window_needs_a_word() {
    assert_eq!(awaits(120 + WINDOW, None, None), None);
    let late = started(120 + WINDOW + 1, None, None).unwrap_err();
    let (height, hash) = (LAST.height, LAST.hash);
    assert_eq!(late, TrustFault::Needed { height, hash, away: WINDOW + 1, window: WINDOW });
    assert_eq!(awaits(9_999, None, Some(Trust::Own)), None);
}

/// A2, first way around: any old block that was named passed after any absence.
#[test]
fn a_named_block_that_is_old_itself_does_not_pass() {
    let late = 120 + WINDOW + 1;
    for (height, byte, age) in [(100, 1, WINDOW + 1), (99, 2, WINDOW + 2), (1, 2, 130)] {
        let refused = started(late, None, named(height, byte)).unwrap_err();
        let hash = Hash([byte; 32]);
        let height = Height(height);
        assert_eq!(refused, TrustFault::TooOld { height, hash, age, window: WINDOW });
    }
    // Who was not away needs none, and is only asked whether it is right.
    assert_eq!(awaits(120 + WINDOW, None, named(1, 2)), None);
    let wrong = started(121, None, named(1, 3)).unwrap_err();
    assert!(matches!(wrong, TrustFault::NotTrusted { .. }), "{wrong}");
    assert!(matches!(started(9_999, None, named(100, 2)), Err(TrustFault::NotTrusted { .. })));
    // One within the window passes, also when something else was awaited.
    assert_eq!(awaits(120 + WINDOW, Some(block(500, 9)), named(100, 1)), None);
}

/// A2, first way around, while running: reached too late it ends nothing.
#[test]
fn the_awaited_block_ends_the_wait_only_within_the_window() {
    let mut guard = started(9_999, None, named(101, 3)).unwrap();
    let reached = |slot| Mark { height: Height(101), hash: Hash([3; 32]), slot: Slot(slot) };
    let old = reached(9_999 - WINDOW - 1);
    assert_eq!(guard.finalized(Slot(9_999), &old), Ok(Reached::TooOld(WINDOW + 1)));
    assert_eq!(guard.awaited(), Some(block(101, 3)));
    assert_eq!(guard.finalized(Slot(9_999), &reached(9_999 - WINDOW)), Ok(Reached::Yes));
    assert_eq!(guard.awaited(), None);
    let mut guard = started(9_999, None, named(101, 4)).unwrap();
    assert_eq!(guard.finalized(Slot(9_999), &own(Height(102)).unwrap()), Ok(Reached::No));
    let wrong = guard.finalized(Slot(9_999), &reached(9_999));
    assert!(matches!(wrong, Err(TrustFault::NotTrusted { .. })), "{wrong:?}");
}

/// A2, second way around: `own` in the configuration was a word for ever.
#[test]
fn the_word_own_is_good_for_one_start() {
    assert_eq!(awaits(9_999, Some(block(500, 9)), Some(Trust::Own)), None);
    assert!(matches!(started(9_999, None, None), Err(TrustFault::Needed { .. })));
}

/// A2, third way around: the awaited block was forgotten at a restart.
#[test]
fn what_was_awaited_is_awaited_after_a_restart_too() {
    let ahead = block(500, 9);
    for now in [121, 120 + WINDOW, 9_999] {
        assert_eq!(awaits(now, Some(ahead), None), Some(ahead), "slot {now}");
    }
    // It was reached, and the node died before it noted so.
    assert_eq!(awaits(121, Some(block(100, 1)), None), None);
    // Reached, but too long ago: it says nothing any more, and is waited for.
    assert_eq!(awaits(9_999, Some(block(100, 1)), None), Some(block(100, 1)));
    let wrong = started(121, Some(block(100, 7)), None).unwrap_err();
    assert!(matches!(wrong, TrustFault::NotTrusted { .. }), "{wrong}");
    // An old block that is right is no way around either.
    let refused = started(160, Some(ahead), named(100, 1)).unwrap_err();
    assert!(matches!(refused, TrustFault::TooOld { .. }), "{refused}");
}

/// A2, fourth way around: a suspended process was never judged.
#[test]
fn a_process_that_stood_still_for_longer_than_the_window_is_judged() {
    let woken = |pauses: &[u64]| {
        let (mut guard, mut now) = (started(120, None, None).unwrap(), 120);
        for pause in pauses {
            now += pause;
            guard.look(Slot(now), LAST)?;
        }
        Ok(guard)
    };
    assert!(woken(&[WINDOW + 1]).is_ok());
    let late = woken(&[WINDOW + 2]).unwrap_err();
    assert!(matches!(late, TrustFault::Needed { away, .. } if away == WINDOW + 2), "{late}");
    // Two shorter ones without a final block between are as long.
    assert!(woken(&[WINDOW, WINDOW]).is_err());
    // A chain that stands still while the process runs is no pause.
    assert!(woken(&[1; 1_000]).is_ok());
    let mut waiting = started(9_999, None, named(500, 9)).unwrap();
    assert_eq!(waiting.look(Slot(20_000), LAST), Ok(()));
    assert_eq!(waiting.awaited(), Some(block(500, 9)));
}

/// A2
#[test]
fn a_pause_is_over_only_as_far_as_a_new_final_block_says() {
    let mut guard = started(120, None, None).unwrap();
    let pause = WINDOW - 2;
    guard.look(Slot(120 + pause), LAST).unwrap();
    // It was made just after the last one, so it says nothing of the pause.
    let stale = Mark { height: Height(101), hash: Hash([4; 32]), slot: Slot(121) };
    assert_eq!(guard.finalized(Slot(120 + pause), &stale), Ok(Reached::No));
    assert!(guard.look(Slot(120 + 2 * pause), stale).is_err());
    let mut guard = started(120, None, None).unwrap();
    guard.look(Slot(120 + pause), LAST).unwrap();
    let fresh = Mark { slot: Slot(120 + pause), ..stale };
    assert_eq!(guard.finalized(Slot(120 + pause), &fresh), Ok(Reached::No));
    assert!(guard.look(Slot(120 + 2 * pause), fresh).is_ok());
}

/// A2
#[test]
fn what_names_no_block_is_refused() {
    for text in ["", "5", "5:", "x:00", "own:5", "5:0x12"] {
        let error = text.parse::<Trust>().unwrap_err().to_string();
        assert!(error.contains("HEIGHT:HASH"), "{error}");
    }
    let text = format!("7:{}", Hash([7; 32]));
    assert_eq!(text.parse::<Trust>().unwrap().to_string(), text);
}
