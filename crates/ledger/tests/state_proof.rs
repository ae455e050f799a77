//! Proofs hold for what is so, and no change to one makes it show something else.

use weft_ledger::state::value::Account;
use weft_ledger::state::{Base, Changes, Key, Proof, ProofError, Read, Seed, Value};
use weft_types::codec::CodecError;
use weft_types::{Canonical, Hash, Nonce, PublicKey, Rao};

fn key(n: u8) -> Key {
    Key::Account(PublicKey([n; 32]))
}

fn value(n: u8) -> Value {
    Value::Account(Account { free: Rao(u64::from(n)), nonce: Nonce(1) })
}

/// Accounts 0 to 19; the even ones were deleted again, so slots are free.
fn state() -> (Base, Hash) {
    let all = (0..20).map(|n| (key(n), Some(value(n)))).collect();
    let mut base = Base::genesis(Changes(all), Seed::default());
    let even = (0..20).step_by(2).map(|n| (key(n), None)).collect();
    let layer = base.view(vec![]).grow(Changes(even));
    base.absorb(&layer);
    let root = base.view(vec![]).root();
    (base, root)
}

fn proof(n: u8) -> (Proof, Option<Value>, Hash) {
    let (base, root) = state();
    let view = base.view(vec![]);
    (view.prove(&key(n)), view.get(&key(n)), root)
}

#[test]
fn every_key_is_shown_to_be_there_or_not_to_be_there() {
    for n in 0..=255 {
        let (proof, value, root) = proof(n);
        assert_eq!(value.is_some(), n < 20 && n % 2 == 1, "key {n}");
        assert_eq!(proof.verify(&root, &key(n), value.as_ref()), Ok(()), "key {n}");
    }
}

#[test]
fn what_is_there_can_not_be_shown_absent_nor_another_value() {
    let (proof, _, root) = proof(7);
    let (at, got) = (key(7), value(7).hash());
    assert!(matches!(proof.verify(&root, &at, None), Err(ProofError::NotSkipped { .. })));
    let want = value(8).hash();
    assert_eq!(
        proof.verify(&root, &at, Some(&value(8))),
        Err(ProofError::OtherValue { want, got })
    );
    let other = proof.verify(&root, &key(9), Some(&value(7)));
    assert!(matches!(other, Err(ProofError::OtherKey { .. })));
    let (base, _) = state();
    for n in 0..=255 {
        let refused = base.view(vec![]).prove(&key(n)).verify(&root, &at, None);
        assert!(matches!(refused, Err(ProofError::NotSkipped { .. })), "the leaf for key {n}");
    }
}

#[test]
fn what_is_absent_can_not_be_shown_by_a_leaf_that_does_not_skip_it() {
    let (base, root) = state();
    let view = base.view(vec![]);
    let absent = key(8);
    let shows = |n: u8| view.prove(&key(n)).verify(&root, &absent, None).is_ok();
    let showing = (1..20).step_by(2).filter(|n| shows(*n)).count();
    assert!(showing <= 1, "only the leaf before the gap can show it, {showing} did");
    for n in (1..20).step_by(2) {
        let refused = view.prove(&key(n)).verify(&root, &absent, Some(&value(8)));
        assert!(matches!(refused, Err(ProofError::OtherKey { .. })), "key {n}");
    }
}

#[test]
fn the_sentinel_shows_the_absence_of_keys_before_the_first_and_in_an_empty_state() {
    let empty = Base::genesis(Changes::default(), Seed::default());
    let (view, absent) = (empty.view(vec![]), key(3));
    let proof = view.prove(&absent);
    assert_eq!((proof.slot, proof.siblings.len()), (0, 0));
    assert_eq!(proof.verify(&view.root(), &absent, None), Ok(()));
    let (base, root) = state();
    let first = base.entries().next().map(|(k, _, _)| k.hash()).unwrap();
    let before = (0..=255).map(key).find(|k| k.hash() < first).unwrap();
    let proof = base.view(vec![]).prove(&before);
    assert_eq!((proof.slot, proof.leaf.next), (0, first));
    assert_eq!(proof.verify(&root, &before, None), Ok(()));
}

/// Flips each bit of each byte of the encoding; what still decodes must show nothing.
#[test]
fn no_bit_of_a_proof_can_be_changed() {
    for n in [7, 8, 200] {
        let (proof, value, root) = proof(n);
        let bytes = proof.to_bytes();
        assert_eq!(Proof::from_bytes(&bytes), Ok(proof));
        for at in 0..bytes.len() * 8 {
            let mut forged = bytes.clone();
            forged[at / 8] ^= 1 << (at % 8);
            let Ok(forged) = Proof::from_bytes(&forged) else { continue };
            let verdict = forged.verify(&root, &key(n), value.as_ref());
            assert!(verdict.is_err(), "key {n}, bit {at} of {}", bytes.len() * 8);
        }
    }
}

#[test]
fn a_path_may_not_be_longer_shorter_or_swapped() {
    let (proof, value, root) = proof(7);
    let refused = |forged: Proof| forged.verify(&root, &key(7), value.as_ref()).unwrap_err();
    let mut long = proof.clone();
    long.siblings.push(Hash::ZERO);
    assert!(matches!(refused(long), ProofError::Root { .. }));
    let mut longest = proof.clone();
    longest.siblings.resize(33, Hash::ZERO);
    assert!(matches!(refused(longest), ProofError::Shape { height: 33, .. }));
    let mut short = proof.clone();
    short.slot = 0;
    short.siblings.pop();
    assert!(matches!(refused(short), ProofError::Root { .. }));
    let mut swapped = proof.clone();
    swapped.siblings.swap(0, 1);
    assert!(matches!(refused(swapped), ProofError::Root { .. }));
    let mut outside = proof;
    outside.slot += 1 << outside.siblings.len();
    assert!(matches!(refused(outside), ProofError::Shape { .. }));
}

#[test]
fn a_proof_is_for_one_state_only() {
    let (mut base, before) = state();
    let layer = base.view(vec![]).grow(Changes([(key(100), Some(value(100)))].into()));
    let old = base.view(vec![]).prove(&key(100));
    assert_eq!(old.verify(&before, &key(100), None), Ok(()));
    base.absorb(&layer);
    let want = base.view(vec![]).root();
    let refused = old.verify(&want, &key(100), None);
    assert_eq!(refused, Err(ProofError::Root { want, got: before }));
}

#[test]
fn bytes_that_trail_a_proof_or_claim_too_much_are_refused() {
    let (proof, _, _) = proof(7);
    let mut bytes = proof.to_bytes();
    bytes.push(0);
    assert!(matches!(Proof::from_bytes(&bytes), Err(CodecError::Trailing { left: 1, .. })));
    bytes.resize(Proof::MAX_BYTES + 1, 0);
    assert!(matches!(Proof::from_bytes(&bytes), Err(CodecError::TooLarge { .. })));
    let mut claims = proof.to_bytes();
    claims[100..108].copy_from_slice(&u64::MAX.to_le_bytes());
    assert!(matches!(Proof::from_bytes(&claims), Err(CodecError::Malformed { .. })));
}
