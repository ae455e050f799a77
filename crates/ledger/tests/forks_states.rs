//! States of forks: whatever is run, forgotten and made final in whatever order, the
//! state of a block is what running its ancestors one after the other gives.

mod forks_chain;

use forks_chain::{Net, START, account};
use proptest::prelude::*;
use std::collections::BTreeMap;
use weft_ledger::forks::{Forks, Refusal, RestoreError};
use weft_ledger::state::{Entry, Key, Read, Seed, Value};
use weft_types::check::{BlockError, seal_block};
use weft_types::executor::Executor;
use weft_types::rules::TEST_WIDER;
use weft_types::{BlockHash, CheckedBlock, Hash, Header, Rao, RulesId, SecretKey};

fn entries(forks: &Forks) -> Vec<Entry> {
    forks
        .entries()
        .map(|(key, slot, value)| Entry { key: *key, slot, value: value.clone() })
        .collect()
}

#[test]
fn an_assembled_block_runs_everywhere_to_the_root_in_its_header() {
    let (net, mut proposer) = Net::new();
    let mut other = net.forks();
    let txs = net.transfers(&[(0, 1, 5), (1, 2, 7)]);
    let block = net.extend(&mut proposer, net.genesis(), 1, txs);
    assert_eq!(block.block().txs.len(), 2);
    let executed = net.execute(&mut other, &block).unwrap();
    assert_eq!(executed.state_root, block.header().state_root);
    assert_eq!(proposer.executed(&block.hash()), Some(executed));
    assert_eq!(proposer.receipts(&block.hash()), other.receipts(&block.hash()));
}

#[test]
fn what_would_make_a_block_invalid_is_left_out_of_a_draft() {
    let (net, mut forks) = Net::new();
    let mut txs = net.transfers(&[(0, 1, 5), (0, 1, 6), (2, 1, 7)]);
    txs.remove(0); // leaves a gap before the nonce of the second
    let block = net.extend(&mut forks, net.genesis(), 1, txs);
    let signers: Vec<_> = block.block().txs.iter().map(|tx| tx.body.signer).collect();
    assert_eq!(signers, [account(2).public()]);
    assert_eq!(
        net.execute(&mut net.forks(), &block).unwrap().state_root,
        block.header().state_root
    );
}

#[test]
fn a_block_on_an_unknown_parent_is_refused_by_name() {
    let (net, mut forks) = Net::new();
    let first = net.extend(&mut forks, net.genesis(), 1, vec![]);
    let second = net.extend(&mut forks, first.hash(), 2, vec![]);
    let mut fresh = net.forks();
    let refused = net.execute(&mut fresh, &second).unwrap_err();
    assert_eq!(refused, Refusal::UnknownParent { parent: first.hash() });
    let draft = net.draft(&forks, first.hash(), 2);
    let refused = fresh.assemble(&draft, vec![]).unwrap_err();
    assert_eq!(refused, Refusal::UnknownParent { parent: first.hash() });
    assert!(fresh.is_empty(), "a refused block keeps nothing");
}

#[test]
fn a_kept_block_is_not_run_again() {
    let (net, mut forks) = Net::new();
    let block = net.extend(&mut forks, net.genesis(), 1, net.transfers(&[(0, 1, 5)]));
    let kept = forks.executed(&block.hash()).unwrap();
    assert_eq!(net.execute(&mut forks, &block), Ok(kept.clone()));
    assert_eq!(forks.len(), 1);
    forks.finalize(&block.hash());
    assert_eq!(net.execute(&mut forks, &block), Ok(kept), "also when it is the base");
    assert!(forks.is_empty());
}

#[test]
fn forks_do_not_see_each_other() {
    let (net, mut forks) = Net::new();
    let left = net.extend(&mut forks, net.genesis(), 1, net.transfers(&[(0, 1, 5)]));
    let right = net.extend(&mut forks, net.genesis(), 2, net.transfers(&[(0, 1, 9)]));
    let free = |block: &CheckedBlock| net.free(&forks, &block.hash(), 1);
    assert_eq!((free(&left), free(&right)), (Rao(START + 5), Rao(START + 9)));
    assert_eq!(net.free(&forks, &net.genesis(), 1), Rao(START));
    assert_ne!(forks.root_of(&left.hash()), forks.root_of(&right.hash()));
}

