//! The checks of a block: whatever is changed has an error of its own.

use crate::sample::*;
use weft_types::check::{
    BlockError, Known, ShareError, TxError, check_block, seal_block, seals_of, shares_of,
};
use weft_types::*;

fn check(block: Block) -> Result<CheckedBlock, BlockError> {
    check_with(block, &params())
}

fn check_with(block: Block, params: &Params) -> Result<CheckedBlock, BlockError> {
    check_block(block, (params, &CHAIN), &(), &mut rng())
}

fn refusal(change: impl Fn(&mut Block)) -> BlockError {
    let mut changed = block();
    change(&mut changed);
    check(changed).unwrap_err()
}

#[test]
fn a_good_block_is_checked_and_says_what_it_holds() {
    let checked = check(block()).unwrap();
    assert_eq!(checked.block(), &block());
    assert_eq!(checked.hash(), block().hash());
    assert_eq!(usize::try_from(checked.bytes()).unwrap(), block().to_bytes().len());
    let ids: Vec<_> = txs().iter().map(|tx| tx.body.id()).collect();
    assert_eq!(checked.tx_ids(), ids);
    let seals: Vec<_> = proof().iter().map(|s| s.signed.seal()).collect();
    assert_eq!(shares_of(&checked).iter().map(|s| *s.seal()).collect::<Vec<_>>(), seals);
    let again = check_tx_list();
    let sizes: Vec<_> = again.iter().map(CheckedTx::bytes).collect();
    assert_eq!(checked.tx_bytes(), sizes);
    let seals: Vec<_> = again.iter().map(|tx| *tx.seal()).collect();
    assert_eq!(seals_of(&checked).collect::<Vec<_>>(), seals);
}

fn check_tx_list() -> Vec<CheckedTx> {
    let checked = weft_types::check::check_txs(txs(), (&params(), &CHAIN), &(), &mut rng());
    checked.into_iter().map(Result::unwrap).collect()
}

#[test]
fn a_block_sealed_here_passes_the_check_of_others() {
    let header = block().header().clone();
    let shares = shares_of(&check(block()).unwrap());
    let by = (&key(60), &CHAIN);
    let sealed = seal_block(header, by, shares, Some(catch_up()), check_tx_list());
    assert_eq!(check(sealed.block().clone()), Ok(sealed));
}

#[test]
fn a_header_is_bound_field_by_field() {
    let changes: [fn(&mut Header); 6] = [
        |h| h.slot.0 += 1,
        |h| h.round.0 += 1,
        |h| h.height.0 += 1,
        |h| h.parent.0[0] ^= 1,
        |h| h.state_root.0[0] ^= 1,
        |h| h.work.0 += 1,
    ];
    for change in changes {
        let refused = refusal(|b| change(&mut b.signed.header));
        assert!(matches!(refused, BlockError::BadSignature { .. }), "{refused}");
    }
    let other = key(61).public();
    let refused = refusal(|b| b.signed.header.proposer = other);
    assert_eq!(refused, BlockError::BadSignature { proposer: other });
    let refused = refusal(|b| b.signed.header.version = 2);
    assert!(matches!(refused, BlockError::BadSignature { .. }), "the version is judged by state");
    let refused = refusal(|b| b.signed.header.txs_root.0[0] ^= 1);
    assert!(matches!(refused, BlockError::TxsRoot { .. }));
    let refused = refusal(|b| b.signed.header.proof_root.0[0] ^= 1);
    assert!(matches!(refused, BlockError::ProofRoot { .. }));
    let refused = refusal(|b| b.signed.signature.0[0] ^= 1);
    assert!(matches!(refused, BlockError::BadSignature { .. }));
}

#[test]
fn transactions_are_bound_with_their_order_and_signatures() {
    let changes: [fn(&mut Block); 4] = [
        |b| drop(b.txs.pop()),
        |b| b.txs.swap(0, 1),
        |b| b.txs.push(transfer(3, 0)),
        |b| b.txs[0].signature.0[0] ^= 1,
    ];
    for change in changes {
        assert!(matches!(refusal(change), BlockError::TxsRoot { .. }));
    }
}

#[test]
fn proofs_are_bound_with_their_votes_and_signatures() {
    let changes: [fn(&mut Block); 6] = [
        |b| drop(b.proof.pop()),
        |b| b.proof[0].signed.vote.source.round.0 += 1,
        |b| b.proof[0].signed.signature.0[0] ^= 1,
        |b| b.catch_up = None,
        |b| b.catch_up.iter_mut().for_each(|c| c.votes.truncate(2)),
        |b| b.catch_up.iter_mut().for_each(|c| c.target.hash.0[0] ^= 1),
    ];
    for change in changes {
        assert!(matches!(refusal(change), BlockError::ProofRoot { .. }));
    }
}

