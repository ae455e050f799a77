//! Checked transactions on their way into the pool, and what those who sent them hear.

use crate::checker::Job;
use crate::engine::Engine;
use crate::event::{Reply, Source};
use crate::told::told;
use serde_json::{Value, json};
use weft_consensus::PeerId;
use weft_gossip::{MessageName, Topic, Verdict};
use weft_ledger::forks::Forks;
use weft_ledger::forks::View;
use weft_ledger::rules::CallError;
use weft_mempool::{Account, Accounts, Inserted, PoolError};
use weft_rpc::{Kind, RpcError};
use weft_types::check::TxError;
use weft_types::codec::CodecError;
use weft_types::{
    BlockHash, Call, Canonical, CheckedTx, Nonce, PublicKey, Rao, SecretKey, TxBody, Version,
};

/// Accounts as of some block; empty when its state is not kept.
pub(crate) struct AccountsAt<'a> {
    forks: &'a Forks,
    rules: Option<Version>,
    head: BlockHash,
    view: Option<View<'a>>,
}

impl<'a> AccountsAt<'a> {
    /// The accounts after a block.
    pub(crate) fn of(forks: &'a Forks, block: &BlockHash) -> Self {
        Self { forks, rules: forks.rules(block), head: *block, view: forks.view(block) }
    }
}

impl Accounts for AccountsAt<'_> {
    fn opening(&self, key: &PublicKey) -> Option<Rao> {
        self.forks.ledger().opening(self.view.as_ref()?, key)
    }

    fn account(&self, key: &PublicKey) -> Account {
        let account = self.view.as_ref().map(|view| weft_ledger::query::account(view, key));
        account.map_or(Account { free: Rao::ZERO, nonce: Nonce::ZERO }, |a| Account {
            free: a.free,
            nonce: a.nonce,
        })
    }

    fn is_good(&self, body: &TxBody) -> bool {
        self.rules.is_none_or(|rules| self.forks.ledger().permits(rules, body).is_ok())
    }

    /// A free call that would fail, or a removal that frees less than its fee, would make
    /// a block invalid.
    fn allows(&self, body: &TxBody) -> bool {
        let Some(view) = &self.view else { return false };
        match &body.call {
            Call::RemoveStake { hotkey, .. } => {
                let stake = weft_ledger::query::stake(view, hotkey, &body.signer);
                let deposit = self.forks.ledger().opening(view, &body.signer);
                let need = deposit.and_then(|deposit| body.fee.checked_add(deposit));
                stake > Rao::ZERO && need.is_some_and(|need| stake >= need)
            }
            call if call.is_free() => self.forks.ledger().try_free(view, self.head, body).is_ok(),
            _ => true,
        }
    }
}

impl Engine {
    /// Sends a call of the node's own voter like a client's: to the own pool first and from
    /// there to the peers. Answers whether the checker had room for it; whether it worked
    /// is seen in the state.
    pub(crate) fn send_own(&self, body: TxBody, key: &SecretKey) -> bool {
        let data = vec![body.sign(key, &self.chain.id)].to_bytes();
        // Nobody waits for the answer.
        let (reply, _) = tokio::sync::oneshot::channel();
        let job = Job::Bundle { source: Source::Client(reply), data };
        self.checker.txs.try_send(job).is_ok()
    }

    /// Takes what came out of the checker.
    pub(crate) fn checked_txs(
        &mut self,
        source: Source,
        checked: Result<Vec<Result<CheckedTx, TxError>>, CodecError>,
    ) {
        match source {
            Source::Client(reply) => match checked {
                Ok(txs) => self.answer_client(reply, txs),
                Err(e) => drop(reply.send(Err(unread(&e)))),
            },
            Source::Trial(reply) => match checked {
                Ok(txs) => self.answer_trial(reply, txs),
                Err(e) => drop(reply.send(Err(unread(&e)))),
            },
            Source::Peer { from, message, bytes } => match checked {
                Ok(txs) => self.take_list((from, message, bytes), txs),
                Err(_) => drop(self.strange(from, message, bytes)),
            },
        }
    }

    /// Takes what a peer sent. A forged one costs it its connection; what fails by numbers may
    /// be good by those of rules that we don't know, and costs its bytes (R21). So does a report
    /// that can't cost anybody anything.
    fn take_list(
        &mut self,
        (from, message, bytes): (PeerId, MessageName, usize),
        txs: Vec<Result<CheckedTx, TxError>>,
    ) {
        if let Some(why) = txs.iter().filter_map(|tx| tx.as_ref().err()).find(|e| is_forged(e)) {
            self.judge(message, Verdict::Reject);
            self.punish(from, &why.to_string());
            return;
        }
        let mut is_whole = txs.iter().all(Result::is_ok);
        let mut is_news = false;
        for tx in txs.into_iter().flatten() {
            // What the pool has or can't take is nobody's fault, but evidence that is none.
            match self.insert(tx.clone()) {
                Ok(inserted) => is_news |= inserted != Inserted::Known,
                Err(_) => {
                    self.metrics.txs_refused.inc();
                    is_whole &= !self.is_idle_report(&tx);
                }
            }
        }
        match (is_whole, is_news) {
            (false, _) => drop(self.strange(from, message, bytes)),
            (true, true) => self.judge(message, Verdict::Accept),
            // What brought nothing new is not passed on.
            (true, false) => self.judge(message, Verdict::Ignore),
        }
    }

