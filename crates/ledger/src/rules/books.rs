//! The books of a block under way: typed reading and writing, and the totals of all
//! money, which move only together with what they stand for.

use super::error::{CallError, Refusal};
use crate::state::value::{Account, Chain, Exit, Hotkey, Neuron, Subnet, Supply};
use crate::state::{Changes, Key, Read, Scratch, Value};
use weft_types::{Height, Netuid, Params, PublicKey, Rao, Uid};

/// a + b as an error of a call.
pub fn plus(a: Rao, b: Rao) -> Result<Rao, CallError> {
    a.checked_add(b).ok_or(CallError::OutOfRange)
}

/// a - b as an error of a call.
pub fn minus(a: Rao, b: Rao) -> Result<Rao, CallError> {
    a.checked_sub(b).ok_or(CallError::OutOfRange)
}

/// An account; one that does not exist is empty.
pub fn account(state: &(impl Read + ?Sized), key: &PublicKey) -> Account {
    match state.get(&Key::Account(*key)) {
        Some(Value::Account(account)) => account,
        _ => Account::default(),
    }
}

/// A hotkey.
pub fn hotkey(state: &(impl Read + ?Sized), key: &PublicKey) -> Option<Hotkey> {
    match state.get(&Key::Hotkey(*key))? {
        Value::Hotkey(hotkey) => Some(hotkey),
        _ => None,
    }
}

/// The shares of a coldkey in a hotkey's pool.
pub fn position(state: &(impl Read + ?Sized), hotkey: &PublicKey, coldkey: &PublicKey) -> u128 {
    match state.get(&Key::Position(*hotkey, *coldkey)) {
        Some(Value::Position(shares)) => shares,
        _ => 0,
    }
}

/// A subnet.
pub fn subnet(state: &(impl Read + ?Sized), netuid: Netuid) -> Option<Subnet> {
    match state.get(&Key::Subnet(netuid))? {
        Value::Subnet(subnet) => Some(*subnet),
        _ => None,
    }
}

/// Which subnets exist, ascending.
pub fn subnets(state: &(impl Read + ?Sized)) -> Vec<Netuid> {
    match state.get(&Key::Subnets) {
        Some(Value::Subnets(list)) => list,
        _ => Vec::new(),
    }
}

/// A neuron.
pub fn neuron(state: &(impl Read + ?Sized), netuid: Netuid, uid: Uid) -> Option<Neuron> {
    match state.get(&Key::Neuron(netuid, uid))? {
        Value::Neuron(neuron) => Some(neuron),
        _ => None,
    }
}

/// The uid of a hotkey.
pub fn seat(state: &(impl Read + ?Sized), netuid: Netuid, hotkey: &PublicKey) -> Option<Uid> {
    match state.get(&Key::Seat(netuid, *hotkey))? {
        Value::Seat(uid) => Some(uid),
        _ => None,
    }
}

/// A validator's row as stored; none when it never wrote one.
pub fn row(state: &(impl Read + ?Sized), netuid: Netuid, uid: Uid) -> Option<Vec<(Uid, u16)>> {
    match state.get(&Key::Row(netuid, uid))? {
        Value::Row(row) => Some(row),
        _ => None,
    }
}

/// A validator's bonds as stored.
pub fn bonds(state: &(impl Read + ?Sized), netuid: Netuid, uid: Uid) -> Option<Vec<(Uid, u16)>> {
    match state.get(&Key::Bonds(netuid, uid))? {
        Value::Bonds(row) => Some(row),
        _ => None,
    }
}

/// The totals of all money.
pub fn supply(state: &(impl Read + ?Sized)) -> Option<Supply> {
    match state.get(&Key::Supply)? {
        Value::Supply(supply) => Some(supply),
        _ => None,
    }
}

/// Where in the chain a state is.
pub fn chain(state: &(impl Read + ?Sized)) -> Option<Chain> {
    match state.get(&Key::Chain)? {
        Value::Chain(chain) => Some(*chain),
        _ => None,
    }
}

