//! `--init`: pfx stays as a small parent of the command, for a command that cannot be process 1.
//!
//! It forks before anything is looked up. The child is pfx as ever and becomes the command; the parent never
//! held a value, keeps no descriptor, no working directory and no environment, and does only this:
//! passes signals on, reaps, and ends as the command ended.

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
// Not `SigSet::thread_…` of nix: pthread_sigmask(3) returns its error, and nix takes it for none.
use nix::sys::signal::{SigSet, SigmaskHow, Signal, sigprocmask};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::unistd::{ForkResult, Pid, fork, getpid, pipe2, read, setpgid, write};

use self::exit_status::CommandEnd;
use self::guard::Guard;
use self::notify::Manager;
use self::supervisor::Supervisor;
use self::terminal::Job;
use crate::error::Error;
use crate::exit::Exit;
use crate::launch::death;

pub use self::identity::renumber;
pub use self::rewrites::Rewrites;

/// How the parent behaves.
#[derive(Debug, Default)]
pub struct Options {
    /// Which signals become others on their way to the command.
    pub rewrites: Rewrites,
    /// Whether signals go to all of the command's process group, not to the command alone.
    pub kill_group: bool,
    /// How long the command may take to end after it was asked to.
    pub stop_timeout: Option<Duration>,
    /// `NOTIFY_SOCKET`, if the service manager set it (`sd_notify(3)`).
    pub notify_socket: Option<Vec<u8>>,
}

/// Which of the two processes this is.
#[derive(Debug)]
pub enum Role {
    /// The one that becomes the command.
    Child,
    /// The parent, when the command has ended: the status to end with.
    Parent(i32),
}

/// Forks. In the child it returns at once, with signals as the caller of pfx left them; in the parent when
/// the command has ended, unless the parent ends by the same signal.
///
/// # Errors
/// [`Error::Process`] if the system has no process or descriptor left. Nothing was started then.
pub fn split(options: &Options) -> Result<Role, Error> {
    let failed =
        |action| move |cause: Errno| Error::Process { action, cause: cause.into(), way_out: None };
    // From here on no signal is lost: what comes before the child is ready waits, and is passed on then.
    let mut inherited_mask = SigSet::empty();
    sigprocmask(SigmaskHow::SIG_SETMASK, Some(&SigSet::all()), Some(&mut inherited_mask))
        .map_err(failed("block signals"))?;
    let signals =
        SignalFd::with_flags(&SigSet::all(), SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK)
            .map_err(failed("wait for signals"))?;
    // Where reading is forbidden (seccomp(2)), none would ever come. Nothing is read here: there is no room for it.
    match read(&signals, &mut []) {
        Ok(_) | Err(Errno::EINVAL) => {}
        Err(error) => return Err(failed("read signals")(error)),
    }
    reaping::can_be_done().map_err(failed("wait for processes"))?;
    let job = Job::of_this_process();
    let (ready, start) = pipe2(OFlag::O_CLOEXEC).map_err(failed("create a pipe"))?;
    // SAFETY: this process has one thread: nothing has been asked of anyone yet.
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

/// Waits until the parent is ready. Killing pfx kills the command, as it does where pfx has become it.
fn become_child(ready: &OwnedFd) {
    let _ = prctl::set_pdeathsig(Signal::SIGKILL);
    let mut word = [0];
    if read(ready, &mut word) != Ok(1) {
        // The parent was gone before it could be noticed.
        death::exit_now(Exit::Failed.into());
    }
    death::reset_handlers();
}

fn supervise(
    child: Pid,
    signals: &SignalFd,
    job: Job,
    start: OwnedFd,
    options: &Options,
) -> CommandEnd {
    reaping::notice_children();
    if getpid() != Pid::from_raw(1) {
        // Orphans of the command come to this process. It cannot fail since Linux 3.4.
        let _ = prctl::set_child_subreaper(true);
    }
    if job.is_separate() {
        // It fails only for a child that is gone or has become another program: it does neither yet.
        let _ = setpgid(child, child);
        job.lend_terminal(child);
    }
    let manager = options.notify_socket.as_deref().and_then(Manager::new);
    if let Some(manager) = &manager {
        // That nobody listens is no reason not to start.
        let _ = manager.main_process(child);
    }
    let kept = [Some(signals.as_fd()), job.terminal(), Some(start.as_fd())];
    resources::release_all_but(&kept);
    // With process 1 the kernel kills all that is in its namespace.
    let guarded = options.kill_group && job.is_separate() && getpid() != Pid::from_raw(1);
    let guard = if guarded { Guard::start(child).ok() } else { None };
    let _: Result<usize, Errno> = write(&start, b"1");
    drop(start);
    let ending = Supervisor::new(child, job, options).until_it_ends(signals);
    guard.into_iter().for_each(Guard::dismiss);
    if let Some(manager) = &manager {
        // A manager sees how its own children end. Only with `NotifyAccess=all` it takes this now, and it
        // must have read it while this process is there.
        let _ = manager.main_process(getpid()).and_then(|()| manager.wait_until_read());
    }
    ending
}
