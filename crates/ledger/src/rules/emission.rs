//! What a block mints, and for whom (economy, section 1).

use super::books::{Books, minus, plus};
use super::error::CallError;
use super::event::Event;
use super::input::BlockInput;
use super::issuance::block_emission;
use super::payout;
use super::reads::{bootstrap, earning, root, virtual_part};
use crate::state::value::{Portion, Subnet};
use weft_types::{Netuid, PublicKey, Rao, Voter};

/// Mints the block's emission into the pending of the started subnets, by the shares of
/// the last root epoch, or equally while there are none. Without a started subnet nothing
/// is minted. Voters and proposer come first (R18): what they don't earn is not minted.
pub fn mint(books: &mut Books<'_>, work: &BlockInput<'_>) -> Result<Rao, CallError> {
    let earning = earning(books);
    let (whole, halvings) = block_emission(&books.supply);
    if earning.is_empty() {
        return Ok(Rao::ZERO);
    }
    let pay = Rao(whole.0.checked_div(books.params.voter_pay_divisor).unwrap_or(0));
    let paid = pay_voters(books, work, pay)?;
    let emission = minus(whole, plus(pay, pay)?)?;
    let weights = weights(&root(books).shares, &earning);
    for ((netuid, mut net), part) in earning.into_iter().zip(split(emission, &weights)?) {
        net.pending = plus(net.pending, part)?;
        books.put_subnet(netuid, net);
    }
    if books.supply.halving > halvings_before(books)? {
        books.say(Event::EmissionHalved { halvings, emission: whole });
    }
    let mut supply = books.supply;
    supply.issued = plus(plus(supply.issued, emission)?, paid)?;
    supply.pending = plus(supply.pending, emission)?;
    supply.staked = plus(supply.staked, paid)?;
    supply.halving = halvings;
    books.supply = supply;
    plus(emission, paid)
}

/// R18: `pay` goes by power of the whole current set to the voters whose shares the block
/// carries, and as much, times the part of the power that is carried, to the proposer; as
/// stake, as dividends are. Virtual power earns nothing. Answers what was paid.
fn pay_voters(books: &mut Books<'_>, work: &BlockInput<'_>, pay: Rao) -> Result<Rao, CallError> {
    let set = &books.parent.voters.current;
    let total = set.total().0;
    let record = bootstrap(books);
    let real = |voter: &Voter| match &record {
        Some(record) if record.began.is_none() => 0,
        Some(record) => voter.power.0.saturating_sub(virtual_part(record, &voter.key).0),
        None => voter.power.0,
    };
    let carried = work.items.iter().filter_map(|(key, _)| set.get(key));
    let parts: Vec<(PublicKey, u64)> = carried.map(|v| (v.key, real(v))).collect();
    let sum = parts.iter().try_fold(0_u64, |sum, (_, real)| sum.checked_add(*real));
    let proposer = (work.header.proposer, sum.ok_or(CallError::OutOfRange)?);
    let mut paid = Rao::ZERO;
    for (key, power) in parts.into_iter().chain([proposer]) {
        let wide = u128::from(pay.0).saturating_mul(u128::from(power));
        let amount = wide.checked_div(u128::from(total)).and_then(|w| u64::try_from(w).ok());
        paid = plus(paid, payout::dividend(books, key, Rao(amount.unwrap_or(0)))?)?;
    }
    Ok(paid)
}

/// How often the emission had halved in the parent's state.
fn halvings_before(books: &Books<'_>) -> Result<u8, CallError> {
    super::reads::supply(books).map(|supply| supply.halving).ok_or(CallError::OutOfRange)
}

/// What each started subnet's share weighs: those of the root matrix, or equal ones when
/// none of them has any.
fn weights(shares: &[Portion], earning: &[(Netuid, Subnet)]) -> Vec<u64> {
    let weight = |(netuid, _): &(Netuid, Subnet)| {
        let place = shares.binary_search_by(|share| share.netuid.cmp(netuid)).ok()?;
        shares.get(place).map(|share| share.weight)
    };
    let weights: Vec<u64> = earning.iter().map(|net| weight(net).unwrap_or(0)).collect();
    if weights.iter().all(|w| *w == 0) { vec![1; earning.len()] } else { weights }
}

/// Splits an amount by weights, not all zero; what does not divide goes to the first that
/// have a weight, one rao each.
fn split(amount: Rao, weights: &[u64]) -> Result<Vec<Rao>, CallError> {
    let sum: u128 = weights.iter().copied().map(u128::from).sum();
    let part = |weight: &u64| {
        let wide = u128::from(amount.0).checked_mul(u128::from(*weight));
        let quotient = wide.and_then(|w| w.checked_div(sum)).and_then(|q| u64::try_from(q).ok());
        quotient.ok_or(CallError::OutOfRange)
    };
    let mut parts = weights.iter().map(part).collect::<Result<Vec<u64>, _>>()?;
    let given = parts.iter().try_fold(0_u64, |sum, x| sum.checked_add(*x));
    let odd = given.and_then(|given| amount.0.checked_sub(given));
    let mut odd = odd.ok_or(CallError::OutOfRange)?;
    for (part, _) in parts.iter_mut().zip(weights).filter(|(_, weight)| **weight > 0) {
        let extra = odd.min(1);
        odd = odd.saturating_sub(extra);
        *part = part.saturating_add(extra);
    }
    Ok(parts.into_iter().map(Rao).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_split_by_weights_without_dust() {
        let parts = |amount, weights: &[u64]| -> Vec<u64> {
            split(Rao(amount), weights).unwrap().into_iter().map(|p| p.0).collect()
        };
        assert_eq!(parts(10, &[1, 1, 1]), [4, 3, 3]);
        assert_eq!(parts(10, &[0, 3, 0, 1]), [0, 8, 0, 2]);
        assert_eq!(parts(1, &[0, 1 << 40, 1]), [0, 1, 0]);
        assert_eq!(parts(u64::MAX, &[u64::MAX, u64::MAX]), [u64::MAX / 2 + 1, u64::MAX / 2]);
    }
}
