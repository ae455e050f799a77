//! What went wrong, as a client hears it: for each error of the rooms below which of the
//! twelve kinds it is of, its stable name, its sentence and its numbers.
//!
//! Every table is matched to its end, so that the compiler asks for the kind of a new error.

use serde_json::{Value, json};
use weft_ledger::rules::CallError;
use weft_mempool::PoolError;
use weft_rpc::{Kind, RpcError};
use weft_types::check::TxError;

/// An error of a room that a client may hear of.
pub trait Heard: std::fmt::Display {
    /// Its kind and its stable name.
    fn name(&self) -> (Kind, &'static str);

    /// Its numbers, where they are known apart from the text.
    fn numbers(&self) -> Value {
        json!({})
    }
}

/// An error as a client hears it. What to do stands behind the last semicolon of its text, as
/// of all of ours.
pub fn told(error: &impl Heard) -> RpcError {
    let ((kind, name), text) = (error.name(), error.to_string());
    let told = match text.rsplit_once("; ") {
        Some((said, help)) => RpcError::new(kind, name, said).help(help),
        None => RpcError::new(kind, name, text),
    };
    told.context(error.numbers())
}

/// A transaction's own fault.
impl Heard for TxError {
    fn name(&self) -> (Kind, &'static str) {
        match self {
            Self::OtherChain { .. } => (Kind::InvalidArgument, "OtherChain"),
            Self::TooLarge { .. } => (Kind::LimitExceeded, "TooLarge"),
            Self::FeeTooLow { .. } => (Kind::InvalidArgument, "FeeTooLow"),
            Self::FreeCallPays { .. } => (Kind::InvalidArgument, "FreeCallPays"),
            Self::BatchSize { .. } => (Kind::LimitExceeded, "BatchSize"),
            Self::NotInABatch { .. } => (Kind::InvalidArgument, "NotInABatch"),
            Self::BadEvidence { .. } => (Kind::NotAuthorized, "BadEvidence"),
            Self::BadSignature { .. } => (Kind::NotAuthorized, "BadSignature"),
        }
    }

    fn numbers(&self) -> Value {
        match self {
            Self::OtherChain { got, want } => {
                json!({ "got": got.to_string(), "want": want.to_string() })
            }
            Self::TooLarge { got, limit } => json!({ "got": got, "limit": limit }),
            Self::FeeTooLow { have, need, bytes } => {
                json!({ "have": have, "need": need, "bytes": bytes })
            }
            Self::BatchSize { got, limit } => json!({ "got": got, "limit": limit }),
            Self::FreeCallPays { call } | Self::NotInABatch { call } => json!({ "call": call }),
            Self::BadEvidence { offender } => json!({ "offender": offender }),
            Self::BadSignature { signer } => json!({ "signer": signer }),
        }
    }
}

/// What the pool says.
impl Heard for PoolError {
    fn name(&self) -> (Kind, &'static str) {
        match self {
            Self::NonceUsed { .. } => (Kind::InvalidArgument, "NonceUsed"),
            Self::NonceAhead { .. } => (Kind::TooEarly, "NonceAhead"),
            Self::NonceTaken { .. } => (Kind::AlreadyExists, "NonceTaken"),
            Self::TooPoor { .. } => (Kind::InsufficientBalance, "TooPoor"),
            Self::SignerFull { .. } => (Kind::LimitExceeded, "SignerFull"),
            Self::SignerBytes { .. } => (Kind::LimitExceeded, "SignerBytes"),
            Self::RemovalPending { .. } => (Kind::RateLimited, "RemovalPending"),
            Self::Full => (Kind::LimitExceeded, "PoolFull"),
            Self::FreePending { .. } => (Kind::RateLimited, "FreePending"),
            Self::ReportPending { .. } => (Kind::RateLimited, "ReportPending"),
            Self::OffenderFull { .. } => (Kind::RateLimited, "OffenderFull"),
            Self::FreeFull { .. } => (Kind::LimitExceeded, "FreeFull"),
            Self::NotAllowed { .. } => (Kind::InvalidArgument, "NotAllowed"),
            Self::Expired { .. } => (Kind::InvalidArgument, "Expired"),
        }
    }

