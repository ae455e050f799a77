//! From values to checked values: signatures, roots and digests, sizes and fees.
//!
//! Everything that can be said of a transaction, share or block without any state
//! is said here, cheap checks first, and only here can a `Checked*` value be built.
//! What is left for later rooms is state: nonces and balances (ledger), slots,
//! parents, proposers, voters (consensus).
//!
//! A signature is looked at once per node: the caller remembers the seals of what
//! was good ([`Known`]) and those are not verified again inside a block.

use crate::block::{self, Block, BlockHash, CatchUp, Header, SignedHeader, VERSION};
use crate::codec::Canonical;
use crate::hash::{ChainId, Domain, Hash};
use crate::key::{PublicKey, SecretKey, Signature};
use crate::params::{Limits, Params};
use crate::share::{Share, SignedVote, items_bytes, items_digest};
use crate::signature::{Claim, signed_raw, verify, verify_batch};
use crate::tx::{ChainTag, Tx, TxId};
use crate::units::Rao;
use rand_core::CryptoRng;

/// Remembers what was verified before, by seal.
pub trait Known {
    /// Whether the signature under this seal was found good.
    fn knows(&self, seal: &Hash) -> bool;
}

/// Remembers nothing.
impl Known for () {
    fn knows(&self, _: &Hash) -> bool {
        false
    }
}

/// Why a transaction is refused before any state is looked at.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TxError {
    /// It names another chain.
    #[error("the transaction is for chain {got}, this is chain {want}; sign it for this chain")]
    OtherChain {
        /// The chain it names.
        got: ChainTag,
        /// This chain.
        want: ChainTag,
    },
    /// It is larger than a transaction may be.
    #[error("the transaction has {got} bytes, {limit} are allowed")]
    TooLarge {
        /// How many it has.
        got: usize,
        /// How many it may have.
        limit: usize,
    },
    /// It pays too little.
    #[error("the fee of {have} rao is too small; {need} rao are due for {bytes} bytes")]
    FeeTooLow {
        /// What it offers.
        have: Rao,
        /// What is due.
        need: Rao,
        /// Its size.
        bytes: u32,
    },
    /// A free call has a fee or a nonce.
    #[error("{call} is free: its fee and nonce must be 0")]
    FreeCallPays {
        /// The call's name.
        call: &'static str,
    },
    /// The signature is not good.
    #[error("the signature is not by {signer} over this transaction")]
    BadSignature {
        /// Who is said to have signed.
        signer: PublicKey,
    },
}

/// Why a share is refused before any state is looked at.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ShareError {
    /// Its items are too many.
    #[error("the share's items have {got} bytes, {limit} are allowed")]
    TooLarge {
        /// How many they have.
        got: usize,
        /// How many they may have.
        limit: u32,
    },
    /// The signature is not good.
    #[error("the signature is not by voter {voter} over this vote")]
    BadSignature {
        /// Who is said to have voted.
        voter: PublicKey,
    },
    /// The items are not those that were voted on: the fault of the peer that sent
    /// them, never of the voter.
    #[error("the items hash to {got}, the vote of {voter} names {want}")]
    BadDigest {
        /// Who voted.
        voter: PublicKey,
        /// The digest in the vote.
        want: Hash,
        /// The digest of the items.
        got: Hash,
    },
}

