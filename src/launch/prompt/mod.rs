//! Asks on the terminal for a value and does not show it: all of it is taken, or nothing.

mod hidden;
mod line;

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::os::fd::AsFd as _;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, SigmaskHow, Signal, sigprocmask};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use zeroize::Zeroizing;

use self::hidden::Hidden;
use self::line::{Event, Line, amount};
use crate::error::{AnswerFault, Error};

/// Signals that may come while it is asked and that do nothing, or that stop who reads in the background: they
/// are left alone. All others find the terminal as it was.
const LEFT_ALONE: [Signal; 12] = [
    Signal::SIGCHLD,
    Signal::SIGCONT,
    Signal::SIGURG,
    Signal::SIGWINCH,
    Signal::SIGTTIN,
    Signal::SIGTTOU,
    // Faults of the program itself: blocked, they end it at once.
    Signal::SIGABRT,
    Signal::SIGBUS,
    Signal::SIGFPE,
    Signal::SIGILL,
    Signal::SIGSEGV,
    Signal::SIGTRAP,
];

/// How soon the next line of a paste is there, in milliseconds. Nobody types as fast as this.
const PASTE_GOES_ON: u16 = 100;
/// How long a paste may take that is thrown away.
const LONGEST_DISCARD: Duration = Duration::from_secs(10);

/// What may be asked for, and of what kind of terminal.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// The longest value, in bytes.
    pub limit: usize,
    /// Whether the terminal takes escape sequences.
    pub takes_sequences: bool,
}

/// Writes `question` to the controlling terminal and reads from it, without echo, up to Enter outside of a paste.
/// Then it says how much it received. Whatever happens, the terminal is set back first, and what was typed
/// of an unfinished value is thrown away.
///
/// A terminal that does not mark a paste types its lines as a person would. If more comes at once behind an
/// Enter, that was no person, and nothing is taken.
///
/// # Errors
/// [`Error::Terminal`] if there is no terminal, or it is closed before the value ends; [`Error::Answer`] if what
/// came cannot be taken whole.
pub fn ask(question: &str, terms: Terms) -> Result<Zeroizing<Vec<u8>>, Error> {
    let failed = |cause| Error::Terminal { action: "read the value from the terminal", cause };
    let mut terminal =
        OpenOptions::new().read(true).write(true).open("/dev/tty").map_err(failed)?;
    let answer = silently(&terminal, question, terms);
    let _ = terminal.write_all(b"\n");
    let value = answer.map_err(failed)?.map_err(|fault| Error::Answer { fault })?;
    let _ = writeln!(terminal, "received {}", amount(&value));
    Ok(value)
}

/// The value, or why it is none; an error of the terminal.
type Answer = io::Result<Result<Zeroizing<Vec<u8>>, AnswerFault>>;

fn silently(terminal: &File, question: &str, terms: Terms) -> Answer {
    let mut signals = SigSet::all();
    for signal in LEFT_ALONE {
        signals.remove(signal);
    }
    let mut before = SigSet::empty();
    sigprocmask(SigmaskHow::SIG_BLOCK, Some(&signals), Some(&mut before))?;
    let outcome = with_signals_blocked(terminal, question, terms, &signals, &before);
    sigprocmask(SigmaskHow::SIG_SETMASK, Some(&before), None)?;
    outcome
}

fn with_signals_blocked(
    mut terminal: &File,
    question: &str,
    terms: Terms,
    signals: &SigSet,
    before: &SigSet,
) -> Answer {
    let pending = SignalFd::with_flags(signals, SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK)?;
    loop {
        // Silent first: what is typed in answer to the question must not be echoed, nor flushed.
        let hidden = Hidden::new(terminal.as_fd(), terms.takes_sequences)?;
        terminal.write_all(question.as_bytes())?;
        let end = read_line(terminal, &pending, &hidden, terms.limit)?;
        drop(hidden);
        let signal = match end {
            End::Line(answer) => return Ok(answer),
            End::Signal(signal) => signal,
        };
        // Set back, so let the signal do what it does: end pfx, or stop it until it is continued.
        // SAFETY: raise(3) takes any number. Not nix's, which has no words for real-time signals.
        Errno::result(unsafe { libc::raise(signal) })?;
        let mut blocked = SigSet::empty();
        sigprocmask(SigmaskHow::SIG_SETMASK, Some(before), Some(&mut blocked))?;
        sigprocmask(SigmaskHow::SIG_SETMASK, Some(&blocked), None)?;
    }
}

