//! The pool against a plain one that looks at everything each time.

use crate::world::*;
use proptest::prelude::*;
use std::collections::BTreeMap;
use weft_mempool::{Accounts as _, Bounds, Inserted, Pool};
use weft_types::check::Known as _;
use weft_types::{CheckedTx, Height, Limits, Nonce, PublicKey, Rao, TxId};

/// What is done to the pool.
#[derive(Clone, Debug)]
enum Step {
    Pay {
        signer: u8,
        nonce: u64,
        fee: u64,
        amount: u64,
    },
    Free {
        signer: u8,
        netuid: u16,
    },
    /// A block is built on the head, from at most so many.
    Build(u32),
    /// The head becomes final.
    Finalize,
    /// The head is given up for the final state.
    Reorganise,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => (0_u8..6, 0_u64..8, 8_000_u64..8_020, 0_u64..9_000)
            .prop_map(|(signer, nonce, fee, amount)| Step::Pay { signer, nonce, fee, amount }),
        3 => (0_u8..6, 1_u16..3).prop_map(|(signer, netuid)| Step::Free { signer, netuid }),
        3 => (0_u32..9).prop_map(Step::Build),
        1 => Just(Step::Finalize),
        1 => Just(Step::Reorganise),
    ]
}

/// The pool and what it should hold, in order of arrival.
struct Both {
    pool: Pool,
    plain: Vec<CheckedTx>,
    last: State,
    head: State,
    unfinal: Vec<CheckedTx>,
    height: u64,
}

fn nonce(tx: &CheckedTx) -> Nonce {
    tx.tx().body.nonce
}

fn is_free(tx: &CheckedTx) -> bool {
    tx.tx().body.call.is_free()
}

fn rate(tx: &CheckedTx) -> u64 {
    let least = tx.least_fee().0.max(1);
    (tx.tx().body.fee.0 - tx.least_fee().0) * 1_000 / least
}

impl Both {
    fn new(bounds: Bounds) -> Self {
        let mut rich = State::default();
        for n in 0..6 {
            rich = rich.with(n, 60_000, 0);
        }
        let (last, head) = (rich.clone(), rich);
        Self { pool: Pool::new(bounds), plain: vec![], last, head, unfinal: vec![], height: 0 }
    }

    fn offer(&mut self, tx: CheckedTx) {
        let before: Vec<_> = self.plain.clone();
        match self.pool.insert(tx.clone(), &self.head) {
            Ok(Inserted::Added) => self.plain.push(tx),
            Ok(Inserted::Replaced(old)) => {
                self.plain.retain(|t| *t.id() != old);
                self.plain.push(tx);
            }
            Ok(Inserted::Known) => assert!(before.contains(&tx)),
            Err(_) => {}
        }
        let pool = &self.pool;
        self.plain.retain(|t| pool.get(t.id()).is_some());
    }

    /// The order of [`Pool::pick`], found by looking at every transaction every time.
    fn plainly(&self, limits: &Limits, state: &State) -> Vec<TxId> {
        let calls = usize::try_from(limits.block_calls).unwrap();
        let allowed = |t: &&CheckedTx| state.allows(&t.tx().body);
        let mut picked: Vec<&CheckedTx> =
            self.plain.iter().filter(|t| is_free(t)).filter(allowed).take(calls).collect();
        let mut turns: BTreeMap<PublicKey, (Nonce, Rao)> = BTreeMap::new();
        while picked.len() < calls {
            let ready = |t: &&CheckedTx| {
                let body = &t.tx().body;
                let account = state.account(&body.signer);
                let (next, free) =
                    turns.get(&body.signer).copied().unwrap_or((account.nonce, account.free));
                !is_free(t) && body.nonce == next && body.fee <= free
            };
            let best = self.plain.iter().enumerate().filter(|(_, t)| ready(t));
            let Some((_, best)) = best.max_by_key(|(at, t)| (rate(t), usize::MAX - at)) else {
                break;
            };
            let body = &best.tx().body;
            let account = state.account(&body.signer);
            let (next, free) =
                turns.get(&body.signer).copied().unwrap_or((account.nonce, account.free));
            let weft_types::Call::Transfer { amount, .. } = body.call else { unreachable!() };
            let spent = Rao(body.fee.0.saturating_add(amount.0));
            let left = free.checked_sub(spent).unwrap_or(Rao(0));
            turns.insert(body.signer, (next.next().unwrap(), left));
            picked.push(best);
        }
        picked.into_iter().map(|t| *t.id()).collect()
    }

    fn act(&mut self, step: &Step) {
        match step {
            Step::Pay { signer, nonce, fee, amount } => {
                self.offer(sending(*signer, *nonce, *fee, *amount));
            }
            Step::Free { signer, netuid } => self.offer(weights(*signer, *netuid, 5)),
            Step::Build(calls) => {
                let limits = limits(*calls);
                let picked = self.pool.pick(&limits, &self.head);
                let ids: Vec<TxId> = picked.iter().map(|t| *t.id()).collect();
                assert_eq!(ids, self.plainly(&limits, &self.head));
                self.head.run(&picked);
                self.unfinal.extend(picked);
            }
            Step::Finalize => {
                let carried = std::mem::take(&mut self.unfinal);
                self.height += 1;
                self.last = self.head.clone();
                self.pool.on_final(&block(carried.clone()), &self.last);
                self.pool.expire(Height(self.height));
                let last = &self.last;
                self.plain.retain(|t| {
                    let used = !is_free(t) && nonce(t) < last.account(&t.tx().body.signer).nonce;
                    !used && !carried.contains(t)
                });
            }
            Step::Reorganise => {
                self.head = self.last.clone();
                self.unfinal.clear();
            }
        }
    }

    fn holds(&self, bounds: &Bounds) {
        let counters = self.pool.counters();
        assert_eq!(self.pool.len(), self.plain.len());
        assert!(self.pool.len() <= bounds.txs);
        assert!(counters.free <= u64::try_from(bounds.free).unwrap());
        assert_eq!(counters.bytes, self.plain.iter().map(|t| u64::from(t.bytes())).sum::<u64>());
        let left = counters.replaced + counters.evicted + counters.expired + counters.finalized;
        assert_eq!(counters.txs, counters.added - left, "all that came is here or accounted for");
        assert!(self.plain.iter().all(|t| self.pool.knows(t.seal())));
        let every = limits(u32::MAX);
        let ids: Vec<_> = self.pool.pick(&every, &self.last).iter().map(|t| *t.id()).collect();
        assert_eq!(ids, self.plainly(&every, &self.last), "a reorganisation needs no work");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn a_pick_is_what_looking_at_everything_would_give(
        steps in proptest::collection::vec(step(), 1..80),
        txs in 4_usize..30,
    ) {
        let bounds = Bounds { txs, free: 3, nonces_ahead: 6, ..Bounds::default() };
        let mut both = Both::new(bounds);
        for step in &steps {
            both.act(step);
            both.holds(&bounds);
        }
    }
}
