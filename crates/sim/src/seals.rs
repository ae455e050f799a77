//! Signatures that were found good, or made here: each is looked at once in a run, not once
//! per node.

use std::cell::RefCell;
use std::collections::HashSet;
use std::rc::Rc;
use weft_types::Hash;
use weft_types::check::Known;

/// The seals of good signatures, which are asked for and never walked; what is added to one clone is
/// known to all.
#[derive(Clone, Debug, Default)]
pub struct Seals(Rc<RefCell<HashSet<Hash>>>);

impl Seals {
    /// Remembers a signature that is good.
    pub fn add(&self, seal: Hash) {
        self.0.borrow_mut().insert(seal);
    }
}

impl Known for Seals {
    fn knows(&self, seal: &Hash) -> bool {
        self.0.borrow().contains(seal)
    }
}
