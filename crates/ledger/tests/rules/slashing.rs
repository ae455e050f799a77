//! What an offence of a voter costs (R17), and whom.

use crate::rotating::{TURN, members, offer, sets, voters};
use crate::world::{FEE, NET, World, cold, hot, hot_secret, tao};
use weft_ledger::query;
use weft_ledger::rules::{Breach, CallError, Event};
use weft_types::genesis::{GenesisNeuron, GenesisVoter};
use weft_types::{
    Call, Checkpoint, Evidence, Hash, Height, Power, Rao, Round, SignedHeader, SignedVote, Slot,
    Tx, Vote, Work,
};

/// Voters 0 to 3 with 5, 10, 25 and 60 parts of a hundred of the power.
const POWERS: [u64; 4] = [5, 10, 25, 60];

fn world() -> World {
    voters(|genesis| {
        genesis.params.jail_rotations = 3;
        let voter = |n: u16| GenesisVoter {
            hotkey: hot(n),
            coldkey: cold(n),
            power: Power(POWERS[usize::from(n)]),
        };
        genesis.voters = (0..4).map(voter).collect();
        // Nothing is paid that a test doesn't look at.
        genesis.subnets[0].hyperparameters.tempo = 1_000;
    })
}

fn vote(world: &World, n: u16, link: (u64, u64), mark: u8) -> SignedVote {
    let at = |round| Checkpoint { round: Round(round), hash: Hash([mark; 32]) };
    let vote = Vote { voter: hot(n), source: at(link.0), target: at(link.1), items: Hash::ZERO };
    vote.sign(&hot_secret(n), &world.genesis.chain_id())
}

/// Two votes of a voter for one round.
pub fn double(world: &World, n: u16, round: u64, mark: u8) -> Evidence {
    let link = (round.saturating_sub(1), round);
    let pair = (vote(world, n, link, mark), vote(world, n, link, mark + 1));
    Evidence::Votes(Box::new(pair.0), Box::new(pair.1))
}

fn headers(world: &World, n: u16, slot: u64) -> Evidence {
    let one = |work| -> Box<SignedHeader> {
        let header = weft_types::Header {
            proposer: hot(n),
            slot: Slot(slot),
            work: Work(work),
            ..world.genesis.header(Hash::ZERO)
        };
        Box::new(header.sign(&hot_secret(n), &world.genesis.chain_id()))
    };
    Evidence::Headers(one(1), one(2))
}

/// The report of one who has nothing to do with it.
pub fn report(world: &World, reporter: u16, evidence: Evidence) -> Tx {
    world.free_call(reporter, Call::ReportEvidence { evidence })
}

fn reports(world: &mut World, evidence: Evidence) -> Vec<Event> {
    let tx = report(world, 5, evidence);
    world.block(&[tx]).txs.remove(0).events
}

fn why_not(world: &mut World, evidence: Evidence) -> CallError {
    let tx = report(world, 5, evidence);
    match world.refused(tx) {
        Breach::FreeCallFails { error, .. } => error,
        other => panic!("{other}"),
    }
}

fn pool(world: &World, n: u16) -> Rao {
    query::hotkey(&world.state, &hot(n)).unwrap().stake
}

#[test]
fn r17_a_double_vote_costs_everybody_behind_the_hotkey_the_same_part_and_pays_who_reports_it() {
    let mut world = world();
    let (own, others) = (pool(&world, 0), tao(300));
    world.does(4, Call::AddStake { hotkey: hot(0), amount: others });
    let (before, reporter) = (world.supply(), query::account(&world.state, &hot(5)).free);
    let evidence = double(&world, 0, 1, 1);
    // The reward opens the reporter's account and pays for it.
    let deposit = world.deposit().0;
    let events = reports(&mut world, evidence);
    // 5 parts in 100 of the power were caught: three times that is cut.
    let lost = Rao((own.0 + others.0) * 15 / 100);
    let reward = Rao(own.0 * 15 / 100 / 20);
    let Some(Event::VoterSlashed { hotkey, lost: got, reward: paid, jailed_until, .. }) =
        events.first()
    else {
        panic!("{events:?}")
    };
    assert_eq!((*hotkey, *jailed_until), (hot(0), Height(world.height + 3 * TURN)));
    assert!(got.0.abs_diff(lost.0) <= 1, "{got} of {lost}");
    assert!(paid.0.abs_diff(reward.0) <= 1, "{paid} of {reward}");
    assert_eq!(pool(&world, 0).0, own.0 + others.0 - got.0);
    // A delegator lost the same part, and the reporter has nothing of it.
    let left = world.stake(0, 4).0;
    assert!(left.abs_diff(others.0 * 85 / 100) <= 2, "{left}");
    assert_eq!(query::account(&world.state, &hot(5)).free.0 - reporter.0, paid.0 - deposit);
    let after = world.supply();
    let minted = tao(1).0;
    let recycled = got.0 - paid.0 + deposit;
    assert_eq!(after.recycled.0 - before.recycled.0, recycled);
    assert_eq!(after.issued.0 + recycled - before.issued.0, minted);
}