#[test]
fn the_voters_of_a_proof_are_strictly_ascending() {
    let swapped = refusal(|b| b.proof.swap(0, 1));
    assert!(matches!(swapped, BlockError::ProofOrder { .. }));
    let twice = refusal(|b| b.proof[1] = b.proof[0].clone());
    assert_eq!(twice, BlockError::ProofOrder { voter: voters()[0].public() });
    let late = refusal(|b| b.catch_up.iter_mut().for_each(|c| c.votes.swap(1, 2)));
    assert!(matches!(late, BlockError::ProofOrder { .. }));
}

#[test]
fn a_proposer_can_not_sign_for_a_voter() {
    let mut forged = proof();
    forged[1].signed.signature.0[3] ^= 1;
    let refused = check(block_of(forged, None, vec![])).unwrap_err();
    let voter = voters()[1].public();
    assert_eq!(refused, BlockError::Share(ShareError::BadSignature { voter }));
    let mut late = catch_up();
    late.votes[2].signature.0[3] ^= 1;
    let refused = check(block_of(proof(), Some(late), vec![])).unwrap_err();
    assert_eq!(refused, BlockError::CatchUpSignature { voter: voters()[2].public() });
}

#[test]
fn items_are_those_that_were_voted_on() {
    let refused = refusal(|b| b.proof[2].items.clear());
    assert!(matches!(refused, BlockError::Share(ShareError::BadDigest { .. })));
    let large = share(&voters()[0], checkpoint(5), vec![Item::Row(row()); 200]);
    let refused = check(block_of(vec![large], None, vec![])).unwrap_err();
    assert!(matches!(refused, BlockError::Share(ShareError::TooLarge { .. })));
}

#[test]
fn a_bad_transaction_is_named_by_its_place() {
    let mut forged = txs();
    forged[2].signature.0[0] ^= 1;
    let refused = check(block_of(vec![], None, forged)).unwrap_err();
    let signer = key(1).public();
    let error = TxError::BadSignature { signer };
    assert_eq!(refused, BlockError::Tx { index: 2, error });
    let cheap = body(1, 0, 1, transfer(1, 0).body.call).sign(&key(1), &CHAIN);
    let refused = check(block_of(vec![], None, vec![transfer(3, 0), cheap])).unwrap_err();
    assert!(matches!(refused, BlockError::Tx { index: 1, error: TxError::FeeTooLow { .. } }));
}

#[test]
fn a_block_is_no_larger_than_it_may_be() {
    let bytes = u32::try_from(block().to_bytes().len()).unwrap();
    let with = |change: fn(&mut Limits, u32)| {
        let mut params = params();
        change(&mut params.limits, bytes);
        check_with(block(), &params)
    };
    assert!(with(|l, bytes| l.block_bytes = bytes).is_ok());
    let large = with(|l, bytes| l.block_bytes = bytes - 1);
    assert!(matches!(large, Err(BlockError::TooLarge { .. })));
    assert!(with(|l, _| l.block_calls = 18).is_ok());
    let calls = with(|l, _| l.block_calls = 17);
    assert_eq!(calls, Err(BlockError::TooManyCalls { got: 18, limit: 17 }));
    let free = with(|l, _| l.free_bytes = 150);
    assert!(matches!(free, Err(BlockError::TooManyFreeBytes { limit: 150, .. })));
}

#[test]
fn free_bytes_are_counted_as_the_encoding_counts_them() {
    let free = txs().into_iter().filter(|tx| tx.body.call.is_free());
    let bytes = u32::try_from(free.map(|tx| tx.to_bytes().len()).sum::<usize>()).unwrap();
    let with = |free_bytes| {
        let mut params = params();
        params.limits.free_bytes = free_bytes;
        check_with(block(), &params)
    };
    assert!(with(bytes).is_ok());
    assert!(matches!(with(bytes - 1), Err(BlockError::TooManyFreeBytes { .. })));
}

/// Says that it knows every seal but one.
struct AllBut(Hash);

impl Known for AllBut {
    fn knows(&self, seal: &Hash) -> bool {
        self.0 != *seal
    }
}

#[test]
fn what_is_known_is_not_verified_again_and_only_that() {
    let with = |block: Block, unknown| {
        check_block(block, (&params(), &CHAIN), &AllBut(unknown), &mut rng())
    };
    let none = Hash([0; 32]);
    let mut forged = txs();
    forged[0].signature.0[0] ^= 1;
    assert!(with(block_of(proof(), None, forged), none).is_ok());
    let mut unsigned = block();
    unsigned.signed.signature.0[0] ^= 1;
    let seal = unsigned.signed.seal();
    assert!(with(unsigned.clone(), none).is_ok());
    assert!(matches!(with(unsigned, seal), Err(BlockError::BadSignature { .. })));
}
