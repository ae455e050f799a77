//! What an engine makes of messages that it can't read or judge (R21), and of those that nobody
//! honest sends; what it says of who votes.

use crate::io::{Io, Source, Told, Topic, Txs};
use crate::peers::UNREADABLE;
use crate::questions::Question;
use crate::refused::Refused;
use crate::tests::alone::{Alone, PEER, told};
use crate::tests::sent::grow_to;
use crate::wire::{Answer, Kind, Want, pack};
use crate::{Event, halt::Halt};
use weft_consensus::trust::Awaited;
use weft_ledger::state::{Key, Read};
use weft_types::check::{BlockError, TxError, check_txs, seal_block};
use weft_types::genesis::GenesisAccount;
use weft_types::key::derive_test_key;
use weft_types::rules::TEST_WIDER;
use weft_types::{
    Call, Canonical, ChainTag, Evidence, Genesis, Hash, Header, Height, Millis, Nonce, PublicKey,
    Rao, Round, RulesId, SecretKey, Share, Slot, TxBody, Work,
};

const MESSAGE: [u8; 20] = [5; 20];

fn says(topic: Topic, data: Vec<u8>) -> Event {
    Event::Said { from: PEER, topic, message: MESSAGE, data }
}

fn list(errors: Vec<TxError>) -> Event {
    let source = Source::Peer { from: PEER, message: MESSAGE, bytes: 100 };
    Event::Txs { source, checked: Ok(errors.into_iter().map(Err).collect()) }
}

fn block(version: u16) -> weft_types::Block {
    let key = derive_test_key("strange", "proposer");
    let header = Header {
        version,
        signal: RulesId::NONE,
        slot: Slot(1),
        round: Round(1),
        height: Height(1),
        parent: Hash::ZERO,
        proposer: key.public(),
        txs_root: Hash::ZERO,
        proof_root: Hash::ZERO,
        state_root: Hash::ZERO,
        work: Work(0),
    };
    seal_block(header, (&key, &Hash::ZERO), vec![], None, vec![]).block().clone()
}

/// A5
#[test]
fn r21_what_can_not_be_decoded_costs_its_bytes_and_bans_nobody() {
    let mut node = Alone::new();
    let strange = [
        (Topic::Shares, pack(Kind::Share, &[0xff; 50])),
        (Topic::Headers, pack(Kind::Header, &[9, 0, 0xff])),
        (Topic::Headers, pack(Kind::Header, &block(2).signed.to_bytes())),
        (Topic::Headers, vec![99; 70]),
    ];
    let mut sum = 0;
    for (topic, data) in strange {
        sum += data.len() as u64;
        assert_eq!(told(&node.step(says(topic, data))), ["Ignore"], "{topic:?}");
        assert_eq!(node.charged, sum, "{topic:?}");
    }
    let source = Source::Peer { from: PEER, message: MESSAGE, bytes: 100 };
    let checked = Err(Share::from_bytes(&[]).unwrap_err());
    assert_eq!(told(&node.step(Event::Txs { source, checked })), ["Ignore"]);
    assert_eq!(node.charged, sum + 100);
    let data = pack(Kind::Request, &[0xff; 20]);
    let list = node.step(Event::Asked { from: PEER, ticket: 3, data });
    assert_eq!(told(&list), ["answer false"]);
    let data = pack(Kind::Answer, &[0xff; 20]);
    assert!(told(&node.step(Event::Answered { from: PEER, ask: 3, data })).is_empty());
    assert_eq!(node.charged, sum + 144);
    // What says a version that we know and is not one is no newer program's.
    let list = node.step(says(Topic::Headers, pack(Kind::Header, &[1, 0, 0xff])));
    assert_eq!(told(&list), ["Reject", "punish"]);
}

