//! Addresses: one text for a key on a network.

use crate::sample::key;
use bech32::primitives::iter::{ByteIterExt as _, Fe32IterExt as _};
use bech32::{Bech32, Bech32m, Fe32, Hrp};
use weft_types::address::AddressError;
use weft_types::{Address, Network};

fn address(network: Network) -> Address {
    Address { network, key: key(1).public() }
}

#[test]
fn an_address_reads_back_in_either_case() {
    for network in Network::ALL {
        let text = address(network).to_string();
        assert!(text.starts_with(&format!("{}1", network.prefix())));
        assert_eq!(text.parse(), Ok(address(network)));
        assert_eq!(text.to_uppercase().parse(), Ok(address(network)));
    }
}

#[test]
fn the_same_key_has_another_address_on_each_network() {
    let texts: std::collections::BTreeSet<_> =
        Network::ALL.map(|n| address(n).to_string()).into_iter().collect();
    assert_eq!(texts.len(), 4);
}

fn malformed(text: &str) {
    let refused = text.parse::<Address>();
    assert!(matches!(refused, Err(AddressError::Malformed { .. })), "{text}: {refused:?}");
}

#[test]
fn mixed_case_is_refused() {
    let text = address(Network::Main).to_string();
    let (front, back) = text.split_at(20);
    malformed(&format!("{front}{}", back.to_uppercase()));
}

#[test]
fn every_single_changed_character_is_found() {
    let text = address(Network::Local).to_string();
    for at in 0..text.len() {
        for c in "qpzry9x8gf2tvdw0s3jn54khce6mua7l".chars() {
            let mut changed: Vec<char> = text.chars().collect();
            changed[at] = c;
            let changed: String = changed.into_iter().collect();
            assert!(changed == text || changed.parse::<Address>().is_err(), "{changed}");
        }
    }
}

#[test]
fn the_older_checksum_is_refused() {
    let hrp = Hrp::parse("weft").unwrap();
    malformed(&bech32::encode::<Bech32>(hrp, &key(1).public().0).unwrap());
}

#[test]
fn another_prefix_is_named() {
    for prefix in ["bc", "wef", "weftx"] {
        let text = bech32::encode::<Bech32m>(Hrp::parse(prefix).unwrap(), &[1; 32]).unwrap();
        assert_eq!(text.parse::<Address>(), Err(AddressError::Prefix(prefix.to_owned())));
    }
}

#[test]
fn another_length_is_named() {
    let hrp = Hrp::parse("weft").unwrap();
    for length in [0, 20, 31, 33, 64] {
        let text = bech32::encode::<Bech32m>(hrp, &vec![1; length]).unwrap();
        assert_eq!(text.parse::<Address>(), Err(AddressError::Length(length)));
    }
}

#[test]
fn padding_that_is_not_zero_is_refused() {
    let hrp = Hrp::parse("weft").unwrap();
    // 32 bytes are 51 digits and a 52nd whose last four bits mean nothing.
    let digits: Vec<Fe32> = key(1).public().0.into_iter().bytes_to_fes().collect();
    assert_eq!(digits.len(), 52);
    for padding in 0..16 {
        let mut digits = digits.clone();
        digits[51] = Fe32::try_from(digits[51].to_u8() | padding).unwrap();
        let text: String = digits.into_iter().with_checksum::<Bech32m>(&hrp).chars().collect();
        match padding {
            0 => assert_eq!(text.parse(), Ok(address(Network::Main))),
            _ => malformed(&text),
        }
    }
}
