//! A small chain on the real state tree, with short times, a halving close by, and few
//! slots for subnets.

use weft_ledger::query::schedule::threshold;
use weft_ledger::rules::{BlockInput, Ledger, Receipts};
use weft_ledger::state::value::{Bootstrap, Chain as ChainAt, Supply};
use weft_ledger::state::{Base, Key, Read, Seed, Value};
use weft_types::genesis::{
    GenesisAccount, GenesisNeuron, GenesisStake, GenesisSubnet, GenesisVoter,
};
use weft_types::params::SlotStep;
use weft_types::{
    BlockHash, Checkpoint, Finality, Genesis, Hash, Header, Height, Item, Millis, Netuid, Network,
    Params, Power, PublicKey, Rao, Round, SecretKey, Slot, Tx, VoterSets, Work,
};

/// How many people there are; each has a coldkey and two hotkeys.
pub const PEOPLE: u16 = 14;

/// How many of them vote; their first hotkeys are the genesis voters.
pub const VOTERS: u16 = 4;

pub fn secret(kind: u8, n: u16) -> SecretKey {
    let mut seed = [kind; 32];
    seed[..2].copy_from_slice(&n.to_le_bytes());
    SecretKey::from_seed(seed)
}

pub fn cold(n: u16) -> SecretKey {
    secret(9, n)
}

/// Hotkey 0 or 1 of a person.
pub fn hot(n: u16, which: u8) -> SecretKey {
    secret(20 + which, n)
}

/// What a block was and did.
pub struct Block {
    pub header: Header,
    pub txs: Vec<Tx>,
    pub receipts: Receipts,
    /// Whose shares it carries.
    pub carried: Vec<PublicKey>,
    /// Who voted on its parent, and how far the bootstrap was.
    pub voters: VoterSets,
    pub bootstrap: Option<Bootstrap>,
    /// How many values its parent's state held.
    pub held: u64,
}

pub struct Chain {
    pub genesis: Genesis,
    pub ledger: Ledger,
    base: Base,
    parent: BlockHash,
    slot: u64,
}

fn params() -> Params {
    let mut params = Params {
        rotation_blocks: 32,
        exit_blocks: 4,
        unbonding_blocks: 128,
        max_voters: 8,
        bootstrap_stake: Rao(2_000_000_000),
        bootstrap_candidates: 2,
        bootstrap_fade: 6,
        // Half full and more while the market lives.
        account_deposit: Rao(1_000),
        state_values: 400,
        lock_minimum: Rao(8_000_000_000),
        lock_interval: 20,
        subnet_immunity: 14,
        eviction_shift: 2,
        root_tempo: 9,
        take_increase_blocks: 10,
        admin_freeze_window: 2,
        max_candidates: 3,
        max_epochs_per_block: 1,
        subnet_slots: vec![
            SlotStep { from: Height(0), slots: 2 },
            SlotStep { from: Height(200), slots: 4 },
        ],
        ..Params::preset(Network::Local)
    };
    let numbers = &mut params.subnet_defaults;
    (numbers.tempo, numbers.max_uids, numbers.max_validators) = (6, 7, 4);
    (numbers.weights_rate_limit, numbers.serving_rate_limit) = (2, 3);
    (numbers.immunity_period, numbers.activity_cutoff) = (5, 60);
    (numbers.min_stamp_difficulty, numbers.stamp_half_life, numbers.burn_half_life) = (4, 12, 12);
    numbers.max_registrations_per_block = 2;
    params
}

fn genesis() -> Genesis {
    let params = params();
    let mut plain = params.subnet_defaults.clone();
    plain.commit_reveal = false;
    let voters: Vec<_> = (0..VOTERS).map(|n| (hot(n, 0).public(), cold(n).public())).collect();
    // Some tens of blocks below the first halving, recycled coins counted.
    let rich = PEOPLE / 2;
    let stake = Rao(50_000_000_000);
    let rest = threshold(1).0 - 20_000_000_000 - 4 * stake.0;
    let mut genesis = Genesis {
        network: Network::Local,
        name: "economy".to_owned(),
        genesis_time: Millis(0),
        rules: weft_types::rules::GenesisRules::default(),
        voters: voters
            .iter()
            .map(|(hotkey, coldkey)| GenesisVoter {
                hotkey: *hotkey,
                coldkey: *coldkey,
                power: Power(10),
            })
            .collect(),
        accounts: (0..rich)
            .map(|n| GenesisAccount {
                key: cold(n).public(),
                free: if n == 0 {
                    Rao(rest - u64::from(rich - 1) * 90_000_000_000)
                } else {
                    Rao(90_000_000_000)
                },
            })
            .collect(),
        stakes: (0..VOTERS)
            .map(|n| GenesisStake { hotkey: hot(n, 0).public(), coldkey: cold(n).public(), stake })
            .collect(),
        subnets: vec![GenesisSubnet {
            netuid: Netuid(1),
            owner: None,
            hyperparameters: plain,
            neurons: voters
                .iter()
                .map(|(hotkey, _)| GenesisNeuron { hotkey: *hotkey, validator_permit: true })
                .collect(),
        }],
        params,
    };
    genesis.voters.sort_by_key(|v| v.hotkey);
    genesis.accounts.sort_by_key(|a| a.key);
    genesis.stakes.sort_by_key(|s| s.hotkey);
    genesis
}

