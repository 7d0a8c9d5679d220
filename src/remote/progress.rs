//! One line on a terminal while pfx waits for a server; nothing if stderr is not a terminal.

use std::io::{IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

use crate::name::Shown;

/// How long pfx waits before it shows the line.
pub const PATIENCE: Duration = Duration::from_secs(1);

/// Shows on stderr what pfx waits for and since when, and erases the line when dropped.
pub struct Progress<'p> {
    place: &'p str,
    since: Instant,
    is_terminal: bool,
    told: bool,
}

impl<'p> Progress<'p> {
    /// `since` is when the wait began, also if pfx waited for another server before.
    pub fn new(place: &'p str, since: Instant) -> Self {
        Self { place, since, is_terminal: std::io::stderr().is_terminal(), told: false }
    }

    /// Shows how long the wait has lasted.
    pub fn tell(&mut self) {
        if self.is_terminal {
            self.told = true;
            let (place, seconds) = (Shown(self.place), self.since.elapsed().as_secs());
            let _ = write!(std::io::stderr(), "\r\x1b[Kpfx: waiting for {place} ({seconds} s)");
        }
    }
}

impl Drop for Progress<'_> {
    fn drop(&mut self) {
        if self.told {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
    }
}
