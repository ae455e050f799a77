//! The signature rule (R3) at its edges, alone and in any company.

use crate::sample::{key, rng};
use curve25519_dalek::constants::{ED25519_BASEPOINT_POINT as B, EIGHT_TORSION};
use curve25519_dalek::{EdwardsPoint, Scalar};
use sha2::{Digest as _, Sha512};
use weft_types::signature::{Claim, verify, verify_batch};
use weft_types::{PublicKey, Signature};

/// L, the order of the base point, little-endian.
const L: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

#[derive(Clone, Debug)]
pub struct Signed {
    pub key: PublicKey,
    pub signature: Signature,
    pub message: Vec<u8>,
}

impl Signed {
    pub fn claim(&self) -> Claim<'_> {
        Claim { key: self.key, signature: self.signature, message: &self.message }
    }

    /// By an honest key.
    pub fn honest(n: u8) -> Self {
        let message = format!("message {n}").into_bytes();
        let (public, signature) = (key(n).public(), key(n).sign(&message));
        Self { key: public, signature, message }
    }

    /// (R, s) of A = aB + `torsion_a`, with R = rB + `torsion_r`, for message `n`.
    fn crafted(n: u64, torsion_a: EdwardsPoint, torsion_r: EdwardsPoint) -> Self {
        let (a, r) = (Scalar::from(1_000 + n), Scalar::from(77 + 3 * n));
        let key = (a * B + torsion_a).compress().to_bytes();
        let at = (r * B + torsion_r).compress().to_bytes();
        Self::with(key, at, n, |k| r + k * a)
    }

    fn with(a: [u8; 32], r: [u8; 32], n: u64, s: impl Fn(Scalar) -> Scalar) -> Self {
        let message = n.to_le_bytes().to_vec();
        let hash: [u8; 64] =
            Sha512::new().chain_update(r).chain_update(a).chain_update(&message).finalize().into();
        let s = s(Scalar::from_bytes_mod_order_wide(&hash)).to_bytes();
        let signature = Signature([r, s].concat().try_into().unwrap());
        Self { key: PublicKey(a), signature, message }
    }
}

fn verdict(signed: &Signed) -> bool {
    verify(&signed.claim())
}

/// The verdicts in batches of each size, each with honest companions; asserts that they
/// are those of each signature alone, and answers them.
pub fn verdicts(list: &[Signed]) -> Vec<bool> {
    let alone: Vec<bool> = list.iter().map(verdict).collect();
    let companions: Vec<Signed> = (0..64).map(Signed::honest).collect();
    for size in [1, 8, 64, 256] {
        let judged: Vec<bool> = list
            .chunks(size)
            .flat_map(|chunk| {
                let claims: Vec<_> = chunk.iter().map(Signed::claim).collect();
                verify_batch(&claims, &mut rng())
            })
            .collect();
        assert_eq!(judged, alone, "in batches of {size}");
    }
    for (at, signed) in list.iter().enumerate().step_by(1 + list.len() / 64) {
        let mut claims: Vec<_> = companions.iter().map(Signed::claim).collect();
        claims.insert(at % 65, signed.claim());
        let judged = verify_batch(&claims, &mut rng());
        assert_eq!(judged[at % 65], alone[at], "number {at} among 64 good ones");
        assert_eq!(judged.iter().filter(|good| **good).count(), 64 + usize::from(alone[at]));
    }
    alone
}

#[test]
fn an_honest_signature_is_good_and_no_changed_one_is() {
    assert!(verdicts(&(0..70).map(Signed::honest).collect::<Vec<_>>()).iter().all(|good| *good));
    let good = Signed::honest(1);
    let mut changed = Vec::new();
    for bit in 0..512 {
        let mut bad = good.clone();
        bad.signature.0[bit / 8] ^= 1 << (bit % 8);
        changed.push(bad);
    }
    for bit in 0..256 {
        let mut bad = good.clone();
        bad.key.0[bit / 8] ^= 1 << (bit % 8);
        changed.push(bad);
    }
    changed.push(Signed { message: b"another".to_vec(), ..good });
    assert!(verdicts(&changed).iter().all(|good| !good));
}

