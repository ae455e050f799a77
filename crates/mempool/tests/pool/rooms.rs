//! Room that is always kept (R19), and reports that nobody keeps out (R17). A6, A1.

use crate::world::*;
use weft_mempool::{Accounts, Bounds, Inserted, Pool, PoolError};
use weft_types::room::Kind;
use weft_types::{
    Call, CheckedTx, Checkpoint, Evidence, Hash, Height, Limits, Netuid, Round, Signature,
    SignedVote, Vote,
};

/// A report of two votes of `offender` for a round; `mark` tells two such pairs apart.
fn report(n: u8, offender: u8, round: u64, mark: u8) -> CheckedTx {
    let vote = |mark| {
        let at = |round| Checkpoint { round: Round(round), hash: Hash([mark; 32]) };
        let vote =
            Vote { voter: signer(offender), source: at(0), target: at(round), items: Hash::ZERO };
        Box::new(SignedVote { vote, signature: Signature([0; 64]) })
    };
    let evidence = Evidence::Votes(vote(mark), vote(mark + 1));
    checked(body(n, 0, 0, Call::ReportEvidence { evidence }))
}

fn endpoint(n: u8, netuid: u16) -> CheckedTx {
    let endpoint = "/ip4/10.0.0.1/tcp/8091".parse().expect("it is an endpoint");
    checked(body(n, 0, 0, Call::ServeAxon { netuid: Netuid(netuid), endpoint, at: Height(1) }))
}

/// As many endpoints as wait at the most, or as there are: 255 signers in so many subnets.
fn crowd(pool: &mut Pool, nets: u16) -> usize {
    let all = (1..=nets).flat_map(|net| (0..=254).map(move |n| (n, net)));
    all.filter(|(n, net)| insert(pool, endpoint(*n, *net)).is_ok()).count()
}

fn of(picked: &[CheckedTx], kind: Kind) -> (usize, u32) {
    let those = picked.iter().filter(|tx| tx.tx().body.call.kind() == Some(kind));
    those.fold((0, 0), |(n, bytes), tx| (n + 1, bytes + tx.bytes()))
}

#[test]
fn r17_an_offence_waits_once_whoever_reports_it_and_one_who_saw_many_reports_them_all() {
    let mut pool = Pool::default();
    assert_eq!(insert(&mut pool, report(1, 9, 5, 1)), Ok(Inserted::Added));
    let pending = Err(PoolError::ReportPending { offender: signer(9) });
    // Another pair, another sender, or both: the same offence.
    for again in [report(1, 9, 5, 3), report(2, 9, 5, 1), report(2, 9, 5, 3)] {
        assert_eq!(insert(&mut pool, again), pending);
    }
    // Another round, or another offender, is another offence.
    for other in [report(1, 9, 6, 1), report(1, 8, 5, 1), report(2, 9, 7, 1)] {
        assert_eq!(insert(&mut pool, other), Ok(Inserted::Added));
    }
    assert_eq!(pool.pick(&limits(99), &State::default()).len(), 4);
}

#[test]
fn r17_a_report_that_can_not_run_keeps_no_other_of_its_offence_out() {
    let mut pool = Pool::default();
    assert_eq!(insert(&mut pool, report(1, 9, 5, 1)), Ok(Inserted::Added));
    let mut state = State::default();
    state.forbidden.insert(signer(1));
    assert_eq!(pool.insert(report(2, 9, 5, 1), &state), Ok(Inserted::Added));
    assert_eq!((pool.len(), pool.counters().expired), (1, 1));
    // When it has gone its offence may be reported again.
    pool.expire(Height(2_000));
    assert!(pool.is_empty());
    assert_eq!(insert(&mut pool, report(3, 9, 5, 1)), Ok(Inserted::Added));
}

#[test]
fn r19_endpoints_never_take_the_room_of_evidence_rows_stamps_and_heartbeats() {
    let mut pool = Pool::new(Bounds { free: 2_000, ..Bounds::default() });
    assert_eq!(crowd(&mut pool, 10), 1_000, "half of the places of free calls");
    let full = insert(&mut pool, endpoint(3, 50));
    assert_eq!(full, Err(PoolError::FreeFull { limit: 1_000 }));
    fill(&mut pool, (1..=40).map(|n| report(n, n, 5, 1)));
    fill(&mut pool, (1..=200).map(|n| weights(n, 1, 5)));
    fill(&mut pool, (1..=90).map(|n| offer(n, 10)));
    // Room for what is kept, and 40 000 bytes more.
    let tight = Limits { free_bytes: (64 << 10) + 40_000, ..limits(20_000) };
    let picked = pool.pick(&tight, &State::default());
    assert_eq!(of(&picked, Kind::Evidence).0, 40);
    assert_eq!(of(&picked, Kind::Heartbeat).0, 90);
    assert_eq!(of(&picked, Kind::Row).0, 200);
    let (n, bytes) = of(&picked, Kind::Optional);
    let others = picked.len() - n;
    let taken: u32 = picked.iter().take(others).map(|tx| tx.bytes() + 64).sum();
    let half = (tight.free_bytes - taken) / 2;
    assert!(n > 0 && bytes <= half && half - bytes < 200, "{bytes} of {half}");
}

