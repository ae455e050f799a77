//! What comes due every so often.

use weft_types::Millis;

/// A clock of one thing that is done again and again. When the time of day is set back, it is due.
#[derive(Clone, Copy, Debug)]
pub struct Timer {
    every_ms: u64,
    last: Option<Millis>,
}

impl Timer {
    /// One that is due at once, and then every so many milliseconds.
    #[must_use]
    pub const fn every(every_ms: u64) -> Self {
        Self { every_ms, last: None }
    }

    /// Whether it is due; then it begins anew.
    pub fn rings(&mut self, now: Millis) -> bool {
        let is_due =
            self.due().is_none_or(|due| now >= due) || self.last.is_some_and(|last| now < last);
        if is_due {
            self.last = Some(now);
        }
        is_due
    }

    /// When it is due next; none when it never rang.
    #[must_use]
    pub fn due(&self) -> Option<Millis> {
        self.last.map(|last| Millis(last.0.saturating_add(self.every_ms)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_rings_at_once_then_every_so_often_and_when_the_time_of_day_was_set_back() {
        let mut timer = Timer::every(500);
        assert!(timer.rings(Millis(10_000)));
        assert!(!timer.rings(Millis(10_499)));
        assert!(timer.rings(Millis(10_500)));
        assert!(timer.rings(Millis(9_000)), "set back");
        assert!(!timer.rings(Millis(9_499)));
    }
}
