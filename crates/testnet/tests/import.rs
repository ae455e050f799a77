//! Ledgers as they should be, and every way in which one is refused.
#![expect(clippy::unwrap_used, reason = "helpers of tests; a test that can't go on fails")]

use std::path::PathBuf;
use weft_testnet::import::{ImportError, Launch, MAX_BYTES, MAX_ENTRIES, import};
use weft_types::genesis::GenesisError;
use weft_types::key_text::KeyTextError;
use weft_types::ss58::{self, Ss58Error};
use weft_types::units::SUPPLY_CAP;
use weft_types::{Canonical, Genesis, Millis, Network, Params, PublicKey, Rao};

const ALICE: &str = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";
const BOB: &str = "5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty";

fn launch(network: Network) -> Launch {
    let (voter, coldkey) = (PublicKey([1; 32]), PublicKey([2; 32]));
    Launch { network, name: "t".to_owned(), genesis_time: Millis(7), voter, coldkey }
}

/// Imports a text as a file.
fn of(text: &str) -> Result<Genesis, ImportError> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ledger.json");
    std::fs::write(&path, text).unwrap();
    import(&path, &launch(Network::Local)).map(|(genesis, _)| genesis)
}

fn balances(text: &str) -> Result<Genesis, ImportError> {
    of(&format!("{{\"stakes\":{{}},\"balances\":{{{text}}}}}"))
}

fn stakes(text: &str) -> Result<Genesis, ImportError> {
    of(&format!("{{\"balances\":{{}},\"stakes\":{{{text}}}}}"))
}

#[test]
fn a_small_ledger_becomes_a_genesis_that_is_sound_on_every_preset() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ledger.json");
    let text = format!(
        "{{\"balances\":{{\"{ALICE}\":5,\"{BOB}\":0}},\"stakes\":{{\"{ALICE}\":{{\"{BOB}\":[7,9]}}}}}}"
    );
    std::fs::write(&path, text).unwrap();
    for network in Network::ALL {
        let (genesis, imported) = import(&path, &launch(network)).unwrap();
        assert_eq!((imported.accounts, imported.stakes), (2, 1));
        assert_eq!((imported.balance_sum, imported.stake_sum), (Rao(5), Rao(7)));
        assert_eq!(imported.chain_id, genesis.chain_id());
        assert_eq!((genesis.check(), &genesis.params), (Ok(()), &Params::preset(network)));
        assert_eq!((genesis.voters.len(), genesis.genesis_time), (1, Millis(7)));
        let subnet = &genesis.subnets[0].hyperparameters;
        assert_eq!(subnet.tempo, Params::preset(network).subnet_defaults.tempo);
        assert_eq!(subnet.commit_reveal, matches!(network, Network::Main | Network::Test));
        assert_eq!(Genesis::from_bytes(&genesis.to_bytes()), Ok(genesis));
    }
}

#[test]
fn a_voter_that_the_ledger_knows_keeps_its_owner() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ledger.json");
    let text = format!("{{\"balances\":{{}},\"stakes\":{{\"{ALICE}\":{{\"{BOB}\":[0,0]}}}}}}");
    std::fs::write(&path, text).unwrap();
    let voter = ss58::read(BOB).unwrap();
    let launch = Launch { voter, ..launch(Network::Local) };
    let (genesis, imported) = import(&path, &launch).unwrap();
    let alice = ss58::read(ALICE).unwrap();
    assert_eq!((genesis.voters[0].coldkey, imported.coldkey), (alice, alice));
}

#[test]
fn a_key_is_read_in_every_spelling_and_is_the_same_key_in_each() {
    let alice = ss58::read(ALICE).unwrap();
    let twice = balances(&format!("\"{ALICE}\":1,\"{alice}\":1"));
    assert!(matches!(twice, Err(ImportError::Twice { what: "account", key }) if key == alice));
}

#[test]
fn what_stands_there_twice_is_refused() {
    let of_two = stakes(&format!("\"{ALICE}\":{{\"{BOB}\":[1,0]}},\"{BOB}\":{{\"{BOB}\":[1,0]}}"));
    assert!(matches!(of_two, Err(ImportError::TwoOwners(_))));
    let coldkey = stakes(&format!("\"{ALICE}\":{{}},\"{ALICE}\":{{\"{BOB}\":[1,0]}}"));
    assert!(matches!(coldkey, Err(ImportError::Twice { what: "coldkey", .. })));
    let stake = stakes(&format!("\"{ALICE}\":{{\"{BOB}\":[1,0],\"{BOB}\":[1,0]}}"));
    assert!(matches!(stake, Err(ImportError::Twice { what: "the stake behind hotkey", .. })));
    let list = of("{\"balances\":{},\"balances\":{},\"stakes\":{}}");
    assert!(matches!(list, Err(ImportError::Malformed { .. })));
}

#[test]
fn a_key_that_is_none_is_named() {
    let slip = balances(&format!("\"{}\":1", ALICE.replace('Q', "R")));
    let checksum = |e: &KeyTextError| matches!(e, KeyTextError::Ss58(Ss58Error::Checksum(_)));
    assert!(matches!(slip, Err(ImportError::Key { error, .. }) if checksum(&error)));
    let long = balances(&format!("\"{}\":1", "a".repeat(100_000)));
    assert!(matches!(long, Err(ImportError::Key { text, .. }) if text.len() == 64));
}

#[test]
fn amounts_that_are_none_are_refused() {
    for bad in ["-1", "1.5", "1e3", "\"1\"", "null", "18446744073709551616"] {
        let answer = balances(&format!("\"{ALICE}\":{bad}"));
        assert!(matches!(answer, Err(ImportError::Malformed { .. })), "{bad}");
    }
    let cap = SUPPLY_CAP.0;
    assert!(balances(&format!("\"{ALICE}\":{cap}")).is_ok());
    for over in [format!("\"{ALICE}\":{cap},\"{BOB}\":1"), format!("\"{ALICE}\":{}", u64::MAX)] {
        let answer = balances(&over);
        assert!(matches!(answer, Err(ImportError::Genesis(GenesisError::TooManyCoins))), "{over}");
    }
}

#[test]
fn more_than_is_read_is_refused() {
    let doubles = vec!["\"a\":1"; MAX_ENTRIES + 1].join(",");
    assert!(matches!(balances(&doubles), Err(ImportError::TooLarge { what: "balances", .. })));
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("large.json");
    std::fs::File::create(&path).unwrap().set_len(MAX_BYTES + 1).unwrap();
    let answer = import(&path, &launch(Network::Local));
    assert!(matches!(answer, Err(ImportError::TooLarge { what: "bytes", .. })));
    // Has no length and no end.
    let answer = import(&PathBuf::from("/dev/zero"), &launch(Network::Local));
    assert!(matches!(answer, Err(ImportError::TooLarge { what: "bytes", .. })));
}

// The largest ledger fits a genesis.
const _: () = assert!(MAX_ENTRIES * (40 + 72) + (1 << 20) < Genesis::MAX_BYTES);