#[test]
fn r19_who_sends_many_of_one_kind_leaves_what_is_kept_for_the_others() {
    let mut pool = Pool::default();
    // The rows and offers came first, more of them than a block has free bytes for.
    fill(&mut pool, (0..=9).flat_map(|net| (1..=200).map(move |n| weights(n, net + 1, 5))));
    fill(&mut pool, (1..=200).map(|n| offer(n, 10)));
    fill(&mut pool, (1..=99).map(|n| report(n, n, 5, 1)));
    let row = weights(1, 1, 5).bytes() + 64;
    let kept = 99 * (report(1, 1, 5, 1).bytes() + 64) + 64 * (offer(1, 10).bytes() + 64);
    let tight = Limits { free_bytes: kept + 128 * row, ..limits(20_000) };
    let picked = pool.pick(&tight, &State::default());
    assert_eq!(of(&picked, Kind::Evidence).0, 99);
    assert_eq!(of(&picked, Kind::Heartbeat).0, 64);
    assert_eq!(of(&picked, Kind::Row).0, 128);
    // Of evidence 64 KiB are kept.
    let one = report(1, 1, 5, 1).bytes();
    fill(&mut pool, (1..=99).map(|n| report(n, n, 6, 1)));
    let picked = pool.pick(&tight, &State::default());
    assert_eq!(of(&picked, Kind::Evidence).0, (65_536 / one) as usize);
    assert_eq!(of(&picked, Kind::Heartbeat).0, 64);
}

#[test]
fn r19_a_block_without_evidence_has_its_room_for_others() {
    let mut pool = Pool::default();
    fill(&mut pool, (1..=200).map(|n| weights(n, 1, 5)));
    fill(&mut pool, [transfer(1, 0, 9_000), transfer(1, 1, 9_000)]);
    let row = weights(1, 1, 5).bytes() + 64;
    let tight = Limits { free_bytes: 200 * row, block_bytes: 200 * row, ..limits(20_000) };
    let picked = pool.pick(&tight, &State::default());
    assert_eq!((of(&picked, Kind::Row).0, picked.len()), (200, 202));
}

#[test]
fn r19_reports_have_places_of_their_own_up_to_a_bound() {
    let mut pool = Pool::new(Bounds { free: 1, reports: 2, ..Bounds::default() });
    fill(&mut pool, [weights(1, 1, 5), report(1, 1, 5, 1), report(1, 2, 5, 1)]);
    assert_eq!(insert(&mut pool, report(1, 3, 5, 1)), Err(PoolError::FreeFull { limit: 2 }));
    assert_eq!(insert(&mut pool, weights(2, 1, 5)), Err(PoolError::FreeFull { limit: 1 }));
    // Those that can't run make room.
    let mut state = State::default();
    state.forbidden.insert(signer(1));
    assert!(!state.allows(&report(1, 3, 5, 1).tx().body));
    assert_eq!(pool.insert(report(2, 3, 5, 1), &state), Ok(Inserted::Added));
}

fn stamp(n: u8, netuid: u16) -> CheckedTx {
    let call = Call::RegisterStamp {
        netuid: Netuid(netuid),
        hotkey: signer(n),
        consent: Signature([0; 64]),
        height: Height(1),
        solution: 0,
    };
    checked(body(n, 0, 0, call))
}

/// A6: hashes are all that stamps cost, and they wait among themselves.
#[test]
fn r19_stamps_never_take_the_room_of_offers_and_rows() {
    let mut pool = Pool::new(Bounds { free: 100, ..Bounds::default() });
    fill(&mut pool, (1..=100).map(|n| stamp(n, 1)));
    assert_eq!(insert(&mut pool, stamp(101, 1)), Err(PoolError::FreeFull { limit: 100 }));
    fill(&mut pool, (1..=100).map(|n| offer(n, 10)));
    fill(&mut pool, (1..=100).map(|n| weights(n, 1, 5)));
    assert_eq!(of(&pool.pick(&limits(999), &State::default()), Kind::Heartbeat).0, 100);
}

/// A6: more stamps than a block takes, and such that can't run, keep nobody out of another subnet.
#[test]
fn r19_stamps_of_some_subnets_leave_the_doors_of_the_others_open() {
    let mut pool = Pool::default();
    let mut state = State::default();
    for net in 1..=5 {
        fill(&mut pool, (0..=250).map(|n| stamp(n, net)));
    }
    state.forbidden.extend((0..=250).map(signer));
    fill(&mut pool, (251..=254).flat_map(|n| [stamp(n, 6), stamp(n, 7)]));
    let picked = pool.pick(&limits(999), &state);
    assert_eq!(of(&picked, Kind::Stamp).0, 8);
    // Those of one subnet that can run are picked up to what a block may hold of it.
    let picked = pool.pick(&limits(9_999), &State::default());
    assert_eq!(of(&picked, Kind::Stamp).0, 5 * 16 + 8);
}

/// A1: whoever offended often keeps no report of another out, and its own come one after another.
#[test]
fn r17_of_one_offender_few_reports_wait_and_the_next_when_those_can_run_no_more() {
    let mut pool = Pool::new(Bounds { of_offender: 3, reports: 5, ..Bounds::default() });
    fill(&mut pool, (1..=3).map(|n| report(n, 9, u64::from(n), 1)));
    let full = Err(PoolError::OffenderFull { offender: signer(9), limit: 3 });
    assert_eq!(insert(&mut pool, report(4, 9, 4, 1)), full);
    assert_eq!(insert(&mut pool, report(1, 9, 1 << 40, 1)), full);
    fill(&mut pool, [report(1, 8, 5, 1), report(1, 10, 5, 1)]);
    // Two of them are in a block.
    let mut state = State::default();
    state.forbidden.extend([signer(1), signer(2)]);
    assert_eq!(pool.insert(report(4, 9, 4, 1), &state), Ok(Inserted::Added));
    assert_eq!(pool.insert(report(5, 9, 5, 1), &state), Ok(Inserted::Added));
    assert_eq!(pool.insert(report(6, 9, 6, 1), &state), full);
    assert_eq!(pool.len(), 5);
}
