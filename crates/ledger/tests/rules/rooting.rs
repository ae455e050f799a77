//! The root matrix: who may score subnets, how, and what colluders get of it.

use crate::world::{World, cold, hot, tao};
use weft_ledger::rules::CallError;
use weft_types::genesis::{GenesisNeuron, GenesisStake, GenesisSubnet, GenesisVoter};
use weft_types::{Call, Genesis, Height, Item, Netuid, Power, PublicKey};

/// How many voters and subnets the large chains here have.
const VOTERS: u16 = 32;
const NETS: u16 = 30;

/// Stakes by rank of a Pareto law with exponent 1, in TAO.
fn pareto() -> Vec<u64> {
    (1..=u64::from(VOTERS)).map(|rank| 50_000 / rank).collect()
}

/// Numbers that look random and are always the same.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963);
        (self.0 >> 33) % below
    }
}

/// Voters 0.. with stakes in TAO, subnets 1 to `nets`, a root epoch every 20 blocks.
fn rooted(stakes: &[u64], nets: u16) -> World {
    let voters = u16::try_from(stakes.len()).unwrap();
    let mut world = World::with(|genesis: &mut Genesis| {
        genesis.params.max_voters = voters;
        genesis.params.root_tempo = 20;
        let who = |n| (hot(n), cold(n));
        let voter = |n| {
            let (hotkey, coldkey) = who(n);
            GenesisVoter { hotkey, coldkey, power: Power(1) }
        };
        genesis.voters = (0..voters).map(voter).collect();
        let stake = |(n, tao_behind): (u16, &u64)| {
            let (hotkey, coldkey) = who(n);
            GenesisStake { hotkey, coldkey, stake: tao(*tao_behind) }
        };
        genesis.stakes = (0..).zip(stakes).map(stake).collect();
        let hyperparameters = genesis.subnets[0].hyperparameters.clone();
        let net = |n| GenesisSubnet {
            netuid: Netuid(n),
            owner: None,
            hyperparameters: hyperparameters.clone(),
            neurons: vec![GenesisNeuron { hotkey: hot(0), validator_permit: true }],
        };
        genesis.subnets = (1..=nets).map(net).collect();
    });
    world.run_to(1);
    world
}

type Scores = Vec<(u16, u16)>;

/// Lets every voter set its row in one block, then runs to the next root epoch.
fn votes(world: &mut World, rows: &[(u16, Scores)]) -> Vec<(u16, u64)> {
    let item = |(n, scores): &(u16, Scores)| (hot(*n), vec![Item::Row(world.root_row(scores))]);
    let mut items: Vec<(PublicKey, Vec<Item>)> = rows.iter().map(item).collect();
    items.sort_by_key(|(key, _)| *key);
    assert!(world.height > 0, "a look at genesis is older than any score");
    let receipts = world.try_block(&items, &[]).unwrap();
    for receipt in &receipts.items {
        assert_eq!(receipt.result, Ok(()));
    }
    world.run_to(20);
    world.shares()
}

#[test]
fn what_any_of_thirty_two_pareto_voters_scored_is_left_with_something() {
    for seed in 0..20 {
        let mut dice = Dice(seed);
        let mut world = rooted(&pareto(), NETS);
        // Each scores a random half of the subnets, and most think alike of them.
        let row = |n: u16, dice: &mut Dice| {
            let mut left: Vec<u16> = (1..=NETS).collect();
            let mut scores = Scores::new();
            for _ in 0..NETS / 2 {
                let at = usize::try_from(dice.roll(left.len() as u64)).unwrap();
                let netuid = left.remove(at);
                let noise = u16::try_from(dice.roll(200)).unwrap();
                scores.push((netuid, netuid * 100 + noise));
            }
            scores.sort_unstable();
            (n, scores)
        };
        let rows: Vec<_> = (0..VOTERS).map(|n| row(n, &mut dice)).collect();
        let shares = votes(&mut world, &rows);
        for netuid in 1..=NETS {
            let scored = rows.iter().any(|(_, row)| row.iter().any(|(n, _)| *n == netuid));
            let share = shares.iter().find(|(n, _)| *n == netuid).map_or(0, |(_, x)| *x);
            assert_eq!(scored, share > 0, "seed {seed}: subnet {netuid} has {share}");
        }
        let all: u64 = shares.iter().map(|(_, share)| share).sum();
        assert!((999_900..=1_000_000).contains(&all), "{all}");
    }
}

/// The part, in millionths, that colluders with about `percent` of the counted stake give
/// to a subnet of their own, when the honest think all subnets alike good.
fn colluders_take(percent: u64) -> (u64, u64) {
    let stakes = pareto();
    // No key counts with more than an eighth: the largest cap that holds itself.
    let counted = |c: u64| stakes.iter().map(|s| (*s).min(c)).sum::<u64>();
    let cap = (1..=50_000).rev().find(|c| c * 8 <= counted(*c)).unwrap();
    let all = counted(cap);
    let (mut theirs, mut sum) = (Vec::new(), 0);
    for (n, stake) in (0..VOTERS).zip(&stakes) {
        if (sum + stake.min(&cap)) * 100 <= all * percent {
            sum += stake.min(&cap);
            theirs.push(n);
        }
    }
    let row = |n: u16| {
        let score = |netuid: u16| match (theirs.contains(&n), netuid) {
            (true, NETS) => u16::MAX,
            (true, _) => 1,
            (false, _) => 1_000,
        };
        (n, (1..=NETS).map(|netuid| (netuid, score(netuid))).collect::<Scores>())
    };
    let rows: Vec<_> = (0..VOTERS).map(row).collect();
    let mut world = rooted(&stakes, NETS);
    let shares = votes(&mut world, &rows);
    (sum * 1_000 / all, shares.last().unwrap().1)
}

