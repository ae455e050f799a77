//! The checks of a block: sizes, order, roots, digests, then signatures.

use super::share::digest_fits;
use super::tx::{Opened, good_evidence, open_tx};
use super::{BlockError, CheckedBlock, CheckedShare, CheckedTx, Known, ShareError, TxError, claim};
use crate::block::{self, Block, CatchUp};
use crate::codec::Canonical;
use crate::hash::{ChainId, Hash};
use crate::header::{Header, SignedHeader};
use crate::key::{PublicKey, SecretKey};
use crate::params::{Limits, Params};
use crate::share::SignedVote;
use crate::signature::verify_batch;
use rand_core::CryptoRng;

/// Checks a block: sizes, order, roots, digests, then every signature that
/// is not known yet, header first and the rest as a batch.
///
/// # Errors
/// [`BlockError`] names the first thing that is wrong.
pub fn check_block<R: CryptoRng>(
    block: Block,
    (params, chain): (&Params, &ChainId),
    known: &impl Known,
    rng: &mut R,
) -> Result<CheckedBlock, BlockError> {
    let bytes = fits(&block, &params.limits)?;
    in_order(block.proof.iter().map(|s| s.vote().voter))?;
    in_order(block.catch_up.iter().flat_map(|c| &c.votes).map(|v| v.vote.voter))?;
    let header = block.header();
    let (want, got) = (header.proof_root, block::proof_root(&block.proof, block.catch_up.as_ref()));
    if want != got {
        return Err(BlockError::ProofRoot { want, got });
    }
    let opened = open_block_txs(&block, params, chain)?;
    let seals: Vec<Hash> = opened.iter().map(|o| o.seal).collect();
    let (want, got) = (header.txs_root, block::txs_root(&seals));
    if want != got {
        return Err(BlockError::TxsRoot { want, got });
    }
    if !known.knows(&block.signed.seal()) && !block.signed.is_signed(chain) {
        return Err(BlockError::BadSignature { proposer: header.proposer });
    }
    block.proof.iter().try_for_each(|s| digest_fits(s, &params.limits))?;
    votes_are_signed(&block, chain, known, rng)?;
    txs_are_signed(&block, (&opened, chain), known, rng)?;
    let (ids, sizes) = opened.into_iter().map(|o| (o.id, o.bytes)).unzip();
    Ok(CheckedBlock { hash: block.hash(), block, ids, sizes, bytes })
}

/// Whether a block that was good by the widest numbers of all rules is good by these as well:
/// those of its parent's state (R21). It looks at what [`check_block`] compares with numbers.
///
/// # Errors
/// [`BlockError`] names the first thing that is wrong.
pub fn block_fits_rules(
    block: &CheckedBlock,
    (params, chain): (&Params, &ChainId),
) -> Result<(), BlockError> {
    fits(&block.block, &params.limits)?;
    open_block_txs(&block.block, params, chain).map(drop)
}

fn open_block_txs(
    block: &Block,
    params: &Params,
    chain: &ChainId,
) -> Result<Vec<Opened>, BlockError> {
    let mut free = 0_usize;
    let mut opened = Vec::with_capacity(block.txs.len());
    for (index, tx) in block.txs.iter().enumerate() {
        let one = open_tx(tx, params, chain).map_err(|error| BlockError::Tx { index, error })?;
        if tx.body.call.is_free() {
            free = free.saturating_add(one.body.len());
        }
        opened.push(one);
    }
    let limit = params.limits.free_bytes;
    if u32::try_from(free).map_or(true, |free| free > limit) {
        return Err(BlockError::TooManyFreeBytes { got: free, limit });
    }
    Ok(opened)
}

/// Sizes; answers the size.
fn fits(block: &Block, limits: &Limits) -> Result<u32, BlockError> {
    let (calls, limit) = (block.txs.len(), limits.block_calls);
    if u32::try_from(calls).map_or(true, |calls| calls > limit) {
        return Err(BlockError::TooManyCalls { got: calls, limit });
    }
    let got = block.to_bytes().len();
    match u32::try_from(got) {
        Ok(bytes) if bytes <= limits.block_bytes => Ok(bytes),
        _ => Err(BlockError::TooLarge { got, limit: limits.block_bytes }),
    }
}

fn in_order(voters: impl Iterator<Item = PublicKey>) -> Result<(), BlockError> {
    let mut last = None;
    for voter in voters {
        if last.is_some_and(|last| last >= voter) {
            return Err(BlockError::ProofOrder { voter });
        }
        last = Some(voter);
    }
    Ok(())
}

fn votes_are_signed<R: CryptoRng>(
    block: &Block,
    chain: &ChainId,
    known: &impl Known,
    rng: &mut R,
) -> Result<(), BlockError> {
    let late = block.catch_up.iter().flat_map(|c| &c.votes);
    let votes: Vec<&SignedVote> = block
        .proof
        .iter()
        .map(|s| &s.signed)
        .chain(late)
        .filter(|v| !known.knows(&v.seal()))
        .collect();
    let messages: Vec<_> = votes.iter().map(|v| v.vote.signed_bytes(chain)).collect();
    let claims: Vec<_> =
        votes.iter().zip(&messages).map(|(v, m)| claim(v.vote.voter, v.signature, m)).collect();
    let verdicts = verify_batch(&claims, rng);
    match votes.iter().zip(verdicts).find(|(_, good)| !good) {
        None => Ok(()),
        Some((vote, _)) if block.proof.iter().any(|s| s.signed == **vote) => {
            Err(ShareError::BadSignature { voter: vote.vote.voter }.into())
        }
        Some((vote, _)) => Err(BlockError::CatchUpSignature { voter: vote.vote.voter }),
    }
}

fn txs_are_signed<R: CryptoRng>(
    block: &Block,
    (opened, chain): (&[Opened], &ChainId),
    known: &impl Known,
    rng: &mut R,
) -> Result<(), BlockError> {
    let unknown: Vec<_> = block
        .txs
        .iter()
        .zip(opened)
        .enumerate()
        .filter(|(_, (_, opened))| !known.knows(&opened.seal))
        .collect();
    let claims: Vec<_> =
        unknown.iter().map(|(_, (tx, o))| claim(tx.body.signer, tx.signature, &o.body)).collect();
    let verdicts = verify_batch(&claims, rng);
    match unknown.iter().zip(verdicts).find(|(_, good)| !good) {
        None => unknown.iter().try_for_each(|(index, (tx, _))| {
            let at = |error| BlockError::Tx { index: *index, error };
            good_evidence(&tx.body.call, chain).map_err(at)
        }),
        Some(((index, (tx, _)), _)) => {
            let error = TxError::BadSignature { signer: tx.body.signer };
            Err(BlockError::Tx { index: *index, error })
        }
    }
}

/// Signs a finished header and puts the block together: checked, because every part
/// was.
#[must_use]
pub fn seal_block(
    header: Header,
    (key, chain): (&SecretKey, &ChainId),
    proof: Vec<CheckedShare>,
    catch_up: Option<CatchUp>,
    txs: Vec<CheckedTx>,
) -> CheckedBlock {
    let signed: SignedHeader = header.sign(key, chain);
    let hash = signed.header.hash();
    let sizes = txs.iter().map(CheckedTx::bytes).collect();
    let (ids, txs) = txs.into_iter().map(|t| (t.id, t.tx)).unzip();
    let proof = proof.into_iter().map(|s| s.share).collect();
    let block = Block { signed, proof, catch_up, txs };
    let bytes = u32::try_from(block.to_bytes().len()).unwrap_or(u32::MAX);
    CheckedBlock { block, hash, ids, sizes, bytes }
}
