//! Times an epoch of each variant:
//! `cargo run --release -p weft-yuma --example time_epoch [VALIDATORS UIDS]`.
#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "an example may time and print"
)]

use std::time::Instant;
use weft_yuma::{SnapshotError, Variant, epoch, synthetic};

/// How often each variant runs.
const RUNS: usize = 401;

fn main() -> Result<(), SnapshotError> {
    let sizes: Vec<u16> = std::env::args().filter_map(|arg| arg.parse().ok()).collect();
    let (validators, uids) = match sizes[..] {
        [validators, uids] => (validators, uids),
        _ => (64, 256),
    };
    for (name, variant) in
        [("yuma2", Variant::Yuma2), ("yuma3", Variant::Yuma3), ("liquid", Variant::Liquid)]
    {
        let snapshot = synthetic(validators, uids, variant, 1)?;
        let mut times_us = Vec::with_capacity(RUNS);
        for _ in 0..RUNS {
            let start = Instant::now();
            std::hint::black_box(epoch(std::hint::black_box(&snapshot))?);
            times_us.push(start.elapsed().as_micros());
        }
        times_us.sort_unstable();
        println!("{name}: median {} µs, min {} µs", times_us[RUNS / 2], times_us[0]);
    }
    Ok(())
}
