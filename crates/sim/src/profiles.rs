//! Profiles: for each a seed makes a plan.
//!
//! What chance decides here is how many nodes there are, how power is spread and how bad
//! it gets; what is drawn for one profile says nothing of another. The table is what
//! `weft sim profiles` lists, and what a hunt without a profile goes through in turn.

use crate::dice::Dice;
use crate::plan::{
    Cabal, Conflict, Crashes, Cut, Down, Links, Plan, Powers, Rotation, Strategy, Trust,
};
use crate::world::SLOT_MS;

/// A way for things to go wrong.
#[derive(Clone, Copy)]
pub struct Profile {
    /// Its name.
    pub name: &'static str,
    /// What goes wrong in it.
    pub about: &'static str,
    make: fn(&mut Draw),
}

/// A plan in the making.
struct Draw {
    plan: Plan,
    dice: Dice,
}

/// All profiles.
pub fn profiles() -> impl Iterator<Item = Profile> {
    let one = |strategy: &'static Strategy| Profile {
        name: BYZANTINE[*strategy as usize],
        about: strategy.about(),
        make: |_| {},
    };
    WEATHER.iter().copied().chain(Strategy::ALL.iter().map(one)).chain(TOGETHER.iter().copied())
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
    match Strategy::ALL.iter().find(|s| BYZANTINE[**s as usize] == name) {
        Some(strategy) => draw.byzantine(*strategy),
        None => (profile.make)(&mut draw),
    }
    Some(draw.plan)
}

/// The plan of a seed when all profiles take turns.
#[must_use]
pub fn any(seed: u64) -> Plan {
    let count = profiles().count() as u64;
    let at = usize::try_from(seed % count).unwrap_or(0);
    profiles().nth(at).and_then(|profile| plan(profile.name, seed)).unwrap_or_default()
}

/// The profile of each strategy, in the order of [`Strategy::ALL`].
const BYZANTINE: [&str; 15] = [
    "byzantine-silent",
    "byzantine-equivocate",
    "byzantine-double-vote",
    "byzantine-surround",
    "byzantine-withhold-blocks",
    "byzantine-withhold-shares",
    "byzantine-withhold-quorums",
    "byzantine-selective",
    "byzantine-omit-shares",
    "byzantine-three-quarters",
    "byzantine-late-split",
    "byzantine-balance",
    "byzantine-inflate",
    "byzantine-copy-rows",
    "byzantine-wild",
];

/// Honest voters in bad weather.
const WEATHER: &[Profile] = &[
    Profile { name: "fair", about: "nothing goes wrong", make: |d| d.size(4, 10) },
    Profile {
        name: "lossy",
        about: "messages are lost, to 30 %, doubled, to 50 %, and slots late",
        make: |d| {
            d.size(4, 10);
            d.lossy();
        },
    },
    Profile {
        name: "partition",
        about: "two or three sides can't talk, or one can't hear the other, or it comes and goes",
        make: |d| {
            d.size(4, 10);
            d.parted(5, 30);
        },
    },
    Profile {
        name: "outage",
        about: "nobody hears anybody for 30, 90 or 270 slots",
        make: |d| {
            d.size(4, 10);
            let long = *d.one_of(&[30, 30, 30, 30, 30, 90, 90, 270]);
            d.plan.voters = *d.one_of(&[4, 5, 7, 10, 10, 16]);
            d.alone(3, 3 + long);
        },
    },
    Profile {
        name: "tall-fork",
        about: "a lighter fork grows tall while the others are down",
        make: Draw::tall_fork,
    },
    Profile {
        name: "crashes",
        about: "nodes crash in the middle of what they do and start from what they synced",
        make: |d| {
            d.size(4, 10);
            d.crashing(0);
            if d.dice.happens(500_000) {
                d.lossy();
            }
        },
    },
    Profile {
        name: "lost-file",
        about: "less than a third of the voters lose their vote files",
        make: |d| {
            d.size(4, 10);
            let below = d.below_third();
            d.crashing(below);
            d.plan.slots = 30;
        },
    },
    Profile {
        name: "lone-fork",
        about: "a voter alone on a fork of high rounds loses its vote file",
        make: Draw::lone_fork,
    },
    Profile {
        name: "skew",
        about: "clocks are off by up to an eighth of a slot, in bad weather",
        make: |d| {
            d.size(4, 10);
            d.plan.skew_ms = SLOT_MS / 8;
            d.parted(5, 15);
        },
    },
    Profile {
        name: "skew-wild",
        about: "clocks are off by up to half a slot: safe, and not always live",
        make: |d| {
            d.size(4, 10);
            d.plan.skew_ms = SLOT_MS / 2;
            d.plan.judges_liveness = false;
            d.parted(5, 15);
        },
    },
    Profile {
        name: "rotation",
        about: "voters come and go with their stake, in bad weather",
        make: |d| {
            d.size(4, 8);
            d.plan.joiners = 2;
            d.rotating(false);
            if d.dice.happens(500_000) {
                d.lossy();
            } else {
                d.parted(20, 35);
            }
        },
    },
    Profile {
        name: "split-rotation",
        about: "two sides can't talk for longer than a rotation, and each would take a set of its own",
        make: |d| {
            d.size(4, 7);
            d.rotating(false);
            let blocks = d.dice.between(4, 6);
            d.plan.rotation = Some(Rotation { blocks, ..Rotation::default() });
            let until = d.dice.between(60, 80);
            let sides = (0..d.plan.nodes()).map(|i| Some(u8::from(i.is_multiple_of(2)))).collect();
            d.plan.cuts = vec![Cut { from: 5, until, sides, ..Cut::default() }];
            d.plan.slots = until;
        },
    },
];