impl Chain {
    pub fn new() -> Self {
        let genesis = genesis();
        let (ledger, changes) = Ledger::genesis(&genesis).unwrap();
        let base = Base::genesis(changes, Seed([3; 4]));
        let parent = genesis.block_hash();
        Self { genesis, ledger, base, parent, slot: 0 }
    }

    /// Runs a block of those transactions that can be in it. Proposing and executing must
    /// give the same.
    pub fn run(&mut self, txs: &[Tx], items: &[(PublicKey, Vec<Item>)]) -> Block {
        let header = self.header();
        let items: Vec<_> = items.iter().map(|(voter, list)| (*voter, list.as_slice())).collect();
        let finality = self.finality();
        let (voters, bootstrap) = (self.at().voters, self.bootstrap());
        let held = self.entries().count() as u64;
        let carried = items.iter().map(|(voter, _)| *voter).collect();
        let work = BlockInput {
            header: &header,
            finality,
            items: items.clone(),
            txs: txs.iter().map(Into::into).collect(),
        };
        let view = self.base.view(Vec::new());
        let (outcome, kept) = self.ledger.assemble(&view, work).unwrap();
        let txs: Vec<Tx> = kept.iter().map(|at| txs[*at].clone()).collect();
        let work = BlockInput {
            header: &header,
            finality,
            items,
            txs: txs.iter().map(Into::into).collect(),
        };
        let again = self.ledger.execute(&view, work).unwrap();
        assert_eq!(outcome, again, "proposing and executing are one thing");
        let layer = view.grow(outcome.changes);
        self.base.absorb(&layer);
        self.parent = header.hash();
        Block { header, txs, receipts: outcome.receipts, carried, voters, bootstrap, held }
    }

    /// What was three slots ago is final, except that finality rests for a while now and then.
    fn finality(&self) -> Finality {
        let slot = if self.slot % 100 > 60 { self.slot - self.slot % 100 + 60 } else { self.slot };
        let at = Checkpoint { round: Round(slot.saturating_sub(3)), hash: self.parent };
        Finality { justified: at, finalized: at }
    }

    pub fn bootstrap(&self) -> Option<Bootstrap> {
        match self.get(&Key::Bootstrap) {
            Some(Value::Bootstrap(record)) => Some(record),
            _ => None,
        }
    }

    /// Whether no other voters could be taken of late, so that stake waits.
    pub fn rests(&self) -> bool {
        let Some(Value::Rotation(record)) = self.get(&Key::Rotation) else { return true };
        record.rests || self.height() - record.released.0 > 3 * self.genesis.params.rotation_blocks
    }

    fn header(&mut self) -> Header {
        let height = self.height() + 1;
        // Every seventh slot is missed.
        self.slot += if height.is_multiple_of(7) { 2 } else { 1 };
        let proposer = hot(u16::try_from(self.slot % u64::from(VOTERS)).unwrap(), 0).public();
        Header {
            slot: Slot(self.slot),
            round: Round(self.slot),
            height: Height(height),
            parent: self.parent,
            proposer,
            work: Work::ZERO,
            ..self.genesis.header(Hash::ZERO)
        }
    }

    pub fn entries(&self) -> impl Iterator<Item = (&Key, &Value)> {
        self.base.entries().map(|(key, _, value)| (key, value))
    }

    pub fn get(&self, key: &Key) -> Option<Value> {
        self.base.view(Vec::new()).get(key)
    }

    pub fn view(&self) -> weft_ledger::state::View<'_> {
        self.base.view(Vec::new())
    }

    pub fn root(&self) -> Hash {
        self.view().root()
    }

    pub const fn parent(&self) -> BlockHash {
        self.parent
    }

    pub fn at(&self) -> ChainAt {
        match self.get(&Key::Chain) {
            Some(Value::Chain(chain)) => *chain,
            other => panic!("{other:?} is no chain"),
        }
    }

    /// The round of the last block.
    pub const fn header_round(&self) -> Round {
        Round(self.slot)
    }

    pub fn height(&self) -> u64 {
        self.at().height.0
    }

    pub fn supply(&self) -> Supply {
        match self.get(&Key::Supply) {
            Some(Value::Supply(supply)) => supply,
            other => panic!("{other:?} are no totals"),
        }
    }
}
