//! Answers that many ask for, worked out and written once for each state.
//!
//! A state never changes, so an answer about it stays true. Kept are answers about the states of one
//! moment, head and last final block, and so many bytes of them: a question that is new drops the
//! answers about states that its moment does not have. Who asks while an answer is being worked out
//! waits for it, and holds its own moment until it is written.
//!
//! Not here: which questions these are, and how they are answered (`answers`).

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use weft_rpc::{Method, RpcError, Written};
use weft_types::{Hash, Netuid};

/// So many bytes of answers are kept; when there are more, all are dropped.
const BYTES: usize = 32 << 20;

/// A question about a state, of which there are few: two states, a few methods, the subnets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Question {
    /// The block that left the state, and whether it is asked for as a final one.
    pub(crate) state: (Hash, bool),
    pub(crate) method: Method,
    pub(crate) netuid: Option<Netuid>,
}

/// An answer, or somebody who works on it.
type Place = Arc<OnceLock<Result<Written, RpcError>>>;

/// The answers.
#[derive(Debug, Default)]
pub struct Shared(Mutex<BTreeMap<Question, Place>>);

impl Shared {
    /// The answer to a question about one of these states. Errors are told to those who wait, and
    /// not kept.
    pub(crate) fn answer(
        &self,
        question: Question,
        states: [Hash; 2],
        work_out: impl FnOnce() -> Result<Written, RpcError>,
    ) -> Result<Written, RpcError> {
        let place = self.place(question, states);
        let mut is_new = false;
        let answer = place.get_or_init(|| {
            is_new = true;
            work_out()
        });
        if is_new && answer.is_err() {
            self.all().remove(&question);
        } else if is_new && self.bytes() > BYTES {
            self.all().clear();
        }
        answer.clone()
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<Question, Place>> {
        // Nothing that is done under it panics.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn place(&self, question: Question, states: [Hash; 2]) -> Place {
        let mut all = self.all();
        if let Some(place) = all.get(&question) {
            return Arc::clone(place);
        }
        all.retain(|old, _| states.contains(&old.state.0));
        Arc::clone(all.entry(question).or_default())
    }

    fn bytes(&self) -> usize {
        let answers = self.all();
        let written = |place: &Place| Some(place.get()?.as_ref().ok()?.as_str().len());
        answers.values().filter_map(written).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::sync::{Barrier, mpsc};
    use std::time::Duration;
    use weft_rpc::Kind;

    const NOW: Hash = Hash([1; 32]);
    const NEXT: Hash = Hash([2; 32]);

    fn question(state: Hash, is_final: bool, netuid: u16) -> Question {
        let netuid = Some(Netuid(netuid));
        Question { state: (state, is_final), method: Method::SubnetMetagraph, netuid }
    }

    /// What is answered, and whether it was worked out for this.
    fn ask(shared: &Shared, question: Question, states: [Hash; 2], says: &str) -> (Written, bool) {
        let mut is_new = false;
        let answer = shared.answer(question, states, || {
            is_new = true;
            Ok(json!(says).into())
        });
        (answer.unwrap(), is_new)
    }

    /// Planted bugs that this finds: a question without its state, its method, its subnet, or whether it is final.
    #[test]
    fn an_answer_is_worked_out_once_for_each_state_and_question_and_goes_with_its_state() {
        let shared = Shared::default();
        let first = question(NOW, true, 1);
        let asked = [
            first,
            question(NOW, true, 2),
            question(NOW, false, 1),
            question(NEXT, true, 1),
            Question { method: Method::SubnetWeights, ..first },
        ];
        for (question, says) in asked.into_iter().zip(["a", "b", "c", "d", "e"]) {
            let first = ask(&shared, question, [NOW, NEXT], says);
            assert_eq!(first, (json!(says).into(), true));
            let again = ask(&shared, question, [NOW, NEXT], "another");
            assert_eq!(again, (json!(says).into(), false));
        }
        ask(&shared, question(NEXT, false, 1), [NEXT, NEXT], "f");
        assert_eq!(shared.all().len(), 2, "those of the state before are gone");
    }

    #[test]
    fn an_error_is_told_and_not_kept_and_too_many_bytes_are_dropped() {
        let shared = Shared::default();
        let refused = || Err(RpcError::new(Kind::NotFound, "SubnetNotExists", "none"));
        let at = question(NOW, true, 9);
        ask(&shared, question(NOW, true, 8), [NOW; 2], "kept");
        assert_eq!(shared.answer(at, [NOW; 2], refused).unwrap_err().name, "SubnetNotExists");
        assert_eq!(shared.all().keys().collect::<Vec<_>>(), [&question(NOW, true, 8)]);
        let long = "x".repeat(BYTES / 3);
        for netuid in 1..4 {
            ask(&shared, question(NOW, true, netuid), [NOW; 2], &long);
        }
        assert!(shared.bytes() <= BYTES, "{} bytes", shared.bytes());
        assert!(ask(&shared, question(NOW, true, 1), [NOW; 2], "short").1, "it was dropped");
    }

    /// Planted bug that this finds: a place that is taken anew while somebody works on it.
    #[test]
    fn who_asks_while_an_answer_is_worked_out_waits_for_it() {
        let shared = Shared::default();
        let (begun, (let_go, go)) = (Barrier::new(2), mpsc::channel());
        let (tell, told) = mpsc::channel();
        let at = question(NOW, true, 1);
        std::thread::scope(|scope| {
            // It is dropped here, so that nobody waits for it when this fails.
            let let_go = let_go;
            scope.spawn(|| {
                let (go, begun) = (go, &begun);
                let slow = move || {
                    begun.wait();
                    go.recv().ok();
                    Ok(json!("first").into())
                };
                shared.answer(at, [NOW; 2], slow).unwrap()
            });
            begun.wait();
            scope.spawn(|| tell.send(ask(&shared, at, [NOW; 2], "second")).unwrap());
            assert!(told.recv_timeout(Duration::from_millis(50)).is_err(), "it does not wait");
            let_go.send(()).unwrap();
            assert_eq!(told.recv(), Ok((json!("first").into(), false)));
        });
    }
}
