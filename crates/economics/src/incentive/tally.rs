//! Who earned what, to the rao: the growth of stake behind hotkeys, group by group.

use super::numbers::FREE;
use super::people::{People, Player};
use super::scene::Group;
use crate::launch::chain::Chain;
use crate::launch::day::ppm;
use serde::Serialize;
use weft_ledger::query;
use weft_ledger::rules::EpochReceipt;
use weft_types::{PublicKey, Rao};

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
    books: Vec<Book>,
    paid: u64,
}

/// Those of a group.
struct Book {
    group: Group,
    /// Its stake when the counting began.
    before: Rao,
    /// What it had earned after each epoch.
    cumulative: Vec<Rao>,
}

impl Book {
    const fn role(&self) -> Role {
        if self.group.strategy.stake().is_some() { Role::Validator } else { Role::Miner }
    }

    fn earned(&self) -> u64 {
        self.cumulative.last().map_or(0, |sum| sum.0)
    }

    /// The stake it earns with: a miner has none.
    fn stake(&self) -> u64 {
        self.group.strategy.stake().map_or(0, |_| self.before.0)
    }
}

/// The stake behind a group's hotkeys.
fn stake(chain: &Chain, people: &People, group: usize) -> Rao {
    let state = chain.state();
    let of = |p: &Player| query::hotkey(&state, &p.hot.public()).map_or(0, |pool| pool.stake.0);
    Rao(people.of(group).map(of).sum())
}

impl Tally {
    /// From here on it counts.
    pub(super) fn begin(chain: &Chain, people: &People) -> Self {
        let book = |(at, group): (usize, &Group)| Book {
            group: group.clone(),
            before: stake(chain, people, at),
            cumulative: Vec::new(),
        };
        Self { books: people.scene.groups.iter().enumerate().map(book).collect(), paid: 0 }
    }

    /// Notes an epoch; says so when what was paid is not what was earned.
    pub(super) fn note(
        &mut self,
        (chain, people): (&Chain, &People),
        paid: &EpochReceipt,
    ) -> Result<(), String> {
        self.paid += paid.miners.0 + paid.validators.0 + paid.owner.0;
        let mut earned = 0;
        for (at, book) in self.books.iter_mut().enumerate() {
            let gain = stake(chain, people, at).0 - book.before.0;
            book.cumulative.push(Rao(gain));
            earned += gain;
        }
        let (height, paid) = (chain.height, self.paid);
        let text = || format!("block {height}: {paid} rao were paid and {earned} earned");
        (earned == paid).then_some(()).ok_or_else(text)
    }

    /// How many epochs were counted.
    pub(super) fn epochs(&self) -> u64 {
        self.books.first().map_or(0, |book| book.cumulative.len()) as u64
    }

    /// What came of each group.
    pub(super) fn close(&self, chain: &Chain, people: &People) -> Vec<Strategy> {
        let players = |at| people.of(at).count() as u64;
        // What a group earns for: its stake or its uids.
        let size = |at, b: &Book| if b.role() == Role::Miner { players(at) } else { b.stake() };
        // All stake and earnings together are below 2^55: no product leaves its range.
        let product = |a: u64, b: u64| u128::from(a) * u128::from(b);
        let staked: u64 = self.books.iter().map(Book::stake).sum();
        let all: u64 = self.books.iter().map(Book::earned).sum();
        let row = |(at, (book, coldkey)): (usize, (&Book, &PublicKey))| {
            let (role, earned, players) = (book.role(), book.earned(), players(at));
            let same = || self.books.iter().enumerate().filter(|(_, b)| b.role() == role);
            let honest = same().find(|(_, b)| b.group.honest && b.earned() > 0);
            let relative = |(other, of): (usize, &Book)| {
                ppm(product(earned, size(other, of)), product(of.earned(), size(at, book)))
            };
            Strategy {
                name: book.group.name,
                role,
                honest: book.group.honest,
                players,
                seated: people.of(at).filter(|p| p.uid.is_some()).count() as u64,
                stake: Rao(book.stake()),
                stake_ppm: ppm(book.stake(), staked),
                earned: Rao(earned),
                spent: Rao(FREE.0.saturating_sub(query::account(&chain.state(), coldkey).free.0)),
                share_ppm: ppm(earned, all),
                part_ppm: ppm(earned, same().map(|(_, b)| b.earned()).sum::<u64>()),
                per_stake_ppm: (role == Role::Validator).then(|| ppm(earned, book.stake())),
                per_player: Rao(earned.checked_div(players).unwrap_or_default()),
                relative_ppm: honest.map(relative),
                cumulative: book.cumulative.clone(),
            }
        };
        self.books.iter().zip(&people.coldkeys).enumerate().map(row).collect()
    }
}
