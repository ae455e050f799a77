//! A stored state comes back whole or is refused by name.

use weft_ledger::state::value::Account;
use weft_ledger::state::{Base, Entry, Key, RestoreError, Seed, Value};
use weft_types::{Nonce, PublicKey, Rao};

fn entry(n: u8, slot: u32) -> Entry {
    let account = Account { free: Rao(u64::from(n)), nonce: Nonce(0) };
    Entry { key: Key::Account(PublicKey([n; 32])), slot, value: Value::Account(account) }
}

fn refused(entries: Vec<Entry>) -> RestoreError {
    Base::restore(entries, Seed::default()).err().expect("these are no state")
}

#[test]
fn the_order_in_which_entries_come_and_the_seed_say_nothing() {
    let entries: Vec<Entry> = (1..50).map(|n| entry(n, u32::from(n) * 3)).collect();
    let root = |entries: Vec<Entry>, seed| {
        let base = Base::restore(entries, Seed([seed; 4])).unwrap();
        base.view(vec![]).root()
    };
    let mut turned = entries.clone();
    turned.reverse();
    assert_eq!(root(entries, 1), root(turned, 2));
}

#[test]
fn a_value_in_another_slot_is_another_state() {
    let root = |slot| Base::restore([entry(1, slot)], Seed::default()).unwrap().view(vec![]).root();
    assert_ne!(root(1), root(2));
    assert_ne!(root(2), root(3));
}

#[test]
fn damaged_entries_are_refused_by_name() {
    assert_eq!(refused(vec![entry(1, 0)]), RestoreError::Slot { slot: 0 });
    assert_eq!(refused(vec![entry(1, 4), entry(2, 4)]), RestoreError::Slot { slot: 4 });
    let key = entry(1, 0).key;
    assert_eq!(refused(vec![entry(1, 4), entry(1, 5)]), RestoreError::Key { key });
    let other = Entry { key: Key::Supply, ..entry(1, 4) };
    assert_eq!(refused(vec![other]), RestoreError::Kind { key: Key::Supply });
    let far = refused(vec![entry(1, 1), entry(2, u32::MAX)]);
    assert_eq!(far, RestoreError::Sparse { slot: u32::MAX, entries: 2 });
}
