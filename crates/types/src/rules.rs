//! Versions of the rules, and how programs name them (R21).
//!
//! A version is named by the hash of its description, not by its number: two programs that
//! mean different things by "2" name two different ids, and a chain that changes to one of
//! them is not run by the other. [`CATALOGUE`] holds what this program can run. Rules for
//! tests are in it like all others, in every build, and exist only on chains of tests whose
//! genesis names their id.
//!
//! What a version changes in a chain's numbers is said here; what it changes in the rules
//! themselves is said where the rule is, by the id of the state it runs on. Old versions are
//! kept: a chain is replayed through all of them.

use crate::address::Network;
use crate::hash::{Domain, Hash, hex_text};
use crate::params::{Limits, Params};
use crate::units::Rao;
use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// The name of a version of the rules: the first 8 bytes of the hash of its description. In
/// JSON and on screen: lower-case hex with `0x`.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct RulesId(pub [u8; 8]);

impl RulesId {
    /// No rules: the signal of a proposer that wants no change.
    pub const NONE: Self = Self([0; 8]);

    /// The name of what this text describes.
    #[must_use]
    pub fn of(description: &str) -> Self {
        let hash = Hash::of(Domain::Rules, description.as_bytes());
        let mut id = [0; 8];
        id.iter_mut().zip(hash.0).for_each(|(to, from)| *to = from);
        Self(id)
    }
}

hex_text!(RulesId);

/// The rules that a block is run by: their number on its chain, and their name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct Version {
    /// The number that its header begins with.
    pub version: u16,
    /// What that number means on this chain.
    pub id: RulesId,
}

/// What a genesis says of the rules.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GenesisRules {
    /// The version of the first block's header.
    pub version: u16,
    /// The rules that the chain begins with.
    pub id: RulesId,
    /// Rules for tests that exist on this chain; none on main and test.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub test: Vec<RulesId>,
}

impl Default for GenesisRules {
    fn default() -> Self {
        Self { version: 1, id: RulesId::of(LAUNCH), test: Vec::new() }
    }
}

impl GenesisRules {
    /// The rules that the chain begins with.
    #[must_use]
    pub const fn first(&self) -> Version {
        Version { version: self.version, id: self.id }
    }
}

/// A version of the rules.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// What it is: its id is the hash of this text.
    pub description: &'static str,
    /// Whether it exists only where a genesis of a test network names it.
    pub is_for_tests: bool,
    change: fn(&mut Params),
}

/// The description of the rules that chains begin with.
pub const LAUNCH: &str = "weft 1: the rules of the launch";

/// The description of the second version of test networks. It makes both kinds of
/// difference that a change can make: what was good is invalid, and every block leaves
/// another state.
pub const TEST_TWO: &str =
    "weft test 2: a batch holds at most 8 calls; voters and proposer are paid half";

/// The description of rules of test networks that allow more than those before: what was
/// invalid is good.
pub const TEST_WIDER: &str =
    "weft test 3: twice as many calls in a batch and in a block; a byte costs half";

/// All rules that this program can run, oldest first.
pub const CATALOGUE: &[Rules] = &[
    Rules { description: LAUNCH, is_for_tests: false, change: |_| () },
    Rules { description: TEST_TWO, is_for_tests: true, change: test_two },
    Rules { description: TEST_WIDER, is_for_tests: true, change: test_wider },
];

fn test_two(params: &mut Params) {
    params.limits.batch_calls = params.limits.batch_calls.min(8);
    params.voter_pay_divisor = params.voter_pay_divisor.saturating_mul(2);
}

fn test_wider(params: &mut Params) {
    let limits = &mut params.limits;
    limits.batch_calls = limits.batch_calls.saturating_mul(2);
    limits.block_calls = limits.block_calls.saturating_mul(2);
    params.byte_fee = Rao(params.byte_fee.0.div_euclid(2));
}

impl Params {
    /// What is checked before any state, by the widest numbers of both: what one of them
    /// allows is not refused. `share_bytes` is the same under all rules.
    #[must_use]
    pub fn or_wider(self, other: &Self) -> Self {
        let (own, wide) = (&self.limits, &other.limits);
        let limits = Limits {
            block_bytes: own.block_bytes.max(wide.block_bytes),
            block_calls: own.block_calls.max(wide.block_calls),
            free_bytes: own.free_bytes.max(wide.free_bytes),
            batch_calls: own.batch_calls.max(wide.batch_calls),
            share_bytes: own.share_bytes,
        };
        let base_fee = self.base_fee.min(other.base_fee);
        let byte_fee = self.byte_fee.min(other.byte_fee);
        Self { limits, base_fee, byte_fee, ..self }
    }

    /// Whether the same is checked before any state by other numbers.
    #[must_use]
    pub fn checks_like(&self, other: &Self) -> bool {
        let fees = |params: &Self| (params.base_fee, params.byte_fee);
        self.limits == other.limits && fees(self) == fees(other)
    }
}

impl Rules {
    /// A chain's numbers for checks that know no state: the widest of all rules that this
    /// program can run on it (R21). Which of them hold is for the ledger to say.
    #[must_use]
    pub fn widest(genesis: &GenesisRules, params: &Params) -> Params {
        let all = Self::on(genesis).map(|rules| rules.params(params));
        all.fold(params.clone(), |widest, one| widest.or_wider(&one))
    }

    /// Its name.
    #[must_use]
    pub fn id(&self) -> RulesId {
        RulesId::of(self.description)
    }

