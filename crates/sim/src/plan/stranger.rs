//! Peers without stake: what each does. None can break a promise; none may hold one up.

super::acts::acts! {
    /// What a stranger does; each is described as in the profile that has no other strangers.
    Habit "strangers-"
    /// five to sixteen peers that never say a word
    Silent "silent" "unanswered_asks",
    /// peers that answer slots later
    Slow "slow" "slow_answers",
    /// peers that tell of heads that nobody has, and answer with nothing or with a chain that has a
    /// hole
    Lies "lie" "invented_tips",
    /// peers that pass headers on first and have no body
    Withholds "withhold" "withheld_bodies",
    /// peers that ask for everything, again and again
    Greedy "greedy" "greedy_asks",
    /// peers that send transactions nobody can pay for
    Bundles "bundle" "empty_bundles",
    /// peers that are always busy
    Busy "busy" "busy_answers",
}
