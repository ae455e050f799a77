//! Checkpoints: what was acknowledged comes back, what is damaged is built again.

use crate::chain::{Place, changes, line, meta, plain, tail};
use std::fs;
use std::path::Path;
use weft_store::database::{Batch, Database as _, Sled};
use weft_store::{Entry, Saved};
use weft_types::{Domain, Hash};

fn entry(value: u8) -> Entry {
    Entry { slot: u32::from(value) << 20, value: vec![value; 3] }
}

/// Six blocks, a checkpoint at the third and at the fourth.
fn checkpointed() -> Place {
    let blocks = line(6);
    let place = Place::new();
    let mut store = place.open().0;
    blocks.iter().for_each(|b| store.append(b).unwrap());
    store
        .checkpoint(changes(&[(1, Some(1)), (2, Some(2)), (3, Some(3))]), meta(&blocks[2]))
        .unwrap();
    store.checkpoint(changes(&[(2, None), (3, Some(33))]), meta(&blocks[3])).unwrap();
    store.close().unwrap();
    place
}

fn expected() -> Saved {
    let entries = vec![(vec![1], entry(1)), (vec![3], entry(33))];
    Saved { meta: meta(&line(6)[3]), entries }
}

#[test]
fn a_start_finds_the_last_checkpoint_and_the_blocks_behind_it() {
    let place = checkpointed();
    let (store, recovered) = place.open();
    assert_eq!(recovered.checkpoint, Some(expected()));
    assert!(recovered.rebuilt.is_none());
    assert_eq!(store.reader().final_height(), expected().meta.height);
    assert_eq!(store.reader().final_hash(weft_types::Height(2)), Some(line(6)[1].hash()));
    assert_eq!(tail(recovered), plain(&line(6)[4..]));
}

#[test]
fn a_checkpoint_ahead_of_the_log_is_moved_aside() {
    let place = checkpointed();
    let log = place.file("blocks.log");
    let half = fs::metadata(&log).unwrap().len() / 2;
    fs::File::options().write(true).open(&log).unwrap().set_len(half).unwrap();
    let (store, recovered) = place.open();
    assert_eq!(recovered.checkpoint, None);
    let rebuilt = recovered.rebuilt.clone().unwrap();
    assert!(rebuilt.reason.contains("is not in the log"), "{}", rebuilt.reason);
    assert!(rebuilt.moved_to.exists());
    let found = tail(recovered);
    assert!(!found.is_empty());
    assert_eq!(found[..], plain(&line(6))[..found.len()]);
    store.close().unwrap();
    assert!(place.open().1.rebuilt.is_none(), "it is moved aside once");
}

#[test]
fn damaged_snapshot_files_cost_nothing() {
    let place = checkpointed();
    // sled writes a snapshot file when it recovers from more than one run.
    for _ in 0..3 {
        place.open().0.close().unwrap();
    }
    let snaps = files(&place.file("state"), "snap.");
    assert!(!snaps.is_empty());
    for snap in snaps {
        fs::write(snap, b"rotten").unwrap();
    }
    let (_store, recovered) = place.open();
    assert_eq!(recovered.checkpoint, Some(expected()));
    assert!(recovered.rebuilt.is_none());
}

#[test]
fn a_database_that_holds_something_else_is_moved_aside_and_every_block_is_replayed() {
    let place = checkpointed();
    let mut db = Sled::open(&place.file("state")).unwrap();
    db.write_batch(Batch([(b"m".to_vec(), Some(b"nonsense".to_vec()))].into())).unwrap();
    db.sync().unwrap();
    drop(db);
    let (_store, recovered) = place.open();
    assert_eq!(recovered.checkpoint, None);
    assert!(recovered.rebuilt.clone().unwrap().moved_to.join("db").exists());
    assert_eq!(tail(recovered), plain(&line(6)));
}

#[test]
fn a_database_of_garbage_is_no_checkpoint() {
    let place = checkpointed();
    let size = fs::metadata(place.file("state/db")).unwrap().len();
    fs::write(place.file("state/db"), vec![0x55; usize::try_from(size).unwrap()]).unwrap();
    let (store, recovered) = place.open();
    assert_eq!(recovered.checkpoint, None);
    let rebuilt = recovered.rebuilt.clone().expect("it does not pass for a new one");
    assert!(rebuilt.moved_to.join("db").exists());
    assert_eq!(tail(recovered), plain(&line(6)));
    store.close().unwrap();
    assert!(place.open().1.rebuilt.is_none(), "it is moved aside once");
}

