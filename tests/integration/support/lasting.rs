//! What lasts as long as the tests do, in statics, which nothing drops: it is ended and removed when they end.

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

static DIRECTORIES: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());
static PROCESSES: Mutex<Vec<Pid>> = Mutex::new(Vec::new());

/// Removes a directory when the tests end.
pub fn directory(path: &Path) {
    add(&DIRECTORIES, path.to_owned());
}

/// Kills a child of the tests when they end, before any directory is removed.
pub fn process(pid: Pid) {
    add(&PROCESSES, pid);
}

/// Does something when the tests end. What is added last is done first.
pub fn at_exit(act: extern "C" fn()) {
    // SAFETY: a function that calls no test's code.
    assert_eq!(unsafe { nix::libc::atexit(act) }, 0);
}

fn add<T>(list: &Mutex<Vec<T>>, one: T) {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| at_exit(clear));
    list.lock().expect("no panic").push(one);
}

extern "C" fn clear() {
    let Ok(processes) = PROCESSES.lock() else { return };
    for &pid in processes.iter() {
        // One that has been waited for is no child any more, and its number may be another's.
        if waitpid(pid, Some(WaitPidFlag::WNOHANG)) == Ok(WaitStatus::StillAlive) {
            let _ = kill(pid, Signal::SIGKILL);
            let _ = waitpid(pid, None);
        }
    }
    let Ok(directories) = DIRECTORIES.lock() else { return };
    for directory in directories.iter() {
        let _ = std::fs::remove_dir_all(directory);
    }
}
