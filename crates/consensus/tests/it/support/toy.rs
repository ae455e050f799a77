//! An executor without accounts: its root binds the chain, the standing and what the
//! block carries. It can rotate voter sets (R12) and refuse a height.

use std::collections::BTreeMap;
use weft_consensus::{Assembled, Draft, Executed, Executor};
use weft_types::key::derive_test_key;
use weft_types::{
    BlockHash, CheckedBlock, CheckedTx, Domain, Finality, Genesis, Hash, Header, Millis, Network,
    Params, Power, Round, SecretKey, Version, VoterSet, VoterSets, genesis::GenesisVoter,
};

/// When slot 0 begins in tests, and how long a slot is.
pub const GENESIS_TIME: u64 = 1_000_000;
pub const SLOT_MS: u64 = 1_000;

/// The keys of `n` voters, by key: voter 0 comes first in every set.
pub fn keys(n: usize) -> Vec<SecretKey> {
    let mut keys: Vec<_> = (0..n).map(|i| derive_test_key("consensus", &i.to_string())).collect();
    keys.sort_by_key(SecretKey::public);
    keys
}

/// A genesis with these powers.
pub fn genesis(powers: &[u64]) -> Genesis {
    let keys = keys(powers.len());
    let voter = |(key, power): (&SecretKey, &u64)| GenesisVoter {
        hotkey: key.public(),
        coldkey: key.public(),
        power: Power(*power),
    };
    let mut params = Params::preset(Network::Local);
    params.slot_ms = SLOT_MS;
    Genesis {
        network: Network::Local,
        name: "toy".to_owned(),
        genesis_time: Millis(GENESIS_TIME),
        rules: weft_types::rules::GenesisRules::default(),
        params,
        voters: keys.iter().zip(powers).map(voter).collect(),
        accounts: Vec::new(),
        stakes: Vec::new(),
        subnets: Vec::new(),
    }
}

/// Why the toy refuses a block.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ToyRefusal {
    #[error("no state for parent {0}")]
    NoParent(BlockHash),
    #[error("the height is not liked")]
    Disliked,
}

#[derive(Clone, Debug)]
struct State {
    root: Hash,
    sets: VoterSets,
    rotated: Round,
    rules: Version,
}

/// The toy executor.
#[derive(Clone, Debug)]
pub struct Toy {
    states: BTreeMap<BlockHash, State>,
    /// Every how many blocks the set rotates, and through which sets.
    pub rotation: Option<(u64, Vec<VoterSet>)>,
    /// The block of a slot after which the chain is run by other rules, and which (R21).
    pub change: Option<(u64, Version)>,
    /// A height whose blocks are refused.
    pub disliked: Option<u64>,
    /// What was made final, in order.
    pub finalized: Vec<BlockHash>,
}

impl Toy {
    pub fn new(genesis: &Genesis) -> Self {
        let sets = VoterSets { current: genesis.voter_set(), previous: None };
        let rules = genesis.rules.first();
        let state = State { root: Hash::ZERO, sets, rotated: Round::ZERO, rules };
        let states = BTreeMap::from([(genesis.block_hash(), state)]);
        Self { states, rotation: None, change: None, disliked: None, finalized: Vec::new() }
    }

    pub fn executed(&self, hash: &BlockHash) -> Option<Executed> {
        let state = self.states.get(hash)?;
        Some(Executed { state_root: state.root, sets: state.sets.clone(), rules: state.rules })
    }

    /// Adds a state by hand: what a checkpoint on disk would hold.
    pub fn put(&mut self, hash: BlockHash, other: &Self) {
        self.states.insert(hash, other.states[&hash].clone());
    }

    fn run(
        &self,
        header: &Header,
        finality: Finality,
        seals: &[Hash],
    ) -> Result<State, ToyRefusal> {
        let parent = self.states.get(&header.parent).ok_or(ToyRefusal::NoParent(header.parent))?;
        if self.disliked == Some(header.height.0) {
            return Err(ToyRefusal::Disliked);
        }
        let mut bytes = parent.root.0.to_vec();
        bytes.extend(header.height.0.to_le_bytes());
        bytes.extend(header.slot.0.to_le_bytes());
        for checkpoint in [finality.justified, finality.finalized] {
            bytes.extend(checkpoint.round.0.to_le_bytes());
            bytes.extend(checkpoint.hash.0);
        }
        seals.iter().for_each(|seal| bytes.extend(seal.0));
        let mut state = State { root: Hash::of(Domain::StateRoot, &bytes), ..parent.clone() };
        self.rotate(&mut state, header, finality);
        if let Some((_, rules)) = self.change.filter(|(at, _)| header.slot.0 == *at) {
            state.rules = rules;
        }
        Ok(state)
    }

    /// R12: current, next and previous; the previous set counts until the rotation is
    /// final in the state.
    fn rotate(&self, state: &mut State, header: &Header, finality: Finality) {
        if finality.finalized.round >= state.rotated {
            state.sets.previous = None;
        }
        let Some((every, sets)) = &self.rotation else { return };
        if header.height.0.is_multiple_of(*every) && state.sets.previous.is_none() {
            let which = usize::try_from(header.height.0 / every).unwrap() % sets.len();
            let mut next = sets[which].clone();
            next.anchor = finality.finalized.hash;
            state.sets.previous = Some(std::mem::replace(&mut state.sets.current, next));
            state.rotated = header.round;
        }
    }

    fn keep(&mut self, hash: BlockHash, state: State) -> Executed {
        let (state_root, sets) = (state.root, state.sets.clone());
        let executed = Executed { state_root, sets, rules: state.rules };
        self.states.insert(hash, state);
        executed
    }
}

impl Executor for Toy {
    type Refusal = ToyRefusal;

    fn execute(
        &mut self,
        block: &CheckedBlock,
        finality: Finality,
    ) -> Result<Executed, ToyRefusal> {
        let seals: Vec<Hash> = block.block().proof.iter().map(|s| s.signed.seal()).collect();
        let state = self.run(block.header(), finality, &seals)?;
        Ok(self.keep(block.hash(), state))
    }

    fn assemble(&mut self, draft: &Draft, txs: Vec<CheckedTx>) -> Result<Assembled, ToyRefusal> {
        let seals: Vec<Hash> = draft.proof.iter().map(|s| *s.seal()).collect();
        let state = self.run(&draft.header, draft.finality, &seals)?;
        let seals: Vec<Hash> = txs.iter().map(|t| *t.seal()).collect();
        let txs_root = weft_types::block::txs_root(&seals);
        let header = Header { state_root: state.root, txs_root, ..draft.header.clone() };
        let executed = self.keep(header.hash(), state);
        Ok(Assembled { header, txs, executed })
    }

    fn forget(&mut self, block: &BlockHash) {
        self.states.remove(block);
    }

    fn finalize(&mut self, block: &BlockHash) {
        assert!(self.states.contains_key(block), "finalised a block that is not kept");
        self.finalized.push(*block);
    }
}
