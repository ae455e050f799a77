//! A small chain on a plain map, and the sums that must hold after every block.

use std::collections::BTreeMap;
use weft_ledger::query;
use weft_ledger::rules::{BlockInput, Breach, CallError, Ledger, Offer, Receipts};
use weft_ledger::state::value::Supply;
use weft_ledger::state::{Changes, Key, Read, Value};
use weft_types::genesis::{
    GenesisAccount, GenesisNeuron, GenesisStake, GenesisSubnet, GenesisVoter,
};
use weft_types::hash::Domain;
use weft_types::signature::signed_bytes;
use weft_types::tx::Consent;
use weft_types::units::{RAO_PER_TAO, SUPPLY_CAP};
use weft_types::{
    Call, ChainTag, Genesis, Header, Height, Item, Millis, Netuid, Network, Nonce, Params, Power,
    PublicKey, Rao, Round, RulesId, SecretKey, Signature, Slot, Tx, TxBody, Uid, WeightRow, Work,
};

/// What every call here pays.
pub const FEE: Rao = Rao(10_000);

/// What each coldkey of the small chain has free at the start.
pub const START: Rao = Rao(1_000 * RAO_PER_TAO);

/// What each of its two validators has staked.
pub const STAKE: Rao = Rao(100 * RAO_PER_TAO);

/// The one subnet.
pub const NET: Netuid = Netuid(1);

pub fn tao(n: u64) -> Rao {
    Rao(n * RAO_PER_TAO)
}

fn secret(kind: u8, n: u16) -> SecretKey {
    let mut seed = [kind; 32];
    seed[..2].copy_from_slice(&n.to_le_bytes());
    SecretKey::from_seed(seed)
}

pub fn hot_secret(n: u16) -> SecretKey {
    secret(7, n)
}

/// Hotkey `n`; those of the small chain are owned by coldkey `n`.
pub fn hot(n: u16) -> PublicKey {
    hot_secret(n).public()
}

/// Coldkey `n`.
pub fn cold(n: u16) -> PublicKey {
    secret(9, n).public()
}

/// A state as a plain map.
#[derive(Clone, Default, PartialEq, Debug)]
pub struct Memory(pub BTreeMap<Key, Value>);

impl Read for Memory {
    fn get(&self, key: &Key) -> Option<Value> {
        self.0.get(key).cloned()
    }

    fn held(&self) -> u64 {
        self.0.len() as u64
    }
}

impl Memory {
    /// Without the record of whose shares were carried, by which the doors differ.
    pub fn uncounted(&self) -> Self {
        let is_other = |(key, _): &(&Key, &Value)| **key != Key::Rotation;
        Self(self.0.iter().filter(is_other).map(|(k, v)| (*k, v.clone())).collect())
    }

    fn apply(&mut self, changes: Changes) {
        for (key, value) in changes.0 {
            match value {
                Some(value) => {
                    assert!(value.fits(&key), "{key:?} may not hold {value:?}");
                    self.0.insert(key, value);
                }
                None => {
                    self.0.remove(&key);
                }
            }
        }
    }
}

/// A chain of which only the last state is kept.
#[derive(Clone)]
pub struct World {
    pub genesis: Genesis,
    pub ledger: Ledger,
    pub state: Memory,
    pub height: u64,
    /// The round up to which blocks are final in the state of the next one.
    pub finalized: u64,
    /// Who proposes, in turn, and what each signals (R21).
    pub proposers: Vec<(u16, RulesId)>,
}

