//! How far a node is that follows a chain: said on stderr until it is at the head, then
//! once as a result.
//!
//! At the head is what the node itself says: it is ready, by voters' signatures under a final
//! block that is new by its clock, and by what its own peers have. The node it joined through
//! is asked too, and what that says is a hint: it shows how far there is to go, and where it
//! has more than a node that is ready, that much is waited for, as long as a final block may
//! be old. When the two still differ then, that is said by name and ends the waiting.

use crate::output::{Answer, Exit, Failure, complain, note, tell};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::{BTreeSet, VecDeque};
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use weft_node::clock::now;
use weft_node::start::Stopper;
use weft_rpc::client::{Client, ClientError};
use weft_types::Millis;

/// How often the nodes are asked.
const LOOK: Duration = Duration::from_millis(500);

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// How many slots a node that is ready waits for what another says it has: as old as a final
/// block may be at a node that is ready.
const HINT_SLOTS: u64 = 16;

/// Every so many looks it is said how far the node is.
const LOOKS_PER_WORD: u32 = 4;

/// A node that is watched until it is at the head.
pub struct Watch {
    /// Its RPC.
    pub own: String,
    /// The RPC of the node it joined through.
    pub host: String,
    /// Its home.
    pub home: PathBuf,
    /// The kind of network.
    pub network: String,
    /// When slot 0 began.
    pub genesis_time: Millis,
    /// Length of a slot.
    pub slot_ms: u64,
    /// Whether it is said in JSON.
    pub as_json: bool,
    /// Whether the node ends when it is at the head.
    pub ends: bool,
    /// Why a word that was waited for could not be written.
    pub lost: Arc<OnceLock<Failure>>,
}

/// What a node said of itself. What is missing or of another kind is an error by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
struct Standing {
    height: u64,
    /// None while it awaits the trusted block (R16).
    #[serde(rename = "final_height", deserialize_with = "Option::deserialize")]
    last_final: Option<u64>,
    ready: bool,
    /// Why it is not.
    reasons: Vec<String>,
}

impl Standing {
    /// Whether it is at the head by what it sees itself.
    fn is_at_head(&self) -> bool {
        self.ready && self.last_final.is_some() && self.height > 0
    }

    fn has(&self, other: &Self) -> bool {
        self.height >= other.height && self.last_final >= other.last_final
    }
}

/// What the other node said when this one was ready first, and when that was.
struct Hint {
    since: Millis,
    there: Standing,
}

/// How a node stands to the other one.
#[derive(Debug, PartialEq, Eq)]
enum Sight {
    /// It is not at the head, or waits for what the other says it has.
    OnTheWay,
    /// It is at the head, and the other agrees or is gone.
    AtHead,
    /// It is at the head, and the other says something else for longer than that can be right.
    Differs(&'static str),
}

impl Watch {
    /// Watches beside the node, which runs in the thread that called.
    pub fn start(self, stopper: Stopper) -> Result<(), Failure> {
        let failed = |e| Failure::new(Exit::Failed, "NoRuntime", e);
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_all().build().map_err(failed)?;
        let own = Client::new(&self.own, PATIENCE)?;
        let host = Client::new(&self.host, PATIENCE)?.answers(1 << 20);
        std::thread::Builder::new()
            .name("follow".to_owned())
            .spawn(move || runtime.block_on(self.watch(&own, &host, stopper)))
            .map(drop)
            .map_err(failed)
    }

    async fn watch(self, own: &Client, host: &Client, stopper: Stopper) {
        let began = now();
        let (mut pace, mut looks, mut top, mut hint) = (Pace::default(), 0_u32, None, None);
        let mut odd = Odd::default();
        loop {
            tokio::time::sleep(LOOK).await;
            let Some(here) = odd.heard(standing(own).await) else { continue };
            let there = odd.heard(standing(host).await).map(|there| self.bounded(there));
            top = there.as_ref().map(|there| there.height).or(top);
            pace.add(now(), here.height);
            let patience = Millis(self.slot_ms.saturating_mul(HINT_SLOTS));
            let sight = sight(&here, there.as_ref(), &mut hint, (now(), patience));
            if sight != Sight::OnTheWay {
                if let (Sight::Differs(name), Some(there)) = (&sight, &there) {
                    self.differs(name, &here, there);
                }
                self.arrived(&here, now().0.saturating_sub(began.0));
                if self.ends {
                    stopper.stop();
                }
                return;
            }
            if looks.is_multiple_of(LOOKS_PER_WORD) {
                self.on_the_way(&here, top, &pace);
            }
            if self.lost.get().is_some() {
                return stopper.stop();
            }
            looks = looks.wrapping_add(1);
        }
    }

    /// No chain is higher than slots have begun.
    fn bounded(&self, there: Standing) -> Standing {
        let since = now().0.saturating_sub(self.genesis_time.0);
        // A genesis whose slots have no length is refused when it is checked.
        let slots = since.checked_div(self.slot_ms).unwrap_or(u64::MAX);
        let (height, last_final) =
            (there.height.min(slots), there.last_final.map(|f| f.min(slots)));
        Standing { height, last_final, ..there }
    }