    fn numbers(&self) -> Value {
        match self {
            Self::NonceUsed { got, want, .. } => json!({ "nonce": got, "next": want }),
            Self::NonceAhead { got, want, limit, .. } => {
                json!({ "nonce": got, "next": want, "limit": limit })
            }
            Self::NonceTaken { nonce, need } => json!({ "nonce": nonce, "need": need }),
            Self::TooPoor { have, need, .. } => json!({ "have": have, "need": need }),
            Self::SignerFull { limit, .. } | Self::FreeFull { limit } => json!({ "limit": limit }),
            Self::SignerBytes { limit, .. } => json!({ "limit": limit }),
            Self::RemovalPending { hotkey, .. } => json!({ "hotkey": hotkey }),
            Self::FreePending { call, netuid, .. } => json!({ "call": call, "netuid": netuid }),
            Self::ReportPending { offender } => json!({ "offender": offender }),
            Self::OffenderFull { offender, limit } => {
                json!({ "offender": offender, "limit": limit })
            }
            Self::NotAllowed { call, .. } => json!({ "call": call }),
            Self::Expired { until, next } => json!({ "until": until, "next": next }),
            Self::Full => json!({}),
        }
    }
}

/// What the ledger says of a call.
impl Heard for CallError {
    fn name(&self) -> (Kind, &'static str) {
        (kind_of(self), self.name())
    }

