//! Children: the command, and every orphan that came to this process.

use nix::errno::Errno;
use nix::libc;
use nix::unistd::Pid;

use super::exit_status::CommandEnd;

/// What wait(2) has to tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChildChange {
    Continued,
    Ended(CommandEnd),
    /// By this signal.
    Stopped(i32),
}

/// Makes the system keep what became of children until it is asked for: the caller of pfx may have ignored
/// SIGCHLD, and then they would vanish.
pub fn notice_children() {
    // SAFETY: SIG_DFL runs no code of ours.
    unsafe { libc::signal(libc::SIGCHLD, libc::SIG_DFL) };
}

/// Whether the system lets this process wait for children, of which it has none yet.
///
/// # Errors
/// Why not: a filter of system calls may forbid both (seccomp(2)).
pub fn can_be_done() -> Result<(), Errno> {
    match wait() {
        Ok(_) | Err(Errno::ECHILD) => Ok(()),
        Err(error) => Err(error),
    }
}

/// The next child that something has become of, if there is one. One that has ended is gone with this.
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
    // Not nix's: it has no words for a death by a real-time signal.
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

/// The same by the younger system call, where a filter forbids the older.
fn by_waitid() -> Result<Option<(Pid, ChildChange)>, Errno> {
    let flags = libc::WNOHANG | libc::WEXITED | libc::WSTOPPED | libc::WCONTINUED;
    // SAFETY: zeroes are a valid siginfo_t, it lives in this frame, and its si_pid stays zero unless there is
    // something to say.
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
