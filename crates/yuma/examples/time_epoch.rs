//! Times an epoch of each variant: `cargo run --release -p weft-yuma --example time_epoch`.
#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "an example may time and print"
)]

use std::time::Instant;
use weft_yuma::{SnapshotError, Variant, epoch, synthetic};

fn main() -> Result<(), SnapshotError> {
    for (name, variant) in
        [("yuma2", Variant::Yuma2), ("yuma3", Variant::Yuma3), ("liquid", Variant::Liquid)]
    {
        let snapshot = synthetic(64, 256, variant, 1)?;
        let mut times = Vec::new();
        for _ in 0..201 {
            let start = Instant::now();
            std::hint::black_box(epoch(std::hint::black_box(&snapshot))?);
            times.push(start.elapsed().as_micros());
        }
        times.sort_unstable();
        println!("{name}: median {} µs, min {} µs", times[100], times[0]);
    }
    Ok(())
}