#[test]
fn forgetting_a_block_takes_its_descendants_and_nothing_else() {
    let (net, mut forks) = Net::new();
    let a = net.extend(&mut forks, net.genesis(), 1, vec![]).hash();
    let b = net.extend(&mut forks, a, 2, vec![]).hash();
    let c = net.extend(&mut forks, b, 3, vec![]).hash();
    let side = net.extend(&mut forks, a, 4, vec![]).hash();
    assert_eq!((forks.len(), forks.depth()), (4, 3));
    forks.forget(&b);
    assert!([b, c].iter().all(|gone| forks.view(gone).is_none() && forks.root_of(gone).is_none()));
    assert!([a, side].iter().all(|kept| forks.view(kept).is_some()));
    forks.forget(&net.genesis());
    forks.forget(&Hash::ZERO);
    assert_eq!((forks.len(), forks.depth()), (2, 2), "the last final block can't be forgotten");
}

#[test]
fn finality_takes_the_ancestors_in_order_and_drops_the_other_forks() {
    let (net, mut forks) = Net::new();
    let a = net.extend(&mut forks, net.genesis(), 1, net.transfers(&[(0, 1, 5)]));
    let b = net.extend(&mut forks, a.hash(), 2, vec![]);
    let child = net.extend(&mut forks, b.hash(), 3, vec![]);
    let side = net.extend(&mut forks, a.hash(), 4, vec![]);
    let late = net.extend(&mut forks, side.hash(), 5, vec![]);
    forks.finalize(&b.hash());
    let done = forks.take_final();
    let named: Vec<_> = done.iter().map(|f| (f.hash, f.height.0, f.state_root)).collect();
    let of = |block: &CheckedBlock, n| (block.hash(), n, block.header().state_root);
    assert_eq!(named, [of(&a, 1), of(&b, 2)]);
    assert!(forks.take_final().is_empty(), "what was taken is not given again");
    assert_eq!((forks.base_hash(), forks.len()), (b.hash(), 1), "only the child is left");
    assert!([&side, &late, &a].iter().all(|gone| forks.view(&gone.hash()).is_none()));
    assert_eq!(forks.root_of(&child.hash()), Some(child.header().state_root));
    forks.finalize(&side.hash());
    assert_eq!(forks.base_hash(), b.hash(), "what is not kept can't become final");
}

/// F22: a node that says later what is final reads the state of what it has said.
#[test]
fn a_final_state_becomes_the_base_when_it_is_said_and_not_before() {
    let (net, mut forks) = Net::new();
    let (_, mut at_once) = Net::new();
    forks.absorb_when_said();
    let a = net.extend(&mut forks, net.genesis(), 1, net.transfers(&[(0, 1, 5)]));
    let b = net.extend(&mut forks, a.hash(), 2, vec![]);
    let child = net.extend(&mut forks, b.hash(), 3, vec![]);
    let side = net.extend(&mut forks, a.hash(), 4, vec![]);
    for block in [&a, &b] {
        net.execute(&mut at_once, block).unwrap();
    }
    forks.finalize(&b.hash());
    at_once.finalize(&b.hash());
    assert_eq!(forks.take_final(), at_once.take_final(), "the disk gets the same");
    assert!(forks.view(&side.hash()).is_none(), "other forks are gone at once");
    assert_eq!((forks.base_hash(), forks.len()), (net.genesis(), 3));
    forks.forget(&a.hash());
    forks.finalize(&a.hash());
    assert!(forks.take_final().is_empty() && forks.view(&b.hash()).is_some());
    for said in [&a, &b] {
        forks.absorb(&child.hash());
        forks.absorb(&said.hash());
        assert_eq!(forks.base_hash(), said.hash());
        assert_eq!(forks.root_of(&said.hash()), Some(said.header().state_root));
    }
    assert_eq!(forks.root_of(&child.hash()), Some(child.header().state_root));
    // What is never said does not pile up.
    let mut last = child.hash();
    for slot in 5..105 {
        last = net.extend(&mut forks, last, slot, vec![]).hash();
        forks.finalize(&last);
        drop(forks.take_final());
    }
    assert_eq!((forks.len(), forks.base_hash() != b.hash()), (64, true));
}

