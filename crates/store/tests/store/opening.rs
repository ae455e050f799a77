//! Whose directory it is, and that it is initialised once.

use crate::chain::{CHAIN, Place, line, plain, tail};
use std::fs;
use weft_store::{Store, StoreError, VoteState};
use weft_types::Hash;

#[test]
fn a_second_owner_is_refused_by_name_until_the_first_is_gone() {
    let place = Place::new();
    let first = place.open().0;
    let refused = place.try_open().unwrap_err();
    assert!(refused.to_string().starts_with("another node uses this directory"), "{refused}");
    first.close().unwrap();
    place.open();
}

#[test]
fn a_directory_is_initialised_once_so_that_no_vote_is_forgotten() {
    let place = Place::new();
    let mut store = place.open().0;
    store.write_vote(b"slot 5").unwrap();
    store.close().unwrap();
    let refused = Store::init(&place.dir(), CHAIN, b"never voted");
    assert!(matches!(refused, Err(StoreError::AlreadyInitialised { .. })));
    fs::remove_file(place.file("blocks.log")).unwrap();
    let refused = Store::init(&place.dir(), CHAIN, b"never voted");
    assert!(matches!(refused, Err(StoreError::AlreadyInitialised { .. })));
    assert_eq!(place.open().1.vote, VoteState::Known(b"slot 5".to_vec()));
}

#[test]
fn an_interrupted_initialisation_can_be_repeated_and_nothing_else() {
    let place = Place::new();
    fs::write(place.file("begun"), []).unwrap();
    assert!(matches!(place.try_open(), Err(StoreError::NotInitialised { .. })));
    Store::init(&place.dir(), CHAIN, b"again").unwrap();
    assert_eq!(place.open().1.vote, VoteState::Fresh(b"again".to_vec()));
}

#[test]
fn a_directory_that_was_never_initialised_is_refused() {
    let place = Place::bare();
    assert!(matches!(place.try_open(), Err(StoreError::NotInitialised { .. })));
    fs::create_dir(place.dir()).unwrap();
    assert!(matches!(place.try_open(), Err(StoreError::NotInitialised { .. })));
}

#[test]
fn the_directory_of_another_chain_is_refused_and_left_alone() {
    let place = Place::with(&line(2));
    let other = Store::open(&place.dir(), Hash([8; 32])).map(drop);
    assert!(matches!(other, Err(StoreError::OtherChain { .. })));
    assert_eq!(tail(place.open().1), plain(&line(2)));
}

#[test]
fn a_lost_vote_file_is_said_and_the_blocks_stay() {
    let place = Place::with(&line(2));
    fs::remove_file(place.file("votes")).unwrap();
    let (mut store, recovered) = place.open();
    assert!(matches!(recovered.vote, VoteState::Lost(_)));
    assert_eq!(tail(recovered), plain(&line(2)));
    store.write_vote(b"since slot 9").unwrap();
    store.close().unwrap();
    assert_eq!(place.open().1.vote, VoteState::Known(b"since slot 9".to_vec()));
}

#[test]
fn a_log_that_was_removed_begins_anew_and_keeps_the_vote() {
    let place = Place::with(&line(2));
    fs::remove_file(place.file("blocks.log")).unwrap();
    let (store, recovered) = place.open();
    assert!(store.is_empty());
    assert_eq!(recovered.vote, VoteState::Fresh(b"never voted".to_vec()));
}

/// Writes another format number into a file's preface, with its checksum.
fn of_format(place: &Place, name: &str, format: u32) {
    let mut bytes = fs::read(place.file(name)).unwrap();
    bytes[8..12].copy_from_slice(&format.to_le_bytes());
    let sum = Hash::of(weft_types::Domain::Record, &bytes[..44]);
    bytes[44..76].copy_from_slice(sum.as_bytes());
    fs::write(place.file(name), bytes).unwrap();
}

// R21: a newer program's vote file is neither lost nor read.
#[test]
fn a_file_that_a_newer_program_wrote_refuses_the_start_by_name_and_stays() {
    for name in ["votes", "blocks.log"] {
        let place = Place::with(&line(2));
        of_format(&place, name, 2);
        let whole = fs::read(place.file(name)).unwrap();
        let refused = place.try_open().unwrap_err();
        assert!(matches!(refused, StoreError::NewerFormat { known: 1, got: 2, .. }), "{refused}");
        assert!(refused.to_string().contains("newer program"), "{refused}");
        assert_eq!(fs::read(place.file(name)).unwrap(), whole);
        of_format(&place, name, 1);
        assert_eq!(tail(place.open().1), plain(&line(2)));
    }
}
