//! Ctrl-C in a long command: the first asks it to end with what it has, the second ends it.

use crate::output::{Failure, note};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::signal::ctrl_c;

/// What a shell shows for a program that was interrupted.
const INTERRUPTED: i32 = 130;

/// Whether a command was asked to end.
pub struct Stop {
    asked: Arc<AtomicBool>,
    // It listens as long as the command runs.
    _runtime: tokio::runtime::Runtime,
}

impl Stop {
    /// Listens from now on.
    pub fn listen() -> Result<Self, Failure> {
        let asked = Arc::new(AtomicBool::new(false));
        let (runtime, flag) = (crate::runtime::runtime()?, Arc::clone(&asked));
        runtime.spawn(async move {
            if ctrl_c().await.is_err() {
                return;
            }
            flag.store(true, Ordering::Relaxed);
            note("ending with what was found; Ctrl-C again ends at once");
            if ctrl_c().await.is_ok() {
                std::process::exit(INTERRUPTED);
            }
        });
        Ok(Self { asked, _runtime: runtime })
    }

    /// Whether it was asked.
    pub fn is_asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed)
    }
}