#[test]
fn a_store_that_has_no_checkpoint_yet_is_not_taken_for_a_lost_one() {
    let place = Place::with(&line(2));
    let (_store, recovered) = place.open();
    assert!(recovered.checkpoint.is_none() && recovered.rebuilt.is_none());
}

#[test]
fn a_checkpoint_that_its_owner_can_not_use_is_moved_aside_with_all_its_keys() {
    let place = checkpointed();
    let (store, found) = place.open();
    assert_eq!(found.checkpoint, Some(expected()));
    let (mut store, found) = store.rebuild(&place.dir(), "its root is wrong".to_owned()).unwrap();
    assert_eq!(found.checkpoint, None);
    assert_eq!(found.rebuilt.clone().unwrap().reason, "its root is wrong");
    assert_eq!(tail(found), plain(&line(6)));
    assert_eq!(
        store.reader().final_height(),
        weft_types::Height(0),
        "what is final is found again"
    );
    store.checkpoint(changes(&[(7, Some(7))]), meta(&line(6)[4])).unwrap();
    store.close().unwrap();
    let saved = place.open().1.checkpoint.unwrap();
    assert_eq!(saved.entries, [(vec![7], entry(7))], "no stale key is left");
}

#[test]
fn a_zeroed_page_of_the_database_never_gives_another_state() {
    let whole = checkpointed();
    let db = whole.file("state/db");
    let bytes = fs::read(&db).unwrap();
    let used = bytes.iter().rposition(|b| *b != 0).unwrap();
    drop(whole);
    for at in (0..used).step_by(used / 24 + 1) {
        let place = checkpointed();
        let db = place.file("state/db");
        let mut bytes = fs::read(&db).unwrap();
        let end = (at + 64).min(bytes.len());
        bytes[at..end].fill(0);
        fs::write(&db, bytes).unwrap();
        let (_store, recovered) = place.open();
        match recovered.checkpoint {
            None => assert_eq!(tail(recovered), plain(&line(6))),
            Some(saved) if saved == expected() => {}
            Some(saved) => assert!(saved.meta.height < expected().meta.height, "{at}: {saved:?}"),
        }
    }
}

#[test]
fn a_missing_database_is_built_again() {
    let place = checkpointed();
    fs::remove_dir_all(place.file("state")).unwrap();
    let (_store, recovered) = place.open();
    assert_eq!(recovered.checkpoint, None);
    assert_eq!(tail(recovered), plain(&line(6)));
}

fn files(dir: &Path, prefix: &str) -> Vec<std::path::PathBuf> {
    let paths = fs::read_dir(dir).unwrap().map(|f| f.unwrap().path());
    let named = |p: &Path| p.file_name().unwrap().to_string_lossy().starts_with(prefix);
    paths.filter(|p| named(p)).collect()
}

// R21: a checkpoint of a newer program is not taken for damage.
#[test]
fn a_checkpoint_that_a_newer_program_wrote_refuses_the_start_and_is_not_moved_aside() {
    let place = checkpointed();
    let format = |number: u32| {
        let mut db = Sled::open(&place.file("state")).unwrap();
        let mut kept = db.get(b"m").unwrap().unwrap();
        kept[..4].copy_from_slice(&number.to_le_bytes());
        db.write_batch(Batch([(b"m".to_vec(), Some(kept))].into())).unwrap();
        db.sync().unwrap();
    };
    format(3);
    let refused = place.try_open().unwrap_err();
    assert!(refused.to_string().contains("newer program"), "{refused}");
    for known in [1, 2] {
        format(known);
        assert_eq!(place.open().1.checkpoint, Some(expected()));
    }
}

// R21: nor is its journal; one that is no journal is, and the state is built again.
#[test]
fn a_journal_of_a_newer_program_refuses_the_start_and_a_damaged_one_moves_the_database_aside() {
    let place = checkpointed();
    let journal = place.file("state").join("journal");
    let put = |said: &[u8]| {
        let sum = Hash::of(Domain::Record, said);
        fs::write(&journal, [said, &sum.as_bytes()[..]].concat()).unwrap();
    };
    put(&[2, 0, 0, 0, 1]);
    let refused = place.try_open().unwrap_err();
    assert!(refused.to_string().contains("newer program"), "{refused}");
    assert!(journal.exists(), "nothing was moved");
    put(&[1, 0, 0, 0, 1]);
    let opened = place.open().1;
    assert_eq!(opened.checkpoint, None);
    assert!(opened.rebuilt.unwrap().reason.contains("journal"));
}
