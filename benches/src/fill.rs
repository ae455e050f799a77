//! `bench fill`: what one more value of each kind takes of every node, and what it costs.
//!
//! 1. *at rest*: so many values of the kind, as large as the rules let them get, are restored
//!    as a node does at its start; what its memory grows by is divided by how many they are;
//! 2. *running*: where a call makes them one by one, so many calls run and become final first,
//!    in a process of their own, and the money is summed up;
//! 3. what they cost is what the payer no longer has and nobody got: the deposit at the price
//!    of the main preset, and the fee.
//!
//! A kind is measured in a fresh process: memory that was free before would be used first.

use crate::chain::{self, ChainError, Maker, key, map_seed};
use crate::host::{self, memory};
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng as _;
use serde::{Deserialize, Serialize};
use weft_ledger::forks::Forks;
use weft_ledger::state::value::{
    Account, Axon, Commit, Commits, Exit, Hotkey, Kept, Neuron, Offender, Part, RootRow, Served,
};
use weft_ledger::state::{Base, Entry, Key, Value};
use weft_types::endpoint::{Endpoint, Host, Transport};
use weft_types::genesis::{GenesisAccount, GenesisStake};
use weft_types::{
    Call, Canonical, Genesis, Hash, Height, Identity, Netuid, Network, Nonce, Params, PublicKey,
    Rao, Uid,
};

/// Calls of a block: few, since what a large block takes for a moment is not given back to the
/// system at once.
const CALLS: usize = 500;

/// More names of subnets there are not.
const SUBNETS: u32 = 65_000;

/// Coldkeys that stake in the bench, each behind many hotkeys.
const STAKERS: u32 = 100;

/// A kind of value that there can be many of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Filler {
    /// An account, opened by a transfer.
    Account,
    /// A position behind a hotkey, by `add_stake`.
    Position,
    /// A hotkey, by registering.
    Hotkey,
    /// Stake on its way out, sixteen entries in a list.
    Exit,
    /// A neuron.
    Neuron,
    /// Which uid a hotkey has.
    Seat,
    /// A row of 256 scores.
    Row,
    /// The bonds of a validator with 256 neurons.
    Bonds,
    /// An endpoint.
    Axon,
    /// Two open commitments.
    Commits,
    /// A name, url and description of all the bytes that are allowed.
    Identity,
    /// A voter's row of the root matrix, 128 scores.
    RootRow,
    /// A record of one offence.
    Offender,
    /// What a voter had when its set was let go.
    Served,
}

impl Filler {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::Account,
        Self::Position,
        Self::Hotkey,
        Self::Exit,
        Self::Neuron,
        Self::Seat,
        Self::Row,
        Self::Bonds,
        Self::Axon,
        Self::Commits,
        Self::Identity,
        Self::RootRow,
        Self::Offender,
        Self::Served,
    ];

    /// Its name on the command line and in answers.
    #[must_use]
    pub fn name(self) -> String {
        serde_json::to_value(self)
            .ok()
            .and_then(|v| v.as_str().map(str::to_owned))
            .unwrap_or_default()
    }

    /// The kind of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// So many of them, or as many as there are names for.
    fn at_most(self, entries: u32) -> u32 {
        if self == Self::Identity { entries.min(SUBNETS) } else { entries }
    }

    /// Whether a value under this key is of this kind, of those that calls make here.
    const fn is(self, key: &Key) -> bool {
        matches!(
            (self, key),
            (Self::Account, Key::Account(_)) | (Self::Position, Key::Position(..))
        )
    }

    /// Value `n` of this kind, as large as it gets.
    fn entry(self, seed: u64, n: u32) -> (Key, Value) {
        let (a, b) = (key(5, seed, n), key(6, seed, n % STAKERS));
        let (netuid, uid) = (Netuid(u16::try_from(n >> 16).unwrap_or(0)), Uid((n & 0xffff) as u16));
        let scores = |count: u16| (0..count).map(|uid| (Uid(uid), 65_535)).collect::<Vec<_>>();
        match self {
            Self::Account => {
                (Key::Account(a), Value::Account(Account { free: Rao(u64::MAX), nonce: Nonce(9) }))
            }
            Self::Position => (Key::Position(a, b), Value::Position(1 << 90)),
            Self::Hotkey => (Key::Hotkey(a), Value::Hotkey(hotkey(b))),
            Self::Exit => {
                let exit =
                    Exit { coldkey: a, hotkey: b, amount: Rao(2_000_000), kept: Kept::default() };
                (Key::Exits(Height(u64::from(n))), Value::Exits(vec![exit; 16]))
            }
            Self::Neuron => {
                (Key::Neuron(netuid, uid), Value::Neuron(Neuron::new(a, Height(u64::MAX))))
            }
            Self::Seat => (Key::Seat(netuid, a), Value::Seat(uid)),
            Self::Row => (Key::Row(netuid, uid), Value::Row(scores(256))),
            Self::Bonds => (Key::Bonds(netuid, uid), Value::Bonds(scores(256))),
            Self::Axon => (Key::Axon(netuid, uid), Value::Axon(axon())),
            Self::Commits => {
                let at = Height(u64::from(n));
                let one = Commit { hash: Hash(a.0), epoch: 1, reveal_epoch: 2, at };
                (
                    Key::Commits(netuid, uid),
                    Value::Commits(Commits { last: at, live: vec![one; 2] }),
                )
            }
            Self::Identity => {
                let text = |bytes| "x".repeat(bytes);
                let (name, url, description) = (text(64), text(256), text(1_024));
                (Key::Identity(Netuid(uid.0)), Value::Identity(Identity { name, url, description }))
            }
            Self::RootRow => {
                let row = RootRow { view: Height(1), entries: scores(128) };
                (Key::RootRow(a), Value::RootRow(row))
            }
            Self::Offender => (Key::Offender(a), Value::Offender(Offender::default())),
            Self::Served => (
                Key::Served(a),
                Value::Served(Served(vec![Part { power: 1, until: Height(u64::MAX) }; 2])),
            ),
        }
    }
}

