//! The state against a naive model: the tree rebuilt from scratch after every step.
//!
//! The model knows only the rules (deletions, then insertions in the order of key
//! hashes, lowest free slot first) and hashes everything anew each time, so whatever
//! the state keeps, caches or skips shows here.

use proptest::prelude::*;
use std::collections::BTreeMap;
use weft_ledger::state::value::Account;
use weft_ledger::state::{Base, Changes, Entry, Key, Layer, Read, Seed, Value};
use weft_types::{Domain, Hash, Nonce, PublicKey, Rao};

const SEED: Seed = Seed([1, 2, 3, 4]);

/// One block's writes: key number and, unless deleted, the new amount.
type Step = Vec<(u8, Option<u64>)>;

fn key(n: u8) -> Key {
    Key::Account(PublicKey([n; 32]))
}

fn value(free: u64) -> Value {
    Value::Account(Account { free: Rao(free), nonce: Nonce(0) })
}

fn changes(step: &Step) -> Changes {
    step.iter().map(|(n, v)| (key(*n), v.map(value))).collect::<BTreeMap<_, _>>().into()
}

#[derive(Clone, Default)]
struct Model(BTreeMap<Key, (u32, Value)>);

impl Model {
    fn apply(&mut self, changes: &Changes) {
        let gone = |key: &Key| changes.0.contains(&(*key, None));
        self.0.retain(|key, _| !gone(key));
        let mut fresh = Vec::new();
        for (key, value) in &changes.0 {
            match (self.0.get_mut(key), value) {
                (Some(old), Some(value)) => old.1 = value.clone(),
                (None, Some(value)) => fresh.push((key.hash(), *key, value.clone())),
                (_, None) => {}
            }
        }
        fresh.sort_by_key(|f| f.0);
        for (_, key, value) in fresh {
            let taken: Vec<u32> = self.0.values().map(|v| v.0).collect();
            let slot = (1..).find(|slot| !taken.contains(slot)).expect("slots never end");
            self.0.insert(key, (slot, value));
        }
    }

    fn root(&self) -> Hash {
        let mut keys: Vec<(Hash, Key)> = self.0.keys().map(|k| (k.hash(), *k)).collect();
        keys.sort();
        let slots = self.0.values().map(|v| v.0 + 1).max().unwrap_or(1).next_power_of_two();
        let mut level = vec![Hash::ZERO; slots as usize];
        let next = |i: usize| keys.get(i).map_or(Hash::ZERO, |k| k.0);
        level[0] = leaf(Hash::ZERO, Hash::ZERO, next(0));
        for (i, (hash, key)) in keys.iter().enumerate() {
            let (slot, value) = &self.0[key];
            level[*slot as usize] = leaf(*hash, value.hash(), next(i + 1));
        }
        while level.len() > 1 {
            let pair = |p: &[Hash]| keyed(Domain::StateNode, &[p[0], p[1]]);
            level = level.chunks(2).map(pair).collect();
        }
        let mut count = [0; 32];
        count[..4].copy_from_slice(&slots.to_le_bytes());
        keyed(Domain::StateRoot, &[level[0], Hash(count)])
    }

    fn entries(&self) -> Vec<Entry> {
        let entry = |(key, (slot, value)): (&Key, &(u32, Value))| Entry {
            key: *key,
            slot: *slot,
            value: value.clone(),
        };
        self.0.iter().map(entry).collect()
    }
}

fn leaf(key: Hash, value: Hash, next: Hash) -> Hash {
    keyed(Domain::StateLeaf, &[key, value, next])
}

fn keyed(domain: Domain, parts: &[Hash]) -> Hash {
    Hash::of(domain, &parts.iter().flat_map(|p| p.0).collect::<Vec<u8>>())
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let write = (0_u8..40, prop::option::weighted(0.6, 0_u64..5));
    prop::collection::vec(prop::collection::vec(write, 0..12), 1..14)
}

/// Grows a layer per step, each on the ones before.
fn layers(base: &Base, steps: &[Step]) -> Vec<Layer> {
    let mut layers: Vec<Layer> = Vec::new();
    for step in steps {
        let layer = base.view(layers.iter().rev().collect()).grow(changes(step));
        layers.push(layer);
    }
    layers
}

