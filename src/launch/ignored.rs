//! Signals that a write can raise: SIGXFSZ if a file would exceed `RLIMIT_FSIZE`, and SIGPIPE if nobody reads. While
//! they are ignored, write(2) returns an error instead, which pfx can report.

use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};

/// Ignores a signal until this is dropped. Then its disposition is the one that the caller of pfx chose, which the
/// command inherits.
#[must_use]
pub struct IgnoredSignal {
    signal: Signal,
    before: Option<SigAction>,
}

impl IgnoredSignal {
    pub fn new(signal: Signal) -> Self {
        let ignore = SigAction::new(SigHandler::SigIgn, SaFlags::empty(), SigSet::empty());
        // SAFETY: no handler is installed.
        Self { signal, before: unsafe { sigaction(signal, &ignore) }.ok() }
    }
}

impl Drop for IgnoredSignal {
    fn drop(&mut self) {
        if let Some(before) = &self.before {
            // SAFETY: this restores the previous action. pfx has handlers only as process 1, and these stay valid.
            let _ = unsafe { sigaction(self.signal, before) };
        }
    }
}