    /// Whether a report shows an offence that costs nobody anything, now and later: anyone can
    /// sign such by keys of its own, and it costs more to check than others. Who passes it on
    /// has not looked at its state (A7).
    fn is_idle_report(&self, tx: &CheckedTx) -> bool {
        let body = &tx.tx().body;
        if !matches!(body.call, Call::ReportEvidence { .. }) {
            return false;
        }
        let (executor, head) = (self.core.executor(), self.core.head_hash());
        let Some(view) = executor.view(&head) else { return false };
        matches!(
            executor.ledger().try_free(&view, head, body),
            Err(CallError::HadNoPower { .. }
                | CallError::NoOffence { .. }
                | CallError::OffenceTooOld { .. })
        )
    }

    fn answer_client(&mut self, reply: Reply, checked: Vec<Result<CheckedTx, TxError>>) {
        if let Err(stopped) = self.knows_rules() {
            drop(reply.send(Err(stopped)));
            return;
        }
        let results: Vec<Value> = checked.into_iter().map(|tx| self.take_one(tx)).collect();
        // A client that went away does not want its answer.
        drop(reply.send(Ok(json!({ "results": results }))));
    }

    /// Takes one transaction of a client and passes it on to the peers. One that waits here
    /// already is taken, whatever a second one like it would meet: a head that carries it is
    /// a state on which it fails.
    pub(crate) fn take_one(&mut self, checked: Result<CheckedTx, TxError>) -> Value {
        let tx = match checked {
            Ok(tx) => tx,
            Err(e) => return self.refuse_tx(&told(&e)),
        };
        let id = *tx.id();
        if self.pool.get(&id).is_some() {
            return json!({ "tx": id, "status": "pending" });
        }
        if let Err(e) = self.would_run(&tx) {
            return self.refuse_tx(&e);
        }
        let bundle = match self.insert(tx.clone()) {
            Ok(Inserted::Added | Inserted::Replaced(_)) => self.relay.add(&tx),
            Ok(Inserted::Known) => None,
            Err(e) => return self.refuse_tx(&self.cause(&tx, &e)),
        };
        if let Some(bundle) = bundle {
            self.publish(Topic::Transactions, bundle);
        }
        json!({ "tx": id, "status": "pending" })
    }

    fn refuse_tx(&self, error: &RpcError) -> Value {
        self.metrics.txs_refused.inc();
        json!({ "error": error.to_json() })
    }

    fn insert(&mut self, tx: CheckedTx) -> Result<Inserted, PoolError> {
        let accounts = AccountsAt::of(self.core.executor(), &self.core.head_hash());
        self.pool.insert(tx, &accounts)
    }

    /// A free call that would fail makes a block invalid, so it is tried on the head's
    /// state before it is taken. So is a removal of stake, whose failure would be paid from
    /// that stake.
    fn would_run(&self, tx: &CheckedTx) -> Result<(), RpcError> {
        if matches!(tx.tx().body.call, Call::RemoveStake { .. }) {
            return self.trial(tx).map(drop);
        }
        if !tx.tx().body.call.is_free() {
            return Ok(());
        }
        let executor = self.core.executor();
        let head = self.core.head_hash();
        let view = executor.view(&head).ok_or_else(no_state)?;
        executor.ledger().try_free(&view, head, &tx.tx().body).map_err(|e| told(&e))
    }

    /// Why the pool took it not. What the state or the rules of the next block would not carry
    /// has a cause that the pool does not know.
    fn cause(&self, tx: &CheckedTx, error: &PoolError) -> RpcError {
        if !matches!(error, PoolError::NotAllowed { .. }) {
            return told(error);
        }
        let (forks, head) = (self.core.executor(), self.core.head_hash());
        let permits = |rules| forks.ledger().permits(rules, &tx.tx().body);
        if let Some(Err(e)) = forks.rules(&head).map(permits) {
            return told(&e);
        }
        self.trial(tx).err().unwrap_or_else(|| told(error))
    }
}

/// What a client hears whose transactions can't be read.
fn unread(error: &CodecError) -> RpcError {
    RpcError::new(Kind::InvalidArgument, "BadTransaction", error)
}

/// What was to be tried on the head's state can't be: nothing is taken for good untried.
pub(crate) fn no_state() -> RpcError {
    RpcError::new(Kind::StatePruned, "StatePruned", "the state of the head is not kept")
        .help("try again in a moment")
}

/// Whether no honest peer, of whatever version, sends it.
const fn is_forged(error: &TxError) -> bool {
    matches!(error, TxError::BadSignature { .. } | TxError::BadEvidence { .. })
}
