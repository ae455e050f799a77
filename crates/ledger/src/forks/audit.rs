//! Conservation: the totals that the rules keep, compared with the full sums over the
//! state (protocol, section 12, property 6).
//!
//! issued = free + staked + locked + pending + unbonding, to the rao, and each of
//! them is the sum of what it stands for. This walks the whole state, so it is for
//! replays, simulations and operators, not for every block of a large chain.

use crate::state::value::Supply;
use crate::state::{Key, Value};
use std::collections::BTreeMap;
use weft_types::units::SUPPLY_CAP;
use weft_types::{BlockHash, PublicKey, Rao};

/// Why a state does not conserve money.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuditError {
    /// There is no such state.
    #[error(
        "there is no state of block {block}; only the last final one and those above it are kept"
    )]
    UnknownBlock {
        /// Which.
        block: BlockHash,
    },
    /// The state keeps no totals.
    #[error("the state keeps no record of the supply; the rules lost it")]
    NoSupply,
    /// A total is not the sum of its parts.
    #[error(
        "{total} is recorded as {recorded} rao, its parts sum to {sum} rao; the rules made or lost the difference"
    )]
    Differs {
        /// Which total.
        total: &'static str,
        /// What the record says.
        recorded: Rao,
        /// What the state holds.
        sum: u128,
    },
    /// More coins than can ever exist.
    #[error("{issued:#} TAO are issued, more than the {SUPPLY_CAP:#} TAO that can ever exist")]
    OverCap {
        /// How many.
        issued: Rao,
    },
    /// The positions behind a hotkey are not its pool.
    #[error(
        "the pool of hotkey {hotkey} has {shares} shares, its positions sum to {sum:?}; the rules made or lost the difference"
    )]
    Pool {
        /// Which.
        hotkey: PublicKey,
        /// The shares in the pool's record.
        shares: u128,
        /// The sum of all positions; none when it is over 2^128.
        sum: Option<u128>,
    },
}

/// Sums up everything in a state that is walked in any order.
///
/// # Errors
/// [`AuditError`] names the first total that is not the sum of its parts.
pub fn sum_up<'a>(
    values: impl Iterator<Item = (&'a Key, &'a Value)>,
) -> Result<Supply, AuditError> {
    let mut sums = Sums::default();
    values.for_each(|(key, value)| sums.add(key, value));
    sums.judge()
}

/// What is really there.
#[derive(Default)]
struct Sums {
    recorded: Option<Supply>,
    free: u128,
    staked: u128,
    locked: u128,
    pending: u128,
    unbonding: u128,
    /// By hotkey: the shares of its pool and the sum of the positions.
    pools: BTreeMap<PublicKey, (u128, Option<u128>)>,
}

impl Sums {
    fn add(&mut self, key: &Key, value: &Value) {
        match (key, value) {
            (_, Value::Supply(supply)) => self.recorded = Some(*supply),
            (_, Value::Account(account)) => grow(&mut self.free, account.free),
            (Key::Hotkey(hotkey), Value::Hotkey(pool)) => {
                grow(&mut self.staked, pool.value);
                self.pool(*hotkey).0 = pool.shares;
            }
            (Key::Position(hotkey, _), Value::Position(shares)) => {
                let sum = &mut self.pool(*hotkey).1;
                *sum = sum.and_then(|sum| sum.checked_add(*shares));
            }
            (_, Value::Subnet(subnet)) => {
                grow(&mut self.locked, subnet.locked);
                grow(&mut self.pending, subnet.pending);
            }
            (_, Value::Exits(exits)) => {
                exits.iter().for_each(|exit| grow(&mut self.unbonding, exit.amount));
            }
            _ => {}
        }
    }

    fn pool(&mut self, hotkey: PublicKey) -> &mut (u128, Option<u128>) {
        self.pools.entry(hotkey).or_insert((0, Some(0)))
    }

    fn judge(self) -> Result<Supply, AuditError> {
        let supply = self.recorded.ok_or(AuditError::NoSupply)?;
        let parts = [
            ("free", supply.free, self.free),
            ("staked", supply.staked, self.staked),
            ("locked", supply.locked, self.locked),
            ("pending", supply.pending, self.pending),
            ("unbonding", supply.unbonding, self.unbonding),
        ];
        let all = parts.iter().fold(0, |sum: u128, part| sum.saturating_add(part.2));
        for (total, recorded, sum) in parts.into_iter().chain([("issued", supply.issued, all)]) {
            if u128::from(recorded.0) != sum {
                return Err(AuditError::Differs { total, recorded, sum });
            }
        }
        if supply.issued > SUPPLY_CAP {
            return Err(AuditError::OverCap { issued: supply.issued });
        }
        for (hotkey, (shares, sum)) in self.pools {
            if sum != Some(shares) {
                return Err(AuditError::Pool { hotkey, shares, sum });
            }
        }
        Ok(supply)
    }
}

