//! Room that a block always keeps (R19).
//!
//! A block is filled in this order:
//! 1. its header and its proofs, for which room is kept by how many may vote and what a
//!    share may hold ([`proofs`]); genesis sees that the fullest fit;
//! 2. free calls that the chain rests on, each kind up to what is kept for it
//!    ([`Kind::kept`]): evidence, heartbeats of voters, rows and reveals, stamps;
//! 3. what more there is of those;
//! 4. optional free calls, at most half of what is left;
//! 5. paying calls. Room that nothing was kept for in vain is theirs.
//!
//! All free calls together take `free_bytes` at the most. So whoever fills blocks with one
//! kind takes the room of no other, and endpoints never that of evidence.

use crate::call::Call;
use crate::params::{Limits, Params};

/// Bytes kept for a header, its signature and the lengths of the lists of a block.
const HEADER: u64 = 1_024;

/// Bytes of a vote and its signature.
const VOTE: u64 = 208;

/// Bytes that are signed with a free call and don't travel: the domain and the chain id.
const SIGNED: u32 = 64;

/// So many reports fit into what is kept for them: one takes more than 512 bytes.
const REPORTS: u32 = 128;

/// What a free call is, for the room that is kept for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Reports of offences.
    Evidence,
    /// Offers to vote.
    Heartbeat,
    /// Rows, promises of rows, and reveals.
    Row,
    /// Registrations by stamp.
    Stamp,
    /// What can wait: endpoints, and requests for permits.
    Optional,
}

impl Kind {
    /// All, in the order in which a block takes them.
    pub const ALL: [Self; 5] =
        [Self::Evidence, Self::Heartbeat, Self::Row, Self::Stamp, Self::Optional];

    /// Its place in [`Self::ALL`].
    #[must_use]
    pub const fn place(self) -> usize {
        match self {
            Self::Evidence => 0,
            Self::Heartbeat => 1,
            Self::Row => 2,
            Self::Stamp => 3,
            Self::Optional => 4,
        }
    }

    /// The calls and the bytes that are kept for it in a block: 64 heartbeats and stamps of
    /// 256 bytes, 128 rows of 1 280, which is 256 scores.
    #[must_use]
    pub const fn kept(self) -> (u32, u32) {
        match self {
            Self::Evidence => (u32::MAX, 64 << 10),
            Self::Heartbeat | Self::Stamp => (64, 64 * 256),
            Self::Row => (128, 128 * 1_280),
            Self::Optional => (0, 0),
        }
    }
}

impl Call {
    /// Which kind of free call it is; none pays.
    #[must_use]
    pub const fn kind(&self) -> Option<Kind> {
        match self {
            Self::ReportEvidence { .. } => Some(Kind::Evidence),
            Self::JoinVoters { .. } => Some(Kind::Heartbeat),
            Self::SetWeights { .. } | Self::CommitWeights { .. } | Self::RevealWeights { .. } => {
                Some(Kind::Row)
            }
            Self::RegisterStamp { .. } => Some(Kind::Stamp),
            Self::ServeAxon { .. } | Self::SeekPermit { .. } => Some(Kind::Optional),
            Self::Transfer { .. }
            | Self::Register { .. }
            | Self::AddStake { .. }
            | Self::RemoveStake { .. }
            | Self::SetTake { .. }
            | Self::RegisterSubnet { .. }
            | Self::StartSubnet { .. }
            | Self::SetHyperparameter { .. }
            | Self::SetIdentity { .. }
            | Self::LeaveVoters { .. }
            | Self::Batch { .. } => None,
        }
    }
}

/// Bytes that a block keeps for header and proofs: a share of every voter of both sets with
/// items of so many bytes in all, and as many votes as a catch-up proof.
#[must_use]
pub const fn proofs(params: &Params, items: u64) -> u64 {
    // Written as a product of small numbers: nothing here can overflow.
    let votes = (params.max_voters as u64).saturating_mul(2 * 2);
    votes.saturating_mul(VOTE).saturating_add(HEADER).saturating_add(items)
}

/// Bytes that the fullest proofs take and that are kept for free calls: a block must hold
/// them (R19).
#[must_use]
pub fn least_block(params: &Params) -> u64 {
    let items = u64::from(params.max_voters)
        .saturating_mul(2)
        .saturating_mul(u64::from(params.limits.share_bytes));
    let kept = Kind::ALL.into_iter().map(|kind| u64::from(kind.kept().1));
    kept.fold(proofs(params, items), u64::saturating_add)
}

/// The calls of a block, and its bytes of free calls with what is signed with each, that what
/// is kept for free calls needs: genesis gives a block as many or more (R19).
#[must_use]
pub fn least_free() -> (u32, u32) {
    let kept = Kind::ALL.map(Kind::kept);
    let calls = kept.map(|(calls, _)| if calls == u32::MAX { REPORTS } else { calls });
    let calls = calls.into_iter().fold(0_u32, u32::saturating_add);
    let bytes = kept.into_iter().map(|(_, bytes)| bytes).fold(0_u32, u32::saturating_add);
    (calls, bytes.saturating_add(calls.saturating_mul(SIGNED)))
}

