//! Peers without stake: what each does. None can break a promise; none may hold one up.

super::acts::acts! {
    /// What a stranger does.
    Habit "strangers-"
    /// It is connected and never says a word.
    Silent "silent" "unanswered_asks",
    /// It answers slots later.
    Slow "slow" "slow_answers",
    /// It tells of heads that nobody has, and answers with nothing or with a chain that has a hole.
    Lies "lie" "invented_tips",
    /// It passes headers on first and has no body.
    Withholds "withhold" "withheld_bodies",
    /// It asks for everything, again and again.
    Greedy "greedy" "greedy_asks",
    /// It sends transactions that nobody can pay for.
    Bundles "bundle" "empty_bundles",
    /// It is always busy.
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