/// A5
#[test]
fn r21_a_transaction_that_fails_by_numbers_bans_nobody_and_a_forged_one_does() {
    let mut node = Alone::new();
    let (have, need) = (Rao(1), Rao(2));
    let numbers = [
        TxError::FeeTooLow { have, need, bytes: 3 },
        TxError::BatchSize { got: 100, limit: 64 },
        TxError::TooLarge { got: 2, limit: 1 },
    ];
    for error in numbers {
        assert_eq!(told(&node.step(list(vec![error]))), ["Ignore"]);
    }
    assert_eq!(node.charged, 300);
    let signer = PublicKey([1; 32]);
    for forged in [TxError::BadSignature { signer }, TxError::BadEvidence { offender: signer }] {
        let few = TxError::FeeTooLow { have, need, bytes: 3 };
        assert_eq!(told(&node.step(list(vec![few, forged]))), ["Reject", "punish"]);
    }
    assert_eq!(node.charged, 300);
}

/// A5
#[test]
fn r21_a_body_of_a_version_that_we_do_not_run_is_charged_and_never_checked() {
    let mut node = Alone::new();
    let want = Want::Block(Hash::ZERO);
    let body = block(2).to_bytes();
    let now = node.now;
    let ask = node.engine.asks.begin(PEER, Question::Blocks(want), now).expect("its place is free");
    let data = pack(Kind::Answer, &Answer::Blocks(vec![body.clone()]).to_bytes());
    let list = node.step(Event::Answered { from: PEER, ask, data });
    assert_eq!(node.charged, body.len() as u64);
    assert!(!list.iter().any(|io| matches!(io, Io::CheckBodies { .. })), "{list:?}");
    assert_eq!(
        node.engine.asks.begin(PEER, Question::Blocks(want), now),
        Some(ask + 1),
        "it is through"
    );
    // One of rules that we know and have not come to, which fails by our numbers.
    let why = BlockError::TooLarge { got: 9, limit: 8 };
    let (from, hash, checked) = (PEER, Hash::ZERO, Err(why));
    let list = node.step(Event::Body { from, hash, version: 2, bytes: 7, checked });
    assert_eq!(node.charged, body.len() as u64 + 7);
    assert!(told(&list).is_empty());
}

/// A5
#[test]
fn r21_a_peer_that_sends_too_much_that_can_not_be_read_is_disconnected_by_name_not_banned() {
    let mut node = Alone::new();
    let half = usize::try_from(UNREADABLE / 2).unwrap();
    let source = Source::Peer { from: PEER, message: MESSAGE, bytes: half };
    for _ in 0..2 {
        let checked = Err(Share::from_bytes(&[]).unwrap_err());
        assert_eq!(told(&node.step(Event::Txs { source, checked })), ["Ignore"], "so many may be");
    }
    let said = told(&node.step(says(Topic::Shares, vec![99; 10])));
    let [_, disconnect] = &said[..] else { panic!("{said:?}") };
    assert!(disconnect.contains(&(UNREADABLE + 10).to_string()), "{disconnect}");
}

/// A8
#[test]
fn the_shell_hears_who_votes_when_that_changes_and_once() {
    let mut node = Alone::new();
    let voters = |list: &[Io]| list.iter().filter(|io| matches!(io, Io::Voters(_))).count();
    let mut told = 0;
    for _ in 0..4 {
        node.now = Millis(node.now.0 + 1_000);
        told += voters(&node.step(Event::Tick));
    }
    assert!(told <= 1, "once: {told}");
    assert!(node.engine.votes(&node.engine.voter().unwrap()));
}

