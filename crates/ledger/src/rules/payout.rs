//! What an epoch pays (economy, section 6).
//!
//! Of a subnet's pending the owner has 18 %; the rest goes by incentive to miners and by
//! dividends to validators, half each, in the rao that Yuma gives. All is paid as stake:
//! a miner's and the operator's take as a deposit of the operator, the rest of the
//! dividends by raising the pool. Recycled is what nobody earned: everything when nothing
//! was scored, incentive of the owner's own hotkeys, the owner's part where there is no
//! owner or none of its neurons, and what a pool would have that was cut to nothing (R17).
//! What division leaves, or a pool can't hold, stays pending for the next epoch.

use super::books::{Books, minus, plus};
use super::error::CallError;
use super::reads::hotkey;
use super::receipt::EpochReceipt;
use super::scene::{Member, Scene};
use super::{pool, stake};
use crate::state::value::Hotkey;
use weft_types::{PublicKey, Rao};
use weft_yuma::Outcome;

/// amount * share / 65 535, rounded down.
fn part(amount: Rao, share: u16) -> Result<Rao, CallError> {
    let product = u128::from(amount.0).checked_mul(u128::from(share));
    let quotient = product.and_then(|p| p.checked_div(u128::from(u16::MAX)));
    let quotient = quotient.and_then(|q| u64::try_from(q).ok());
    quotient.map(Rao).ok_or(CallError::OutOfRange)
}

/// The part of a subnet's pending that is not the owner's.
pub fn shareable(books: &Books<'_>, pending: Rao) -> Result<Rao, CallError> {
    minus(pending, part(pending, books.params.owner_cut)?)
}

/// Pays a subnet's pending and takes it out of the subnet and the totals.
pub fn pay(
    books: &mut Books<'_>,
    scene: &mut Scene,
    outcome: &Outcome,
) -> Result<EpochReceipt, CallError> {
    let pending = scene.net.pending;
    let (owner, mut paid) = (scene.net.owner, Paid::default());
    scene.members.iter_mut().for_each(|member| member.neuron.paid = Rao::ZERO);
    if outcome.fx.incentive.iter().all(|part| *part == 0) {
        paid.recycled = pending;
    } else {
        paid.owner(books, scene, minus(pending, shareable(books, pending)?)?)?;
        let earned = outcome.server_emission.iter().zip(&outcome.validator_emission);
        for (member, (server, validator)) in scene.members.iter_mut().zip(earned) {
            let mined = paid.miner(books, (owner, member), Rao(*server))?;
            let validated = paid.validator(books, member, Rao(*validator))?;
            member.neuron.paid = plus(mined, validated)?;
        }
    }
    let staked = plus(plus(paid.owner, paid.miners)?, paid.validators)?;
    let out = plus(staked, paid.recycled)?;
    let left = minus(pending, out)?;
    let mut supply = books.supply;
    supply.pending = minus(supply.pending, out)?;
    supply.staked = plus(supply.staked, staked)?;
    supply.issued = minus(supply.issued, paid.recycled)?;
    supply.recycled = plus(supply.recycled, paid.recycled)?;
    books.supply = supply;
    scene.net.pending = left;
    let Paid { owner, miners, validators, recycled } = paid;
    let netuid = scene.netuid;
    Ok(EpochReceipt { netuid, pending, owner, miners, validators, recycled, kept: left })
}

/// Where the pending went.
#[derive(Default)]
struct Paid {
    owner: Rao,
    miners: Rao,
    validators: Rao,
    recycled: Rao,
}

impl Paid {
    /// The owner's part, as stake behind its own neuron.
    fn owner(
        &mut self,
        books: &mut Books<'_>,
        scene: &Scene,
        amount: Rao,
    ) -> Result<(), CallError> {
        let own = scene.owner.and_then(|uid| scene.members.get(usize::from(uid.0)));
        match own {
            Some(own) if !is_closed(books, own) => {
                self.owner = plus(self.owner, deposit(books, own, amount)?)?
            }
            _ => self.recycled = plus(self.recycled, amount)?,
        }
        Ok(())
    }

