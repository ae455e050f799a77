//! The voter's offer to vote, kept up by itself (R13).
//!
//! As soon as the voter's hotkey holds a permit and has a row in the state, and in every
//! quarter of a rotation once, a free call offers it as a voter. An offer that is lost is
//! sent again.
//!
//! Not here: how it is sent (`own`), rows (`rows`), and who is taken (the ledger).

use weft_types::Height;

/// After so many blocks an offer that is not in the state yet is sent again.
const AGAIN: u64 = 4;

/// Whether a voter offers itself, and when it did last.
#[derive(Debug)]
pub struct Offers {
    is_on: bool,
    sent: Option<Height>,
}

impl Offers {
    /// Those of a voter, or of a node that offers nothing.
    #[must_use]
    pub const fn new(is_on: bool) -> Self {
        Self { is_on, sent: None }
    }

    /// Whether it is to offer itself from now on.
    pub const fn turn(&mut self, is_on: bool) {
        self.is_on = is_on;
    }

    /// Whether it offers itself.
    #[must_use]
    pub const fn is_on(&self) -> bool {
        self.is_on
    }

    /// What was sent got lost on the way to our own pool: it may be sent again at once.
    pub const fn lost(&mut self) {
        self.sent = None;
    }

    /// Whether one may be sent at this height of the head.
    pub(crate) fn may_send(&self, head: Height) -> bool {
        self.is_on && self.sent.is_none_or(|sent| head.since(sent) >= AGAIN)
    }

    /// One was sent at this height of the head.
    pub(crate) const fn sent(&mut self, head: Height) {
        self.sent = Some(head);
    }
}
