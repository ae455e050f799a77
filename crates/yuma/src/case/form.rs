//! The form of a case file, field by field. A field that is none is refused by name; a few are
//! known and not read: words for people, and what older versions of the live chain computed.

use crate::outcome::{Fx, Outcome};
use crate::snapshot::{self, Row};
use serde::de::{Deserialize, Deserializer, IgnoredAny};

macro_rules! form {
    ($(#[$doc:meta])* $form:ident -> $kind:path {
        $($(#[$attribute:meta])* $field:ident: $type:ty,)*
    } unread { $($unread:ident),* }) => {
        $(#[$doc])*
        #[derive(serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        #[expect(dead_code, reason = "known, and not read")]
        struct $form {
            $($(#[$attribute])* $field: $type,)*
            $(#[serde(default)] $unread: IgnoredAny,)*
        }

        impl From<$form> for $kind {
            fn from(form: $form) -> Self {
                Self { $($field: form.$field.into(),)* }
            }
        }
    };
}

/// The parameters, and how many neurons there are.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "known, and not read")]
pub(super) struct Params {
    n: usize,
    max_allowed_validators: u16,
    kappa: u16,
    bonds_penalty: u16,
    bonds_moving_avg: u64,
    yuma3: bool,
    liquid_alpha: bool,
    alpha_low: u16,
    alpha_high: u16,
    alpha_sigmoid_steepness: i16,
    activity_cutoff: u64,
    tempo: u64,
    stake_threshold: u64,
    owner_uid: Option<u16>,
    #[serde(default)]
    rho: IgnoredAny,
}

impl From<Params> for super::CaseParams {
    fn from(form: Params) -> Self {
        let params = snapshot::EpochParams {
            max_allowed_validators: form.max_allowed_validators,
            kappa: form.kappa,
            bonds_penalty: form.bonds_penalty,
            bonds_moving_avg: form.bonds_moving_avg,
            yuma3: form.yuma3,
            liquid_alpha: form.liquid_alpha,
            alpha_low: form.alpha_low,
            alpha_high: form.alpha_high,
            alpha_sigmoid_steepness: form.alpha_sigmoid_steepness,
            activity_cutoff: form.activity_cutoff,
            tempo: form.tempo,
            stake_threshold: form.stake_threshold,
            owner_uid: form.owner_uid,
        };
        Self { n: form.n, params }
    }
}

/// A whole case.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "known, and not read")]
pub(super) struct Case {
    name: String,
    params: super::CaseParams,
    epochs: Vec<super::CaseEpoch>,
    #[serde(default)]
    desc: IgnoredAny,
    #[serde(default)]
    family: IgnoredAny,
}

impl From<Case> for super::Case {
    fn from(form: Case) -> Self {
        Self { name: form.name, params: form.params, epochs: form.epochs }
    }
}

form! {
    /// An outcome.
    Out -> Outcome {
        active: Vec<u8>,
        new_validator_permit: Vec<u8>,
        stake_weight: Vec<u16>,
        consensus: Vec<u16>,
        incentive: Vec<u16>,
        dividends: Vec<u16>,
        validator_trust: Vec<u16>,
        server_emission: Vec<u64>,
        validator_emission: Vec<u64>,
        emission: Vec<u64>,
        #[serde(deserialize_with = "super::flat_rows::deserialize")]
        bonds: Vec<Row>,
        fx: Bits,
    } unread { dec, dense_diff, trust_legacy, pruning_legacy }
}

form! {
    /// Results in full precision.
    Bits -> Fx {
        stake: Vec<u64>,
        active_stake: Vec<u64>,
        consensus: Vec<u64>,
        validator_trust: Vec<u64>,
        ranks_raw: Vec<u64>,
        incentive: Vec<u64>,
        dividends: Vec<u64>,
        norm_server_emission: Vec<u64>,
        norm_validator_emission: Vec<u64>,
        norm_combined_emission: Vec<u64>,
    } unread { trust_legacy }
}

pub(super) fn outcome<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Outcome>, D::Error> {
    Ok(Option::<Out>::deserialize(from)?.map(Into::into))
}
