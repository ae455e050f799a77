//! A plan in the making: what profiles are put together from.

use crate::plan::{
    Cabal, Crashes, Cut, Desk, Down, Former, Habit, Links, Lost, Plan, Powers, Rotation, Strategy,
    Trust, Upgrade,
};
use weft_dice::Dice;

/// A plan in the making, and what chance decides of it.
pub(super) struct Draw {
    pub(super) plan: Plan,
    pub(super) dice: Dice,
}

impl Draw {
    pub(super) fn one_of<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        let at = self.dice.place(list.len());
        &list[at]
    }

    /// A number from `low` to `high`, both included.
    pub(super) fn count(&mut self, low: usize, high: usize) -> usize {
        low + self.dice.place(high - low + 1)
    }

    pub(super) fn size(&mut self, low: usize, high: usize) {
        self.plan.voters = self.count(low, high);
    }

    pub(super) const fn below_third(&self) -> usize {
        (self.plan.voters - 1) / 3
    }

    pub(super) fn lossy(&mut self) {
        let ppm =
            |dice: &mut Dice, most: u64| u32::try_from(dice.between(1_000, most)).unwrap_or(0);
        self.plan.links = Links {
            loss_ppm: ppm(&mut self.dice, 300_000),
            twice_ppm: ppm(&mut self.dice, 500_000),
            late_ppm: ppm(&mut self.dice, 100_000),
            late_slots: self.dice.between(1, 4),
        };
    }

    /// Up to sixteen strangers of one kind, and nothing else.
    pub(super) fn strangers(&mut self, habit: Habit) {
        self.size(4, 7);
        let count = self.count(habit.least(), 16);
        self.plan.strangers = vec![habit; count];
    }

    /// Strangers of all kinds, so many at most.
    pub(super) fn crowd(&mut self, most: u64) {
        let count = self.dice.between(1, most);
        self.plan.strangers = (0..count).map(|_| *self.one_of(Habit::ALL)).collect();
    }

    /// Checkers that take their time and have little room.
    pub(super) fn checkers(&mut self) {
        let (lists, answers) = (self.count(1, 3), self.count(1, 2));
        let body_bytes = self.count(1 << 10, 4 << 10);
        let (list_ms, body_ms) = (self.dice.between(30, 80), self.dice.between(60, 150));
        self.plan.desk = Some(Desk { lists, answers, body_bytes, list_ms, body_ms });
    }

    /// In a quarter of the seeds of every other profile some strangers are there as well.
    pub(super) fn mix_in_strangers(&mut self) {
        if self.plan.strangers.is_empty() && self.dice.happens(250_000) {
            self.crowd(3);
        }
    }

    /// In half of the seeds in which nodes start again they do so from their checkpoints.
    pub(super) fn mix_in_checkpoints(&mut self) {
        let plan = &self.plan;
        let starts = plan.crashes.is_some() || plan.upgrade.is_some() || !plan.downs.is_empty();
        if starts && self.dice.happens(500_000) {
            self.plan.checkpoints = true;
        }
    }

    /// Messages are lost; or, as often, there is a partition.
    pub(super) fn lossy_or_parted(&mut self, low: u64, high: u64) {
        if self.dice.happens(500_000) {
            self.lossy();
        } else {
            self.parted(low, high);
        }
    }

    /// In half of the seeds messages are lost too.
    pub(super) fn lossy_in_half(&mut self) {
        if self.dice.happens(500_000) {
            self.lossy();
        }
    }

    /// A partition of all nodes, each on its side.
    pub(super) fn cut(&self, from: u64, until: u64, side: impl Fn(usize) -> usize) -> Cut {
        let sides = (0..self.plan.nodes()).map(|i| u8::try_from(side(i)).ok()).collect();
        Cut { from, until, sides, ..Cut::default() }
    }

    /// A partition that begins and ends within these slots; or, as often, one as long that
    /// ends with all other faults.
    pub(super) fn parted(&mut self, low: u64, high: u64) {
        let from = self.dice.between(2, low);
        let until = self.dice.between(from + 4, high.max(from + 4));
        let late = if self.dice.happens(500_000) { self.plan.slots } else { until };
        let (from, until) = (from + late.saturating_sub(until), until.max(late));
        let parts = self.count(2, 3);
        // Neighbours are on different sides: whoever is Byzantine, honest ones are on each.
        let first = self.dice.place(parts);
        let kind = self.dice.below(3);
        let flaps = (kind == 2).then(|| self.dice.between(1, 4));
        let cut = self.cut(from, until, |i| (i + first) % parts);
        self.plan.cuts.push(Cut { one_way: kind == 1, flaps, ..cut });
        self.plan.slots = self.plan.slots.max(until);
    }

    /// Everybody alone.
    pub(super) fn alone(&mut self, from: u64, until: u64) {
        self.plan.cuts.push(Cut { from, until, ..Cut::default() });
        self.plan.slots = until;
    }

    pub(super) fn crashing(&mut self, lost_files: usize) {
        // Beside Byzantine voters fewer crash, or nothing would ever be final.
        let (often, long) = if self.plan.cabal.is_some() { (8, 3) } else { (2, 6) };
        self.plan.crashes = Some(Crashes {
            every: self.dice.between(often, often + 6),
            down: self.dice.between(1, long),
            at_once: self.below_third().max(1),
            loses: if lost_files > 0 { Lost::VoteFile } else { Lost::Nothing },
            losses: lost_files,
            witnesses: false,
        });
    }

    pub(super) fn rotating(&mut self, keeps_genesis: bool) {
        let blocks = self.plan.least_rotation() + self.dice.between(0, 6);
        let moves = self.plan.joiners > 0;
        self.plan.rotation = Some(Rotation { blocks, keeps_genesis, moves, may_rest: false });
        self.plan.slots = self.plan.slots.max(3 * blocks);
    }

    /// One of these (voters, updated, liars), while sets rotate; answers about which slot the
    /// change is due in.
    pub(super) fn upgrading(&mut self, sizes: &[(usize, usize, usize)]) -> u64 {
        let (voters, updated, liars) = *self.one_of(sizes);
        self.plan.voters = voters;
        self.rotating(true);
        let blocks = self.plan.least_rotation();
        self.plan.rotation =
            Some(Rotation { blocks, keeps_genesis: true, moves: false, may_rest: true });
        self.plan.upgrade = Some(Upgrade { updated, liars, never: false });
        let due = 2 * blocks + blocks / 2;
        self.plan.slots = due + blocks / 2;
        due
    }

    /// A partition into so many sides from one slot on, for so many.
    pub(super) fn cut_from(&mut self, from: u64, slots: u64, parts: usize) {
        let until = from + slots;
        self.plan.cuts.push(self.cut(from, until, |i| i % parts));
        self.plan.slots = self.plan.slots.max(until);
    }

    /// A node is suspended or down; in half of the seeds it dies once more, so many slots after
    /// it came back, and is alone for so many. Answers whether it is.
    fn away(&mut self, away: Down, again: u64, alone: u64) -> bool {
        let Down { node, until, .. } = away;
        let is_paused = self.dice.happens(500_000);
        let list = if is_paused { &mut self.plan.pauses } else { &mut self.plan.downs };
        list.push(away);
        let is_alone = self.dice.happens(500_000);
        if is_alone {
            self.plan.downs.push(Down { from: until + again, until: until + again + 1, ..away });
            self.plan.cuts.push(self.cut(until, until + alone, |i| usize::from(i == node)));
        }
        is_alone
    }

    /// One node is away for about as long as it may be, or for longer; in half of the seeds it
    /// hears nobody when it comes back, and dies once more.
    pub(super) fn asleep(&mut self) {
        self.plan.voters = 4;
        self.rotating(false);
        let Some(rotation) = &mut self.plan.rotation else { return };
        rotation.may_rest = true;
        let window = 4 * rotation.blocks;
        let from = self.dice.between(4, 12);
        let slots = match self.dice.below(3) {
            0 => window - self.dice.between(4, 8),
            _ => window + self.dice.between(9, 20),
        };
        let until = from + slots;
        self.away(Down { node: 0, from, until, loses: Lost::Nothing }, 2, 5);
        self.plan.slots = until + 8;
    }

    /// The voters of genesis leave and sign another past, for one node that slept since they
    /// voted, or since others did; in half of the seeds it hears nobody else at first, and dies
    /// once more.
    pub(super) fn former_voters(&mut self) {
        self.plan.voters = *self.one_of(&[2, 3]);
        self.plan.joiners = *self.one_of(&[2, 3]);
        let blocks = self.plan.least_rotation() + self.dice.between(0, 4);
        self.plan.rotation = Some(Rotation { blocks, ..Rotation::default() });
        let (window, leaves) = (4 * blocks, self.dice.between(4, blocks / 2));
        // Two rotations until others vote, six that the stake waits, and half of one, since it
        // leaves one request after the other.
        let out = 8 * blocks + blocks / 2 + 4 + self.dice.between(8, 16);
        // It is still within the window when it dies once more.
        let short = window - self.dice.between(10, 14);
        let (from, until, is_in_time) = match self.dice.below(4) {
            0 => (leaves, leaves + short, false),
            1 => (out - short, out, true),
            _ => (leaves, out, true),
        };
        let node = self.plan.voters + self.plan.joiners;
        // Two nodes more take part from here on.
        self.plan.former = Some(Former::default());
        let is_alone = self.away(Down { node, from, until, loses: Lost::Nothing }, 3, 6);
        let lacks = if is_alone { *self.one_of(&[0, 24]) } else { 0 };
        let asks = self.dice.between(4, blocks);
        self.plan.former = Some(Former { asks, leaves, lacks, grows: until + 6, is_in_time });
        self.plan.slots = until + 14;
    }

    pub(super) fn cabal(&self, strategy: Strategy) -> Cabal {
        let members = self.below_third().max(1);
        Cabal { members, strategy, placed: false, just_below: false, times: None }
    }

    pub(super) fn any_cabal(&mut self) {
        let strategy = *self.one_of(Strategy::ALL);
        self.plan.cabal = Some(self.cabal(strategy));
    }

    pub(super) fn byzantine(&mut self, strategy: Strategy) {
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
    pub(super) fn rotating_cabal(&mut self, slots: u64) {
        self.plan.voters = *self.one_of(&[4, 7, 10]);
        self.plan.joiners = 2;
        self.plan.slots = slots;
        self.any_cabal();
        self.rotating(true);
    }

    /// The first voters run on a second node as well; one of each pair is on each side of a
    /// partition, with half of the others. Before it begins they are seen to offend: who is not
    /// gains by the absence of those on the other side, when voters rotate.
    pub(super) fn split_world(&mut self, twins: usize) {
        self.plan.twins = (0..twins).collect();
        let voters = self.plan.voters;
        let first = |i: usize| i < twins || (i < voters && (i - twins).is_multiple_of(2));
        let until = self.dice.between(12, 30);
        self.plan.cuts.push(self.cut(5, until, |i| usize::from(!first(i))));
        self.plan.slots = until;
    }

    /// Voters with two fifths of the power build alone while the others are down; those come
    /// back, build a heavier fork of fewer blocks, and then all meet.
    pub(super) fn tall_fork(&mut self) {
        self.plan.voters = 5;
        let long = *self.one_of(&[30, 30, 30, 90]);
        let (from, until) = (3, 3 + long);
        let back = from + long / 2;
        self.plan.cuts.push(self.cut(from, until, |i| usize::from(i >= 2)));
        let down = |node| Down { node, from, until: back, loses: Lost::Nothing };
        self.plan.downs = (2..5).map(down).collect();
        self.plan.slots = until;
    }

    /// One voter is cut off long enough to have rounds above all others, and comes back
    /// without its vote file.
    pub(super) fn lone_fork(&mut self) {
        self.size(4, 10);
        let until = self.dice.between(10, 30);
        self.plan.cuts.push(self.cut(3, until, |i| usize::from(i == 0)));
        self.plan.downs =
            vec![Down { node: 0, from: until, until: until + 1, loses: Lost::VoteFile }];
        self.plan.slots = until + 4;
    }
}
