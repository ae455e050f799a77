//! One newtype for each unit, so that a height is never added to an amount.
//!
//! Arithmetic is checked: an operation that would leave the range answers `None`
//! and the caller names the error. Nothing here saturates but [`Height::since`],
//! whose zero means "not yet".

use bincode::{Decode, Encode};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// How many rao make one TAO.
pub const RAO_PER_TAO: u64 = 1_000_000_000;

/// The most TAO that can ever exist, in rao: 21 million.
pub const SUPPLY_CAP: Rao = Rao(21_000_000 * RAO_PER_TAO);

macro_rules! unit {
    ($(#[$doc:meta])* $name:ident, $inner:ty) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode,
        )]
        pub struct $name(pub $inner);

        impl $name {
            /// The smallest value.
            pub const ZERO: Self = Self(0);
            /// The largest value.
            pub const MAX: Self = Self(<$inner>::MAX);

            /// The bare number.
            #[must_use]
            pub const fn get(self) -> $inner {
                self.0
            }

            /// The sum, or `None` when it does not fit.
            #[must_use]
            pub fn checked_add(self, other: Self) -> Option<Self> {
                self.0.checked_add(other.0).map(Self)
            }

            /// The difference, or `None` when it would be negative.
            #[must_use]
            pub fn checked_sub(self, other: Self) -> Option<Self> {
                self.0.checked_sub(other.0).map(Self)
            }
        }
    };
}

macro_rules! number_in_text {
    ($($name:ident),*) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }
    )*};
}

macro_rules! number_in_json {
    ($($name:ident: $inner:ty),*) => {$(
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                self.0.serialize(s)
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                <$inner>::deserialize(d).map(Self)
            }
        }
    )*};
}

unit!(
    /// An amount of money in rao; 1 TAO = 10^9 rao. In JSON: a decimal string.
    Rao, u64
);
unit!(
    /// How many ancestors a block has. Genesis is height 0.
    Height, u64
);
unit!(
    /// A time step of `slot_ms`: slot s starts at genesis time + s * slot_ms.
    Slot, u64
);
unit!(
    /// The checkpoint number of R6: rises strictly along a chain.
    Round, u64
);
unit!(
    /// A subnet. 0 is the root matrix.
    Netuid, u16
);
unit!(
    /// A neuron's slot in its subnet.
    Uid, u16
);
unit!(
    /// How many paying transactions an account has made.
    Nonce, u64
);
unit!(
    /// Voting power (R8), in rao of stake.
    Power, u64
);
unit!(
    /// A number that may pass 2^53, such as a difficulty. In JSON: a decimal string.
    Wide, u64
);
unit!(
    /// Cumulative work (R8): power * (65 535 + trust), summed.
    Work, u128
);
unit!(
    /// Milliseconds since the Unix epoch. Always an argument, never read here.
    Millis, u64
);

number_in_text!(Height, Slot, Round, Netuid, Uid, Nonce, Power, Wide, Work, Millis);

number_in_json!(
    Height: u64, Slot: u64, Round: u64, Netuid: u16, Uid: u16, Nonce: u64, Millis: u64
);

macro_rules! string_in_json {
    ($($name:ident: $inner:ty),*) => {$(
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_str(&self.0)
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'_, str>::deserialize(d)?;
                text.parse::<$inner>().map(Self).map_err(|_| {
                    serde::de::Error::custom(format!(
                        "\"{text}\" is not a whole number of {}",
                        stringify!($name)
                    ))
                })
            }
        }
    )*};
}

string_in_json!(Rao: u64, Power: u64, Work: u128);

impl Height {
    /// The height of a child.
    #[must_use]
    pub fn next(self) -> Option<Self> {
        self.0.checked_add(1).map(Self)
    }

    /// How many blocks lie between `earlier` and this height; 0 when it is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl Round {
    /// The round a block takes whose parent has a quorum (R6).
    #[must_use]
    pub fn next(self) -> Option<Self> {
        self.0.checked_add(1).map(Self)
    }
}

impl Nonce {
    /// The nonce after one more paying transaction.
    #[must_use]
    pub fn next(self) -> Option<Self> {
        self.0.checked_add(1).map(Self)
    }
}

/// Why a text is not an amount.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    /// The text is not digits, with at most one point and a unit behind it.
    #[error("\"{0}\" is not an amount; write 1.5, 1.5tao or 1500000000rao")]
    Malformed(String),
    /// There are more than nine digits behind the point.
    #[error(
        "\"{0}\" has more than nine digits behind the point; the smallest unit is one rao, 0.000000001 TAO"
    )]
    TooFine(String),
    /// A rao can't be divided.
    #[error("\"{0}\" is a part of a rao, and a rao has no parts; write whole rao, or TAO")]
    PartOfRao(String),
    /// The amount does not fit.
    #[error("\"{0}\" is more than the {SUPPLY_CAP:#} TAO that can ever exist")]
    TooLarge(String),
}

