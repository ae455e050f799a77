//! What a piece of state holds.

use super::key::Key;
pub use super::record::{
    Axon, Bootstrap, Candidate, Caught, Change, Commit, Commits, Kept, Lock, Mark, Offender, Part,
    Portion, Release, Root, RootRow, Rotation, Row, RulesRecord, Served, Stamps,
};
use bincode::{Decode, Encode};
use weft_types::hash::{Domain, Hash};
use weft_types::{
    BlockHash, Canonical, Finality, Height, Hyperparameters, Identity, Netuid, Nonce, Parameter,
    PublicKey, Rao, Slot, Uid, VoterSets, canonical,
};

/// One value of the state.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Value {
    /// Under `Key::Supply`.
    Supply(Supply),
    /// Under `Key::Chain`; boxed, so that the many small values stay small.
    Chain(Box<Chain>),
    /// Under `Key::Subnets`: netuids, ascending.
    Subnets(Vec<Netuid>),
    /// Under `Key::Account`.
    Account(Account),
    /// Under `Key::Hotkey`.
    Hotkey(Hotkey),
    /// Under `Key::Position`: shares of the hotkey's pool.
    Position(u128),
    /// Under `Key::Exits` and `Key::Leaving`: in the order of the requests.
    Exits(Vec<Exit>),
    /// Under `Key::Subnet`.
    Subnet(Box<Subnet>),
    /// Under `Key::Neuron`.
    Neuron(Neuron),
    /// Under `Key::Seat`.
    Seat(Uid),
    /// Under `Key::Row`: (uid, score), uids ascending, the largest score 65 535.
    Row(Vec<(Uid, u16)>),
    /// Under `Key::Bonds`: (uid, bond), uids ascending.
    Bonds(Vec<(Uid, u16)>),
    /// Under `Key::Axon`.
    Axon(Axon),
    /// Under `Key::Commits`.
    Commits(Commits),
    /// Under `Key::Stamps`.
    Stamps(Stamps),
    /// Under `Key::Identity`.
    Identity(Identity),
    /// Under `Key::Settings`: ascending.
    Settings(Vec<(Parameter, Height)>),
    /// Under `Key::Root`.
    Root(Root),
    /// Under `Key::RootRow`.
    RootRow(RootRow),
    /// Under `Key::Lock`.
    Lock(Lock),
    /// Under `Key::Recent`: heights ascending.
    Recent(Vec<(Height, BlockHash)>),
    /// Under `Key::Bootstrap`.
    Bootstrap(Bootstrap),
    /// Under `Key::Candidates`: hotkeys ascending.
    Candidates(Vec<Candidate>),
    /// Under `Key::Rotation`.
    Rotation(Rotation),
    /// Under `Key::Releases`: oldest first.
    Releases(Vec<Release>),
    /// Under `Key::Offender`.
    Offender(Offender),
    /// Under `Key::Caught`: hotkeys ascending.
    Caught(Vec<Caught>),
    /// Under `Key::Served`.
    Served(Served),
    /// Under `Key::Rules`.
    Rules(RulesRecord),
    /// Under `Key::LetGo` and `Key::Offenders`: hotkeys ascending.
    Hotkeys(Vec<PublicKey>),
}

/// The totals of all money. `issued` = free + staked + locked + pending + unbonding,
/// to the rao, in every state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Supply {
    /// All coins there are.
    pub issued: Rao,
    /// In accounts.
    pub free: Rao,
    /// In the pools of hotkeys.
    pub staked: Rao,
    /// In the locks of subnets.
    pub locked: Rao,
    /// Emitted to subnets, not paid out yet.
    pub pending: Rao,
    /// On the way from a pool to an account.
    pub unbonding: Rao,
    /// All that ever left `issued`; not part of it.
    pub recycled: Rao,
    /// How often the emission has halved; never falls.
    pub halving: u8,
}

/// Where in the chain this state is.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Chain {
    /// The height of the block that made this state.
    pub height: Height,
    /// Its slot.
    pub slot: Slot,
    /// What its proofs justify and finalise.
    pub finality: Finality,
    /// Who proposes and votes on it.
    pub voters: VoterSets,
}

/// An account. Never deleted once it has signed, so its nonce never starts anew.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Account {
    /// Coins that can be spent.
    pub free: Rao,
    /// Paying transactions made.
    pub nonce: Nonce,
}

/// A hotkey and the stake behind it: a pool of shares (economy, section 5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Hotkey {
    /// Its one owner.
    pub coldkey: PublicKey,
    /// What it keeps of its delegators' dividends, 65 535 = 1.
    pub take: u16,
    /// The value V of the pool.
    pub value: Rao,
    /// The shares S of the pool.
    pub shares: u128,
    /// When the take was last changed; the registration's height before.
    pub take_at: Height,
    /// When it was registered; 0 = by genesis.
    pub since: Height,
}

/// Stake on its way out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Exit {
    /// Who receives it.
    pub coldkey: PublicKey,
    /// Behind whom it was; it can still be slashed.
    pub hotkey: PublicKey,
    /// How much.
    pub amount: Rao,
    /// What was left of the hotkey's oldest stake when it was asked back.
    pub kept: Kept,
}

