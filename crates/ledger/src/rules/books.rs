//! The books of a block under way: what it has written so far, and the totals of all
//! money, which move only together with what they stand for.
//!
//! A transaction runs on books of its own ([`Books::attempt`]), so one that fails half
//! way has changed nothing.

use super::breach::Breach;
use super::deposit::price;
use super::error::CallError;
use super::event::Event;
use super::issuance::halvings;
use super::ledger::Ledger;
use super::reads::{account, has_account, supply};
use crate::state::value::{Account, Chain, Exit, Hotkey, Neuron, Subnet, Supply};
use crate::state::{Changes, Key, Read, Scratch, Value};
use std::collections::BTreeMap;
use weft_types::{ChainId, Height, Netuid, Params, PublicKey, Rao, Uid, Version};

/// a + b as an error of a call.
pub fn plus(a: Rao, b: Rao) -> Result<Rao, CallError> {
    a.checked_add(b).ok_or(CallError::OutOfRange)
}

/// a - b as an error of a call.
pub fn minus(a: Rao, b: Rao) -> Result<Rao, CallError> {
    a.checked_sub(b).ok_or(CallError::OutOfRange)
}

/// So many requests to take stake back may be in a block. Those of two blocks at the most are
/// free at one height (R15), and one takes 87 bytes at the most: a list of them is well below
/// what a value may hold.
pub const EXITS: u32 = 1 << 15;

/// The books of a block, or of one call within it.
pub struct Books<'a> {
    /// The rules of the chain, all versions.
    pub ledger: &'a Ledger,
    /// The chain's numbers under the rules of this block.
    pub params: &'a Params,
    /// The rules of this block (R21).
    pub rules: Version,
    /// Which chain.
    pub chain: &'a ChainId,
    /// The block's height.
    pub height: Height,
    /// Where the parent stood.
    pub parent: &'a Chain,
    /// The subnets whose epoch runs at the end of this block, as the parent's state says.
    pub due: &'a [Netuid],
    /// The totals so far.
    pub supply: Supply,
    /// Fees for the proposer so far: free coins that are in no account yet.
    pub fees: Rao,
    /// Stake that began to leave, under the key of the list that it waits in.
    exits: Vec<(Key, Exit)>,
    /// How many began to leave in this block.
    leaving: u32,
    /// What happened so far.
    events: Vec<Event>,
    state: Scratch<'a, dyn Read + 'a>,
}

impl Read for Books<'_> {
    fn get(&self, key: &Key) -> Option<Value> {
        self.state.get(key)
    }

    fn held(&self) -> u64 {
        self.state.held()
    }
}

impl<'a> Books<'a> {
    /// Opens the books of a child of a state, which says of itself to be `parent`.
    pub fn open(
        ledger: &'a Ledger,
        state: &'a dyn Read,
        (parent, due): (&'a Chain, &'a [Netuid]),
    ) -> Result<Self, Breach> {
        let height = parent.height.next().ok_or(Breach::Overflow)?;
        let (rules, params) = ledger.numbers_after(state, parent)?;
        let mut supply = supply(state).ok_or(Breach::StateIncomplete("the supply"))?;
        // By the issuance before the block, whatever its calls recycle.
        supply.halving = supply.halving.max(halvings(supply.issued));
        Ok(Self {
            ledger,
            params,
            rules,
            chain: ledger.chain(),
            height,
            parent,
            due,
            supply,
            fees: Rao::ZERO,
            exits: Vec::new(),
            leaving: 0,
            events: Vec::new(),
            state: Scratch::new(state),
        })
    }

