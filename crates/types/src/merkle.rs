//! The tree over a block's transactions and shares: a list's root, from which a
//! single entry can be proven.
//!
//! The state has a tree of its own (the ledger's); this one is built once for a
//! finished list.

use crate::hash::{Domain, Hash};

/// The root of a list: leaves are hashed with their position's meaning only, an odd
/// node rises unpaired, and the number of entries is bound at the end. The root of
/// an empty list is zero.
#[must_use]
pub fn root(entries: &[Hash]) -> Hash {
    if entries.is_empty() {
        return Hash::ZERO;
    }
    let mut level: Vec<Hash> =
        entries.iter().map(|e| Hash::of(Domain::ListLeaf, e.as_bytes())).collect();
    while level.len() > 1 {
        level = level
            .chunks(2)
            .map(|pair| match pair {
                [left, right] => Hash::pair(Domain::ListNode, left, right),
                [one] => *one,
                _ => Hash::ZERO,
            })
            .collect();
    }
    let top = level.first().copied().unwrap_or(Hash::ZERO);
    let mut count = [0; 32];
    if let (Some(low), Ok(n)) = (count.first_chunk_mut::<8>(), u64::try_from(entries.len())) {
        *low = n.to_le_bytes();
    }
    Hash::pair(Domain::ListNode, &top, &Hash(count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_and_its_prefix_or_permutation_have_different_roots() {
        let h = |n: u8| Hash::of(Domain::Message, &[n]);
        let lists =
            [vec![], vec![h(1)], vec![h(1), h(2)], vec![h(2), h(1)], vec![h(1), h(2), h(2)]];
        for (i, a) in lists.iter().enumerate() {
            for b in &lists[i + 1..] {
                assert_ne!(root(a), root(b), "{a:?} {b:?}");
            }
        }
    }
}
