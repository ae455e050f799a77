//! The one table of calls: what a transaction can do, what each is called, whether it is
//! free, and what its fields mean. Fees, the pool, RPC, commands and docs read it.

use crate::endpoint::Endpoint;
use crate::evidence::Evidence;
use crate::hyperparameters::Parameter;
use crate::key::{PublicKey, Signature};
use crate::row::{Commitment, Reveal, WeightRow};
use crate::units::{Height, Netuid, Rao};
use bincode::de::Decoder;
use bincode::de::read::Reader;
use bincode::error::DecodeError;
use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// What is said about a call: a row of the table of calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct AboutCall {
    /// The name in receipts, RPC and commands.
    pub name: &'static str,
    /// Whether it is free: fee and nonce are 0 (economy, section 2).
    pub free: bool,
    /// What it does.
    pub doc: &'static [&'static str],
    /// Its fields: name, type, meaning.
    pub fields: &'static [(&'static str, &'static str, &'static [&'static str])],
}

macro_rules! calls {
    (#[derive($($derive:tt)*)] $($(#[doc = $doc:literal])+ $variant:ident $name:literal $free:literal {
        $($(#[doc = $field_doc:literal])+ $(#[serde($($serde:tt)*)])? $field:ident: $type:ty,)*
    })*) => {
        /// What a transaction does.
        #[derive($($derive)*)]
        #[serde(rename_all = "snake_case", deny_unknown_fields)]
        pub enum Call {
            $($(#[doc = $doc])+ $variant {
                $($(#[doc = $field_doc])+ $(#[serde($($serde)*)])? $field: $type,)*
            },)*
        }

        impl Call {
            /// The table, in the order of the encoding's tags.
            pub const TABLE: &'static [AboutCall] = &[$(AboutCall {
                name: $name,
                free: $free,
                doc: &[$($doc),+],
                fields: &[$((stringify!($field), stringify!($type), &[$($field_doc),+]),)*],
            },)*];

            /// The name in receipts, RPC and commands.
            #[must_use]
            pub const fn name(&self) -> &'static str {
                match self { $(Self::$variant { .. } => $name,)* }
            }

            /// Whether the call is free because a fair launch has no coins to pay with
            /// (economy, section 2). A free call that would fail makes a block invalid.
            #[must_use]
            pub const fn is_free(&self) -> bool {
                match self { $(Self::$variant { .. } => $free,)* }
            }
        }
    };
}

