//! Picking for a block: which transactions, in which order.
//!
//! Free calls come first, in the order they came, within their own limit of bytes. Then
//! of all signers the next transaction that pays most a byte, the earlier one among
//! equals, and so on; a signer's own stay in nonce order. Signers are looked at only
//! while one of them may still hold something better than what is at hand, so a pick
//! costs little more than what it takes.

use crate::bounds::Accounts;
use crate::entry::{Arrival, Entry, Rate, asks};
use crate::pool::Pool;
use crate::queue::{Promise, Queue};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use weft_types::{Call, CheckedTx, Limits, Netuid, Nonce, PublicKey};

/// How many transactions in a row may be too large for what is left.
const MISSES: usize = 64;

/// How many free calls may be too large or refused by the state before a pick gives up.
const TRIES: usize = 1_024;

/// How many stamps of one subnet are picked; a block takes few of them.
const STAMPS: usize = 16;

/// A signer's next transaction, the best one greatest.
type Ready = (Rate, Reverse<Arrival>, Reverse<PublicKey>);

/// What is left of a block.
struct Room {
    calls: u32,
    bytes: u32,
    free_bytes: u32,
}

/// How far a pick has come with a signer.
struct Turn<'a> {
    queue: &'a Queue,
    nonce: Nonce,
    /// Its free coins, less what was picked may take.
    free: u128,
}

fn may_beat((Reverse(rate), arrival): &Promise, best: Option<&Ready>) -> bool {
    best.is_none_or(|best| (*rate, Reverse(*arrival)) >= (best.0, best.1))
}

impl Room {
    fn take(&mut self, bytes: u32) -> bool {
        match (self.calls.checked_sub(1), self.bytes.checked_sub(bytes)) {
            (Some(calls), Some(bytes)) => {
                (self.calls, self.bytes) = (calls, bytes);
                true
            }
            _ => false,
        }
    }

    const fn holds_free(&self, bytes: u32) -> bool {
        self.calls > 0 && bytes <= self.bytes && bytes <= self.free_bytes
    }

    fn take_free(&mut self, bytes: u32) {
        if self.holds_free(bytes) && self.take(bytes) {
            self.free_bytes = self.free_bytes.saturating_sub(bytes);
        }
    }
}

impl Turn<'_> {
    /// What this signer has next, when a block at this state could carry it.
    fn next(&self, pool: &Pool, accounts: &impl Accounts) -> Option<&Entry> {
        let entry = self.queue.from(self.nonce).next()?;
        let body = &entry.tx.tx().body;
        let fee = if asks(&body.call) { 0 } else { u128::from(body.fee.0) };
        let ready = body.nonce == self.nonce
            && fee <= self.free
            && entry.until >= pool.next_height()
            && (!asks(&body.call) || accounts.allows(body));
        ready.then_some(entry)
    }

    fn ready(&self, pool: &Pool, accounts: &impl Accounts) -> Option<Ready> {
        let entry = self.next(pool, accounts)?;
        Some((entry.rate, Reverse(entry.arrival), Reverse(entry.signer())))
    }
}

impl Pool {
    /// What a block on this state should carry, best first. Nothing leaves the pool.
    ///
    /// `limits.block_bytes` should be less what the block carries besides transactions.
    #[must_use]
    pub fn pick(&self, limits: &Limits, accounts: &impl Accounts) -> Vec<CheckedTx> {
        let mut room = Room {
            calls: limits.block_calls,
            bytes: limits.block_bytes,
            free_bytes: limits.free_bytes,
        };
        let mut picked = self.pick_free(&mut room, accounts);
        picked.extend(self.pick_paying(&mut room, accounts));
        picked
    }

    fn pick_free(&self, room: &mut Room, accounts: &impl Accounts) -> Vec<CheckedTx> {
        let waiting = self.free.values();
        let waiting = waiting.filter_map(|(signer, place)| self.queues.get(signer)?.get(place));
        let waiting = waiting.filter(|entry| entry.until >= self.next_height());
        let (mut picked, mut misses) = (Vec::new(), 0_usize);
        let mut stamps: BTreeMap<Netuid, usize> = BTreeMap::new();
        for entry in waiting {
            if misses >= TRIES {
                break;
            }
            let call = &entry.tx.tx().body.call;
            let is_stamp = matches!(call, Call::RegisterStamp { .. });
            let so_far = stamps.get(&call.netuid()).copied().unwrap_or(0);
            let fits = room.holds_free(entry.tx.bytes()) && !(is_stamp && so_far >= STAMPS);
            // The state is asked last, since that costs most.
            if !fits || !accounts.allows(&entry.tx.tx().body) {
                misses = misses.saturating_add(1);
                continue;
            }
            room.take_free(entry.tx.bytes());
            if is_stamp {
                stamps.insert(call.netuid(), so_far.saturating_add(1));
            }
            picked.push(entry.tx.clone());
        }
        picked
    }

    fn pick_paying(&self, room: &mut Room, accounts: &impl Accounts) -> Vec<CheckedTx> {
        let mut picked = Vec::new();
        let mut turns = BTreeMap::new();
        let mut ready: BinaryHeap<Ready> = BinaryHeap::new();
        let mut signers = self.promising.iter().peekable();
        let mut misses = 0_usize;
        while room.calls > 0 && misses < MISSES {
            // A signer whose promise is no better than what is ready can wait.
            while let Some((_, signer)) = signers.next_if(|(p, _)| may_beat(p, ready.peek())) {
                let Some(queue) = self.queues.get(signer) else { continue };
                let account = accounts.account(signer);
                let free = u128::from(account.free.0);
                let turn = Turn { queue, nonce: account.nonce, free };
                ready.extend(turn.ready(self, accounts));
                turns.insert(*signer, turn);
            }
            let Some((_, _, Reverse(signer))) = ready.pop() else { break };
            let Some(turn) = turns.get_mut(&signer) else { continue };
            let Some(entry) = turn.next(self, accounts) else { continue };
            if !room.take(entry.tx.bytes()) {
                misses = misses.saturating_add(1);
                continue;
            }
            picked.push(entry.tx.clone());
            let (cost, next) = (entry.cost(), turn.nonce.next());
            turn.free = turn.free.saturating_sub(cost);
            turn.nonce = next.unwrap_or(turn.nonce);
            ready.extend(turn.ready(self, accounts));
        }
        picked
    }
}
