//! What the database replaced is freed with the batch that replaced it. Alone in its process,
//! since what waits to be freed is the whole process's.

use crossbeam_epoch::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use weft_store::database::{Batch, Database as _, Sled};

/// How many rounds of freeing, of some 500 pieces each, it takes until all that waits now is
/// gone.
fn rounds() -> usize {
    let freed = Arc::new(AtomicBool::new(false));
    let mark = Arc::clone(&freed);
    pin().defer(move || mark.store(true, Ordering::Relaxed));
    let round = |_: &usize| {
        pin().flush();
        freed.load(Ordering::Relaxed)
    };
    (1..10_000).find(round).unwrap_or(usize::MAX)
}

/// The most memory that this process ever had.
fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("the kernel says");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("and this too");
    line.trim().trim_end_matches(" kB").parse().expect("in KiB")
}

/// A4
#[test]
fn what_a_batch_replaced_is_freed_with_it() {
    let dir = tempfile::tempdir().unwrap();
    let mut db = Sled::open(dir.path()).unwrap();
    let key = |n: u32| n.wrapping_mul(2_654_435_761).to_be_bytes().repeat(8);
    let write = |n: u32| (key(n), Some(vec![7; 60]));
    let before = peak_kib();
    db.write_batch(Batch((0..16_000).map(write).collect())).unwrap();
    // 48 MB were replaced meanwhile.
    let more = peak_kib() - before;
    println!("16 000 writes took {more} KiB while they were written");
    assert!(more < 24 << 10, "16 000 writes took {more} KiB while they were written");
    let left = rounds();
    assert!(left <= 16, "what 16 000 writes replaced takes {left} rounds more to free");
}
