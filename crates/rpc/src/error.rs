//! Errors as they travel: a JSON-RPC code, a sentence, and `data` with a stable name,
//! one of twelve kinds, help and the numbers.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The twelve kinds of errors that a client may tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A parameter is not what it should be.
    InvalidArgument,
    /// There is no such thing.
    NotFound,
    /// There is such a thing already.
    AlreadyExists,
    /// Too few coins.
    InsufficientBalance,
    /// The key is not registered.
    NotRegistered,
    /// The key may not do that.
    NotAuthorized,
    /// Too often; waiting helps.
    RateLimited,
    /// Not yet; waiting helps.
    TooEarly,
    /// Too much or too many.
    LimitExceeded,
    /// The state of that height is not kept.
    StatePruned,
    /// The node is not ready; waiting helps.
    NotReady,
    /// A fault of the node.
    Internal,
}

impl Kind {
    /// The name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::InvalidArgument => "invalid_argument",
            Self::NotFound => "not_found",
            Self::AlreadyExists => "already_exists",
            Self::InsufficientBalance => "insufficient_balance",
            Self::NotRegistered => "not_registered",
            Self::NotAuthorized => "not_authorized",
            Self::RateLimited => "rate_limited",
            Self::TooEarly => "too_early",
            Self::LimitExceeded => "limit_exceeded",
            Self::StatePruned => "state_pruned",
            Self::NotReady => "not_ready",
            Self::Internal => "internal",
        }
    }

    const fn code(self) -> i64 {
        match self {
            Self::InvalidArgument => -32_602,
            Self::Internal => -32_603,
            Self::NotFound => -32_001,
            Self::AlreadyExists => -32_002,
            Self::InsufficientBalance => -32_003,
            Self::NotRegistered => -32_004,
            Self::NotAuthorized => -32_005,
            Self::RateLimited => -32_006,
            Self::TooEarly => -32_007,
            Self::LimitExceeded => -32_008,
            Self::StatePruned => -32_009,
            Self::NotReady => -32_010,
        }
    }
}

/// Where in the context it stands how many seconds to wait.
const RETRY_AFTER: &str = "retry_after_s";

/// An error of a method.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{name}: {message}")]
pub struct RpcError {
    /// Which kind.
    pub kind: Kind,
    /// Its stable name, such as `WeightsTooSoon`.
    pub name: String,
    /// A sentence with the numbers.
    pub message: String,
    /// What to do next; may be empty.
    pub help: String,
    /// The numbers.
    pub context: Value,
}

impl RpcError {
    /// An error with a name and a sentence.
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "callers hand over what is written")]
    pub fn new(kind: Kind, name: &str, message: impl ToString) -> Self {
        Self {
            kind,
            name: name.to_owned(),
            message: message.to_string(),
            help: String::new(),
            context: json!({}),
        }
    }

    /// With what to do next.
    #[must_use]
    pub fn help(mut self, help: &str) -> Self {
        help.clone_into(&mut self.help);
        self
    }

    /// With the numbers.
    #[must_use]
    pub fn context(mut self, context: Value) -> Self {
        self.context = context;
        self
    }

    /// With how many seconds to wait; the answer carries a `Retry-After` then.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.context[RETRY_AFTER] = json!(seconds);
        self
    }

    /// How many seconds to wait, when that is known.
    #[must_use]
    pub fn retry_after_s(&self) -> Option<u64> {
        self.context.get(RETRY_AFTER)?.as_u64()
    }

    /// As JSON-RPC carries it.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({ "code": self.kind.code(), "message": self.message, "data": self.data() })
    }

    /// The part that is ours.
    #[must_use]
    pub fn data(&self) -> Value {
        json!({
            "name": self.name,
            "kind": self.kind.name(),
            "help": self.help,
            "context": self.context,
        })
    }
}