/// Subnet 1 with validators 0 and 1 (permits, `STAKE` each), miners 2 and 3, and
/// coldkeys 0 to 5 with `START` free; validator 0 votes and proposes.
fn small() -> Genesis {
    let params = Params {
        // No fee is asked for, so whatever is paid is the proposer's: `opening` has the rest.
        base_fee: Rao::ZERO,
        byte_fee: Rao::ZERO,
        bootstrap_stake: Rao::ZERO,
        voter_pay_divisor: 0,
        ..Params::preset(Network::Local)
    };
    let mut hyperparameters = params.subnet_defaults.clone();
    hyperparameters.commit_reveal = false;
    (hyperparameters.tempo, hyperparameters.weights_rate_limit) = (10, 3);
    hyperparameters.immunity_period = 5;
    let stake = |n| GenesisStake {
        hotkey: hot(n),
        coldkey: cold(n),
        stake: if n < 2 { STAKE } else { Rao::ZERO },
    };
    Genesis {
        network: Network::Local,
        name: "rules".to_owned(),
        genesis_time: Millis(0),
        rules: weft_types::rules::GenesisRules::default(),
        params,
        voters: vec![GenesisVoter { hotkey: hot(0), coldkey: cold(0), power: Power(1) }],
        accounts: (0..6).map(|n| GenesisAccount { key: cold(n), free: START }).collect(),
        stakes: (0..4).map(stake).collect(),
        subnets: vec![GenesisSubnet {
            netuid: NET,
            owner: None,
            hyperparameters,
            neurons: (0..4)
                .map(|n| GenesisNeuron { hotkey: hot(n), validator_permit: n < 2 })
                .collect(),
        }],
    }
}

impl World {
    /// The small chain.
    pub fn new() -> Self {
        Self::with(|_| ())
    }

    /// The small chain with its subnet's neurons or numbers changed.
    pub fn with_net(change: impl FnOnce(&mut GenesisSubnet)) -> Self {
        Self::with(|genesis| change(&mut genesis.subnets[0]))
    }

    /// The small chain with something changed.
    pub fn with(change: impl FnOnce(&mut Genesis)) -> Self {
        let mut genesis = small();
        change(&mut genesis);
        Self::of(genesis)
    }

    pub fn of(mut genesis: Genesis) -> Self {
        genesis.accounts.sort_by_key(|a| a.key);
        genesis.stakes.sort_by_key(|s| s.hotkey);
        genesis.voters.sort_by_key(|v| v.hotkey);
        let (ledger, changes) = Ledger::genesis(&genesis).unwrap();
        let mut state = Memory::default();
        state.apply(changes);
        audit(&state);
        let proposers = vec![(0, RulesId::NONE)];
        Self { genesis, ledger, state, height: 0, finalized: 0, proposers }
    }

    fn finality(&self) -> weft_types::Finality {
        let hash = self.genesis.block_hash();
        let at = weft_types::Checkpoint { round: Round(self.finalized), hash };
        weft_types::Finality { justified: at, finalized: at }
    }

    fn header(&self) -> Header {
        let height = self.height + 1;
        let turn = usize::try_from(height).unwrap() % self.proposers.len();
        let (proposer, signal) = self.proposers[turn];
        Header {
            version: query::rules::rules(&self.state).map_or(1, |rules| rules.now.version),
            signal,
            slot: Slot(height),
            round: Round(height),
            height: Height(height),
            proposer: hot(proposer),
            work: Work::ZERO,
            ..self.genesis.header(weft_types::Hash::ZERO)
        }
    }

