//! What becomes of transactions that clients send: the same bytes twice, and what is refused.

use crate::io::{Io, Places, Source, Told, Txs};
use crate::refused::Refused;
use crate::tests::alone::Alone;
use crate::wire::Want;
use crate::{Event, io::ClientId};
use std::collections::VecDeque;
use weft_ledger::rules::CallError;
use weft_types::check::check_txs;
use weft_types::key::derive_test_key;
use weft_types::{Call, Canonical, Height, Millis, Netuid, Tx, TxId};

const CLIENT: ClientId = 7;

/// Lets something happen, verifies what is to be verified, and answers what the client heard.
fn lets(node: &mut Alone, event: Event) -> Option<Result<TxId, Refused>> {
    let (mut events, mut heard) = (VecDeque::from([event]), None);
    while let Some(event) = events.pop_front() {
        for io in node.step(event) {
            match io {
                Io::CheckTxs { source, txs } => events.push_back(checked(node, source, txs)),
                Io::Tell { client: CLIENT, told: Told::Submitted(mut all) } => heard = all.pop(),
                _ => {}
            }
        }
    }
    heard
}

fn checked(node: &Alone, source: Source, txs: Txs) -> Event {
    let txs = match txs {
        Txs::Decoded(txs) => txs,
        Txs::Encoded(data) => Vec::<Tx>::from_bytes(&data).unwrap(),
    };
    let rules = (&node.genesis.widest(), &node.genesis.chain_id());
    let checked = Ok(check_txs(txs, rules, &(), &mut crate::tests::alone::dice()));
    Event::Txs { source, checked }
}

fn submit(node: &mut Alone, tx: &Tx) -> Result<TxId, Refused> {
    lets(node, Event::Submit { client: CLIENT, txs: vec![tx.clone()] }).expect("it hears")
}

/// Lets time pass until the head is this high.
pub fn grow_to(node: &mut Alone, height: u64) {
    while node.engine.core().head().height < Height(height) {
        node.now = Millis(node.now.0 + 20);
        lets(node, Event::Tick);
    }
}

/// F2: what waits is taken a second time, whatever a second one like it would meet.
#[test]
fn what_waits_is_taken_again_though_the_head_that_carries_it_would_refuse_it() {
    let mut node = Alone::new();
    let key = derive_test_key("alone", "voter");
    grow_to(&mut node, 2);
    let ask = |node: &Alone, at| {
        let call = Call::SeekPermit { netuid: Netuid(1), seek: false, at: Height(at) };
        node.engine.free_call(key.public(), call).sign(&key, node.engine.chain())
    };
    let tx = ask(&node, 1);
    let id = tx.body.id();
    assert_eq!(submit(&mut node, &tx).ok(), Some(id));
    let before = node.engine.core().head().height;
    grow_to(&mut node, before.0 + 1);
    assert!(node.engine.pool().get(&id).is_some(), "a block carries it that is not final yet");
    let like = ask(&node, 2);
    let refused = submit(&mut node, &like);
    let already = |r: &Refused| matches!(r, Refused::Call(CallError::PermitAlreadySo { .. }));
    assert!(refused.as_ref().is_err_and(already), "{refused:?}");
    assert_eq!(submit(&mut node, &tx).ok(), Some(id));
}

/// What one answer to a peer names: so many blocks and no more, final ones by height first.
#[test]
fn an_answer_names_so_many_blocks_and_no_more() {
    let mut node = Alone::new();
    grow_to(&mut node, 140);
    let head = node.engine.core().head_hash();
    let places = |from| node.engine.places(&Want::Chain { from: Height(from), tip: head });
    let all = places(1);
    assert_eq!((all.finals(), all.blocks().len()), ((Height(1), Height(129)), 0));
    let last = places(100);
    let (from, to) = last.finals();
    assert_eq!(from, Height(100));
    let named = to.since(from) + u64::try_from(last.blocks().len()).unwrap();
    assert_eq!(named, 41, "all up to the head: {last:?}");
    assert_eq!(last.blocks().last(), Some(&head));
    let one = node.engine.places(&Want::Block(head));
    assert_eq!(one, Places::Block(head));
}