/// What is refused can't be brought again for two minutes, by whomever. So who has left, or
/// was sent away, must not be able to take a share or a transaction along.
#[test]
fn what_a_peer_sent_before_it_left_is_judged_by_what_it_says_and_not_lost() {
    let mut node = Alone::new();
    node.step(Event::PeerDown { peer: PEER });
    let txs = pack(Kind::Transactions, &Vec::<weft_types::Tx>::new().to_bytes());
    let list = node.step(says(Topic::Transactions, txs));
    assert!(list.iter().any(|io| matches!(io, Io::CheckTxs { .. })), "{list:?}");
    let checkpoint = |round, hash| weft_types::Checkpoint { round: Round(round), hash };
    let vote = weft_types::Vote {
        voter: node.engine.voter().unwrap(),
        source: checkpoint(0, node.engine.core().head_hash()),
        target: checkpoint(1, Hash([3; 32])),
        items: Hash::ZERO,
    };
    let signed = weft_types::SignedVote { vote, signature: weft_types::Signature([1; 64]) };
    let share = Share { signed, items: Vec::new() };
    let list = node.step(says(Topic::Shares, pack(Kind::Share, &share.to_bytes())));
    assert_eq!(told(&list), ["Reject"]);
    // Nobody is there to be asked for the body.
    let header = pack(Kind::Header, &block(1).signed.to_bytes());
    assert_eq!(told(&node.step(says(Topic::Headers, header))), ["Ignore"]);
}

/// Two headers of one slot, which anyone may report.
fn headers(key: &SecretKey, genesis: &Genesis) -> Evidence {
    headers_of(Slot(0), key, genesis)
}

fn headers_of(slot: Slot, key: &SecretKey, genesis: &Genesis) -> Evidence {
    let header = |work| {
        let (proposer, work) = (key.public(), Work(work));
        let header = Header { proposer, work, slot, ..genesis.header(Hash::ZERO) };
        Box::new(header.sign(key, &genesis.chain_id()))
    };
    Evidence::Headers(header(1), header(2))
}

/// A7: anyone can sign offences by keys of its own, and each costs three signatures to check.
#[test]
fn r17_evidence_of_keys_that_never_voted_costs_its_bytes_and_is_not_passed_on() {
    let mut node = Alone::new();
    let chain = node.genesis.chain_id();
    let (stranger, sender) = (derive_test_key("strange", "a"), derive_test_key("strange", "b"));
    let evidence = headers(&stranger, &node.genesis);
    let body = node.engine.free_call(sender.public(), Call::ReportEvidence { evidence });
    let (widest, txs) = (node.genesis.widest(), vec![body.sign(&sender, &chain)]);
    let checked = check_txs(txs, (&widest, &chain), &(), &mut crate::tests::alone::dice());
    assert!(checked[0].is_ok(), "it is well signed");
    let source = Source::Peer { from: PEER, message: MESSAGE, bytes: 100 };
    let list = node.step(Event::Txs { source, checked: Ok(checked) });
    assert_eq!((told(&list), node.charged), (vec!["Ignore".to_owned()], 100));
}

/// A5: what was checked by the widest numbers of all rules is held against those that run.
#[test]
fn r21_a_transaction_that_only_later_rules_allow_is_refused_by_its_own_error_and_does_not_wait() {
    let sender = derive_test_key("strange", "payer");
    let mut node = Alone::with(1, None, |genesis| {
        genesis.rules.test = vec![RulesId::of(TEST_WIDER)];
        let free = Rao(1_000_000_000);
        genesis.accounts.push(GenesisAccount { key: sender.public(), free });
    });
    let (chain, widest) = (node.genesis.chain_id(), node.genesis.widest());
    let call = Call::Transfer { to: sender.public(), amount: Rao(1), open: false };
    let mut body = TxBody {
        chain: ChainTag::of(&chain),
        signer: sender.public(),
        nonce: Nonce(0),
        fee: Rao(0),
        valid_until: None,
        call,
    };
    let bytes = u32::try_from(body.clone().sign(&sender, &chain).to_bytes().len()).unwrap();
    // A byte more than there are, since the fee has bytes too.
    body.fee = widest.min_fee(bytes + 8, 1);
    assert!(body.fee < node.genesis.params.min_fee(bytes, 1));
    let txs = vec![body.sign(&sender, &chain)];
    let checked = check_txs(txs, (&widest, &chain), &(), &mut crate::tests::alone::dice());
    let id = *checked[0].as_ref().expect("by the widest numbers it is good").id();
    let list = node.step(Event::Txs { source: Source::Client(7), checked: Ok(checked) });
    let told = list.iter().find_map(|io| match io {
        Io::Tell { client: 7, told: Told::Submitted(all) } => all.first(),
        _ => None,
    });
    assert!(matches!(told, Some(Err(Refused::Tx(TxError::FeeTooLow { .. })))), "{told:?}");
    assert!(node.engine.pool().get(&id).is_none());
}

