//! Records of the markets: endpoints, commitments, stamps, the root matrix, locks and the
//! bootstrap. What they mean is said by the rules that write them.

use bincode::{Decode, Encode};
use weft_types::{
    Endpoint, Hash, Height, Netuid, Offence, PublicKey, Rao, Round, RulesId, Slot, Uid, Version,
};

/// Where a neuron can be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Axon {
    /// Where.
    pub endpoint: Endpoint,
    /// The height that the call named.
    pub at: Height,
    /// The block that took it in.
    pub served_at: Height,
}

/// A promise of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Commit {
    /// The hash.
    pub hash: Hash,
    /// The epoch in which it was made.
    pub epoch: u64,
    /// The one epoch in which it may be revealed.
    pub reveal_epoch: u64,
    /// The height at which its validator looked.
    pub at: Height,
}

/// The promises of one validator.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Commits {
    /// The height that the last one named; a newer one must name a later.
    pub last: Height,
    /// Those that can still be revealed, oldest first, one an epoch.
    pub live: Vec<Commit>,
}

/// The stamp door of a subnet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Stamps {
    /// The difficulty after the registrations of a height, heights ascending: those within
    /// the window and the last one before it. It halves lazily from each.
    pub steps: Vec<(Height, u64)>,
    /// Stamps used, with the height each names, as long as they are within the window.
    pub used: Vec<(Height, Hash)>,
}

/// A subnet's share of the emission.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Portion {
    /// Whose.
    pub netuid: Netuid,
    /// How much; only the ratios count.
    pub weight: u64,
}

/// The outcome of the last root epoch.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Root {
    /// When it ran.
    pub last_epoch: Height,
    /// The shares, netuids ascending; empty while nobody has scored: then all started
    /// subnets share equally.
    pub shares: Vec<Portion>,
}

/// A voter's row of the root matrix.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct RootRow {
    /// The height at which the voter looked.
    pub view: Height,
    /// (netuid as uid, score), ascending, the largest score 65 535.
    pub entries: Vec<(Uid, u16)>,
}

/// What the next subnet's lock is computed from (B7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Lock {
    /// The lock of the last creation; the minimum before the first.
    pub last: Rao,
    /// When that was.
    pub at: Height,
    /// How many subnets were ever created by lock.
    pub created: u64,
}

/// The virtual stake of the genesis voters (R14).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Bootstrap {
    /// Who has it, in equal parts, ascending.
    pub voters: Vec<PublicKey>,
    /// The rotation at which it began to fade.
    pub began: Option<Height>,
    /// All of it when that happened.
    pub peak: Rao,
    /// All of it now.
    pub left: Rao,
}

/// Somebody who offers to vote (R13).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Candidate {
    /// Who.
    pub hotkey: PublicKey,
    /// A subnet in which it holds a permit.
    pub netuid: Netuid,
    /// The height that the last offer named.
    pub at: Height,
    /// Its stake at the last rotation; 0 before it saw one.
    pub stake_before: Rao,
    /// The height of the block that took the last offer in.
    pub renewed: Height,
    /// In which quarters since the last rotation height it was renewed, a bit each.
    pub quarters: u8,
}

/// Since when the voters are what they are, and how they did since.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Rotation {
    /// The height of the block that took the current set; 0 for that of genesis.
    pub height: Height,
    /// The round of that block.
    pub round: Round,
    /// How many blocks there were since the last height at which voters may rotate.
    pub blocks: u64,
    /// In how many of them a share of each current voter was carried, in the set's order.
    pub carried: Vec<u64>,
    /// Whether nobody was taken at the last height at which voters might rotate, because
    /// too few could be elected.
    pub rests: bool,
    /// The height up to which stake that left voters has been given its time.
    pub released: Height,
    /// The heights at which voters might rotate or a set was let go, as far back as an
    /// offence counts, and one more.
    pub marks: Vec<Mark>,
}

/// Stake behind voters that was asked back over a stretch of heights: as much of it
/// each block that all is free within a rotation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Release {
    /// The first height of requests that are still to be freed.
    pub next: Height,
    /// The last one.
    pub last: Height,
    /// The block that begins to free them.
    pub from: Height,
    /// The requests of how many heights a block frees.
    pub per_block: u64,
}

/// A block that rounds and slots are compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Mark {
    /// Its height.
    pub height: Height,
    /// Its round.
    pub round: Round,
    /// Its slot.
    pub slot: Slot,
}

impl Mark {
    /// Genesis.
    pub const GENESIS: Self = Self { height: Height::ZERO, round: Round::ZERO, slot: Slot::ZERO };
}

/// What a hotkey offended against (R17).
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Offender {
    /// It is in no set that is taken before this height.
    pub jailed_until: Height,
    /// What it was punished for, as long as that could be reported again.
    pub offences: Vec<Offence>,
    /// What is left of stake that was behind it before its first offence.
    pub kept: Kept,
    /// The last height at which it was cut, or at which stake behind it was asked back: until
    /// that has left the record is needed.
    pub at: Height,
}

/// A part of a stake. Stake that was asked back is cut when it matures, by what happened
/// between.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Kept {
    /// How often all of it was lost.
    pub era: u32,
    /// The part that is left since, [`Kept::ALL`] = everything.
    pub part: u64,
}

impl Kept {
    /// Everything.
    pub const ALL: u64 = 1 << 60;
}

impl Default for Kept {
    fn default() -> Self {
        Self { era: 0, part: Self::ALL }
    }
}

/// An offender, as long as others who are caught count with it (R17).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Caught {
    /// Who.
    pub hotkey: PublicKey,
    /// The height of the last report.
    pub at: Height,
    /// Its part of the voting power, 10^12 = all, rounded up.
    pub power: u64,
    /// The part of the stake that the last offence cost, 10^12 = all.
    pub cut: u64,
}

/// The power that a hotkey had in the sets that were let go within the window, as far as
/// it matters: heights ascending, powers descending. The last is that of the last such set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Served(pub Vec<Part>);

/// The power that a hotkey had in a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Part {
    /// Its part of the power of the set, 10^12 = all, rounded up.
    pub power: u64,
    /// The height at which the set was let go.
    pub until: Height,
}

/// By which rules the chain runs, and which may come (R21).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct RulesRecord {
    /// Those that the block of this state was run by.
    pub now: Version,
    /// The change that is locked in.
    pub next: Option<Change>,
    /// What over two thirds named at the last rotation heights.
    pub row: Option<Row>,
    /// What the latest header of each proposer names, keys ascending; who names nothing is
    /// not here.
    pub signals: Vec<(PublicKey, RulesId)>,
}

impl Default for RulesRecord {
    fn default() -> Self {
        let now = Version { version: 0, id: RulesId::NONE };
        Self { now, next: None, row: None, signals: Vec::new() }
    }
}

/// A change of rules that is locked in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Change {
    /// To which.
    pub id: RulesId,
    /// The first block that is run by them, unless it must wait.
    pub due: Height,
    /// The round of the block that locked it in.
    pub round: Round,
}

/// Rules that over two thirds of the power named at rotation heights in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Row {
    /// Which.
    pub id: RulesId,
    /// At how many.
    pub times: u16,
}
