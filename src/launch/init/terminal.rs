//! Which of the two processes has the terminal.
//!
//! On a terminal, pfx's process group is a job of the shell. If pfx is alone in it, the command gets its own process
//! group, which becomes the foreground group: keys reach only the command, and signals to the job reach pfx, which
//! forwards them. If other processes may be in the job (`pfx … | less`, a script), the command stays in pfx's group,
//! so that keys and the terminal reach it like the others; signals that the terminal sends to the whole group are not
//! forwarded. Without a terminal, the command has its own process group.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt as _;

use nix::libc;
use nix::sys::stat::{SFlag, fstat};
use nix::unistd::{Pid, getpgrp, getpid, getsid, tcgetpgrp, tcsetpgrp};

/// pfx's process group, and its controlling terminal.
#[derive(Debug)]
pub struct Job {
    /// The group that pfx was started in.
    group: Pid,
    leads_session: bool,
    separate: bool,
    terminal: Option<OwnedFd>,
}

impl Job {
    pub fn of_this_process() -> Self {
        let group = getpgrp();
        let leads_session = getsid(None) == Ok(getpid());
        let terminal = controlling_terminal();
        let alone = leads_session || (group == getpid() && !is_piped());
        Self { group, leads_session, separate: terminal.is_none() || alone, terminal }
    }

    /// Whether the command has its own process group.
    pub const fn is_separate(&self) -> bool {
        self.separate
    }

    /// Whether a shell could continue this process if it stopped: a session leader has no shell above it.
    pub const fn may_stop(&self) -> bool {
        self.terminal.is_some() && !self.leads_session
    }

    pub fn terminal(&self) -> Option<BorrowedFd<'_>> {
        self.terminal.as_ref().map(AsFd::as_fd)
    }

    /// Gives the terminal to the command's group, if the job has it now. Returns whether it had.
    pub fn lend_terminal(&self, command: Pid) -> bool {
        self.pass_terminal(self.group, command)
    }

    /// Takes the terminal back, if the command's group has it.
    pub fn take_back_terminal(&self, command: Pid) {
        self.pass_terminal(command, self.group);
    }

    /// Changes the terminal's foreground group. This works from the background too, since SIGTTOU is blocked.
    fn pass_terminal(&self, from: Pid, to: Pid) -> bool {
        let Some(terminal) = self.terminal().filter(|_| self.separate) else { return false };
        tcgetpgrp(terminal) == Ok(from) && tcsetpgrp(terminal, to).is_ok()
    }
}

/// The controlling terminal: one of the standard streams if possible, since a container may have no `/dev/tty`.
fn controlling_terminal() -> Option<OwnedFd> {
    let of_stream = streams().into_iter().find_map(|stream| {
        tcgetpgrp(&stream).ok()?;
        Some(stream)
    });
    of_stream.or_else(|| {
        let terminal = File::options()
            .read(true)
            .write(true)
            .custom_flags(libc::O_NOCTTY | libc::O_NONBLOCK)
            .open("/dev/tty")
            .ok()?;
        tcgetpgrp(&terminal).ok()?;
        Some(terminal.into())
    })
}

/// Whether a standard stream is a pipe, so that other processes of the job may be at its other end.
fn is_piped() -> bool {
    streams().iter().any(|stream| {
        fstat(stream).is_ok_and(|status| {
            SFlag::from_bits_truncate(status.st_mode) & SFlag::S_IFMT == SFlag::S_IFIFO
        })
    })
}

/// Duplicates of the open standard streams. Their numbers are 3 or higher, and exec closes them.
fn streams() -> Vec<OwnedFd> {
    let (input, output, error) = (io::stdin(), io::stdout(), io::stderr());
    [input.as_fd(), output.as_fd(), error.as_fd()]
        .into_iter()
        .filter_map(|stream| stream.try_clone_to_owned().ok())
        .collect()
}
