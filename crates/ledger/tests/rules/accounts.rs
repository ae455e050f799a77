//! Accounts: transfers, fees, nonces, and what opens an account.

use crate::world::{FEE, START, World, cold, hot, tao};
use weft_ledger::query;
use weft_ledger::rules::{Breach, CallError, Offer};
use weft_types::room;
use weft_types::share::items_bytes;
use weft_types::{Call, Canonical as _, Height, Item, Nonce, Rao, WeightRow};

#[test]
fn a_transfer_moves_the_amount_and_pays_the_proposers_coldkey() {
    let mut world = World::new();
    let tx = world.transfer(1, 2, tao(5));
    let receipts = world.block(std::slice::from_ref(&tx));
    assert_eq!(receipts.txs[0].id, tx.body.id());
    assert_eq!((receipts.txs[0].fee, &receipts.txs[0].result), (FEE, &Ok(())));
    assert_eq!(world.free(1).0, START.0 - tao(5).0 - FEE.0);
    assert_eq!(world.free(2).0, START.0 + tao(5).0);
    assert_eq!(world.free(0).0, START.0 + world.earned(&tx).0);
}

#[test]
fn a_call_that_fails_pays_its_fee_counts_its_nonce_and_says_why() {
    let mut world = World::new();
    let have = Rao(START.0 - FEE.0);
    let tx = world.transfer(1, 2, START);
    assert_eq!(world.run(tx), Err(CallError::NotEnoughBalance { have, need: START }));
    assert_eq!(world.free(1), have);
    assert_eq!(world.free(2), START);
    assert_eq!(query::account(&world.state, &cold(1)).nonce, Nonce(1));
}

#[test]
fn a_transfer_of_nothing_fails_by_name() {
    let mut world = World::new();
    let tx = world.transfer(1, 2, Rao(0));
    assert_eq!(world.run(tx), Err(CallError::AmountZero));
}

#[test]
fn a_transfer_to_oneself_costs_the_fee_alone() {
    let mut world = World::new();
    let tx = world.transfer(1, 1, tao(7));
    assert_eq!(world.run(tx), Ok(()));
    assert_eq!(world.free(1).0, START.0 - FEE.0);
}

#[test]
fn an_account_that_signed_and_spent_everything_keeps_its_nonce() {
    let mut world = World::new();
    let all = Rao(START.0 - FEE.0);
    let tx = world.transfer(1, 2, all);
    assert_eq!(world.run(tx.clone()), Ok(()));
    assert_eq!(world.free(1), Rao(0));
    let back = world.transfer(2, 1, tao(3));
    assert_eq!(world.run(back), Ok(()));
    let breach = world.refused(tx.clone());
    let (id, got, want) = (tx.body.id(), Nonce(0), Nonce(1));
    assert_eq!(breach, Breach::WrongNonce { id, got, want }, "it can't be replayed");
}

#[test]
fn a_nonce_with_a_gap_makes_a_block_invalid_and_is_left_out_of_a_draft() {
    let mut world = World::new();
    let call = |world: &World, ahead| {
        world.tx_later(1, ahead, Call::Transfer { to: cold(2), amount: tao(1), open: true })
    };
    let late = call(&world, 1);
    let (id, got, want) = (late.body.id(), Nonce(1), Nonce(0));
    assert_eq!(world.refused(late), Breach::WrongNonce { id, got, want });
    let txs = [call(&world, 0), call(&world, 2), call(&world, 1)];
    let (receipts, kept) = world.assemble(&txs);
    assert_eq!(kept, [0, 2]);
    assert_eq!(receipts.txs.len(), 2);
}

#[test]
fn a_signer_that_cannot_pay_the_fee_makes_a_block_invalid() {
    let mut world = World::new();
    let tx = world.transfer(9, 1, Rao(1));
    let (id, have) = (tx.body.id(), Rao(0));
    assert_eq!(world.refused(tx), Breach::CannotPay { id, have, need: FEE });
}

