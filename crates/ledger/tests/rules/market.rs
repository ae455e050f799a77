//! What the tests of the markets share: free calls of coldkeys, stamps, promised rows,
//! subnets to be created, and raw reads of the state.

use crate::world::{FEE, NET, World, cold, hot, hot_secret};
use weft_ledger::rules::{Breach, CallError, Receipts};
use weft_ledger::state::value::{Neuron, Subnet};
use weft_ledger::state::{Key, Read, Value};
use weft_types::hash::Domain;
use weft_types::signature::signed_bytes;
use weft_types::stamp::{Stamp, StampFor};
use weft_types::tx::Consent;
use weft_types::{
    BatchCall, Call, Commitment, Height, Identity, Item, Netuid, Parameter, PublicKey, Rao, Reveal,
    Signature, Tx, TxBody, Uid, WeightRow,
};

/// Enough tries for every difficulty of these tests.
const TRIES: u64 = 1 << 22;

impl World {
    /// A subnet as it stands in the state.
    pub fn net(&self, netuid: Netuid) -> Option<Subnet> {
        match self.state.get(&Key::Subnet(netuid))? {
            Value::Subnet(net) => Some(*net),
            _ => panic!("a subnet stands under its key"),
        }
    }

    /// A neuron as it stands in the state.
    pub fn neuron(&self, netuid: Netuid, uid: u16) -> Option<Neuron> {
        match self.state.get(&Key::Neuron(netuid, Uid(uid)))? {
            Value::Neuron(neuron) => Some(neuron),
            _ => panic!("a neuron stands under its key"),
        }
    }

    /// The uid of hotkey `n`.
    pub fn seat(&self, netuid: Netuid, n: u16) -> Option<u16> {
        weft_ledger::query::uid(&self.state, netuid, &hot(n)).map(|uid| uid.0)
    }

    /// Changes any subnet past the rules.
    pub fn poke_subnet(&mut self, netuid: Netuid, change: impl FnOnce(&mut Subnet)) {
        self.poke(Key::Subnet(netuid), |value| match value {
            Value::Subnet(net) => change(net),
            _ => panic!("a subnet stands under its key"),
        });
    }

    /// A free call of any key.
    pub fn free_by(&self, signer: PublicKey, call: Call) -> Tx {
        let like = self.free_call(0, call);
        Tx { body: TxBody { signer, ..like.body }, ..like }
    }

    /// A free call that no block can carry, and why: the same to a pool and to a block.
    pub fn wont(&self, tx: &Tx, want: &CallError) {
        let head = self.genesis.block_hash();
        let said = self.ledger.try_free(&self.state, head, &tx.body);
        assert_eq!(said, Err(want.clone()));
        let breach = self.clone().refused(tx.clone());
        let id = tx.body.id();
        assert_eq!(breach, Breach::FreeCallFails { id, error: want.clone() });
    }

    /// A paying call of coldkey `n` that fails: the fee is gone, and nothing else has
    /// changed but what an empty block would change.
    pub fn wont_pay(&self, n: u16, call: Call, want: &CallError) {
        let (mut world, mut idle) = (self.clone(), self.clone());
        let tx = world.tx(n, call);
        let receipts = world.block(&[tx]);
        assert_eq!(receipts.txs[0].result, Err(want.clone()));
        assert!(receipts.txs[0].events.is_empty(), "a failed call tells nothing");
        idle.block(&[]);
        // Coldkey 0 has the fees; its own calls are paid to itself.
        let fee = if n == 0 { Rao(0) } else { FEE };
        assert_eq!(world.free(n).0 + fee.0, idle.free(n).0, "the fee alone");
        for key in [Key::Account(cold(n)), Key::Account(cold(0))] {
            world.state.0.remove(&key);
            idle.state.0.remove(&key);
        }
        assert_eq!(world.state, idle.state, "nothing but the fee");
    }

    /// Runs a block of one call of coldkey `n` that must be done.
    pub fn does(&mut self, n: u16, call: Call) -> Receipts {
        let tx = self.tx(n, call);
        let receipts = self.block(&[tx]);
        assert_eq!(receipts.txs[0].result, Ok(()));
        receipts
    }

    /// Runs a block of one free call that must be done.
    pub fn does_free(&mut self, tx: &Tx) -> Receipts {
        let receipts = self.try_block(&[], std::slice::from_ref(tx)).unwrap();
        assert_eq!(receipts.txs[0].result, Ok(()));
        receipts
    }

    /// Runs a block with one item of hotkey `n`; answers what became of it.
    pub fn item(&mut self, n: u16, item: Item) -> Result<(), CallError> {
        self.try_block(&[(hot(n), vec![item])], &[]).unwrap().items.remove(0).result
    }

    /// What hotkey `n` signs to be coldkey `n`'s in a subnet, as of the head.
    pub fn consent(&self, n: u16, netuid: Netuid) -> Consent {
        Consent { coldkey: cold(n), hotkey: hot(n), netuid, height: Height(self.height) }
    }

