//! Numbers of 64 bits in JSON, where a number beyond 2^53 is changed by most readers: they
//! stand there as decimal strings, whatever their size. What people write may be a plain
//! number too, which this program reads exactly.

use crate::units::Wide;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// Writes a number as a decimal string.
pub(crate) fn serialize<S: Serializer>(number: &u64, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(number)
}

/// Reads a decimal string or a number.
pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    struct Reader;

    impl serde::de::Visitor<'_> for Reader {
        type Value = u64;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a whole number below 2^64, as a number or in quotes")
        }

        fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<u64, E> {
            Ok(number)
        }

        fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<u64, E> {
            let signed = serde::de::Unexpected::Signed(number);
            u64::try_from(number).map_err(|_| E::invalid_value(signed, &self))
        }

        fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<u64, E> {
            let odd = || E::invalid_value(serde::de::Unexpected::Str(text), &self);
            if !text.bytes().all(|b| b.is_ascii_digit()) {
                return Err(odd());
            }
            text.parse().map_err(|_| odd())
        }
    }

    from.deserialize_any(Reader)
}

impl Serialize for Wide {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        serialize(&self.0, to)
    }
}

impl<'de> Deserialize<'de> for Wide {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        deserialize(from).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Hyperparameters, Network, WeightRow};
    use serde_json::{Value, json};

    #[test]
    fn a_wide_number_is_written_in_quotes_and_read_either_way() {
        let most = "\"18446744073709551615\"";
        assert_eq!(serde_json::to_string(&Wide::MAX).unwrap(), most);
        for text in [most, "18446744073709551615"] {
            assert_eq!(serde_json::from_str::<Wide>(text).unwrap(), Wide::MAX);
        }
        for bad in ["-1", "1.5", "\"-1\"", "\"+1\"", "\"\"", "\"18446744073709551616\"", "null"] {
            assert!(serde_json::from_str::<Wide>(bad).is_err(), "{bad}");
        }
    }

    /// F28: what may pass 2^53 is a string, so no reader of JSON changes it.
    #[test]
    fn rows_and_hyperparameters_lose_no_digit_in_json() {
        let row: WeightRow = serde_json::from_value(json!({
            "netuid": 1, "uids": [], "values": [], "version_key": u64::MAX, "view": 0,
        }))
        .unwrap();
        assert_eq!(json!(row)["version_key"], json!("18446744073709551615"));
        assert_eq!(serde_json::from_value::<WeightRow>(json!(row)).unwrap(), row);
        let numbers = json!(Hyperparameters::preset(Network::Main));
        for (name, value) in numbers.as_object().unwrap() {
            let may_be_wide = name.contains("difficulty") || name.contains("version");
            assert_eq!(value.is_string(), may_be_wide || name.ends_with("_burn"), "{name}");
            assert!(value.as_u64().is_none_or(|n| n < 1 << 53), "{name}: {value}");
        }
        let again: Hyperparameters = serde_json::from_value(Value::clone(&numbers)).unwrap();
        assert_eq!(again, Hyperparameters::preset(Network::Main));
    }
}
