//! Running blocks on their parents' states: the seam to consensus and to the rules.

use super::{Forks, Kept, Refusal};
use crate::rules::{BlockInput, Offer, Outcome, child_rules, reads};
use crate::state::value::Chain;
use crate::state::{Key, Layer, Value, View};
use std::sync::Arc;
use weft_types::block::txs_root;
use weft_types::executor::{Assembled, Draft, Executed, Executor};
use weft_types::{BlockHash, Call, CheckedBlock, CheckedTx, Finality, Hash, Header, Tx};

impl Executor for Forks {
    type Refusal = Refusal;

    /// A block that is kept is not run again: what is kept is the answer.
    fn execute(
        &mut self,
        block: &CheckedBlock,
        finality: Finality,
    ) -> Result<Executed, Self::Refusal> {
        let hash = block.hash();
        if let Some(executed) = self.executed(&hash) {
            return Ok(executed);
        }
        let view = self.parent(block.header())?;
        view.warm(&accounts(block.block().txs.iter()));
        if let Some(rules) = self.rules(&block.header().parent) {
            let version = rules.version;
            let good = self.ledger.permits_block(rules, block); // R21
            good.map_err(|error| Refusal::AgainstRules { version, error })?;
        }
        let outcome = self.ledger.execute(&view, work_of(block, finality))?;
        let kept = keep(&view, block.header(), outcome)?;
        Ok(self.insert(hash, kept))
    }

    fn assemble(&mut self, draft: &Draft, txs: Vec<CheckedTx>) -> Result<Assembled, Self::Refusal> {
        let view = self.parent(&draft.header)?;
        view.warm(&accounts(txs.iter().map(CheckedTx::tx)));
        let (outcome, picked) = self.ledger.assemble(&view, work_of_draft(draft, &txs))?;
        let kept = keep(&view, &draft.header, outcome)?;
        let txs = pick(txs, &picked);
        let seals: Vec<Hash> = txs.iter().map(|tx| *tx.seal()).collect();
        let header = Header {
            txs_root: txs_root(&seals),
            state_root: kept.executed.state_root,
            ..draft.header.clone()
        };
        let executed = self.insert(header.hash(), kept);
        Ok(Assembled { header, txs, executed })
    }

    fn forget(&mut self, block: &BlockHash) {
        self.drop_from(block);
    }

    fn finalize(&mut self, block: &BlockHash) {
        self.settle(block);
    }
}

impl Forks {
    fn parent(&self, header: &Header) -> Result<View<'_>, Refusal> {
        let parent = header.parent;
        self.view(&parent).ok_or(Refusal::UnknownParent { parent })
    }

    fn insert(&mut self, hash: BlockHash, kept: Kept) -> Executed {
        let born = self.born;
        self.born = born.saturating_add(1);
        self.kept.entry(hash).or_insert(Kept { born, ..kept }).executed.clone()
    }
}

/// The accounts that plain transfers will ask for, and the signers of all else.
fn accounts<'a>(txs: impl Iterator<Item = &'a Tx>) -> Vec<Key> {
    let to = |tx: &'a Tx| match &tx.body.call {
        Call::Transfer { to, .. } => Some(Key::Account(*to)),
        _ => None,
    };
    txs.flat_map(|tx| [Some(Key::Account(tx.body.signer)), to(tx)]).flatten().collect()
}

/// What a block made of its parent's state, ready to be kept.
fn keep(view: &View<'_>, header: &Header, outcome: Outcome) -> Result<Kept, Refusal> {
    let layer = view.grow(outcome.changes);
    let chain = chain_of(&layer).ok_or(Refusal::NoChain)?;
    let rules = match layer.get(&Key::Rules).map(|write| &write.value) {
        Some(Some(Value::Rules(written))) => child_rules(written, chain),
        _ => child_rules(&reads::rules(view), chain),
    };
    let executed = Executed { state_root: layer.root(), sets: chain.voters.clone(), rules };
    let receipts = Arc::new(outcome.receipts);
    let (parent, height) = (header.parent, header.height);
    Ok(Kept { parent, height, born: 0, layer: Arc::new(layer), executed, receipts })
}

fn chain_of(layer: &Layer) -> Option<&Chain> {
    match layer.get(&Key::Chain)?.value.as_ref()? {
        Value::Chain(chain) => Some(chain),
        _ => None,
    }
}

fn work_of(block: &CheckedBlock, finality: Finality) -> BlockInput<'_> {
    let proof = &block.block().proof;
    let items = proof.iter().map(|s| (s.vote().voter, s.items.as_slice())).collect();
    let offers = block.block().txs.iter().zip(block.tx_ids()).zip(block.tx_bytes());
    let txs = offers.map(|((tx, id), bytes)| Offer { tx, id: *id, bytes: *bytes }).collect();
    BlockInput { header: block.header(), finality, items, txs }
}

fn work_of_draft<'a>(draft: &'a Draft, txs: &'a [CheckedTx]) -> BlockInput<'a> {
    let shares = draft.proof.iter().map(weft_types::CheckedShare::share);
    let items = shares.map(|s| (s.vote().voter, s.items.as_slice())).collect();
    let txs = txs.iter().map(Offer::from).collect();
    BlockInput { header: &draft.header, finality: draft.finality, items, txs }
}

/// The transactions at these places, in this order.
fn pick(txs: Vec<CheckedTx>, places: &[usize]) -> Vec<CheckedTx> {
    let mut txs: Vec<Option<CheckedTx>> = txs.into_iter().map(Some).collect();
    places.iter().filter_map(|place| txs.get_mut(*place)?.take()).collect()
}
