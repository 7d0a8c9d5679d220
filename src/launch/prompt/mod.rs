//! Asks for a value on the terminal without showing it. The complete value is accepted, or nothing.

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

use self::hidden::HiddenInput;
use self::line::{Event, Line, amount};
use crate::error::{Error, PromptFault};

/// Signals that are not blocked while pfx asks: they do nothing, or stop a process that reads in the background. For
/// all others, the terminal is restored first.
const NOT_BLOCKED: [Signal; 12] = [
    Signal::SIGCHLD,
    Signal::SIGCONT,
    Signal::SIGURG,
    Signal::SIGWINCH,
    Signal::SIGTTIN,
    Signal::SIGTTOU,
    // Faults of the program itself, which would end it immediately if blocked.
    Signal::SIGABRT,
    Signal::SIGBUS,
    Signal::SIGFPE,
    Signal::SIGILL,
    Signal::SIGSEGV,
    Signal::SIGTRAP,
];

/// The time in which the next line of a paste arrives, in milliseconds. Nobody types this fast.
const PASTE_GOES_ON: u16 = 100;
/// How long the rest of a paste is discarded at most.
const LONGEST_DISCARD: Duration = Duration::from_secs(10);

/// The limits of the prompt, and the abilities of the terminal.
#[derive(Clone, Copy, Debug)]
pub struct PromptLimits {
    /// The longest value, in bytes.
    pub limit: usize,
    /// Whether the terminal supports escape sequences.
    pub supports_sequences: bool,
}

/// Writes `question` to the controlling terminal and reads from it, without echo, until Enter outside a paste. Then
/// it shows how much it received. In every case the terminal is restored first, and an unfinished value is discarded.
///
/// A terminal that does not mark pastes sends the lines of a paste as if they were typed. If more input follows
/// immediately after Enter, it was a paste of several lines, and nothing is accepted.
///
/// # Errors
/// [`Error::Terminal`] without a terminal, or if it is closed before the value ends; [`Error::Prompt`] if the
/// input cannot be accepted completely.
pub fn ask(question: &str, limits: PromptLimits) -> Result<Zeroizing<Vec<u8>>, Error> {
    let failed = |cause| Error::Terminal { action: "read the value from the terminal", cause };
    let mut terminal =
        OpenOptions::new().read(true).write(true).open("/dev/tty").map_err(failed)?;
    let answer = ask_with_signals_blocked(&terminal, question, limits);
    let _ = terminal.write_all(b"\n");
    let value = answer.map_err(failed)?.map_err(|fault| Error::Prompt { fault })?;
    let _ = writeln!(terminal, "received {}", amount(&value));
    Ok(value)
}

/// The value, or why it is not accepted; or an error of the terminal.
type Answer = io::Result<Result<Zeroizing<Vec<u8>>, PromptFault>>;

fn ask_with_signals_blocked(terminal: &File, question: &str, limits: PromptLimits) -> Answer {
    let mut signals = SigSet::all();
    for signal in NOT_BLOCKED {
        signals.remove(signal);
    }
    let mut before = SigSet::empty();
    sigprocmask(SigmaskHow::SIG_BLOCK, Some(&signals), Some(&mut before))?;
    let outcome = ask_repeatedly(terminal, question, limits, &signals, &before);
    sigprocmask(SigmaskHow::SIG_SETMASK, Some(&before), None)?;
    outcome
}

fn ask_repeatedly(
    mut terminal: &File,
    question: &str,
    limits: PromptLimits,
    signals: &SigSet,
    before: &SigSet,
) -> Answer {
    let pending = SignalFd::with_flags(signals, SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK)?;
    loop {
        // First stop echoing, so that nothing that is typed after the question is echoed or flushed.
        let hidden = HiddenInput::new(terminal.as_fd(), limits.supports_sequences)?;
        terminal.write_all(question.as_bytes())?;
        let end = read_line(terminal, &pending, &hidden, limits.limit)?;
        drop(hidden);
        let signal = match end {
            End::Line(answer) => return Ok(answer),
            End::Signal(signal) => signal,
        };
        // The terminal is restored, so the signal may end pfx, or stop it until it is continued.
        // SAFETY: raise(3) accepts any number. Not nix's function, which does not support real-time signals.
        Errno::result(unsafe { libc::raise(signal) })?;
        let mut blocked = SigSet::empty();
        sigprocmask(SigmaskHow::SIG_SETMASK, Some(before), Some(&mut blocked))?;
        sigprocmask(SigmaskHow::SIG_SETMASK, Some(&blocked), None)?;
    }
}

/// How reading ended.
enum End {
    Line(Result<Zeroizing<Vec<u8>>, PromptFault>),
    /// A number, since it may be a real-time signal.
    Signal(i32),
}

fn read_line(
    mut terminal: &File,
    pending: &SignalFd,
    hidden: &HiddenInput<'_>,
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
                            || another_line_follows(terminal, byte, &part[at + 1..count])?)
                    {
                        discard(terminal)?;
                        return Ok(End::Line(Err(PromptFault::SeveralLines)));
                    }
                    return Ok(End::Line(whole(line)));
                }
            }
        }
    }
}

fn whole(line: Line) -> Result<Zeroizing<Vec<u8>>, PromptFault> {
    if line.is_too_long() {
        Err(PromptFault::TooLong { limit: line.limit })
    } else if line.has_other_keys {
        Err(PromptFault::OtherKeys)
    } else {
        Ok(line.into_value())
    }
}

/// Whether this is the first line of a key or certificate (RFC 7468), whose other lines must follow: over a slow
/// connection, they arrive as slowly as typing.
fn begins_pem(line: &[u8]) -> bool {
    line.trim_ascii().starts_with(b"-----BEGIN ")
        && !line.windows(9).any(|part| part == b"-----END ")
}

/// Sends the signal of a key to the whole job, as the terminal would.
fn send_to_job(signal: Signal) -> io::Result<()> {
    // SAFETY: kill(2) and raise(3) accept any number; 0 is the process group. The signal is blocked here.
    unsafe {
        if libc::kill(0, signal as i32) == -1 {
            Errno::result(libc::raise(signal as i32))?;
        }
    }
    Ok(())
}

/// Whether another line follows `enter`: it was read together with it, or arrives as fast as a paste. A line feed
/// after a carriage return is part of the same line break, since some programs type both.
fn another_line_follows(terminal: &File, enter: u8, rest: &[u8]) -> io::Result<bool> {
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

/// Whether there is more input, or more arrives as fast as a paste.
fn more(terminal: &File) -> io::Result<bool> {
    let mut watched = [PollFd::new(terminal.as_fd(), PollFlags::POLLIN)];
    match poll(&mut watched, PollTimeout::from(PASTE_GOES_ON)) {
        Ok(count) => Ok(count > 0),
        Err(Errno::EINTR) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Discards input that arrives as fast as a paste, so that no part of it is left for the shell.
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
