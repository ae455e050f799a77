//! The loop leaves a moment of the engine for those who read, and waits for them as long as it
//! must (decision 0033).
//!
//! What final blocks change becomes the base of the states only while no reader has a moment
//! ([`weft_engine::seen`]). So the last moment is taken away before the engine absorbs, and the
//! next one is put there. Who still has an older one is waited for a millisecond and keeps it;
//! then the blocks stay layers, and the loop goes on. Only when [`MOST`] of them wait does the loop
//! wait until the readers are gone, and asks them to be short.
//!
//! Not here: when a moment is due ([`crate::node`]), and how readers get it
//! ([`weft_reads::board`]).

use std::time::{Duration, Instant};
use weft_engine::Engine;
use weft_reads::board::Board;

/// So many final blocks wait for readers before the loop waits for them.
pub(crate) const MOST: usize = 32;

/// How long the loop waits each time for those who read, so that the states do not stay layers while
/// many read.
const GRACE: Duration = Duration::from_millis(1);

/// How long the loop sleeps between two looks whether the readers have gone.
const PAUSE: Duration = Duration::from_micros(100);

/// Leaves this moment of an engine, whose Io are all carried out.
pub(crate) fn show(board: &Board, engine: &mut Engine) {
    let from = Instant::now();
    let hidden = board.hide();
    let mut waited = from.elapsed();
    loop {
        let waiting = engine.absorb();
        if waiting == 0 || (waiting <= MOST && waited >= GRACE) {
            break;
        }
        board.hurry(waiting > MOST);
        std::thread::sleep(PAUSE);
        waited = from.elapsed();
    }
    board.hurry(false);
    board.add_wait(waited);
    hidden.show(engine.seen(), Instant::now());
}