fn agrees(base: &Base, layers: &[Layer], model: &Model) {
    let view = base.view(layers.iter().rev().collect());
    assert_eq!(view.root(), model.root(), "the roots differ");
    for n in 0..40 {
        let want = model.0.get(&key(n)).map(|(slot, value)| (*slot, value));
        assert_eq!(view.find(&key(n)), want, "key {n}");
        let proof = view.prove(&key(n));
        let value = view.get(&key(n));
        assert_eq!(proof.verify(&view.root(), &key(n), value.as_ref()), Ok(()), "key {n}");
    }
    let values: BTreeMap<_, _> = view.values().collect();
    let want: BTreeMap<_, _> = model.0.iter().map(|(k, (_, v))| (k, v)).collect();
    assert_eq!(values, want, "the walk differs");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn layers_give_what_a_rebuild_gives(first in steps(), rest in steps()) {
        let mut model = Model::default();
        for step in &first { model.apply(&changes(step)); }
        let base = Base::restore(model.entries(), SEED).unwrap();
        agrees(&base, &[], &model);
        let layers = layers(&base, &rest);
        for (i, step) in rest.iter().enumerate() {
            model.apply(&changes(step));
            agrees(&base, &layers[..=i], &model);
        }
    }

    #[test]
    fn absorbing_layers_one_by_one_changes_nothing(first in steps(), rest in steps()) {
        let mut model = Model::default();
        for step in &first { model.apply(&changes(step)); }
        let mut base = Base::restore(model.entries(), SEED).unwrap();
        let all = layers(&base, &rest);
        for step in &rest { model.apply(&changes(step)); }
        for i in 0..all.len() {
            base.absorb(&all[i]);
            agrees(&base, &all[i + 1..], &model);
        }
        let keys: Vec<Hash> = base.entries().map(|(k, _, _)| k.hash()).collect();
        prop_assert!(keys.is_sorted(), "entries come in the order of key hashes");
        let stored = base.entries().map(|(k, s, v)| Entry { key: *k, slot: s, value: v.clone() });
        prop_assert_eq!(base.len(), model.0.len());
        let restored = Base::restore(stored, Seed::default()).unwrap();
        agrees(&restored, &[], &model);
        // A restored state goes on as the one that was stored, whatever it had freed.
        for state in [&base, &restored] {
            let next = layers(state, &first);
            let mut model = model.clone();
            for step in &first { model.apply(&changes(step)); }
            agrees(state, &next, &model);
        }
    }

    #[test]
    fn genesis_is_one_block_on_nothing(step in prop::collection::vec((0_u8..60, 0_u64..9), 0..50)) {
        let step: Step = step.into_iter().map(|(n, v)| (n, Some(v))).collect();
        let nothing = Base::restore([], SEED).unwrap();
        let layer = nothing.view(vec![]).grow(changes(&step));
        prop_assert_eq!(Base::genesis(changes(&step), SEED).view(vec![]).root(), layer.root());
    }
}

#[test]
fn freed_slots_are_reused_lowest_first_and_in_the_block_that_frees_them() {
    let base = Base::genesis(changes(&(0..9).map(|n| (n, Some(1))).collect()), SEED);
    let at = |slot: u32| base.entries().find(|e| e.1 == slot).map(|e| *e.0).unwrap();
    let fresh = |n: u8| (key(n), Some(value(1)));
    let free = Changes([(at(7), None), (at(3), None), (at(5), None)].into());
    let first = base.view(vec![]).grow(free);
    let both = Changes([(at(2), None), fresh(50), fresh(51)].into());
    let second = base.view(vec![&first]).grow(both);
    let third = base.view(vec![&second, &first]).grow(changes(&vec![
        (60, Some(1)),
        (61, Some(1)),
        (62, Some(1)),
    ]));
    let slots = |layer: &Layer, from: u8| {
        let mut fresh: Vec<_> = (from..from + 5)
            .filter_map(|n| layer.writes().iter().find(|w| w.key == key(n)))
            .map(|w| (w.key.hash(), w.slot))
            .collect();
        fresh.sort();
        fresh.into_iter().map(|(_, slot)| slot).collect::<Vec<_>>()
    };
    assert_eq!(slots(&second, 50), [2, 3]);
    assert_eq!(slots(&third, 60), [5, 7, 10]);
}

#[test]
fn a_tree_that_shrank_and_grew_again_has_the_root_of_its_content() {
    let all: Step = (0..40).map(|n| (n, Some(1))).collect();
    let base = Base::genesis(changes(&all), SEED);
    let none: Step = (0..40).map(|n| (n, None)).collect();
    let steps = [none.clone(), all.clone(), none, vec![(1, Some(2))]];
    let layers = layers(&base, &steps);
    let mut model = Model::default();
    model.apply(&changes(&all));
    for (i, step) in steps.iter().enumerate() {
        model.apply(&changes(step));
        agrees(&base, &layers[..=i], &model);
    }
}

#[test]
fn the_root_of_a_known_state_never_changes() {
    let known: Step = (0..5).map(|n| (n, Some(u64::from(n)))).collect();
    let base = Base::genesis(changes(&known), SEED);
    let nothing = Base::genesis(Changes::default(), SEED);
    let roots = [&nothing, &base].map(|b| b.view(vec![]).root().to_string());
    assert_eq!(
        roots,
        [
            "0xd63f9c3d8c62d7026633565d0487521d2b2ca10121229b01edd24b0f0bb0fed2",
            "0x80ad4f60247c7801b58051816be20cd4c36ba07f3815d1498e62c5444b1a3dd7",
        ]
    );
}