/// The books of a block.
pub struct Books<'a, R: Read> {
    /// The chain's numbers.
    pub params: &'a Params,
    /// The block's height.
    pub height: Height,
    /// Where the parent stood.
    pub parent: Chain,
    /// The totals so far.
    pub supply: Supply,
    /// Fees for the proposer so far; part of no account yet.
    pub fees: Rao,
    /// What was written so far.
    pub state: Scratch<'a, R>,
}

impl<R: Read> Read for Books<'_, R> {
    fn get(&self, key: &Key) -> Option<Value> {
        self.state.get(key)
    }
}

impl<'a, R: Read> Books<'a, R> {
    /// Opens the books on a parent's state.
    pub fn open(params: &'a Params, parent: &'a R, height: Height) -> Result<Self, Refusal> {
        let supply = supply(parent).ok_or(Refusal::StateIncomplete("the supply"))?;
        let chain = chain(parent).ok_or(Refusal::StateIncomplete("the chain"))?;
        let (fees, state) = (Rao::ZERO, Scratch::new(parent));
        Ok(Self { params, height, parent: chain, supply, fees, state })
    }

    /// Closes them.
    pub fn close(mut self, chain: Chain) -> Changes {
        self.state.put(Key::Supply, Value::Supply(self.supply));
        self.state.put(Key::Chain, Value::Chain(Box::new(chain)));
        self.state.into_changes()
    }

    /// Writes an account; one that is empty and never signed is gone.
    pub fn put_account(&mut self, key: PublicKey, account: Account) {
        if account == Account::default() {
            self.state.delete(Key::Account(key));
        } else {
            self.state.put(Key::Account(key), Value::Account(account));
        }
    }

    /// Writes a hotkey.
    pub fn put_hotkey(&mut self, key: PublicKey, hotkey: Hotkey) {
        self.state.put(Key::Hotkey(key), Value::Hotkey(hotkey));
    }

    /// Writes a position; one without shares is gone.
    pub fn put_position(&mut self, hotkey: PublicKey, coldkey: PublicKey, shares: u128) {
        let key = Key::Position(hotkey, coldkey);
        if shares == 0 {
            self.state.delete(key);
        } else {
            self.state.put(key, Value::Position(shares));
        }
    }

    /// Writes a subnet.
    pub fn put_subnet(&mut self, netuid: Netuid, subnet: Subnet) {
        self.state.put(Key::Subnet(netuid), Value::Subnet(Box::new(subnet)));
    }

    /// Writes a neuron.
    pub fn put_neuron(&mut self, netuid: Netuid, uid: Uid, neuron: Neuron) {
        self.state.put(Key::Neuron(netuid, uid), Value::Neuron(neuron));
    }

    /// Adds free coins to an account; the total of free coins is the caller's.
    pub fn credit(&mut self, key: PublicKey, amount: Rao) -> Result<(), CallError> {
        let mut account = account(self, &key);
        account.free = plus(account.free, amount)?;
        self.put_account(key, account);
        Ok(())
    }

    /// Takes free coins out of issuance for good: they can be mined again.
    pub fn recycle_free(&mut self, amount: Rao) -> Result<(), CallError> {
        let mut supply = self.supply;
        supply.free = minus(supply.free, amount)?;
        supply.issued = minus(supply.issued, amount)?;
        supply.recycled = plus(supply.recycled, amount)?;
        self.supply = supply;
        Ok(())
    }

    /// Lets stake wait until a height.
    pub fn push_exit(&mut self, matures: Height, exit: Exit) {
        let key = Key::Exits(matures);
        let mut list = match self.state.get(&key) {
            Some(Value::Exits(list)) => list,
            _ => Vec::new(),
        };
        list.push(exit);
        self.state.put(key, Value::Exits(list));
    }

    /// Whether a hotkey is in a voter set now.
    pub fn is_voter(&self, hotkey: &PublicKey) -> bool {
        let sets = &self.parent.voters;
        sets.current.get(hotkey).is_some()
            || sets.previous.as_ref().is_some_and(|set| set.get(hotkey).is_some())
    }
}