    fn numbers(&self) -> Value {
        json!(self.context())
    }
}

/// The kind of an error of a call; that of a batch is that of the call which failed.
// A name a line would make it longer than a function may be.
#[rustfmt::skip]
fn kind_of(error: &CallError) -> Kind {
    use CallError as E;
    match error {
        E::BatchFailed { error, .. } => kind_of(error),
        E::SettingWeightsTooFast { .. } | E::ServingRateLimitExceeded { .. }
        | E::PermitSoughtRecently { .. } | E::CommittedThisEpoch { .. }
        | E::JoinedRecently { .. } | E::DelegateTxRateLimitExceeded { .. }
        | E::HyperparameterSetRecently { .. } | E::SubnetCreatedThisBlock
        | E::TooManyRegistrationsThisBlock { .. } => Kind::RateLimited,
        E::RevealTooEarly { .. } | E::AdminActionProhibitedDuringWeightsWindow { .. }
        | E::NotNewer { .. } | E::OffenceTooEarly { .. } | E::RowNotNewer { .. } => Kind::TooEarly,
        E::HotKeyAlreadyRegisteredInSubNet { .. } | E::PermitAlreadySo { .. }
        | E::TakeAlreadySo { .. } | E::SubnetAlreadyStarted { .. } | E::StampUsed
        | E::OffenceKnown { .. } => Kind::AlreadyExists,
        E::NotEnoughBalance { .. } | E::NotEnoughStake { .. } => Kind::InsufficientBalance,
        E::HotKeyNotRegisteredInSubNet { .. } => Kind::NotRegistered,
        E::NeuronNoValidatorPermit { .. } | E::NotAVoter { .. } | E::NotSubnetOwner { .. }
        | E::NonAssociatedColdKey { .. } | E::NotEnoughStakeToSetWeights { .. } => Kind::NotAuthorized,
        E::SubnetNotExists { .. } | E::HotKeyAccountNotExists { .. } | E::NoWeightsCommitFound
        | E::NotACandidate { .. } => Kind::NotFound,
        E::SubnetLimitReached { .. } | E::NoNeuronIdAvailable { .. } | E::PriceTooHigh { .. }
        | E::LockTooHigh { .. } | E::OffencesFull { .. } | E::ExitsFull { .. }
        | E::StateFull { .. } | E::PoolFull | E::CandidatesFull { .. } => Kind::LimitExceeded,
        E::OutOfRange => Kind::Internal,
        E::AccountNotOpen { .. } | E::AmountZero | E::AmountTooLow { .. }
        | E::PoolTooSmall { .. } | E::StakeTooSmallForShare { .. } | E::PartTooSmall { .. }
        | E::FeeAboveAmount { .. } | E::RegistrationNotPermittedOnRootSubnet
        | E::RegistrationDisabled { .. } | E::BadConsent | E::StaleConsent { .. }
        | E::SubnetNotStarted { .. } | E::TooFewSubnetsScored { .. }
        | E::WeightVecNotEqualSize { .. } | E::UidsLengthExceedUidsInSubNet { .. }
        | E::IncorrectWeightVersionKey { .. } | E::DuplicateUids { .. }
        | E::UidVecContainInvalidOne { .. } | E::WeightVecLengthIsLow { .. }
        | E::RowFromTheFuture { .. } | E::RowTooOld { .. } | E::RowNotOfTarget { .. }
        | E::CommitRevealEnabled { .. } | E::CommitRevealDisabled { .. }
        | E::InvalidRevealCommitHashNotMatch | E::ExpiredWeightCommit { .. }
        | E::EndpointNotRoutable { .. } | E::StaleStamp { .. } | E::StampTooEasy { .. }
        | E::DelegateTakeTooHigh { .. } | E::IdentityTooLong { .. } | E::NotOwnerSettable { .. }
        | E::HyperparameterOutOfBounds { .. } | E::HyperparametersUnsound { .. }
        | E::MaxUidsBelowNeurons { .. } | E::NoRowYet { .. } | E::NoOffence { .. }
        | E::HadNoPower { .. } | E::OffenceTooOld { .. } | E::PoolClosed | E::NotInABatch { .. } => Kind::InvalidArgument,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use weft_types::{Height, Netuid, Nonce, PublicKey, Rao};

    /// F39: each refusal says which rule it was by, with its numbers, and what to do.
    #[test]
    fn every_refusal_of_the_pool_names_its_cause_its_numbers_and_what_to_do() {
        let (signer, netuid) = (PublicKey([1; 32]), Netuid(7));
        let (got, want) = (Nonce(3), Nonce(5));
        let all = [
            PoolError::NonceUsed { signer, got, want },
            PoolError::NonceAhead { signer, got, want, limit: 64 },
            PoolError::NonceTaken { nonce: got, need: Rao(110) },
            PoolError::TooPoor { signer, have: Rao(5), need: Rao(7) },
            PoolError::SignerFull { signer, limit: 64 },
            PoolError::SignerBytes { signer, limit: 64 },
            PoolError::RemovalPending { signer, hotkey: signer },
            PoolError::FreePending { signer, call: "set_weights", netuid },
            PoolError::ReportPending { offender: signer },
            PoolError::OffenderFull { offender: signer, limit: 4 },
            PoolError::FreeFull { limit: 64 },
            PoolError::NotAllowed { signer, call: "set_weights" },
            PoolError::Expired { until: Height(7), next: Height(9) },
            PoolError::Full,
        ];
        for error in &all {
            let told = told(error);
            assert!(!told.help.is_empty(), "{told}");
            let numbers = told.context.as_object().expect("numbers have names");
            assert_eq!(numbers.is_empty(), *error == PoolError::Full, "{told}");
        }
        let poor = told(&all[3]);
        assert_eq!((poor.kind, poor.name.as_str()), (Kind::InsufficientBalance, "TooPoor"));
        assert!(
            poor.message.contains("has 0.000000005 TAO") && poor.message.contains("0.000000007"),
            "{poor}"
        );
        assert_eq!(poor.context, json!({ "have": "5", "need": "7" }));
    }

    /// F15: sentences say TAO, and the exact rao stand in the numbers.
    #[test]
    fn every_amount_of_an_error_is_said_in_tao_and_stands_in_rao_beside_it() {
        for error in CallError::TABLE {
            let text = error.text;
            assert!(!text.contains(" rao"), "{text}");
            assert!(!text.contains("TAO") || text.contains(":#}") || error.fields.is_empty());
        }
        let parameter = weft_types::Parameter::MinBurn;
        let [value, low, high] = [1, 500_000, 1_000_000_000]
            .map(|number| weft_types::hyperparameters::Setting { parameter, number });
        let out = told(&CallError::HyperparameterOutOfBounds { parameter, value, low, high });
        assert!(out.message.contains("can't be 0.000000001 TAO"), "{out}");
        assert_eq!(out.context["low"], json!("500000"));
        let low = TxError::FeeTooLow { have: Rao(1), need: Rao(2_500), bytes: 250 };
        let low = told(&low);
        assert!(low.help.contains("0.0000025 TAO are due for 250 bytes"), "{low}");
        assert_eq!(low.context, json!({ "have": "1", "need": "2500", "bytes": 250 }));
    }

    #[test]
    fn what_a_batch_failed_of_is_its_kind() {
        let error = Box::new(CallError::SubnetNotExists { netuid: Netuid(7) });
        let batch = CallError::BatchFailed { index: 1, error };
        assert_eq!(kind_of(&batch), Kind::NotFound);
    }
}
