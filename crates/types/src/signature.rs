//! The one signature rule of the chain (R3), the same alone and in a batch.
//!
//! A signature (R, s) of message M by key A is good when
//! 1. s < L, the order of the base point;
//! 2. A and R are the canonical encodings of points;
//! 3. A is not one of the eight points of small order;
//! 4. 8 s B = 8 R + 8 k A with k = SHA-512(R, A, M): the cofactored equation.
//!
//! This is Algorithm 2 of eprint 2020/1244 (strongly binding, and safe to batch).
//! ed25519-zebra gives 1 and 4 and that A and R decode; the gates here give the
//! rest, byte by byte and signature by signature, so a verdict never depends on
//! what stands beside it. A batch that fails is judged again one by one.

use crate::codec::Canonical;
use crate::hash::{ChainId, Domain};
use crate::key::{PublicKey, Signature};
use ed25519_zebra::{Signature as ZebraSignature, VerificationKey, VerificationKeyBytes, batch};
use rand_core::CryptoRng;

/// How many signatures are worth one batch; more gain little.
pub const BATCH: usize = 256;

/// One signature to judge.
#[derive(Clone, Copy, Debug)]
pub struct Claim<'a> {
    /// The key said to have signed.
    pub key: PublicKey,
    /// The signature.
    pub signature: Signature,
    /// Exactly the bytes that were signed.
    pub message: &'a [u8],
}

/// What is signed for a value of this kind on this chain (R1): domain string,
/// chain id, canonical encoding.
#[must_use]
pub fn signed_bytes<T: Canonical>(domain: Domain, chain: &ChainId, value: &T) -> Vec<u8> {
    signed_raw(domain, chain, &value.to_bytes())
}

/// Like [`signed_bytes`], for a body that is encoded already.
#[must_use]
pub fn signed_raw(domain: Domain, chain: &ChainId, body: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(body.len().saturating_add(64));
    bytes.extend_from_slice(domain.key());
    bytes.extend_from_slice(chain.as_bytes());
    bytes.extend_from_slice(body);
    bytes
}

/// Whether a signature by this key can ever be good: gates 2 and 3 hold for it. Nobody can
/// sign for a key of which this is false.
#[must_use]
pub fn can_sign(key: &PublicKey) -> bool {
    is_canonical(&key.0) && !is_small(&key.0) && VerificationKey::try_from(key.0).is_ok()
}

/// Whether one signature is good.
#[must_use]
pub fn verify(claim: &Claim<'_>) -> bool {
    passes_gates(claim)
        && VerificationKey::try_from(claim.key.0).is_ok_and(|key| {
            key.verify(&ZebraSignature::from(claim.signature.0), claim.message).is_ok()
        })
}

/// The verdict on each signature, in order. The generator gives the batch its
/// random coefficients; no verdict depends on it.
pub fn verify_batch<R: CryptoRng>(claims: &[Claim<'_>], rng: &mut R) -> Vec<bool> {
    let mut verdicts: Vec<bool> = claims.iter().map(passes_gates).collect();
    for (claims, verdicts) in claims.chunks(BATCH).zip(verdicts.chunks_mut(BATCH)) {
        if !chunk_is_good(claims, verdicts, rng) {
            for (claim, verdict) in claims.iter().zip(verdicts) {
                *verdict = *verdict && verify(claim);
            }
        }
    }
    verdicts
}

/// Whether all of a chunk that passed the gates are good together.
fn chunk_is_good<R: CryptoRng>(claims: &[Claim<'_>], verdicts: &[bool], rng: &mut R) -> bool {
    let mut verifier = batch::Verifier::new();
    for (claim, _) in claims.iter().zip(verdicts).filter(|(_, passed)| **passed) {
        let key = VerificationKeyBytes::from(claim.key.0);
        verifier.queue((key, ZebraSignature::from(claim.signature.0), claim.message));
    }
    verifier.verify(rng).is_ok()
}

/// Gates 2 and 3, on the bytes alone.
fn passes_gates(claim: &Claim<'_>) -> bool {
    let (r, _) = claim.signature.0.as_chunks::<32>();
    r.first().is_some_and(is_canonical) && is_canonical(&claim.key.0) && !is_small(&claim.key.0)
}

/// The field's prime 2^255 - 19, little-endian.
const P: [u8; 32] = {
    let mut p = [0xff; 32];
    p[0] = 0xed;
    p[31] = 0x7f;
    p
};

/// y < p, and no sign bit where x = 0 (y = 1 and y = -1).
fn is_canonical(point: &[u8; 32]) -> bool {
    let mut y = *point;
    let sign = y[31] >> 7;
    y[31] &= 0x7f;
    let below = y.iter().rev().lt(P.iter().rev());
    below && !(sign == 1 && (y == ONE || y == MINUS_ONE))
}

const ONE: [u8; 32] = {
    let mut y = [0; 32];
    y[0] = 1;
    y
};

const MINUS_ONE: [u8; 32] = {
    let mut y = P;
    y[0] = 0xec;
    y
};

/// y of the points of order eight, one of two; the other is its negative.
const ORDER_EIGHT: [u8; 32] = [
    0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0,
    0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05,
];
const MINUS_ORDER_EIGHT: [u8; 32] = [
    0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f,
    0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a,
];

/// Whether a canonical encoding is a point of small order: y is 1 (the identity),
/// -1 (order two), 0 (order four) or one of two of order eight.
fn is_small(point: &[u8; 32]) -> bool {
    let mut y = *point;
    y[31] &= 0x7f;
    [ONE, MINUS_ONE, [0; 32], ORDER_EIGHT, MINUS_ORDER_EIGHT].contains(&y)
}
