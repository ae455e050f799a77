//! Peers without stake: what each does. None can break a promise; none may hold one up.

use serde::{Deserialize, Serialize};

/// What a stranger does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Habit {
    /// It is connected and never says a word.
    Silent,
    /// It answers all it is asked, slots later.
    Slow,
    /// It tells of heads that nobody has, and answers with nothing, or with what hangs in the air.
    Lies,
    /// It passes headers on before anybody else does, and has no body.
    Withholds,
    /// It asks for everything, again and again.
    Greedy,
    /// It sends transactions that nobody can pay for.
    Bundles,
    /// It says where it is and has no time for anything else.
    Busy,
}

impl Habit {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Silent,
        Self::Slow,
        Self::Lies,
        Self::Withholds,
        Self::Greedy,
        Self::Bundles,
        Self::Busy,
    ];

    /// What happens when there is one, by the name under which it is counted.
    #[must_use]
    pub const fn acts(self) -> &'static str {
        match self {
            Self::Silent => "unanswered_asks",
            Self::Slow => "slow_answers",
            Self::Lies => "invented_tips",
            Self::Withholds => "withheld_bodies",
            Self::Greedy => "greedy_asks",
            Self::Bundles => "empty_bundles",
            Self::Busy => "busy_answers",
        }
    }
}
