//! The one table of hyperparameters: name, meaning, unit, defaults, bounds and who may
//! set each (B7). Genesis, the rule that changes them, RPC, commands and docs read it.

use crate::address::Network;
use crate::units::Rao;
use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// Who may set a hyperparameter once the chain runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Setter {
    /// The subnet's owner.
    Owner,
    /// Nobody: it is what genesis says.
    Genesis,
}

/// A value that stands in the table as a number of 64 bits.
trait Cell: Copy {
    fn number(self) -> u64;
    fn of(number: u64) -> Option<Self>;
}

macro_rules! cells {
    ($($type:ty),*) => {$(
        impl Cell for $type {
            fn number(self) -> u64 {
                u64::try_from(self).unwrap_or(0)
            }
            fn of(number: u64) -> Option<Self> {
                Self::try_from(number).ok()
            }
        }
    )*};
}

cells!(u64, u16, i16);

impl Cell for bool {
    fn number(self) -> u64 {
        u64::from(self)
    }
    fn of(number: u64) -> Option<Self> {
        (number <= 1).then_some(number == 1)
    }
}

impl Cell for Rao {
    fn number(self) -> u64 {
        self.0
    }
    fn of(number: u64) -> Option<Self> {
        Some(Self(number))
    }
}

macro_rules! hyperparameters {
    ($($(#[doc = $doc:literal])+ $(#[serde($($serde:tt)*)])?
        $variant:ident $name:ident: $type:ty, $unit:literal, $setter:ident, $low:literal..=$high:literal,
        [$main:expr, $local:expr, $bench:expr];
    )*) => {
        /// The numbers of one subnet (B7, with the same names).
        #[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct Hyperparameters {
            $($(#[doc = $doc])+ $(#[serde($($serde)*)])? pub $name: $type,)*
        }

        /// The name of a hyperparameter.
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode, Serialize,
            Deserialize,
        )]
        #[serde(rename_all = "snake_case")]
        pub enum Parameter {
            $($(#[doc = $doc])+ $variant,)*
        }

        impl Parameter {
            /// All of them, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Its row of the table.
            #[must_use]
            pub const fn about(self) -> AboutParameter {
                match self {
                    $(Self::$variant => AboutParameter {
                        name: stringify!($name),
                        doc: &[$($doc),+],
                        unit: $unit,
                        setter: Setter::$setter,
                        low: $low,
                        high: $high,
                    },)*
                }
            }
        }

        impl Hyperparameters {
            /// What a new subnet has under a preset.
            #[must_use]
            pub fn preset(network: Network) -> Self {
                match network {
                    Network::Main | Network::Test => Self { $($name: $main,)* },
                    Network::Local => Self { $($name: $local,)* },
                    Network::Bench => Self { $($name: $bench,)* },
                }
            }

            /// One of them as a number: rao, or 1 and 0 for on and off.
            #[must_use]
            pub fn get(&self, parameter: Parameter) -> u64 {
                match parameter { $(Parameter::$variant => self.$name.number(),)* }
            }

            /// Sets one of them; `None` when its type does not hold the number.
            #[must_use]
            pub fn with(mut self, parameter: Parameter, number: u64) -> Option<Self> {
                match parameter {
                    $(Parameter::$variant => self.$name = <$type as Cell>::of(number)?,)*
                }
                Some(self)
            }
        }
    };
}

/// What is said about a hyperparameter: a row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct AboutParameter {
    /// The name everywhere.
    pub name: &'static str,
    /// What it does.
    pub doc: &'static [&'static str],
    /// The unit of its number.
    pub unit: &'static str,
    /// Who may set it.
    pub setter: Setter,
    /// The least an owner may set; a default below it is allowed as well.
    #[serde(with = "crate::wide")]
    pub low: u64,
    /// The most an owner may set; a default above it is allowed as well.
    #[serde(with = "crate::wide")]
    pub high: u64,
}

impl AboutParameter {
    /// What it does, as one sentence.
    #[must_use]
    pub fn meaning(&self) -> String {
        self.doc.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ")
    }
}

/// 2^60: no stamp is harder than this.
const HARDEST: u64 = 1 << 60;

