//! Asks on the terminal for a value and does not show it.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::os::fd::{AsFd as _, BorrowedFd};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, Signal, raise};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::sys::termios::{LocalFlags, SetArg, Termios, tcgetattr, tcsetattr};
use zeroize::Zeroizing;

use crate::error::Error;

/// Signals that must find the terminal as it was: the keys ctrl-C, ctrl-\ and ctrl-Z, and what ends a
/// process from outside.
const SIGNALS: [Signal; 5] =
    [Signal::SIGINT, Signal::SIGQUIT, Signal::SIGTSTP, Signal::SIGTERM, Signal::SIGHUP];

/// The longest line that a terminal in canonical mode takes, in bytes (termios(3)); more comes from a file.
const LONGEST: usize = 4096;

/// Writes `question` to the controlling terminal and reads one line from it without echo; the bytes
/// without the line feed. Whatever happens, the terminal is set back first, and what was typed of an
/// unfinished line is thrown away.
///
/// # Errors
/// [`Error::Terminal`] if there is no terminal, or it is closed before the line ends.
pub fn ask(question: &str) -> Result<Zeroizing<Vec<u8>>, Error> {
    let failed = |cause| Error::Terminal { action: "ask on the terminal", cause };
    let mut terminal =
        OpenOptions::new().read(true).write(true).open("/dev/tty").map_err(failed)?;
    let line = silent_line(&terminal, question);
    let _ = terminal.write_all(b"\n");
    line.map_err(failed)
}

fn silent_line(terminal: &File, question: &str) -> io::Result<Zeroizing<Vec<u8>>> {
    let signals: SigSet = SIGNALS.into_iter().collect();
    let before = SigSet::thread_get_mask()?;
    signals.thread_block()?;
    let outcome = with_signals_blocked(terminal, question, &signals, &before);
    before.thread_set_mask()?;
    outcome
}

fn with_signals_blocked(
    mut terminal: &File,
    question: &str,
    signals: &SigSet,
    before: &SigSet,
) -> io::Result<Zeroizing<Vec<u8>>> {
    let pending = SignalFd::with_flags(signals, SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK)?;
    let mut line = Zeroizing::new(Vec::with_capacity(LONGEST));
    loop {
        // Silent first: what is typed in answer to the question must not be echoed, nor flushed.
        let hidden = Hidden::new(terminal.as_fd())?;
        terminal.write_all(question.as_bytes())?;
        let signal = next_signal_or_line(terminal, &pending, &mut line)?;
        drop(hidden);
        let Some(signal) = signal else { return Ok(line) };
        // Set back, so let the signal do what it does: end pfx, or stop it until it is continued.
        let blocked = SigSet::thread_get_mask()?;
        raise(signal)?;
        before.thread_set_mask()?;
        blocked.thread_set_mask()?;
    }
}

/// Reads until the line ends (`None`) or a signal comes.
fn next_signal_or_line(
    terminal: &File,
    pending: &SignalFd,
    line: &mut Vec<u8>,
) -> io::Result<Option<Signal>> {
    loop {
        let mut watched = [
            PollFd::new(pending.as_fd(), PollFlags::POLLIN),
            PollFd::new(terminal.as_fd(), PollFlags::POLLIN),
        ];
        match poll(&mut watched, PollTimeout::NONE) {
            Ok(_) | Err(Errno::EINTR) => {}
            Err(error) => return Err(error.into()),
        }
        if let Some(signal) = pending.read_signal()? {
            let number = i32::try_from(signal.ssi_signo).unwrap_or(0);
            return Ok(Some(Signal::try_from(number)?));
        }
        if watched[1].any() != Some(true) {
            continue;
        }
        let mut part = Zeroizing::new([0; LONGEST]);
        let count = nix::unistd::read(terminal, &mut *part)?;
        line.extend_from_slice(&part[..count]);
        match line.last() {
            Some(b'\n') => {
                line.pop();
                return Ok(None);
            }
            // ctrl-D behind some text sends it without a line feed: that text is the value.
            _ if count > 0 => return Ok(None),
            _ => return Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }
}

/// A terminal that does not echo, until this is dropped.
struct Hidden<'t> {
    terminal: BorrowedFd<'t>,
    before: Termios,
}

impl<'t> Hidden<'t> {
    fn new(terminal: BorrowedFd<'t>) -> io::Result<Self> {
        let before = tcgetattr(terminal)?;
        let mut silent = before.clone();
        silent.local_flags.remove(LocalFlags::ECHO | LocalFlags::ECHONL);
        tcsetattr(terminal, SetArg::TCSAFLUSH, &silent)?;
        Ok(Self { terminal, before })
    }
}

impl Drop for Hidden<'_> {
    fn drop(&mut self) {
        // There is nobody to tell if it fails.
        let _ = tcsetattr(self.terminal, SetArg::TCSAFLUSH, &self.before);
    }
}
