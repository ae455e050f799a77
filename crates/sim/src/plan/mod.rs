//! What is simulated: a plan, which a profile makes of a seed or a person writes down.
//!
//! A plan holds everything that is decided before the first event. Whatever chance decides
//! during the run comes from the one generator of its seed.

mod acts;
mod cabal;
mod desk;
mod fault;
mod former;
mod sleeper;
mod stranger;

pub use cabal::{Cabal, Strategy};
pub use desk::Desk;
pub use former::Former;
pub use stranger::Habit;

use crate::slots::SLOT_MS;
use serde::{Deserialize, Serialize};
use weft_types::params::ROTATION;

/// What is simulated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Plan {
    /// Where all chance comes from.
    pub seed: u64,
    /// Which profile made it.
    pub profile: String,
    /// Voters of genesis; each has a node.
    pub voters: usize,
    /// Nodes that have a key and stake and don't vote at genesis.
    pub joiners: usize,
    /// How power is spread.
    pub powers: Powers,
    /// What trust voters of genesis have.
    pub trust: Trust,
    /// For how many slots faults happen at least; some more follow in fair weather.
    pub slots: u64,
    /// What becomes of messages.
    pub links: Links,
    /// Who can't hear whom, and when.
    pub cuts: Vec<Cut>,
    /// Nodes that are down for a while.
    pub downs: Vec<Down>,
    /// Nodes whose process stands still for a while, and goes on with all it knew.
    pub pauses: Vec<Down>,
    /// Nodes that crash by chance.
    pub crashes: Option<Crashes>,
    /// How far a clock may be off, either way.
    pub skew_ms: u64,
    /// Whether voters rotate.
    pub rotation: Option<Rotation>,
    /// Whether programs differ, and rules may change (R21).
    pub upgrade: Option<Upgrade>,
    /// Voters that are Byzantine.
    pub cabal: Option<Cabal>,
    /// Voters that sign another past when their stake is out (R16).
    pub former: Option<Former>,
    /// Voters whose key runs on a second node as well: that of the first of them on the node
    /// after voters and joiners, and so on.
    pub twins: Vec<usize>,
    /// What part of the power voters with a twin have together, in a million, when it is not
    /// what `powers` makes it.
    pub twin_power_ppm: Option<u32>,
    /// Peers without stake, and what each does.
    pub strangers: Vec<Habit>,
    /// Whether nodes start from their checkpoints; without it from genesis, with the whole log.
    pub checkpoints: bool,
    /// How much room checkers have, and how long they take; without it they answer at once.
    pub desk: Option<Desk>,
    /// Whether validators commit to their rows and reveal them later.
    pub commits: bool,
    /// Whether a third and more may be Byzantine.
    pub conflict: Conflict,
    /// Whether every node must make a new block final once faults stop.
    pub judges_liveness: bool,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            seed: 1,
            profile: "custom".to_owned(),
            voters: 4,
            joiners: 0,
            powers: Powers::Equal,
            trust: Trust::None,
            slots: 40,
            links: Links::default(),
            cuts: Vec::new(),
            downs: Vec::new(),
            pauses: Vec::new(),
            crashes: None,
            skew_ms: 60,
            rotation: None,
            upgrade: None,
            cabal: None,
            former: None,
            twins: Vec::new(),
            twin_power_ppm: None,
            strangers: Vec::new(),
            checkpoints: false,
            desk: None,
            commits: false,
            conflict: Conflict::Never,
            judges_liveness: true,
        }
    }
}

impl Plan {
    /// How many nodes there are.
    #[must_use]
    pub const fn nodes(&self) -> usize {
        let more = if self.former.is_some() { 2 } else { 0 };
        let keyed = self.voters.saturating_add(self.joiners).saturating_add(self.twins.len());
        keyed.saturating_add(more)
    }

    /// How many may be voters at once.
    #[must_use]
    pub const fn members(&self) -> usize {
        self.voters.saturating_add(self.joiners)
    }

    /// The least blocks between two heights at which so many may rotate (R16).
    #[must_use]
    pub const fn least_rotation(&self) -> u64 {
        ROTATION.saturating_mul(self.members() as u64)
    }

    /// For how many slots a node may be away and go on by itself (R16); for ever where stake
    /// never leaves.
    #[must_use]
    pub fn window(&self) -> Option<u64> {
        self.rotation.map(|rotation| 4 * rotation.blocks)
    }

    /// Whether the key of a node runs on another one too.
    #[must_use]
    pub fn is_twin(&self, node: usize) -> bool {
        let first = self.voters.saturating_add(self.joiners);
        let second = first..first.saturating_add(self.twins.len());
        self.twins.contains(&node) || second.contains(&node)
    }

    /// Whether nothing goes wrong but what Byzantine voters do, and no voter moves.
    #[must_use]
    pub fn is_attack_alone(&self) -> bool {
        self.is_whole() && self.cabal.is_some() && self.strangers.is_empty()
    }

    /// Whether nothing goes wrong but what strangers do, and no voter moves.
    #[must_use]
    pub fn is_strangers_alone(&self) -> bool {
        self.is_whole() && self.cabal.is_none() && !self.strangers.is_empty()
    }