hyperparameters! {
    /// Blocks between two epochs.
    Tempo tempo: u64, "blocks", Owner, 360..=50_400, [360, 60, 40];
    /// Blocks after which a neuron that set no weights is inactive.
    ActivityCutoff activity_cutoff: u64, "blocks", Owner, 360..=50_400, [5_000, 480, 320];
    /// Blocks that a new neuron can't be replaced.
    ImmunityPeriod immunity_period: u64, "blocks", Owner, 0..=65_535, [5_000, 480, 320];
    /// Blocks between two weight settings of one validator.
    WeightsRateLimit weights_rate_limit: u64, "blocks", Genesis, 0..=65_535, [100, 10, 10];
    /// Blocks between two endpoints that one neuron serves.
    ServingRateLimit serving_rate_limit: u64, "blocks", Owner, 0..=65_535, [50, 5, 5];
    /// The fewest entries of a row.
    MinAllowedWeights min_allowed_weights: u16, "entries", Owner, 0..=256, [1, 1, 1];
    /// The most neurons; never fewer than there are.
    MaxUids max_uids: u16, "neurons", Owner, 64..=256, [256, 256, 256];
    /// The most validator permits.
    MaxValidators max_validators: u16, "neurons", Genesis, 1..=64, [64, 64, 64];
    /// The share of stake that carries a score.
    Kappa kappa: u16, "of 65535", Genesis, 0..=65_535, [32_767, 32_767, 32_767];
    /// 1 - the weight of a new bond.
    BondsMovingAvg bonds_moving_avg: u64, "millionths", Owner, 0..=975_000,
        [900_000, 900_000, 900_000];
    /// How far clipped weights count for bonds.
    BondsPenalty bonds_penalty: u16, "of 65535", Owner, 0..=65_535, [65_535, 65_535, 65_535];
    /// Yuma 3 bonds rather than Yuma 2.
    Yuma3 yuma3: bool, "on or off", Owner, 0..=1, [true, true, true];
    /// Liquid alpha on top of Yuma 3.
    LiquidAlpha liquid_alpha: bool, "on or off", Owner, 0..=1, [false, false, false];
    /// Liquid alpha's lower bound; not above the upper one.
    AlphaLow alpha_low: u16, "of 65535", Owner, 1_638..=65_535, [45_875, 45_875, 45_875];
    /// Liquid alpha's upper bound.
    AlphaHigh alpha_high: u16, "of 65535", Owner, 1_638..=65_535, [58_982, 58_982, 58_982];
    /// Liquid alpha's steepness.
    AlphaSigmoidSteepness alpha_sigmoid_steepness: i16, "hundredths", Owner, 0..=32_767,
        [1_000, 1_000, 1_000];
    /// The least version key of a row; 0 takes any.
    #[serde(with = "crate::wide")]
    WeightsVersion weights_version: u64, "version", Owner, 0..=0xffff_ffff_ffff_ffff, [0, 0, 0];
    /// Whether plain rows are refused in favour of commit and reveal.
    CommitReveal commit_reveal: bool, "on or off", Owner, 0..=1, [true, true, true];
    /// Epochs between a commit and its reveal.
    CommitRevealPeriod commit_reveal_period: u16, "epochs", Owner, 1..=100, [1, 1, 1];
    /// Whether neurons may register by burning; one of the two doors stays open.
    BurnRegistration burn_registration: bool, "on or off", Owner, 0..=1, [true, true, true];
    /// Whether neurons may register by stamp; one of the two doors stays open.
    StampRegistration stamp_registration: bool, "on or off", Owner, 0..=1, [true, true, true];
    /// The least burn price; not above the highest.
    MinBurn min_burn: Rao, "rao", Owner, 500_000..=1_000_000_000,
        [Rao(500_000), Rao(500_000), Rao(500_000)];
    /// The highest burn price.
    MaxBurn max_burn: Rao, "rao", Owner, 100_000_000..=100_000_000_000,
        [Rao(100_000_000_000), Rao(100_000_000_000), Rao(100_000_000_000)];
    /// Blocks in which the burn price halves.
    BurnHalfLife burn_half_life: u64, "blocks", Owner, 36..=36_100, [360, 60, 40];
    /// What a registration multiplies the burn price by.
    BurnIncreasePercent burn_increase_percent: u64, "hundredths", Owner, 110..=300,
        [126, 126, 126];
    /// The least stamp difficulty, at which a subnet begins: the hashes a stamp takes on average.
    #[serde(with = "crate::wide")]
    MinStampDifficulty min_stamp_difficulty: u64, "hashes", Genesis, 1..=0x1000_0000_0000_0000,
        [600_000_000, 100_000, 1];
    /// The highest stamp difficulty.
    #[serde(with = "crate::wide")]
    MaxStampDifficulty max_stamp_difficulty: u64, "hashes", Genesis, 1..=0x1000_0000_0000_0000,
        [HARDEST, HARDEST, HARDEST];
    /// Blocks in which the stamp difficulty halves.
    StampHalfLife stamp_half_life: u64, "blocks", Owner, 36..=36_100, [360, 60, 40];
    /// What a registration multiplies the stamp difficulty by.
    StampIncreasePercent stamp_increase_percent: u64, "hundredths", Owner, 110..=300,
        [126, 126, 126];
    /// Registrations that one block may hold, both doors together.
    MaxRegistrationsPerBlock max_registrations_per_block: u16, "neurons", Genesis, 1..=256,
        [1, 4, 8];
}