    /// The signature of hotkey `n` under a consent.
    pub fn signed(&self, n: u16, said: &Consent) -> Signature {
        hot_secret(n).sign(&signed_bytes(Domain::Consent, &self.genesis.chain_id(), said))
    }

    /// What a stamp of this consent covers. Every block of these tests has one hash.
    pub fn subject(&self, said: Consent) -> StampFor {
        let chain = self.genesis.chain_id();
        StampFor { chain, consent: said, block: self.genesis.block_hash() }
    }

    /// The difficulty that a stamp naming the head must meet.
    pub fn difficulty(&self, netuid: Netuid) -> u64 {
        let params = self.ledger.params();
        let cost =
            weft_ledger::query::market::registration_cost(&self.state, params, netuid).unwrap();
        cost.stamp_difficulty.unwrap().0
    }

    /// A registration of hotkey `n` by coldkey `n` with the first stamp that meets a
    /// difficulty, and none twice as hard.
    pub fn stamp_of(&self, n: u16, subject: StampFor, difficulty: u64) -> Tx {
        let mut first = 0;
        let solution = loop {
            let found = subject.search(difficulty, first, TRIES).unwrap();
            let hash = Stamp { subject, solution: found }.hash();
            if difficulty == 1 || !Stamp::meets(&hash, difficulty.saturating_mul(2)) {
                break found;
            }
            first = found + 1;
        };
        self.stamped(n, subject.consent, solution)
    }

    /// The call with any solution.
    pub fn stamped(&self, n: u16, said: Consent, solution: u64) -> Tx {
        let Consent { netuid, hotkey, height, .. } = said;
        let consent = self.signed(n, &said);
        let call = Call::RegisterStamp { netuid, hotkey, consent, height, solution };
        self.free_by(cold(n), call)
    }

    /// A registration of hotkey `n` by a good stamp that names the head.
    pub fn stamp(&self, n: u16) -> Tx {
        let subject = self.subject(self.consent(n, NET));
        self.stamp_of(n, subject, self.difficulty(NET))
    }

    /// Creates a subnet of coldkey `n` with hotkey `n`, whatever it costs.
    pub fn create(&self, n: u16) -> Call {
        let said = self.consent(n, Netuid::ZERO);
        Call::RegisterSubnet {
            hotkey: hot(n),
            max_lock: Rao::MAX,
            consent: self.signed(n, &said),
            consent_height: said.height,
        }
    }

    /// What hotkey `n` commits to, looking at the head.
    pub fn commitment(&self, n: u16, reveal: &Reveal) -> Commitment {
        let (netuid, hash) = (reveal.netuid, reveal.commitment(&hot(n)));
        Commitment { netuid, hash, at: Height(self.height) }
    }

    /// The same as a transaction.
    pub fn commit(&self, n: u16, reveal: &Reveal) -> Tx {
        self.free_call(n, Call::CommitWeights { commitment: self.commitment(n, reveal) })
    }

    /// A reveal as a transaction.
    pub fn reveal(&self, n: u16, reveal: &Reveal) -> Tx {
        self.free_call(n, Call::RevealWeights { reveal: reveal.clone() })
    }

    /// A row of the root matrix that looked at the head.
    pub fn root_row(&self, scores: &[(u16, u16)]) -> WeightRow {
        WeightRow { netuid: Netuid::ZERO, ..self.row(scores) }
    }

    /// How the emission is shared, as parts of all in millionths, netuids ascending.
    pub fn shares(&self) -> Vec<(u16, u64)> {
        let Some(Value::Root(root)) = self.state.get(&Key::Root) else { return Vec::new() };
        let sum: u64 = root.shares.iter().map(|share| share.weight).sum();
        let part = |weight: u64| u128::from(weight) * 1_000_000 / u128::from(sum.max(1));
        let shares = root.shares.iter();
        shares.map(|s| (s.netuid.0, u64::try_from(part(s.weight)).unwrap())).collect()
    }
}

/// A row of the one subnet to be hidden, with a salt that differs by number.
pub fn hidden(entries: &[(u16, u16)], salt: u8) -> Reveal {
    Reveal {
        netuid: NET,
        uids: entries.iter().map(|(uid, _)| Uid(*uid)).collect(),
        values: entries.iter().map(|(_, value)| *value).collect(),
        salt: [salt; 16],
        version_key: 0,
    }
}

/// Sets a hyperparameter of a subnet.
pub fn sets(netuid: Netuid, parameter: Parameter, value: u64) -> Call {
    Call::SetHyperparameter { netuid, parameter, value }
}

/// Says what a subnet is.
pub fn says(netuid: Netuid, identity: Identity) -> Call {
    Call::SetIdentity { netuid, identity }
}

/// Several calls as one.
pub fn batch(calls: Vec<Call>) -> Call {
    Call::Batch { calls: calls.into_iter().map(BatchCall).collect() }
}
