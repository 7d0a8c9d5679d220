//! A broken connection is an error here, and no signal.

use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};

/// While this lives, writing to a connection that is gone ends no process: vectored writes of std raise
/// SIGPIPE, and its disposition is the caller's, so the signal is blocked and, if it came, taken.
pub struct Quiet {
    before: Option<SigSet>,
}

impl Quiet {
    #[must_use]
    pub fn new() -> Self {
        let before = SigSet::thread_get_mask().ok().filter(|mask| !mask.contains(Signal::SIGPIPE));
        if before.is_some() {
            let _ = SigSet::from(Signal::SIGPIPE).thread_block();
        }
        Self { before }
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        let Some(before) = &self.before else { return };
        let broken = SigSet::from(Signal::SIGPIPE);
        // A pending one is taken here; `signalfd` reads without waiting.
        if let Ok(pending) =
            SignalFd::with_flags(&broken, SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC)
        {
            while let Ok(Some(_)) = pending.read_signal() {}
        }
        let _ = before.thread_set_mask();
    }
}
