//! What a genesis must be to start a chain.

use crate::sample::{genesis, key};
use weft_types::genesis::GenesisError;
use weft_types::hyperparameters::Unsound;
use weft_types::rules::TEST_TWO;
use weft_types::{Canonical as _, Genesis, Netuid, Network, Power, PublicKey, Rao, RulesId};

fn refusal(change: impl Fn(&mut Genesis)) -> GenesisError {
    let mut genesis = genesis();
    change(&mut genesis);
    genesis.check().unwrap_err()
}

#[test]
fn the_sample_can_start_a_chain() {
    assert_eq!(genesis().check(), Ok(()));
}

#[test]
fn each_list_is_strictly_ascending() {
    use GenesisError::Unsorted;
    assert_eq!(refusal(|g| g.voters.reverse()), Unsorted("voters"));
    assert_eq!(refusal(|g| g.accounts.swap(0, 2)), Unsorted("accounts"));
    assert_eq!(refusal(|g| g.stakes[1].hotkey = g.stakes[0].hotkey), Unsorted("stakes"));
    assert_eq!(refusal(|g| g.subnets.push(g.subnets[0].clone())), Unsorted("subnets"));
    assert_eq!(
        refusal(|g| g.subnets[0].neurons[2] = g.subnets[0].neurons[0].clone()),
        Unsorted("neurons")
    );
}

#[test]
fn somebody_votes_and_everybody_named_has_power() {
    assert_eq!(refusal(|g| g.voters.clear()), GenesisError::NoVoters);
    assert_eq!(refusal(|g| g.voters[1].power = Power(0)), GenesisError::NoVoters);
}

#[test]
fn virtual_power_is_equal_and_a_voter_has_one_owner() {
    let power = |g: &mut Genesis| g.voters[1].power = Power(101);
    assert_eq!(refusal(power), GenesisError::UnequalPower);
    let mut real = genesis();
    (real.voters[1].power, real.params.bootstrap_stake) = (Power(101), Rao(0));
    assert_eq!(real.check(), Ok(()));
    let stranger = key(250).public();
    let hotkey = genesis().voters[1].hotkey;
    let refused = refusal(|g| g.voters[1].coldkey = stranger);
    assert_eq!(refused, GenesisError::TwoOwners { hotkey });
}

#[test]
fn numbers_that_divide_are_not_zero() {
    use GenesisError::Zero;
    assert_eq!(refusal(|g| g.params.slot_ms = 0), Zero("slot_ms"));
    assert_eq!(refusal(|g| g.params.rotation_blocks = 0), Zero("rotation_blocks"));
    assert_eq!(refusal(|g| g.params.max_epochs_per_block = 0), Zero("max_epochs_per_block"));
    let refused = refusal(|g| g.subnets[0].hyperparameters.tempo = 0);
    let netuid = Netuid(1);
    assert_eq!(refused, GenesisError::Hyperparameters { netuid, error: Unsound::NoTempo });
}

/// A2: a node that slept just less than the window of R16 would else meet keys whose stake
/// is out.
#[test]
fn r16_stake_waits_four_rotations_and_a_rotation_has_four_blocks_for_each_voter() {
    let with = |rotation, unbonding| {
        refusal(move |g| {
            (g.params.max_voters, g.params.rotation_blocks) = (3, rotation);
            g.params.unbonding_blocks = unbonding;
        })
    };
    let few = |error: &GenesisError| match error {
        GenesisError::TooFewBlocks { name, got, least, .. } => (*name, *got, *least),
        other => panic!("{other}"),
    };
    assert_eq!(few(&with(11, 1_000)), ("rotation_blocks", 11, 12));
    assert_eq!(few(&with(12, 47)), ("unbonding_blocks", 47, 48));
    assert_eq!(few(&with(u64::MAX, 47)), ("unbonding_blocks", 47, u64::MAX));
    let said = with(11, 1_000).to_string();
    assert!(said.contains("4 times max_voters (3); raise it, or lower max_voters"), "{said}");
    let mut fine = genesis();
    (fine.params.max_voters, fine.params.rotation_blocks) = (3, 12);
    fine.params.unbonding_blocks = 48;
    assert_eq!(fine.check(), Ok(()));
    for network in [Network::Main, Network::Local, Network::Bench] {
        let mut preset = genesis();
        preset.params = weft_types::Params::preset(network);
        assert_eq!(preset.check(), Ok(()), "{network:?}");
    }
}

/// A5: rules for tests are never there by a switch of a build, and on no network that lasts.
#[test]
fn r21_rules_for_tests_start_no_chain_of_main_or_test() {
    let with = |network| {
        refusal(|g| {
            g.network = network;
            g.rules.test = vec![RulesId::of(TEST_TWO)];
        })
    };
    for network in [Network::Main, Network::Test] {
        assert_eq!(with(network), GenesisError::TestRules(RulesId::of(TEST_TWO)));
    }
}

