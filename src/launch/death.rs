//! Signals that end any other process must also end pfx as process 1 of a container.

use nix::libc::{self, c_int};
use nix::unistd::{Pid, getpid};

/// The signals with which a terminal, a shell or a container engine ends a program.
const SIGNALS: [c_int; 4] = [libc::SIGHUP, libc::SIGINT, libc::SIGQUIT, libc::SIGTERM];

/// If this is process 1, installs handlers for the signals that end other processes: the kernel drops signals for which
/// process 1 has no handler (signal(7), `SIGNAL_UNKILLABLE`). Signals that the caller ignores stay ignored. execve(2)
/// removes the handlers, so the command does not get them.
pub fn install_init_handlers() {
    if getpid() != Pid::from_raw(1) {
        return;
    }
    for signal in SIGNALS {
        if is_handled(signal, libc::SIG_DFL) {
            // SAFETY: the handler only calls _exit(2), which may be called from one (signal-safety(7)).
            unsafe { libc::signal(signal, end as *const () as libc::sighandler_t) };
        }
    }
}

/// Undoes [`install_init_handlers`] in a child, which the kernel treats like any other process.
pub fn reset_handlers() {
    for signal in SIGNALS {
        if is_handled(signal, end as *const () as libc::sighandler_t) {
            // SAFETY: SIG_DFL runs no code of ours.
            unsafe { libc::signal(signal, libc::SIG_DFL) };
        }
    }
}

/// Ends this process immediately, without running any exit handler.
pub fn exit_now(status: i32) -> ! {
    // SAFETY: _exit(2) takes any number.
    unsafe { libc::_exit(status) }
}

extern "C" fn end(signal: c_int) {
    exit_now(128 + signal);
}

/// Whether `handler` is the current handler of `signal`.
fn is_handled(signal: c_int, handler: libc::sighandler_t) -> bool {
    // SAFETY: with a null action, the call only reads the current one; zeroes are a valid `sigaction`.
    unsafe {
        let mut current: libc::sigaction = std::mem::zeroed();
        libc::sigaction(signal, std::ptr::null(), &raw mut current) == 0
            && current.sa_sigaction == handler
    }
}
