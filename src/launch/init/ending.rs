//! How the command ended, and ending in the same way.

use nix::sys::resource::{Resource, setrlimit};
use nix::unistd::{Pid, getpid};

use super::signal::suffer;

/// How a process ended, as wait(2) tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It left with this status.
    Left(i32),
    /// This signal ended it. A number, since there are real-time ones.
    Killed(i32),
}

impl Ending {
    /// Ends this process in the same way, so that its parent sees what it would have seen of the command;
    /// process 1 cannot die by a signal of its own, and gets the status a shell would give.
    pub fn meet(self) -> i32 {
        let signal = match self {
            Self::Left(status) => return status,
            Self::Killed(signal) => signal,
        };
        if getpid() != Pid::from_raw(1) {
            // The command left its core; a second one would only hide it.
            let _ = setrlimit(Resource::RLIMIT_CORE, 0, 0);
            suffer(signal);
        }
        128 + signal
    }
}
