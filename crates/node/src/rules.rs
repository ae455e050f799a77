//! Which rules the program of a node runs (R21), and the line in the log when they change.

use crate::error::NodeError;
use weft_types::rules::may_test;
use weft_types::{Genesis, Program, RulesId, Version};

/// The program of a node: all that this one knows of a chain or, on networks for tests, what
/// the configuration says that it knows.
///
/// # Errors
/// [`NodeError::KnownRules`] on a network that is not for tests.
pub fn program(genesis: &Genesis, known: Option<&[RulesId]>) -> Result<Program, NodeError> {
    let whole = Program::on(&genesis.rules);
    match known {
        None => Ok(whole),
        Some(_) if !may_test(genesis.network) => Err(NodeError::KnownRules),
        Some(known) => Ok(whole.limited_to(known)),
    }
}

/// Logs that the next block is run by other rules.
pub(crate) fn say_change(Version { version, id }: Version, dropped: usize) {
    tracing::info!(version, %id, dropped, "the next block is run by other rules");
}

#[cfg(test)]
mod tests {
    use super::*;
    use weft_types::rules::TEST_TWO;
    use weft_types::{Millis, Network};

    // R21: what a program knows is limited on networks for tests only.
    #[test]
    fn what_a_program_knows_is_limited_on_networks_for_tests_only() {
        let two = RulesId::of(TEST_TWO);
        let mut genesis = Genesis::fair(Network::Local, "rules", Millis(0), &[]);
        genesis.rules.test = vec![two];
        let first = genesis.rules.id;
        assert_eq!(program(&genesis, None).unwrap().ids(), [first, two]);
        assert_eq!(program(&genesis, Some(&[first])).unwrap().ids(), [first]);
        genesis.network = Network::Main;
        assert!(matches!(program(&genesis, Some(&[first])), Err(NodeError::KnownRules)));
    }
}