calls! {
    #[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
    /// Moves free coins to another account.
    Transfer "transfer" false {
        /// Who receives.
        to: PublicKey,
        /// How much.
        amount: Rao,
        /// Whether to open the receiver's account where there is none, for the deposit.
        open: bool,
    }
    /// Registers a hotkey of the signer in a subnet at the burn price, which is recycled.
    Register "register" false {
        /// Where.
        netuid: Netuid,
        /// The hotkey, which becomes a neuron.
        hotkey: PublicKey,
        /// The most the signer will burn.
        max_burn: Rao,
        /// The hotkey's signature over [`crate::tx::Consent`].
        consent: Signature,
        /// The block height the consent names, recent when it is used.
        consent_height: Height,
    }
    /// Writes the signing hotkey's row of a subnet, or of the root matrix.
    SetWeights "set_weights" true {
        /// The row.
        row: WeightRow,
    }
    /// Puts free coins of the signer behind a hotkey.
    AddStake "add_stake" false {
        /// Behind whom.
        hotkey: PublicKey,
        /// How much.
        amount: Rao,
    }
    /// Starts to take the signer's stake back from a hotkey; the fee is paid from it.
    RemoveStake "remove_stake" false {
        /// From behind whom.
        hotkey: PublicKey,
        /// How much: a part that is the least stake or more and leaves as much, or all. The
        /// largest number there is, 18446744073709551615, is all there is then.
        amount: Rao,
    }
    /// Registers a hotkey of the signer by a stamp: a puzzle solved instead of a price paid.
    RegisterStamp "register_stamp" true {
        /// Where.
        netuid: Netuid,
        /// The hotkey, which becomes a neuron.
        hotkey: PublicKey,
        /// The hotkey's signature over [`crate::tx::Consent`].
        consent: Signature,
        /// The block that consent and stamp name, at most `stamp_window` blocks old.
        height: Height,
        /// What makes the stamp meet the difficulty ([`crate::stamp`]).
        #[serde(with = "crate::wide")]
        solution: u64,
    }
    /// Says where the signing hotkey's neuron can be reached.
    ServeAxon "serve_axon" true {
        /// In which subnet.
        netuid: Netuid,
        /// Where.
        endpoint: Endpoint,
        /// A recent height, above that of the endpoint before.
        at: Height,
    }
    /// Commits to a row of the signing hotkey that will be revealed later.
    CommitWeights "commit_weights" true {
        /// To what.
        commitment: Commitment,
    }
    /// Reveals the row of an earlier commit of the signing hotkey.
    RevealWeights "reveal_weights" true {
        /// The row and its salt.
        reveal: Reveal,
    }
    /// Asks for a validator permit for the signing hotkey, or asks no more.
    SeekPermit "seek_permit" true {
        /// In which subnet.
        netuid: Netuid,
        /// Whether it asks.
        seek: bool,
        /// A recent height, above that of the request before.
        at: Height,
    }
    /// Sets what a hotkey of the signer keeps of its delegators' dividends.
    SetTake "set_take" false {
        /// Whose.
        hotkey: PublicKey,
        /// How much, 65 535 = 1.
        take: u16,
    }
    /// Creates a subnet whose owner is the signer, for a lock; its hotkey gets uid 0.
    RegisterSubnet "register_subnet" false {
        /// The owner's hotkey.
        hotkey: PublicKey,
        /// The most the signer will lock.
        max_lock: Rao,
        /// The hotkey's signature over [`crate::tx::Consent`] with netuid 0.
        consent: Signature,
        /// The block height the consent names, recent when it is used.
        consent_height: Height,
    }
    /// Starts a subnet of the signer: it earns from the next block on.
    StartSubnet "start_subnet" false {
        /// Which.
        netuid: Netuid,
    }
    /// Sets a hyperparameter of a subnet of the signer.
    SetHyperparameter "set_hyperparameter" false {
        /// Where.
        netuid: Netuid,
        /// Which.
        parameter: Parameter,
        /// To what: rao, or 1 and 0 for on and off.
        #[serde(with = "crate::wide")]
        value: u64,
    }
    /// Says what a subnet of the signer is.
    SetIdentity "set_identity" false {
        /// Which subnet.
        netuid: Netuid,
        /// What it is.
        identity: Identity,
    }
    /// Offers the signing hotkey as a voter, or renews the offer (R13).
    JoinVoters "join_voters" true {
        /// A subnet in which it holds a permit and had a row accepted.
        netuid: Netuid,
        /// A recent height, above that of the offer before.
        at: Height,
    }
    /// Takes the offer of a hotkey of the signer back.
    LeaveVoters "leave_voters" false {
        /// Whose.
        hotkey: PublicKey,
    }
    /// Several calls as one: all are done, or none.
    Batch "batch" false {
        /// The calls; none is free or a batch.
        calls: Vec<BatchCall>,
    }
    /// Reports a voter who signed two things that no honest one signs both of (R17).
    ReportEvidence "report_evidence" true {
        /// The two, with their signatures.
        evidence: Evidence,
    }
}

/// The amount with which [`Call::RemoveStake`] asks for all there is.
pub const ALL_STAKE: Rao = Rao(u64::MAX);

/// What a subnet says of itself. Texts have a limit in bytes, which the ledger holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// Its name.
    pub name: String,
    /// Where to read on.
    pub url: String,
    /// What its miners do.
    pub description: String,
}

/// A call within a batch. One that is itself a batch has no encoding, so nothing that is
/// decoded ever nests.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BatchCall(pub Call);

/// The place of `batch` in the table: its tag.
const BATCH_TAG: u32 = 17;

