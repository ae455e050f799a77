//! What every database behind the checkpoints must do.

use proptest::prelude::*;
use std::collections::BTreeMap;
use weft_store::database::{Batch, Database, Memory, Sled};

fn batch(writes: &[(&[u8], Option<&[u8]>)]) -> Batch {
    let own = |(key, value): &(&[u8], Option<&[u8]>)| (key.to_vec(), value.map(<[u8]>::to_vec));
    Batch(writes.iter().map(own).collect())
}

fn conforms(db: &mut impl Database) {
    assert_eq!(db.get(b"a").unwrap(), None);
    db.write_batch(batch(&[(b"a", Some(b"1")), (b"ab", Some(b"2")), (b"b", Some(b""))])).unwrap();
    db.sync().unwrap();
    assert_eq!(db.get(b"b").unwrap(), Some(vec![]));
    let pairs = [(b"a".to_vec(), b"1".to_vec()), (b"ab".to_vec(), b"2".to_vec())];
    assert_eq!(db.range(b"a").unwrap(), pairs);
    db.write_batch(batch(&[(b"a", None), (b"ab", Some(b"3")), (b"nothing", None)])).unwrap();
    assert_eq!(db.range(b"").unwrap().len(), 2);
    assert_eq!(db.get(b"ab").unwrap(), Some(b"3".to_vec()));
    db.write_batch(Batch::default()).unwrap();
    db.sync().unwrap();
}

#[test]
fn memory_conforms() {
    conforms(&mut Memory::default());
}

#[test]
fn sled_conforms_and_keeps_what_was_synced() {
    let dir = tempfile::tempdir().unwrap();
    let mut db = Sled::open(dir.path()).unwrap();
    conforms(&mut db);
    drop(db);
    let db = Sled::open(dir.path()).unwrap();
    let pairs = [(b"ab".to_vec(), b"3".to_vec()), (b"b".to_vec(), vec![])];
    assert_eq!(db.range(b"").unwrap(), pairs);
}

#[test]
fn a_path_that_is_no_directory_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    std::fs::write(&file, b"x").unwrap();
    assert!(Sled::open(&file).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn sled_and_memory_agree_on_any_batches(
        batches in proptest::collection::vec(
            proptest::collection::btree_map(
                proptest::collection::vec(0_u8..4, 0..4),
                proptest::option::of(proptest::collection::vec(any::<u8>(), 0..40)),
                0..12,
            ),
            1..8,
        ),
    ) {
        let dir = tempfile::tempdir().unwrap();
        let (mut sled, mut memory) = (Sled::open(dir.path()).unwrap(), Memory::default());
        let mut model = BTreeMap::new();
        for batch in batches {
            model.extend(batch.clone());
            sled.write_batch(Batch(batch.clone())).unwrap();
            memory.write_batch(Batch(batch)).unwrap();
        }
        let model: Vec<_> = model.into_iter().filter_map(|(k, v)| Some((k, v?))).collect();
        prop_assert_eq!(&memory.range(b"").unwrap(), &model);
        prop_assert_eq!(&sled.range(b"").unwrap(), &model);
        sled.sync().unwrap();
        drop(sled);
        prop_assert_eq!(&Sled::open(dir.path()).unwrap().range(b"").unwrap(), &model);
    }
}
