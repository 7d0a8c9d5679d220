//! The parent's loop, which handles one signal at a time.

use std::os::fd::AsFd as _;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::libc::{self, signalfd_siginfo};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll, ppoll};
use nix::sys::signalfd::SignalFd;
use nix::sys::time::TimeSpec;
use nix::unistd::Pid;

use super::exit_status::CommandEnd;
use super::reaping::{self, ChildChange};
use super::signal::raise_default;
use super::terminal::Job;
use super::{InitOptions, SignalRewrites};

/// Signals that the kernel sends to the whole foreground process group of a terminal.
const OF_TERMINAL: [i32; 8] = [
    libc::SIGCONT,
    libc::SIGHUP,
    libc::SIGINT,
    libc::SIGQUIT,
    libc::SIGTSTP,
    libc::SIGTTIN,
    libc::SIGTTOU,
    libc::SIGWINCH,
];

/// Stop signals: those that a container engine, a service manager or a person sends first.
const STOP: [i32; 3] = [libc::SIGINT, libc::SIGQUIT, libc::SIGTERM];

/// The parent of the command.
pub struct Supervisor<'o> {
    command: Pid,
    /// Whether the command was continued, and the SIGCONT to its whole group is still to arrive here.
    continued: bool,
    /// When the command is killed, if it has received a stop signal.
    deadline: Option<Instant>,
    job: Job,
    /// Whether signals are sent to the command's whole process group.
    kill_group: bool,
    rewrites: &'o SignalRewrites,
    stop_timeout: Option<Duration>,
    stopped: bool,
}

impl<'o> Supervisor<'o> {
    pub const fn new(command: Pid, job: Job, options: &'o InitOptions) -> Self {
        Self {
            command,
            continued: false,
            deadline: None,
            job,
            kill_group: options.kill_group,
            rewrites: &options.rewrites,
            stop_timeout: options.stop_timeout,
            stopped: false,
        }
    }

    /// Forwards signals and reaps until the command has ended. All signals are blocked.
    pub fn until_it_ends(&mut self, signals: &SignalFd) -> CommandEnd {
        loop {
            match signals.read_signal() {
                Ok(Some(signal)) if signal_number(&signal) == libc::SIGCHLD => {
                    if let Some(ending) = self.reap() {
                        self.job.take_back_terminal(self.command);
                        return ending;
                    }
                }
                Ok(Some(signal)) => self.receive(&signal),
                // No signal is pending now.
                Ok(None) | Err(_) => self.wait(signals),
            }
        }
    }

    /// Waits for a signal, or kills the command when its deadline has passed.
    fn wait(&mut self, signals: &SignalFd) {
        let left = self.deadline.map(|end| end.saturating_duration_since(Instant::now()));
        if left.is_some_and(|left| left.is_zero()) {
            self.send_to_all(libc::SIGKILL);
            self.deadline = None;
            return;
        }
        // Rounded up, so that the last millisecond is not a busy loop.
        let left = left.map(|left| left + Duration::from_millis(1));
        let timeout = left.map_or(PollTimeout::NONE, |left| {
            PollTimeout::try_from(left).unwrap_or(PollTimeout::MAX)
        });
        let mut watched = [PollFd::new(signals.as_fd(), PollFlags::POLLIN)];
        // Interrupted or not, signals are read next. If a filter forbids one system call, the other is used; without
        // either, the loop would use a whole processor.
        if let Err(error) = poll(&mut watched, timeout)
            && error != Errno::EINTR
        {
            let _ = ppoll(&mut watched, left.map(TimeSpec::from_duration), None);
        }
    }

    /// Reaps all children that have ended. Returns how the command ended, if it is one of them.
    fn reap(&mut self) -> Option<CommandEnd> {
        let mut ended = None;
        while let Some((process, change)) = reaping::next() {
            match change {
                _ if process != self.command => {}
                ChildChange::Continued => (self.stopped, self.continued) = (false, true),
                ChildChange::Ended(ending) => ended = Some(ending),
                ChildChange::Stopped(signal) => self.stop_itself(signal),
            }
        }
        ended
    }

