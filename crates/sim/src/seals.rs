//! Signatures that were found good, which are looked at once in a run and not once per node, or were
//! made here, which are not looked at.

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