/// A planted bug that this finds: a base that changes under who reads it.
#[test]
fn a_state_that_is_read_stays_as_it_is_while_blocks_become_final() {
    let (net, mut forks) = Net::new();
    let mut last = net.extend(&mut forks, net.genesis(), 1, net.transfers(&[(0, 1, 5)]));
    forks.finalize(&last.hash());
    let mut reads = Vec::new();
    for slot in 2..9 {
        let state = forks.state(&last.hash()).unwrap();
        assert_eq!((state.block(), state.root()), (last.hash(), last.header().state_root));
        reads.push((state, last.header().clone()));
        let pay = net.transfers(&[(0, 1, slot), (1, 0, 1)]);
        last = net.extend(&mut forks, last.hash(), slot, pay);
        forks.finalize(&last.hash());
        assert_eq!(forks.len(), usize::try_from(slot - 1).unwrap(), "it waits");
        assert_eq!(forks.root_of(&last.hash()), Some(last.header().state_root));
        assert!(forks.audit(&last.hash()).is_ok());
    }
    for (state, header) in reads.drain(..) {
        assert_eq!(state.view().root(), header.state_root);
        assert_eq!(state.chain().unwrap().height, header.height);
        assert!(state.audit(|| true).unwrap().is_ok());
        assert!(state.audit(|| false).is_none(), "who reads long can be asked to stop");
    }
    assert_eq!(forks.absorb(&last.hash()), 0, "nobody reads");
    assert_eq!((forks.len(), forks.base_hash()), (0, last.hash()));
    assert_eq!(forks.root_of(&last.hash()), Some(last.header().state_root));
}

/// A planted bug that this finds: what is final and not said piles up behind a reader for good.
#[test]
fn what_is_never_said_does_not_pile_up_behind_a_reader() {
    let (net, mut forks) = Net::new();
    forks.absorb_when_said();
    let mut last = net.genesis();
    let mut read = forks.state(&last);
    for slot in 1..201 {
        last = net.extend(&mut forks, last, slot, vec![]).hash();
        forks.finalize(&last);
        drop(forks.take_final());
    }
    assert_eq!((forks.len(), forks.absorb_due()), (200, 136), "somebody reads all the while");
    assert!(read.take().is_some());
    assert_eq!((forks.absorb_due(), forks.len()), (0, 64));
    assert!(forks.audit(&last).is_ok());
}

#[test]
fn what_final_blocks_wrote_is_what_the_disk_needs() {
    let (net, mut forks) = Net::new();
    let mut disk: BTreeMap<Key, (u32, Value)> =
        entries(&forks).into_iter().map(|e| (e.key, (e.slot, e.value))).collect();
    let mut at = net.genesis();
    for slot in 1..6_u8 {
        let txs = net.transfers_on(&forks, &at, &[(0, 20 + slot, 1_000), (1, slot, 7)]);
        at = net.extend(&mut forks, at, u64::from(slot), txs).hash();
    }
    forks.finalize(&at);
    for block in forks.take_final() {
        for write in block.writes {
            match write.value {
                Some(value) => disk.insert(write.key, (write.slot, value)),
                None => disk.remove(&write.key),
            };
        }
    }
    let stored = || disk.iter().map(|(k, (s, v))| Entry { key: *k, slot: *s, value: v.clone() });
    let root = forks.root_of(&at).unwrap();
    let restore = |at, root| Forks::restore(&net.genesis, (at, root), stored(), Seed::default());
    let restored = restore(at, root).unwrap();
    assert_eq!(entries(&restored), entries(&forks));
    assert_eq!((restored.base_hash(), restored.root_of(&at)), (at, Some(root)));
    assert_eq!(restored.executed(&at), forks.executed(&at));
    let refused = restore(at, Hash::ZERO).err();
    assert_eq!(refused, Some(RestoreError::Root { hash: at, want: Hash::ZERO, got: root }));
}

#[test]
fn a_restored_node_runs_the_next_blocks_to_the_same_roots() {
    let (net, mut forks) = Net::new();
    let a = net.extend(&mut forks, net.genesis(), 1, net.transfers(&[(0, 30, 1_000)]));
    forks.finalize(&a.hash());
    let of_a = (a.hash(), a.header().state_root);
    let mut restored = Forks::restore(&net.genesis, of_a, entries(&forks), Seed([9; 4])).unwrap();
    let txs = net.transfers_on(&forks, &a.hash(), &[(1, 31, 1_000), (2, 32, 1_000)]);
    let b = net.extend(&mut forks, a.hash(), 2, txs);
    assert_eq!(net.execute(&mut restored, &b).unwrap().state_root, b.header().state_root);
}