const fn hotkey(coldkey: PublicKey) -> Hotkey {
    let (value, far) = (Rao(u64::MAX), Height(u64::MAX));
    Hotkey { coldkey, take: 9, value, shares: 1 << 90, take_at: far, since: far }
}

fn axon() -> Axon {
    let (host, transport) = (Host::V6([0xff; 16]), Transport::Tcp);
    let endpoint = Endpoint { host, transport, port: 65_535, protocol: 4 };
    Axon { endpoint, at: Height(u64::MAX), served_at: Height(u64::MAX) }
}

/// What is filled.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct FillPlan {
    /// With what.
    pub kind: Filler,
    /// How many.
    pub entries: u32,
    /// By calls that run, or at rest.
    pub running: bool,
    /// Everything random follows from it.
    pub seed: u64,
}

/// What filling took.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FillReport {
    /// What was filled.
    pub plan: FillPlan,
    /// Name and value as they are written to the disk, in bytes, on average.
    pub disk_bytes: u64,
    /// By how much the process grew for each, in bytes.
    pub memory_bytes: u64,
    /// Resident memory before, in MiB.
    pub rss_before_mib: u64,
    /// The same after.
    pub rss_after_mib: u64,
    /// What all of them cost beside fees: deposits; stake that is locked is not among it.
    pub deposits: Option<Rao>,
    /// What their fees came to.
    pub fees: Option<Rao>,
    /// Where it ran.
    pub machine: host::Host,
}

/// Fills a state.
///
/// # Errors
/// [`ChainError`] when there is nothing to fill, no call makes the kind, or a check fails.
pub fn run(plan: FillPlan) -> Result<FillReport, ChainError> {
    if plan.entries == 0 {
        return Err(ChainError::Load("--entries must be positive"));
    }
    let plan = FillPlan { entries: plan.kind.at_most(plan.entries), ..plan };
    if plan.running { by_calls(plan) } else { at_rest(plan) }
}

fn report(plan: FillPlan, (before, disk): (u64, u64), paid: Option<(Rao, Rao)>) -> FillReport {
    let after = memory().rss_mib;
    FillReport {
        plan,
        disk_bytes: disk / u64::from(plan.entries),
        memory_bytes: (after.saturating_sub(before) << 20) / u64::from(plan.entries),
        rss_before_mib: before,
        rss_after_mib: after,
        deposits: paid.map(|(deposits, _)| deposits),
        fees: paid.map(|(_, fees)| fees),
        machine: host::Host::here(),
    }
}