#[test]
fn nobody_votes_beyond_max_voters() {
    let many = refusal(|g| g.params.max_voters = 1);
    assert!(matches!(many, GenesisError::TooManyVoters { what: "voters of genesis", .. }));
    let least = refusal(|g| g.params.min_voters = g.params.max_voters + 1);
    assert!(matches!(least, GenesisError::TooManyVoters { what: "min_voters", .. }));
    assert_eq!(refusal(|g| g.params.max_voters = 0), GenesisError::Zero("max_voters"));
}

/// A6.
#[test]
fn r19_genesis_names_no_more_voters_than_whose_proofs_fit_a_block() {
    let with = |max_voters: u16| {
        let mut genesis = genesis();
        let params = &mut genesis.params;
        params.max_voters = max_voters;
        params.rotation_blocks = 4 * u64::from(max_voters);
        params.unbonding_blocks = 16 * u64::from(max_voters);
        genesis.check()
    };
    // 4 MiB less 256 KiB for free calls and 1 KiB, over 2 * (4 096 + 2 * 208) for each.
    assert_eq!(with(435), Ok(()));
    let (max_voters, got) = (436, 4 << 20);
    let need = 436 * 2 * (4_096 + 2 * 208) + (257 << 10);
    assert_eq!(with(436), Err(GenesisError::BlockTooSmall { max_voters, need, got }));
}

/// A6: nor does it take from free calls what a block keeps for them.
#[test]
fn r19_genesis_gives_a_block_the_calls_and_the_free_bytes_that_it_keeps_room_for() {
    let with = |calls, bytes| {
        let mut genesis = genesis();
        let limits = &mut genesis.params.limits;
        (limits.block_calls, limits.free_bytes) = (calls, bytes);
        genesis.check()
    };
    let (calls, bytes) = weft_types::room::least_free();
    assert_eq!(with(calls, bytes), Ok(()));
    let few = |name, got, least| Err(GenesisError::NoRoom { name, got, least });
    assert_eq!(with(calls - 1, bytes), few("block_calls", calls - 1, calls));
    assert_eq!(with(calls, bytes - 1), few("free_bytes", bytes - 1, bytes));
}

#[test]
fn there_are_no_more_coins_than_can_exist() {
    let cap = weft_types::units::SUPPLY_CAP;
    assert_eq!(refusal(|g| g.accounts[0].free = cap), GenesisError::TooManyCoins);
    let overflow = |g: &mut Genesis| {
        g.accounts.iter_mut().for_each(|a| a.free = Rao(u64::MAX));
    };
    assert_eq!(refusal(overflow), GenesisError::TooManyCoins);
}

#[test]
fn a_subnet_is_no_root_and_no_fuller_than_it_may_be() {
    let root = refusal(|g| g.subnets[0].netuid = Netuid(0));
    assert!(matches!(root, GenesisError::SubnetSize { netuid: Netuid(0), .. }));
    let full = refusal(|g| g.subnets[0].hyperparameters.max_uids = 2);
    assert!(matches!(full, GenesisError::SubnetSize { neurons: 3, max: 2, .. }));
}

#[test]
fn every_neuron_has_an_owner() {
    let stranger: PublicKey = key(250).public();
    let refused = refusal(|g| g.subnets[0].neurons[1].hotkey = stranger);
    assert!(matches!(refused, GenesisError::UnknownHotkey { hotkey, .. } if hotkey == stranger));
}

#[test]
fn every_number_is_part_of_the_chain_id() {
    let changes: [fn(&mut Genesis); 6] = [
        |g| g.name.push('x'),
        |g| g.genesis_time.0 += 1,
        |g| g.params.byte_fee.0 += 1,
        |g| g.voters[0].power.0 += 1,
        |g| g.subnets[0].hyperparameters.kappa += 1,
        |g| g.network = weft_types::Network::Bench,
    ];
    for change in changes {
        let mut other = genesis();
        change(&mut other);
        assert_ne!(other.chain_id(), genesis().chain_id());
    }
}

#[test]
fn a_genesis_file_reads_back_and_knows_no_other_fields() {
    let json = serde_json::to_string(&genesis()).unwrap();
    let read: Genesis = serde_json::from_str(&json).unwrap();
    assert_eq!(read.to_bytes(), genesis().to_bytes());
    let more = json.replacen('{', "{\"colour\":\"red\",", 1);
    assert!(serde_json::from_str::<Genesis>(&more).is_err());
}

#[test]
fn block_zero_is_final_and_named_by_the_chain_id() {
    let genesis = genesis();
    let finality = genesis.finality();
    assert_eq!(finality.justified, finality.finalized);
    assert_eq!(finality.justified.hash, genesis.chain_id());
    assert_eq!(genesis.header(weft_types::Hash::ZERO).parent, genesis.block_hash());
}