/// A subnet.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Subnet {
    /// The owner's coldkey; without one the owner's cut is recycled.
    pub owner: Option<PublicKey>,
    /// Its numbers.
    pub hyperparameters: Hyperparameters,
    /// When it was created.
    pub registered_at: Height,
    /// Whether it earns.
    pub started: bool,
    /// How many neurons it has; uids are 0 to this.
    pub neurons: u16,
    /// When its clock last struck: the next epoch is due a tempo later.
    pub last_epoch: Height,
    /// The height of its last epoch that ran; 0 before the first.
    pub last_step: Height,
    /// How many epochs have run.
    pub epochs: u64,
    /// Its unpaid emission.
    pub pending: Rao,
    /// The owner's lock.
    pub locked: Rao,
    /// The burn price as of `burn_at`; it halves lazily from there.
    pub burn: Rao,
    /// When the burn price was last written.
    pub burn_at: Height,
    /// When somebody last registered, by either door.
    pub registration_at: Height,
    /// Registrations in the block `registration_at`.
    pub registrations: u16,
    /// The moving average of its share of the emission, 2^32 = all.
    pub share_average: u64,
}

/// A neuron and what the last epoch said of it (u16: 65 535 = 1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Neuron {
    /// Its hotkey.
    pub hotkey: PublicKey,
    /// When it got its uid.
    pub registered_at: Height,
    /// The height its last row looked at; the registration's before the first.
    pub last_update: Height,
    /// Whether its row counts in the next epoch.
    pub validator_permit: bool,
    /// Whether it was active in the last epoch.
    pub active: bool,
    /// The stake-weighted score that a majority supports.
    pub consensus: u16,
    /// Its part of the miners' emission.
    pub incentive: u16,
    /// Its part of the validators' emission.
    pub dividends: u16,
    /// How much of its row survived the clip.
    pub validator_trust: u16,
    /// Its part of the subnet's stake.
    pub stake_weight: u16,
    /// What the last epoch worked out for it.
    pub emission: Rao,
    /// What of that was paid; the rest was recycled, or did not fit.
    pub paid: Rao,
    /// Whether it asks for a validator permit.
    pub seeks: bool,
    /// The height that its last request for that named.
    pub sought_at: Height,
    /// The height that its last offer to vote named.
    pub offered_at: Height,
}

canonical!(Value, 16 << 20);

impl Neuron {
    /// A neuron that has just got its uid.
    #[must_use]
    pub const fn new(hotkey: PublicKey, height: Height) -> Self {
        Self {
            hotkey,
            registered_at: height,
            last_update: height,
            validator_permit: false,
            active: true,
            consensus: 0,
            incentive: 0,
            dividends: 0,
            validator_trust: 0,
            stake_weight: 0,
            emission: Rao::ZERO,
            paid: Rao::ZERO,
            seeks: false,
            sought_at: Height::ZERO,
            offered_at: Height::ZERO,
        }
    }
}

impl Value {
    /// Whether a value of this kind may stand under the key.
    #[must_use]
    pub const fn fits(&self, key: &Key) -> bool {
        matches!(
            (key, self),
            (Key::Supply, Self::Supply(_))
                | (Key::Chain, Self::Chain(_))
                | (Key::Subnets, Self::Subnets(_))
                | (Key::Account(_), Self::Account(_))
                | (Key::Hotkey(_), Self::Hotkey(_))
                | (Key::Position(..), Self::Position(_))
                | (Key::Exits(_) | Key::Leaving(_), Self::Exits(_))
                | (Key::Subnet(_), Self::Subnet(_))
                | (Key::Neuron(..), Self::Neuron(_))
                | (Key::Seat(..), Self::Seat(_))
                | (Key::Row(..), Self::Row(_))
                | (Key::Bonds(..), Self::Bonds(_))
                | (Key::Axon(..), Self::Axon(_))
                | (Key::Commits(..), Self::Commits(_))
                | (Key::Stamps(_), Self::Stamps(_))
                | (Key::Identity(_), Self::Identity(_))
                | (Key::Settings(_), Self::Settings(_))
                | (Key::Root, Self::Root(_))
                | (Key::RootRow(_), Self::RootRow(_))
                | (Key::Lock, Self::Lock(_))
                | (Key::Recent, Self::Recent(_))
                | (Key::Bootstrap, Self::Bootstrap(_))
                | (Key::Candidates, Self::Candidates(_))
                | (Key::Rotation, Self::Rotation(_))
                | (Key::Releases, Self::Releases(_))
                | (Key::Offender(_), Self::Offender(_))
                | (Key::Caught, Self::Caught(_))
                | (Key::Served(_), Self::Served(_))
                | (Key::Rules, Self::Rules(_))
                | (Key::LetGo(_) | Key::Offenders, Self::Hotkeys(_))
        )
    }

    /// The hash that stands in a leaf.
    #[must_use]
    pub fn hash(&self) -> Hash {
        Hash::of(Domain::StateValue, &self.to_bytes())
    }
}
