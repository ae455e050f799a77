//! Which headers were seen of each proposer and slot (R20): two are kept, the second
//! is evidence (R17), a third is not looked at.

use crate::error::Skip;
use std::collections::BTreeMap;
use weft_types::{Evidence, PublicKey, SignedHeader, Slot};

/// Signed headers above the last final slot.
#[derive(Clone, Debug, Default)]
pub struct Headers {
    seen: BTreeMap<(Slot, PublicKey), Vec<SignedHeader>>,
}

impl Headers {
    /// Whether a header is one of the first two of its proposer and slot.
    ///
    /// # Errors
    /// [`Skip::ThirdHeader`].
    pub fn has_room(&self, signed: &SignedHeader) -> Result<(), Skip> {
        let (slot, proposer) = (signed.header.slot, signed.header.proposer);
        let seen = self.seen.get(&(slot, proposer)).map_or(&[][..], Vec::as_slice);
        if seen.len() < 2 || seen.iter().any(|s| s.header == signed.header) {
            return Ok(());
        }
        Err(Skip::ThirdHeader { proposer, slot })
    }

    /// Remembers a header whose signature is good and whose proposer is the scheduled
    /// one; the second of a slot is evidence, a third is forgotten.
    pub fn add(&mut self, signed: &SignedHeader) -> Option<Evidence> {
        let seen = self.seen.entry((signed.header.slot, signed.header.proposer)).or_default();
        if seen.len() >= 2 || seen.iter().any(|s| s.header == signed.header) {
            return None;
        }
        seen.push(signed.clone());
        match seen.as_slice() {
            [first, second] => {
                Some(Evidence::Headers(Box::new(first.clone()), Box::new(second.clone())))
            }
            _ => None,
        }
    }

    /// Forgets slots up to the last final block's.
    pub fn prune(&mut self, finalized: Slot) {
        self.seen.retain(|(slot, _), _| *slot > finalized);
    }
}
