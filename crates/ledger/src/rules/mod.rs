//! The rules room: (parent state, block) to (changes, receipts).
//!
//! In the order of events in a block:
//! 1. `block`: the parent's hash is noted for stamps, stake whose time is up becomes free.
//! 2. `weights`, `root`: the items of the carried shares, voters in key order. One that
//!    fails is skipped and leaves a receipt, else one voter could poison every proposer.
//! 3. `tx`: the transactions, in order: `transfer`, `register` with `price` and `stamp`,
//!    `stake`, `unstake`, `weights`, `axon`, `subnet`, `settings`, `candidates`, `evidence` with `slash`.
//!    One that can't pay, or is free and fails, makes the block invalid; any other failure
//!    pays its fee and leaves a receipt. Then the fees go to the proposer's coldkey.
//! 4. `emission`: new coins, split between the started subnets into their pending.
//! 5. `epoch`, `payout`: due epochs run Yuma and pay their pending as stake.
//! 6. `root`: when its epoch is due, rows become the shares of the next blocks.
//! 7. `rotation`: voters are counted, and at rotation heights the next set is taken and the
//!    virtual stake of genesis may fall (`bootstrap`).
//! 8. `change`: what proposers signal is counted; new rules are locked in, wait, or begin.
//! 9. `block`: height, slot, standing and voters of the new state, and the totals.
//!
//! Why money is conserved: a coin moves only where the total that counts it moves too;
//! `issued` grows by emission and falls by recycling, nothing else. All arithmetic is
//! checked. A transaction runs on `books` of its own, dropped when it fails, so nothing
//! that failed has changed anything but its fee and nonce.
//!
//! Why nothing free is played back: free calls have no nonce, so each names a height that
//! must rise (rows, commitments, endpoints, requests, offers), or is used up (reveals,
//! stamps).
//!
//! Why the state does not fill for nothing: who opens an account pays for it (`deposit`), and
//! what nothing stands behind any more is deleted (`forget`).
//!
//! Not here: what is signed (types), where the block stands (consensus), and how the
//! state is kept (`state`).

pub mod breach;
pub mod error;
pub mod event;
pub mod receipt;

mod axon;
mod block;
mod books;
mod bootstrap;
mod candidates;
mod change;
pub(crate) mod deposit;
mod emission;
mod epoch;
mod evidence;
mod forget;
mod genesis;
mod input;
mod issuance;
mod lacks;
mod ledger;
mod payout;
mod pool;
mod price;
pub(crate) mod reads;
mod register;
mod root;
mod rotation;
mod row;
mod scene;
mod settings;
mod slash;
mod stake;
mod stamp;
mod subnet;
mod transfer;
mod trial;
mod tx;
mod unstake;
mod weights;

pub use block::Outcome;
pub use breach::Breach;
pub(crate) use candidates::{quarter, wait as offer_wait};
pub(crate) use change::{Named, tally as rules_tally};
pub(crate) use epoch::{due, next as next_epoch};
pub use error::CallError;
pub use event::{Event, Events};
pub use input::{BlockInput, Offer};
pub use issuance::{block_emission, halvings};
pub use lacks::OfferLacks;
pub(crate) use lacks::lack;
pub use ledger::Ledger;
pub(crate) use ledger::child_rules;
pub use pool::worth;
pub(crate) use price::PriceRule;
pub use receipt::{EpochReceipt, ItemReceipt, Receipts, TxReceipt};
pub(crate) use slash::left_now;
pub(crate) use stake::held;
pub(crate) use stamp::difficulty as stamp_difficulty;
pub(crate) use subnet::{lock_cost, next_eviction, slots};
pub use trial::Trial;

use crate::state::{Changes, Read};
use weft_types::genesis::GenesisError;
use weft_types::{BlockHash, Genesis, PublicKey, Rao, Tx, TxBody, WeightRow};

impl Ledger {
    /// The rules of a chain and its first state.
    ///
    /// # Errors
    /// [`GenesisError`] names what is wrong with the genesis.
    pub fn genesis(genesis: &Genesis) -> Result<(Self, Changes), GenesisError> {
        genesis.check()?;
        Ok((Self::of(genesis), genesis::state(genesis)))
    }

    /// Runs a block on its parent's state.
    ///
    /// # Errors
    /// [`Breach`] when a transaction makes the block invalid.
    #[expect(clippy::needless_pass_by_value, reason = "a work is made for one run")]
    pub fn execute(&self, parent: &impl Read, work: BlockInput<'_>) -> Result<Outcome, Breach> {
        block::execute(self, parent, &work)
    }

    /// Runs a block with those of the offered transactions that fit and don't make it
    /// invalid; answers which, by their place.
    ///
    /// # Errors
    /// [`Breach`] when even a block without transactions can't be run.
    #[expect(clippy::needless_pass_by_value, reason = "a work is made for one run")]
    pub fn assemble(
        &self,
        parent: &impl Read,
        work: BlockInput<'_>,
    ) -> Result<(Outcome, Vec<usize>), Breach> {
        block::assemble(self, parent, &work)
    }

    /// What it costs in a child of this state to open an account for this key: nothing
    /// where there is one. None when the state is full.
    #[must_use]
    pub fn opening(&self, state: &impl Read, key: &PublicKey) -> Option<Rao> {
        if reads::has_account(state, key) {
            return Some(Rao::ZERO);
        }
        let params = self.numbers_after(state, &reads::chain(state)?).ok()?.1;
        deposit::price(params, state.held())
    }

    /// Whether a free call would run in a child of this state, which the block `head`
    /// made: one that would not makes a block invalid, so it is not taken from anyone.
    ///
    /// # Errors
    /// [`CallError`] says why it would fail.
    pub fn try_free(
        &self,
        state: &impl Read,
        head: BlockHash,
        body: &TxBody,
    ) -> Result<(), CallError> {
        tx::try_free(self, state, head, body)
    }

    /// Whether the weight row of a hotkey is one that can be stored: what is wrong with the
    /// row itself, not with the moment, the stake or the permit, which time may mend.
    ///
    /// # Errors
    /// [`CallError`] as `set_weights` would say it.
    pub fn try_row(
        &self,
        state: &impl Read,
        hotkey: &PublicKey,
        row: &WeightRow,
    ) -> Result<(), CallError> {
        tx::try_row(self, state, (hotkey, row))
    }

    /// What a transaction would do in a child of this state, which the block `head` made,
    /// after those of its signer that wait before it; nothing is changed.
    ///
    /// # Errors
    /// [`Breach`] says why no block could carry it.
    pub fn try_tx(
        &self,
        state: &impl Read,
        head: BlockHash,
        (before, tx): (&[&Tx], &Tx),
    ) -> Result<Trial, Breach> {
        trial::run(self, state, head, (before, tx))
    }
}
