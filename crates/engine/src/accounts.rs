//! The pool's view of a state.

use weft_ledger::forks::{Forks, State, View};
use weft_ledger::rules::Ledger;
use weft_mempool::{Account, Accounts};
use weft_types::{BlockHash, Call, Nonce, PublicKey, Rao, TxBody, Version};

/// Accounts as of some block; empty when its state is not kept.
pub struct AccountsAt<'a> {
    ledger: &'a Ledger,
    rules: Option<Version>,
    head: BlockHash,
    view: Option<View<'a>>,
}

impl<'a> AccountsAt<'a> {
    /// The accounts after a block.
    #[must_use]
    pub fn of(forks: &'a Forks, block: &BlockHash) -> Self {
        let (ledger, rules) = (forks.ledger(), forks.rules(block));
        Self { ledger, rules, head: *block, view: forks.view(block) }
    }

    /// The accounts of a state.
    #[must_use]
    pub fn within(state: &'a State) -> Self {
        let (ledger, rules) = (state.ledger(), Some(state.rules()));
        Self { ledger, rules, head: state.block(), view: Some(state.view()) }
    }
}

impl Accounts for AccountsAt<'_> {
    fn opening(&self, key: &PublicKey) -> Option<Rao> {
        self.ledger.opening(self.view.as_ref()?, key)
    }

    fn account(&self, key: &PublicKey) -> Account {
        let account = self.view.as_ref().map(|view| weft_ledger::query::account(view, key));
        account.map_or(Account { free: Rao::ZERO, nonce: Nonce::ZERO }, |a| Account {
            free: a.free,
            nonce: a.nonce,
        })
    }

    fn is_good(&self, body: &TxBody) -> bool {
        self.rules.is_none_or(|rules| self.ledger.permits(rules, body).is_ok())
    }

    /// A free call that would fail, or a removal that frees less than its fee, would make
    /// a block invalid.
    fn allows(&self, body: &TxBody) -> bool {
        let Some(view) = &self.view else { return false };
        match &body.call {
            Call::RemoveStake { hotkey, .. } => {
                let stake = weft_ledger::query::stake(view, hotkey, &body.signer);
                let deposit = self.ledger.opening(view, &body.signer);
                let need = deposit.and_then(|deposit| body.fee.checked_add(deposit));
                stake > Rao::ZERO && need.is_some_and(|need| stake >= need)
            }
            call if call.is_free() => self.ledger.try_free(view, self.head, body).is_ok(),
            _ => true,
        }
    }
}
