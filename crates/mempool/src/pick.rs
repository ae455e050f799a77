//! Picking for a block: which transactions, in which order.
//!
//! Free calls come first, within their own limit of bytes: of each kind what is kept for it
//! in a block, in the order they came, then what more there is (R19). Then of all signers the
//! next transaction that pays most above the least fee, for each rao of that (what is above it
//! is all the proposer's), the earlier one among
//! equals, and so on; a signer's own stay in nonce order. Signers are looked at only
//! while one of them may still hold something better than what is at hand, so a pick
//! costs little more than what it takes.

use crate::bounds::Accounts;
use crate::entry::{Arrival, Entry, Rate, asks};
use crate::pool::Pool;
use crate::queue::{Promise, Queue};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::iter::Peekable;
use weft_types::room::{Kind, Room};
use weft_types::{CheckedTx, Limits, Netuid, Nonce, PublicKey, TxBody};

/// How many transactions in a row may be too large for what is left.
const MISSES: usize = 64;

/// How many free calls of a kind may be too large or refused by the state before a pick gives
/// them up; of stamps those of 16 subnets.
const TRIES: usize = 16 * DEAD_STAMPS;

/// How many stamps of one subnet are picked; a block takes few of them.
const STAMPS: usize = 16;

/// How many stamps of one subnet may be refused by the state before those of it are passed
/// over: many of one subnet leave the doors of the others open.
const DEAD_STAMPS: usize = 64;

/// A signer's next transaction, the best one greatest.
type Ready = (Rate, Reverse<Arrival>, Reverse<PublicKey>);

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

/// How far a pick has come with the free calls of a kind.
struct Line<'a, W: Iterator<Item = &'a Entry>> {
    kind: Kind,
    waiting: Peekable<W>,
    misses: usize,
    /// Stamps of each subnet so far: picked, and refused by the state.
    stamps: BTreeMap<Netuid, (usize, usize)>,
}

impl<'a, W: Iterator<Item = &'a Entry>> Line<'a, W> {
    /// Takes what fits into the block and into so many calls and bytes, the earliest first.
    fn take(
        &mut self,
        room: &mut Room,
        (mut calls, mut bytes): (u32, u32),
        (accounts, picked): (&impl Accounts, &mut Vec<CheckedTx>),
    ) {
        while calls > 0 && !room.is_full() && self.misses < TRIES {
            let Some(entry) = self.waiting.next_if(|entry| entry.tx.bytes() <= bytes) else {
                break;
            };
            let (body, size) = (&entry.tx.tx().body, entry.tx.bytes());
            if self.is_late(body) {
                continue;
            }
            // The state is asked last, since that costs most.
            if !room.holds(Some(self.kind), size) || !self.allows(accounts, body) {
                self.misses = self.misses.saturating_add(1);
                continue;
            }
            room.take(Some(self.kind), size);
            (calls, bytes) = (calls.saturating_sub(1), bytes.saturating_sub(size));
            picked.push(entry.tx.clone());
        }
    }

    /// Whether a stamp comes behind as many of its subnet as a block may hold, or as could
    /// not run. That costs nothing to see, so it is no miss.
    fn is_late(&self, body: &TxBody) -> bool {
        let (picked, dead) = self.stamps.get(&body.call.netuid()).copied().unwrap_or_default();
        self.kind == Kind::Stamp && (picked >= STAMPS || dead >= DEAD_STAMPS)
    }

    /// Asks the state, and counts the stamps of each subnet.
    fn allows(&mut self, accounts: &impl Accounts, body: &TxBody) -> bool {
        let may = accounts.allows(body);
        if self.kind == Kind::Stamp {
            let (picked, dead) = self.stamps.entry(body.call.netuid()).or_default();
            let so_far = if may { picked } else { dead };
            *so_far = so_far.saturating_add(1);
        }
        may
    }
}

impl Pool {
    /// What a block on this state should carry, best first. Nothing leaves the pool.
    ///
    /// What the block carries besides transactions has the room that is kept for it (R19).
    #[must_use]
    pub fn pick(&self, limits: &Limits, accounts: &impl Accounts) -> Vec<CheckedTx> {
        let mut room = Room::new(limits, 0);
        let mut picked = self.pick_free(&mut room, accounts);
        picked.extend(self.pick_paying(&mut room, accounts));
        picked
    }

    /// R19: of each kind what is kept for it, then what more there is of it.
    fn pick_free(&self, room: &mut Room, accounts: &impl Accounts) -> Vec<CheckedTx> {
        let mut picked = Vec::new();
        let alive = |entry: &&Entry| entry.until >= self.next_height();
        let mut lines = Kind::ALL.map(|kind| {
            let waiting = self.free.of(kind);
            let waiting = waiting.filter_map(|(who, place)| self.queues.get(who)?.get(place));
            let waiting = waiting.filter(alive).peekable();
            Line { kind, waiting, misses: 0, stamps: BTreeMap::new() }
        });
        for line in &mut lines {
            line.take(room, line.kind.kept(), (accounts, &mut picked));
        }
        for line in &mut lines {
            line.take(room, (u32::MAX, u32::MAX), (accounts, &mut picked));
        }
        picked
    }

    fn pick_paying(&self, room: &mut Room, accounts: &impl Accounts) -> Vec<CheckedTx> {
        let mut picked = Vec::new();
        let mut turns = BTreeMap::new();
        let mut ready: BinaryHeap<Ready> = BinaryHeap::new();
        let mut signers = self.promising.iter().peekable();
        let mut misses = 0_usize;
        while !room.is_full() && misses < MISSES {
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
            if !room.holds(None, entry.tx.bytes()) {
                misses = misses.saturating_add(1);
                continue;
            }
            room.take(None, entry.tx.bytes());
            picked.push(entry.tx.clone());
            let (cost, next) = (entry.cost, turn.nonce.next());
            turn.free = turn.free.saturating_sub(cost);
            turn.nonce = next.unwrap_or(turn.nonce);
            ready.extend(turn.ready(self, accounts));
        }
        picked
    }
}
