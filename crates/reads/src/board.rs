//! Where the node's loop leaves what it sees, and readers take it.
//!
//! What final blocks change becomes the base of the states only while no reader has a moment
//! ([`weft_engine::seen`]). So a moment is taken away before the engine settles, and the next
//! one is put there: readers that come in between wait, for as long as that takes. Who still has
//! an older moment is waited for a millisecond and keeps it; then the blocks stay
//! layers, and the loop goes on. Only when [`MOST`] of them wait does the loop wait for the readers
//! until they are gone, and asks them to be short ([`Board::is_hurried`]). It is the loop that waits
//! here, on its own thread.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use weft_engine::Engine;
use weft_engine::seen::Seen;
use weft_types::check::Known;

/// So many final blocks wait for readers before the loop waits for them.
pub const MOST: usize = 32;

/// How long the loop waits each time for those who read, so that the states do not stay layers while
/// many read.
const GRACE: Duration = Duration::from_millis(1);

/// How long the loop sleeps between two looks whether the readers have gone.
const PAUSE: Duration = Duration::from_micros(100);

/// Who is connected, and where.
#[derive(Clone, Debug, Default)]
pub struct Net {
    /// Where each peer can be dialled, by its name.
    pub peers: BTreeMap<String, Vec<String>>,
    /// Where we accept connections.
    pub own: Vec<String>,
}

/// What the loop left.
#[derive(Default)]
pub struct Board {
    seen: Mutex<Option<Arc<Seen>>>,
    net: Mutex<Arc<Net>>,
    hurried: AtomicBool,
    /// When a moment was last left.
    shown: Mutex<Option<Instant>>,
    /// The longest that the loop waited for readers.
    waited_us: AtomicU64,
}

/// Nothing that could fail is done while it is held.
fn held<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Board {
    /// The last moment. Whoever has it lets it go within milliseconds, or looks now and then
    /// whether it must.
    #[must_use]
    pub fn look(&self) -> Option<Arc<Seen>> {
        held(&self.seen).clone()
    }

    /// Whether readers are waited for: what takes long is to be broken off.
    #[must_use]
    pub fn is_hurried(&self) -> bool {
        self.hurried.load(Ordering::Relaxed)
    }

    /// How long ago a moment was last left; none when none was. The loop leaves one every half
    /// second.
    #[must_use]
    pub fn age(&self) -> Option<Duration> {
        held(&self.shown).map(|shown| shown.elapsed())
    }

    /// The loop ends: whoever reads is to be short.
    pub fn close(&self) {
        self.hurried.store(true, Ordering::Relaxed);
    }

    /// Leaves this moment of an engine, whose Io are all carried out.
    pub fn show<K: Known>(&self, engine: &mut Engine<K>) {
        let from = Instant::now();
        let mut seen = held(&self.seen);
        let mut waited = from.elapsed();
        *seen = None;
        loop {
            let waiting = engine.settle();
            if waiting == 0 || (waiting <= MOST && waited >= GRACE) {
                break;
            }
            self.hurried.store(waiting > MOST, Ordering::Relaxed);
            std::thread::sleep(PAUSE);
            waited = from.elapsed();
        }
        self.hurried.store(false, Ordering::Relaxed);
        *held(&self.shown) = Some(Instant::now());
        let us = u64::try_from(waited.as_micros()).unwrap_or(u64::MAX);
        self.waited_us.fetch_max(us, Ordering::Relaxed);
        *seen = engine.seen().map(Arc::new);
    }

    /// The longest that the loop has waited for readers, in microseconds.
    #[must_use]
    pub fn waited_us(&self) -> u64 {
        self.waited_us.load(Ordering::Relaxed)
    }

    /// Who is connected.
    #[must_use]
    pub fn net(&self) -> Arc<Net> {
        Arc::clone(&held(&self.net))
    }

    /// Leaves who is connected now.
    pub fn show_net(&self, net: Net) {
        *held(&self.net) = Arc::new(net);
    }
}
