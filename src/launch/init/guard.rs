//! A process that outlives the parent, to end the command's group if the parent is killed.
//!
//! The kernel kills the command when its parent dies (prctl(2), `PR_SET_PDEATHSIG`), but not what the command
//! started, and not a command that changed its user on the way (sudo, gosu, set-user-ID programs): for those the
//! kernel forgets it.

use std::os::fd::{AsFd as _, OwnedFd};

use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::libc;
use nix::unistd::{ForkResult, Pid, fork, pipe2, read, setsid, write};

use super::remains;
use crate::launch::death;

/// The parent's end of the pipe at which the guard listens. If it closes without a word, the group is killed.
#[derive(Debug)]
pub struct Guard(OwnedFd);

impl Guard {
    /// Starts one for the group that `command` leads. Blocked signals stay blocked in it.
    ///
    /// # Errors
    /// There is no process or descriptor left.
    pub fn start(command: Pid) -> Result<Self, Errno> {
        let (ear, mouth) = pipe2(OFlag::O_CLOEXEC)?;
        // SAFETY: this process has one thread.
        match unsafe { fork() }? {
            ForkResult::Parent { .. } => Ok(Self(mouth)),
            ForkResult::Child => {
                drop(mouth);
                watch(command, &ear);
                death::exit_now(0)
            }
        }
    }

    /// Lets it go: the command has ended, and what it left behind may live.
    pub fn dismiss(self) {
        let _ = write(&self.0, b"1");
    }
}

fn watch(command: Pid, ear: &OwnedFd) {
    // Whoever kills the group or the session of the parent does not mean this process.
    let _ = setsid();
    remains::release(&[Some(ear.as_fd())]);
    let mut word = [0];
    loop {
        match read(ear, &mut word) {
            Err(Errno::EINTR) => {}
            Ok(0) => break,
            Ok(_) | Err(_) => return,
        }
    }
    // SAFETY: a system call on a number. Its group is there as long as anybody in it is.
    unsafe { libc::kill(-command.as_raw(), libc::SIGKILL) };
}
