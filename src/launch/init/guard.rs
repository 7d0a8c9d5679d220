//! A process that survives the parent, and kills the command's process group if the parent is killed.
//!
//! The kernel kills the command when its parent dies (prctl(2), `PR_SET_PDEATHSIG`), but not the processes that the
//! command started, nor a command that has changed its user (sudo, gosu, set-user-ID programs), for which the kernel
//! resets the setting.

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::os::fd::AsFd as _;
use std::os::unix::net::UnixStream;

use nix::libc;
use nix::unistd::{ForkResult, Pid, fork, setsid};

use super::resources;
use crate::launch::death;

/// The parent's end of the connection to the guard. If it is closed without a message, the guard kills the group.
#[derive(Debug)]
pub struct Guard(UnixStream);

impl Guard {
    /// Starts a guard for the group that `command` leads, and waits until the guard has left the parent's own process
    /// group, with which it could be killed. Blocked signals stay blocked in it.
    ///
    /// # Errors
    /// If the system has no process or descriptor left.
    pub fn start(command: Pid) -> io::Result<Self> {
        let (mut parent, guard) = UnixStream::pair()?;
        // SAFETY: this process has one thread.
        match unsafe { fork() }? {
            ForkResult::Parent { .. } => {
                drop(guard);
                parent.read_exact(&mut [0])?;
                Ok(Self(parent))
            }
            ForkResult::Child => {
                drop(parent);
                watch(command, guard);
                death::exit_now(0)
            }
        }
    }

    /// Ends the guard: the command has ended, and processes that it left behind may continue.
    pub fn dismiss(mut self) {
        let _ = self.0.write_all(b"1");
    }
}

fn watch(command: Pid, mut parent: UnixStream) {
    let _ = setsid();
    resources::release_all_but(&[Some(parent.as_fd())]);
    // If it cannot write (seccomp(2)), it ends, so that the parent does not wait for it.
    if parent.write_all(b"1").is_err() {
        return;
    }
    match parent.read_exact(&mut [0]) {
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => {}
        Ok(()) | Err(_) => return,
    }
    // SAFETY: a system call on a number. The group exists as long as any process in it.
    unsafe { libc::kill(-command.as_raw(), libc::SIGKILL) };
}