    /// Answers what the miner got.
    fn miner(
        &mut self,
        books: &mut Books<'_>,
        (owner, member): (Option<PublicKey>, &Member),
        amount: Rao,
    ) -> Result<Rao, CallError> {
        if owner == Some(member.coldkey) || is_closed(books, member) {
            self.recycled = plus(self.recycled, amount)?;
            return Ok(Rao::ZERO);
        }
        let got = deposit(books, member, amount)?;
        self.miners = plus(self.miners, got)?;
        Ok(got)
    }

    /// Answers what the validator and its delegators got.
    /// What virtual stake earns is recycled (R14), rounded against it. The rest raises the
    /// pool before the take is deposited, so the take buys shares at
    /// the price that the delegators have.
    fn validator(
        &mut self,
        books: &mut Books<'_>,
        member: &Member,
        amount: Rao,
    ) -> Result<Rao, CallError> {
        let real =
            if is_closed(books, member) { Rao::ZERO } else { of_real_stake(amount, member)? };
        self.recycled = plus(self.recycled, minus(amount, real)?)?;
        let take = part(real, member.take)?;
        let rest = minus(real, take)?;
        if rest > Rao::ZERO {
            stake::raise(books, member.neuron.hotkey, rest)?;
        }
        let taken = deposit(books, member, take)?;
        let got = plus(rest, taken)?;
        self.validators = plus(self.validators, got)?;
        Ok(got)
    }
}

/// Pays a dividend to a hotkey outside of an epoch: its take to the operator, the rest to
/// all who are behind it. Answers what the pool took; a hotkey that nobody owns has none.
pub fn dividend(books: &mut Books<'_>, key: PublicKey, amount: Rao) -> Result<Rao, CallError> {
    let takes = |pool: &Hotkey| amount > Rao::ZERO && !pool::is_closed(pool);
    let Some(pool) = hotkey(books, &key).filter(takes) else {
        return Ok(Rao::ZERO);
    };
    let take = if pool.shares == 0 { amount } else { part(amount, pool.take)? };
    let rest = minus(amount, take)?;
    if rest > Rao::ZERO {
        stake::raise(books, key, rest)?;
    }
    match stake::deposit(books, key, pool.coldkey, take) {
        Ok(()) => Ok(amount),
        Err(CallError::PoolFull) => Ok(rest),
        Err(error) => Err(error),
    }
}

/// The part of a dividend that real stake earned.
fn of_real_stake(amount: Rao, member: &Member) -> Result<Rao, CallError> {
    if member.virtual_stake == Rao::ZERO {
        return Ok(amount);
    }
    let real = minus(member.stake, member.virtual_stake)?;
    let wide = u128::from(amount.0).checked_mul(u128::from(real.0));
    let quotient = wide.and_then(|w| w.checked_div(u128::from(member.stake.0))).unwrap_or(0);
    u64::try_from(quotient).map(Rao).map_err(|_| CallError::OutOfRange)
}

/// Whether a neuron's pool was cut to nothing and takes no more (R17).
fn is_closed(books: &Books<'_>, member: &Member) -> bool {
    hotkey(books, &member.neuron.hotkey).is_some_and(|pool| pool::is_closed(&pool))
}

/// A deposit of the operator; answers what the pool took: all, or nothing when it is full.
fn deposit(books: &mut Books<'_>, member: &Member, amount: Rao) -> Result<Rao, CallError> {
    if amount == Rao::ZERO {
        return Ok(amount);
    }
    match stake::deposit(books, member.neuron.hotkey, member.coldkey, amount) {
        Ok(()) => Ok(amount),
        Err(CallError::PoolFull) => Ok(Rao::ZERO),
        Err(error) => Err(error),
    }
}
