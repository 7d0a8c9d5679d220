//! Reaps children: the command, and every orphan that became a child of this process.

use nix::errno::Errno;
use nix::libc;
use nix::unistd::Pid;

use super::exit_status::CommandEnd;

/// A change that wait(2) reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChildChange {
    Continued,
    Ended(CommandEnd),
    /// It was stopped by this signal.
    Stopped(i32),
}

/// Sets SIGCHLD to its default, so that the system keeps the status of children until wait(2) reads it. If the caller
/// of pfx ignores SIGCHLD, the status would be lost.
pub fn keep_child_status() {
    // SAFETY: SIG_DFL runs no code of ours.
    unsafe { libc::signal(libc::SIGCHLD, libc::SIG_DFL) };
}

/// Checks that this process may wait for children. It has none yet.
///
/// # Errors
/// If a system call filter forbids both calls (seccomp(2)).
pub fn can_wait() -> Result<(), Errno> {
    match wait() {
        Ok(_) | Err(Errno::ECHILD) => Ok(()),
        Err(error) => Err(error),
    }
}

/// The next child whose state has changed, if there is one. A child that has ended is reaped by this.
pub fn next() -> Option<(Pid, ChildChange)> {
    wait().ok().flatten()
}

fn wait() -> Result<Option<(Pid, ChildChange)>, Errno> {
    match by_wait4() {
        Err(error) if error != Errno::ECHILD => by_waitid(),
        waited => waited,
    }
}

fn by_wait4() -> Result<Option<(Pid, ChildChange)>, Errno> {
    let mut status = 0;
    let flags = libc::WNOHANG | libc::WUNTRACED | libc::WCONTINUED;
    // Not nix's function, which cannot represent real-time signals.
    // SAFETY: `status` lives in this frame.
    let process = Errno::result(unsafe { libc::waitpid(-1, &raw mut status, flags) })?;
    let change = if libc::WIFEXITED(status) {
        ChildChange::Ended(CommandEnd::Exited(libc::WEXITSTATUS(status)))
    } else if libc::WIFSIGNALED(status) {
        ChildChange::Ended(CommandEnd::Killed(libc::WTERMSIG(status)))
    } else if libc::WIFSTOPPED(status) {
        ChildChange::Stopped(libc::WSTOPSIG(status))
    } else {
        ChildChange::Continued
    };
    Ok((process > 0).then(|| (Pid::from_raw(process), change)))
}

/// The same with the newer system call, if a filter forbids the older one.
fn by_waitid() -> Result<Option<(Pid, ChildChange)>, Errno> {
    let flags = libc::WNOHANG | libc::WEXITED | libc::WSTOPPED | libc::WCONTINUED;
    // SAFETY: zeroes are a valid siginfo_t, it lives in this frame, and its si_pid stays zero if no child has changed.
    let (process, status, code) = unsafe {
        let mut info: libc::siginfo_t = std::mem::zeroed();
        Errno::result(libc::waitid(libc::P_ALL, 0, &raw mut info, flags))?;
        (info.si_pid(), info.si_status(), info.si_code)
    };
    let change = match code {
        libc::CLD_EXITED => ChildChange::Ended(CommandEnd::Exited(status)),
        libc::CLD_KILLED | libc::CLD_DUMPED => ChildChange::Ended(CommandEnd::Killed(status)),
        libc::CLD_CONTINUED => ChildChange::Continued,
        _ => ChildChange::Stopped(status),
    };
    Ok((process > 0).then(|| (Pid::from_raw(process), change)))
}
