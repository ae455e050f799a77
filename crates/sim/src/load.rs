//! What people and honest nodes send: transfers, rows, offers to vote, stake that moves,
//! and reports of offences.

use crate::agenda::Event;
use crate::net::Net;
use crate::node::Node;
use crate::slots::SLOT_MS;
use crate::world::{NETUID, TEMPO};
use weft_engine::accounts::AccountsAt;
use weft_ledger::query::voters;
use weft_types::check::seal_of;
use weft_types::units::RAO_PER_TAO;
use weft_types::{Call, ChainTag, Height, Nonce, PublicKey, Rao, SecretKey, Tx, TxBody, WeightRow};

/// The most transfers that are submitted in one slot.
const TRANSFERS: u64 = 3;

/// The most stake that moves at once.
const MOVED: u64 = 200 * RAO_PER_TAO;

/// In each of so many rotations a node renews its offer, but for one or two.
const ROUND_OF_OFFERS: u64 = 5;

const FEE: Rao = Rao(10_000);

impl Net {
    /// A slot begins: rows and offers that are due are sent, transfers are planned.
    pub fn begin_slot(&mut self, slot: u64) {
        self.agenda.plan(self.now + SLOT_MS, Event::Slot(slot + 1));
        for i in (0..self.nodes.len()).filter(|i| !self.world.cabal.contains(i)).collect::<Vec<_>>()
        {
            self.offer_row(i);
            self.offer_to_vote(i);
        }
        for i in self.world.cabal.clone() {
            if self.plan.rotation.is_some_and(|r| !r.keeps_genesis) {
                self.offer_row(i);
                self.offer_by_hand(i);
            }
        }
        self.watch_asks();
        self.watch_turned();
        self.watch_reveals();
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
        let node = self.nodes.get_mut(i).filter(|node| node.is_up() && !is_outside);
        let Some(node) = node else { return };
        let height = Height(node.head_height());
        if node.offered.is_some_and(|last| height.since(last) < TEMPO) {
            return;
        }
        node.offered = Some(height);
        let row = self.row(height);
        let joins = (self.plan.voters..self.plan.voters + self.plan.joiners).contains(&i);
        if self.plan.commits && (joins || self.world.cabal.contains(&i)) {
            return; // What is committed to by hand is none of the engine's.
        }
        if (joins || self.world.cabal.contains(&i)) && height > Height::ZERO {
            self.send_free(i, Call::SetWeights { row });
        } else {
            self.happens_to(i, weft_engine::Event::Row { client: 0, row });
        }
    }

    /// The operator of a node says whether its voter offers itself (R13). Each rests now and
    /// then, and who joins does for longer: it comes and goes. Stake counts from the second
    /// rotation in a row on (R8).
    fn offer_to_vote(&mut self, i: usize) {
        let Some(rotation) = self.plan.rotation else { return };
        let height = self.nodes.get(i).map_or(0, Node::head_height);
        let period = height.checked_div(rotation.blocks).unwrap_or(0);
        let rests = if i < self.plan.voters { 1 } else { 2 };
        let abstains = (i as u64 + period + self.plan.seed) % ROUND_OF_OFFERS < rests;
        let offers = !(rotation.moves && abstains) && self.may_offer(i);
        if let Some(engine) = self.nodes.get_mut(i).and_then(|node| node.engine.as_mut()) {
            engine.offer(offers);
        }
        self.watch_offer(i, offers);
    }

    /// A Byzantine voter's engine has no key: its offer is sent by hand when one is due.
    fn offer_by_hand(&mut self, i: usize) {
        let Some(core) = self.core(i) else { return };
        let (at, hash) = (core.head().height, core.head_hash());
        let (Some(view), Some(key)) = (core.executor().view(&hash), self.world.keys.get(i)) else {
            return;
        };
        let due = voters::offer_due(&view, &self.world.genesis.params, &key.public());
        if let Some(netuid) = due.filter(|_| at > Height::ZERO) {
            self.send_free(i, Call::JoinVoters { netuid, at });
        }
    }

    /// The owner of all hotkeys puts stake behind one, or takes some back.
    fn move_stake(&mut self) {
        let (at, node) =
            (self.dice.place(self.world.keys.len()), self.dice.place(self.nodes.len()));
        let amount = Rao(self.dice.between(RAO_PER_TAO, MOVED));
        let adds = self.dice.happens(500_000);
        let Some(hotkey) = self.world.keys.get(at).map(SecretKey::public) else { return };
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
        if let Some(to) = self.world.users.get(to).map(SecretKey::public) {
            self.send_paying(i, from, Call::Transfer { to, amount, open: true });
        }
    }

    /// A user sends a call by way of a node; answers whether its pool took it.
    pub fn send_paying(&mut self, i: usize, user: usize, call: Call) -> bool {
        let Some(engine) = self.nodes.get(i).and_then(|node| node.engine.as_ref()) else {
            return false;
        };
        let Some(key) = self.world.users.get(user) else { return false };
        let core = engine.core();
        let accounts = AccountsAt::of(core.executor(), &core.head_hash());
        let nonce = engine.pool().next_nonce(&key.public(), &accounts);
        let chain = self.world.chain;
        let body = TxBody { fee: FEE, nonce, ..free(&chain, key.public(), call) };
        let tx = body.sign(key, &chain);
        self.enter(i, tx)
    }

    /// A node sends a free call of its own key.
    fn send_free(&mut self, i: usize, call: Call) {
        let Some(key) = self.world.keys.get(i) else { return };
        let chain = self.world.chain;
        let tx = free(&chain, key.public(), call).sign(key, &chain);
        self.enter(i, tx);
    }

    /// A transaction enters the network by a node's pool; answers whether it took it.
    fn enter(&mut self, i: usize, tx: Tx) -> bool {
        self.taken = false;
        self.seals.add(seal_of(&tx));
        self.happens_to(i, weft_engine::Event::Submit { client: 0, txs: vec![tx] });
        self.taken
    }
}

/// The body of a free call.
fn free(chain: &weft_types::ChainId, signer: PublicKey, call: Call) -> TxBody {
    let tag = ChainTag::of(chain);
    TxBody { chain: tag, signer, nonce: Nonce::ZERO, fee: Rao::ZERO, valid_until: None, call }
}
