//! What a piece of state is called.
//!
//! There is no scan: whatever the rules must find, they find by name. The order of
//! key hashes is the order of the absence proofs and of every full walk.

use bincode::{Decode, Encode};
use weft_types::hash::{Domain, Hash};
use weft_types::{Canonical, Height, Netuid, PublicKey, Uid, canonical};

/// The name of one value of the state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum Key {
    /// The totals of all money ([`super::value::Supply`]).
    Supply,
    /// Height and slot of this state, its standing and its voters.
    Chain,
    /// Which subnets exist.
    Subnets,
    /// An account's free coins and nonce, by its key.
    Account(PublicKey),
    /// A hotkey's owner, take and stake pool.
    Hotkey(PublicKey),
    /// A coldkey's part of a hotkey's pool: hotkey, coldkey.
    Position(PublicKey, PublicKey),
    /// The unbonding entries that mature at a height.
    Exits(Height),
    /// A subnet.
    Subnet(Netuid),
    /// A neuron.
    Neuron(Netuid, Uid),
    /// Which uid a hotkey has in a subnet.
    Seat(Netuid, PublicKey),
    /// A validator's weight row.
    Row(Netuid, Uid),
    /// A validator's bonds.
    Bonds(Netuid, Uid),
    /// A neuron's endpoint.
    Axon(Netuid, Uid),
    /// A validator's commitments.
    Commits(Netuid, Uid),
    /// A subnet's stamp difficulty and the stamps used of late.
    Stamps(Netuid),
    /// What a subnet says of itself.
    Identity(Netuid),
    /// When each hyperparameter of a subnet was last set.
    Settings(Netuid),
    /// How the emission is shared among the subnets.
    Root,
    /// A voter's row of the root matrix.
    RootRow(PublicKey),
    /// What the last subnet's lock was.
    Lock,
    /// The hashes of the last blocks.
    Recent,
    /// The virtual stake of the genesis voters.
    Bootstrap,
    /// Who offers to vote.
    Candidates,
    /// Since when the voters are what they are, and how they did since.
    Rotation,
    /// Stake that somebody asked back from behind a voter at a height, and that has no
    /// time yet or waits for its turn.
    Leaving(Height),
    /// In which blocks such stake is free.
    Releases,
    /// What a hotkey offended against, and what that cost.
    Offender(PublicKey),
    /// Who was caught of late.
    Caught,
    /// How much of the power a hotkey had in voter sets that were let go of late.
    Served(PublicKey),
    /// By which rules the chain runs, who signals others, and what is to come.
    Rules,
    /// Who was in the voter set that was let go at a height.
    LetGo(Height),
    /// Whose offences are remembered.
    Offenders,
}

canonical!(Key, 128);

impl Key {
    /// The name under which the key stands in a leaf.
    #[must_use]
    pub fn hash(&self) -> Hash {
        Hash::of(Domain::StateKey, &self.to_bytes())
    }
}