#[test]
fn a_proof_from_a_fork_holds_for_the_root_in_its_header() {
    let (net, mut forks) = Net::new();
    let block = net.extend(&mut forks, net.genesis(), 1, net.transfers(&[(0, 40, 1_000)]));
    let (root, key) = (block.header().state_root, Key::Account(account(40).public()));
    let value = forks.view(&block.hash()).unwrap().get(&key);
    assert!(value.is_some());
    let there = forks.prove(&block.hash(), &key).unwrap();
    assert_eq!(there.verify(&root, &key, value.as_ref()), Ok(()));
    let before = forks.prove(&net.genesis(), &key).unwrap();
    assert_eq!(before.verify(&forks.root_of(&net.genesis()).unwrap(), &key, None), Ok(()));
    assert!(before.verify(&root, &key, None).is_err());
}

/// What happens to the forks: a block on one of those kept, or one made final, or one
/// forgotten. Numbers pick among the kept ones.
#[derive(Clone, Debug)]
enum Event {
    Extend(usize, Vec<(u8, u8, u64)>),
    Finalize(usize),
    Forget(usize),
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let moves = prop::collection::vec((0_u8..4, 0_u8..12, 600_u64..700), 0..4);
    let event = prop_oneof![
        8 => (0_usize..8, moves).prop_map(|(on, moves)| Event::Extend(on, moves)),
        1 => (0_usize..8).prop_map(Event::Finalize),
        1 => (0_usize..8).prop_map(Event::Forget),
    ];
    prop::collection::vec(event, 1..20)
}

/// Runs the ancestors of a block on a fresh state, making each final at once.
fn replayed(net: &Net, blocks: &BTreeMap<BlockHash, CheckedBlock>, tip: BlockHash) -> Forks {
    let mut chain = Vec::new();
    let mut at = tip;
    while let Some(block) = blocks.get(&at) {
        chain.push(block);
        at = block.header().parent;
    }
    let mut fresh = net.forks();
    for block in chain.into_iter().rev() {
        net.execute(&mut fresh, block).expect("it ran before");
        fresh.finalize(&block.hash());
    }
    fresh
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn every_kept_state_is_the_replay_of_its_ancestors(events in events()) {
        let (net, mut forks) = Net::new();
        let (mut blocks, mut known) = (BTreeMap::new(), vec![net.genesis()]);
        for (slot, event) in (1_u64..).zip(events) {
            let pick = |n: usize| known[n % known.len()];
            match event {
                Event::Extend(on, moves) => {
                    let parent = pick(on);
                    let txs = net.transfers_on(&forks, &parent, &moves);
                    let block = net.extend(&mut forks, parent, slot, txs);
                    known.push(block.hash());
                    blocks.insert(block.hash(), block);
                }
                Event::Finalize(n) => forks.finalize(&pick(n)),
                Event::Forget(n) => forks.forget(&pick(n)),
            }
            known.retain(|hash| forks.view(hash).is_some());
            prop_assert!(known.contains(&forks.base_hash()));
            prop_assert_eq!(known.len(), forks.len() + 1, "each is the base or above it");
        }
        for tip in &known {
            let fresh = replayed(&net, &blocks, *tip);
            prop_assert_eq!(forks.root_of(tip), fresh.root_of(tip));
            prop_assert_eq!(forks.audit(tip), fresh.audit(tip));
            prop_assert!(forks.audit(tip).is_ok(), "{:?}", forks.audit(tip));
        }
    }
}

/// A5: the checker allows what any rules allow; a program that knows none but the first would
/// refuse this block before it runs it.
#[test]
fn r21_a_block_that_only_other_rules_allow_is_refused_by_name() {
    let (mut net, _) = Net::new();
    net.genesis.params.limits.block_calls = 384;
    net.genesis.rules.test = vec![RulesId::of(TEST_WIDER)];
    let mut forks = net.forks();
    let moves: Vec<_> = (0..385_u16).map(|n| (u8::try_from(n % 9).unwrap(), 9, 1)).collect();
    let mut txs = net.transfers(&moves);
    let draft = net.draft(&forks, net.genesis(), 1);
    let made = forks.assemble(&draft, txs.clone()).unwrap();
    assert_eq!(made.txs.len(), 384, "what is proposed has room by its own rules");
    let key = SecretKey::from_seed([200; 32]);
    let seal = |header: Header, txs| {
        seal_block(header, (&key, &net.genesis.chain_id()), vec![], None, txs)
    };
    let large = seal(draft.header.clone(), txs.clone());
    let error = BlockError::TooManyCalls { got: 385, limit: 384 };
    let refused = Err(Refusal::AgainstRules { version: 1, error });
    assert_eq!(net.execute(&mut forks, &large), refused);
    txs.pop();
    assert!(net.execute(&mut forks, &seal(draft.header, txs)).is_ok());
}