/// Adds to a sum of at most 2^64 amounts of 64 bits, which 128 bits hold.
fn grow(sum: &mut u128, amount: Rao) {
    *sum = sum.saturating_add(u128::from(amount.0));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::value::{Account, Exit, Hotkey, Kept};
    use weft_types::{Height, Nonce};

    const HOT: PublicKey = PublicKey([1; 32]);
    const COLD: PublicKey = PublicKey([2; 32]);

    /// 5 free, 7 staked as 70 shares, 11 on the way out.
    fn state() -> Vec<(Key, Value)> {
        let pool = Hotkey {
            coldkey: COLD,
            take: 0,
            value: Rao(7),
            shares: 70,
            take_at: Height(0),
            since: Height(0),
        };
        let exit =
            |rao| Exit { coldkey: COLD, hotkey: HOT, amount: Rao(rao), kept: Kept::default() };
        let supply = Supply {
            issued: Rao(23),
            free: Rao(5),
            staked: Rao(7),
            unbonding: Rao(11),
            ..Supply::default()
        };
        vec![
            (Key::Supply, Value::Supply(supply)),
            (Key::Account(COLD), Value::Account(Account { free: Rao(5), nonce: Nonce(3) })),
            (Key::Hotkey(HOT), Value::Hotkey(pool)),
            (Key::Position(HOT, COLD), Value::Position(30)),
            (Key::Position(HOT, HOT), Value::Position(40)),
            (Key::Exits(Height(9)), Value::Exits(vec![exit(1), exit(2)])),
            (Key::Exits(Height(10)), Value::Exits(vec![exit(8)])),
        ]
    }

    fn verdict(state: &[(Key, Value)]) -> Result<Supply, AuditError> {
        sum_up(state.iter().map(|(key, value)| (key, value)))
    }

    fn with_supply(change: impl Fn(&mut Supply)) -> Result<Supply, AuditError> {
        let mut state = state();
        let Value::Supply(supply) = &mut state[0].1 else { panic!("the supply comes first") };
        change(supply);
        verdict(&state)
    }

    #[test]
    fn a_state_whose_totals_are_the_sums_passes() {
        assert_eq!(verdict(&state()).map(|s| s.issued), Ok(Rao(23)));
    }

    #[test]
    fn each_total_that_is_one_rao_off_is_named() {
        let named = |verdict: Result<Supply, AuditError>| match verdict {
            Err(AuditError::Differs { total, .. }) => total,
            other => panic!("{other:?}"),
        };
        assert_eq!(named(with_supply(|s| s.free = Rao(6))), "free");
        assert_eq!(named(with_supply(|s| s.staked = Rao(6))), "staked");
        assert_eq!(named(with_supply(|s| s.locked = Rao(1))), "locked");
        assert_eq!(named(with_supply(|s| s.pending = Rao(1))), "pending");
        assert_eq!(named(with_supply(|s| s.unbonding = Rao(12))), "unbonding");
        assert_eq!(named(with_supply(|s| s.issued = Rao(24))), "issued");
    }

    #[test]
    fn a_lost_value_a_lost_position_and_a_lost_supply_are_found() {
        let without = |at: usize| {
            let mut state = state();
            state.remove(at);
            verdict(&state)
        };
        assert_eq!(without(0), Err(AuditError::NoSupply));
        let differs = |total| move |e: &AuditError| matches!(e, AuditError::Differs { total: t, .. } if *t == total);
        assert!(without(1).is_err_and(|e| differs("free")(&e)));
        assert!(without(6).is_err_and(|e| differs("unbonding")(&e)));
        let pool = AuditError::Pool { hotkey: HOT, shares: 70, sum: Some(40) };
        assert_eq!(without(3), Err(pool));
    }

    #[test]
    fn more_coins_than_can_exist_are_found_even_when_the_sums_agree() {
        let mut state = state();
        let over = Rao(SUPPLY_CAP.0 + 1);
        let supply = Supply { issued: over, free: over, ..Supply::default() };
        state.truncate(2);
        state[0].1 = Value::Supply(supply);
        state[1].1 = Value::Account(Account { free: over, nonce: Nonce(0) });
        assert_eq!(verdict(&state), Err(AuditError::OverCap { issued: over }));
    }
}
