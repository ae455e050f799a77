//! Checked transactions on their way into the pool, and what those who sent them hear.

use crate::accounts::AccountsAt;
use crate::engine::Engine;
use crate::io::{Io, Judgement, Note, Source, Told, Topic, Txs};
use crate::peers::Pending;
use crate::refused::Refused;
use weft_ledger::rules::CallError;
use weft_mempool::{Inserted, PoolError};
use weft_types::check::{Known, TxError};
use weft_types::codec::CodecError;
use weft_types::{Call, CheckedTx, SecretKey, Tx, TxBody, TxId};

/// Whether no honest peer, of whatever version, sends it.
const fn is_forged(error: &TxError) -> bool {
    matches!(error, TxError::BadSignature { .. } | TxError::BadEvidence { .. })
}

impl<K: Known> Engine<K> {
    /// Sends a call of the node's own voter like a client's: to the own pool first and from
    /// there to the peers. Whether it worked is seen in the state.
    pub(crate) fn send_own(&mut self, body: TxBody, key: &SecretKey) {
        let is_offer = matches!(body.call, Call::JoinVoters { .. });
        let txs = Txs::Decoded(vec![body.sign(key, self.chain())]);
        self.out(Io::CheckTxs { source: Source::Own { is_offer }, txs });
    }

    /// Takes what came out of the checker.
    pub(crate) fn checked_txs(
        &mut self,
        source: Source,
        checked: Result<Vec<Result<CheckedTx, TxError>>, CodecError>,
    ) {
        match source {
            Source::Client(client) => {
                let told = match checked {
                    Ok(all) => {
                        Told::Submitted(all.into_iter().map(|tx| self.take_one(tx)).collect())
                    }
                    Err(why) => Told::Unread(why),
                };
                self.out(Io::Tell { client, told });
            }
            // What we sign ourselves can be read; whether it was taken is seen in the state.
            Source::Own { .. } => {
                checked.into_iter().flatten().for_each(|tx| drop(self.take_one(tx)));
            }
            Source::Peer { from, message, bytes } => {
                let pending = Pending { from, message, bytes };
                match checked {
                    Ok(txs) => self.take_list(pending, txs),
                    Err(_) => drop(self.strange(pending)),
                }
            }
        }
    }

    /// Takes what a peer sent. A forged one costs it its connection; what fails by numbers may
    /// be good by those of rules that we don't know, and costs its bytes (R21). So does a report
    /// that can't cost anybody anything.
    fn take_list(&mut self, pending: Pending, txs: Vec<Result<CheckedTx, TxError>>) {
        if let Some(why) = txs.iter().filter_map(|tx| tx.as_ref().err()).find(|e| is_forged(e)) {
            self.judge(pending.message, Judgement::Reject);
            self.punish(pending.from, why.to_string());
            return;
        }
        let mut is_whole = txs.iter().all(Result::is_ok);
        let (mut is_news, mut refused) = (false, 0_u64);
        for tx in txs.into_iter().flatten() {
            // What the pool has or can't take is nobody's fault, but evidence that is none.
            match self.insert(tx.clone()) {
                Ok(inserted) => is_news |= inserted != Inserted::Known,
                Err(_) => {
                    refused = refused.saturating_add(1);
                    is_whole &= !self.is_idle_report(&tx);
                }
            }
        }
        if refused > 0 {
            self.note(Note::TxsRefused(refused));
        }
        match (is_whole, is_news) {
            (false, _) => drop(self.strange(pending)),
            (true, true) => self.judge(pending.message, Judgement::Accept),
            // What brought nothing new is not passed on.
            (true, false) => self.judge(pending.message, Judgement::Ignore),
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
        let (executor, head) = (self.core().executor(), self.core().head_hash());
        let Some(view) = executor.view(&head) else { return false };
        matches!(
            executor.ledger().try_free(&view, head, body),
            Err(CallError::HadNoPower { .. }
                | CallError::NoOffence { .. }
                | CallError::OffenceTooOld { .. })
        )
    }

    /// Takes one transaction of a client and passes it on to the peers. One that waits here
    /// already is taken, whatever a second one like it would meet: a head that carries it is
    /// a state on which it fails.
    fn take_one(&mut self, checked: Result<CheckedTx, TxError>) -> Result<TxId, Refused> {
        let taken = self.try_one(checked);
        if taken.is_err() {
            self.note(Note::TxsRefused(1));
        }
        taken
    }

    fn try_one(&mut self, checked: Result<CheckedTx, TxError>) -> Result<TxId, Refused> {
        if let Some(stopped) = self.core().stopped() {
            return Err(Refused::Stopped(stopped));
        }
        let tx = checked.map_err(Refused::Tx)?;
        let id = *tx.id();
        if self.pool.look().get(&id).is_some() {
            return Ok(id);
        }
        self.would_run(&tx)?;
        let bundle = match self.insert(tx.clone()) {
            Ok(Inserted::Added | Inserted::Replaced(_)) => self.bundle.add(&tx, self.now),
            Ok(Inserted::Known) => None,
            Err(why) => return Err(self.cause(&tx, why)),
        };
        if let Some(bundle) = bundle {
            self.publish_txs(bundle);
        }
        Ok(id)
    }

    pub(crate) fn publish_txs(&mut self, data: Vec<u8>) {
        self.out(Io::Publish { topic: Topic::Transactions, data });
    }

    fn insert(&mut self, tx: CheckedTx) -> Result<Inserted, PoolError> {
        let head = self.core.head_hash();
        let accounts = AccountsAt::of(self.core.executor(), &head);
        self.pool.change().insert(tx, &accounts)
    }

    /// A free call that would fail makes a block invalid, so it is tried on the head's
    /// state before it is taken. So is a removal of stake, whose failure would be paid from
    /// that stake.
    fn would_run(&self, tx: &CheckedTx) -> Result<(), Refused> {
        let body = &tx.tx().body;
        if matches!(body.call, Call::RemoveStake { .. }) {
            return self.trial(tx);
        }
        if !body.call.is_free() {
            return Ok(());
        }
        let (executor, head) = (self.core().executor(), self.core().head_hash());
        let view = executor.view(&head).ok_or(Refused::NoState)?;
        executor.ledger().try_free(&view, head, body).map_err(Refused::Call)
    }

    /// Whether it would succeed in the next block.
    fn trial(&self, tx: &CheckedTx) -> Result<(), Refused> {
        let (executor, head) = (self.core().executor(), self.core().head_hash());
        let view = executor.view(&head).ok_or(Refused::NoState)?;
        let before = self.pool.before(tx.tx(), &AccountsAt::of(executor, &head));
        let before: Vec<&Tx> = before.iter().collect();
        let trial = executor.ledger().try_tx(&view, head, (&before, tx.tx()));
        let never = |why| Refused::Never(Box::new(why), Box::new(tx.tx().body.call.clone()));
        trial.map_err(never)?.receipt.result.map_err(Refused::Call)
    }

    /// Why the pool took it not. What the state or the rules of the next block would not carry
    /// has a cause that the pool does not know.
    fn cause(&self, tx: &CheckedTx, why: PoolError) -> Refused {
        if !matches!(why, PoolError::NotAllowed { .. }) {
            return Refused::Pool(why);
        }
        let (forks, head) = (self.core().executor(), self.core().head_hash());
        let permits = |rules| forks.ledger().permits(rules, &tx.tx().body);
        if let Some(Err(why)) = forks.rules(&head).map(permits) {
            return Refused::Tx(why);
        }
        self.trial(tx).err().unwrap_or(Refused::Pool(why))
    }
}