    /// What the other says is not what this node sees.
    fn differs(&self, name: &str, here: &Standing, there: &Standing) {
        let said = |standing: &Standing| {
            let last = standing.last_final.map_or_else(|| "none".to_owned(), |f| f.to_string());
            format!("height {}, final {last}", standing.height)
        };
        let text = format!(
            "{name}: the node at {} says {}; by its peers and its own clock this node is at the \
             head with {}: ask another node which is right",
            self.host,
            said(there),
            said(here)
        );
        if self.as_json {
            let data = json!({
                "event": "differs", "name": name, "url": self.host,
                "height": here.height, "final_height": here.last_final,
                "of": there.height, "of_final": there.last_final,
            });
            self.say(&data, String::new(), here.height);
        }
        note(&text);
    }

    fn on_the_way(&self, here: &Standing, of: Option<u64>, pace: &Pace) {
        let left = of.and_then(|of| pace.seconds_to(of));
        let text = match (of, left) {
            (Some(of), Some(left)) => {
                format!("following height {} of {of}, about {} left", here.height, span(left))
            }
            (Some(of), None) => format!("following height {} of {of}", here.height),
            (None, _) => format!("following height {}", here.height),
        };
        if self.as_json {
            let data = json!({
                "event": "progress", "height": here.height, "of": of, "seconds_left": left,
                "reasons": here.reasons,
            });
            self.say(&data, String::new(), here.height);
        } else {
            let why = here.reasons.first().filter(|_| of.is_none_or(|of| here.height >= of));
            note(&why.map_or(text.clone(), |why| format!("{text}, not at the head: {why}")));
        }
    }

    fn arrived(&self, here: &Standing, took_ms: u64) {
        let data = json!({
            "event": "synced", "height": here.height, "final_height": here.last_final,
            "took_ms": took_ms,
        });
        let more = if self.ends {
            format!("go on with: weft node run --home {}", self.home.display())
        } else {
            format!(
                "it runs on until Ctrl-C; ask it: weft node status --home {0}\n\
                 later: weft node run --home {0}",
                self.home.display()
            )
        };
        let last_final = here.last_final.map_or_else(|| "none".to_owned(), |f| f.to_string());
        let text = format!("at the head: height {}, final {last_final}\n{more}", here.height);
        self.say(&data, text, here.height);
    }

    fn say(&self, data: &Value, text: String, height: u64) {
        if let Ok(answer) = Answer::new(data, text) {
            let told = tell(answer.at(Some(self.network.clone()), Some(height)), self.as_json);
            match told {
                Ok(()) => {}
                Err(failure) if self.ends => drop(self.lost.set(failure)),
                // The node goes on, as it does without its log.
                Err(failure) => complain(&failure),
            }
        }
    }
}

async fn standing(client: &Client) -> Result<Standing, ClientError> {
    client.call("chain_status", &json!({})).await
}

/// Answers that are none of a node, each of which is said once.
#[derive(Default)]
struct Odd(BTreeSet<String>);

/// How many of them are said: whoever makes up new ones is not heard for ever.
const MOST_ODD: usize = 8;

impl Odd {
    /// What was heard; one that is silent, starts, or is gone is asked again.
    fn heard(&mut self, answer: Result<Standing, ClientError>) -> Option<Standing> {
        match answer {
            Ok(standing) => return Some(standing),
            Err(error @ ClientError::NotRpc { .. }) => {
                let text: String = format!("BadAnswer: {error}").chars().take(300).collect();
                if self.0.len() < MOST_ODD && self.0.insert(text.clone()) {
                    note(&text);
                }
            }
            Err(_) => {}
        }
        None
    }
}

/// How this node stands, by what it says itself; what the other said when this one was ready
/// first is waited for, but not for ever.
fn sight(
    here: &Standing,
    there: Option<&Standing>,
    hint: &mut Option<Hint>,
    (now, patience): (Millis, Millis),
) -> Sight {
    if !here.is_at_head() {
        return Sight::OnTheWay;
    }
    let Some(there) = there else { return Sight::AtHead };
    if there.height.saturating_add(HINT_SLOTS) < here.height {
        return Sight::Differs("HostBehind");
    }
    let hint = hint.get_or_insert_with(|| Hint { since: now, there: there.clone() });
    if here.has(&hint.there) || here.has(there) {
        return Sight::AtHead;
    }
    if now.0.saturating_sub(hint.since.0) < patience.0 {
        return Sight::OnTheWay;
    }
    Sight::Differs("HostAhead")
}

/// How many looks back the pace is taken from.
const LOOKS: usize = 20;

/// How fast the height rises.
#[derive(Default)]
struct Pace(VecDeque<(Millis, u64)>);

impl Pace {
    fn add(&mut self, at: Millis, height: u64) {
        self.0.push_back((at, height));
        if self.0.len() > LOOKS {
            self.0.pop_front();
        }
    }

