//! What the parent would hold for no use of its own, and others would miss.

use std::os::fd::{AsRawFd as _, BorrowedFd};

use nix::fcntl::{OFlag, open};
use nix::libc;
use nix::sys::stat::Mode;
use nix::unistd::{chdir, dup2_stderr, dup2_stdin, dup2_stdout};

/// Lets go of all descriptors but `kept`, of the working directory, and of the environment.
///
/// A reader of the command's output sees its end when the command closes it, a port that the command closes
/// is closed, a file system can be unmounted; and no secret of the environment stays in memory.
pub fn release(kept: &[Option<BorrowedFd<'_>>]) {
    let _ = chdir("/");
    let flags = OFlag::O_PATH | OFlag::O_CLOEXEC | OFlag::O_DIRECTORY;
    if let Ok(placeholder) = open("/", flags, Mode::empty()) {
        let _ = dup2_stdin(&placeholder);
        let _ = dup2_stdout(&placeholder);
        let _ = dup2_stderr(&placeholder);
    }
    let mut kept: Vec<u32> =
        kept.iter().flatten().filter_map(|one| u32::try_from(one.as_raw_fd()).ok()).collect();
    kept.sort_unstable();
    let mut first = 3;
    for descriptor in kept.into_iter().filter(|&descriptor| descriptor >= 3) {
        close(first, descriptor - 1);
        first = descriptor + 1;
    }
    close(first, u32::MAX);
    wipe_environment();
}

/// Closes the descriptors from `first` to `last`. Where the kernel cannot (before Linux 5.9), they stay.
fn close(first: u32, last: u32) {
    if first <= last {
        // SAFETY: they came from the caller of pfx; nothing here owns them.
        unsafe { libc::close_range(first, last, 0) };
    }
}

/// Overwrites the block that the kernel made for this process, where `/proc/PID/environ` shows it.
fn wipe_environment() {
    unsafe extern "C" {
        static mut environ: *mut *mut libc::c_char;
    }
    // SAFETY: environ(7) is a NULL-terminated array of strings in writable memory of this process. It has
    // one thread, and reads no variable after this.
    unsafe {
        let mut entry = environ;
        while !entry.is_null() && !(*entry).is_null() {
            libc::explicit_bzero((*entry).cast(), libc::strlen(*entry));
            entry = entry.add(1);
        }
        environ = std::ptr::null_mut();
    }
}
