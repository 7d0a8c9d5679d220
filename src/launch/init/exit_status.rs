//! How the command ended, and how pfx ends in the same way.

use nix::sys::resource::{Resource, setrlimit};
use nix::unistd::{Pid, getpid};

use super::signal::raise_default;

/// How a process ended, as wait(2) reports it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommandEnd {
    /// It exited with this status.
    Exited(i32),
    /// This signal ended it. It is a number, since it may be a real-time signal.
    Killed(i32),
}

impl CommandEnd {
    /// Ends this process in the same way, so that its parent sees the same as if it had started the command itself.
    /// Process 1 cannot be killed by its own signal, and returns the status that a shell would use.
    pub fn replicate(self) -> i32 {
        let signal = match self {
            Self::Exited(status) => return status,
            Self::Killed(signal) => signal,
        };
        if getpid() != Pid::from_raw(1) {
            // The command has left its core dump; a second one would only hide it.
            let _ = setrlimit(Resource::RLIMIT_CORE, 0, 0);
            raise_default(signal);
        }
        128 + signal
    }
}
