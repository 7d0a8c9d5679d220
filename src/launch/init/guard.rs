//! A process that outlives the parent, to end the command's group if the parent is killed.
//!
//! The kernel kills the command when its parent dies (prctl(2), `PR_SET_PDEATHSIG`), but not what the command
//! started, and not a command that changed its user on the way (sudo, gosu, set-user-ID programs): for those the
//! kernel forgets it.

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::os::fd::AsFd as _;
use std::os::unix::net::UnixStream;

use nix::libc;
use nix::unistd::{ForkResult, Pid, fork, setsid};

use super::resources;
use crate::launch::death;

/// The parent's end of what connects it to the guard. If it closes without a word, the group is killed.
#[derive(Debug)]
pub struct Guard(UnixStream);

impl Guard {
    /// Starts one for the group that `command` leads, and waits until nobody can kill it with the parent's own
    /// group. Blocked signals stay blocked in it.
    ///
    /// # Errors
    /// There is no process or descriptor left.
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

    /// Lets it go: the command has ended, and what it left behind may live.
    pub fn dismiss(mut self) {
        let _ = self.0.write_all(b"1");
    }
}

fn watch(command: Pid, mut parent: UnixStream) {
    let _ = setsid();
    resources::release_all_but(&[Some(parent.as_fd())]);
    // Where it cannot say that it is there (seccomp(2)), the parent must not wait for it.
    if parent.write_all(b"1").is_err() {
        return;
    }
    match parent.read_exact(&mut [0]) {
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => {}
        Ok(()) | Err(_) => return,
    }
    // SAFETY: a system call on a number. Its group is there as long as anybody in it is.
    unsafe { libc::kill(-command.as_raw(), libc::SIGKILL) };
}