/// What reading came to.
enum End {
    Line(Result<Zeroizing<Vec<u8>>, AnswerFault>),
    /// By number: it may be a real-time one.
    Signal(i32),
}

fn read_line(
    mut terminal: &File,
    pending: &SignalFd,
    hidden: &Hidden<'_>,
    limit: usize,
) -> io::Result<End> {
    let (keys, mut line) = (hidden.keys(), Line::new(limit));
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
            return Ok(End::Signal(i32::try_from(signal.ssi_signo).unwrap_or(libc::SIGTERM)));
        }
        if watched[1].any() != Some(true) {
            continue;
        }
        let mut part = Zeroizing::new([0; 4096]);
        let count = nix::unistd::read(terminal, &mut *part)?;
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        for (at, &byte) in part[..count].iter().enumerate() {
            match line.take(byte, &keys) {
                None => {}
                Some(Event::Pasted) => {
                    let pasted = amount(line.bytes());
                    terminal.write_all(format!("{pasted}; Enter stores it ").as_bytes())?;
                }
                Some(Event::Key(signal)) => {
                    discard(terminal)?;
                    send_to_job(signal)?;
                    break;
                }
                Some(Event::End) if line.bytes().is_empty() => {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                Some(Event::End) => return Ok(End::Line(whole(line))),
                Some(Event::Enter) => {
                    if !line.marks_pastes
                        && (begins_pem(line.bytes())
                            || goes_on(terminal, byte, &part[at + 1..count])?)
                    {
                        discard(terminal)?;
                        return Ok(End::Line(Err(AnswerFault::SeveralLines)));
                    }
                    return Ok(End::Line(whole(line)));
                }
            }
        }
    }
}

fn whole(line: Line) -> Result<Zeroizing<Vec<u8>>, AnswerFault> {
    if line.is_too_long() {
        Err(AnswerFault::TooLong { limit: line.limit })
    } else if line.has_other_keys {
        Err(AnswerFault::OtherKeys)
    } else {
        Ok(line.into_value())
    }
}

/// Whether this is the first line of a key or certificate (RFC 7468), whose next lines are still on their way: over a
/// slow line they come no faster than a person types.
fn begins_pem(line: &[u8]) -> bool {
    line.trim_ascii().starts_with(b"-----BEGIN ")
        && !line.windows(9).any(|part| part == b"-----END ")
}

/// Sends what a key means to whom the terminal would send it: all of the job.
fn send_to_job(signal: Signal) -> io::Result<()> {
    // SAFETY: kill(2) and raise(3) take any number; 0 is the process group. The signal is blocked here.
    unsafe {
        if libc::kill(0, signal as i32) == -1 {
            Errno::result(libc::raise(signal as i32))?;
        }
    }
    Ok(())
}

/// Whether there is a next line behind `enter`: what was read with it, or comes as fast as a paste does. A line
/// feed behind a carriage return is a part of that: some programs type both.
fn goes_on(terminal: &File, enter: u8, rest: &[u8]) -> io::Result<bool> {
    let mut rest = Zeroizing::new(rest.to_vec());
    if rest.is_empty() && more(terminal)? {
        rest.resize(4096, 0);
        let count = nix::unistd::read(terminal, &mut rest)?;
        rest.truncate(count);
    }
    Ok(match rest.as_slice() {
        [] => false,
        b"\n" if enter == b'\r' => more(terminal)?,
        _ => true,
    })
}

/// Whether more is there, or comes as fast as a paste does.
fn more(terminal: &File) -> io::Result<bool> {
    let mut watched = [PollFd::new(terminal.as_fd(), PollFlags::POLLIN)];
    match poll(&mut watched, PollTimeout::from(PASTE_GOES_ON)) {
        Ok(count) => Ok(count > 0),
        Err(Errno::EINTR) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Throws away what comes as fast as a paste does, so that no part of it is left for the shell.
fn discard(terminal: &File) -> io::Result<()> {
    let start = Instant::now();
    while start.elapsed() < LONGEST_DISCARD && more(terminal)? {
        let mut part = Zeroizing::new([0; 4096]);
        if nix::unistd::read(terminal, &mut *part)? == 0 {
            break;
        }
    }
    Ok(())
}