    /// Runs something on books of its own, which are taken over when it succeeds and
    /// dropped when it fails.
    pub fn attempt<T, E>(
        &mut self,
        run: impl FnOnce(&mut Books<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut own = Books {
            ledger: self.ledger,
            params: self.params,
            rules: self.rules,
            chain: self.chain,
            height: self.height,
            parent: self.parent,
            due: self.due,
            supply: self.supply,
            fees: self.fees,
            exits: Vec::new(),
            leaving: self.leaving,
            events: Vec::new(),
            state: Scratch::new(&self.state),
        };
        let done = run(&mut own)?;
        let Books { supply, fees, exits, leaving, events, state, .. } = own;
        let writes = state.into_writes();
        (self.supply, self.fees, self.leaving) = (supply, fees, leaving);
        self.exits.extend(exits);
        self.events.extend(events);
        self.state.merge(writes);
        Ok(done)
    }

    /// Closes the books of a block.
    pub fn close(mut self, chain: Chain) -> Changes {
        let mut lists: BTreeMap<Key, Vec<Exit>> = BTreeMap::new();
        for (key, exit) in std::mem::take(&mut self.exits) {
            let before = || match self.get(&key) {
                Some(Value::Exits(list)) => list,
                _ => Vec::new(),
            };
            lists.entry(key).or_insert_with(before).push(exit);
        }
        for (key, list) in lists {
            self.state.put(key, Value::Exits(list));
        }
        self.state.put(Key::Supply, Value::Supply(self.supply));
        self.state.put(Key::Chain, Value::Chain(Box::new(chain)));
        self.state.into_changes()
    }

    /// Notes what happened.
    pub fn say(&mut self, event: Event) {
        self.events.push(event);
    }

    /// Takes what happened since the last time.
    pub fn told(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    /// Writes a value.
    pub fn put(&mut self, key: Key, value: Value) {
        self.state.put(key, value);
    }

    /// Deletes a value, if there is one.
    pub fn delete(&mut self, key: Key) {
        if self.state.get(&key).is_some() {
            self.state.delete(key);
        }
    }

    /// Writes an account. It stays for ever: a nonce must never start anew.
    pub fn put_account(&mut self, key: PublicKey, account: Account) {
        self.put(Key::Account(key), Value::Account(account));
    }

    /// Writes a hotkey.
    pub fn put_hotkey(&mut self, key: PublicKey, hotkey: Hotkey) {
        self.put(Key::Hotkey(key), Value::Hotkey(hotkey));
    }

    /// Writes a position; one without shares is gone.
    pub fn put_position(&mut self, hotkey: PublicKey, coldkey: PublicKey, shares: u128) {
        let key = Key::Position(hotkey, coldkey);
        if shares == 0 {
            self.delete(key);
        } else {
            self.put(key, Value::Position(shares));
        }
    }

    /// Writes a subnet.
    pub fn put_subnet(&mut self, netuid: Netuid, subnet: Subnet) {
        self.put(Key::Subnet(netuid), Value::Subnet(Box::new(subnet)));
    }

    /// Writes a neuron.
    pub fn put_neuron(&mut self, netuid: Netuid, uid: Uid, neuron: Neuron) {
        self.put(Key::Neuron(netuid, uid), Value::Neuron(neuron));
    }

    /// What opening an account costs in this block.
    pub fn deposit(&self) -> Result<Rao, CallError> {
        let (held, capacity) = (self.held(), self.params.state_values);
        price(self.params, held).ok_or(CallError::StateFull { held, capacity })
    }

    /// What it costs to write something into an account: the deposit where there is none.
    pub fn opening(&self, key: &PublicKey) -> Result<Rao, CallError> {
        if has_account(self, key) { Ok(Rao::ZERO) } else { self.deposit() }
    }

    /// Takes the deposit from free coins that would open an account. Answers what is left;
    /// none when it does not reach, and all was recycled.
    pub fn opened_by(&mut self, key: &PublicKey, amount: Rao) -> Result<Option<Rao>, CallError> {
        if has_account(self, key) {
            return Ok(Some(amount));
        }
        let deposit = self.deposit().unwrap_or(amount).min(amount);
        self.recycle_free(deposit)?;
        let left = minus(amount, deposit)?;
        Ok(Some(left).filter(|left| *left > Rao::ZERO))
    }

    /// Gives coins that count as free already to an account. Where there is none they pay
    /// for opening it; what is too little for that is recycled.
    pub fn credit(&mut self, key: PublicKey, amount: Rao) -> Result<(), CallError> {
        let Some(amount) = self.opened_by(&key, amount)? else { return Ok(()) };
        let mut account = account(self, &key);
        account.free = plus(account.free, amount)?;
        self.put_account(key, account);
        Ok(())
    }

    /// Takes free coins out of issuance: they can be mined again.
    pub fn recycle_free(&mut self, amount: Rao) -> Result<(), CallError> {
        let mut supply = self.supply;
        supply.free = minus(supply.free, amount)?;
        supply.issued = minus(supply.issued, amount)?;
        supply.recycled = plus(supply.recycled, amount)?;
        self.supply = supply;
        Ok(())
    }

    /// Takes staked coins out of issuance: they can be mined again.
    pub fn recycle_staked(&mut self, amount: Rao) -> Result<(), CallError> {
        let mut supply = self.supply;
        supply.staked = minus(supply.staked, amount)?;
        supply.issued = minus(supply.issued, amount)?;
        supply.recycled = plus(supply.recycled, amount)?;
        self.supply = supply;
        Ok(())
    }

    /// Moves free coins into the lock of a subnet; the caller takes them from an account.
    pub fn lock_free(&mut self, amount: Rao) -> Result<(), CallError> {
        let mut supply = self.supply;
        supply.free = minus(supply.free, amount)?;
        supply.locked = plus(supply.locked, amount)?;
        self.supply = supply;
        Ok(())
    }

    /// Lets stake wait: until a height, which must be above the block's, or without one
    /// until the voters of now have rotated (R15).
    pub fn push_exit(&mut self, matures: Option<Height>, exit: Exit) -> Result<(), CallError> {
        if self.leaving >= EXITS {
            return Err(CallError::ExitsFull { limit: EXITS });
        }
        let key = matures.map_or(Key::Leaving(self.height), Key::Exits);
        self.exits.push((key, exit));
        self.leaving = self.leaving.saturating_add(1);
        Ok(())
    }

    /// Whether a hotkey is in a voter set now.
    pub fn is_voter(&self, hotkey: &PublicKey) -> bool {
        let sets = &self.parent.voters;
        sets.current.get(hotkey).is_some()
            || sets.previous.as_ref().is_some_and(|set| set.get(hotkey).is_some())
    }
}
