//! How latencies are summed up: what so many of them did not exceed.

use serde::{Deserialize, Serialize};

/// Latencies in milliseconds, from due to final at every node.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Percentiles {
    /// Half were faster.
    pub p50: u32,
    /// Nine of ten were faster.
    pub p90: u32,
    /// All but one of a hundred were faster.
    pub p99: u32,
    /// The slowest.
    pub max: u32,
}

/// The latency that this part of a thousand did not exceed.
pub(crate) fn percentiles(sorted: &[u32]) -> Percentiles {
    let at = |permille: usize| {
        let rank = (sorted.len() * permille).div_ceil(1_000).saturating_sub(1);
        sorted.get(rank).copied().unwrap_or(0)
    };
    Percentiles { p50: at(500), p90: at(900), p99: at(990), max: at(1_000) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_the_value_that_so_many_do_not_exceed() {
        let sorted: Vec<u32> = (1..=100).collect();
        let p = percentiles(&sorted);
        assert_eq!((p.p50, p.p90, p.p99, p.max), (50, 90, 99, 100));
        assert_eq!(percentiles(&[]).p99, 0);
    }
}