fn at_rest(plan: FillPlan) -> Result<FillReport, ChainError> {
    let mut disk = 0;
    let before = memory().rss_mib;
    let entries = (1..=plan.entries).map(|n| {
        let (key, value) = plan.kind.entry(plan.seed, n);
        disk += wide(key.to_bytes().len() + value.to_bytes().len());
        Entry { key, slot: n, value }
    });
    let base = Base::restore(entries, map_seed(plan.seed, 1))
        .map_err(weft_ledger::forks::RestoreError::from)?;
    if base.len() != usize::try_from(plan.entries).unwrap_or(usize::MAX) {
        return Err(ChainError::Load("values were lost on the way; report this"));
    }
    Ok(report(plan, (before, disk), None))
}

fn wide(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

fn by_calls(plan: FillPlan) -> Result<FillReport, ChainError> {
    let before = memory().rss_mib;
    let (genesis, calls) = match plan.kind {
        Filler::Account => transfers(plan),
        Filler::Position => stakes(plan),
        _ => {
            return Err(ChainError::Load(
                "no call fills a state with these alone; leave --running out",
            ));
        }
    };
    let coins = sum(&genesis);
    let forks = Forks::new(&genesis, map_seed(plan.seed, 1))?;
    let mut maker = Maker::new(genesis, forks, ChaCha8Rng::seed_from_u64(plan.seed));
    let mut fees = 0;
    for part in calls.chunks(CALLS) {
        let txs = maker.check(part.to_vec())?;
        fees += txs.iter().map(|tx| tx.tx().body.fee.0).sum::<u64>();
        drop(maker.block(txs)?);
    }
    drop(calls);
    // The last blocks of the load become final.
    for _ in 0..2 {
        maker.block(Vec::new()).map(drop)?;
    }
    let supply = maker.audit()?;
    // The one voter has its part of the fees, and all else that is missing was recycled.
    let recycled = supply.recycled.0;
    let minted = supply.issued.0 + recycled - coins;
    let kept = maker.account(&chain::voter().public()).free.0;
    let deposits = Rao(recycled + kept - fees);
    if minted > 0 {
        return Err(ChainError::Load("coins were minted; report this"));
    }
    let written = maker.forks().entries().filter(|(key, ..)| plan.kind.is(key));
    let sizes = written.map(|(key, _, value)| wide(key.to_bytes().len() + value.to_bytes().len()));
    let disk = sizes.sum();
    Ok(report(plan, (before, disk), Some((deposits, Rao(fees)))))
}

type Calls = Vec<(PublicKey, Nonce, Call)>;

/// A genesis with the main preset's price of an account.
fn priced() -> Genesis {
    let mut genesis = chain::genesis("bench fill");
    genesis.params.account_deposit = Params::preset(Network::Main).account_deposit;
    let account = |key| GenesisAccount { key, free: Rao::ZERO };
    genesis.accounts.push(account(chain::voter().public()));
    genesis
}

fn transfers(plan: FillPlan) -> (Genesis, Calls) {
    let mut genesis = priced();
    let from = key(7, plan.seed, 0);
    genesis.accounts.push(GenesisAccount { key: from, free: Rao(1_000_000_000_000_000) });
    genesis.accounts.sort_by_key(|account| account.key);
    let call = |n| Call::Transfer { to: key(5, plan.seed, n), amount: Rao(1), open: true };
    let calls = (0..plan.entries).map(|n| (from, Nonce(u64::from(n)), call(n))).collect();
    (genesis, calls)
}

fn stakes(plan: FillPlan) -> (Genesis, Calls) {
    let mut genesis = priced();
    let (owner, least) = (key(7, plan.seed, 0), genesis.params.min_stake);
    let hotkeys = plan.entries.div_ceil(STAKERS);
    let stake = |n| GenesisStake { hotkey: key(6, plan.seed, n), coldkey: owner, stake: least };
    genesis.stakes = (0..hotkeys).map(stake).collect();
    let coins = Rao(10_000_000_000_000);
    let staker = |n| GenesisAccount { key: key(5, plan.seed, n), free: coins };
    genesis.accounts.extend((0..STAKERS).map(staker));
    genesis.accounts.sort_by_key(|account| account.key);
    genesis.stakes.sort_by_key(|stake| stake.hotkey);
    let call = |n: u32| {
        let hotkey = key(6, plan.seed, n / STAKERS);
        let nonce = Nonce(u64::from(n / STAKERS));
        (key(5, plan.seed, n % STAKERS), nonce, Call::AddStake { hotkey, amount: least })
    };
    (genesis, (0..plan.entries).map(call).collect())
}

fn sum(genesis: &Genesis) -> u64 {
    let free = genesis.accounts.iter().map(|account| account.free.0);
    free.chain(genesis.stakes.iter().map(|stake| stake.stake.0)).sum()
}
