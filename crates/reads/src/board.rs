//! Where the node's loop leaves what it sees, and readers take it.
//!
//! A moment is taken away ([`Board::hide`]) before the next one is put there ([`Hidden::show`]):
//! readers that come in between wait, for as long as that takes, and who has an older one keeps
//! it. Who has one for long looks now and then whether it is waited for ([`Board::is_hurried`]).
//!
//! Not here: the engine, and how long who takes a moment away waits for readers; the node's loop
//! does that.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use weft_engine::seen::Seen;

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

/// A board from which the last moment was taken away. When it is dropped and nothing was put
/// there, who looks finds nothing.
pub struct Hidden<'a> {
    board: &'a Board,
    seen: MutexGuard<'a, Option<Arc<Seen>>>,
}

impl Hidden<'_> {
    /// Puts a moment there, which was left at this time.
    pub fn show(mut self, seen: Option<Seen>, at: Instant) {
        *held(&self.board.shown) = Some(at);
        *self.seen = seen.map(Arc::new);
    }
}

/// While a moment is taken away the loop has the lock; nothing that is done then panics.
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

    /// Takes the last moment away. Who looks waits until the next one is put there.
    #[must_use]
    pub fn hide(&self) -> Hidden<'_> {
        let mut seen = held(&self.seen);
        *seen = None;
        Hidden { board: self, seen }
    }

    /// Whether whoever still reads is to be short.
    pub fn hurry(&self, is_hurried: bool) {
        self.hurried.store(is_hurried, Ordering::Relaxed);
    }

    /// The loop ends: whoever reads is to be short.
    pub fn close(&self) {
        self.hurry(true);
    }

    /// The loop has waited so long for readers.
    pub fn add_wait(&self, waited: Duration) {
        let us = u64::try_from(waited.as_micros()).unwrap_or(u64::MAX);
        self.waited_us.fetch_max(us, Ordering::Relaxed);
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    /// Planted bug that this finds: a board that lets go of its lock while it is empty.
    #[test]
    fn who_looks_while_a_moment_is_taken_away_waits_for_the_next_one() {
        let board = Board::default();
        let (tell, told) = mpsc::channel();
        let at = Instant::now();
        std::thread::scope(|scope| {
            let hidden = board.hide();
            scope.spawn(|| {
                tell.send(board.look().is_some()).unwrap();
            });
            assert!(told.recv_timeout(Duration::from_millis(50)).is_err(), "it does not wait");
            assert_eq!(board.age(), None, "nothing was left yet");
            hidden.show(None, at);
            assert_eq!(told.recv(), Ok(false));
        });
        assert!(board.age().unwrap() <= at.elapsed());
    }

    #[test]
    fn the_longest_wait_for_readers_is_kept_and_who_reads_is_hurried_while_the_loop_says_so() {
        let board = Board::default();
        for us in [7, 90, 8] {
            board.add_wait(Duration::from_micros(us));
        }
        assert_eq!(board.waited_us(), 90);
        let said = [true, false].map(|is| {
            board.hurry(is);
            board.is_hurried()
        });
        board.close();
        assert!(said[0] && !said[1] && board.is_hurried());
    }
}
