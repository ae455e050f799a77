//! What is played: who validates in which way, who mines what, and how fast work changes.

use super::numbers::numbers;
use weft_types::units::RAO_PER_TAO;
use weft_types::{Hyperparameters, Rao};

/// What all validators of a scene have staked together.
pub const STAKE: Rao = Rao(12_000 * RAO_PER_TAO);

/// A whole, in millionths.
pub(super) const WHOLE: u64 = 1_000_000;

/// An attack: a subnet, its people and its weather.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scene {
    /// What it is asked for by.
    pub name: &'static str,
    /// The subnet's numbers.
    pub numbers: Hyperparameters,
    /// Who takes part; validators have the first uids.
    pub groups: Vec<Group>,
    /// How work changes and how well it is seen.
    pub weather: Weather,
    /// For so many epochs every validator judges, then the attack and the counting begin.
    pub warm_up: u64,
}

/// People with one strategy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its name.
    pub name: &'static str,
    /// Whether it is those that the others are compared with.
    pub honest: bool,
    /// How many uids.
    pub count: u16,
    /// What they do.
    pub strategy: Play,
}

/// What a group does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Play {
    /// It validates, with so much stake behind each hotkey.
    Validates(Rao, Habit),
    /// It mines.
    Mines(Work),
}

/// How rows come about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Habit {
    /// By looking at the work of every miner.
    Judges,
    /// So much of a million goes to the miners of its own, the rest to the others, whatever
    /// they do.
    Feeds(u64),
    /// From the consensus of the last epoch.
    CopiesConsensus,
    /// From the median of the rows in sight shortly before the epoch.
    CopiesRows,
    /// Never again.
    FallsSilent,
    /// The last one, again and again.
    Repeats,
}

/// What a miner's work is worth, in millionths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// The least.
    pub low: u64,
    /// The most.
    pub high: u64,
    /// Whether they have no uid at first and burn for one each.
    pub comes_later: bool,
    /// Whether they ask for permits and send rows that score each other alone.
    pub votes: bool,
}

/// How work changes, and how well it is seen. Parts are of a thousand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Weather {
    /// A judge errs by up to so much of a score, either way.
    pub error: u64,
    /// From epoch to epoch work gets better or worse by up to so much.
    pub drift: u64,
    /// After so many epochs a new miner takes a uid; 0 for never.
    pub change: u64,
}

impl Play {
    /// What each hotkey has staked, of those who validate.
    pub(super) const fn stake(self) -> Option<Rao> {
        match self {
            Self::Validates(stake, _) => Some(stake),
            Self::Mines(_) => None,
        }
    }
}

impl Work {
    const fn of(low: u64, high: u64) -> Self {
        Self { low, high, comes_later: false, votes: false }
    }
}

impl Group {
    fn validators(name: &'static str, count: u16, each: Rao, habit: Habit) -> Self {
        let honest = habit == Habit::Judges;
        Self { name, honest, count, strategy: Play::Validates(each, habit) }
    }

    const fn miners(name: &'static str, honest: bool, count: u16, work: Work) -> Self {
        Self { name, honest, count, strategy: Play::Mines(work) }
    }
}

/// The stake of each where a scene has a dozen validators.
const EACH: Rao = Rao(STAKE.0 / 12);

/// The work of miners that are as different as those of a launch.
const MIXED: Work = Work::of(200_000, WHOLE);

impl Scene {
    /// All of them.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let mut still = Self::copiers("copier-hidden-still", true, false);
        (still.weather.drift, still.weather.change) = (0, 0);
        vec![
            Self::cabal("cabal-10", 100_000),
            Self::cabal("cabal-30", 300_000),
            Self::cabal("cabal-49", 490_000),
            Self::cabal("cabal-51", 510_000),
            Self::working_cabal(),
            Self::copiers("copier", false, false),
            Self::copiers("copier-liquid", false, true),
            Self::copiers("copier-hidden", true, false),
            Self::copiers("copier-hidden-liquid", true, true),
            still,
            Self::lazy(),
            Self::sybil(),
        ]
    }

    /// The one of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::all().into_iter().find(|scene| scene.name == name)
    }

    /// A warm scene in which judges err by up to a twentieth, as in a launch, work moves by as
    /// much, and new miners come.
    fn of<const N: usize>(name: &'static str, groups: [Group; N]) -> Self {
        let weather = Weather { error: 50, drift: 50, change: 5 };
        Self { name, numbers: numbers(), groups: groups.into(), weather, warm_up: 10 }
    }

    /// A cabal with so many millionths of the stake that scores only its own miners, who do
    /// no work.
    #[must_use]
    pub fn cabal(name: &'static str, part: u64) -> Self {
        let each = |part: u64| Rao(STAKE.0 / WHOLE * part / 7);
        let (ours, theirs) = (each(WHOLE - part.min(WHOLE)), each(part.min(WHOLE)));
        let groups = [
            Group::validators("honest validators", 7, ours, Habit::Judges),
            Group::validators("cabal's validators", 7, theirs, Habit::Feeds(WHOLE)),
            Group::miners("honest miners", true, 12, MIXED),
            Group::miners("cabal's miners", false, 12, Work::of(0, 0)),
        ];
        let mut scene = Self { warm_up: 0, ..Self::of(name, groups) };
        scene.weather.change = 0;
        scene
    }

    /// The same with 49 % of the stake, and miners who do as good work as the others.
    fn working_cabal() -> Self {
        let mut scene = Self::cabal("cabal-49-working", 490_000);
        for group in scene.groups.iter_mut().filter(|group| group.strategy.stake().is_none()) {
            group.strategy = Play::Mines(MIXED);
        }
        scene
    }

    /// Two kinds of copiers with a sixth of the stake each.
    fn copiers(name: &'static str, hidden: bool, liquid: bool) -> Self {
        let groups = [
            Group::validators("honest", 8, EACH, Habit::Judges),
            Group::validators("copies the consensus", 2, EACH, Habit::CopiesConsensus),
            Group::validators("copies rows in sight", 2, EACH, Habit::CopiesRows),
            Group::miners("miners", true, 24, MIXED),
        ];
        let mut scene = Self::of(name, groups);
        (scene.numbers.commit_reveal, scene.numbers.liquid_alpha) = (hidden, liquid);
        scene
    }

    /// Two kinds of lazy validators with a sixth of the stake each.
    fn lazy() -> Self {
        let groups = [
            Group::validators("honest", 8, EACH, Habit::Judges),
            Group::validators("falls silent", 2, EACH, Habit::FallsSilent),
            Group::validators("repeats its row", 2, EACH, Habit::Repeats),
            Group::miners("miners", true, 24, MIXED),
        ];
        Self::of("lazy", groups)
    }

    /// Operators with one uid each, and three with ten: one output under each of them, one
    /// output in ten parts, and no output but rows without stake.
    fn sybil() -> Self {
        const ONE: u64 = 600_000;
        let later = |worth| Work { comes_later: true, ..Work::of(worth, worth) };
        let groups = [
            Group::validators("validators", 12, EACH, Habit::Judges),
            Group::miners("one uid each", true, 16, Work::of(ONE, ONE)),
            Group::miners("one output ten times", false, 10, later(ONE)),
            Group::miners("one output in ten parts", false, 10, later(ONE / 10)),
            Group::miners("rows without stake", false, 10, Work { votes: true, ..later(0) }),
        ];
        let mut scene = Self::of("sybil", groups);
        (scene.weather.drift, scene.weather.change) = (0, 0);
        scene
    }
}