#[test]
fn a_key_of_small_order_signs_nothing() {
    let mut list = Vec::new();
    for (n, torsion) in (0..).zip(EIGHT_TORSION) {
        let r = Scalar::from(5_u64);
        let key = torsion.compress().to_bytes();
        list.push(Signed::with(key, (r * B).compress().to_bytes(), n, |_| r));
        // The identity for R and 0 for s: good for every message if it were taken.
        let identity = EIGHT_TORSION[0].compress().to_bytes();
        list.push(Signed::with(key, identity, n, |_| Scalar::ZERO));
    }
    assert!(verdicts(&list).iter().all(|good| !good));
}

#[test]
fn a_key_or_r_with_a_part_of_small_order_is_judged_with_the_cofactor() {
    let none = EIGHT_TORSION[0];
    let mut list = Vec::new();
    for n in 0..160 {
        let torsion = EIGHT_TORSION[usize::try_from(n % 8).unwrap()];
        list.push(Signed::crafted(n, torsion, none));
        list.push(Signed::crafted(n, none, torsion));
        list.push(Signed::crafted(n, torsion, torsion));
    }
    assert!(verdicts(&list).iter().all(|good| *good), "8sB = 8R + 8kA holds for all");
}

#[test]
fn good_bad_and_mixed_order_ones_are_judged_alike_in_any_batch() {
    let none = EIGHT_TORSION[0];
    let list: Vec<_> = (0..192_u64)
        .map(|n| {
            let torsion = EIGHT_TORSION[usize::try_from(n % 8).unwrap()];
            let mut signed = match n % 3 {
                0 => Signed::honest(u8::try_from(n).unwrap()),
                1 => Signed::crafted(n, torsion, none),
                _ => Signed::crafted(n, none, torsion),
            };
            if n % 7 == 0 {
                signed.message.push(1);
            }
            signed
        })
        .collect();
    let good = verdicts(&list);
    assert_eq!(good, (0..192).map(|n| n % 7 != 0).collect::<Vec<_>>());
}

#[test]
fn s_is_below_l() {
    let mut bad = Signed::honest(3);
    let mut carry = 0_u16;
    for (at, l) in L.iter().enumerate() {
        let sum = u16::from(bad.signature.0[32 + at]) + u16::from(*l) + carry;
        bad.signature.0[32 + at] = u8::try_from(sum & 0xff).unwrap();
        carry = sum >> 8;
    }
    assert_eq!(carry, 0);
    assert_eq!(verdicts(&[bad]), [false]);
}

#[test]
fn r_has_one_encoding() {
    let a = Scalar::from(99_u64);
    let key = (a * B).compress().to_bytes();
    // The identity: y = 1, and y = p + 1, and y = 1 with the sign of a zero x.
    let one: [u8; 32] = EIGHT_TORSION[0].compress().to_bytes();
    let mut above = [0xff; 32];
    (above[0], above[31]) = (0xee, 0x7f);
    let mut signed = one;
    signed[31] |= 0x80;
    let list = [one, above, signed].map(|r| Signed::with(key, r, 1, |k| k * a));
    assert_eq!(verdicts(&list), [true, false, false]);
}

#[test]
fn a_key_has_one_encoding() {
    // Every y from p to 2^255 - 1, with both signs: none is a key.
    let mut list = Vec::new();
    for low in 0xed..=0xff_u8 {
        for high in [0x7f, 0xff] {
            let mut key = [0xff; 32];
            (key[0], key[31]) = (low, high);
            let r = Scalar::from(5_u64);
            list.push(Signed::with(key, (r * B).compress().to_bytes(), 1, |_| r));
        }
    }
    assert!(verdicts(&list).iter().all(|good| !good));
}

#[test]
fn a_key_that_is_no_point_signs_nothing() {
    let mut key = [0; 32];
    key[0] = 2;
    let r = Scalar::from(5_u64);
    let list = [Signed::with(key, (r * B).compress().to_bytes(), 1, |_| r)];
    assert_eq!(verdicts(&list), [false]);
}

#[test]
fn an_empty_batch_has_no_verdict() {
    assert!(verify_batch(&[], &mut rng()).is_empty());
}
