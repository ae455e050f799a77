//! A real subnet: the stakes and weight rows of netuid 15 of the live chain at one block,
//! run through genesis, the door of `set_weights` and the first epoch.

use crate::world::{NET, World, cold, hot};
use serde_json::Value;
use std::path::Path;
use weft_ledger::query;
use weft_ledger::rules::CallError;
use weft_types::genesis::{GenesisNeuron, GenesisStake};
use weft_types::{Call, Height, Rao, Uid, WeightRow};

fn read(name: &str) -> Option<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared").join(name);
    match std::fs::read_to_string(&path) {
        Ok(text) => Some(serde_json::from_str(&text).unwrap()),
        Err(_) => {
            eprintln!("skipped: the real subnet is absent ({})", path.display());
            None
        }
    }
}

fn numbers(list: &Value) -> Vec<u64> {
    list.as_array().unwrap().iter().map(|n| n.as_u64().unwrap()).collect()
}

struct Real {
    stakes: Vec<u64>,
    permits: Vec<bool>,
    rows: Vec<(u16, Vec<(u16, u16)>)>,
    golden: Value,
    tempo: u64,
    threshold: Rao,
}

fn real() -> Option<Real> {
    let data = read("data/mainnet-netuid15-block4769998.json")?;
    let golden = read("vectors/yuma/mainnet_netuid15_yuma3.json")?;
    let small = |n: u64| u16::try_from(n).unwrap();
    let entries = |row: &Value| {
        let entry = |pair: &Value| (small(numbers(pair)[0]), small(numbers(pair)[1]));
        row.as_array().unwrap().iter().map(entry).collect::<Vec<_>>()
    };
    let rows = data["weights"].as_array().unwrap().iter().map(entries);
    let rows = (0..).zip(rows).filter(|(_, row)| !row.is_empty()).collect();
    let params = &golden["params"];
    Some(Real {
        stakes: numbers(&data["stake_rao"]),
        permits: numbers(&golden["epochs"][0]["in"]["validator_permit"])
            .iter()
            .map(|p| *p > 0)
            .collect(),
        rows,
        tempo: params["tempo"].as_u64().unwrap(),
        threshold: Rao(params["stake_threshold"].as_u64().unwrap()),
        golden,
    })
}

fn world(real: &Real) -> World {
    let params = &real.golden["params"];
    let number = |name: &str| params[name].as_u64().unwrap();
    let small = |name: &str| u16::try_from(number(name)).unwrap();
    let uids = || 0..u16::try_from(real.stakes.len()).unwrap();
    World::with(|genesis| {
        genesis.params.stake_threshold = real.threshold;
        genesis.accounts.clear();
        genesis.stakes = uids()
            .map(|n| {
                let stake = Rao(real.stakes[usize::from(n)]);
                GenesisStake { hotkey: hot(n), coldkey: cold(n), stake }
            })
            .collect();
        let net = &mut genesis.subnets[0];
        let hyper = &mut net.hyperparameters;
        hyper.tempo = real.tempo;
        hyper.activity_cutoff = number("activity_cutoff");
        hyper.max_validators = small("max_allowed_validators");
        hyper.kappa = small("kappa");
        hyper.bonds_moving_avg = number("bonds_moving_avg");
        hyper.bonds_penalty = small("bonds_penalty");
        (hyper.yuma3, hyper.liquid_alpha) = (true, false);
        let neuron =
            |n| GenesisNeuron { hotkey: hot(n), validator_permit: real.permits[usize::from(n)] };
        net.neurons = uids().map(neuron).collect();
    })
}

#[test]
fn the_first_epoch_of_a_real_subnet_gives_the_live_chains_incentives() {
    let Some(real) = real() else { return };
    let mut world = world(&real);
    assert_eq!(world.supply().issued.0, real.stakes.iter().sum::<u64>(), "stakes are issuance");
    world.run_to(1);
    let mut refused = 0;
    let mut txs = Vec::new();
    for (uid, entries) in &real.rows {
        let row = WeightRow { view: Height(1), ..world.row(entries) };
        let tx = world.free_call(*uid, Call::SetWeights { row });
        let stake = Rao(real.stakes[usize::from(*uid)]);
        match world.ledger.try_free(&world.state, world.genesis.block_hash(), &tx.body) {
            Ok(()) => {
                assert!(real.permits[usize::from(*uid)]);
                txs.push(tx);
            }
            Err(CallError::NotEnoughStakeToSetWeights { have, need }) => {
                assert_eq!((have, need), (stake, real.threshold));
                refused += 1;
            }
            Err(CallError::NeuronNoValidatorPermit { uid: named, .. }) => {
                assert_eq!(named, Uid(*uid));
                assert!(!real.permits[usize::from(*uid)]);
                refused += 1;
            }
            Err(other) => panic!("uid {uid}: {other}"),
        }
    }
    assert_eq!((txs.len(), refused), (11, 9), "nine rows have no permitted validator");
    world.block(&txs);
    let receipts = world.run_to(real.tempo);
    assert_eq!(receipts.epochs.len(), 1);
    let out = &real.golden["epochs"][0]["out"];
    let neurons = query::metagraph(&world.state, NET).unwrap();
    let (incentive, consensus) = (numbers(&out["incentive"]), numbers(&out["consensus"]));
    let (trust, dividends) = (numbers(&out["validator_trust"]), numbers(&out["dividends"]));
    for (uid, neuron) in neurons.iter().enumerate() {
        assert_eq!(u64::from(neuron.incentive), incentive[uid], "incentive of uid {uid}");
        assert_eq!(u64::from(neuron.consensus), consensus[uid], "consensus of uid {uid}");
        assert_eq!(u64::from(neuron.validator_trust), trust[uid], "trust of uid {uid}");
        assert_eq!(u64::from(neuron.dividends), dividends[uid], "dividends of uid {uid}");
    }
    assert!(incentive.iter().any(|part| *part > 0));
}
