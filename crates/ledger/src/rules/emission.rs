//! What a block mints: by issuance, in integers (economy, section 1; B2).

use super::books::{Books, plus};
use super::error::CallError;
use super::reads::{subnet, subnets};
use crate::state::Read;
use crate::state::value::{Subnet, Supply};
use weft_types::units::{RAO_PER_TAO, SUPPLY_CAP};
use weft_types::{Netuid, Rao};

/// How often the emission has halved at this issuance: the largest h with
/// (M - I) * 2^h <= M. Capped at 64, where nothing is left to emit.
#[must_use]
pub fn halvings(issued: Rao) -> u8 {
    let cap = u128::from(SUPPLY_CAP.0);
    let left = u128::from(SUPPLY_CAP.0.saturating_sub(issued.0));
    (1..=64_u8).take_while(|h| left << h <= cap).last().unwrap_or(0)
}

/// What the next block emits when a subnet has started, and how often the emission will
/// have halved by then. The number of halvings is stored and never falls, even when
/// recycling takes issuance back below a threshold.
#[must_use]
pub fn block_emission(supply: &Supply) -> (Rao, u8) {
    let halving = halvings(supply.issued).max(supply.halving);
    let whole = RAO_PER_TAO.checked_shr(u32::from(halving)).unwrap_or(0);
    let left = SUPPLY_CAP.0.saturating_sub(supply.issued.0);
    (Rao(whole.min(left)), halving)
}

/// The subnets that earn, ascending.
pub fn earning(state: &dyn Read) -> Vec<(Netuid, Subnet)> {
    let with = |netuid| Some((netuid, subnet(state, netuid)?));
    subnets(state).into_iter().filter_map(with).filter(|(_, net)| net.started).collect()
}

/// Mints the block's emission into the pending of the started subnets, equally (root
/// rows will shape it); what does not divide goes to the first of them, one rao each.
/// Without a started subnet nothing is minted. Paying voters (R18) will begin here.
pub fn mint(books: &mut Books<'_>) -> Result<Rao, CallError> {
    let earning = earning(books);
    let (emission, _) = block_emission(&books.supply);
    let count = u64::try_from(earning.len()).unwrap_or(u64::MAX);
    let Some(each) = emission.0.checked_div(count) else { return Ok(Rao::ZERO) };
    let mut odd = emission.0.checked_rem(count).unwrap_or(0);
    for (netuid, mut net) in earning {
        let extra = odd.min(1);
        odd = odd.saturating_sub(extra);
        net.pending = plus(plus(net.pending, Rao(each))?, Rao(extra))?;
        books.put_subnet(netuid, net);
    }
    let mut supply = books.supply;
    supply.issued = plus(supply.issued, emission)?;
    supply.pending = plus(supply.pending, emission)?;
    books.supply = supply;
    Ok(emission)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(issued: u64) -> (u64, u8) {
        let (emission, h) = block_emission(&Supply { issued: Rao(issued), ..Supply::default() });
        (emission.0, h)
    }

    #[test]
    fn the_emission_halves_exactly_at_each_threshold() {
        let cap = SUPPLY_CAP.0;
        for h in 1..=29_u32 {
            // The first issuance with (M - I) * 2^h <= M.
            let threshold = cap - (cap >> h);
            let (before, after) = (at(threshold - 1).0, at(threshold).0);
            assert_eq!((before, after), (RAO_PER_TAO >> (h - 1), RAO_PER_TAO >> h), "{h}");
        }
        assert_eq!(at(0), (1_000_000_000, 0));
        assert_eq!(at(cap), (0, 64));
    }

    #[test]
    fn recycling_below_a_threshold_does_not_raise_the_emission() {
        let supply = Supply { issued: Rao(1), halving: 3, ..Supply::default() };
        assert_eq!(block_emission(&supply), (Rao(RAO_PER_TAO >> 3), 3));
    }

    #[test]
    fn the_last_coins_are_never_more_than_the_cap() {
        let left = 5;
        let supply = Supply { issued: Rao(SUPPLY_CAP.0 - left), ..Supply::default() };
        assert!(block_emission(&supply).0.0 <= left);
    }
}
