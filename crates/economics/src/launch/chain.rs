//! A chain without a network: the real ledger on the real state, block after block. The
//! launch runs on it, and so do attacks on incentives.

use weft_ledger::forks::{AuditError, sum_up};
use weft_ledger::query::voters;
use weft_ledger::rules::{BlockInput, Breach, Event, Ledger, Receipts};
use weft_ledger::state::value::Supply;
use weft_ledger::state::{Base, Seed, View};
use weft_types::hash::Domain;
use weft_types::signature::signed_bytes;
use weft_types::tx::Consent;
use weft_types::{
    BlockHash, Call, ChainId, ChainTag, Checkpoint, Finality, Genesis, Hash, Header, Height, Item,
    Netuid, Nonce, Params, PublicKey, Rao, Round, SecretKey, Signature, Slot, Tx, TxBody, Uid,
    VoterSet, WeightRow, Work,
};

/// The one subnet.
pub(crate) const NETUID: Netuid = Netuid(1);

/// Shares without work.
const NOTHING: &[Item] = &[];

/// Who lost a uid in a block, and who got which, in order.
pub(crate) fn seats(receipts: &Receipts) -> impl Iterator<Item = (&PublicKey, Option<Uid>)> {
    let changes = |event| match event {
        &Event::NeuronRegistered { uid, ref hotkey, ref replaced, .. } => {
            [replaced.as_ref().map(|key| (key, None)), Some((hotkey, Some(uid)))]
        }
        _ => [None, None],
    };
    receipts.txs.iter().flat_map(|tx| &tx.events).flat_map(changes).flatten()
}

/// The last state, and how it came about.
pub(crate) struct Chain {
    /// The header of block 0, from which the others take what never changes.
    first: Header,
    ledger: Ledger,
    base: Base,
    pub(crate) id: ChainId,
    pub(crate) head: BlockHash,
    pub(crate) height: Height,
    /// How many calls no block took, of those that were sent.
    pub(crate) refused: u64,
}

impl Chain {
    /// Block 0.
    pub(crate) fn new(genesis: &Genesis) -> Self {
        let (ledger, changes) = Ledger::genesis(genesis).expect("the genesis made here is good");
        let first = genesis.header(Hash::ZERO);
        let (id, head) = (genesis.chain_id(), genesis.block_hash());
        let base = Base::genesis(changes, Seed([11; 4]));
        Self { first, ledger, base, id, head, height: Height::ZERO, refused: 0 }
    }

    /// Runs a block with those of the calls that may be in it.
    pub(crate) fn run(&mut self, txs: &[Tx]) -> Result<Receipts, Breach> {
        let height = self.height.0 + 1;
        let voters: Vec<PublicKey> = self.set().voters.iter().map(|v| v.key).collect();
        let turn = usize::try_from(height).unwrap_or_default() % voters.len().max(1);
        let header = Header {
            slot: Slot(height),
            round: Round(height),
            height: Height(height),
            parent: self.head,
            proposer: voters.get(turn).copied().unwrap_or_default(),
            work: Work::ZERO,
            ..self.first.clone()
        };
        // Everybody votes, and what was two blocks ago is final.
        let at = Checkpoint { round: Round(height.saturating_sub(2)), hash: self.head };
        let finality = Finality { justified: at, finalized: at };
        let work = BlockInput {
            header: &header,
            finality,
            items: voters.iter().map(|v| (*v, NOTHING)).collect(),
            txs: txs.iter().map(Into::into).collect(),
        };
        let view = self.base.view(Vec::new());
        let (outcome, kept) = self.ledger.assemble(&view, work)?;
        let layer = view.grow(outcome.changes);
        self.base.absorb(&layer);
        self.refused += (txs.len() - kept.len()) as u64;
        (self.head, self.height) = (header.hash(), header.height);
        Ok(outcome.receipts)
    }

    /// A transaction. It goes unsigned: signatures are checked before the ledger sees one.
    pub(crate) fn tx(&self, signer: PublicKey, (nonce, fee): (Nonce, Rao), call: Call) -> Tx {
        let chain = ChainTag::of(&self.id);
        let body = TxBody { chain, signer, nonce, fee, valid_until: None, call };
        Tx { body, signature: Signature([0; 64]) }
    }

    /// A free call.
    pub(crate) fn free(&self, signer: PublicKey, call: Call) -> Tx {
        self.tx(signer, (Nonce(0), Rao::ZERO), call)
    }

    /// A row of scores, as of the last block.
    pub(crate) fn row(&self, hotkey: PublicKey, scores: Vec<(Uid, u16)>) -> Tx {
        let (uids, values) = scores.into_iter().unzip();
        let row = WeightRow { netuid: NETUID, uids, values, version_key: 0, view: self.height };
        self.free(hotkey, Call::SetWeights { row })
    }

    /// What a hotkey signs to be registered at the last block for a coldkey.
    pub(crate) fn consent(&self, hot: &SecretKey, coldkey: PublicKey) -> (Consent, Signature) {
        let hotkey = hot.public();
        let said = Consent { coldkey, hotkey, netuid: NETUID, height: self.height };
        (said, hot.sign(&signed_bytes(Domain::Consent, &self.id, &said)))
    }

    /// The last state.
    pub(crate) fn state(&self) -> View<'_> {
        self.base.view(Vec::new())
    }

    pub(crate) const fn params(&self) -> &Params {
        self.ledger.params()
    }

    /// Who votes now.
    pub(crate) fn set(&self) -> VoterSet {
        voters::sets(&self.state()).expect("genesis writes who votes").current
    }

    /// Sums everything up.
    pub(crate) fn audit(&self) -> Result<Supply, AuditError> {
        sum_up(self.base.entries().map(|(key, _, value)| (key, value)))
    }

    /// The rotation at which the bootstrap ended.
    pub(crate) fn ended(&self) -> Option<Height> {
        voters::bootstrap(&self.state(), self.params()).began
    }
}
