//! Promise 1: signals, ignored, blocked, pending and sent.

use std::io;

use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, SigmaskHow, Signal, sigaction};
use nix::sys::signal::{pthread_sigmask, sigprocmask};

use super::same_status;
use crate::support::Home;
use crate::support::needs::tools;

/// The signal mask in the line of /proc/self/status with this name.
fn mask(status: &str, name: &str) -> u64 {
    let line = status.lines().find(|line| line.starts_with(name)).expect("the line is there");
    let mask = u64::from_str_radix(line.rsplit('\t').next().unwrap(), 16).unwrap();
    // Signals 32 and 33 belong to the C library, and the parent of the tests may have left them ignored.
    mask & !(3 << 31)
}

fn bit(signal: Signal) -> u64 {
    1 << (signal as u64 - 1)
}

fn ignore(signal: Signal) -> io::Result<()> {
    let action = SigAction::new(SigHandler::SigIgn, SaFlags::empty(), SigSet::empty());
    // SAFETY: no handler is installed.
    unsafe { sigaction(signal, &action) }.map(|_| ()).map_err(Into::into)
}

#[test]
fn promise_1_sigpipe_is_as_pfx_inherited_it() {
    let ignored = same_status("SigIgn|SigBlk", |start| start.before(|| ignore(Signal::SIGPIPE)));
    assert_ne!(mask(&ignored, "SigIgn") & bit(Signal::SIGPIPE), 0, "{ignored}");
    let default = same_status("SigIgn|SigBlk", |start| start);
    assert_eq!(mask(&default, "SigIgn"), 0, "{default}");
}

#[test]
fn promise_1_ignored_and_blocked_signals_are_inherited() {
    let status = same_status("SigIgn|SigBlk", |start| {
        start.before(|| {
            for signal in [Signal::SIGHUP, Signal::SIGINT, Signal::SIGTTOU] {
                ignore(signal)?;
            }
            let blocked: SigSet = [Signal::SIGTERM, Signal::SIGUSR1].into_iter().collect();
            pthread_sigmask(SigmaskHow::SIG_BLOCK, Some(&blocked), None).map_err(Into::into)
        })
    });
    let ignored = bit(Signal::SIGHUP) | bit(Signal::SIGINT) | bit(Signal::SIGTTOU);
    assert_eq!(mask(&status, "SigIgn"), ignored, "{status}");
    assert_eq!(mask(&status, "SigBlk"), bit(Signal::SIGTERM) | bit(Signal::SIGUSR1), "{status}");
}

#[test]
fn promise_1_a_signal_that_is_pending_stays_pending() {
    let status = same_status("SigPnd|ShdPnd", |start| {
        start.before(|| {
            let blocked: SigSet = [Signal::SIGUSR2].into_iter().collect();
            sigprocmask(SigmaskHow::SIG_BLOCK, Some(&blocked), None)?;
            nix::sys::signal::kill(nix::unistd::getpid(), Signal::SIGUSR2).map_err(Into::into)
        })
    });
    assert_eq!(mask(&status, "ShdPnd"), bit(Signal::SIGUSR2), "{status}");
}

#[test]
fn promise_1_a_pending_alarm_signals_the_command() {
    let home = Home::with_secrets("A = \"v\"\n");
    let outcome = home
        .run(&[], &["sleep", "50"])
        .before(|| {
            nix::unistd::alarm::set(1);
            Ok(())
        })
        .outcome();
    assert_eq!(outcome.signal(), Some(Signal::SIGALRM as i32));
}

#[test]
fn promise_1_the_command_dies_by_its_own_signal() {
    let home = Home::with_secrets("A = \"v\"\n");
    for signal in [1, 2, 3, 6, 9, 10, 11, 13, 14, 15, 34, 64] {
        let command = format!("ulimit -c 0; kill -{signal} $$");
        let outcome = home.run(&[], &["/bin/sh", "-c", &command]).outcome();
        assert_eq!(outcome.signal(), Some(signal), "{}", outcome.said());
    }
}

#[test]
fn promise_1_every_signal_reaches_the_command_once() {
    need!(tools(&["python3"]));
    let home = Home::with_secrets("A = \"v\"\n");
    let script = "import signal, sys\n\
        got = []\n\
        for number in range(1, 32):\n\
        \x20   if number not in (9, 19):\n\
        \x20       signal.signal(number, lambda number, frame: got.append(number))\n\
        signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 32))\n\
        print('ready', flush=True)\n\
        sys.stdin.read()\n\
        signal.pthread_sigmask(signal.SIG_UNBLOCK, range(1, 32))\n\
        print(sorted(got))\n";
    let mut running = home.run(&[], &["python3", "-c", script]).start();
    running.wait_until_ready();
    // SIGCONT would remove pending signals that stop a process.
    let all: Vec<i32> = (1..32).filter(|number| ![9, 18, 19].contains(number)).collect();
    for &number in &all {
        running.signal(Signal::try_from(number).unwrap());
    }
    assert_eq!(running.finish().stdout(), format!("ready\n{all:?}\n"));
}

#[test]
fn promise_1_a_command_that_writes_to_a_closed_pipe_dies_by_sigpipe() {
    let home = Home::with_secrets("A = \"v\"\n");
    let outcome = home.bare(&["/bin/sh", "-c", "{ pfx run -- yes; echo $? >&2; } | head -1"]);
    let directory = std::path::Path::new(env!("CARGO_BIN_EXE_pfx")).parent().unwrap();
    let path = format!("/usr/bin:/bin:{}", directory.display());
    outcome.env("PATH", path).outcome().assert(0, "y\n", "141\n");
}