/// Much at once.
const TOGETHER: &[Profile] = &[
    Profile {
        name: "placed",
        about: "keys that sit badly in the schedule withhold blocks",
        make: |d| {
            d.plan.voters = *d.one_of(&[4, 7, 10, 16]);
            d.plan.trust = *d.one_of(&[Trust::None, Trust::Gamed]);
            let cabal = d.cabal(Strategy::WithholdBlocks);
            d.plan.cabal = Some(Cabal { placed: true, just_below: false, ..cabal });
            d.plan.slots = 60;
        },
    },
    Profile {
        name: "mix",
        about: "any Byzantine act, loss, partitions and crashes",
        make: |d| {
            d.byzantine(Strategy::Wild);
            d.lossy();
            d.crashing(0);
        },
    },
    Profile {
        name: "rotation-byzantine",
        about: "Byzantine voters while sets rotate and stake moves",
        make: |d| d.rotating_cabal(40),
    },
    Profile {
        name: "chaos",
        about: "everything at once for 100 slots",
        make: |d| {
            d.rotating_cabal(100);
            d.lossy();
            d.crashing(0);
            d.parted(10, 90);
        },
    },
    Profile {
        name: "split-world",
        about: "just under a third run their keys on both sides of a partition",
        make: |d| {
            d.plan.voters = *d.one_of(&[4, 7, 10]);
            let twins = d.below_third();
            d.split_world(twins);
            if d.dice.happens(500_000) {
                d.rotating(true);
                d.plan.slots = 50;
                d.plan.cuts.iter_mut().for_each(|cut| cut.until = 50);
            }
        },
    },
    Profile {
        name: "byzantine-third",
        about: "a third and more run their keys on both sides: conflicts, and who made them",
        make: |d| {
            d.plan.voters = *d.one_of(&[4, 7, 10]);
            let twins = d.below_third() + 1;
            d.split_world(twins);
            d.plan.cuts.iter_mut().for_each(|cut| cut.until = 100);
            d.plan.conflict = Conflict::Must;
            d.plan.judges_liveness = false;
        },
    },
];