/// Why a block is refused before any state is looked at.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BlockError {
    /// A format we don't know.
    #[error("header version {got}; this node knows {VERSION}; is it out of date?")]
    UnknownVersion {
        /// The version it has.
        got: u16,
    },
    /// It is larger than a block may be.
    #[error("the block has {got} bytes, {limit} are allowed")]
    TooLarge {
        /// How many it has.
        got: usize,
        /// How many it may have.
        limit: u32,
    },
    /// It has more calls than a block may have.
    #[error("the block has {got} transactions, {limit} are allowed")]
    TooManyCalls {
        /// How many it has.
        got: usize,
        /// How many it may have.
        limit: u32,
    },
    /// Its free calls take more bytes than they may.
    #[error("the block's free calls have {got} bytes, {limit} are allowed")]
    TooManyFreeBytes {
        /// How many they have.
        got: usize,
        /// How many they may have.
        limit: u32,
    },
    /// The proposer did not sign this header.
    #[error("the header is not signed by its proposer {proposer}")]
    BadSignature {
        /// Who is said to have proposed.
        proposer: PublicKey,
    },
    /// The transactions are not those of the header.
    #[error("the transactions have root {got}, the header names {want}")]
    TxsRoot {
        /// The header's.
        want: Hash,
        /// That of the transactions.
        got: Hash,
    },
    /// The proofs are not those of the header.
    #[error("the proofs have root {got}, the header names {want}")]
    ProofRoot {
        /// The header's.
        want: Hash,
        /// That of the proofs.
        got: Hash,
    },
    /// The voters of a proof are not strictly ascending.
    #[error("the voters of a proof are not strictly ascending at {voter}")]
    ProofOrder {
        /// The first one out of order.
        voter: PublicKey,
    },
    /// A share in the work proof is not good.
    #[error("a share of the work proof: {0}")]
    Share(#[from] ShareError),
    /// A vote in the catch-up proof is not good.
    #[error("the catch-up vote of {voter} is not signed by it")]
    CatchUpSignature {
        /// Who is said to have voted.
        voter: PublicKey,
    },
    /// A transaction is not good.
    #[error("transaction {index} of the block: {error}")]
    Tx {
        /// Its position.
        index: usize,
        /// What is wrong with it.
        error: TxError,
    },
}

/// A transaction whose signature, size and fee are good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedTx {
    tx: Tx,
    id: TxId,
    seal: Hash,
    bytes: u32,
}

/// A share whose signature, digest and size are good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedShare {
    share: Share,
    seal: Hash,
}

/// A block whose signatures, roots, digests and sizes are good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedBlock {
    block: Block,
    hash: BlockHash,
    ids: Vec<TxId>,
    bytes: u32,
}

impl CheckedTx {
    /// The transaction.
    #[must_use]
    pub const fn tx(&self) -> &Tx {
        &self.tx
    }
    /// Its id.
    #[must_use]
    pub const fn id(&self) -> &TxId {
        &self.id
    }
    /// The hash of transaction and signature.
    #[must_use]
    pub const fn seal(&self) -> &Hash {
        &self.seal
    }
    /// Its size.
    #[must_use]
    pub const fn bytes(&self) -> u32 {
        self.bytes
    }
}

impl CheckedShare {
    /// The share.
    #[must_use]
    pub const fn share(&self) -> &Share {
        &self.share
    }
    /// The hash of vote and signature.
    #[must_use]
    pub const fn seal(&self) -> &Hash {
        &self.seal
    }
}

impl CheckedBlock {
    /// The block.
    #[must_use]
    pub const fn block(&self) -> &Block {
        &self.block
    }
    /// Its unsigned header.
    #[must_use]
    pub const fn header(&self) -> &Header {
        self.block.header()
    }
    /// Its hash.
    #[must_use]
    pub const fn hash(&self) -> BlockHash {
        self.hash
    }
    /// The ids of its transactions, in order.
    #[must_use]
    pub fn tx_ids(&self) -> &[TxId] {
        &self.ids
    }
    /// Its size.
    #[must_use]
    pub const fn bytes(&self) -> u32 {
        self.bytes
    }
}

/// What a transaction's checks need to know besides it.
struct Opened {
    body: Vec<u8>,
    id: TxId,
    seal: Hash,
    bytes: u32,
}

impl Params {
    /// The least fee of a transaction of this many bytes.
    #[must_use]
    pub fn min_fee(&self, bytes: u32) -> Rao {
        Rao(self.base_fee.0.saturating_add(self.byte_fee.0.saturating_mul(u64::from(bytes))))
    }
}