impl<C> Decode<C> for BatchCall {
    fn decode<D: Decoder<Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
        if decoder.reader().peek_read(4) == Some(&BATCH_TAG.to_le_bytes()) {
            return Err(DecodeError::Other("a batch holds no batch"));
        }
        Call::decode(decoder).map(Self)
    }
}

bincode::impl_borrow_decode!(BatchCall);

impl Call {
    /// The subnet that the call is about; the root matrix where there is none. Of a free
    /// call one waits per (signer, kind, netuid).
    #[must_use]
    pub const fn netuid(&self) -> Netuid {
        match self {
            Self::SetWeights { row } => row.netuid,
            Self::CommitWeights { commitment } => commitment.netuid,
            Self::RevealWeights { reveal } => reveal.netuid,
            Self::Register { netuid, .. }
            | Self::RegisterStamp { netuid, .. }
            | Self::ServeAxon { netuid, .. }
            | Self::SeekPermit { netuid, .. }
            | Self::StartSubnet { netuid }
            | Self::SetHyperparameter { netuid, .. }
            | Self::SetIdentity { netuid, .. }
            | Self::JoinVoters { netuid, .. } => *netuid,
            Self::Transfer { .. }
            | Self::AddStake { .. }
            | Self::RemoveStake { .. }
            | Self::SetTake { .. }
            | Self::RegisterSubnet { .. }
            | Self::LeaveVoters { .. }
            | Self::Batch { .. }
            | Self::ReportEvidence { .. } => Netuid::ZERO,
        }
    }

    /// The most that the call takes from its signer's free coins, fee and what opening an
    /// account costs not counted: that follows from the state.
    #[must_use]
    pub fn spends(&self) -> Rao {
        match self {
            Self::Transfer { amount, .. } | Self::AddStake { amount, .. } => *amount,
            Self::Register { max_burn, .. } => *max_burn,
            Self::RegisterSubnet { max_lock, .. } => *max_lock,
            Self::Batch { calls } => {
                let amounts = calls.iter().map(|call| call.0.spends().0);
                Rao(amounts.fold(0, u64::saturating_add))
            }
            _ => Rao::ZERO,
        }
    }

    /// How many calls are paid for: those of a batch, else one.
    #[must_use]
    pub const fn count(&self) -> usize {
        match self {
            Self::Batch { calls } => calls.len(),
            _ => 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Canonical;
    use crate::tx::{ChainTag, TxBody};
    use crate::units::Nonce;

    fn body(call: Call) -> TxBody {
        let (chain, signer) = (ChainTag([0; 4]), PublicKey([1; 32]));
        TxBody { chain, signer, nonce: Nonce(0), fee: Rao(0), valid_until: None, call }
    }

    fn transfer() -> BatchCall {
        BatchCall(Call::Transfer { to: PublicKey([2; 32]), amount: Rao(3), open: false })
    }

    #[test]
    fn a_batch_reads_back_and_a_batch_in_a_batch_does_not() {
        let batch = Call::Batch { calls: vec![transfer(), transfer()] };
        assert_eq!(Call::TABLE.iter().position(|c| c.name == "batch"), Some(17));
        let good = body(batch.clone());
        assert_eq!(TxBody::from_bytes(&good.to_bytes()), Ok(good));
        let nested = body(Call::Batch { calls: vec![BatchCall(batch)] });
        let error = TxBody::from_bytes(&nested.to_bytes()).unwrap_err().to_string();
        assert!(error.contains("a batch holds no batch"), "{error}");
    }

    #[test]
    fn a_tower_of_batches_is_refused_before_it_is_climbed() {
        let tower =
            (0..2_000).fold(transfer().0, |call, _| Call::Batch { calls: vec![BatchCall(call)] });
        assert!(TxBody::from_bytes(&body(tower).to_bytes()).is_err());
    }

    #[test]
    fn a_batch_spends_what_its_calls_spend() {
        let batch = Call::Batch { calls: vec![transfer(), transfer()] };
        assert_eq!((batch.spends(), batch.count(), batch.is_free()), (Rao(6), 2, false));
    }
}
