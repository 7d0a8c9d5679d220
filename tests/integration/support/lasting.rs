//! Ends the processes that the tests start, however the tests end: a child ends with the thread that started it, and all
//! others end with the tests. What lasts as long as the tests is in statics, which are never dropped.

use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::mpsc::{self, Sender};
use std::sync::{Mutex, Once, OnceLock};
use std::thread;

use nix::libc;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::waitpid;
use nix::unistd::Pid;

static DIRECTORIES: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// Removes a directory when the tests end.
pub fn directory(path: &Path) {
    adopt();
    DIRECTORIES.lock().expect("no panic").push(path.to_owned());
}

/// Calls a function when the tests end. The function that was added last is called first.
pub fn at_exit(act: extern "C" fn()) {
    adopt();
    add(act);
}

fn add(act: extern "C" fn()) {
    // SAFETY: the function does not call code of a test.
    assert_eq!(unsafe { libc::atexit(act) }, 0);
}

/// Makes the tests the parent of every descendant whose own parent has ended, and ends those that are left when the tests
/// end.
pub fn adopt() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // SAFETY: one system call, with integers.
        assert_eq!(unsafe { libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1) }, 0);
        add(clear);
    });
}

/// For the time between fork and exec: the kernel kills this process when the thread that started it ends.
pub fn end_with_starter() -> io::Result<()> {
    // SAFETY: one system call, with integers.
    match unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Starts a program that ends with the thread that calls this.
pub fn spawn_for_thread(command: &mut Command) -> io::Result<Child> {
    adopt();
    // SAFETY: only one system call is made between fork and exec.
    unsafe { command.pre_exec(end_with_starter) };
    command.spawn()
}

/// Starts a program that ends with the tests, from a thread that lasts as long as the tests.
pub fn spawn(command: Command) -> Child {
    type Job = (Command, Sender<Child>);
    static KEEPER: OnceLock<Mutex<Sender<Job>>> = OnceLock::new();
    let keeper = KEEPER.get_or_init(|| {
        let (sender, receiver) = mpsc::channel::<Job>();
        thread::spawn(move || {
            for (mut command, answer) in receiver {
                let child = spawn_for_thread(&mut command).expect("the program starts");
                answer.send(child).expect("somebody waits");
            }
        });
        Mutex::new(sender)
    });
    let (answer, child) = mpsc::channel();
    keeper.lock().expect("no panic").send((command, answer)).expect("the keeper lasts");
    child.recv().expect("a child")
}

/// All children of the tests, including those that have ended.
fn children() -> Vec<Pid> {
    let tasks = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let lists = tasks.filter_map(|task| std::fs::read_to_string(task.path().join("children")).ok());
    let words: String = lists.collect();
    words.split_whitespace().filter_map(|word| word.parse().ok()).map(Pid::from_raw).collect()
}

extern "C" fn clear() {
    // The children of processes that end become children of the tests.
    loop {
        let children = children();
        if children.is_empty() {
            break;
        }
        for &child in &children {
            let _ = kill(child, Signal::SIGKILL);
        }
        for child in children {
            let _ = waitpid(child, None);
        }
    }
    let Ok(directories) = DIRECTORIES.lock() else { return };
    for directory in directories.iter() {
        let _ = std::fs::remove_dir_all(directory);
    }
}
