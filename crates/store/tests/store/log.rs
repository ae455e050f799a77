//! The block log: order, reopening, torn tails, flipped bits, final heights.

use crate::chain::{CHAIN, Place, block, line, plain, tail};
use proptest::prelude::*;
use std::fs;
use weft_store::StoreError;
use weft_types::{Canonical as _, Hash, Height};

/// Length and checksum before each block in the log.
const RECORD_HEAD: usize = 36;

#[test]
fn what_was_appended_is_there_in_its_order_after_a_restart() {
    let mut blocks = line(5);
    blocks.push(block((2, blocks[1].hash()), 77));
    let place = Place::with(&blocks);
    let (store, recovered) = place.open();
    assert!(recovered.cut.is_none() && recovered.checkpoint.is_none());
    assert_eq!(tail(recovered), plain(&blocks));
    for b in &blocks {
        assert_eq!(store.reader().block(&b.hash()).unwrap().as_ref(), Some(b.block()));
        assert_eq!(
            store.reader().stored(&b.hash()).map(|stored| stored.bytes().unwrap()),
            Some(b.block().to_bytes())
        );
    }
    assert_eq!(store.reader().block(&Hash([1; 32])).unwrap(), None);
}

#[test]
fn a_block_is_readable_before_it_is_synced_and_kept_once() {
    let place = Place::new();
    let mut store = place.open().0;
    let one = line(1).remove(0);
    store.append(&one).unwrap();
    store.append(&one).unwrap();
    assert_eq!(store.len(), 1);
    assert_eq!(store.reader().block(&one.hash()).unwrap().as_ref(), Some(one.block()));
}

#[test]
fn a_log_torn_at_any_byte_of_its_last_record_loses_that_record_only() {
    let blocks = line(3);
    let place = Place::with(&blocks);
    let log = place.file("blocks.log");
    let whole = fs::read(&log).unwrap();
    let last = RECORD_HEAD + blocks[2].block().to_bytes().len();
    for torn in (1..last).step_by(41).chain([last - 1]) {
        fs::write(&log, &whole[..whole.len() - torn]).unwrap();
        let (mut store, recovered) = place.open();
        let cut = recovered.cut.clone().unwrap();
        assert_eq!(cut.bytes, u64::try_from(last - torn).unwrap());
        assert_eq!(tail(recovered), plain(&blocks[..2]), "{torn} bytes are missing");
        store.append(&blocks[2]).unwrap();
        store.close().unwrap();
        assert_eq!(fs::read(&log).unwrap(), whole, "the log goes on where it was cut");
    }
}

#[test]
fn a_bad_record_with_a_whole_one_behind_it_is_refused_and_nothing_is_cut() {
    let blocks = line(4);
    let place = Place::with(&blocks);
    let log = place.file("blocks.log");
    let whole = fs::read(&log).unwrap();
    let record = RECORD_HEAD + blocks[1].block().to_bytes().len();
    let begins = whole.len() - 3 * record;
    // Its length made larger, smaller and absurd; its checksum; its block.
    for (at, byte) in [(0, 1), (1, 0), (3, 0xff), (9, 0xaa), (RECORD_HEAD + 50, 0x55)] {
        let mut bytes = whole.clone();
        bytes[begins + at] ^= byte | 0x10;
        fs::write(&log, &bytes).unwrap();
        match place.try_open() {
            Err(StoreError::DamagedWithin { offset, next, .. }) => {
                assert_eq!(offset, u64::try_from(begins).unwrap());
                assert_eq!(next, u64::try_from(begins + record).unwrap());
            }
            other => panic!("byte {at}: {other:?}"),
        }
        assert_eq!(fs::read(&log).unwrap(), bytes, "nothing is cut");
    }
    let mut bytes = whole.clone();
    bytes[begins + 20..whole.len() - record - 5].fill(0);
    fs::write(&log, &bytes).unwrap();
    let refused = place.try_open().map(drop).unwrap_err().to_string();
    assert!(refused.contains(&format!("at byte {begins} ")), "{refused}");
    assert!(refused.contains(&format!("at byte {}", whole.len() - record)), "{refused}");
    assert!(refused.contains("bring the file back"), "{refused}");
}

#[test]
fn a_tail_of_zeros_is_cut() {
    let blocks = line(2);
    let place = Place::with(&blocks);
    let log = place.file("blocks.log");
    let mut bytes = fs::read(&log).unwrap();
    bytes.resize(bytes.len() + 10_000, 0);
    fs::write(&log, bytes).unwrap();
    let (_store, recovered) = place.open();
    assert_eq!(recovered.cut.clone().unwrap().bytes, 10_000);
    assert_eq!(tail(recovered), plain(&blocks));
}

#[test]
fn a_record_moved_to_another_offset_is_not_read() {
    let blocks = line(2);
    let place = Place::with(&blocks);
    let log = place.file("blocks.log");
    let mut bytes = fs::read(&log).unwrap();
    let record = RECORD_HEAD + blocks[1].block().to_bytes().len();
    bytes.extend_from_within(bytes.len() - record..);
    fs::write(&log, bytes).unwrap();
    assert_eq!(tail(place.open().1), plain(&blocks));
}

