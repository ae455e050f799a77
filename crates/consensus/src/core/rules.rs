//! Which rules we run, and where we stop (R21).
//!
//! The state of a block says by which rules its child is run. While this program runs those
//! of the head, it goes on. Where the head's own state asks for rules that it does not run,
//! it stops: it signs and proposes nothing, asks for nothing above, and blames nobody, for
//! what it can't judge. It stops by what it has executed, never by what a header says, and a
//! head on another fork frees it.

use super::Core;
use crate::error::Skip;
use crate::tree::Node;
use weft_types::check::Known;
use weft_types::executor::Executor;
use weft_types::{Header, Height, Program, Version};

/// Where a node stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stopped {
    /// The rules that it does not run.
    pub rules: Version,
    /// The first height at which the chain is run by them.
    pub from: Height,
}

impl<E: Executor, K: Known> Core<E, K> {
    /// Where this program can't go on from its head; none while it can.
    #[must_use]
    pub fn stopped(&self) -> Option<Stopped> {
        let head = self.head_node();
        let rules = head.standing.rules;
        let from = head.header().height.next().unwrap_or(Height::MAX);
        (!self.program.runs(&rules.id)).then_some(Stopped { rules, from })
    }

    /// Which rules this program runs.
    #[must_use]
    pub const fn program(&self) -> &Program {
        &self.program
    }

    /// The rules of the head's child.
    #[must_use]
    pub fn rules(&self) -> Version {
        self.head_node().standing.rules
    }

    /// Whether a block of this version could be run here, now or after a change that is
    /// still to come.
    #[must_use]
    pub fn may_run(&self, version: u16) -> bool {
        let now = self.rules();
        let later = u16::try_from(self.program.after(&now.id).len()).unwrap_or(u16::MAX);
        let highest = match self.stopped() {
            None => now.version.saturating_add(later),
            Some(_) => now.version.saturating_sub(1),
        };
        version <= highest
    }

    /// Headers and bodies of versions that can't be run are not looked at.
    pub(super) fn knows_version(&self, version: u16) -> Result<(), Skip> {
        if self.may_run(version) { Ok(()) } else { Err(Skip::UnknownRules { version }) }
    }

    /// Whether what is wrong with a block of this version is its sender's fault: our head
    /// has come as far, by rules that we run.
    #[must_use]
    pub fn judges(&self, version: u16) -> bool {
        let now = self.rules();
        let highest = now.version.saturating_sub(u16::from(self.stopped().is_some()));
        (1..=highest).contains(&version)
    }

    /// Whether a child of this block is run by rules that we run and says so.
    pub(super) fn runs_child_of(&self, parent: &Node, header: &Header) -> Result<(), Skip> {
        let (want, got) = (parent.standing.rules, header.version);
        if got != want.version {
            return Err(Skip::OtherVersion { got, want: want.version });
        }
        if !self.program.runs(&want.id) {
            return Err(Skip::UnknownRules { version: got });
        }
        Ok(())
    }
}