impl Parameter {
    /// The one with this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|p| p.about().name == name)
    }

    /// What an owner may set on a chain whose new subnets have `defaults`: the bounds of
    /// the table, stretched to the default where a preset has shorter times.
    #[must_use]
    pub fn bounds(self, defaults: &Hyperparameters) -> (u64, u64) {
        let (about, default) = (self.about(), defaults.get(self));
        (about.low.min(default), about.high.max(default))
    }
}

impl std::fmt::Display for Parameter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.about().name)
    }
}

/// A number that a hyperparameter may be asked to have: said in TAO where it is an amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Of which.
    pub parameter: Parameter,
    /// The number, of rao where it is an amount.
    pub number: u64,
}

impl std::fmt::Display for Setting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.parameter.about().unit {
            "rao" => write!(f, "{:#} TAO", Rao(self.number)),
            _ => self.number.fmt(f),
        }
    }
}

impl Serialize for Setting {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        crate::wide::serialize(&self.number, to)
    }
}

/// Why a set of hyperparameters makes no subnet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
pub enum Unsound {
    /// An epoch would never come.
    #[error("tempo must be at least 1")]
    NoTempo,
    /// Bonds would leave their range.
    #[error("bonds_moving_avg must be at most 1000000")]
    MovingAverage,
    /// Bounds that exclude everything.
    #[error("{0} must not be above its upper twin")]
    Crossed(&'static str),
    /// Nobody could ever register.
    #[error("one of burn_registration and stamp_registration must stay on")]
    NoDoor,
}

impl Hyperparameters {
    /// Whether the numbers fit together.
    ///
    /// # Errors
    /// [`Unsound`] names the first that don't.
    pub const fn check(&self) -> Result<(), Unsound> {
        if self.tempo == 0 {
            return Err(Unsound::NoTempo);
        }
        if self.bonds_moving_avg > 1_000_000 {
            return Err(Unsound::MovingAverage);
        }
        if self.alpha_low > self.alpha_high {
            return Err(Unsound::Crossed("alpha_low"));
        }
        if self.min_burn.0 > self.max_burn.0 {
            return Err(Unsound::Crossed("min_burn"));
        }
        if self.min_stamp_difficulty > self.max_stamp_difficulty {
            return Err(Unsound::Crossed("min_stamp_difficulty"));
        }
        if !self.burn_registration && !self.stamp_registration {
            return Err(Unsound::NoDoor);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_parameter_is_read_and_set_by_its_name() {
        let defaults = Hyperparameters::preset(Network::Main);
        for parameter in Parameter::ALL {
            assert_eq!(Parameter::parse(parameter.about().name), Some(*parameter));
            let (low, high) = parameter.bounds(&defaults);
            for number in [low, high] {
                let set = defaults.clone().with(*parameter, number);
                assert_eq!(set.map(|s| s.get(*parameter)), Some(number), "{parameter}");
            }
        }
    }

    /// A3: else an owner fills the state with hotkeys at no cost.
    #[test]
    fn no_owner_can_hold_its_doors_open_by_a_short_half_life_or_a_flat_price() {
        for network in [Network::Main, Network::Local, Network::Bench] {
            let least =
                |parameter: Parameter| parameter.bounds(&Hyperparameters::preset(network)).0;
            assert_eq!([Parameter::StampHalfLife, Parameter::BurnHalfLife].map(least), [36; 2]);
            let rise = [Parameter::StampIncreasePercent, Parameter::BurnIncreasePercent];
            assert_eq!(rise.map(least), [110; 2]);
        }
    }

    #[test]
    fn a_number_that_the_type_does_not_hold_is_refused() {
        let with = |p, n| Hyperparameters::preset(Network::Main).with(p, n);
        assert!(with(Parameter::Kappa, 65_536).is_none());
        assert!(with(Parameter::Yuma3, 2).is_none());
        assert!(with(Parameter::AlphaSigmoidSteepness, 32_768).is_none());
    }

    #[test]
    fn the_default_of_each_preset_is_sound_and_within_its_own_bounds() {
        for network in [Network::Main, Network::Local, Network::Bench] {
            let defaults = Hyperparameters::preset(network);
            assert_eq!(defaults.check(), Ok(()));
            for parameter in Parameter::ALL {
                let (low, high) = parameter.bounds(&defaults);
                assert!((low..=high).contains(&defaults.get(*parameter)), "{parameter}");
            }
        }
    }
}