#[test]
fn r17_the_least_cut_is_one_part_in_slash_divisor() {
    let mut world = voters(|genesis| {
        for (voter, power) in genesis.voters.iter_mut().zip([1, 99]) {
            voter.power = Power(power);
        }
    });
    let least = |n: &u16| sets(&world).current.get(&hot(*n)).unwrap().power == Power(1);
    let small = [0, 1].into_iter().find(least).unwrap();
    let own = pool(&world, small);
    let evidence = double(&world, small, 1, 1);
    reports(&mut world, evidence);
    assert_eq!(pool(&world, small).0, own.0 - own.0 / 20);
}

#[test]
fn r17_an_offence_is_punished_once_whatever_votes_show_it() {
    let mut world = world();
    world.run_to(9);
    let first = double(&world, 0, 7, 1);
    reports(&mut world, first.clone());
    assert_eq!(why_not(&mut world, first), CallError::OffenceKnown { hotkey: hot(0) });
    let same_round = double(&world, 0, 7, 3);
    assert_eq!(why_not(&mut world, same_round), CallError::OffenceKnown { hotkey: hot(0) });
    // A link around others is named by its own target.
    let outer = vote(&world, 0, (3, 9), 1);
    let around = |inner| Evidence::Votes(Box::new(outer), Box::new(inner));
    let one = around(vote(&world, 0, (4, 8), 1));
    reports(&mut world, one);
    let other = around(vote(&world, 0, (5, 6), 1));
    assert_eq!(why_not(&mut world, other), CallError::OffenceKnown { hotkey: hot(0) });
    // Another round is another offence, and so is a slot of that number.
    let (next, slot) = (double(&world, 0, 8, 5), headers(&world, 0, 8));
    let before = pool(&world, 0);
    reports(&mut world, next);
    reports(&mut world, slot);
    let twice = before.0 * 85 / 100 * 85 / 100;
    assert!(pool(&world, 0).0.abs_diff(twice) <= 2);
}

#[test]
fn r17_what_shows_no_offence_of_a_voter_is_refused_by_name() {
    let mut world = world();
    let pair = |a, b| Evidence::Votes(Box::new(a), Box::new(b));
    let fine = pair(vote(&world, 0, (1, 2), 1), vote(&world, 0, (2, 3), 1));
    assert!(matches!(why_not(&mut world, fine), CallError::NoOffence { .. }));
    // A miner that has stake and no power.
    let powerless = double(&world, 4, 1, 1);
    assert_eq!(why_not(&mut world, powerless), CallError::HadNoPower { hotkey: hot(4) });
    let batch = Call::Batch {
        calls: vec![weft_types::BatchCall(Call::ReportEvidence {
            evidence: double(&world, 0, 1, 1),
        })],
    };
    let tx = world.tx(0, batch);
    assert_eq!(world.run(tx), Err(CallError::NotInABatch { index: 0 }));
}

/// A7: that is said by the checker, so a report costs who runs it no signature.
#[test]
fn r17_a_report_is_run_without_a_look_at_the_signatures_of_its_evidence() {
    let mut world = world();
    let mut forged = vote(&world, 0, (0, 1), 2);
    forged.signature = vote(&world, 1, (0, 1), 2).signature;
    let forged = Evidence::Votes(Box::new(vote(&world, 0, (0, 1), 1)), Box::new(forged));
    let tx = report(&world, 5, forged);
    assert_eq!(world.run(tx), Ok(()));
}

