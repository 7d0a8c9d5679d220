//! What the caller handed over, and what pfx does to its own process before anything else.

use std::ffi::{CStr, c_char};
use std::os::fd::IntoRawFd as _;

use nix::fcntl::{FcntlArg, OFlag, fcntl, open};
use nix::sys::stat::Mode;

/// The environment block of this process, entry by entry and untouched: `std::env` would drop entries
/// without `=`.
#[must_use]
pub fn environment() -> Vec<&'static CStr> {
    unsafe extern "C" {
        static environ: *const *const c_char;
    }
    let mut entries = Vec::new();
    // SAFETY: environ(7) is a NULL-terminated array of pointers to NUL-terminated strings that the kernel
    // made and that last as long as the process. Nothing in pfx or its libraries calls setenv(3), and
    // this runs before any thread exists.
    unsafe {
        let mut entry = environ;
        while !entry.is_null() && !(*entry).is_null() {
            entries.push(CStr::from_ptr(*entry));
            entry = entry.add(1);
        }
    }
    entries
}

/// Whether this process was given rights that its caller has not (set-user-ID; getauxval(3), `AT_SECURE`).
#[must_use]
pub fn is_privileged() -> bool {
    // SAFETY: getauxval(3) only reads the auxiliary vector.
    unsafe { nix::libc::getauxval(nix::libc::AT_SECURE) != 0 }
}

/// Makes this process one that nobody of the same user can trace or read, and that leaves no core:
/// prctl(2), `PR_SET_DUMPABLE`. execve(2) sets it back, and no limit of the command changes.
pub fn hide() {
    // It can only fail for a wrong argument.
    let _ = nix::sys::prctl::set_dumpable(false);
}

/// Occupies those of the descriptors 0 to 2 that the caller closed, so that no file of ours lands there
/// and takes what is meant for a terminal. They answer `EBADF` as closed ones do, and execve(2) closes
/// them, so that the command finds them closed as pfx did.
pub fn occupy_closed_standard_streams() {
    for descriptor in 0..=2 {
        // SAFETY: the number is only asked about, not owned.
        let borrowed = unsafe { std::os::fd::BorrowedFd::borrow_raw(descriptor) };
        if fcntl(borrowed, FcntlArg::F_GETFD).is_err() {
            // The lowest free descriptor is this one, since those below it are open.
            let flags = OFlag::O_PATH | OFlag::O_CLOEXEC | OFlag::O_DIRECTORY;
            if let Ok(placeholder) = open("/", flags, Mode::empty()) {
                let _ = placeholder.into_raw_fd();
            }
        }
    }
}
