//! What a block may mint: the schedule, written once more from its formula.

use crate::world::World;
use std::collections::BTreeMap;
use weft_ledger::state::value::Supply;
use weft_types::units::{RAO_PER_TAO, SUPPLY_CAP};
use weft_types::{BlockHash, Header};

/// Voters and proposer have up to two parts in this many, and what they don't earn is not
/// minted (R18).
const UNPAID: u128 = 32;

/// What there was after a block: all coins, those that left again, how often the emission
/// had halved.
#[derive(Clone, Copy, Debug)]
struct After {
    issued: u128,
    recycled: u128,
    halved: u32,
}

/// The money of every block.
#[derive(Clone, Debug)]
pub struct Money {
    after: BTreeMap<BlockHash, After>,
    /// Blocks with which the emission halved.
    pub halvings: u64,
}

/// The largest h with (M - I) * 2^h <= M.
fn halved(issued: u128) -> u32 {
    let cap = u128::from(SUPPLY_CAP.0);
    (0..64).rev().find(|h| (cap - issued) << h <= cap).unwrap_or(0)
}

impl Money {
    /// That of genesis.
    pub fn new(world: &World) -> Self {
        let issued = world.first_coins();
        let first = After { issued, recycled: 0, halved: halved(issued) };
        Self { after: BTreeMap::from([(world.genesis.block_hash(), first)]), halvings: 0 }
    }

    /// A block made this of the supply; says what is wrong with it.
    pub fn minted(
        &mut self,
        header: &Header,
        hash: BlockHash,
        supply: &Supply,
        world: &World,
    ) -> Option<String> {
        let before = *self.after.get(&header.parent)?;
        let (issued, recycled) = (u128::from(supply.issued.0), u128::from(supply.recycled.0));
        let halved = halved(before.issued).max(before.halved);
        self.halvings += u64::from(halved > before.halved);
        self.after.insert(hash, After { issued, recycled, halved });
        let whole = u128::from(RAO_PER_TAO) >> halved;
        let least = whole - whole / UNPAID;
        let ever = issued + recycled;
        let minted = ever.checked_sub(before.issued + before.recycled);
        let is_good = minted.is_some_and(|minted| (least..=whole).contains(&minted));
        let most = world.first_coins() + u128::from(header.height.0) * u128::from(RAO_PER_TAO);
        let height = header.height;
        if !is_good {
            return Some(format!(
                "emission: block {height} minted {minted:?} rao on {} issued; from {least} to {whole} it is",
                before.issued
            ));
        }
        (ever > most).then(|| format!("supply: {ever} rao at height {height}, {most} may be"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn emission_halves_when_half_and_three_quarters_of_all_coins_are_there() {
        let half = u128::from(SUPPLY_CAP.0) / 2;
        let table = [(0, 0), (half - 1, 0), (half, 1), (half / 2 * 3 - 1, 1), (half / 2 * 3, 2)];
        for (issued, want) in table {
            assert_eq!(halved(issued), want, "{issued}");
        }
    }
}