fn open_tx(tx: &Tx, params: &Params, chain: &ChainId) -> Result<Opened, TxError> {
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
    let (have, need) = (tx.body.fee, params.min_fee(size));
    if tx.body.call.is_free() {
        if tx.body.fee.0 != 0 || tx.body.nonce.0 != 0 {
            return Err(TxError::FreeCallPays { call: tx.body.call.name() });
        }
    } else if have < need {
        return Err(TxError::FeeTooLow { have, need, bytes: size });
    }
    let id = Hash::of(Domain::Tx, &body);
    let seal = tx_seal(&id, &tx.signature);
    Ok(Opened { id, seal, bytes: size, body: signed_raw(Domain::Tx, chain, &body) })
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
/// known as a batch.
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
            let Opened { id, seal, bytes, .. } = opened?;
            let good = known.knows(&seal) || verdicts.next() == Some(true);
            let signer = tx.body.signer;
            good.then_some(CheckedTx { tx, id, seal, bytes })
                .ok_or(TxError::BadSignature { signer })
        })
        .collect()
}

const fn claim(key: PublicKey, signature: Signature, message: &[u8]) -> Claim<'_> {
    Claim { key, signature, message }
}

fn digest_fits(share: &Share, limits: &Limits) -> Result<(), ShareError> {
    let (got, limit) = (items_bytes(&share.items), limits.share_bytes);
    if u32::try_from(got).map_or(true, |got| got > limit) {
        return Err(ShareError::TooLarge { got, limit });
    }
    let vote = share.vote();
    let got = items_digest(&share.items);
    if got != vote.items {
        return Err(ShareError::BadDigest { voter: vote.voter, want: vote.items, got });
    }
    Ok(())
}

/// Checks one share: signature, then size and digest of its items.
///
/// # Errors
/// [`ShareError`]; only `BadDigest` and `TooLarge` are surely the sender's fault.
pub fn check_share(
    share: Share,
    limits: &Limits,
    chain: &ChainId,
) -> Result<CheckedShare, ShareError> {
    let vote = share.vote();
    let message = vote.signed_bytes(chain);
    if !verify(&claim(vote.voter, share.signed.signature, &message)) {
        return Err(ShareError::BadSignature { voter: vote.voter });
    }
    digest_fits(&share, limits)?;
    let seal = share.signed.seal();
    Ok(CheckedShare { share, seal })
}

/// A share we have just signed ourselves.
#[must_use]
pub fn own_share(signed: SignedVote, items: Vec<crate::share::Item>) -> CheckedShare {
    CheckedShare { seal: signed.seal(), share: Share { signed, items } }
}

/// The shares of a block that was checked: checked themselves.
#[must_use]
pub fn shares_of(block: &CheckedBlock) -> Vec<CheckedShare> {
    let of = |share: &Share| CheckedShare { seal: share.signed.seal(), share: share.clone() };
    block.block.proof.iter().map(of).collect()
}

/// The transactions of a block that was checked: checked themselves.
#[must_use]
pub fn txs_of(block: &CheckedBlock) -> Vec<CheckedTx> {
    let txs = block.block.txs.iter().zip(&block.ids);
    txs.map(|(tx, id)| CheckedTx {
        tx: tx.clone(),
        id: *id,
        seal: tx_seal(id, &tx.signature),
        bytes: u32::try_from(tx.to_bytes().len()).unwrap_or(u32::MAX),
    })
    .collect()
}

/// Checks a block: version, sizes, order, roots, digests, then every signature that
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
    if !block.signed.is_signed(chain) {
        return Err(BlockError::BadSignature { proposer: header.proposer });
    }
    block.proof.iter().try_for_each(|s| digest_fits(s, &params.limits))?;
    votes_are_signed(&block, chain, known, rng)?;
    txs_are_signed(&block, &opened, known, rng)?;
    let ids = opened.into_iter().map(|o| o.id).collect();
    Ok(CheckedBlock { hash: block.hash(), block, ids, bytes })
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

/// Version and sizes; answers the size.
fn fits(block: &Block, limits: &Limits) -> Result<u32, BlockError> {
    let version = block.header().version;
    if version != VERSION {
        return Err(BlockError::UnknownVersion { got: version });
    }
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
    opened: &[Opened],
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
        None => Ok(()),
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
    let (ids, txs) = txs.into_iter().map(|t| (t.id, t.tx)).unzip();
    let proof = proof.into_iter().map(|s| s.share).collect();
    let block = Block { signed, proof, catch_up, txs };
    let bytes = u32::try_from(block.to_bytes().len()).unwrap_or(u32::MAX);
    CheckedBlock { block, hash, ids, bytes }
}
