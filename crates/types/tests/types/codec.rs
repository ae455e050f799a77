//! One value, one encoding (R2): golden bytes, mutations, claims that are too long.

use crate::sample::*;
use proptest::prelude::*;
use std::fs;
use std::path::PathBuf;
use weft_types::codec::CodecError;
use weft_types::hash::to_hex;
use weft_types::tx::Consent;
use weft_types::*;

fn golden(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)
}

/// Compares with a checked-in file; with `WEFT_BLESS` set, writes it instead.
fn holds(name: &str, text: &str) {
    let path = golden(name);
    if std::env::var_os("WEFT_BLESS").is_some() {
        fs::write(&path, text).unwrap();
    }
    let want = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(text, want, "{name} has another encoding: that is another chain");
}

fn has_golden_bytes<T: Canonical + PartialEq + std::fmt::Debug>(value: &T, name: &str) {
    let bytes = value.to_bytes();
    let lines: Vec<String> = bytes.chunks(48).map(to_hex).collect();
    holds(&format!("{name}.hex"), &(lines.join("\n") + "\n"));
    assert_eq!(&T::from_bytes(&bytes).unwrap(), value);
}

fn consent() -> Consent {
    let (coldkey, hotkey) = (key(1).public(), key(9).public());
    Consent { coldkey, hotkey, netuid: Netuid(1), height: Height(40) }
}

#[test]
fn every_type_has_its_golden_bytes() {
    has_golden_bytes(&row(), "weight_row");
    has_golden_bytes(&consent(), "consent");
    has_golden_bytes(&txs()[0].body, "tx_body");
    has_golden_bytes(&txs(), "txs");
    for tx in txs() {
        has_golden_bytes(&tx, &format!("tx_{}", tx.body.call.name()));
    }
    has_golden_bytes(&proof()[0].signed.vote, "vote");
    has_golden_bytes(&proof()[0].signed, "signed_vote");
    has_golden_bytes(&proof()[0], "share");
    has_golden_bytes(&block().signed.header, "header");
    has_golden_bytes(&block().signed, "signed_header");
    has_golden_bytes(&block(), "block");
    has_golden_bytes(&vec![block(), block_of(vec![], None, vec![])], "blocks");
    has_golden_bytes(&genesis(), "genesis");
}

#[test]
fn every_hash_has_its_golden_value() {
    let tx = transfer(1, 0);
    let share = &proof()[0];
    let lines = [
        ("chain_id", genesis().chain_id()),
        ("block_hash", block().hash()),
        ("tx_id", tx.body.id()),
        ("txs_root", block().header().txs_root),
        ("proof_root", block().header().proof_root),
        ("vote_seal", share.signed.seal()),
        ("items", share.vote().items),
    ];
    let text: String = lines.iter().map(|(name, hash)| format!("{name} {hash}\n")).collect();
    let signed = to_hex(&share.vote().signed_bytes(&CHAIN));
    holds("hashes.txt", &format!("{text}vote_signed_bytes {signed}\n"));
}

fn is_exact<T: Canonical + std::fmt::Debug>(bytes: &[u8]) {
    let trailed = [bytes, &[0]].concat();
    assert!(matches!(
        T::from_bytes(&trailed),
        Err(CodecError::Trailing { left: 1, .. } | CodecError::TooLarge { .. })
    ));
    for length in 0..bytes.len() {
        assert!(T::from_bytes(&bytes[..length]).is_err(), "{} of {length} bytes", T::KIND);
    }
}

#[test]
fn nothing_may_trail_and_nothing_may_be_missing() {
    is_exact::<WeightRow>(&row().to_bytes());
    is_exact::<Consent>(&consent().to_bytes());
    txs().iter().for_each(|tx| is_exact::<Tx>(&tx.to_bytes()));
    is_exact::<Share>(&proof()[0].to_bytes());
    is_exact::<SignedHeader>(&block().signed.to_bytes());
    is_exact::<Block>(&block_of(proof(), None, vec![transfer(1, 0)]).to_bytes());
    is_exact::<Genesis>(&genesis().to_bytes());
}

#[test]
fn more_bytes_than_a_kind_may_have_are_refused_unread() {
    let refused = Vote::from_bytes(&[0; 257]);
    assert!(matches!(refused, Err(CodecError::TooLarge { kind: "Vote", limit: 256, got: 257 })));
}

#[test]
fn a_length_of_a_gigabyte_is_refused_without_making_room_for_it() {
    for claim in [1_u64 << 30, 1 << 40, u64::MAX] {
        // A row: netuid, then the length of its uids.
        let bytes = [&1_u16.to_le_bytes()[..], &claim.to_le_bytes(), &[0; 64]].concat();
        assert!(WeightRow::from_bytes(&bytes).is_err());
        assert!(Vec::<Tx>::from_bytes(&claim.to_le_bytes()).is_err());
        assert!(Vec::<Block>::from_bytes(&claim.to_le_bytes()).is_err());
        let mut bytes = block_of(vec![], None, vec![]).to_bytes();
        let proof = block().signed.to_bytes().len();
        bytes[proof..proof + 8].copy_from_slice(&claim.to_le_bytes());
        assert!(Block::from_bytes(&bytes).is_err());
    }
    // Lists within the limit in bytes once counted, but not there.
    let claim = (Tx::MAX_BYTES as u64) / 100;
    assert!(Vec::<Tx>::from_bytes(&claim.to_le_bytes()).is_err());
}

#[test]
fn a_signed_header_always_takes_as_many_bytes() {
    let other = block_of(vec![], None, vec![]).signed;
    assert_eq!((block().signed.to_bytes().len(), other.to_bytes().len()), (274, 274));
}

fn means_itself_or_nothing<T: Canonical>(bytes: &[u8]) {
    if let Ok(value) = T::from_bytes(bytes) {
        assert_eq!(value.to_bytes(), bytes);
    }
}

proptest! {
    #[test]
    fn a_changed_byte_decodes_to_another_value_or_not_at_all(
        at in any::<prop::sample::Index>(),
        to in any::<u8>(),
    ) {
        let change = |mut bytes: Vec<u8>| {
            let at = at.index(bytes.len());
            bytes[at] = to;
            bytes
        };
        means_itself_or_nothing::<Block>(&change(block().to_bytes()));
        means_itself_or_nothing::<Share>(&change(proof()[0].to_bytes()));
        means_itself_or_nothing::<Genesis>(&change(genesis().to_bytes()));
        for tx in txs() {
            means_itself_or_nothing::<Tx>(&change(tx.to_bytes()));
        }
    }

    #[test]
    fn random_bytes_decode_to_a_value_of_theirs_or_not_at_all(
        bytes in proptest::collection::vec(any::<u8>(), 0..400),
    ) {
        means_itself_or_nothing::<Tx>(&bytes);
        means_itself_or_nothing::<TxBody>(&bytes);
        means_itself_or_nothing::<Share>(&bytes);
        means_itself_or_nothing::<WeightRow>(&bytes);
        means_itself_or_nothing::<SignedHeader>(&bytes);
    }
}
