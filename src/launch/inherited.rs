//! What the caller passed to this process, and what pfx changes in its own process first.

use std::ffi::{CStr, c_char};
use std::os::fd::IntoRawFd as _;

use nix::fcntl::{FcntlArg, OFlag, fcntl, open};
use nix::libc;
use nix::sys::stat::Mode;

/// The environment block of this process, entry by entry and unchanged: `std::env` drops entries without `=`.
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

/// Why the kernel does not trust the caller of this process (getauxval(3), `AT_SECURE`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Privilege {
    /// It has privileges that its caller does not have: set-user-ID, set-group-ID, or capabilities of the file.
    Added,
    /// A security module requests it, because the domain or profile changed. The process may have no additional
    /// privilege.
    SecurityModule,
}

/// Why pfx must not run, if the kernel marks this process as privileged: then the C library has removed variables
/// before pfx started, so the command could not get all of them.
pub fn privilege() -> Option<Privilege> {
    // SAFETY: getauxval(3) only reads the auxiliary vector.
    let auxiliary = |kind| unsafe { libc::getauxval(kind) };
    if auxiliary(libc::AT_SECURE) == 0 {
        return None;
    }
    let is_changed = auxiliary(libc::AT_UID) != auxiliary(libc::AT_EUID)
        || auxiliary(libc::AT_GID) != auxiliary(libc::AT_EGID);
    // Capabilities of a file add nothing for root.
    let is_added = is_changed || (auxiliary(libc::AT_UID) != 0 && has_capabilities_of_file());
    Some(if is_added { Privilege::Added } else { Privilege::SecurityModule })
}

/// Whether this process may have capabilities that its caller does not have (capabilities(7)): they are in the
/// permitted set and not in the ambient one.
fn has_capabilities_of_file() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    // Without /proc this is unknown, and pfx gives the more serious reason.
    has_more_than_ambient(&status).unwrap_or(true)
}

/// The same, from the text of `/proc/PID/status`.
fn has_more_than_ambient(status: &str) -> Option<bool> {
    let set = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        u64::from_str_radix(line.trim(), 16).ok()
    };
    Some(set("CapPrm:")? & !set("CapAmb:")? != 0)
}

/// Prevents other processes of the same user from tracing or reading this one, and prevents core dumps: prctl(2),
/// `PR_SET_DUMPABLE`. execve(2) resets it, and no limit of the command changes.
pub fn forbid_tracing() {
    // It can only fail for an invalid argument.
    let _ = nix::sys::prctl::set_dumpable(false);
}

/// Occupies those of the descriptors 0 to 2 that the caller closed, so that no file that pfx opens gets such a number
/// and receives output for a terminal. They return `EBADF` like closed ones, and execve(2) closes them, so the
/// command finds them closed as pfx did.
pub fn occupy_closed_standard_streams() {
    for descriptor in 0..=2 {
        // SAFETY: the descriptor is only queried, not owned.
        let borrowed = unsafe { std::os::fd::BorrowedFd::borrow_raw(descriptor) };
        if fcntl(borrowed, FcntlArg::F_GETFD).is_err() {
            // This is the lowest free descriptor, since those below it are open.
            let flags = OFlag::O_PATH | OFlag::O_CLOEXEC | OFlag::O_DIRECTORY;
            if let Ok(placeholder) = open("/", flags, Mode::empty()) {
                let _ = placeholder.into_raw_fd();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capabilities_of_the_file_are_those_that_the_caller_does_not_pass() {
        let status =
            |permitted, ambient| format!("Name:\tpfx\nCapPrm:\t{permitted}\nCapAmb:\t{ambient}\n");
        assert_eq!(
            has_more_than_ambient(&status("0000000000000400", "0000000000000000")),
            Some(true)
        );
        assert_eq!(
            has_more_than_ambient(&status("0000000000000400", "0000000000000400")),
            Some(false)
        );
        assert_eq!(
            has_more_than_ambient(&status("0000000000000000", "0000000000000000")),
            Some(false)
        );
        assert_eq!(has_more_than_ambient(""), None);
        assert_eq!(privilege(), None, "nobody added any to this test");
    }
}
