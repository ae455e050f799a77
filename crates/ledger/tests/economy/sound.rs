//! What must hold in every state, read from the state alone.

use crate::chain::Chain;
use std::collections::{BTreeMap, BTreeSet};
use weft_ledger::state::value::{Neuron, Subnet, Supply};
use weft_ledger::state::{Key, Value};
use weft_types::units::SUPPLY_CAP;
use weft_types::{Netuid, PublicKey, Uid};

#[derive(Default)]
struct Found {
    free: u64,
    staked: u64,
    locked: u64,
    pending: u64,
    unbonding: u64,
    /// Value and shares of each pool, and the sum of its positions.
    pools: BTreeMap<PublicKey, (u64, u128, u128)>,
    subnets: BTreeMap<Netuid, Subnet>,
    neurons: BTreeMap<(Netuid, Uid), Neuron>,
    seats: BTreeMap<(Netuid, PublicKey), Uid>,
    listed: Vec<Netuid>,
    /// Subnets and neurons that something is kept of.
    of_subnets: BTreeMap<Netuid, u64>,
    of_neurons: BTreeSet<(Netuid, Uid)>,
    /// Whom offences, and rows of the root matrix, are kept of.
    offenders: BTreeSet<PublicKey>,
    listed_offenders: BTreeSet<PublicKey>,
    /// The last height from which each is remembered, and that of what sets had that were
    /// let go.
    offended: Vec<u64>,
    let_go: Vec<u64>,
    root_rows: BTreeSet<PublicKey>,
    supply: Supply,
}

pub fn check(chain: &Chain, at: &impl Fn() -> String) {
    let mut found = Found::default();
    for (key, value) in chain.entries() {
        found.add(key, value);
    }
    found.money(at);
    found.places(chain, at);
    found.nobodys(chain, at);
    found.bounded(chain, at);
}

impl Found {
    fn add(&mut self, key: &Key, value: &Value) {
        match (key, value) {
            (_, Value::Supply(supply)) => self.supply = *supply,
            (_, Value::Account(account)) => self.free += account.free.0,
            (Key::Hotkey(hotkey), Value::Hotkey(pool)) => {
                self.staked += pool.value.0;
                let entry = self.pools.entry(*hotkey).or_default();
                (entry.0, entry.1) = (pool.value.0, pool.shares);
            }
            (Key::Position(hotkey, _), Value::Position(shares)) => {
                assert!(*shares > 0, "an empty position is kept");
                self.pools.entry(*hotkey).or_default().2 += shares;
            }
            (Key::Subnet(netuid), Value::Subnet(net)) => {
                self.locked += net.locked.0;
                self.pending += net.pending.0;
                self.subnets.insert(*netuid, (**net).clone());
            }
            (Key::Exits(_) | Key::Leaving(_), Value::Exits(exits)) => {
                self.unbonding += exits.iter().map(|exit| exit.amount.0).sum::<u64>();
            }
            (Key::Neuron(netuid, uid), Value::Neuron(neuron)) => {
                self.neurons.insert((*netuid, *uid), *neuron);
            }
            (Key::Seat(netuid, hotkey), Value::Seat(uid)) => {
                self.seats.insert((*netuid, *hotkey), *uid);
            }
            (Key::Offender(hotkey), Value::Offender(record)) => {
                self.offenders.insert(*hotkey);
                self.offended.push(record.at.max(record.jailed_until).0);
            }
            (Key::Offenders, Value::Hotkeys(list)) => {
                self.listed_offenders = list.iter().copied().collect();
            }
            (Key::Served(_), Value::Served(record)) => {
                self.let_go.push(record.0.last().unwrap().until.0);
            }
            (Key::LetGo(height), _) => self.let_go.push(height.0),
            (Key::RootRow(hotkey), _) => drop(self.root_rows.insert(*hotkey)),
            (_, Value::Subnets(list)) => self.listed.clone_from(list),
            (Key::Commits(netuid, uid), Value::Commits(commits)) => {
                self.of_neurons.insert((*netuid, *uid));
                let epochs: BTreeSet<_> = commits.live.iter().map(|c| c.epoch).collect();
                assert_eq!(epochs.len(), commits.live.len(), "two commitments of one epoch");
            }
            (Key::Row(n, uid) | Key::Bonds(n, uid) | Key::Axon(n, uid), _) => {
                self.of_neurons.insert((*n, *uid));
            }
            (Key::Stamps(n), Value::Stamps(stamps)) => {
                let first = stamps.steps.first().map_or(0, |(height, _)| height.0);
                self.of_subnets.insert(*n, first);
            }
            (Key::Settings(n), Value::Settings(list)) => {
                let first = list.iter().map(|(_, height)| height.0).min().unwrap_or(0);
                let known = self.of_subnets.entry(*n).or_insert(first);
                *known = first.min(*known);
            }
            _ => {}
        }
    }