#[test]
fn r17_an_offence_older_than_the_unbonding_time_is_refused() {
    let mut world = world();
    // Of the heights where voters may rotate, 20 is the last that lies 80 blocks back.
    world.run_to(109);
    let old = double(&world, 0, 19, 1);
    let why = CallError::OffenceTooOld { round: Round(20), slot: Slot(20) };
    assert_eq!(why_not(&mut world, old), why);
    let old = headers(&world, 0, 19);
    assert_eq!(why_not(&mut world, old), why);
    let young = double(&world, 0, 20, 1);
    reports(&mut world, young);
}

/// A planted bug that this finds: an offence of a round that no block has come to was recent
/// for ever, and 256 of them kept every other report of that hotkey out for ever.
#[test]
fn r17_an_offence_of_a_round_or_slot_above_the_last_blocks_slot_is_refused_until_then() {
    let mut world = world();
    world.run_to(9);
    for far in [1_u64 << 63, 10] {
        let why = CallError::OffenceTooEarly { got: far, slot: Slot(9) };
        let (votes, two) = (double(&world, 0, far, 1), headers(&world, 0, far));
        assert_eq!(why_not(&mut world, votes), why);
        assert_eq!(why_not(&mut world, two), why);
    }
    // A link around another is named by the later target.
    let around = (vote(&world, 0, (3, 1 << 63), 1), vote(&world, 0, (4, 8), 1));
    let around = Evidence::Votes(Box::new(around.0), Box::new(around.1));
    assert!(matches!(why_not(&mut world, around), CallError::OffenceTooEarly { .. }));
    world.run_to(10);
    let evidence = double(&world, 0, 10, 1);
    assert!(matches!(reports(&mut world, evidence)[0], Event::VoterSlashed { .. }));
}

/// A planted bug that this finds: who had 256 of its offences reported by a friend was safe
/// with what it brought behind the hotkey after that.
#[test]
fn r17_as_many_offences_as_are_remembered_cost_all_and_so_does_each_later_one() {
    let mut world = voters(|genesis| {
        (genesis.params.jail_rotations, genesis.params.unbonding_blocks) = (3, 400);
        let voter = |n: u16| GenesisVoter {
            hotkey: hot(n),
            coldkey: cold(n),
            power: Power(if n == 0 { 1 } else { 999 }),
        };
        genesis.voters = (0..2).map(voter).collect();
        genesis.subnets[0].hyperparameters.tempo = 1_000;
    });
    world.run_to(140);
    let pairs = |world: &World, at: u64| [double(world, 0, at, 1), headers(world, 0, at)];
    let last = headers(&world, 0, 129);
    let many: Vec<Tx> = (2..130)
        .flat_map(|at| pairs(&world, at))
        .filter(|evidence| *evidence != last)
        .map(|evidence| report(&world, 5, evidence))
        .collect();
    assert_eq!(many.len(), 255);
    world.block(&many);
    assert!(pool(&world, 0) > Rao(0), "a twentieth each leaves something");
    reports(&mut world, last.clone());
    assert_eq!(pool(&world, 0), Rao(0));
    assert_eq!(why_not(&mut world, last), CallError::OffenceKnown { hotkey: hot(0) });
    // As if the last one had left before that cut, and another came after.
    world.fill_pool(0, tao(50));
    let early = double(&world, 0, 1, 1);
    let full = CallError::OffencesFull { hotkey: hot(0), limit: 256 };
    assert_eq!(why_not(&mut world, early), full);
    let (later, until) = (double(&world, 0, 131, 1), world.height + 1 + 3 * TURN);
    let events = reports(&mut world, later.clone());
    assert_eq!(pool(&world, 0), Rao(0));
    let Event::VoterSlashed { jailed_until, lost, .. } = &events[0] else { panic!("{events:?}") };
    assert_eq!((*jailed_until, *lost), (Height(until), tao(50)));
    assert_eq!(why_not(&mut world, later), CallError::OffenceKnown { hotkey: hot(0) });
}

