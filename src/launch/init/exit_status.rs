//! How the command ended, and how pfx ends in the same way.

use nix::sys::resource::{Resource, setrlimit};
use nix::unistd::{Pid, getpid};

use super::signal::raise_default;

/// How a process ended, as wait(2) reports it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommandEnd {
    /// It exited with this status.
    Exited(i32),
    /// This signal ended it. A number, since there are real-time ones.
    Killed(i32),
}

impl CommandEnd {
    /// Ends this process in the same way, so that its parent sees what it would have seen of the command;
    /// process 1 cannot die by a signal of its own, and gets the status a shell would give.
    pub fn replicate(self) -> i32 {
        let signal = match self {
            Self::Exited(status) => return status,
            Self::Killed(signal) => signal,
        };
        if getpid() != Pid::from_raw(1) {
            // The command left its core; a second one would only hide it.
            let _ = setrlimit(Resource::RLIMIT_CORE, 0, 0);
            raise_default(signal);
        }
        128 + signal
    }
}