    /// A block under this header.
    fn work<'a>(
        &self,
        header: &'a Header,
        items: &'a [(PublicKey, Vec<Item>)],
        txs: &'a [Tx],
    ) -> BlockInput<'a> {
        BlockInput {
            header,
            finality: self.finality(),
            items: items.iter().map(|(voter, items)| (*voter, items.as_slice())).collect(),
            txs: txs.iter().map(Into::into).collect(),
        }
    }

    /// Runs a block and keeps its state.
    pub fn try_block(
        &mut self,
        items: &[(PublicKey, Vec<Item>)],
        txs: &[Tx],
    ) -> Result<Receipts, Breach> {
        let header = self.header();
        let work = self.work(&header, items, txs);
        let outcome = self.ledger.execute(&self.state, work.clone())?;
        let (assembled, kept) = self.ledger.assemble(&self.state, work).unwrap();
        assert_eq!(kept, (0..txs.len()).collect::<Vec<_>>(), "a proposer takes them all");
        assert_eq!(assembled, outcome, "proposing and executing are one thing");
        self.state.apply(outcome.changes);
        self.height += 1;
        audit(&self.state);
        Ok(outcome.receipts)
    }

    /// Runs a block of transactions that may be in it.
    pub fn block(&mut self, txs: &[Tx]) -> Receipts {
        self.try_block(&[], txs).unwrap()
    }

    /// As if the hotkeys of genesis had come later: before voters rotate first, stake behind
    /// those waits longer (R15).
    pub fn forget_genesis(&mut self) {
        for value in self.state.0.values_mut() {
            if let Value::Hotkey(hotkey) = value {
                hotkey.since = Height(1);
            }
        }
    }

    /// Which of the transactions a proposer would keep; nothing is run for good.
    pub fn kept(&self, items: &[(PublicKey, Vec<Item>)], txs: &[Tx]) -> Vec<usize> {
        let header = self.header();
        let work = self.work(&header, items, txs);
        self.ledger.assemble(&self.state, work).unwrap().1
    }

    /// Runs a block of those that can be in it; answers which.
    pub fn assemble(&mut self, txs: &[Tx]) -> (Receipts, Vec<usize>) {
        let header = self.header();
        let txs = txs.iter().map(Into::into).collect();
        let finality = self.finality();
        let work = BlockInput { header: &header, finality, items: Vec::new(), txs };
        let (outcome, kept) = self.ledger.assemble(&self.state, work.clone()).unwrap();
        let txs = kept.iter().map(|at| work.txs[*at]).collect();
        let again = self.ledger.execute(&self.state, BlockInput { txs, ..work }).unwrap();
        assert_eq!(outcome, again, "what was left out has changed nothing");
        self.state.apply(outcome.changes);
        self.height += 1;
        audit(&self.state);
        (outcome.receipts, kept)
    }

    /// Runs a block of one transaction; answers what became of its call.
    pub fn run(&mut self, tx: Tx) -> Result<(), CallError> {
        self.block(&[tx]).txs.remove(0).result
    }

    /// Why no block may carry a transaction.
    pub fn refused(&mut self, tx: Tx) -> Breach {
        let before = self.state.clone();
        let breach = self.try_block(&[], std::slice::from_ref(&tx)).unwrap_err();
        assert_eq!(self.state, before);
        let (_, kept) = self.clone().assemble(&[tx]);
        assert!(kept.is_empty(), "a proposer leaves it out");
        breach
    }

    /// Runs empty blocks up to a height; answers the receipts of the last.
    pub fn run_to(&mut self, height: u64) -> Receipts {
        let mut last = Receipts::default();
        while self.height < height {
            last = self.block(&[]);
        }
        last
    }

    /// A transaction of coldkey `n` with its next nonce.
    pub fn tx(&self, n: u16, call: Call) -> Tx {
        self.tx_later(n, 0, call)
    }

    /// A transaction of coldkey `n`, `ahead` after its next.
    pub fn tx_later(&self, n: u16, ahead: u64, call: Call) -> Tx {
        let nonce = Nonce(query::account(&self.state, &cold(n)).nonce.0 + ahead);
        self.sign(cold(n), (nonce, FEE), call)
    }

    pub fn transfer(&self, from: u16, to: u16, amount: Rao) -> Tx {
        self.tx(from, Call::Transfer { to: cold(to), amount, open: true })
    }

    /// What the proposer has of a transaction's fee.
    pub fn earned(&self, tx: &Tx) -> Rao {
        let (body, params) = (&tx.body, &self.genesis.params);
        let least = params.min_fee(Offer::from(tx).bytes, body.call.count()).0.min(body.fee.0);
        match body.call {
            Call::RemoveStake { .. } => Rao(least / 4),
            _ => Rao(body.fee.0 - least + least / 4),
        }
    }

    /// What opening an account costs in the next block.
    pub fn deposit(&self) -> Rao {
        query::fullness(&self.state, &self.genesis.params).account_deposit.unwrap()
    }

    /// A free call of hotkey `n`.
    pub fn free_call(&self, n: u16, call: Call) -> Tx {
        self.sign(hot(n), (Nonce(0), Rao(0)), call)
    }

    fn sign(&self, signer: PublicKey, (nonce, fee): (Nonce, Rao), call: Call) -> Tx {
        let chain = ChainTag::of(&self.genesis.chain_id());
        let body = TxBody { chain, signer, nonce, fee, valid_until: None, call };
        // Signatures are checked before the rules see a transaction.
        Tx { body, signature: Signature([0; 64]) }
    }

    /// Registers hotkey `n` of coldkey `n` in the subnet.
    pub fn register(&self, n: u16) -> Call {
        self.register_as(n, |_| ())
    }

    /// The same with another consent.
    pub fn register_as(&self, n: u16, change: impl FnOnce(&mut Consent)) -> Call {
        let height = Height(self.height);
        let mut said = Consent { coldkey: cold(n), hotkey: hot(n), netuid: NET, height };
        change(&mut said);
        let bytes = signed_bytes(Domain::Consent, &self.genesis.chain_id(), &said);
        Call::Register {
            netuid: NET,
            hotkey: hot(n),
            max_burn: Rao::MAX,
            consent: hot_secret(n).sign(&bytes),
            consent_height: said.height,
        }
    }

    /// A row that looked at the last block.
    pub fn row(&self, entries: &[(u16, u16)]) -> WeightRow {
        WeightRow {
            netuid: NET,
            uids: entries.iter().map(|(uid, _)| Uid(*uid)).collect(),
            values: entries.iter().map(|(_, value)| *value).collect(),
            version_key: 0,
            view: Height(self.height),
        }
    }

    /// Sets the weights of hotkey `n` in a block of its own.
    pub fn set_weights(&mut self, n: u16, entries: &[(u16, u16)]) {
        let call = Call::SetWeights { row: self.row(entries) };
        let tx = self.free_call(n, call);
        self.run(tx).unwrap();
    }

    pub fn free(&self, n: u16) -> Rao {
        query::account(&self.state, &cold(n)).free
    }

    /// What coldkey `n` has staked behind hotkey `behind`.
    pub fn stake(&self, behind: u16, n: u16) -> Rao {
        query::stake(&self.state, &hot(behind), &cold(n))
    }

    pub fn supply(&self) -> Supply {
        let Some(Value::Supply(supply)) = self.state.get(&Key::Supply) else { panic!() };
        supply
    }

    /// Writes a value past the rules, to stand at a place that takes long to reach.
    pub fn poke(&mut self, key: Key, change: impl FnOnce(&mut Value)) {
        change(self.state.0.get_mut(&key).expect("what is changed exists"));
    }

    /// A transaction of coldkey `n` with its next nonce and another fee.
    pub fn tx_paying(&self, n: u16, fee: Rao, call: Call) -> Tx {
        let mut tx = self.tx(n, call);
        tx.body.fee = fee;
        tx
    }

    /// What a proposer would make of these; nothing is run for good.
    pub fn draft(&self, txs: &[Tx]) -> (weft_ledger::rules::Outcome, Vec<usize>) {
        self.draft_of(txs.iter().map(Into::into).collect())
    }

    /// The same with sizes that are said.
    pub fn draft_of(&self, txs: Vec<Offer<'_>>) -> (weft_ledger::rules::Outcome, Vec<usize>) {
        let header = self.header();
        let work =
            BlockInput { header: &header, finality: self.finality(), items: Vec::new(), txs };
        self.ledger.assemble(&self.state, work).unwrap()
    }

    /// Cuts a pool to nothing past the rules, with the totals.
    pub fn empty_pool(&mut self, n: u16) {
        let mut gone = Rao(0);
        self.poke(Key::Hotkey(hot(n)), |value| match value {
            Value::Hotkey(pool) => gone = std::mem::take(&mut pool.value),
            _ => panic!("a hotkey stands under its key"),
        });
        self.poke(Key::Supply, |value| match value {
            Value::Supply(supply) => {
                supply.staked.0 -= gone.0;
                supply.issued.0 -= gone.0;
            }
            _ => panic!("the totals stand under their key"),
        });
    }

    /// Puts coins into a pool past the rules, with the totals, at as many shares as it has.
    pub fn fill_pool(&mut self, n: u16, by: Rao) {
        self.poke(Key::Hotkey(hot(n)), |value| match value {
            Value::Hotkey(pool) => pool.value.0 += by.0,
            _ => panic!("a hotkey stands under its key"),
        });
        self.poke(Key::Supply, |value| match value {
            Value::Supply(supply) => {
                supply.staked.0 += by.0;
                supply.issued.0 += by.0;
            }
            _ => panic!("the totals stand under their key"),
        });
    }

    /// Changes the subnet past the rules.
    pub fn poke_net(&mut self, change: impl FnOnce(&mut weft_ledger::state::value::Subnet)) {
        self.poke(Key::Subnet(NET), |value| match value {
            Value::Subnet(net) => change(net),
            _ => panic!("a subnet stands under its key"),
        });
    }

    /// Changes a neuron past the rules.
    pub fn poke_neuron(
        &mut self,
        uid: u16,
        change: impl FnOnce(&mut weft_ledger::state::value::Neuron),
    ) {
        self.poke(Key::Neuron(NET, Uid(uid)), |value| match value {
            Value::Neuron(neuron) => change(neuron),
            _ => panic!("a neuron stands under its key"),
        });
    }
}

