//! Work that waits for our next share.
//!
//! An item rides on each share we sign for a block whose chain does not hold it yet,
//! until a block that holds it is final. So it is back in the queue, in effect, as
//! soon as the head leaves the chain that held it. A newer row of a subnet replaces
//! the older.

use crate::error::Dismissal;
use std::collections::BTreeSet;
use weft_types::share::items_bytes;
use weft_types::{BlockHash, Commitment, Height, Item, Share, WeightRow};

/// How many items may wait.
const LIMIT: usize = 256;

#[derive(Clone, Debug)]
struct Entry {
    item: Item,
    carried: BTreeSet<BlockHash>,
}

/// The items, oldest first.
#[derive(Clone, Debug)]
pub struct Queue {
    entries: Vec<Entry>,
    share_bytes: u32,
}

impl Queue {
    /// An empty queue for shares of at most this many bytes of items.
    #[must_use]
    pub const fn new(share_bytes: u32) -> Self {
        Self { entries: Vec::new(), share_bytes }
    }

    /// Adds an item.
    ///
    /// # Errors
    /// [`Dismissal::ItemTooLarge`] when no share can hold it, [`Dismissal::QueueFull`].
    pub fn push(&mut self, item: Item) -> Result<(), Dismissal> {
        let (got, limit) = (items_bytes(&vec![item.clone()]), self.share_bytes);
        if !self.fits(got) {
            return Err(Dismissal::ItemTooLarge { got, limit });
        }
        self.entries.retain(|e| !replaces(&item, &e.item));
        if self.entries.len() >= LIMIT {
            return Err(Dismissal::QueueFull { limit: LIMIT });
        }
        self.entries.push(Entry { item, carried: BTreeSet::new() });
        Ok(())
    }

    fn fits(&self, bytes: usize) -> bool {
        u32::try_from(bytes).is_ok_and(|bytes| bytes <= self.share_bytes)
    }

    /// The items for a share whose target has this height; `holds` says which blocks
    /// are on the target's chain.
    pub fn pick(&self, height: Height, holds: impl Fn(&BlockHash) -> bool) -> Vec<Item> {
        let mut items = Vec::new();
        for entry in self.entries.iter().filter(|e| !e.carried.iter().any(&holds)) {
            items.push(at_height(&entry.item, height));
            if !self.fits(items_bytes(&items)) {
                items.pop();
            }
        }
        items
    }

    /// A block carries a share of ours.
    pub fn carried(&mut self, block: BlockHash, share: &Share) {
        let height = Height::ZERO;
        let held: Vec<Item> = share.items.iter().map(|i| at_height(i, height)).collect();
        let entries =
            self.entries.iter_mut().filter(|e| held.contains(&at_height(&e.item, height)));
        entries.for_each(|entry| {
            entry.carried.insert(block);
        });
    }

    /// A block is final: what it holds is done.
    pub fn finalized(&mut self, block: &BlockHash) {
        self.entries.retain(|e| !e.carried.contains(block));
    }

    /// Forgets carriers that are gone.
    pub fn prune(&mut self, lives: impl Fn(&BlockHash) -> bool) {
        self.entries.iter_mut().for_each(|e| e.carried.retain(&lives));
    }

    /// How many items wait.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether none waits.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

/// The item as seen from a height: rows and commitments name the height of the share's
/// target.
fn at_height(item: &Item, height: Height) -> Item {
    match item {
        Item::Row(row) => Item::Row(WeightRow { view: height, ..row.clone() }),
        Item::Commit(commitment) => Item::Commit(Commitment { at: height, ..*commitment }),
        Item::Reveal(reveal) => Item::Reveal(reveal.clone()),
    }
}

/// Whether a newer item makes an older one pointless: one of its kind and subnet.
fn replaces(new: &Item, old: &Item) -> bool {
    match (new, old) {
        (Item::Row(new), Item::Row(old)) => new.netuid == old.netuid,
        (Item::Commit(new), Item::Commit(old)) => new.netuid == old.netuid,
        (Item::Reveal(new), Item::Reveal(old)) => new.netuid == old.netuid,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use weft_types::{Hash, Netuid, Uid};

    fn row(netuid: u16, entries: u16) -> Item {
        Item::Row(WeightRow {
            netuid: Netuid(netuid),
            uids: (0..entries).map(Uid).collect(),
            values: vec![1; usize::from(entries)],
            version_key: 0,
            view: Height(7),
        })
    }

    fn share(items: Vec<Item>) -> Share {
        let key = SecretKey::from_seed([1; 32]);
        let at = Checkpoint { round: Round(1), hash: Hash::ZERO };
        let vote =
            Vote { voter: key.public(), source: at, target: at, items: items_digest(&items) };
        Share { signed: vote.sign(&key, &Hash::ZERO), items }
    }
    use weft_types::share::items_digest;
    use weft_types::{Checkpoint, Round, SecretKey, Vote};

    const A: BlockHash = Hash([1; 32]);
    const B: BlockHash = Hash([2; 32]);

    #[test]
    fn a_row_rides_until_a_block_of_the_chain_holds_it_and_again_after_a_fork() {
        let mut queue = Queue::new(4_096);
        queue.push(row(1, 3)).unwrap();
        let first = queue.pick(Height(9), |_| false);
        assert!(matches!(first.as_slice(), [Item::Row(row)] if row.view == Height(9)));
        queue.carried(A, &share(first));
        assert!(queue.pick(Height(10), |b| *b == A).is_empty(), "on the chain that holds it");
        assert_eq!(queue.pick(Height(10), |b| *b == B).len(), 1, "on another chain");
        queue.prune(|b| *b != A);
        assert_eq!(queue.pick(Height(10), |b| *b == A).len(), 1, "its holder is gone");
        queue.carried(B, &share(vec![row(1, 3)]));
        queue.finalized(&B);
        assert!(queue.is_empty());
    }

    #[test]
    fn a_newer_row_replaces_the_older_and_is_not_held_by_its_block() {
        let mut queue = Queue::new(4_096);
        queue.push(row(1, 3)).unwrap();
        queue.push(row(2, 3)).unwrap();
        queue.push(row(1, 4)).unwrap();
        assert_eq!(queue.len(), 2);
        queue.carried(A, &share(vec![row(1, 3)]));
        assert_eq!(queue.pick(Height(1), |_| true).len(), 2);
    }

    #[test]
    fn r19_a_share_holds_no_more_than_its_limit_and_the_oldest_go_first() {
        let mut queue = Queue::new(4_096);
        for netuid in 1..=3 {
            queue.push(row(netuid, 400)).unwrap();
        }
        let items = queue.pick(Height(1), |_| false);
        assert!(items_bytes(&items) <= 4_096);
        assert_eq!(items.len(), 2);
        let refused = queue.push(row(9, 1_100));
        assert!(matches!(refused, Err(Dismissal::ItemTooLarge { limit: 4_096, .. })));
        (10..=262).for_each(|netuid| queue.push(row(netuid, 1)).unwrap());
        assert_eq!(queue.len(), LIMIT);
        assert!(matches!(queue.push(row(999, 1)), Err(Dismissal::QueueFull { .. })));
    }
}
