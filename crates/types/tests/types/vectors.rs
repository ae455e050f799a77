//! Vectors that others published. They are read where they lie beside the project.

use crate::signature::{Signed, verdicts};
use serde_json::Value;
use std::path::PathBuf;
use weft_types::address::AddressError;
use weft_types::hash::{array_from_hex, from_hex, to_hex};
use weft_types::{Address, PublicKey, SecretKey, Signature};

/// A vector file, or `None` when the vectors are not on this machine.
fn vectors(name: &str) -> Option<Value> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let path = root.join("../shared/vectors/external").join(name);
    match std::fs::read_to_string(&path) {
        Ok(text) => Some(serde_json::from_str(&text).unwrap()),
        Err(e) => {
            eprintln!("SKIPPED: {name} is not here ({e}); nothing was compared");
            None
        }
    }
}

fn text<'a>(case: &'a Value, field: &str) -> &'a str {
    case[field].as_str().unwrap()
}

fn signatures(name: &str, count: usize) {
    let Some(file) = vectors(name) else { return };
    let cases = file["cases"].as_array().unwrap();
    assert_eq!(cases.len(), count);
    let of = |case: &Value| {
        let key = PublicKey(array_from_hex(text(case, "public_key")).unwrap());
        let signature = Signature(array_from_hex(text(case, "signature")).unwrap());
        let message = from_hex(text(case, "message")).unwrap();
        let secret = SecretKey::from_seed(array_from_hex(text(case, "secret_key")).unwrap());
        assert_eq!(secret.public(), key);
        assert_eq!(secret.sign(&message), signature);
        Signed { key, signature, message }
    };
    let signed: Vec<Signed> = cases.iter().map(of).collect();
    assert!(verdicts(&signed).iter().all(|good| *good));
}

#[test]
fn the_signatures_of_rfc_8032_are_good() {
    signatures("rfc8032_ed25519.json", 5);
}

#[test]
fn the_signatures_of_sign_input_are_good() {
    signatures("ed25519_signinput.json", 1_024);
}

#[test]
fn blake3_hashes_with_a_key_as_published() {
    let Some(file) = vectors("blake3_test_vectors.json") else { return };
    let key: [u8; 32] = text(&file, "key").as_bytes().try_into().unwrap();
    let cases = file["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 35);
    for case in cases {
        let length = usize::try_from(case["input_len"].as_u64().unwrap()).unwrap();
        let input: Vec<u8> = (0..=250).cycle().take(length).collect();
        let keyed = to_hex(blake3::keyed_hash(&key, &input).as_bytes());
        assert_eq!(keyed, text(case, "keyed_hash")[..64], "{length}");
        let plain = to_hex(blake3::hash(&input).as_bytes());
        assert_eq!(plain, text(case, "hash")[..64], "{length}");
    }
}

#[test]
fn the_checksum_of_bip_350_decides_what_is_read() {
    let Some(file) = vectors("bip350_bech32m.json") else { return };
    for valid in file["valid_bech32m"].as_array().unwrap() {
        // Whole, but of no network of ours.
        let refused = valid.as_str().unwrap().parse::<Address>();
        assert!(matches!(refused, Err(AddressError::Prefix(_))), "{valid} {refused:?}");
    }
    for invalid in file["invalid_bech32m"].as_array().unwrap() {
        let refused = text(invalid, "string").parse::<Address>();
        let long = text(invalid, "reason").contains("max length");
        let named = matches!(refused, Err(AddressError::Malformed { .. }));
        assert!(refused.is_err() && (named || long), "{invalid} {refused:?}");
    }
}