#[test]
fn r17_who_left_the_voters_still_answers_for_the_time_before() {
    let mut world = voters(|_| ());
    offer(&mut world, 40, &[2, 3], &[]);
    world.finalized = 40;
    offer(&mut world, 41, &[2, 3], &[]);
    assert!(sets(&world).previous.is_none() && sets(&world).current.get(&hot(0)).is_none());
    let (evidence, before) = (double(&world, 0, 30, 1), pool(&world, 0));
    reports(&mut world, evidence);
    assert!(pool(&world, 0) < before);
    // 80 blocks after its set was let go it answers no more.
    offer(&mut world, 121, &[2, 3], &[]);
    let late = double(&world, 0, 41, 1);
    assert_eq!(why_not(&mut world, late), CallError::HadNoPower { hotkey: hot(0) });
}

/// A1: who shrinks before its set is let go is cut by what it had in the sets before.
#[test]
fn r17_the_largest_part_in_any_set_that_voted_within_the_window_counts() {
    // Hotkey 0 had 25 parts of a hundred, and has 5 of 605 in the set after the next.
    let shrunk = |until| {
        let mut world = voters(|genesis| {
            let power = |n| GenesisVoter { hotkey: hot(n), coldkey: cold(n), power: Power(25) };
            genesis.voters = vec![power(0), GenesisVoter { power: Power(75), ..power(1) }];
            genesis.subnets[0].hyperparameters.tempo = 1_000;
        });
        let who = [0, 4, 5];
        offer(&mut world, 29, &who, &[]);
        world.does(0, Call::RemoveStake { hotkey: hot(0), amount: tao(95) });
        offer(&mut world, 40, &who, &[(5, 3)]);
        world.finalized = 40;
        offer(&mut world, 60, &who, &[]);
        world.finalized = 60;
        offer(&mut world, until, &[], &[]);
        let power = sets(&world).current.get(&hot(0)).map(|voter| voter.power.0);
        assert_eq!((power, sets(&world).previous.is_none()), (Some(tao(5).0), true));
        world
    };
    let mut world = shrunk(61);
    let (evidence, before) = (double(&world, 0, 41, 1), pool(&world, 0));
    reports(&mut world, evidence);
    assert!(pool(&world, 0).0.abs_diff(before.0 / 4) <= 1, "{} of {before}", pool(&world, 0));
    // The set of genesis was let go in block 41: 81 blocks later it counts no more.
    world = shrunk(121);
    let (evidence, before) = (double(&world, 0, 100, 1), pool(&world, 0));
    reports(&mut world, evidence);
    assert!(pool(&world, 0).0.abs_diff(before.0 - before.0 / 20) <= 1, "the least of {before}");
}

/// A1: stake that counted until a set was let go at height f leaves from f + 81 on here, and
/// what was signed before f is not reported any more from f + 80 on.
#[test]
fn r17_no_report_is_taken_after_stake_that_counted_has_left() {
    let who = [0, 2, 3];
    let until = |height| {
        let mut world = voters(|_| ());
        offer(&mut world, 29, &who, &[]);
        world.does(0, Call::RemoveStake { hotkey: hot(0), amount: tao(10) });
        offer(&mut world, 50, &who, &[]);
        world.finalized = 40;
        offer(&mut world, height, &who, &[]);
        assert!(sets(&world).current.get(&hot(0)).is_some(), "it votes on");
        world
    };
    // The set before was let go in block 51.
    let mut world = until(129);
    let evidence = double(&world, 0, 45, 1);
    assert!(matches!(reports(&mut world, evidence)[0], Event::VoterSlashed { .. }));
    let mut world = until(130);
    let evidence = double(&world, 0, 45, 1);
    let why = CallError::OffenceTooOld { round: Round(51), slot: Slot(51) };
    assert_eq!(why_not(&mut world, evidence), why);
    assert!(world.supply().unbonding > Rao(0), "its stake has not left");
}

