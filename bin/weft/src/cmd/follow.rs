//! How far a node is that follows a chain: said on stderr until it is at the head, then
//! once as a result.
//!
//! Asked are the node itself and the one it joined through, which says how high the chain
//! is; what it says is believed up to one block a slot. When it is gone, the node is at the
//! head as soon as it is ready by its own clock.

use crate::output::{Answer, Exit, Failure, note, tell};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::path::PathBuf;
use std::time::Duration;
use weft_node::engine::now;
use weft_node::start::Stopper;
use weft_rpc::client::Client;
use weft_types::Millis;

/// How often the nodes are asked.
const LOOK: Duration = Duration::from_millis(500);

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(2);

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
}

/// What a node said of itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Standing {
    height: u64,
    /// None while it awaits the trusted block (R16).
    last_final: Option<u64>,
    ready: bool,
}

impl Standing {
    fn of(status: &Value) -> Option<Self> {
        Some(Self {
            height: status["height"].as_u64()?,
            last_final: status["final_height"].as_u64(),
            ready: status["ready"].as_bool().unwrap_or(false),
        })
    }
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
        let (mut pace, mut looks, mut top) = (Pace::default(), 0_u32, None);
        loop {
            tokio::time::sleep(LOOK).await;
            let Some(here) = standing(own).await else { continue };
            let there = standing(host).await;
            top = there.or(top).map(|top: Standing| self.bounded(top));
            pace.add(now(), here.height);
            if is_at_head(here, there.map(|there| self.bounded(there))) {
                self.arrived(here, now().0.saturating_sub(began.0));
                if self.ends {
                    stopper.stop();
                }
                return;
            }
            if looks.is_multiple_of(LOOKS_PER_WORD) {
                self.on_the_way(here, top.map(|top| top.height), &pace);
            }
            looks = looks.wrapping_add(1);
        }
    }

    /// No chain is higher than slots have begun.
    fn bounded(&self, there: Standing) -> Standing {
        let since = now().0.saturating_sub(self.genesis_time.0);
        let slots = since.checked_div(self.slot_ms).unwrap_or(0);
        let (height, last_final) =
            (there.height.min(slots), there.last_final.map(|f| f.min(slots)));
        Standing { height, last_final, ..there }
    }

    fn on_the_way(&self, here: Standing, of: Option<u64>, pace: &Pace) {
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
            });
            self.say(&data, String::new(), here.height);
        } else {
            note(&text);
        }
    }

    fn arrived(&self, here: Standing, took_ms: u64) {
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
        let last_final = here.last_final.unwrap_or(0);
        let text = format!("at the head: height {}, final {last_final}\n{more}", here.height);
        self.say(&data, text, here.height);
    }

    fn say(&self, data: &Value, text: String, height: u64) {
        if let Ok(answer) = Answer::new(data, text) {
            tell(answer.at(Some(self.network.clone()), Some(height)), self.as_json);
        }
    }
}

async fn standing(client: &Client) -> Option<Standing> {
    let status = client.call::<_, Value>("chain_status", &json!({})).await.ok()?;
    Standing::of(&status)
}

/// Whether a node has what the other has; alone it must be ready by its own clock.
fn is_at_head(here: Standing, there: Option<Standing>) -> bool {
    let Some(last_final) = here.last_final else { return false };
    match there {
        Some(there) => Some(last_final) >= there.last_final && here.height >= there.height,
        None => here.ready && here.height > 0,
    }
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

    #[test]
    fn a_node_is_at_the_head_when_it_has_what_the_other_has_or_is_ready_alone() {
        let at =
            |height, last_final| Standing { height, last_final: Some(last_final), ready: false };
        let awaiting = Standing { height: 9, last_final: None, ready: true };
        assert!(!is_at_head(awaiting, Some(at(6, 3))) && !is_at_head(awaiting, None));
        assert!(!is_at_head(at(5, 3), Some(at(6, 3))));
        assert!(!is_at_head(at(6, 3), Some(at(6, 4))));
        assert!(is_at_head(at(6, 4), Some(at(6, 4))));
        assert!(!is_at_head(at(6, 4), None));
        assert!(is_at_head(Standing { ready: true, ..at(6, 4) }, None));
    }

    #[test]
    fn spans_are_in_the_unit_that_a_person_would_use() {
        assert_eq!([99, 100, 6_000].map(span), ["99 s", "2 min", "2 h"]);
    }
}
