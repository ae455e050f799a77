//! Reads: what people and programs are told of a state.

use crate::world::{FEE, NET, STAKE, START, World, cold, hot, tao};
use weft_ledger::query;
use weft_types::{Call, Height, Netuid, Nonce, Rao, Uid};

#[test]
fn an_account_says_its_coins_and_its_next_nonce() {
    let mut world = World::new();
    let tx = world.transfer(1, 2, tao(1));
    world.block(&[tx]);
    let account = query::account(&world.state, &cold(1));
    assert_eq!((account.free.0, account.nonce), (START.0 - FEE.0 - tao(1).0, Nonce(1)));
    let none = query::account(&world.state, &cold(30));
    assert_eq!((none.free, none.nonce), (Rao(0), Nonce(0)));
}

#[test]
fn the_supply_in_json_holds_amounts_as_decimal_strings() {
    let mut world = World::new();
    world.run_to(3);
    let supply = serde_json::to_value(query::supply(&world.state).unwrap()).unwrap();
    assert_eq!(supply["pending"], "3000000000");
    assert_eq!(supply["block_emission"], "1000000000");
    assert_eq!(supply["issued"], (6 * START.0 + 2 * STAKE.0 + tao(3).0).to_string());
    assert_eq!(supply["halving"], 0);
}

#[test]
fn a_subnet_says_its_clock_and_the_price_of_the_next_block() {
    let mut world = World::new();
    world.run_to(12);
    let net = query::subnet(&world.state, NET).unwrap();
    assert_eq!((net.neurons, net.tempo, net.epochs), (4, 10, 1));
    assert_eq!((net.last_epoch, net.next_epoch), (Height(10), Height(20)));
    let announced = net.burn;
    let tx = world.tx(4, world.register(4));
    let before = world.supply().recycled;
    assert_eq!(world.run(tx), Ok(()));
    assert_eq!(world.supply().recycled.0 - before.0, announced.0);
    assert_eq!(query::subnet(&world.state, Netuid(9)), None);
    assert_eq!(query::subnets(&world.state).len(), 1);
}

#[test]
fn the_metagraph_lists_every_uid_with_its_keys_and_stake() {
    let world = World::new();
    let neurons = query::metagraph(&world.state, NET).unwrap();
    assert_eq!(neurons.len(), 4);
    for (n, neuron) in (0..).zip(&neurons) {
        assert_eq!((neuron.uid, neuron.hotkey, neuron.coldkey), (Uid(n), hot(n), cold(n)));
        assert_eq!((neuron.stake == STAKE, neuron.permit), (n < 2, n < 2));
    }
    assert_eq!(query::metagraph(&world.state, Netuid(9)), None);
    assert_eq!(query::rows(&world.state, NET), []);
}

#[test]
fn a_receipt_in_json_says_what_was_paid_and_what_went_wrong() {
    let mut world = World::new();
    let (deposit, plain) =
        (world.deposit(), Call::Transfer { to: cold(9), amount: Rao(1), open: false });
    let txs = [world.transfer(1, 2, tao(1)), world.tx(2, plain)];
    let receipts = serde_json::to_value(world.block(&txs)).unwrap();
    assert_eq!(receipts["txs"][0]["fee"], FEE.0.to_string());
    assert!(receipts["txs"][0]["error"].is_null());
    assert_eq!(receipts["txs"][1]["error"]["name"], "AccountNotOpen");
    let message = receipts["txs"][1]["error"]["message"].as_str().unwrap();
    assert!(message.contains(&format!("{deposit:#} TAO on top")), "{message}");
    assert_eq!(receipts["emission"], "1000000000");
}

#[test]
fn a_hotkey_says_its_owner_take_and_stake() {
    let world = World::new();
    let hotkey = query::hotkey(&world.state, &hot(1)).unwrap();
    assert_eq!((hotkey.coldkey, hotkey.take, hotkey.stake), (cold(1), 11_796, STAKE));
    assert_eq!(query::hotkey(&world.state, &hot(30)), None);
    assert_eq!(query::stake(&world.state, &hot(30), &cold(1)), Rao(0));
}