/// A1: 1 of the voters asks for its stake, another stays, at any time within the window.
#[test]
fn r15_r17_who_leaves_and_who_stays_lose_the_same() {
    // The set of both is let go in block 41; it votes no more from block 40 on, so
    // reports are taken until block 119.
    let times = [(15, 36), (15, 118), (38, 60), (41, 43), (41, 118), (90, 118), (116, 118)];
    for (leaves, told) in times {
        let mut world = world();
        let (mut asked, mut matured) = (false, (0, 0));
        let all = [pool(&world, 0).0, pool(&world, 1).0];
        while world.height < 300 {
            let next = world.height + 1;
            if next == leaves + 1 {
                let call =
                    Call::RemoveStake { hotkey: hot(0), amount: weft_types::call::ALL_STAKE };
                world.does(0, call);
                asked = true;
            } else if next == told {
                for n in [0, 1] {
                    let evidence = double(&world, n, 35, 1);
                    let tx = report(&world, 5, evidence);
                    world.does_free(&tx);
                }
            } else {
                world.finalized = if next > 40 { 40 } else { 0 };
                for event in offer(&mut world, next, &[4, 5], &[]) {
                    if let Event::StakeMatured { amount, lost, .. } = event {
                        matured = (amount.0, lost.0);
                    }
                }
            }
        }
        assert!(asked && matured.0 > 0, "{leaves}, {told}");
        assert_eq!(matured.0 + matured.1, all[0] - FEE.0);
        let kept = |left: u64, all: u64| u128::from(left) * 1_000_000 / u128::from(all);
        let (left, stayed) = (kept(matured.0, all[0] - FEE.0), kept(pool(&world, 1).0, all[1]));
        assert!(left.abs_diff(stayed) <= 1, "left {leaves}, told {told}: {left} and {stayed}");
        assert!(left.abs_diff(550_000) <= 1, "three times 15 parts of a hundred are cut: {left}");
    }
}

/// A2: the window of R16 is two rotations less than stake is held, so whoever could show
/// another past to a node that slept for just as long still pays for it, whenever it left.
#[test]
fn r16_who_voted_last_before_a_node_slept_within_the_window_answers_for_what_it_shows_it() {
    let until = |leaves: u64, told: u64| {
        let mut world = world();
        while world.height + 1 < told {
            let next = world.height + 1;
            if next == leaves + 1 {
                let amount = weft_types::call::ALL_STAKE;
                world.does(0, Call::RemoveStake { hotkey: hot(0), amount });
            } else {
                // The set of genesis is let go in block 41.
                world.finalized = if next > 40 { 40 } else { 0 };
                offer(&mut world, next, &[4, 5], &[]);
            }
        }
        world
    };
    let params = &world().genesis.params;
    let (held, rotation) = (params.unbonding_blocks, params.rotation_blocks);
    let window = held - 2 * rotation;
    for last in [22, 31, 40] {
        for leaves in [12, last - 1, last + 2] {
            let mut world = until(leaves, last + window);
            let evidence = double(&world, 0, last + 1, 1);
            let told = reports(&mut world, evidence);
            let lost = match &told[0] {
                Event::VoterSlashed { lost, .. } => lost.0,
                other => panic!("{other:?}"),
            };
            let counted = world.supply().unbonding > Rao(0) || lost > 0;
            assert!(counted, "final {last}, left {leaves}: there is nothing to cut");
        }
    }
}

#[test]
fn r17_those_caught_together_lose_three_times_their_power_in_whatever_order() {
    let order = [[0, 1], [1, 0]];
    let left = order.map(|order| {
        let mut world = world();
        let before = [0, 1].map(|n| pool(&world, n).0);
        for n in order {
            let evidence = double(&world, n, 1, 1);
            reports(&mut world, evidence);
        }
        let after = [0, 1].map(|n| pool(&world, n).0);
        // 15 of 100 parts of the power: 45 of 100 parts of the stake.
        for (before, after) in before.into_iter().zip(after) {
            assert!(after.abs_diff(before * 55 / 100) <= 4, "{after} of {before}");
        }
        after
    });
    assert!(left[0][0].abs_diff(left[1][0]) <= 4 && left[0][1].abs_diff(left[1][1]) <= 4);
}

#[test]
fn r17_a_third_caught_together_loses_everything_and_its_pools_are_closed() {
    let mut world = world();
    for n in [1, 2] {
        let evidence = double(&world, n, 1, 1);
        reports(&mut world, evidence);
    }
    assert_eq!([1, 2].map(|n| pool(&world, n)), [Rao(0); 2]);
    assert!(pool(&world, 0) > Rao(0) && pool(&world, 3) > Rao(0), "others lose nothing");
    let more = Call::AddStake { hotkey: hot(1), amount: tao(1) };
    for n in [1, 4] {
        let tx = world.tx(n, more.clone());
        assert_eq!(world.run(tx), Err(CallError::PoolClosed));
    }
    assert_eq!(world.stake(1, 1), Rao(0));
    // What such a neuron would earn is recycled; the epoch pays the others.
    world.poke_net(|net| net.hyperparameters.tempo = 5);
    for n in [0, 4, 5] {
        world.set_weights(n, &[(1, 1), (3, 1)]);
    }
    let before = (world.supply().recycled, pool(&world, 3));
    let until = world.height + 12;
    world.run_to(until);
    assert_eq!(pool(&world, 1), Rao(0));
    assert!(pool(&world, 3) > before.1 && world.supply().recycled > before.0);
}

