//! The checks of transactions and shares, each with its own error.

use crate::sample::*;
use weft_types::check::{Known, ShareError, TxError, check_share, check_txs};
use weft_types::*;

fn check(tx: Tx) -> Result<CheckedTx, TxError> {
    check_txs(vec![tx], (&params(), &CHAIN), &(), &mut rng()).remove(0)
}

#[test]
fn good_transactions_keep_their_order_and_names() {
    let checked = check_txs(txs(), (&params(), &CHAIN), &(), &mut rng());
    for (tx, checked) in txs().into_iter().zip(checked) {
        let checked = checked.unwrap();
        assert_eq!((checked.tx(), *checked.id()), (&tx, tx.body.id()));
        assert_eq!(usize::try_from(checked.bytes()).unwrap(), tx.to_bytes().len());
    }
}

#[test]
fn one_bad_signature_among_many_is_found_and_spoils_no_other() {
    let mut list = [txs(), txs(), txs()].concat();
    list[7].signature.0[40] ^= 1;
    let verdicts = check_txs(list, (&params(), &CHAIN), &(), &mut rng());
    for (at, verdict) in verdicts.iter().enumerate() {
        match at {
            7 => assert!(matches!(verdict, Err(TxError::BadSignature { .. }))),
            _ => assert!(verdict.is_ok()),
        }
    }
}

#[test]
fn a_transaction_for_another_chain_is_refused() {
    let other = ChainTag([1; 4]);
    let call = transfer(1, 0).body.call;
    let tx = TxBody { chain: other, ..body(1, 0, 9_000, call) }.sign(&key(1), &CHAIN);
    let want = ChainTag::of(&CHAIN);
    assert_eq!(check(tx), Err(TxError::OtherChain { got: other, want }));
    // R1: the whole id is signed, also where the tags are alike.
    let mut alike = CHAIN;
    alike.0[31] ^= 1;
    let tx = transfer(1, 0).body.sign(&key(1), &alike);
    assert!(matches!(check(tx), Err(TxError::BadSignature { .. })));
}

#[test]
fn the_least_fee_is_taken_and_a_rao_less_is_not() {
    let call = transfer(1, 0).body.call;
    let need = params().min_fee(check(transfer(1, 0)).unwrap().bytes(), 1);
    let pays = |fee| check(body(1, 0, fee, call.clone()).sign(&key(1), &CHAIN));
    assert!(pays(need.0).is_ok());
    assert!(matches!(pays(need.0 - 1), Err(TxError::FeeTooLow { need: n, .. }) if n == need));
}

#[test]
fn a_free_call_has_no_fee_and_no_nonce() {
    let call = || Call::SetWeights { row: row() };
    assert!(check(body(2, 0, 0, call()).sign(&key(2), &CHAIN)).is_ok());
    for (nonce, fee) in [(1, 0), (0, 1)] {
        let refused = check(body(2, nonce, fee, call()).sign(&key(2), &CHAIN));
        assert_eq!(refused, Err(TxError::FreeCallPays { call: "set_weights" }));
    }
}

#[test]
fn a_transaction_larger_than_one_may_be_is_refused() {
    let (uids, values) = ((0..9_000).map(Uid).collect(), vec![1; 9_000]);
    let call = Call::SetWeights { row: WeightRow { uids, values, ..row() } };
    let refused = check(body(2, 0, 0, call).sign(&key(2), &CHAIN));
    assert!(matches!(refused, Err(TxError::TooLarge { limit: 32_768, .. })));
}

/// A7
#[test]
fn r17_a_report_whose_evidence_is_not_signed_by_its_offender_is_refused_with_the_transaction() {
    let at = |n: u64| Checkpoint { round: Round(n), hash: Hash([7; 32]) };
    let vote = |by: u8, mark: u8| {
        let (voter, items) = (key(by).public(), Hash([mark; 32]));
        Vote { voter, source: at(1), target: at(2), items }.sign(&key(by), &CHAIN)
    };
    let (good, mut forged) = (vote(3, 1), vote(3, 2));
    let report = |a, b| {
        let evidence = Evidence::Votes(Box::new(a), Box::new(b));
        let call = Call::ReportEvidence { evidence };
        body(2, 0, 0, call).sign(&key(2), &CHAIN)
    };
    assert!(check(report(good, forged)).is_ok());
    forged.signature.0[0] ^= 1;
    let offender = key(3).public();
    assert_eq!(check(report(good, forged)), Err(TxError::BadEvidence { offender }));
}

#[test]
fn the_id_does_not_cover_the_signature_but_the_seal_does() {
    struct Trusting;
    impl Known for Trusting {
        fn knows(&self, _: &Hash) -> bool {
            true
        }
    }
    let mut other = transfer(1, 0);
    other.signature.0[0] ^= 1;
    let good = check(transfer(1, 0)).unwrap();
    let known = check_txs(vec![other], (&params(), &CHAIN), &Trusting, &mut rng());
    let known = known[0].as_ref().unwrap();
    assert_eq!(good.id(), known.id());
    assert_ne!(good.seal(), known.seal());
}

#[test]
fn a_share_is_refused_for_its_signature_digest_or_size() {
    let limits = params().limits;
    let good = proof().remove(0);
    let check = |share| check_share(share, &limits, &CHAIN, &());
    assert!(check(good.clone()).is_ok());
    let mut forged = good.clone();
    forged.signed.vote.target.round.0 += 1;
    assert!(matches!(check(forged), Err(ShareError::BadSignature { .. })));
    let swapped = Share { items: vec![], ..good.clone() };
    assert!(matches!(check(swapped), Err(ShareError::BadDigest { .. })));
    let many = vec![Item::Row(row()); 200];
    let large = share(&voters()[0], checkpoint(5), many);
    assert!(matches!(check(large), Err(ShareError::TooLarge { limit: 4_096, .. })));
}
