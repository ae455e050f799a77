//! The one table of events: what a block did beside what its transactions say.

use bincode::{Decode, Encode};
use serde::Serialize;
use weft_types::{Height, Netuid, Parameter, PublicKey, Rao, RulesId, Uid, Wide, canonical};

/// What is said about an event: a row of the table of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct AboutEvent {
    /// Its stable name.
    pub name: &'static str,
    /// When it happens.
    pub doc: &'static str,
    /// Its fields: name and meaning.
    pub fields: &'static [(&'static str, &'static str)],
}

/// What a transaction did, in order, to be written down.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Events(pub Vec<Event>);

// A transaction is at most 32 KiB, and a call of it does not do ten times what it says.
canonical!(Events, 1 << 20);

macro_rules! events {
    (#[derive($($derive:tt)*)] $(#[doc = $doc:literal] $variant:ident { $(#[doc = $field_doc:literal] $field:ident: $type:ty,)* })*) => {
        /// Something that happened. In JSON: `event` holds the name, the fields stand beside.
        #[derive($($derive)*)]
        #[serde(tag = "event")]
        pub enum Event {
            $(#[doc = $doc] $variant { $(#[doc = $field_doc] $field: $type,)* },)*
        }

        impl Event {
            /// The table.
            pub const TABLE: &'static [AboutEvent] = &[$(AboutEvent {
                name: stringify!($variant),
                doc: $doc,
                fields: &[$((stringify!($field), $field_doc),)*],
            },)*];

            /// The stable name.
            #[must_use]
            pub const fn name(&self) -> &'static str {
                match self { $(Self::$variant { .. } => stringify!($variant),)* }
            }
        }
    };
}

