//! Signals that a write raises. Ignored, they are errors of write(2) that pfx can report: SIGXFSZ where a file would
//! grow beyond `RLIMIT_FSIZE`, and SIGPIPE where nobody reads any more.

use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};

/// Ignores a signal until it is dropped: then it is as the caller of pfx chose it, which is how a command gets it.
#[must_use]
pub struct Ignored {
    signal: Signal,
    before: Option<SigAction>,
}

impl Ignored {
    pub fn new(signal: Signal) -> Self {
        let ignore = SigAction::new(SigHandler::SigIgn, SaFlags::empty(), SigSet::empty());
        // SAFETY: no handler is installed.
        Self { signal, before: unsafe { sigaction(signal, &ignore) }.ok() }
    }
}

impl Drop for Ignored {
    fn drop(&mut self) {
        if let Some(before) = &self.before {
            // SAFETY: what was there before. pfx has a handler only as process 1, which stays.
            let _ = unsafe { sigaction(self.signal, before) };
        }
    }
}
