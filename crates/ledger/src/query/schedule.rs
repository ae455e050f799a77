//! The emission from block 0 to the last rao, if nothing is ever recycled and no block
//! missed: the same rule as `rules::emission`, in steps as long as the emission is constant.

use crate::rules::{block_emission, halvings};
use crate::state::value::Supply;
use serde::Serialize;
use weft_types::Rao;
use weft_types::units::SUPPLY_CAP;

/// Blocks in a year of 365.25 days at 12 seconds.
pub const YEAR_BLOCKS: u64 = 2_629_800;

/// A halving.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Halving {
    /// The how-manieth.
    pub n: u8,
    /// The issuance from which on less is emitted, to the rao.
    pub issuance: Rao,
    /// What a block emitted before.
    pub emission_before: Rao,
    /// What a block emits after.
    pub emission_after: Rao,
    /// The first block that emits less, when every block since 1 has emitted.
    pub height: u64,
    /// The issuance on which that block stands: the threshold, or the little above it that
    /// the block before reached.
    pub issuance_at_height: Rao,
}

/// The end of a year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Year {
    /// Which, from 1.
    pub year: u64,
    /// Its last block.
    pub height: u64,
    /// The supply after it.
    pub issued: Rao,
    /// What that block emitted.
    pub emission: Rao,
}

/// The whole of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Schedule {
    /// Every halving.
    pub halvings: Vec<Halving>,
    /// Every year up to the last emission.
    pub years: Vec<Year>,
    /// All coins at the end.
    pub final_supply: Rao,
    /// The last block that emits anything.
    pub last_emission_height: u64,
}

/// What a block emits on an issuance that was never higher.
#[must_use]
pub fn emission_at(issued: Rao) -> Rao {
    block_emission(&Supply { issued, ..Supply::default() }).0
}

/// The least issuance at which the emission has halved `n` times:
/// (M - I) * 2^n <= M, so I = M - floor(M / 2^n).
#[must_use]
pub fn threshold(n: u8) -> Rao {
    let left = SUPPLY_CAP.0.checked_shr(u32::from(n)).unwrap_or(0);
    Rao(SUPPLY_CAP.0.saturating_sub(left))
}

/// Plays it to the end.
#[must_use]
pub fn schedule() -> Schedule {
    let mut out = Schedule {
        halvings: Vec::new(),
        years: Vec::new(),
        final_supply: Rao::ZERO,
        last_emission_height: 0,
    };
    let (mut issued, mut height) = (Rao::ZERO, 0_u64);
    loop {
        let (halved, emission) = (halvings(issued), emission_at(issued));
        if emission == Rao::ZERO {
            break;
        }
        let blocks = blocks_until(issued, emission, halved.saturating_add(1));
        years(&mut out.years, (height, issued), (blocks, emission));
        height = height.saturating_add(blocks);
        issued = after(issued, blocks, emission);
        out.halvings.push(Halving {
            n: halvings(issued),
            issuance: threshold(halvings(issued)),
            emission_before: emission,
            emission_after: emission_at(issued),
            height: height.saturating_add(1),
            issuance_at_height: issued,
        });
    }
    (out.final_supply, out.last_emission_height) = (issued, height);
    out
}

/// How many blocks of this emission it takes to reach a threshold.
fn blocks_until(issued: Rao, emission: Rao, n: u8) -> u64 {
    let way = threshold(n).0.saturating_sub(issued.0);
    way.div_ceil(emission.0.max(1)).max(1)
}

/// The issuance some blocks on; the last one emits no more than there can be.
fn after(issued: Rao, blocks: u64, emission: Rao) -> Rao {
    Rao(issued.0.saturating_add(blocks.saturating_mul(emission.0)).min(SUPPLY_CAP.0))
}

/// The years that end within the next blocks.
fn years(list: &mut Vec<Year>, (height, issued): (u64, Rao), (blocks, emission): (u64, Rao)) {
    let end = height.saturating_add(blocks);
    loop {
        let year = u64::try_from(list.len()).unwrap_or(u64::MAX).saturating_add(1);
        let last = year.saturating_mul(YEAR_BLOCKS);
        if last > end {
            return;
        }
        let issued = after(issued, last.saturating_sub(height), emission);
        list.push(Year { year, height: last, issued, emission });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_of_blocks_is_the_same_as_its_blocks_one_by_one() {
        // Around every halving: from 50 blocks before to 50 after.
        for halving in schedule().halvings {
            let before = halving.emission_before;
            let mut issued = Rao(halving.issuance_at_height.0 - 50 * before.0);
            for _ in 0..50 {
                assert_eq!(emission_at(issued), before, "before halving {}", halving.n);
                issued = after(issued, 1, before);
            }
            assert_eq!(issued, halving.issuance_at_height);
            assert_eq!(emission_at(issued), halving.emission_after, "halving {}", halving.n);
            assert_eq!(emission_at(Rao(halving.issuance.0 - 1)), before);
            assert_eq!(emission_at(halving.issuance), halving.emission_after);
        }
    }

    #[test]
    fn the_end_is_below_the_cap_and_after_thirty_halvings() {
        let all = schedule();
        assert_eq!(all.halvings.len(), 30);
        assert!(all.final_supply < SUPPLY_CAP);
        assert_eq!(all.halvings[0].height, 10_500_001);
        assert_eq!(all.years[3].issued, Rao(10_500_000_000_000_000 + 9_600_000_000_000));
        assert!(all.years.windows(2).all(|pair| pair[0].issued <= pair[1].issued));
    }
}