    /// Stops this process too: the command stopped, and the shell must see that its job, which is this process, has
    /// stopped.
    fn stop_itself(&mut self, signal: i32) {
        (self.stopped, self.continued) = (true, false);
        let at_terminal = matches!(signal, libc::SIGTTIN | libc::SIGTTOU);
        if at_terminal && self.job.lend_terminal(self.command) {
            // The job had been moved to the foreground before the command had the terminal.
            self.send_to_all(libc::SIGCONT);
        } else if self.job.may_stop() {
            self.job.take_back_terminal(self.command);
            // Never with SIGSTOP, but with a signal that has no effect if no shell could continue this process (an
            // orphaned process group; setpgid(2)). SIGCONT is blocked, and received later.
            raise_default(if at_terminal { signal } else { libc::SIGTSTP });
        } else if signal == libc::SIGTSTP {
            // Nobody could continue it, so the key has no effect, as for any process without a shell.
            self.send_to_all(libc::SIGCONT);
        }
    }

    /// Forwards a signal, unless the command has received it already.
    fn receive(&mut self, signal: &signalfd_siginfo) {
        let number = signal_number(signal);
        if number == libc::SIGCONT {
            self.job.lend_terminal(self.command);
        }
        if !self.job.is_separate() {
            let sent_to_all = signal.ssi_code == libc::SI_KERNEL && OF_TERMINAL.contains(&number);
            // vim does this at ctrl-Z: it sends the signal to its whole group, including itself.
            let sent_by_command = i64::from(signal.ssi_pid) == i64::from(self.command.as_raw());
            if sent_to_all || sent_by_command {
                return;
            }
        }
        if number == libc::SIGCONT && !self.job.is_separate() && std::mem::take(&mut self.continued)
        {
            // The process that continued the job has continued the command too. A second, late SIGCONT could continue
            // it after it was stopped again.
            return;
        }
        if number == libc::SIGCONT && self.stopped {
            // The whole group of the command was stopped, and is continued with the job.
            let already = !self.job.is_separate() && self.has_continued();
            if !already {
                self.send_to_all(libc::SIGCONT);
            }
            self.stopped = false;
            return;
        }
        let Some(rewritten) = self.rewrites.of(number) else { return };
        self.forward(signal, rewritten);
        // A key such as ctrl-C interrupts what a program does at a terminal, and need not end it.
        let is_key = signal.ssi_code == libc::SI_KERNEL && OF_TERMINAL.contains(&number);
        // Either one may be the stop signal: an image whose STOPSIGNAL is SIGRTMIN+3 is rewritten to SIGTERM, or
        // SIGTERM is rewritten to the SIGWINCH that stops a web server.
        let stops = STOP.contains(&number) || STOP.contains(&rewritten);
        if stops && !is_key && self.deadline.is_none() {
            self.deadline =
                self.stop_timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        }
    }

    /// Whether the command has been continued together with the job.
    fn has_continued(&self) -> bool {
        let flags = libc::WCONTINUED | libc::WNOHANG;
        let command = self.command.as_raw().unsigned_abs();
        // SAFETY: zeroes are a valid siginfo_t, it lives in this frame, and its si_pid stays zero unless waitid(2)
        // reports a change.
        unsafe {
            let mut status: libc::siginfo_t = std::mem::zeroed();
            libc::waitid(libc::P_PID, command, &raw mut status, flags) == 0 && status.si_pid() != 0
        }
    }

    /// Forwards a signal to the command. A signal that was queued with a value keeps it (sigqueue(3)), unless it is
    /// sent to a group.
    fn forward(&self, signal: &signalfd_siginfo, number: i32) {
        if self.kill_group {
            return self.send_to_all(number);
        }
        let command = self.command.as_raw();
        // SAFETY: the command is not reaped, so the process ID is still its own. The value is not read here.
        unsafe {
            if signal.ssi_code == libc::SI_QUEUE {
                let sival_ptr = usize::try_from(signal.ssi_ptr).unwrap_or_default() as *mut _;
                libc::sigqueue(command, number, libc::sigval { sival_ptr });
            } else {
                libc::kill(command, number);
            }
        }
    }

    /// Sends a signal to the command and, if it has its own process group, to the whole group.
    fn send_to_all(&self, number: i32) {
        let command = self.command.as_raw();
        // SAFETY: as above.
        unsafe {
            // A command that has left its group also gets the signal.
            if !self.job.is_separate() || libc::kill(-command, number) == -1 {
                libc::kill(command, number);
            }
        }
    }
}

fn signal_number(signal: &signalfd_siginfo) -> i32 {
    i32::try_from(signal.ssi_signo).unwrap_or_default()
}
