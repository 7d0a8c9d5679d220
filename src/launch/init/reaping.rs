//! Children: the command, and every orphan that came to this process.

use nix::libc;
use nix::unistd::Pid;

use super::check;
use super::ending::Ending;

/// What wait(2) has to tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    Continued,
    Ended(Ending),
    /// By this signal.
    Stopped(i32),
}

/// Makes the system keep what became of children until it is asked for: the caller of pfx may have ignored
/// SIGCHLD, and then they would vanish.
pub fn notice_children() {
    // SAFETY: SIG_DFL runs no code of ours.
    unsafe { libc::signal(libc::SIGCHLD, libc::SIG_DFL) };
}

/// The next child that something has become of, if there is one. One that has ended is gone with this.
pub fn next() -> Option<(Pid, Change)> {
    let mut status = 0;
    let flags = libc::WNOHANG | libc::WUNTRACED | libc::WCONTINUED;
    // Not nix's: it has no words for a death by a real-time signal.
    // SAFETY: `status` lives in this frame.
    let process = check(unsafe { libc::waitpid(-1, &raw mut status, flags) }).ok()?;
    let change = if libc::WIFEXITED(status) {
        Change::Ended(Ending::Left(libc::WEXITSTATUS(status)))
    } else if libc::WIFSIGNALED(status) {
        Change::Ended(Ending::Killed(libc::WTERMSIG(status)))
    } else if libc::WIFSTOPPED(status) {
        Change::Stopped(libc::WSTOPSIG(status))
    } else {
        Change::Continued
    };
    (process > 0).then(|| (Pid::from_raw(process), change))
}