    fn is_whole(&self) -> bool {
        let is_whole = self.cuts.is_empty()
            && self.downs.is_empty()
            && self.pauses.is_empty()
            && self.crashes.is_none()
            && self.upgrade.is_none()
            && self.desk.is_none();
        let is_fair = self.links == Links::default() && self.twins.is_empty();
        is_whole
            && is_fair
            && self.skew_ms <= SLOT_MS / 8
            && self.rotation.is_none_or(|rotation| !rotation.moves)
    }
}

/// The most nodes of a run.
pub const MOST_NODES: usize = 100;

/// The most strangers of a run: as many as a node lets in.
pub const MOST_STRANGERS: usize = 32;

/// Parts are counted in so many.
pub(crate) const MILLION: u32 = 1_000_000;

/// The most slots of a run.
pub const MOST_SLOTS: u64 = 1_000_000;

/// Whether two conflicting blocks may be final. Whoever made them must be named.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Conflict {
    /// Less than a third is Byzantine.
    #[default]
    Never,
    /// A third or more is.
    May,
    /// A third or more is, and a run without a conflict shows nothing.
    Must,
}

/// How power is spread over the voters of genesis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Powers {
    /// All have the same.
    #[default]
    Equal,
    /// The second has half of the first, the third a third, and so on.
    Pareto,
    /// One has three tenths of all, the others the same.
    Whale,
}

/// What trust the voters of genesis have (R8).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trust {
    /// None.
    #[default]
    None,
    /// Anything from 0 to 1.
    Random,
    /// The Byzantine all there is, the others anything from 0 to 1.
    Uneven,
    /// The Byzantine all there is, the others none.
    Gamed,
}

/// What becomes of messages while faults last; parts are of a million.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Links {
    /// How many are lost.
    pub loss_ppm: u32,
    /// How many arrive twice.
    pub twice_ppm: u32,
    /// How many come late.
    pub late_ppm: u32,
    /// By how many slots at most.
    pub late_slots: u64,
}

/// A partition.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Cut {
    /// The first slot.
    pub from: u64,
    /// The first slot after it.
    pub until: u64,
    /// The side each node is on; who is on none hears and reaches all. Without any side
    /// everybody is alone.
    pub sides: Vec<Option<u8>>,
    /// Whether only those on higher sides are not heard by those on lower ones.
    pub one_way: bool,
    /// Whether it comes and goes, so many slots each.
    pub flaps: Option<u64>,
}

impl Cut {
    /// Whether a message of this slot doesn't get through.
    #[must_use]
    pub fn severs(&self, slot: u64, from: usize, to: usize) -> bool {
        let side = |node: usize| match self.sides.as_slice() {
            [] => Some(node),
            sides => sides.get(node).copied().flatten().map(usize::from),
        };
        let (Some(a), Some(b)) = (side(from), side(to)) else { return false };
        let on = |flaps: u64| ((slot - self.from) / flaps.max(1)).is_multiple_of(2);
        (self.from..self.until).contains(&slot)
            && self.flaps.is_none_or(on)
            && if self.one_way { a > b } else { a != b }
    }
}

/// A node that is down from one slot until another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Down {
    /// Which.
    pub node: usize,
    /// It stops as this slot begins.
    pub from: u64,
    /// It starts as this slot begins.
    pub until: u64,
    /// What it loses meanwhile.
    #[serde(default)]
    pub loses: Lost,
}

/// What a node that stops loses, of what is synced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lost {
    /// Nothing.
    #[default]
    Nothing,
    /// Its vote file.
    VoteFile,
    /// Its log, with the chain that it voted for; it keeps its vote file.
    Log,
    /// What of its log is behind the block of its checkpoint; it keeps its vote file.
    Tail,
    /// Everything: it begins anew.
    Home,
}

/// Crashes by chance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Crashes {
    /// Slots between two crashes at most.
    pub every: u64,
    /// Slots that a node is down at most.
    pub down: u64,
    /// How many nodes may be down at once.
    pub at_once: usize,
    /// What some of them lose.
    pub loses: Lost,
    /// In how many crashes, the first ones, that is lost.
    pub losses: usize,
    /// Whether who sees an offence crashes soon, whoever is down.
    pub witnesses: bool,
}

impl Default for Crashes {
    fn default() -> Self {
        Self { every: 20, down: 5, at_once: 1, loses: Lost::Nothing, losses: 0, witnesses: false }
    }
}

/// Rotation of voters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Rotation {
    /// Blocks between two heights at which voters may rotate; four for each that may vote,
    /// or more.
    pub blocks: u64,
    /// Whether the voters of genesis keep virtual power, so that all of them stay in every
    /// set.
    pub keeps_genesis: bool,
    /// Whether stake moves, and voters come and go.
    pub moves: bool,
    /// Whether a run in which no set changes shows something all the same.
    pub may_rest: bool,
}

/// Programs that differ (R21): the first voters are updated, some more only say so, all other
/// nodes are old until faults stop; then all are updated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Upgrade {
    /// How many run the second version and signal it.
    pub updated: usize,
    /// How many signal it and run the first only.
    pub liars: usize,
    /// Whether a change is a broken promise: too few name it. Nobody is updated later then.
    pub never: bool,
}

impl Upgrade {
    /// The highest version that a node runs before all are updated.
    #[must_use]
    pub const fn runs(&self, node: usize) -> u16 {
        if node < self.updated { 2 } else { 1 }
    }
}