#[derive(Default)]
struct Sums {
    free: u64,
    staked: u64,
    locked: u64,
    pending: u64,
    unbonding: u64,
    pools: BTreeMap<PublicKey, u128>,
    positions: BTreeMap<PublicKey, u128>,
}

/// Sums up a whole state: money is conserved to the rao, pools are the sums of their
/// positions, and seats and neurons name each other.
pub fn audit(state: &Memory) {
    let mut sums = Sums::default();
    for (key, value) in &state.0 {
        match (key, value) {
            (_, Value::Account(account)) => sums.free += account.free.0,
            (Key::Hotkey(hotkey), Value::Hotkey(pool)) => {
                sums.staked += pool.value.0;
                if pool.shares > 0 {
                    sums.pools.insert(*hotkey, pool.shares);
                }
            }
            (Key::Position(hotkey, _), Value::Position(shares)) => {
                assert!(*shares > 0, "an empty position is kept");
                *sums.positions.entry(*hotkey).or_default() += shares;
            }
            (_, Value::Subnet(net)) => {
                sums.pending += net.pending.0;
                sums.locked += net.locked.0;
            }
            (Key::Exits(_) | Key::Leaving(_), Value::Exits(exits)) => {
                sums.unbonding += exits.iter().map(|exit| exit.amount.0).sum::<u64>();
            }
            (Key::Neuron(netuid, uid), Value::Neuron(neuron)) => {
                let seat = state.0.get(&Key::Seat(*netuid, neuron.hotkey));
                assert_eq!(seat, Some(&Value::Seat(*uid)));
            }
            (Key::Seat(netuid, hotkey), Value::Seat(uid)) => {
                let neuron = state.0.get(&Key::Neuron(*netuid, *uid));
                assert!(matches!(neuron, Some(Value::Neuron(n)) if n.hotkey == *hotkey));
            }
            _ => {}
        }
    }
    let Some(Value::Supply(supply)) = state.0.get(&Key::Supply) else { panic!("no totals") };
    let Supply { issued, free, staked, locked, pending, unbonding, .. } = *supply;
    let kept = [free, staked, locked, pending, unbonding].map(|rao| rao.0);
    let found = [sums.free, sums.staked, sums.locked, sums.pending, sums.unbonding];
    assert_eq!(kept, found, "free, staked, locked, pending, unbonding");
    assert_eq!(issued.0, found.iter().sum::<u64>(), "issued is the sum of all");
    assert!(issued <= SUPPLY_CAP);
    assert_eq!(sums.pools, sums.positions, "pools are the sums of their positions");
}
