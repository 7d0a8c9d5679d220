//! Dying promptly: what ends any other process must end process 1 of a container too.

use nix::libc::{self, c_int};
use nix::unistd::{Pid, getpid};

/// What a terminal, a shell or a container's `stop` ends a program with.
const SIGNALS: [c_int; 4] = [libc::SIGHUP, libc::SIGINT, libc::SIGQUIT, libc::SIGTERM];

/// Makes this process end by the signals that end other processes, if it is process 1: the kernel drops what
/// such a process has no handler for (signal(7), `SIGNAL_UNKILLABLE`). Signals that the caller ignores
/// stay ignored. execve(2) takes the handlers away, so the command finds none.
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

/// Undoes [`install_init_handlers`] in a child, which the kernel treats as any other process.
pub fn reset_handlers() {
    for signal in SIGNALS {
        if is_handled(signal, end as *const () as libc::sighandler_t) {
            // SAFETY: SIG_DFL runs no code of ours.
            unsafe { libc::signal(signal, libc::SIG_DFL) };
        }
    }
}

/// Ends this process and runs nothing on the way.
pub fn exit_now(status: i32) -> ! {
    // SAFETY: _exit(2) takes any number.
    unsafe { libc::_exit(status) }
}

extern "C" fn end(signal: c_int) {
    exit_now(128 + signal);
}

/// Whether `handler` is what happens at `signal`.
fn is_handled(signal: c_int, handler: libc::sighandler_t) -> bool {
    // SAFETY: a null action only asks for the one that holds; zeroes are a valid `sigaction`.
    unsafe {
        let mut held: libc::sigaction = std::mem::zeroed();
        libc::sigaction(signal, std::ptr::null(), &raw mut held) == 0
            && held.sa_sigaction == handler
    }
}
