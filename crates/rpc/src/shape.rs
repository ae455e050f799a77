//! What a parameter's value looks like. The table of methods names a shape for each, and a
//! value of another shape is refused before any method is run: nothing is guessed, and no
//! default stands in for a value that was given. What a text says (a key, a hash) is read by
//! the method itself, which names the parameter too.

use serde_json::Value;
use std::fmt;

/// The shape of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A text.
    Text,
    /// A list of texts.
    Texts,
    /// A text that is a public key or an address.
    Key,
    /// A whole number up to this one.
    Number(u64),
    /// True or false.
    Truth,
    /// One of these words.
    Names(&'static [&'static str]),
    /// An object.
    Object,
}

impl Shape {
    /// Whether the value looks like that.
    #[must_use]
    pub fn holds(self, value: &Value) -> bool {
        match self {
            Self::Text | Self::Key => value.is_string(),
            Self::Texts => value.as_array().is_some_and(|list| list.iter().all(Value::is_string)),
            Self::Number(most) => value.as_u64().is_some_and(|number| number <= most),
            Self::Truth => value.is_boolean(),
            Self::Names(names) => value.as_str().is_some_and(|name| names.contains(&name)),
            Self::Object => value.is_object(),
        }
    }

    /// A value that looks like that.
    #[cfg(test)]
    pub(crate) fn sample(self) -> Value {
        match self {
            Self::Text | Self::Key => Value::from("0x01"),
            Self::Texts => Value::from(vec!["0x01"]),
            Self::Number(most) => Value::from(most),
            Self::Truth => Value::from(true),
            Self::Names(names) => Value::from(names[0]),
            Self::Object => Value::Object(serde_json::Map::new()),
        }
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text => f.write_str("a text"),
            Self::Texts => f.write_str("a list of texts"),
            Self::Key => f.write_str("a text: a public key in hex or an address"),
            Self::Number(u64::MAX) => f.write_str("a whole number"),
            Self::Number(most) => write!(f, "a whole number up to {most}"),
            Self::Truth => f.write_str("true or false"),
            Self::Names(names) => {
                let names: Vec<_> = names.iter().map(|name| format!("\"{name}\"")).collect();
                f.write_str(&names.join(" or "))
            }
            Self::Object => f.write_str("an object"),
        }
    }
}
