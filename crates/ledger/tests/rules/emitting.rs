//! What blocks mint: golden thresholds, the cap, and the split between subnets.

use crate::world::{NET, World, hot, tao};
use std::path::Path;
use weft_ledger::query;
use weft_ledger::rules::block_emission;
use weft_ledger::state::value::Supply;
use weft_ledger::state::{Key, Value};
use weft_types::genesis::{GenesisNeuron, GenesisSubnet};
use weft_types::units::{RAO_PER_TAO, SUPPLY_CAP};
use weft_types::{Netuid, Rao};

fn emission(issued: u64, halving: u8) -> (u64, u8) {
    let supply = Supply { issued: Rao(issued), halving, ..Supply::default() };
    let (emission, halving) = block_emission(&supply);
    (emission.0, halving)
}

/// Sets what is issued past the rules; the difference lies in the first account.
fn issue(world: &mut World, issued: u64, halving: u8) {
    let account = world.state.0.keys().find(|k| matches!(k, Key::Account(_))).copied().unwrap();
    let grown = issued - world.supply().issued.0;
    world.poke(account, |value| match value {
        Value::Account(account) => account.free.0 += grown,
        _ => panic!("an account stands under its key"),
    });
    world.poke(Key::Supply, |value| match value {
        Value::Supply(supply) => {
            supply.free.0 += grown;
            (supply.issued.0, supply.halving) = (issued, halving);
        }
        _ => panic!("the totals stand under their key"),
    });
}

fn subnet(world: &GenesisSubnet, netuid: u16, hotkey: u16) -> GenesisSubnet {
    let neurons = vec![GenesisNeuron { hotkey: hot(hotkey), validator_permit: true }];
    GenesisSubnet { netuid: Netuid(netuid), neurons, ..world.clone() }
}

/// The emission of the live chain as a function of issuance; none when it is absent.
fn golden() -> Option<serde_json::Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/vectors/emission/emission_chain.json");
    let Ok(text) = std::fs::read_to_string(&path) else {
        eprintln!("skipped: the golden emission table is absent ({})", path.display());
        return None;
    };
    Some(serde_json::from_str(&text).unwrap())
}

#[test]
fn the_emission_is_the_live_chains_at_every_golden_issuance_and_threshold() {
    let Some(golden) = golden() else { return };
    let table = golden["table"].as_array().unwrap();
    let thresholds = golden["thresholds"].as_array().unwrap();
    assert!(table.len() >= 50 && thresholds.len() == 30);
    for point in table {
        let issued = point["issuance_rao"].as_u64().unwrap();
        let want = point["block_emission_rao"].as_u64().unwrap();
        assert_eq!(emission(issued, 0).0, want, "at {issued}");
    }
    for point in thresholds {
        let number = |name: &str| point[name].as_u64().unwrap();
        let threshold = number("threshold_rao");
        assert_eq!(emission(threshold, 0).0, number("emission_at"), "at {threshold}");
        assert_eq!(emission(threshold - 1, 0).0, number("emission_below"), "below {threshold}");
    }
}

#[test]
fn from_nothing_to_the_last_rao_each_halving_comes_in_its_golden_block() {
    let Some(golden) = golden() else { return };
    let (mut issued, mut block, mut halving) = (0, 0, 0);
    for stretch in golden["simulated_from_zero_issuance"].as_array().unwrap() {
        let number = |name: &str| stretch[name].as_u64();
        assert_eq!(number("from_block_index"), Some(block));
        assert_eq!(number("issuance_rao"), Some(issued));
        let each;
        (each, halving) = emission(issued, halving);
        assert_eq!(number("emission"), Some(each), "at {issued}");
        let Some(blocks) = number("blocks") else { return };
        assert_eq!(emission(issued + each * (blocks - 1), halving), (each, halving));
        issued += each * blocks;
        block += blocks;
    }
}

#[test]
fn a_block_across_a_threshold_mints_by_the_issuance_before_it() {
    let mut world = World::new();
    let threshold = SUPPLY_CAP.0 / 2;
    issue(&mut world, threshold - 1, 0);
    assert_eq!(world.block(&[]).emission, tao(1));
    assert_eq!(world.block(&[]).emission, Rao(RAO_PER_TAO / 2));
    assert_eq!(world.supply().halving, 1);
}

#[test]
fn what_a_blocks_calls_recycle_does_not_change_what_it_mints() {
    let mut world = World::new();
    issue(&mut world, SUPPLY_CAP.0 / 2, 0);
    let announced = query::supply(&world.state).unwrap().block_emission;
    let tx = world.tx(4, world.register(4));
    let receipts = world.block(&[tx]);
    assert_eq!(receipts.txs[0].result, Ok(()));
    assert_eq!((receipts.emission, announced), (Rao(RAO_PER_TAO / 2), Rao(RAO_PER_TAO / 2)));
    assert!(world.supply().issued.0 < SUPPLY_CAP.0 / 2);
    assert_eq!(world.block(&[]).emission, announced, "halvings never come undone");
}

#[test]
fn the_last_block_mints_no_more_than_the_cap_leaves_and_later_ones_nothing() {
    let mut world = World::with_net(|net| net.hyperparameters.tempo = 1_000);
    issue(&mut world, SUPPLY_CAP.0 - 3, 0);
    // 3 * 2^h is at most the cap for h = 52: long after the last rao.
    assert_eq!(world.block(&[]).emission, Rao(0));
    issue(&mut world, SUPPLY_CAP.0, 0);
    assert_eq!(world.block(&[]).emission, Rao(0));
    assert_eq!(world.supply().issued, SUPPLY_CAP);
    assert_eq!(emission(SUPPLY_CAP.0 - (SUPPLY_CAP.0 >> 29), 0), (1, 29));
    assert_eq!(emission(SUPPLY_CAP.0 - (SUPPLY_CAP.0 >> 30), 0), (0, 30));
}

#[test]
fn without_a_started_subnet_nothing_is_minted() {
    let mut world = World::with(|genesis| genesis.subnets.clear());
    let issued = world.supply().issued;
    assert_eq!(query::supply(&world.state).unwrap().block_emission, Rao(0));
    assert_eq!(world.block(&[]).emission, Rao(0));
    assert_eq!(world.supply().issued, issued);
}

#[test]
fn started_subnets_share_equally_and_what_does_not_divide_goes_to_the_first() {
    let mut world = World::with(|genesis| {
        let like = genesis.subnets[0].clone();
        genesis.subnets.extend([subnet(&like, 2, 0), subnet(&like, 3, 0)]);
    });
    world.block(&[]);
    let pending: Vec<_> = query::subnets(&world.state).iter().map(|net| net.pending.0).collect();
    assert_eq!(pending, [333_333_334, 333_333_333, 333_333_333]);
    world.poke_net(|net| net.started = false);
    world.block(&[]);
    let pending: Vec<_> = query::subnets(&world.state).iter().map(|net| net.pending.0).collect();
    assert_eq!(pending, [333_333_334, 833_333_333, 833_333_333]);
    assert_eq!(query::subnet(&world.state, NET).unwrap().epochs, 0);
}
