//! A small chain to try forks on: one voter, a few rich accounts, a subnet whose epochs
//! come often.

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use weft_ledger::forks::{Forks, Refusal};
use weft_ledger::state::value::Account;
use weft_ledger::state::{Key, Read, Seed, Value};
use weft_types::block::proof_root;
use weft_types::check::{check_txs, seal_block};
use weft_types::executor::{Draft, Executed, Executor};
use weft_types::genesis::{
    GenesisAccount, GenesisNeuron, GenesisStake, GenesisSubnet, GenesisVoter,
};
use weft_types::{
    BlockHash, Call, ChainTag, CheckedBlock, CheckedTx, Genesis, Hash, Header, Height,
    Hyperparameters, Millis, Netuid, Network, Nonce, Params, Power, Rao, Round, SecretKey, Slot,
    TxBody, Work,
};

/// What accounts 0 to 9 have at the start.
pub const START: u64 = 1_000_000_000;

const FEE: Rao = Rao(10_000);

/// The key of account `n`.
pub fn account(n: u8) -> SecretKey {
    SecretKey::from_seed([n; 32])
}

/// A chain and who makes its blocks.
pub struct Net {
    pub genesis: Genesis,
    voter: SecretKey,
}

impl Net {
    pub fn new() -> (Self, Forks) {
        let (voter, cold) = (SecretKey::from_seed([200; 32]), SecretKey::from_seed([201; 32]));
        let (hotkey, coldkey) = (voter.public(), cold.public());
        let rich = |n| GenesisAccount { key: account(n).public(), free: Rao(START) };
        let mut accounts: Vec<_> = (0..10).map(rich).collect();
        accounts.sort_by_key(|a| a.key);
        let params = Params::preset(Network::Local);
        let subnet = GenesisSubnet {
            netuid: Netuid(1),
            owner: Some(coldkey),
            hyperparameters: Hyperparameters { tempo: 3, ..params.subnet_defaults.clone() },
            neurons: vec![GenesisNeuron { hotkey, validator_permit: true }],
        };
        let genesis = Genesis {
            network: Network::Local,
            name: "forks".into(),
            genesis_time: Millis(0),
            rules: weft_types::rules::GenesisRules::default(),
            params,
            voters: vec![GenesisVoter { hotkey, coldkey, power: Power(1) }],
            accounts,
            stakes: vec![GenesisStake { hotkey, coldkey, stake: Rao(START) }],
            subnets: vec![subnet],
        };
        let net = Self { genesis, voter };
        let forks = net.forks();
        (net, forks)
    }

    /// The first state, as another node has it.
    pub fn forks(&self) -> Forks {
        Forks::new(&self.genesis, Seed([7; 4])).expect("the genesis is good")
    }

    pub fn genesis(&self) -> BlockHash {
        self.genesis.block_hash()
    }

    /// Transfers (from, to, amount) on the first state.
    pub fn transfers(&self, moves: &[(u8, u8, u64)]) -> Vec<CheckedTx> {
        self.transfers_on(&self.forks(), &self.genesis(), moves)
    }

    /// Transfers (from, to, amount) with the nonces that are due after a block.
    pub fn transfers_on(
        &self,
        forks: &Forks,
        parent: &BlockHash,
        moves: &[(u8, u8, u64)],
    ) -> Vec<CheckedTx> {
        let chain = self.genesis.chain_id();
        let tx = |(at, (from, to, amount)): (usize, &(u8, u8, u64))| {
            let before = moves[..at].iter().filter(|m| m.0 == *from).count() as u64;
            let nonce = self.account(forks, parent, *from).nonce.0 + before;
            let body = TxBody {
                chain: ChainTag::of(&chain),
                signer: account(*from).public(),
                nonce: Nonce(nonce),
                fee: FEE,
                valid_until: None,
                call: Call::Transfer {
                    to: account(*to).public(),
                    amount: Rao(*amount),
                    open: true,
                },
            };
            body.sign(&account(*from), &chain)
        };
        let txs = moves.iter().enumerate().map(tx).collect();
        let mut rng = ChaCha20Rng::from_seed([1; 32]);
        let checked = check_txs(txs, (&self.genesis.params, &chain), &(), &mut rng);
        checked.into_iter().map(|tx| tx.expect("a signed transfer is good")).collect()
    }

    fn account(&self, forks: &Forks, block: &BlockHash, n: u8) -> Account {
        match forks.view(block).expect("the block is kept").get(&Key::Account(account(n).public()))
        {
            Some(Value::Account(account)) => account,
            _ => Account::default(),
        }
    }

    /// The coins of account `n` after a block.
    pub fn free(&self, forks: &Forks, block: &BlockHash, n: u8) -> Rao {
        self.account(forks, block, n).free
    }

    pub fn draft(&self, forks: &Forks, parent: BlockHash, slot: u64) -> Draft {
        let height = forks.chain(&parent).expect("the parent is kept").height.0 + 1;
        let header = Header {
            version: 1,
            signal: weft_types::RulesId::NONE,
            slot: Slot(slot),
            round: Round(slot),
            height: Height(height),
            parent,
            proposer: self.voter.public(),
            txs_root: Hash::ZERO,
            proof_root: proof_root(&[], None),
            state_root: Hash::ZERO,
            work: Work::ZERO,
        };
        Draft { header, proof: vec![], catch_up: None, finality: self.genesis.finality() }
    }

    /// A block on a parent, kept by the forks that made it.
    pub fn extend(
        &self,
        forks: &mut Forks,
        parent: BlockHash,
        slot: u64,
        txs: Vec<CheckedTx>,
    ) -> CheckedBlock {
        let draft = self.draft(forks, parent, slot);
        let made = forks.assemble(&draft, txs).expect("the draft can be run");
        assert_eq!(made.header.state_root, made.executed.state_root);
        let chain = self.genesis.chain_id();
        let block = seal_block(made.header, (&self.voter, &chain), vec![], None, made.txs);
        assert_eq!(forks.executed(&block.hash()), Some(made.executed));
        block
    }

    pub fn execute(&self, forks: &mut Forks, block: &CheckedBlock) -> Result<Executed, Refusal> {
        forks.execute(block, self.genesis.finality())
    }
}