impl Rao {
    /// Whole TAO as rao, or `None` when it does not fit.
    #[must_use]
    pub fn from_tao(tao: u64) -> Option<Self> {
        tao.checked_mul(RAO_PER_TAO).map(Self)
    }

    /// Reads `1.5`, `1.5tao` (both TAO) or `1500000000rao`, exactly.
    ///
    /// # Errors
    /// [`AmountError`] when the text is no amount, finer than a rao or above the cap.
    pub fn parse(text: &str) -> Result<Self, AmountError> {
        let plain = text.trim().to_ascii_lowercase();
        let (digits, scale) = match plain.strip_suffix("rao") {
            Some(digits) => (digits, 0),
            None => (plain.strip_suffix("tao").unwrap_or(&plain), 9),
        };
        let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
        let all_digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || !all_digits(whole) || !all_digits(part) || digits.ends_with('.') {
            return Err(AmountError::Malformed(text.to_owned()));
        }
        if scale == 0 && !part.is_empty() {
            return Err(AmountError::PartOfRao(text.to_owned()));
        }
        if part.len() > scale {
            return Err(AmountError::TooFine(text.to_owned()));
        }
        let digits = format!("{whole}{part:0<scale$}");
        match digits.parse::<u64>() {
            Ok(rao) if rao <= SUPPLY_CAP.0 => Ok(Self(rao)),
            _ => Err(AmountError::TooLarge(text.to_owned())),
        }
    }

    /// The amount in TAO with all nine decimals cut to those that say something.
    #[must_use]
    pub fn as_tao(self) -> String {
        let whole = self.0.checked_div(RAO_PER_TAO).unwrap_or_default();
        let part = self.0.checked_rem(RAO_PER_TAO).unwrap_or_default();
        let part = format!("{part:09}");
        let part = part.trim_end_matches('0');
        if part.is_empty() { whole.to_string() } else { format!("{whole}.{part}") }
    }
}

/// `{}` is the number of rao, as data has it; `{:#}` is TAO, as every sentence says amounts.
impl fmt::Display for Rao {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if f.alternate() { f.write_str(&self.as_tao()) } else { fmt::Display::fmt(&self.0, f) }
    }
}

impl std::iter::Sum for Power {
    /// Powers are parts of the supply, so their sum fits; it stops at the largest number.
    fn sum<I: Iterator<Item = Self>>(iter: I) -> Self {
        iter.fold(Self::ZERO, |a, b| Self(a.0.saturating_add(b.0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_reads_back_as_it_was_written() {
        for (text, rao) in [
            ("1.5", 1_500_000_000),
            ("1.5tao", 1_500_000_000),
            ("1500000000rao", 1_500_000_000),
            ("0", 0),
        ] {
            assert_eq!(Rao::parse(text), Ok(Rao(rao)), "{text}");
        }
        assert_eq!(Rao(1_500_000_000).as_tao(), "1.5");
        assert_eq!(Rao(1).as_tao(), "0.000000001");
        assert_eq!(format!("{0} {0:#}", Rao(1_500_000_000)), "1500000000 1.5");
    }

    #[test]
    fn a_text_that_is_no_amount_is_refused_by_name() {
        assert!(matches!(Rao::parse("1,5"), Err(AmountError::Malformed(_))));
        assert!(matches!(Rao::parse(""), Err(AmountError::Malformed(_))));
        assert!(matches!(Rao::parse("-1"), Err(AmountError::Malformed(_))));
        assert!(matches!(Rao::parse("1."), Err(AmountError::Malformed(_))));
        assert!(matches!(Rao::parse("0.0000000001"), Err(AmountError::TooFine(_))));
        assert!(matches!(Rao::parse("1.5rao"), Err(AmountError::PartOfRao(_))), "F15");
        assert!(matches!(Rao::parse("21000000.000000001"), Err(AmountError::TooLarge(_))));
    }

    #[test]
    fn an_amount_is_a_decimal_string_in_json() {
        assert_eq!(serde_json::to_string(&Rao(7)).unwrap(), "\"7\"");
        assert_eq!(serde_json::from_str::<Rao>("\"7\"").unwrap(), Rao(7));
        assert!(serde_json::from_str::<Rao>("\"7.5\"").is_err());
    }
}
