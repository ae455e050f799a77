//! The checks of a transaction: chain, size and fee, then the signature.

use super::{CheckedBlock, CheckedTx, Known, TxError, claim};
use crate::call::Call;
use crate::codec::Canonical;
use crate::hash::{ChainId, Domain, Hash};
use crate::key::Signature;
use crate::params::Params;
use crate::signature::{signed_raw, verify_batch};
use crate::tx::{ChainTag, Tx, TxBody, TxId};
use crate::units::Rao;
use rand_core::CryptoRng;

/// What a transaction's checks need to know besides it.
pub(super) struct Opened {
    /// The bytes that were signed.
    pub(super) body: Vec<u8>,
    pub(super) id: TxId,
    pub(super) seal: Hash,
    pub(super) bytes: u32,
    pub(super) least: Rao,
}

impl Params {
    /// The least fee of a transaction of this many bytes and calls.
    #[must_use]
    pub fn min_fee(&self, bytes: u32, calls: usize) -> Rao {
        let calls = u64::try_from(calls).unwrap_or(u64::MAX);
        let base = self.base_fee.0.saturating_mul(calls);
        Rao(base.saturating_add(self.byte_fee.0.saturating_mul(u64::from(bytes))))
    }
}

pub(super) fn open_tx(tx: &Tx, params: &Params, chain: &ChainId) -> Result<Opened, TxError> {
    let body = tx.body.to_bytes();
    let bytes = body.len().saturating_add(tx.signature.0.len());
    let limit = Tx::MAX_BYTES;
    let size = match u32::try_from(bytes) {
        Ok(size) if bytes <= limit => size,
        _ => return Err(TxError::TooLarge { got: bytes, limit }),
    };
    let want = ChainTag::of(chain);
    if tx.body.chain != want {
        return Err(TxError::OtherChain { got: tx.body.chain, want });
    }
    let least = fits_numbers(&tx.body, size, params)?;
    let id = Hash::of(Domain::Tx, &body);
    let seal = tx_seal(&id, &tx.signature);
    Ok(Opened { id, seal, bytes: size, least, body: signed_raw(Domain::Tx, chain, &body) })
}

/// Batch and fee by a chain's numbers; answers the least fee.
fn fits_numbers(body: &TxBody, bytes: u32, params: &Params) -> Result<Rao, TxError> {
    good_batch(&body.call, params)?;
    let is_free = body.call.is_free();
    let least = if is_free { Rao::ZERO } else { params.min_fee(bytes, body.call.count()) };
    let (have, need) = (body.fee, least);
    if is_free {
        if body.fee.0 != 0 || body.nonce.0 != 0 {
            return Err(TxError::FreeCallPays { call: body.call.name() });
        }
    } else if have < need {
        return Err(TxError::FeeTooLow { have, need, bytes });
    }
    Ok(least)
}

/// Whether a transaction that was checked by the widest numbers of all rules is good by these
/// as well: those of the state that it runs on (R21).
///
/// # Errors
/// [`TxError`] names the first thing that is wrong.
pub fn fits_rules(body: &TxBody, params: &Params) -> Result<(), TxError> {
    let bytes = body.to_bytes().len().saturating_add(size_of::<Signature>());
    fits_numbers(body, u32::try_from(bytes).unwrap_or(u32::MAX), params).map(drop)
}

/// A batch holds at least one call, not too many, and none that is free.
fn good_batch(call: &Call, params: &Params) -> Result<(), TxError> {
    let Call::Batch { calls } = call else { return Ok(()) };
    let (got, limit) = (calls.len(), params.limits.batch_calls);
    if calls.is_empty() || u32::try_from(got).map_or(true, |got| got > limit) {
        return Err(TxError::BatchSize { got, limit });
    }
    let alone = |call: &&Call| call.is_free() || matches!(call, Call::Batch { .. });
    match calls.iter().map(|call| &call.0).find(alone) {
        Some(call) => Err(TxError::NotInABatch { call: call.name() }),
        None => Ok(()),
    }
}

/// A report's evidence is signed by its offender. It is said here, beside the signatures of
/// transactions, so that the ledger, which runs a report for everyone who asks, looks at
/// none.
pub(super) fn good_evidence(call: &Call, chain: &ChainId) -> Result<(), TxError> {
    match call {
        Call::ReportEvidence { evidence } if !evidence.is_signed(chain) => {
            Err(TxError::BadEvidence { offender: evidence.offender() })
        }
        _ => Ok(()),
    }
}

/// What a block's `txs_root` binds of a transaction: its id and signature.
fn tx_seal(id: &TxId, signature: &Signature) -> Hash {
    let mut bytes = [0; 96];
    let (a, b) = bytes.split_at_mut(32);
    a.copy_from_slice(id.as_bytes());
    b.copy_from_slice(&signature.0);
    Hash::of(Domain::TxSeal, &bytes)
}

/// Checks transactions, in order: chain, size, fee, then all signatures not yet
/// known as a batch, then the evidence of reports.
pub fn check_txs<R: CryptoRng>(
    txs: Vec<Tx>,
    (params, chain): (&Params, &ChainId),
    known: &impl Known,
    rng: &mut R,
) -> Vec<Result<CheckedTx, TxError>> {
    let opened: Vec<_> = txs.iter().map(|tx| open_tx(tx, params, chain)).collect();
    let claims: Vec<_> = txs
        .iter()
        .zip(&opened)
        .filter_map(|(tx, opened)| Some((tx, opened.as_ref().ok()?)))
        .filter(|(_, opened)| !known.knows(&opened.seal))
        .map(|(tx, opened)| claim(tx.body.signer, tx.signature, &opened.body))
        .collect();
    let mut verdicts = verify_batch(&claims, rng).into_iter();
    drop(claims);
    txs.into_iter()
        .zip(opened)
        .map(|(tx, opened)| {
            let Opened { id, seal, bytes, least, .. } = opened?;
            let good = known.knows(&seal) || verdicts.next() == Some(true);
            let signer = tx.body.signer;
            if !good {
                return Err(TxError::BadSignature { signer });
            }
            if !known.knows(&seal) {
                good_evidence(&tx.body.call, chain)?;
            }
            Ok(CheckedTx { tx, id, seal, bytes, least })
        })
        .collect()
}

/// The seal of a transaction, under which its signature is remembered once it is known to be good.
#[must_use]
pub fn seal_of(tx: &Tx) -> Hash {
    tx_seal(&tx.body.id(), &tx.signature)
}

/// The seals of the transactions of a block that was checked, in order.
pub fn seals_of(block: &CheckedBlock) -> impl Iterator<Item = Hash> {
    block.block.txs.iter().zip(&block.ids).map(|(tx, id)| tx_seal(id, &tx.signature))
}
