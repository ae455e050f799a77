//! Peers without stake: what each does. None can break a promise; none may hold one up.

super::acts::acts! {
    /// What a stranger does.
    Habit "strangers-"
    /// Peers that are connected and never say a word.
    Silent "silent" "unanswered_asks",
    /// Peers that answer slots later.
    Slow "slow" "slow_answers",
    /// Peers that tell of heads that nobody has, and answer with nothing or with a chain that has a
    /// hole.
    Lies "lie" "invented_tips",
    /// Peers that pass headers on first and have no body.
    Withholds "withhold" "withheld_bodies",
    /// Peers that ask for everything, again and again.
    Greedy "greedy" "greedy_asks",
    /// Peers that send transactions nobody can pay for.
    Bundles "bundle" "empty_bundles",
    /// Peers that are always busy.
    Busy "busy" "busy_answers",
}

impl Habit {
    /// How many its own profile has at the least.
    #[must_use]
    pub const fn least(self) -> usize {
        match self {
            Self::Silent => 5,
            Self::Slow
            | Self::Lies
            | Self::Withholds
            | Self::Greedy
            | Self::Bundles
            | Self::Busy => 1,
        }
    }
}