/// What is left of a block while it is filled, in the order above.
#[derive(Clone, Copy, Debug)]
pub struct Room {
    calls: u32,
    bytes: u32,
    free: u32,
    /// What optional calls may still take; none until the first is taken.
    optional: Option<u32>,
}

impl Room {
    /// That of a block of which so many bytes are taken.
    #[must_use]
    pub fn new(limits: &Limits, taken: u64) -> Self {
        let taken = u32::try_from(taken).unwrap_or(u32::MAX);
        Self {
            calls: limits.block_calls,
            bytes: limits.block_bytes.saturating_sub(taken),
            free: limits.free_bytes,
            optional: None,
        }
    }

    /// Whether another call fits at all.
    #[must_use]
    pub const fn is_full(&self) -> bool {
        self.calls == 0
    }

    /// What optional calls may take: half of what is left when the first of them is taken.
    fn optional(&self) -> u32 {
        self.optional.unwrap_or_else(|| self.free.min(self.bytes).div_euclid(2))
    }

    /// Whether a call of so many bytes fits.
    #[must_use]
    pub fn holds(&self, kind: Option<Kind>, bytes: u32) -> bool {
        let most = match kind {
            None => u32::MAX,
            // A free call counts with what is signed with it.
            Some(kind) => {
                let own = if kind == Kind::Optional { self.optional() } else { self.free };
                own.min(self.free.saturating_sub(SIGNED))
            }
        };
        self.calls > 0 && bytes <= self.bytes && bytes <= most
    }

    /// Takes the room of a call that fits.
    pub fn take(&mut self, kind: Option<Kind>, bytes: u32) {
        if kind == Some(Kind::Optional) {
            self.optional = Some(self.optional().saturating_sub(bytes));
        }
        self.calls = self.calls.saturating_sub(1);
        self.bytes = self.bytes.saturating_sub(bytes);
        if kind.is_some() {
            self.free = self.free.saturating_sub(bytes.saturating_add(SIGNED));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Network;
    use crate::codec::Canonical;
    use crate::hash::Hash;
    use crate::key::{PublicKey, Signature};
    use crate::share::{Checkpoint, SignedVote, Vote};
    use crate::units::Round;

    /// A6.
    #[test]
    fn r19_a_vote_takes_as_many_bytes_as_are_kept_for_it() {
        let at = Checkpoint { round: Round(1), hash: Hash::ZERO };
        let vote = Vote { voter: PublicKey([1; 32]), source: at, target: at, items: Hash::ZERO };
        let signed = SignedVote { vote, signature: Signature([0; 64]) };
        assert_eq!(u64::try_from(signed.to_bytes().len()), Ok(VOTE));
    }

    /// A6.
    #[test]
    fn r19_as_many_reports_fit_their_room_as_are_counted() {
        // Two votes, a signature and a signer.
        let least = 2 * VOTE + 64 + 32;
        assert!(u64::from(REPORTS) * least >= u64::from(Kind::Evidence.kept().1));
        assert_eq!(least_free(), (384, (256 << 10) + 384 * SIGNED));
    }

    /// A6.
    #[test]
    fn r19_every_preset_keeps_its_room_and_leaves_three_quarters() {
        for network in [Network::Main, Network::Local, Network::Bench] {
            let params = Params::preset(network);
            let kept = least_block(&params);
            assert!(kept * 4 < u64::from(params.limits.block_bytes), "{network:?}: {kept}");
            assert!(kept >= 256 << 10, "{network:?}: {kept}");
        }
    }

    /// A6.
    #[test]
    fn r19_optional_calls_take_half_of_what_is_left_and_paying_ones_the_rest() {
        let limits = Limits {
            block_bytes: 3_000,
            block_calls: 100,
            free_bytes: 2_000,
            share_bytes: 0,
            batch_calls: 1,
        };
        let mut room = Room::new(&limits, 1_000);
        let mut fits = |kind, bytes| {
            let holds = room.holds(kind, bytes);
            if holds {
                room.take(kind, bytes);
            }
            holds
        };
        assert!(fits(Some(Kind::Evidence), 936) && !fits(Some(Kind::Row), 937));
        // 1 000 of the free bytes and 1 064 of the block are left. A question changes nothing.
        assert!(!fits(Some(Kind::Optional), 501));
        assert!(fits(Some(Kind::Optional), 300) && !fits(Some(Kind::Optional), 201));
        assert!(fits(Some(Kind::Optional), 200) && !fits(Some(Kind::Optional), 1));
        assert!(!fits(None, 565) && fits(None, 564) && !fits(None, 1));
    }
}