    /// The chain's numbers under these rules, from those of its genesis.
    #[must_use]
    pub fn params(&self, genesis: &Params) -> Params {
        let mut params = genesis.clone();
        (self.change)(&mut params);
        params
    }

    /// All rules that this program can run on a chain, from the ones it begins with on.
    /// Nothing when it does not know those.
    pub fn on(genesis: &GenesisRules) -> impl Iterator<Item = &'static Self> {
        let first = CATALOGUE.iter().position(|rules| rules.id() == genesis.id);
        let known = CATALOGUE.iter().skip(first.unwrap_or(CATALOGUE.len()));
        let test = genesis.test.clone();
        known.filter(move |rules| !rules.is_for_tests || test.contains(&rules.id()))
    }
}

/// Whether rules for tests may exist on a network.
#[must_use]
pub const fn may_test(network: Network) -> bool {
    matches!(network, Network::Local | Network::Bench)
}

/// What a program runs on a chain, and what its proposer signals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    runs: Vec<RulesId>,
    says: Option<RulesId>,
}

impl Program {
    /// This program on a chain.
    #[must_use]
    pub fn on(genesis: &GenesisRules) -> Self {
        Self { runs: Rules::on(genesis).map(Rules::id).collect(), says: None }
    }

    /// The same without what is not in the list: an older program, for tests.
    #[must_use]
    pub fn limited_to(mut self, known: &[RulesId]) -> Self {
        self.runs.retain(|id| known.contains(id));
        self
    }

    /// The same, but it signals this, whatever it runs: a liar, for tests.
    #[must_use]
    pub const fn saying(mut self, id: RulesId) -> Self {
        self.says = Some(id);
        self
    }

    /// What it runs, oldest first.
    #[must_use]
    pub fn ids(&self) -> &[RulesId] {
        &self.runs
    }

    /// Whether it runs these rules.
    #[must_use]
    pub fn runs(&self, id: &RulesId) -> bool {
        self.runs.contains(id)
    }

    /// What it runs that came after these rules.
    #[must_use]
    pub fn after(&self, id: &RulesId) -> &[RulesId] {
        let at = self.runs.iter().position(|known| known == id);
        at.and_then(|at| self.runs.get(at.saturating_add(1)..)).unwrap_or_default()
    }

    /// What a proposer signals on a state with these rules: the next version it runs.
    #[must_use]
    pub fn signal(&self, now: &RulesId) -> RulesId {
        let next = self.after(now).first().copied();
        self.says.or(next).unwrap_or(RulesId::NONE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_back_as_it_is_shown_and_no_two_rules_share_one() {
        for rules in CATALOGUE {
            let id = rules.id();
            assert_eq!(id.to_string().parse(), Ok(id));
            assert_ne!(id, RulesId::NONE);
            let same = CATALOGUE.iter().filter(|other| other.id() == id).count();
            assert_eq!(same, 1, "{}", rules.description);
        }
        assert!("0x12".parse::<RulesId>().is_err());
    }

    #[test]
    fn rules_for_tests_exist_only_where_a_genesis_names_them() {
        let plain = GenesisRules::default();
        let first = plain.id;
        assert_eq!(Program::on(&plain).ids(), [first]);
        assert_eq!(Program::on(&plain).signal(&first), RulesId::NONE);
        let two = RulesId::of(TEST_TWO);
        let tested = GenesisRules { test: vec![two], ..plain };
        assert_eq!(Program::on(&tested).ids(), [first, two]);
        assert_eq!(Program::on(&tested).signal(&first), two);
        assert_eq!(Program::on(&tested).signal(&two), RulesId::NONE, "there is no third");
        assert_eq!(Program::on(&tested).limited_to(&[first]).signal(&first), RulesId::NONE);
    }

    #[test]
    fn a_chain_that_begins_later_is_not_run_by_rules_before_it() {
        let two = RulesId::of(TEST_TWO);
        let later = GenesisRules { version: 2, id: two, test: vec![two] };
        assert_eq!(Program::on(&later).ids(), [two]);
        let strange = GenesisRules { version: 3, id: RulesId([9; 8]), test: vec![] };
        assert_eq!(Program::on(&strange).ids(), []);
    }

    /// A5: a version that allows more is checked by what it allows, and no version changes
    /// what a share may hold, which proposers carry before they know whose rules it meets.
    #[test]
    fn r21_what_knows_no_state_checks_by_the_widest_numbers_of_all_rules() {
        let params = Params::preset(Network::Local);
        let wider = RulesId::of(TEST_WIDER);
        let rules = |test| GenesisRules { test, ..GenesisRules::default() };
        assert!(Rules::widest(&rules(vec![]), &params).checks_like(&params));
        // The stricter one changes nothing for those that come before it.
        assert!(Rules::widest(&rules(vec![RulesId::of(TEST_TWO)]), &params).checks_like(&params));
        let widest = Rules::widest(&rules(vec![RulesId::of(TEST_TWO), wider]), &params);
        assert_eq!(widest.limits.batch_calls, 2 * params.limits.batch_calls);
        assert_eq!(widest.limits.block_calls, 2 * params.limits.block_calls);
        assert_eq!(widest.byte_fee.0, params.byte_fee.0 / 2);
        for rules in CATALOGUE {
            let limits = rules.params(&params).limits;
            assert_eq!(limits.share_bytes, params.limits.share_bytes, "{}", rules.description);
        }
    }
}