impl Draw {
    fn one_of<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        let at = self.dice.place(list.len());
        &list[at]
    }

    fn size(&mut self, low: u64, high: u64) {
        self.plan.voters = usize::try_from(self.dice.between(low, high)).unwrap_or(4);
    }

    const fn below_third(&self) -> usize {
        (self.plan.voters - 1) / 3
    }

    fn lossy(&mut self) {
        let ppm =
            |dice: &mut Dice, most: u64| u32::try_from(dice.between(1_000, most)).unwrap_or(0);
        self.plan.links = Links {
            loss_ppm: ppm(&mut self.dice, 300_000),
            twice_ppm: ppm(&mut self.dice, 500_000),
            late_ppm: ppm(&mut self.dice, 100_000),
            late_slots: self.dice.between(1, 4),
        };
    }

    /// A partition that begins and ends within these slots.
    fn parted(&mut self, low: u64, high: u64) {
        let from = self.dice.between(2, low);
        let until = self.dice.between(from + 4, high.max(from + 4));
        let parts = self.dice.between(2, 3);
        let nodes = self.plan.nodes();
        // Neighbours are on different sides: whoever is Byzantine, honest ones are on each.
        let first = self.dice.below(parts);
        let sides = (0..nodes as u64).map(|i| u8::try_from((i + first) % parts).ok()).collect();
        let kind = self.dice.below(3);
        let flaps = (kind == 2).then(|| self.dice.between(1, 4));
        self.plan.cuts.push(Cut { from, until, sides, one_way: kind == 1, flaps });
        self.plan.slots = self.plan.slots.max(until);
    }

    /// Everybody alone.
    fn alone(&mut self, from: u64, until: u64) {
        let side = |i: usize| u8::try_from(i).ok();
        let sides = (0..self.plan.nodes()).map(side).collect();
        self.plan.cuts.push(Cut { from, until, sides, ..Cut::default() });
        self.plan.slots = until;
    }

    fn crashing(&mut self, lose_file: usize) {
        // Beside Byzantine voters fewer crash, or nothing would ever be final.
        let (often, long) = if self.plan.cabal.is_some() { (8, 3) } else { (2, 6) };
        self.plan.crashes = Some(Crashes {
            every: self.dice.between(often, often + 6),
            down: self.dice.between(1, long),
            at_once: self.below_third().max(1),
            lose_file,
        });
    }

    fn rotating(&mut self, keeps_genesis: bool) {
        let blocks = self.dice.between(8, 14);
        let moves = self.plan.joiners > 0;
        self.plan.rotation = Some(Rotation { blocks, keeps_genesis, moves });
        self.plan.slots = self.plan.slots.max(40);
    }

    fn cabal(&self, strategy: Strategy) -> Cabal {
        let members = self.below_third().max(1);
        Cabal { members, strategy, placed: false, just_below: true }
    }

    fn byzantine(&mut self, strategy: Strategy) {
        self.plan.voters = *self.one_of(&[4, 4, 7, 7, 10, 10, 16]);
        self.plan.powers = *self.one_of(&[Powers::Equal, Powers::Pareto, Powers::Whale]);
        self.plan.trust = *self.one_of(&[Trust::None, Trust::Random, Trust::Gamed]);
        self.plan.cabal =
            Some(Cabal { just_below: self.dice.happens(500_000), ..self.cabal(strategy) });
        self.plan.slots = 30;
        match self.dice.below(3) {
            0 => self.alone(3, 18),
            1 => self.parted(5, 25),
            _ => {}
        }
    }

    /// A cabal among voters that keep their virtual power, while others join with stake.
    fn rotating_cabal(&mut self, slots: u64) {
        self.plan.voters = *self.one_of(&[4, 7, 10]);
        self.plan.joiners = 2;
        self.plan.slots = slots;
        let strategy = *self.one_of(Strategy::ALL);
        self.plan.cabal = Some(Cabal { just_below: false, ..self.cabal(strategy) });
        self.rotating(true);
    }

    /// The first voters run on a second node as well; one of each pair is on each side of a
    /// partition, with half of the others.
    fn split_world(&mut self, twins: usize) {
        self.plan.twins = (0..twins).collect();
        let voters = self.plan.voters;
        let first = |i: usize| i < twins || (i < voters && (i - twins).is_multiple_of(2));
        let sides = (0..self.plan.nodes()).map(|i| Some(u8::from(!first(i)))).collect();
        let until = self.dice.between(12, 30);
        self.plan.cuts = vec![Cut { from: 2, until, sides, ..Cut::default() }];
        self.plan.slots = until;
    }

    /// Voters with two fifths of the power build alone while the others are down; those come
    /// back, build a heavier fork of fewer blocks, and then all meet.
    fn tall_fork(&mut self) {
        self.plan.voters = 5;
        let long = *self.one_of(&[30, 30, 30, 90]);
        let (from, until) = (3, 3 + long);
        let back = from + long / 2;
        let side = |i: usize| Some(u8::from(i >= 2));
        self.plan.cuts =
            vec![Cut { from, until, sides: (0..5).map(side).collect(), ..Cut::default() }];
        let down = |node| Down { node, from, until: back, loses_file: false };
        self.plan.downs = (2..5).map(down).collect();
        self.plan.slots = until;
    }

    /// One voter is cut off long enough to have rounds above all others, and comes back
    /// without its vote file.
    fn lone_fork(&mut self) {
        self.size(4, 10);
        let (from, until) = (3, self.dice.between(10, 30));
        let side = |i: usize| Some(u8::from(i == 0));
        let sides = (0..self.plan.nodes()).map(side).collect();
        self.plan.cuts = vec![Cut { from, until, sides, ..Cut::default() }];
        self.plan.downs = vec![Down { node: 0, from: until, until: until + 1, loses_file: true }];
        self.plan.slots = until + 4;
    }
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

    #[test]
    fn the_names_of_byzantine_profiles_are_those_of_the_strategies_in_their_order() {
        for (strategy, name) in Strategy::ALL.iter().zip(BYZANTINE) {
            assert_eq!(format!("byzantine-{}", strategy.name()), name);
        }
    }
}