#[test]
fn damage_that_comes_while_the_log_is_open_is_named() {
    let blocks = line(2);
    let place = Place::with(&blocks);
    let (store, mut recovered) = place.open();
    let log = place.file("blocks.log");
    let mut bytes = fs::read(&log).unwrap();
    let end = bytes.len();
    bytes[end - 10] ^= 1;
    fs::write(&log, bytes).unwrap();
    assert!(matches!(store.reader().block(&blocks[1].hash()), Err(StoreError::Damaged { .. })));
    assert_eq!(store.reader().block(&blocks[0].hash()).unwrap().as_ref(), Some(blocks[0].block()));
    assert_eq!(recovered.tail.next().unwrap().unwrap(), *blocks[0].block());
    assert!(matches!(recovered.tail.next(), Some(Err(StoreError::Damaged { .. }))));
    assert!(recovered.tail.next().is_none());
}

#[test]
fn a_block_without_its_parent_is_refused_and_stops_the_store() {
    let blocks = line(3);
    let place = Place::new();
    let mut store = place.open().0;
    store.append(&blocks[0]).unwrap();
    assert!(matches!(store.append(&blocks[2]), Err(StoreError::UnknownParent { .. })));
    assert!(matches!(store.append(&blocks[1]), Err(StoreError::Stopped)));
    assert!(matches!(store.write_vote(b"x"), Err(StoreError::Stopped)));
    assert!(matches!(store.sync(), Err(StoreError::Stopped)));
}

#[test]
fn a_final_block_makes_its_ancestors_final_too() {
    let blocks = line(6);
    let place = Place::with(&blocks);
    let mut store = place.open().0;
    assert_eq!(store.reader().final_hash(Height(0)), Some(CHAIN));
    store.mark_final(&blocks[1].hash()).unwrap();
    store.mark_final(&blocks[4].hash()).unwrap();
    store.mark_final(&blocks[2].hash()).unwrap();
    assert_eq!(store.reader().final_height(), Height(5));
    let reader = store.reader();
    let at =
        |height| reader.final_hash(Height(height)).and_then(|hash| reader.block(&hash).unwrap());
    for (height, b) in (1..=5).zip(&blocks) {
        assert_eq!(at(height).as_ref(), Some(b.block()));
    }
    assert_eq!(at(6), None);
    assert_eq!(at(0), None);
}

#[test]
fn a_fork_below_the_final_height_is_never_final() {
    let mut blocks = line(3);
    blocks.push(block((1, blocks[0].hash()), 50));
    blocks.push(block((2, blocks[3].hash()), 51));
    blocks.push(block((3, blocks[4].hash()), 52));
    let place = Place::with(&blocks);
    let mut store = place.open().0;
    store.mark_final(&blocks[2].hash()).unwrap();
    for fork in &blocks[3..] {
        let refused = store.mark_final(&fork.hash());
        assert!(matches!(refused, Err(StoreError::ForksFinal { .. })));
    }
    assert_eq!(store.reader().final_hash(Height(2)), Some(blocks[1].hash()));
    assert!(matches!(store.mark_final(&Hash([1; 32])), Err(StoreError::UnknownBlock { .. })));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn flipped_bits_never_give_a_wrong_block(
        flips in proptest::collection::vec((any::<prop::sample::Index>(), 0_u8..8), 1..4),
    ) {
        let blocks = line(6);
        let place = Place::with(&blocks);
        let log = place.file("blocks.log");
        let mut bytes = fs::read(&log).unwrap();
        for (at, bit) in flips {
            let at = at.index(bytes.len());
            bytes[at] ^= 1 << bit;
        }
        fs::write(&log, &bytes).unwrap();
        match place.try_open() {
            Ok((_, recovered)) => {
                let found = tail(recovered);
                prop_assert_eq!(&found[..], &plain(&blocks)[..found.len()]);
            }
            Err(e) => {
                let is_named =
                    matches!(e, StoreError::Damaged { .. } | StoreError::DamagedWithin { .. });
                prop_assert!(is_named, "{}", e);
                prop_assert_eq!(fs::read(&log).unwrap(), bytes, "nothing is cut");
            }
        }
    }

    #[test]
    fn any_tree_of_blocks_comes_back_as_it_was_appended(
        parents in proptest::collection::vec(any::<prop::sample::Index>(), 1..24),
    ) {
        let mut at = vec![(0, CHAIN)];
        let mut blocks = Vec::new();
        for (salt, parent) in (0..).zip(parents) {
            let parent = at[parent.index(at.len())];
            let next = block(parent, salt);
            at.push((parent.0 + 1, next.hash()));
            blocks.push(next);
        }
        let place = Place::with(&blocks);
        prop_assert_eq!(tail(place.open().1), plain(&blocks));
    }
}
