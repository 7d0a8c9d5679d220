//! `--init`: pfx stays as a small parent of the command, for a command that cannot be process 1.
//!
//! pfx forks before anything is looked up. The child does everything as without `--init` and becomes the command. The
//! parent never has a value, keeps no descriptor, working directory or environment, and only forwards signals, reaps
//! processes, and ends as the command ended.

mod exit_status;
mod guard;
mod identity;
mod notify;
mod reaping;
mod resources;
mod rewrites;
mod signal;
mod supervisor;
mod terminal;

use std::os::fd::{AsFd as _, OwnedFd};
use std::time::Duration;

use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::sys::prctl;
// Not `SigSet::thread_…` of nix, which ignores the error that pthread_sigmask(3) returns.
use nix::sys::signal::{SigSet, SigmaskHow, Signal, sigprocmask};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::unistd::{ForkResult, Pid, fork, getpid, pipe2, read, setpgid, write};

use self::exit_status::CommandEnd;
use self::guard::Guard;
use self::notify::ServiceManager;
use self::supervisor::Supervisor;
use self::terminal::Job;
use crate::error::Error;
use crate::exit::Exit;
use crate::launch::death;

pub use self::identity::renumber;
pub use self::rewrites::SignalRewrites;

/// How the parent behaves.
#[derive(Debug, Default)]
pub struct InitOptions {
    /// Which signals are replaced before they are forwarded.
    pub rewrites: SignalRewrites,
    /// Whether signals are sent to the command's whole process group, instead of the command only.
    pub kill_group: bool,
    /// How long the command may take to end after a stop signal.
    pub stop_timeout: Option<Duration>,
    /// `NOTIFY_SOCKET`, if the service manager set it (`sd_notify(3)`).
    pub notify_socket: Option<Vec<u8>>,
}

/// Which of the two processes this is.
#[derive(Debug)]
pub enum Role {
    /// The one that becomes the command.
    Child,
    /// The parent, after the command has ended, with the exit status to use.
    Parent(i32),
}

/// Forks. In the child it returns at once, with signals as the caller of pfx set them; in the parent it returns when
/// the command has ended, unless the parent ends by the same signal.
///
/// # Errors
/// [`Error::Process`] if the system has no process or descriptor left. Then nothing was started.
pub fn split(options: &InitOptions) -> Result<Role, Error> {
    let failed = |action| {
        move |cause: Errno| Error::Process { action, cause: cause.into(), workaround: None }
    };
    // From here on no signal is lost: signals that arrive before the child is ready are forwarded later.
    let mut inherited_mask = SigSet::empty();
    sigprocmask(SigmaskHow::SIG_SETMASK, Some(&SigSet::all()), Some(&mut inherited_mask))
        .map_err(failed("block signals"))?;
    let signals =
        SignalFd::with_flags(&SigSet::all(), SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK)
            .map_err(failed("wait for signals"))?;
    // If reading is forbidden (seccomp(2)), no signal would ever arrive. The empty buffer makes this read nothing.
    match read(&signals, &mut []) {
        Ok(_) | Err(Errno::EINVAL) => {}
        Err(error) => return Err(failed("read signals")(error)),
    }
    reaping::can_wait().map_err(failed("wait for processes"))?;
    let job = Job::of_this_process();
    let (ready, start) = pipe2(OFlag::O_CLOEXEC).map_err(failed("create a pipe"))?;
    // SAFETY: this process has one thread, since nothing has been looked up yet.
    match unsafe { fork() }.map_err(failed("start a process"))? {
        ForkResult::Child => {
            drop((signals, job, start));
            become_child(&ready);
            sigprocmask(SigmaskHow::SIG_SETMASK, Some(&inherited_mask), None)
                .map_err(failed("unblock signals"))?;
            Ok(Role::Child)
        }
        ForkResult::Parent { child } => {
            drop(ready);
            let ending = supervise(child, &signals, job, start, options);
            Ok(Role::Parent(ending.replicate()))
        }
    }
}

/// Waits until the parent is ready. Killing pfx kills the command, as it does without `--init`.
fn become_child(ready: &OwnedFd) {
    let _ = prctl::set_pdeathsig(Signal::SIGKILL);
    let mut word = [0];
    if read(ready, &mut word) != Ok(1) {
        // The parent ended before PR_SET_PDEATHSIG was set.
        death::exit_now(Exit::Failed.into());
    }
    death::reset_handlers();
}

fn supervise(
    child: Pid,
    signals: &SignalFd,
    job: Job,
    start: OwnedFd,
    options: &InitOptions,
) -> CommandEnd {
    reaping::keep_child_status();
    if getpid() != Pid::from_raw(1) {
        // Orphans of the command become children of this process. This cannot fail since Linux 3.4.
        let _ = prctl::set_child_subreaper(true);
    }
    if job.is_separate() {
        // This fails only for a child that has ended or has called execve(2), and it has done neither yet.
        let _ = setpgid(child, child);
        job.lend_terminal(child);
    }
    let manager = options.notify_socket.as_deref().and_then(ServiceManager::new);
    if let Some(manager) = &manager {
        // A manager that does not listen does not prevent the start.
        let _ = manager.main_process(child);
    }
    let kept = [Some(signals.as_fd()), job.terminal(), Some(start.as_fd())];
    resources::release_all_but(&kept);
    // If process 1 ends, the kernel kills all processes in its namespace.
    let guarded = options.kill_group && job.is_separate() && getpid() != Pid::from_raw(1);
    let guard = if guarded { Guard::start(child).ok() } else { None };
    let _: Result<usize, Errno> = write(&start, b"1");
    drop(start);
    let ending = Supervisor::new(child, job, options).until_it_ends(signals);
    guard.into_iter().for_each(Guard::dismiss);
    if let Some(manager) = &manager {
        // A manager sees how its own children end, and this process is one. It accepts this message now only with
        // `NotifyAccess=all`, and must read it before this process ends.
        let _ = manager.main_process(getpid()).and_then(|()| manager.wait_until_read());
    }
    ending
}
