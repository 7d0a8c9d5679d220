//! Raises a signal by number: nix has no names for real-time signals.

use nix::libc;

/// Raises `signal` with its default action. If the process continues after that, the signal is blocked, and its
/// action is restored.
pub fn raise_default(signal: i32) {
    // SAFETY: plain system calls on a set that lives in this frame and that sigemptyset(3) fills; SIG_DFL
    // runs no code of ours.
    unsafe {
        let before = libc::signal(signal, libc::SIG_DFL);
        libc::raise(signal);
        let mut only = std::mem::zeroed();
        libc::sigemptyset(&raw mut only);
        libc::sigaddset(&raw mut only, signal);
        libc::sigprocmask(libc::SIG_UNBLOCK, &raw const only, std::ptr::null_mut());
        libc::sigprocmask(libc::SIG_BLOCK, &raw const only, std::ptr::null_mut());
        libc::signal(signal, before);
    }
}