events! {
    #[derive(Clone, Debug, PartialEq, Eq, Serialize, Encode, Decode)]

    /// A hotkey became a neuron.
    NeuronRegistered {
        /// Where.
        netuid: Netuid,
        /// As whom.
        uid: Uid,
        /// Which hotkey.
        hotkey: PublicKey,
        /// Its owner.
        coldkey: PublicKey,
        /// What it burned; nothing by stamp.
        burned: Rao,
        /// Who lost the uid.
        replaced: Option<PublicKey>,
    }
    /// A neuron serves an endpoint.
    AxonServed {
        /// Where.
        netuid: Netuid,
        /// Who.
        uid: Uid,
    }
    /// A weight row was stored.
    WeightsSet {
        /// Where.
        netuid: Netuid,
        /// Whose.
        uid: Uid,
    }
    /// A voter's row of the root matrix was stored.
    RootRowSet {
        /// Whose.
        hotkey: PublicKey,
    }
    /// A row was committed to.
    WeightsCommitted {
        /// Where.
        netuid: Netuid,
        /// By whom.
        uid: Uid,
        /// The one epoch in which it may be revealed.
        reveal_epoch: u64,
    }
    /// A committed row was revealed and stored.
    WeightsRevealed {
        /// Where.
        netuid: Netuid,
        /// Whose.
        uid: Uid,
    }
    /// A neuron asks for a permit, or asks no more.
    PermitSought {
        /// Where.
        netuid: Netuid,
        /// Who.
        uid: Uid,
        /// Whether it asks.
        seek: bool,
    }
    /// Coins were put behind a hotkey.
    StakeAdded {
        /// Behind whom.
        hotkey: PublicKey,
        /// Whose.
        coldkey: PublicKey,
        /// How much.
        amount: Rao,
    }
    /// Stake began to leave.
    StakeRemoved {
        /// From behind whom.
        hotkey: PublicKey,
        /// Whose.
        coldkey: PublicKey,
        /// How much.
        amount: Rao,
        /// When it is free; null behind a voter: `unbonding_blocks` after the next rotation.
        matures: Option<Height>,
        /// Whether it is frozen: too few could be elected last, and until they can nobody rotates.
        frozen: bool,
    }
    /// Stake that left became free.
    StakeMatured {
        /// From behind whom it came.
        hotkey: PublicKey,
        /// Whose.
        coldkey: PublicKey,
        /// How much.
        amount: Rao,
        /// What offences of the hotkey cost meanwhile.
        lost: Rao,
    }
    /// The voters rotated.
    VotersRotated {
        /// How many there are now.
        voters: u64,
        /// Their power together.
        power: Rao,
    }
    /// A hotkey's take was changed.
    TakeSet {
        /// Whose.
        hotkey: PublicKey,
        /// What it was, 65 535 = 1.
        before: u16,
        /// What it is.
        take: u16,
    }
    /// A subnet was created.
    SubnetCreated {
        /// Its number.
        netuid: Netuid,
        /// Its owner.
        owner: PublicKey,
        /// What was locked.
        lock: Rao,
    }
    /// A subnet was evicted to make room for another.
    SubnetEvicted {
        /// Its number.
        netuid: Netuid,
        /// Whose it was.
        owner: Option<PublicKey>,
        /// What of the lock went back to the owner.
        refund: Rao,
        /// What was recycled: the rest of the lock, and what was pending.
        recycled: Rao,
    }
    /// A subnet was started: it earns from the next block on.
    SubnetStarted {
        /// Which.
        netuid: Netuid,
    }
    /// A hyperparameter was set.
    HyperparameterSet {
        /// Where.
        netuid: Netuid,
        /// Which.
        parameter: Parameter,
        /// What it was.
        before: Wide,
        /// What it is.
        value: Wide,
    }
    /// A subnet said what it is.
    IdentitySet {
        /// Which.
        netuid: Netuid,
    }
    /// A hotkey offered to vote, or renewed the offer.
    VoterOffered {
        /// Which.
        hotkey: PublicKey,
    }
    /// A hotkey's offer to vote was taken back.
    VoterWithdrawn {
        /// Which.
        hotkey: PublicKey,
    }
    /// A root epoch shared the emission out anew.
    RootEpoch {
        /// How many rows counted.
        rows: u64,
        /// How many subnets have a share.
        subnets: u64,
    }
    /// An epoch came due and waits for the next block.
    EpochDeferred {
        /// Where.
        netuid: Netuid,
    }
    /// The emission halved.
    EmissionHalved {
        /// How often it has.
        halvings: u8,
        /// What a block emits from now on.
        emission: Rao,
    }
    /// The virtual stake of the genesis voters began to fade.
    BootstrapEnded {
        /// All of it.
        peak: Rao,
        /// How many candidates hold enough.
        candidates: u64,
    }
    /// A voter was caught: its stake was cut, it is in no set for a while.
    VoterSlashed {
        /// Who.
        hotkey: PublicKey,
        /// What its pool lost; what was asked back loses its part when it matures.
        lost: Rao,
        /// Who reported it.
        reporter: PublicKey,
        /// What the reporter had of it.
        reward: Rao,
        /// The height from which it may be taken into a set again.
        jailed_until: Height,
    }
    /// A voter who was caught before is cut more, since others were caught with it.
    SlashRaised {
        /// Who.
        hotkey: PublicKey,
        /// What its pool lost.
        lost: Rao,
    }
    /// A change of rules was locked in.
    RulesLockedIn {
        /// To which.
        id: RulesId,
        /// The first block that is run by them, unless it must wait.
        height: Height,
        /// The part of the power that named them, in millionths.
        power_ppm: u32,
    }
    /// A change of rules that was locked in is not wanted any more.
    RulesDropped {
        /// To which.
        id: RulesId,
    }
    /// A change of rules waits: its lock-in is not final, or a rotation is not.
    RulesDelayed {
        /// To which.
        id: RulesId,
        /// When it is due now.
        height: Height,
    }
    /// This block is the first that was run by other rules.
    RulesChanged {
        /// Their number.
        version: u16,
        /// Which.
        id: RulesId,
    }
    /// The virtual stake of the genesis voters fell.
    BootstrapFaded {
        /// All that is left of it.
        left: Rao,
    }
}
