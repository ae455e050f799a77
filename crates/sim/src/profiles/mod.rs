//! Profiles: for each a seed makes a plan.
//!
//! What chance decides here is how many nodes there are, how power is spread and how bad
//! it gets; what is drawn for one profile says nothing of another. The table is what
//! `weft sim profiles` lists, and what a hunt without a profile goes through in turn.

mod draw;

use crate::plan::{
    Cabal, Conflict, Crashes, Habit, Lost, Plan, Powers, Rotation, Strategy, Trust, Upgrade,
};
use crate::slots::SLOT_MS;
use draw::Draw;
use weft_dice::Dice;

/// A way for things to go wrong.
#[derive(Clone, Copy)]
pub struct Profile {
    /// Its name.
    pub name: &'static str,
    /// What goes wrong in it.
    pub about: &'static str,
    make: Make,
}

/// How its plans are made.
#[derive(Clone, Copy)]
enum Make {
    By(fn(&mut Draw)),
    Strategy(Strategy),
    Habit(Habit),
}

/// A table of profiles, with what goes wrong in each above it.
macro_rules! table {
    (
        $(#[doc = $of:literal])+ $table:ident
        $($(#[doc = $about:literal])+ $name:literal => $make:expr,)*
    ) => {
        $(#[doc = $of])+
        const $table: &[Profile] = &[$(Profile {
            name: $name,
            about: concat!($($about),+).trim_ascii(),
            make: Make::By($make),
        },)*];
    };
}

/// All profiles.
pub fn profiles() -> impl Iterator<Item = Profile> {
    let one = |name, about, make| Profile { name, about, make };
    let byzantine = move |s: &Strategy| one(s.profile(), s.about(), Make::Strategy(*s));
    let strange = move |h: &Habit| one(h.profile(), h.about(), Make::Habit(*h));
    let alone = Strategy::ALL.iter().map(byzantine).chain(Habit::ALL.iter().map(strange));
    let more = [STRANGERS, UPGRADES, TOGETHER].into_iter().flatten();
    WEATHER.iter().copied().chain(alone).chain(more.copied())
}

/// The plan of a seed in a profile; none when there is no such profile.
#[must_use]
pub fn plan(name: &str, seed: u64) -> Option<Plan> {
    let profile = profiles().find(|p| p.name == name)?;
    let mut label = [0_u8; 8];
    name.bytes().enumerate().for_each(|(at, byte)| {
        if let Some(place) = label.get_mut(at % 8) {
            *place = place.wrapping_mul(31) ^ byte;
        }
    });
    let dice = Dice::new(seed ^ u64::from_le_bytes(label));
    let plan = Plan { seed, profile: name.to_owned(), ..Plan::default() };
    let mut draw = Draw { plan, dice };
    match profile.make {
        Make::Strategy(strategy) => draw.byzantine(strategy),
        Make::Habit(habit) => draw.strangers(habit),
        Make::By(make) => make(&mut draw),
    }
    draw.mix_in_strangers();
    draw.mix_in_checkpoints();
    Some(draw.plan)
}

/// The plan of a seed when all profiles take turns.
#[must_use]
pub fn any(seed: u64) -> Plan {
    let count = profiles().count() as u64;
    let at = usize::try_from(seed % count).unwrap_or(0);
    profiles().nth(at).and_then(|profile| plan(profile.name, seed)).unwrap_or_default()
}

table! {
    /// Honest voters in bad weather.
    WEATHER
    /// nothing goes wrong, but that clocks are a little off
    "fair" => |d| d.size(4, 10),
    /// messages are lost, to 30 %, doubled, to 50 %, and slots late
    "lossy" => |d| {
        d.size(4, 10);
        d.lossy();
    },
    /// two or three sides can't talk, or one can't hear the other, or it comes and goes
    "partition" => |d| {
        d.size(4, 10);
        d.parted(5, 30);
    },
    /// nobody hears anybody for 30, 90 or 270 slots
    "outage" => |d| {
        let long = *d.one_of(&[30, 30, 30, 30, 30, 90, 90, 270]);
        d.plan.voters = *d.one_of(&[4, 5, 7, 10, 10, 16]);
        d.alone(3, 3 + long);
    },
    /// a lighter fork grows tall while the others are down
    "tall-fork" => Draw::tall_fork,
    /// nodes crash in the middle of what they do and start from what they synced
    "crashes" => |d| {
        d.size(4, 10);
        d.crashing(0);
        d.lossy_in_half();
    },
    /// less than a third of the voters lose their vote files
    "lost-file" => |d| {
        d.size(4, 10);
        let below = d.below_third();
        d.crashing(below);
        d.plan.slots = 30;
    },
    /// nodes crash and start from their own checkpoints, less than a third of the voters with a log
    /// that lacks every block behind it
    "checkpoints" => |d| {
        d.size(4, 10);
        let below = d.below_third();
        d.crashing(below);
        d.plan.crashes = d.plan.crashes.map(|c| Crashes { loses: Lost::Tail, ..c });
        d.plan.checkpoints = true;
        d.plan.slots = 60;
        d.lossy_in_half();
    },
    /// a voter alone on a fork of high rounds loses its vote file
    "lone-fork" => Draw::lone_fork,
    /// rows are committed to and revealed by the nodes themselves, which crash and start again
    "veiled" => |d| {
        d.size(4, 7);
        d.plan.commits = true;
        d.plan.slots = 120;
        if d.dice.happens(750_000) {
            d.crashing(0);
        }
    },
    /// clocks are off by up to an eighth of a slot, in bad weather
    "skew" => |d| {
        d.size(4, 10);
        d.plan.skew_ms = SLOT_MS / 8;
        d.parted(5, 15);
    },
    /// clocks are off by up to half a slot: safe, and not always live
    "skew-wild" => |d| {
        d.size(4, 10);
        d.plan.skew_ms = SLOT_MS / 2;
        d.plan.judges_liveness = false;
        d.parted(5, 15);
    },
    /// voters come and go with their stake, in bad weather
    "rotation" => |d| {
        d.size(4, 8);
        d.plan.joiners = 2;
        d.rotating(false);
        d.lossy_or_parted(20, 35);
    },
    /// a node is down or suspended for just less than it may be away, or for longer, and dies again
    /// while it awaits what its operator trusts
    "asleep" => Draw::asleep,
    /// voters whose stake is out sign another past, for a node that slept for just less than it may
    /// or for longer, was suspended, or starts again while it awaits what its operator trusts
    "former-voters" => Draw::former_voters,
    /// two sides can't talk for longer than a rotation, and each would take a set of its own
    "split-rotation" => |d| {
        d.size(4, 7);
        d.rotating(false);
        let blocks = d.plan.least_rotation() + d.dice.between(0, 2);
        d.plan.rotation = Some(Rotation { blocks, ..Rotation::default() });
        let until = 4 * blocks + d.dice.between(40, 60);
        d.plan.cuts.push(d.cut(5, until, |i| (i + 1) % 2));
        d.plan.slots = until;
    },
}

table! {
    /// Peers without stake, connected before all others.
    STRANGERS
    /// checkers take their time and turn away what they have no room for, as nodes fetch what
    /// crashes, lost messages and partitions cost them and strangers send transactions nobody can
    /// pay for
    "checker-full" => |d| {
        d.size(4, 7);
        d.plan.strangers = vec![Habit::Bundles; d.count(6, 12)];
        d.checkers();
        d.plan.slots = 60;
        d.lossy();
        d.crashing(0);
        d.parted(5, 20);
    },
    /// all kinds of strangers, in bad weather, while nodes crash and start again
    "strangers-mixed" => |d| {
        d.size(4, 10);
        d.crowd(12);
        d.crashing(0);
        d.lossy_or_parted(5, 20);
    },
}

table! {
    /// Programs that differ (R21).
    UPGRADES
    /// most nodes are updated, one is old: the rules change, it stops and goes on later
    "upgrade" => |d| {
        d.upgrading(&[(5, 4, 0), (6, 5, 0), (7, 6, 0)]);
        d.lossy_in_half();
    },
    /// three quarters signal: the rules don't change
    "upgrade-few" => |d| {
        d.upgrading(&[(4, 3, 0), (4, 1, 2), (7, 5, 0)]);
        d.plan.upgrade = d.plan.upgrade.map(|u| Upgrade { never: true, ..u });
    },
    /// some signal what they don't run: less than two thirds are ready, and what is final waits for
    /// updates
    "upgrade-liars" => |d| {
        d.upgrading(&[(5, 3, 1), (5, 3, 2), (7, 4, 2)]);
    },
    /// the change comes while two or three sides can't talk
    "upgrade-parted" => |d| {
        let due = d.upgrading(&[(5, 4, 0), (5, 5, 0), (6, 5, 0)]);
        let (early, parts) = (d.dice.between(1, 8), d.count(2, 3));
        d.cut_from(due - early, early + 8, parts);
    },
    /// a partition keeps a rotation from being final when the change is due: it waits
    "upgrade-rotation" => |d| {
        let due = d.upgrading(&[(5, 5, 0), (5, 4, 0), (6, 5, 0)]);
        let blocks = d.plan.rotation.map_or(1, |r| r.blocks);
        // From just before the rotation until a side alone has come to the change.
        d.cut_from(due - blocks / 2 - 2, 2 * blocks, 2);
    },
    /// Byzantine voters while the rules change
    "upgrade-byzantine" => |d| {
        d.upgrading(&[(7, 7, 0)]);
        d.any_cabal();
    },
}

table! {
    /// Much at once.
    TOGETHER
    /// keys that sit badly in the schedule withhold blocks
    "placed" => |d| {
        d.plan.voters = *d.one_of(&[4, 7, 10, 16]);
        d.plan.trust = *d.one_of(&[Trust::None, Trust::Gamed]);
        d.plan.cabal = Some(Cabal { placed: true, ..d.cabal(Strategy::WithholdBlocks) });
        d.plan.slots = 60;
    },
    /// any Byzantine act, loss, partitions and crashes
    "mix" => |d| {
        d.byzantine(Strategy::Wild);
        d.lossy();
        d.crashing(0);
    },
    /// Byzantine voters while sets rotate and stake moves
    "rotation-byzantine" => |d| d.rotating_cabal(40),
    /// Byzantine voters by real stake while sets rotate: who offends is cut and leaves
    "rotation-stake" => |d| {
        d.plan.voters = *d.one_of(&[7, 10]);
        d.plan.powers = *d.one_of(&[Powers::Equal, Powers::Pareto, Powers::Whale]);
        d.any_cabal();
        // In a quarter of it every offer can be renewed: no honest voter leaves.
        d.plan.rotation = Some(Rotation { blocks: 40, ..Rotation::default() });
        d.plan.slots = 137;
    },
    /// voters offend a few times and then no more, whoever sees it crashes soon after, and
    /// strangers of all kinds are there
    "offences" => |d| {
        d.plan.voters = *d.one_of(&[4, 7, 10]);
        let by = [Strategy::Equivocate, Strategy::Surround, Strategy::Wild];
        let (strategy, times) = (*d.one_of(&by), d.dice.between(1, 2));
        d.plan.cabal = Some(Cabal { times: Some(times), ..d.cabal(strategy) });
        d.rotating(true);
        d.crashing(0);
        d.plan.crashes = d.plan.crashes.map(|c| Crashes { witnesses: true, ..c });
        d.crowd(6);
    },
    /// everything at once for 100 slots
    "chaos" => |d| {
        d.rotating_cabal(100);
        d.lossy();
        d.crashing(0);
        d.parted(10, 90);
    },
    /// just under a third run their keys on both sides of a partition
    "split-world" => |d| {
        d.plan.voters = *d.one_of(&[4, 7, 10]);
        let twins = d.below_third();
        d.split_world(twins);
        if d.dice.happens(500_000) {
            d.rotating(true);
            let slots = d.plan.slots;
            d.plan.cuts.iter_mut().for_each(|cut| cut.until = slots);
        }
    },
    /// a third and more run their keys on both sides: conflicts, and who made them
    "byzantine-third" => |d| {
        d.plan.voters = *d.one_of(&[4, 7, 10]);
        let twins = d.below_third() + 1;
        d.split_world(twins);
        // From the start: had both sides justified a block of one round before, their
        // nodes could stay on either for ever, and nothing would be final.
        d.plan.cuts.iter_mut().for_each(|cut| (cut.from, cut.until) = (0, 100));
        d.plan.conflict = Conflict::Must;
        d.plan.judges_liveness = false;
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_profile_makes_plans_that_make_sense_and_differ_by_seed() {
        let mut names: Vec<&str> = profiles().map(|p| p.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), profiles().count(), "two of one name");
        for profile in profiles() {
            for seed in 0..50 {
                let plan = plan(profile.name, seed).unwrap();
                assert_eq!(plan.fault(), None, "{}", profile.name);
                assert_eq!((plan.seed, plan.profile.as_str()), (seed, profile.name));
            }
        }
        assert!(plan("no such profile", 1).is_none());
    }
}