    /// Seconds until this height at the pace of the last looks; none while it does not rise.
    fn seconds_to(&self, of: u64) -> Option<u64> {
        let ((from, low), (to, high)) = (self.0.front()?, self.0.back()?);
        let (ms, rise) = (to.0.checked_sub(from.0)?, high.checked_sub(*low)?);
        let left = of.saturating_sub(*high);
        Some(left.checked_mul(ms)?.checked_div(rise)?.div_ceil(1_000))
    }
}

/// A number of seconds for people.
fn span(seconds: u64) -> String {
    match seconds {
        0..=99 => format!("{seconds} s"),
        100..=5_999 => format!("{} min", seconds.div_ceil(60)),
        _ => format!("{} h", seconds.div_ceil(3_600)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_left_is_what_the_last_looks_say() {
        let mut pace = Pace::default();
        assert_eq!(pace.seconds_to(100), None);
        pace.add(Millis(0), 10);
        assert_eq!(pace.seconds_to(100), None, "one look is no pace");
        pace.add(Millis(1_000), 10);
        assert_eq!(pace.seconds_to(100), None, "it does not rise");
        pace.add(Millis(2_000), 30);
        assert_eq!(pace.seconds_to(100), Some(7));
        assert_eq!(pace.seconds_to(20), Some(0));
        for look in 0..20 {
            pace.add(Millis(3_000 + look * 1_000), 30 + look);
        }
        assert_eq!(pace.seconds_to(149), Some(100), "what was long ago does not count");
    }

    fn at(height: u64, last_final: u64) -> Standing {
        let (last_final, reasons) = (Some(last_final), Vec::new());
        Standing { height, last_final, ready: true, reasons }
    }

    #[test]
    fn a_node_is_at_the_head_by_its_own_word_and_the_other_is_a_hint() {
        let look = |here: &Standing, there: Option<&Standing>| {
            sight(here, there, &mut None, (Millis(0), Millis(100)))
        };
        assert_eq!(look(&at(6, 4), Some(&at(6, 4))), Sight::AtHead);
        assert_eq!(look(&at(6, 4), None), Sight::AtHead, "the other is gone");
        assert_eq!(look(&at(5, 3), Some(&at(6, 3))), Sight::OnTheWay);
        assert_eq!(look(&at(6, 3), Some(&at(6, 4))), Sight::OnTheWay);
        // Whatever the other says, a node that is not ready is not at the head.
        let waiting = Standing { ready: false, ..at(6, 4) };
        let awaiting = Standing { last_final: None, ..at(9, 0) };
        for here in [&waiting, &awaiting, &at(0, 0)] {
            for there in [None, Some(&at(6, 4)), Some(&at(0, 0))] {
                assert_eq!(look(here, there), Sight::OnTheWay, "{here:?}");
            }
        }
        assert_eq!(look(&at(17, 4), Some(&at(0, 0))), Sight::Differs("HostBehind"));
    }

    #[test]
    fn what_the_other_overstates_is_waited_for_16_slots_and_then_said_by_name() {
        let mut hint = None;
        let mut look = |ms, height, of| {
            let clock = (Millis(ms), Millis(1_600));
            sight(&at(height, height), Some(&at(of, of)), &mut hint, clock)
        };
        // It runs ahead for ever, so that nobody ever has what it says.
        assert_eq!(look(5_000, 10, 100), Sight::OnTheWay);
        assert_eq!(look(6_599, 26, 116), Sight::OnTheWay);
        assert_eq!(look(6_600, 26, 116), Sight::Differs("HostAhead"));
        let mut hint = None;
        let mut look = |ms, height, of| {
            let clock = (Millis(ms), Millis(1_600));
            sight(&at(height, height), Some(&at(of, of)), &mut hint, clock)
        };
        // One that makes blocks as fast as they come is no liar.
        assert_eq!(look(0, 10, 12), Sight::OnTheWay);
        assert_eq!(look(200, 12, 14), Sight::AtHead);
    }

    #[test]
    fn a_status_that_lacks_something_or_has_another_kind_of_it_is_none() {
        let read = |value: Value| serde_json::from_value::<Standing>(value);
        let good = json!({ "height": 5, "final_height": null, "ready": true, "reasons": [] });
        assert_eq!(read(good.clone()).unwrap().last_final, None);
        for (name, bad) in [
            ("height", json!("5")),
            ("height", Value::Null),
            ("final_height", json!("4")),
            ("ready", json!("yes")),
            ("ready", Value::Null),
            ("reasons", json!("none")),
        ] {
            let mut status = good.clone();
            status[name] = bad;
            assert!(read(status).is_err(), "{name}");
        }
        for name in ["height", "final_height", "ready", "reasons"] {
            let mut status = good.clone();
            status.as_object_mut().unwrap().remove(name);
            assert!(read(status).is_err(), "{name}");
        }
    }

    #[test]
    fn spans_are_in_the_unit_that_a_person_would_use() {
        assert_eq!([99, 100, 6_000].map(span), ["99 s", "2 min", "2 h"]);
    }
}
