//! What everybody has at the end of a day.

use super::chain::{Chain, NETUID};
use super::people::{People, Player};
use super::plan::{DAY, HASHES, Side};
use serde::Serialize;
use weft_ledger::query;
use weft_ledger::query::{market, voters};
use weft_types::{PublicKey, Rao, Wide};

/// The end of a day. Stake is in rao, parts are of a million.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Day {
    /// Which, from 1.
    pub day: u64,
    /// All coins.
    pub issued: Rao,
    /// All that were recycled.
    pub recycled: Rao,
    /// Uids of the honest miners and of the attacker.
    pub uids: (u64, u64),
    /// Validator permits of genesis voters, of the honest, of the attacker.
    pub permits: (u64, u64, u64),
    /// Stake of the honest miners.
    pub honest_stake: Rao,
    /// Stake of the attacker.
    pub attacker_stake: Rao,
    /// The stake of the richest tenth of all miners, as a part of all.
    pub top_tenth_ppm: u64,
    /// How unequally miners hold stake: Gini's coefficient, 0 when all have the same.
    pub gini_ppm: u64,
    /// What is left of the virtual stake.
    pub virtual_left: Rao,
    /// Who offers to vote, and what they hold.
    pub candidates: (u64, Rao),
    /// The attacker's part of the voters' power.
    pub attacker_power_ppm: u64,
    /// Hashes that a stamp takes, at the main chain's scale.
    pub stamp_difficulty: Wide,
}

impl Day {
    pub(super) fn of(chain: &Chain, people: &People) -> Self {
        let state = chain.state();
        let supply = query::supply(&state);
        let stake = |p: &Player| query::hotkey(&state, &p.hot.public()).map_or(0, |h| h.stake.0);
        let sum = |side| Rao(people.of(side).map(stake).sum());
        let seated = |side| people.of(side).filter(|p| p.uid.is_some()).count() as u64;
        let permits = |side| {
            let uids = people.of(side).filter_map(|p| p.uid);
            let neurons = uids.filter_map(|uid| query::neuron(&state, NETUID, uid));
            neurons.filter(|n| n.permit).count() as u64
        };
        let miners = people.list.iter().filter(|p| p.side != Side::Genesis);
        let mut stakes: Vec<u64> = miners.map(stake).collect();
        stakes.sort_unstable();
        let bootstrap = voters::bootstrap(&state, chain.params());
        let cost = market::registration_cost(&state, chain.params(), NETUID);
        let difficulty = cost.and_then(|cost| cost.stamp_difficulty).unwrap_or_default().0;
        let offered = &bootstrap.candidates;
        let held = Rao(offered.iter().map(|(_, stake)| stake.0).sum());
        Self {
            day: chain.height.0 / DAY,
            issued: supply.as_ref().map_or(Rao::ZERO, |s| s.issued),
            recycled: supply.as_ref().map_or(Rao::ZERO, |s| s.recycled),
            uids: (seated(Side::Honest), seated(Side::Attacker)),
            permits: (permits(Side::Genesis), permits(Side::Honest), permits(Side::Attacker)),
            honest_stake: sum(Side::Honest),
            attacker_stake: sum(Side::Attacker),
            top_tenth_ppm: top_tenth(&stakes),
            gini_ppm: gini(&stakes),
            virtual_left: bootstrap.virtual_stake,
            candidates: (offered.len() as u64, held),
            attacker_power_ppm: attacker_power(chain, people),
            stamp_difficulty: Wide(difficulty.saturating_mul(HASHES)),
        }
    }
}

/// The attacker's part of the voters' power.
fn attacker_power(chain: &Chain, people: &People) -> u64 {
    let set = chain.set();
    let is_theirs = |key: &PublicKey| people.player(key).is_some_and(|p| p.side == Side::Attacker);
    let theirs = set.voters.iter().filter(|v| is_theirs(&v.key)).map(|v| v.power.0);
    ppm(theirs.sum::<u64>(), set.total().0)
}

/// A part of a whole, in millionths, rounded down; of nothing it is none.
pub(crate) fn ppm(part: impl Into<u128>, whole: impl Into<u128>) -> u64 {
    let part = part.into() * 1_000_000;
    u64::try_from(part.checked_div(whole.into()).unwrap_or(0)).unwrap_or(u64::MAX)
}

fn top_tenth(ascending: &[u64]) -> u64 {
    let count = ascending.len().div_ceil(10);
    let sum = |list: &[u64]| list.iter().copied().map(u128::from).sum::<u128>();
    let top = ascending.get(ascending.len() - count..).unwrap_or_default();
    ppm(sum(top), sum(ascending))
}

/// Sum over i of (2 i - n - 1) x_i, over n times the sum, with i from 1, ascending.
fn gini(ascending: &[u64]) -> u64 {
    let n = ascending.len() as i128;
    let all: i128 = ascending.iter().copied().map(i128::from).sum();
    let moments = (1_i128..).zip(ascending).map(|(i, x)| (2 * i - n - 1) * i128::from(*x));
    let sum = u128::try_from(moments.sum::<i128>()).unwrap_or(0);
    ppm(sum, u128::try_from(n * all).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_the_same_is_equal_and_who_has_all_is_not() {
        assert_eq!((gini(&[5; 10]), top_tenth(&[5; 10])), (0, 100_000));
        assert_eq!((gini(&[0, 0, 0, 0, 9]), top_tenth(&[0, 0, 0, 0, 9])), (800_000, 1_000_000));
        assert_eq!((gini(&[]), gini(&[0, 0]), top_tenth(&[])), (0, 0, 0));
    }
}
