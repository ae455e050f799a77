//! What people and honest nodes send: transfers, rows, offers to vote, stake that moves,
//! and reports of offences.

use crate::agenda::{Event, Message, Parcel};
use crate::net::Net;
use crate::node::AccountsAt;
use crate::world::{NETUID, SLOT_MS, TEMPO};
use weft_consensus::Input;
use weft_ledger::query::voters;
use weft_mempool::Inserted;
use weft_types::check::check_txs;
use weft_types::units::RAO_PER_TAO;
use weft_types::{
    Call, ChainTag, CheckedTx, Height, Item, Nonce, PublicKey, Rao, Tx, TxBody, WeightRow,
};

/// The most transfers that are submitted in one slot.
const TRANSFERS: u64 = 3;

/// The most stake that moves at once.
const MOVED: u64 = 200 * RAO_PER_TAO;

/// In each of so many rotations a node renews its offer, but for one or two.
const ROUND_OF_OFFERS: u64 = 5;

/// Blocks between two reports of a node, as in the real one.
const AGAIN: u64 = 4;

const FEE: Rao = Rao(10_000);

impl Net {
    /// A slot begins: rows and offers that are due are sent, transfers are planned.
    pub fn begin_slot(&mut self, slot: u64) {
        self.agenda.plan(self.now + SLOT_MS, Event::Slot(slot + 1));
        for i in (0..self.nodes.len()).filter(|i| !self.world.cabal.contains(i)).collect::<Vec<_>>()
        {
            self.offer_row(i);
            self.offer_to_vote(i);
            self.report_offence(i);
        }
        for i in self.world.cabal.clone() {
            if self.plan.rotation.is_some_and(|r| !r.keeps_genesis) {
                self.offer_row(i);
                self.offer_to_vote(i);
            }
        }
        self.begin_scheme();
        self.begin_former(slot);
        for _ in 0..self.dice.between(0, TRANSFERS) {
            let time = self.now + self.dice.below(SLOT_MS);
            let node = self.dice.place(self.nodes.len());
            self.agenda.plan(time, Event::Submit { node });
        }
        if self.plan.rotation.is_some_and(|r| r.moves) && slot.is_multiple_of(3) {
            self.move_stake();
        }
    }

    /// A row as a validator would write it at a height.
    pub fn row(&mut self, view: Height) -> WeightRow {
        let uids = self.world.miners.clone();
        let mut score = || u16::try_from(self.dice.between(1, 60_000)).unwrap_or(u16::MAX);
        let values = uids.iter().map(|_| score()).collect();
        WeightRow { netuid: NETUID, uids, values, version_key: 0, view }
    }

    /// Hands in a new row of a validator once a tempo: with the next share of a voter, as a
    /// transaction of who does not vote yet.
    pub fn offer_row(&mut self, i: usize) {
        let is_outside = Some(i) == self.plan.forger();
        let node = self.nodes.get_mut(i).filter(|node| node.core.is_some() && !is_outside);
        let Some(node) = node else { return };
        let height = Height(node.head_height());
        if node.offered.is_some_and(|last| height.since(last) < TEMPO) {
            return;
        }
        node.offered = Some(height);
        let row = self.row(height);
        let joins = (self.plan.voters..self.plan.voters + self.plan.joiners).contains(&i);
        if (joins || self.world.cabal.contains(&i)) && height > Height::ZERO {
            self.send_free(i, Call::SetWeights { row });
        } else {
            self.give(i, Input::Queue(vec![Item::Row(row)]));
        }
    }

    /// Sends the offer of a node's voter when one is due (R13).
    fn offer_to_vote(&mut self, i: usize) {
        let Some(rotation) = self.plan.rotation else { return };
        let Some(core) = self.nodes.get(i).and_then(|node| node.core.as_ref()) else { return };
        let (at, hash) = (core.head().height, core.head_hash());
        let period = at.0.checked_div(rotation.blocks).unwrap_or(0);
        // Each rests now and then, and who joins does for longer: it comes and goes. Stake
        // counts from the second rotation in a row on (R8).
        let rests = if i < self.plan.voters { 1 } else { 2 };
        let abstains = (i as u64 + period + self.plan.seed) % ROUND_OF_OFFERS < rests;
        if at == Height::ZERO || (rotation.moves && abstains) || !self.may_offer(i) {
            return;
        }
        let (Some(view), Some(key)) = (core.executor().view(&hash), self.world.keys.get(i)) else {
            return;
        };
        let due = voters::offer_due(&view, &self.world.genesis.params, &key.public);
        if let Some(netuid) = due {
            self.send_free(i, Call::JoinVoters { netuid, at });
        }
    }