    fn money(&self, at: &impl Fn() -> String) {
        let Supply { issued, free, staked, locked, pending, unbonding, .. } = self.supply;
        let kept = [free, staked, locked, pending, unbonding].map(|rao| rao.0);
        let sums = [self.free, self.staked, self.locked, self.pending, self.unbonding];
        assert_eq!(kept, sums, "free, staked, locked, pending, unbonding at {}", at());
        assert_eq!(issued.0, sums.iter().sum::<u64>(), "issued is the sum of all at {}", at());
        assert!(issued <= SUPPLY_CAP, "over the cap at {}", at());
        for (hotkey, (value, shares, positions)) in &self.pools {
            assert_eq!(shares, positions, "the pool of {hotkey} at {}", at());
            assert!(*value == 0 || *shares > 0, "value without shares: {hotkey} at {}", at());
        }
    }

    /// A3: nothing is kept of hotkeys that nothing stands behind any more.
    fn nobodys(&self, chain: &Chain, at: &impl Fn() -> String) {
        let seated: BTreeSet<_> = self.seats.keys().map(|(_, hotkey)| *hotkey).collect();
        let sets = chain.at().voters;
        let sets = [Some(sets.current), sets.previous];
        let voting: BTreeSet<_> =
            sets.iter().flatten().flat_map(|set| &set.voters).map(|voter| voter.key).collect();
        let bootstrap = chain.bootstrap().filter(|record| record.left.0 > 0);
        let named = bootstrap.map_or_else(Vec::new, |record| record.voters);
        for (hotkey, (_, shares, _)) in &self.pools {
            let is_kept = seated.contains(hotkey)
                || voting.contains(hotkey)
                || self.offenders.contains(hotkey)
                || named.contains(hotkey);
            assert!(*shares > 0 || is_kept, "nothing is behind {hotkey} at {}", at());
        }
        for voter in &voting {
            assert!(self.pools.contains_key(voter), "voter {voter} is forgotten at {}", at());
        }
        assert!(self.root_rows.is_subset(&voting), "a row of one who votes no more at {}", at());
    }

    /// What is kept of those who voted or offended goes when nobody can be cut by it: however
    /// many rotations there are, so many records stay as there were in a fixed time.
    fn bounded(&self, chain: &Chain, at: &impl Fn() -> String) {
        assert_eq!(self.offenders, self.listed_offenders, "the list of offenders at {}", at());
        let params = &chain.genesis.params;
        let (turn, window) = (params.rotation_blocks, params.unbonding_blocks);
        let since = |height: &u64| chain.height().saturating_sub(*height);
        let oldest = self.let_go.iter().map(since).max().unwrap_or(0);
        assert!(oldest <= window + 2 * turn, "what a set had {oldest} blocks ago at {}", at());
        let sets = usize::from(params.max_voters) + 1;
        let turns = usize::try_from(window / turn + 3).unwrap();
        assert!(self.let_go.len() <= sets * turns, "{} at {}", self.let_go.len(), at());
        // Stake that was asked back waits for a rotation, then for its time and its turn.
        let oldest = self.offended.iter().map(since).max().unwrap_or(0);
        let most = if chain.rests() { u64::MAX } else { window + 5 * turn };
        assert!(oldest <= most, "an offender of {oldest} blocks ago at {}", at());
    }

    fn places(&self, chain: &Chain, at: &impl Fn() -> String) {
        let named: Vec<_> = self.subnets.keys().copied().collect();
        assert_eq!(self.listed, named, "the list of subnets at {}", at());
        let params = &chain.genesis.params;
        let height = chain.height();
        let slots = params.subnet_slots.iter().rfind(|s| s.from.0 <= height).unwrap().slots;
        assert!(named.len() <= usize::from(slots), "too many subnets at {}", at());
        assert!(named.iter().all(|n| n.0 >= 1 && n.0 <= slots), "{named:?} at {}", at());
        for (netuid, net) in &self.subnets {
            let numbers = &net.hyperparameters;
            assert!(net.neurons <= numbers.max_uids, "too many neurons at {}", at());
            assert_eq!(numbers.check(), Ok(()), "hyperparameters at {}", at());
            let uids = self.neurons.range((*netuid, Uid(0))..=(*netuid, Uid(u16::MAX)));
            let uids: Vec<_> = uids.map(|((_, uid), _)| uid.0).collect();
            assert_eq!(uids, (0..net.neurons).collect::<Vec<_>>(), "uids of {netuid} at {}", at());
            assert!(net.registrations <= numbers.max_registrations_per_block);
        }
        assert_eq!(self.neurons.len(), self.seats.len(), "seats at {}", at());
        for ((netuid, uid), neuron) in &self.neurons {
            assert!(self.subnets.contains_key(netuid), "a neuron of no subnet at {}", at());
            assert_eq!(self.seats.get(&(*netuid, neuron.hotkey)), Some(uid), "at {}", at());
            assert!(self.pools.contains_key(&neuron.hotkey), "a neuron of nobody at {}", at());
        }
        for place in &self.of_neurons {
            assert!(self.neurons.contains_key(place), "something is kept of {place:?} at {}", at());
        }
        for (netuid, since) in &self.of_subnets {
            // Nothing older than the subnet: that would be of one that was evicted.
            let created = self.subnets.get(netuid).map(|net| net.registered_at.0);
            assert!(created.is_some_and(|at| at <= *since), "left of {netuid} at {}", at());
        }
    }
}
