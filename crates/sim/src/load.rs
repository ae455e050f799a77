//! What people do: send transfers, score miners.

use crate::agenda::{Event, Message, Parcel};
use crate::net::Net;
use crate::node::AccountsAt;
use crate::world::{NETUID, SLOT_MS, TEMPO};
use weft_consensus::Input;
use weft_mempool::Inserted;
use weft_types::check::check_txs;
use weft_types::{Call, ChainTag, CheckedTx, Height, Item, Rao, SecretKey, Tx, TxBody, WeightRow};

/// The most transfers that are submitted in one slot.
const TRANSFERS: u64 = 3;

const FEE: Rao = Rao(10_000);

impl Net {
    /// A slot begins: rows that are due are queued, transfers are planned.
    pub fn begin_slot(&mut self, slot: u64) {
        self.agenda.plan(self.now + SLOT_MS, Event::Slot(slot + 1));
        (0..self.nodes.len()).for_each(|i| self.offer_row(i));
        for _ in 0..self.dice.between(0, TRANSFERS) {
            let time = self.now + self.dice.below(SLOT_MS);
            let node = self.dice.place(self.nodes.len());
            self.agenda.plan(time, Event::Submit { node });
        }
    }

    /// Queues a new row of a voter once a tempo.
    pub fn offer_row(&mut self, i: usize) {
        let Some(node) = self.nodes.get_mut(i).filter(|node| node.core.is_some()) else { return };
        let height = Height(node.head_height());
        if node.offered.is_some_and(|last| height.since(last) < TEMPO) {
            return;
        }
        node.offered = Some(height);
        let uids = self.world.miners.clone();
        let mut score = || u16::try_from(self.dice.between(1, 60_000)).unwrap_or(u16::MAX);
        let values = uids.iter().map(|_| score()).collect();
        let row = WeightRow { netuid: NETUID, uids, values, version_key: 0, view: height };
        self.give(i, Input::Queue(vec![Item::Row(row)]));
    }

    /// Somebody submits a transfer to a node.
    pub fn submit(&mut self, i: usize) {
        let users = self.world.users.len();
        let (from, to) = (self.dice.place(users), self.dice.place(users));
        let amount = Rao(self.dice.between(1_000, 1_000_000));
        let Some(node) = self.nodes.get(i) else { return };
        let Some(core) = &node.core else { return };
        let (Some(key), Some(to)) = (self.world.users.get(from), self.world.users.get(to)) else {
            return;
        };
        let accounts = AccountsAt::of(core.executor(), &core.head_hash());
        let nonce = node.pool.next_nonce(&key.public(), &accounts);
        let body = TxBody {
            chain: ChainTag::of(&self.world.chain),
            signer: key.public(),
            nonce,
            fee: FEE,
            valid_until: None,
            call: Call::Transfer { to: SecretKey::public(to), amount },
        };
        let tx = body.sign(key, &self.world.chain);
        if let Some(tx) = self.check(tx) {
            let parcel = Parcel::new(Message::Tx(Box::new(tx.clone())));
            if self.insert(i, tx) {
                self.flood(i, None, &parcel);
            }
        }
    }

    fn check(&mut self, tx: Tx) -> Option<CheckedTx> {
        let rules = (&self.world.genesis.params, &self.world.chain);
        let checked = check_txs(vec![tx], rules, &self.known, &mut self.checks);
        let tx = checked.into_iter().next()?.ok()?;
        self.known.0.insert(*tx.seal());
        Some(tx)
    }

    /// Offers a transaction to a node's pool; answers whether it is new there.
    pub fn insert(&mut self, i: usize, tx: CheckedTx) -> bool {
        let Some(node) = self.nodes.get_mut(i) else { return false };
        let Some(core) = &node.core else { return false };
        let accounts = AccountsAt::of(core.executor(), &core.head_hash());
        matches!(node.pool.insert(tx, &accounts), Ok(Inserted::Added | Inserted::Replaced(_)))
    }
}