    /// Reports the next offence that a node saw and that no block holds yet (R17).
    fn report_offence(&mut self, i: usize) {
        let Some(signer) = self.world.keys.get(i).map(|pair| pair.public) else { return };
        let Some(node) = self.nodes.get_mut(i).filter(|n| !n.reports.is_empty()) else { return };
        let Some(core) = &node.core else { return };
        let (height, hash) = (core.head().height, core.head_hash());
        if node.reported.is_some_and(|last| height.since(last) < AGAIN) {
            return;
        }
        node.reported = Some(height);
        let Some(view) = core.executor().view(&hash) else { return };
        while let Some(evidence) = node.reports.front() {
            let call = Call::ReportEvidence { evidence: evidence.clone() };
            let body = free(&self.world.chain, signer, call.clone());
            if core.executor().ledger().try_free(&view, hash, &body).is_ok() {
                self.faults.note("reports");
                return self.send_free(i, call);
            }
            node.reports.pop_front();
        }
    }

    /// The owner of all hotkeys puts stake behind one, or takes some back.
    fn move_stake(&mut self) {
        let (at, node) =
            (self.dice.place(self.world.keys.len()), self.dice.place(self.nodes.len()));
        let amount = Rao(self.dice.between(RAO_PER_TAO, MOVED));
        let adds = self.dice.happens(500_000);
        let Some(hotkey) = self.world.keys.get(at).map(|pair| pair.public) else { return };
        let call = if adds {
            Call::AddStake { hotkey, amount }
        } else {
            Call::RemoveStake { hotkey, amount }
        };
        if self.send_paying(node, 0, call) {
            self.faults.note("stake_moves");
        }
    }

    /// Somebody submits a transfer to a node.
    pub fn submit(&mut self, i: usize) {
        let users = self.world.users.len();
        let (from, to) = (self.dice.place(users), self.dice.place(users));
        let amount = Rao(self.dice.between(1_000, 1_000_000));
        if let Some(to) = self.world.users.get(to).map(|pair| pair.public) {
            self.send_paying(i, from, Call::Transfer { to, amount, open: true });
        }
    }

    /// A user sends a call by way of a node; answers whether its pool took it.
    pub fn send_paying(&mut self, i: usize, user: usize, call: Call) -> bool {
        let Some(node) = self.nodes.get(i) else { return false };
        let Some(core) = &node.core else { return false };
        let Some(key) = self.world.users.get(user) else { return false };
        let accounts = AccountsAt::of(core.executor(), &core.head_hash());
        let nonce = node.pool.next_nonce(&key.public, &accounts);
        let chain = self.world.chain;
        let body = TxBody { fee: FEE, nonce, ..free(&chain, key.public, call) };
        let tx = body.sign(&key.secret, &chain);
        self.enter(i, tx)
    }

    /// A node sends a free call of its own key.
    fn send_free(&mut self, i: usize, call: Call) {
        let Some(key) = self.world.keys.get(i) else { return };
        let chain = self.world.chain;
        let tx = free(&chain, key.public, call).sign(&key.secret, &chain);
        self.enter(i, tx);
    }

    /// A transaction enters the network by a node's pool; answers whether it is new there.
    fn enter(&mut self, i: usize, tx: Tx) -> bool {
        let rules = (&self.world.genesis.widest(), &self.world.chain);
        let checked = check_txs(vec![tx], rules, &self.seals, &mut self.checks);
        let Some(Ok(tx)) = checked.into_iter().next() else { return false };
        self.seals.add(*tx.seal());
        let parcel = Parcel::new(Message::Tx(Box::new(tx.clone())));
        let is_new = self.insert(i, tx);
        if is_new {
            self.flood(i, None, &parcel);
        }
        is_new
    }

    /// Offers a transaction to a node's pool; answers whether it is new there.
    pub fn insert(&mut self, i: usize, tx: CheckedTx) -> bool {
        let Some(node) = self.nodes.get_mut(i) else { return false };
        let Some(core) = &node.core else { return false };
        let accounts = AccountsAt::of(core.executor(), &core.head_hash());
        matches!(node.pool.insert(tx, &accounts), Ok(Inserted::Added | Inserted::Replaced(_)))
    }
}

/// The body of a free call.
fn free(chain: &weft_types::ChainId, signer: PublicKey, call: Call) -> TxBody {
    let tag = ChainTag::of(chain);
    TxBody { chain: tag, signer, nonce: Nonce::ZERO, fee: Rao::ZERO, valid_until: None, call }
}
