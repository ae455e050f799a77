//! Who earned what, to the rao: the growth of stake behind hotkeys, group by group.

use super::numbers::FREE;
use super::people::People;
use super::scene::Scene;
use crate::launch::chain::Chain;
use crate::launch::day::ppm;
use serde::Serialize;
use weft_ledger::query;
use weft_ledger::rules::EpochReceipt;
use weft_types::Rao;

/// What a group is paid for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Dividends.
    Validator,
    /// Incentive.
    Miner,
}

/// What came of a strategy. Parts are of a million, rounded down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Strategy {
    /// Its name.
    pub name: &'static str,
    /// What it is paid for.
    pub role: Role,
    /// Whether it is what others are compared with.
    pub honest: bool,
    /// How many hotkeys followed it.
    pub players: u64,
    /// How many of them have a uid at the end.
    pub seated: u64,
    /// Their stake when the counting began.
    pub stake: Rao,
    /// Which part of all validators' stake that is.
    pub stake_ppm: u64,
    /// What they earned.
    pub earned: Rao,
    /// What they spent on registrations, those before the counting included.
    pub spent: Rao,
    /// Their part of what everybody earned.
    pub share_ppm: u64,
    /// Their part of what those of their role earned.
    pub part_ppm: u64,
    /// Earnings of a validator for each unit of stake.
    pub per_stake_ppm: Option<u64>,
    /// Earnings of each player.
    pub per_player: Rao,
    /// A validator's earnings for its stake, or a miner's for each uid, beside those of the
    /// honest of the same role.
    pub relative_ppm: Option<u64>,
    /// What they had earned after each epoch.
    pub cumulative: Vec<Rao>,
}

/// What those who are not honest have, and what they got: parts of a million.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Loot {
    /// Of all validators' stake, when the counting began.
    pub stake_ppm: u64,
    /// Of what validators earned.
    pub validators_ppm: u64,
    /// Of what miners earned.
    pub miners_ppm: u64,
    /// Of what everybody earned.
    pub total_ppm: u64,
}

impl Loot {
    pub(super) fn of(list: &[Strategy]) -> Self {
        let part = |counts: fn(&Strategy) -> bool, of: fn(&Strategy) -> Rao| {
            let sum = |more: fn(&Strategy) -> bool| {
                list.iter().filter(|s| counts(s) && more(s)).map(|s| of(s).0).sum::<u64>()
            };
            ppm(sum(|s| !s.honest), sum(|_| true))
        };
        Self {
            stake_ppm: part(|_| true, |s| s.stake),
            validators_ppm: part(|s| s.role == Role::Validator, |s| s.earned),
            miners_ppm: part(|s| s.role == Role::Miner, |s| s.earned),
            total_ppm: part(|_| true, |s| s.earned),
        }
    }
}

/// The books of a scene.
pub(super) struct Tally {
    /// Stake of each group when the counting began.
    before: Vec<Rao>,
    cumulative: Vec<Vec<Rao>>,
    paid: u64,
}

/// The stake behind a group's hotkeys.
fn stake(chain: &Chain, people: &People, group: usize) -> Rao {
    let state = chain.state();
    let of = |key| query::hotkey(&state, key).map_or(0, |pool| pool.stake.0);
    Rao(people.of(group).map(|p| of(&p.hotkey)).sum())
}

impl Tally {
    /// From here on it counts.
    pub(super) fn begin(scene: &Scene, chain: &Chain, people: &People) -> Self {
        let groups = 0..scene.groups.len();
        let before = groups.clone().map(|group| stake(chain, people, group)).collect();
        Self { before, cumulative: groups.map(|_| Vec::new()).collect(), paid: 0 }
    }

    /// Notes an epoch; says so when what was paid is not what was earned.
    pub(super) fn note(
        &mut self,
        (chain, people): (&Chain, &People),
        paid: &EpochReceipt,
    ) -> Result<(), String> {
        self.paid += paid.miners.0 + paid.validators.0 + paid.owner.0;
        let mut earned = 0;
        for (group, (before, sums)) in self.before.iter().zip(&mut self.cumulative).enumerate() {
            let gain = stake(chain, people, group).0 - before.0;
            sums.push(Rao(gain));
            earned += gain;
        }
        let (height, paid) = (chain.height, self.paid);
        let text = || format!("block {height}: {paid} rao were paid and {earned} earned");
        (earned == paid).then_some(()).ok_or_else(text)
    }

    /// How many epochs were counted.
    pub(super) fn epochs(&self) -> u64 {
        self.cumulative.first().map_or(0, Vec::len) as u64
    }

    /// What came of each group.
    pub(super) fn close(self, scene: &Scene, chain: &Chain, people: &People) -> Vec<Strategy> {
        let mut list: Vec<Strategy> = Vec::new();
        let groups = scene.groups.iter().zip(self.before).zip(self.cumulative).enumerate();
        for (at, ((group, stake), cumulative)) in groups {
            let validates = group.strategy.stake().is_some();
            let earned = cumulative.last().copied().unwrap_or_default();
            let coldkey = people.coldkeys.get(at).copied().unwrap_or_default();
            let free = query::account(&chain.state(), &coldkey).free;
            let players = people.of(at).count() as u64;
            list.push(Strategy {
                name: group.name,
                role: if validates { Role::Validator } else { Role::Miner },
                honest: group.honest,
                players,
                seated: people.of(at).filter(|p| p.uid.is_some()).count() as u64,
                stake: if validates { stake } else { Rao::ZERO },
                stake_ppm: 0,
                earned,
                spent: Rao(FREE.0.saturating_sub(free.0)),
                share_ppm: 0,
                part_ppm: 0,
                per_stake_ppm: validates.then(|| ppm(earned.0, stake.0)),
                per_player: Rao(earned.0.checked_div(players).unwrap_or_default()),
                relative_ppm: None,
                cumulative,
            });
        }
        compare(&mut list);
        list
    }
}

/// Fills in parts and comparisons.
fn compare(list: &mut [Strategy]) {
    let all = list.to_vec();
    let sum = |of: &dyn Fn(&Strategy) -> u64| all.iter().map(of).sum::<u64>();
    let (staked, earned) = (sum(&|s| s.stake.0), sum(&|s| s.earned.0));
    for strategy in list {
        let role = strategy.role;
        let same = sum(&|s| if s.role == role { s.earned.0 } else { 0 });
        strategy.stake_ppm = ppm(strategy.stake.0, staked);
        strategy.share_ppm = ppm(strategy.earned.0, earned);
        strategy.part_ppm = ppm(strategy.earned.0, same);
        let honest = all.iter().find(|s| s.honest && s.role == role && s.earned.0 > 0);
        strategy.relative_ppm = honest.map(|honest| relative(strategy, honest));
    }
}

/// One's earnings over another's, each for its stake or for its uids.
fn relative(one: &Strategy, other: &Strategy) -> u64 {
    let size = |s: &Strategy| match s.role {
        Role::Validator => u128::from(s.stake.0),
        Role::Miner => u128::from(s.players),
    };
    // Stakes are below 2^55, and so are earnings: no product leaves its range.
    let part = u128::from(one.earned.0) * size(other);
    let whole = u128::from(other.earned.0) * size(one);
    ppm(part, whole)
}