#[test]
fn r15_r17_stake_asked_back_before_an_offence_is_reported_is_cut_when_it_matures() {
    let mut world = world();
    world.does(4, Call::AddStake { hotkey: hot(0), amount: tao(200) });
    let before = world.free(4);
    world.does(4, Call::RemoveStake { hotkey: hot(0), amount: tao(100) });
    let evidence = double(&world, 0, 1, 1);
    reports(&mut world, evidence);
    world.does(4, Call::RemoveStake { hotkey: hot(0), amount: tao(50) });
    let issued = world.supply();
    assert_eq!(issued.unbonding.0, tao(150).0 - 2 * FEE.0, "in full until it matures");
    // The voters never rotate while nobody offers: rotate once, and both are free.
    world.run_to(20);
    offer(&mut world, 60, &[4, 5], &[]);
    world.finalized = 60;
    let events = offer(&mut world, 160, &[4, 5], &[]);
    let matured: Vec<_> = events
        .iter()
        .filter_map(|e| match e {
            Event::StakeMatured { amount, lost, .. } => Some((amount.0, lost.0)),
            _ => None,
        })
        .collect();
    let (first, second) = (tao(100).0 - FEE.0, tao(50).0 - FEE.0);
    let [(one, lost), (two, none)] = matured[..] else { panic!("{matured:?}") };
    assert!(one.abs_diff(first * 85 / 100) <= 1 && one + lost == first, "{one} and {lost}");
    assert_eq!((two, none), (second, 0));
    assert_eq!(world.free(4).0 - before.0, one + two);
    assert_eq!(world.supply().unbonding, Rao(0));
}

#[test]
fn r13_r17_a_jailed_hotkey_is_in_no_set_until_its_time_is_over() {
    let mut world = voters(|genesis| {
        genesis.params.jail_rotations = 1;
        genesis.subnets[0].neurons =
            (0..6).map(|n| GenesisNeuron { hotkey: hot(n), validator_permit: true }).collect();
    });
    offer(&mut world, 30, &[0, 2, 3], &[]);
    let evidence = double(&world, 0, 25, 1);
    reports(&mut world, evidence);
    world.finalized = 20;
    offer(&mut world, 40, &[0, 2, 3], &[]);
    assert_eq!(members(&sets(&world).current).iter().map(|m| m.0).collect::<Vec<_>>(), [2, 3]);
    world.finalized = 40;
    // It is free again from height 51 on; here it has lost everything, and adds some.
    let jailed = |world: &World| query::voters::offender(&world.state, &hot(0)).jailed_until;
    assert_eq!(jailed(&world), Height(51));
    let lacks =
        |world: &World| query::voters::offer_lacks(&world.state, &world.genesis.params, &hot(0));
    let until = Height(51);
    let permit = query::voters::OfferLacks::Permit { netuid: NET, uid: weft_types::Uid(0) };
    assert_eq!(lacks(&world), Some(permit), "the next rotation is at 60, and all stake is lost");
    world.genesis.params.rotation_blocks = 10;
    assert_eq!(lacks(&world), Some(query::voters::OfferLacks::Freedom { until }), "is at 50");
}

#[test]
fn r17_to_report_oneself_does_not_pay() {
    let mut world = world();
    world.does(4, Call::AddStake { hotkey: hot(0), amount: tao(4_000 / 10) });
    let own = |world: &World| {
        world.stake(0, 0).0 + world.free(0).0 + query::account(&world.state, &hot(0)).free.0
    };
    let before = own(&world);
    let evidence = double(&world, 0, 1, 1);
    let tx = world.free_call(0, Call::ReportEvidence { evidence });
    world.block(&[tx]);
    assert!(own(&world) < before - tao(10).0);
}
