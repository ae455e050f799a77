//! Random sequences of every call over thousands of blocks, on the real state tree. After
//! each block the whole state must be sound, and a plain model of the money must agree.
//!
//! A failure prints its seed. `WEFT_SEED` and `WEFT_OPS` choose another run.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test that can't go on fails; this one is told by the environment what to play"
)]

mod answer;
mod chain;
mod dice;
mod model;
mod sound;

use chain::Chain;
use dice::Player;
use model::Model;
use std::collections::BTreeMap;
use weft_ledger::rules::{Event, Receipts};
use weft_types::Hash;

/// How often each call ran well, and each event happened.
type Seen = BTreeMap<&'static str, usize>;

/// Plays a number of operations; answers the last root and how many calls ran well.
fn play(seed: u64, ops: usize) -> (Hash, usize, usize, Seen) {
    let mut chain = Chain::new();
    let mut model = Model::of(&chain);
    let mut player = Player::new(seed);
    let (mut played, mut ran) = (0, 0);
    let mut seen = Seen::new();
    while played < ops {
        let (txs, items) = player.block(&chain);
        played += txs.len() + items.iter().map(|(_, list)| list.len()).sum::<usize>();
        let block = chain.run(&txs, &items);
        ran += block.receipts.txs.iter().filter(|r| r.result.is_ok()).count();
        for (tx, receipt) in block.txs.iter().zip(&block.receipts.txs) {
            if receipt.result.is_ok() {
                *seen.entry(tx.body.call.name()).or_default() += 1;
            }
        }
        for event in events(&block.receipts) {
            *seen.entry(event.name()).or_default() += 1;
        }
        let at = || format!("seed {seed}, height {}", chain.height());
        sound::check(&chain, &at);
        model.block(&chain, &block, &at);
    }
    seen.insert("OffenderForgotten", model.forgotten);
    (chain.root(), played, ran, seen)
}

/// Everything that happened in a block.
fn events(receipts: &Receipts) -> impl Iterator<Item = &Event> {
    let txs = receipts.txs.iter().flat_map(|r| &r.events);
    let items = receipts.items.iter().flat_map(|r| &r.events);
    receipts.events.iter().chain(txs).chain(items)
}

fn number(name: &str, or: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(or)
}

#[test]
fn random_calls_conserve_money_and_keep_the_state_sound() {
    let seed = number("WEFT_SEED", 1);
    let ops = usize::try_from(number("WEFT_OPS", 12_000)).unwrap();
    let mut all = Seen::new();
    for seed in [seed, seed + 1] {
        let (root, played, ran, seen) = play(seed, ops);
        eprintln!("seed {seed}: {played} operations, {ran} transactions ran well, root {root}");
        seen.into_iter().for_each(|(name, n)| *all.entry(name).or_default() += n);
    }
    eprintln!("{all:?}");
    let calls = weft_types::Call::TABLE.iter().map(|c| c.name);
    // Nobody signals other rules here (R21).
    let events = Event::TABLE.iter().map(|e| e.name).filter(|name| !name.starts_with("Rules"));
    let names = calls.chain(events).chain(["OffenderForgotten"]);
    let missing: Vec<_> = names.filter(|name| all.get(name).is_none_or(|n| *n == 0)).collect();
    assert!(missing.is_empty(), "from seed {seed} on {missing:?} never happened: {all:?}");
}

#[test]
fn the_same_seed_gives_the_same_root() {
    assert_eq!(play(7, 1_500), play(7, 1_500));
    assert_ne!(play(7, 1_500).0, play(8, 1_500).0);
}

/// The long hunt: a hundred thousand operations, twice.
#[test]
#[ignore = "takes minutes; run it in release"]
fn hundred_thousand_operations_twice_give_one_root() {
    let seed = number("WEFT_SEED", 1);
    let ops = usize::try_from(number("WEFT_OPS", 100_000)).unwrap();
    let (root, played, ran, _) = play(seed, ops);
    eprintln!("seed {seed}: {played} operations, {ran} transactions ran well, root {root}");
    assert_eq!(play(seed, ops).0, root);
}
