//! One line on a terminal while pfx waits for a server; nothing if stderr is not a terminal.

use std::io::{IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

use crate::name::Printable;

/// How long pfx waits before it shows the line.
pub const DELAY: Duration = Duration::from_secs(1);

/// Shows on stderr what pfx waits for and since when, and erases the line when dropped.
pub struct Progress<'p> {
    place: &'p str,
    since: Instant,
    is_terminal: bool,
    is_shown: bool,
}

impl<'p> Progress<'p> {
    /// `since` is when the wait began, also if pfx waited for another server before.
    pub fn new(place: &'p str, since: Instant) -> Self {
        Self { place, since, is_terminal: std::io::stderr().is_terminal(), is_shown: false }
    }

    /// Shows how long the wait has lasted.
    pub fn show(&mut self) {
        if self.is_terminal {
            self.is_shown = true;
            let (place, seconds) = (Printable(self.place), self.since.elapsed().as_secs());
            let _ = write!(std::io::stderr(), "\r\x1b[Kpfx: waiting for {place} ({seconds} s)");
        }
    }
}

impl Drop for Progress<'_> {
    fn drop(&mut self) {
        if self.is_shown {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
    }
}
