//! Processes, threads and other resources that the operating system did not provide.

use std::io;

use nix::errno::Errno;

/// What to do if the operating system refuses a resource: raise a limit, allow a system call, or do `workaround`.
pub(super) fn hint(cause: &io::Error, workaround: Option<&str>) -> Option<String> {
    let hint = match cause.raw_os_error().map(Errno::from_raw) {
        Some(Errno::EAGAIN | Errno::ENOMEM) => {
            "raise the limit on processes and threads: `ulimit -u`, `TasksMax=` in a systemd unit, or \
             `--pids-limit` of a container"
        }
        Some(Errno::EMFILE | Errno::ENFILE) => "raise the limit on file descriptors: `ulimit -n`",
        Some(Errno::EPERM | Errno::EACCES | Errno::ENOSYS) => {
            "a system call filter forbids it: check the container's seccomp profile, or `SystemCallFilter=` in \
             the systemd unit"
        }
        _ => return workaround.map(str::to_owned),
    };
    Some(workaround.map_or_else(|| hint.to_owned(), |workaround| format!("{hint}; {workaround}")))
}