#[test]
fn a_transaction_is_good_up_to_its_last_height_and_not_beyond() {
    let mut world = World::new();
    let mut tx = world.transfer(1, 2, tao(1));
    tx.body.valid_until = Some(Height(2));
    world.run_to(2);
    let (id, until, height) = (tx.body.id(), Height(2), Height(3));
    assert_eq!(world.refused(tx), Breach::Expired { id, until, height });
    let mut tx = world.transfer(1, 2, tao(1));
    tx.body.valid_until = Some(Height(3));
    assert_eq!(world.run(tx), Ok(()));
}

#[test]
fn a_block_that_is_no_child_of_the_state_is_refused() {
    let mut world = World::new();
    world.height = 1;
    let breach = world.try_block(&[], &[]).unwrap_err();
    assert_eq!(breach, Breach::WrongHeight { got: Height(2), want: Height(1) });
}

// R19
#[test]
fn a_block_holds_no_more_calls_than_it_may() {
    let calls = room::least_free().0;
    let mut world = World::with(|genesis| genesis.params.limits.block_calls = calls);
    let call = || Call::Transfer { to: cold(0), amount: Rao(1), open: false };
    let txs: Vec<_> = (0..400).map(|ahead| world.tx_later(1, ahead, call())).collect();
    assert_eq!(world.assemble(&txs).1.len(), 384);
}

// R19
#[test]
fn a_block_holds_no_more_bytes_of_free_calls_than_it_may() {
    let bytes = room::least_free().1;
    let world = World::with(|genesis| genesis.params.limits.free_bytes = bytes);
    let row = |n| world.free_call(n, Call::SetWeights { row: world.row(&[(2, 1), (3, 1)]) });
    let txs = [row(0), row(1), world.transfer(1, 2, tao(1))];
    // As if a row were so large; what is signed with a free call counts.
    let sized = |first, second| {
        let sizes = [first, second, 300_000];
        let offers = txs.iter().zip(sizes).map(|(tx, bytes)| Offer { bytes, ..tx.into() });
        world.draft_of(offers.collect()).1
    };
    let half = bytes / 2 - 64;
    assert_eq!(sized(half, half), [0, 1, 2]);
    assert_eq!(sized(half, half + 1), [0, 2], "the second row waits, paying calls do not count");
}

/// A6: room for header and votes of both sets and of a catch-up proof is kept whatever the
/// block carries, and what the shares that it carries hold.
#[test]
fn r19_a_block_that_is_full_has_room_for_the_fullest_proofs() {
    let mut world = World::with(|genesis| {
        let params = &mut genesis.params;
        params.max_voters = 8;
        params.limits.block_bytes = u32::try_from(room::least_block(params)).unwrap();
    });
    let limits = world.genesis.params.limits.clone();
    let call = Call::Transfer { to: cold(1), amount: Rao(1), open: false };
    let txs: Vec<_> = (0..2_600).map(|later| world.tx_later(0, later, call.clone())).collect();
    let one = txs[0].to_bytes().len();
    let row = |n: u16| {
        let uids = (0..n).map(weft_types::Uid).collect();
        Item::Row(WeightRow { uids, values: vec![1; n.into()], ..world.row(&[(1, 1)]) })
    };
    let items = vec![row(960)];
    let size = items_bytes(&items);
    assert!(size <= limits.share_bytes as usize && size > 3_800, "{size}");
    let carried: Vec<_> = (0..4).map(|n| (hot(n), items.clone())).collect();
    for shares in [0, 4] {
        let kept = world.kept(&carried[..shares], &txs).len();
        let held = shares * size + kept * one;
        let room = limits.block_bytes as usize - 1_024 - 8 * 2 * 2 * 208;
        assert!(held <= room && room - held < one, "{shares} shares: {held} of {room}");
    }
    world.block(&[]);
}