#[test]
fn colluders_feed_their_own_subnet_by_half_their_stake_until_they_are_the_majority() {
    for (percent, least, most) in [(30, 150_000, 200_000), (49, 240_000, 300_000)] {
        let (permille, got) = colluders_take(percent);
        assert!(permille.abs_diff(percent * 10) < 10, "{percent} % asked, {permille} permille");
        assert!((least..most).contains(&got), "{percent} %: {got} millionths");
        eprintln!("{permille} permille of the stake feed their own {got} millionths");
    }
    let (permille, got) = colluders_take(51);
    assert!((505..=510).contains(&permille), "{permille}");
    eprintln!("{permille} permille of the stake feed their own {got} millionths");
    // The clip gives them everything, the mean what they and the thirtieth part of the
    // others say.
    assert!((740_000..=770_000).contains(&got), "the mean still feeds the others: {got}");
}

#[test]
fn a_whale_counts_with_an_eighth() {
    let mut stakes = vec![100; 16];
    stakes[0] = 1_000_000;
    let mut world = rooted(&stakes, 2);
    let row = |n| (n, if n == 0 { vec![(2, 1)] } else { vec![(1, 1)] });
    let rows: Vec<_> = (0..16).map(row).collect();
    let shares = votes(&mut world, &rows);
    // Half of an eighth by the mean; the clip leaves it nothing.
    assert!(shares[1].1.abs_diff(62_500) < 10, "{shares:?}");
}

#[test]
fn every_root_row_that_is_not_allowed_fails_by_name() {
    let mut world = rooted(&[10, 10], 4);
    world.run_to(5);
    let fails = |n: u16, row, want: CallError| {
        assert_eq!(world.clone().item(n, Item::Row(row)), Err(want));
    };
    let good = world.root_row(&[(1, 1), (2, 1)]);
    fails(9, good.clone(), CallError::NotAVoter { hotkey: hot(9) });
    let mut uneven = good.clone();
    uneven.values.pop();
    fails(0, uneven, CallError::WeightVecNotEqualSize { uids: 2, values: 1 });
    let uid = weft_types::Uid(1);
    fails(0, world.root_row(&[(1, 1), (1, 1)]), CallError::DuplicateUids { uid });
    let netuid = Netuid(7);
    fails(0, world.root_row(&[(1, 1), (7, 1)]), CallError::SubnetNotStarted { netuid });
    let few = CallError::TooFewSubnetsScored { got: 1, started: 4 };
    fails(0, world.root_row(&[(1, 1), (2, 0)]), few);
    let mut future = good.clone();
    future.view = Height(6);
    let (view, height) = (Height(6), Height(6));
    let tx = world.free_call(0, Call::SetWeights { row: future });
    world.wont(&tx, &CallError::RowFromTheFuture { view, height });
    assert_eq!(world.item(0, Item::Row(good)), Ok(()));
    let soon = world.root_row(&[(1, 1), (2, 1)]);
    let early = world.item(0, Item::Row(soon));
    assert!(matches!(early, Err(CallError::SettingWeightsTooFast { .. })), "{early:?}");
}

#[test]
fn root_rows_pass_through_either_door() {
    let (mut by_share, mut by_call) = (rooted(&[10, 10], 2), rooted(&[10, 10], 2));
    let row = by_share.root_row(&[(1, 3), (2, 1)]);
    assert_eq!(by_share.item(0, Item::Row(row.clone())), Ok(()));
    let tx = by_call.free_call(0, Call::SetWeights { row });
    by_call.does_free(&tx);
    assert_eq!(by_share.state.uncounted(), by_call.state.uncounted());
}

#[test]
fn with_no_row_all_started_subnets_earn_alike_and_old_rows_are_not_heard() {
    let mut world = rooted(&[10, 10], 2);
    world.run_to(2);
    let pending = |world: &World| [1, 2].map(|n| world.net(Netuid(n)).unwrap().pending.0);
    assert_eq!(pending(&world)[0], pending(&world)[1]);
    let row = vec![(1, 3), (2, 1)];
    let shares = votes(&mut world, &[(0, row.clone()), (1, row)]);
    assert!(shares[0].1.abs_diff(750_000) < 10, "{shares:?}");
    let cutoff = world.genesis.params.subnet_defaults.activity_cutoff;
    world.run_to(cutoff + 60);
    assert_eq!(world.shares(), Vec::new(), "whoever is silent has no voice");
}

#[test]
fn scores_of_a_subnet_that_is_gone_are_not_the_next_ones() {
    let mut world = rooted(&[10, 10], 2);
    let row = vec![(1, 1), (2, 1)];
    let item = |world: &World| vec![(hot(0), vec![Item::Row(world.root_row(&row))])];
    let items = item(&world);
    world.try_block(&items, &[]).unwrap();
    // As if it had been evicted and created anew after the voter looked.
    world.poke_subnet(Netuid(2), |net| net.registered_at = Height(2));
    world.run_to(20);
    assert_eq!(world.shares(), [(1, 1_000_000), (2, 0)]);
}
