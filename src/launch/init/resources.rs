//! Releases what the parent of the command must not keep open, since others wait for its end.

use std::fs;
use std::os::fd::{AsRawFd as _, BorrowedFd};

use nix::fcntl::{OFlag, open};
use nix::libc;
use nix::sys::resource::{Resource, getrlimit};
use nix::sys::stat::Mode;
use nix::unistd::{chdir, dup2_stderr, dup2_stdin, dup2_stdout};

/// The most descriptors that are tried one by one: some container engines set a limit of a billion, which would take
/// too long.
const MOST: u64 = 1 << 20;

/// Releases the working directory, the environment, and all descriptors except `kept`.
///
/// So a reader of the command's output sees its end when the command closes it, a port that the command closes is
/// closed, a file system can be unmounted, and no secret in the environment stays in memory.
pub fn release_all_but(kept: &[Option<BorrowedFd<'_>>]) {
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

/// Closes the descriptors from `first` to `last`, which the caller of pfx left open. Nothing in pfx owns them.
fn close(first: u32, last: u32) {
    // Not libc's function, which older C libraries do not have.
    // SAFETY: plain system calls on numbers.
    if first <= last && unsafe { libc::syscall(libc::SYS_close_range, first, last, 0) } == -1 {
        // Linux before 5.9 does not have this call, and older container engines forbid it.
        one_by_one(first, last);
    }
}

/// The same one by one: from the list of open descriptors, or else by trying each number.
fn one_by_one(first: u32, last: u32) {
    let open: Vec<u32> = fs::read_dir("/proc/self/fd")
        .map(|entries| {
            let number = |entry: fs::DirEntry| entry.file_name().to_str()?.parse().ok();
            entries.flatten().filter_map(number).collect()
        })
        .unwrap_or_default();
    let close = |number: u32| {
        if let Ok(number) = i32::try_from(number) {
            // SAFETY: as above.
            unsafe { libc::close(number) };
        }
    };
    if open.is_empty() {
        (first..=last.min(limit())).for_each(close);
    } else {
        open.into_iter().filter(|number| (first..=last).contains(number)).for_each(close);
    }
}

/// The highest number that is tried.
fn limit() -> u32 {
    let (limit, _) = getrlimit(Resource::RLIMIT_NOFILE).unwrap_or((MOST, MOST));
    u32::try_from(limit.min(MOST)).unwrap_or(u32::MAX)
}

/// Overwrites the environment block of this process, which `/proc/PID/environ` shows.
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