/// A2: while a block is awaited the past may be forged: no report is signed on it. A planted
/// bug that this finds: only rules that are not known stopped that.
#[test]
fn r16_while_a_block_is_awaited_a_voter_signs_no_report() {
    let ahead = Awaited { height: Height(100_000), hash: Hash([7; 32]) };
    for (awaited, sent) in [(Some(ahead), 0), (None, 1)] {
        let mut node = Alone::of(2, awaited);
        let other = derive_test_key("alone", "1");
        node.engine.reports.add(headers(&other, &node.genesis));
        node.now = Millis(node.now.0 + 1_000);
        let list = node.step(Event::Tick);
        let is_report = |tx: &weft_types::Tx| matches!(tx.body.call, Call::ReportEvidence { .. });
        let reports = list.iter().filter(|io| match io {
            Io::CheckTxs { txs: Txs::Decoded(txs), .. } => txs.iter().any(is_report),
            _ => false,
        });
        assert_eq!(reports.count(), sent, "sent while it awaits or not");
    }
}

/// A2
#[test]
fn r16_a_process_that_stood_still_for_longer_than_the_window_stops_by_name() {
    let mut node = Alone::new();
    let window = weft_consensus::trust::window(&node.genesis.params);
    node.now = Millis(node.now.0 + node.genesis.params.slot_ms * (window + 10));
    let list = node.step(Event::Tick);
    assert!(matches!(&list[..], [Io::Halt(Halt::Untrusted(_))]), "{list:?}");
}

/// R17. A planted bug that this finds: a clean stop that writes its checkpoint only.
#[test]
fn r17_what_waits_to_be_reported_is_written_at_a_clean_stop() {
    let mut node = Alone::new();
    let evidence = headers(&derive_test_key("strange", "offender"), &node.genesis);
    node.engine.reports.add(evidence.clone());
    let list = node.engine.stop(node.now);
    assert!(matches!(list.first(), Some(Io::Offences(kept)) if kept.0 == [evidence]), "{list:?}");
}

/// R17: two voters of half the power each, one of whom is silent, make blocks and nothing final.
/// Planted bugs that this finds: a report forgotten when the state of the head knows the offence,
/// and one forgotten because the final state is behind the offence.
#[test]
fn r17_a_report_that_only_the_head_has_run_waits_until_it_is_final() {
    for slot in [0, 5] {
        let mut node = Alone::of(2, None);
        let key = derive_test_key("alone", "1");
        node.engine.reports.add(headers_of(Slot(slot), &key, &node.genesis));
        grow_to(&mut node, 20);
        let core = node.engine.core();
        assert_eq!(core.finalized().0.height, Height(0));
        let view = core.executor().view(&core.head_hash()).unwrap();
        assert!(view.get(&Key::Offender(key.public())).is_some(), "the head has run it");
        assert_eq!(node.engine.reports.count(), 1, "that of slot {slot} is kept");
    }
}

/// R17: a voter that was elected above the last final block has no power there yet. A planted bug
/// that this finds: whatever the final state refuses is forgotten.
#[test]
fn r17_a_report_waits_while_the_final_state_is_below_the_offence_and_knows_no_such_voter() {
    for (slot, kept) in [(0, 0), (5, 1)] {
        let mut node = Alone::of(2, None);
        let elected = derive_test_key("strange", "elected");
        node.engine.reports.add(headers_of(Slot(slot), &elected, &node.genesis));
        grow_to(&mut node, 20);
        assert_eq!(node.engine.core().finalized().0.slot, Slot(0));
        assert_eq!(node.engine.reports.count(), kept, "of slot {slot}");
    }
}
