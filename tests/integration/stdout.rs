//! Lost output is an error, and a reader that closes the pipe early is not.

use std::fs::File;

use crate::support::needs::tools;
use crate::support::{Home, Pfx};

/// Every command that prints, with its arguments.
const PRINTING: [&[&str]; 20] = [
    &["--help"],
    &["-h"],
    &["--version"],
    &["run", "--help"],
    &["secret", "set", "--help"],
    &["help"],
    &["help", "run"],
    &["help", "precedence"],
    &["secret", "get", "A"],
    &["secret", "get", "A", "--json"],
    &["secret", "list"],
    &["secret", "list", "--json"],
    &["export", "--format", "sh"],
    &["export", "--format", "github", "-o", "out"],
    &["export", "--format", "json", "-o", "/dev/stdout"],
    &["check"],
    &["check", "--json"],
    &["doctor"],
    &["doctor", "--json"],
    &["completions", "bash"],
];

fn home() -> Home {
    Home::with_secrets("A = \"CANARY\"\n")
}

/// Ignores SIGPIPE, so that the write fails.
fn ignoring_pipes(pfx: Pfx) -> Pfx {
    pfx.before(|| {
        // SAFETY: signal(2) is async-signal-safe.
        unsafe { nix::libc::signal(nix::libc::SIGPIPE, nix::libc::SIG_IGN) };
        Ok(())
    })
}

fn closing(pfx: Pfx, descriptor: i32) -> Pfx {
    pfx.before(move || {
        // SAFETY: close(2) is async-signal-safe.
        unsafe { nix::libc::close(descriptor) };
        Ok(())
    })
}

fn is_lost(pfx: Pfx, words: &[&str], cause: &str) {
    let outcome = pfx.outcome();
    let stderr = outcome.stderr();
    assert_eq!(outcome.code(), Some(125), "{words:?}: {stderr}");
    assert!(
        stderr.contains(&format!("pfx: error: cannot write to stdout: {cause}\n")),
        "{words:?}: {stderr}"
    );
    assert!(!outcome.said().contains("CANARY"), "{words:?}");
}

#[test]
fn every_command_reports_output_to_a_full_device_or_a_closed_descriptor_as_an_error() {
    let home = home();
    for words in PRINTING {
        let full = File::options().write(true).open("/dev/full").unwrap();
        is_lost(home.pfx(words).stdout_to(full), words, "No space left on device");
        is_lost(closing(home.pfx(words), 1), words, "Bad file number");
        let for_reading = File::open("/dev/null").unwrap();
        is_lost(home.pfx(words).stdout_to(for_reading), words, "Bad file number");
    }
    let said = closing(home.pfx(["secret", "get", "A"]), 1).outcome().stderr();
    assert!(said.ends_with("pfx: hint: stdout is closed, or open only for reading\n"), "{said}");
}

#[test]
fn if_stderr_is_lost_too_the_exit_status_shows_the_error() {
    let home = home();
    for words in PRINTING {
        let both = closing(closing(home.pfx(words), 1), 2);
        assert_eq!(both.outcome().code(), Some(125), "{words:?}");
    }
    let pfx = env!("CARGO_BIN_EXE_pfx");
    for (command, code) in [("--nope", 2), ("secret get NOPE", 1), ("export --format nope", 2)] {
        let script = format!("{pfx} {command} > /dev/full 2> /dev/full; echo $?");
        home.bare(&["sh", "-c", &script]).gives(&format!("{code}\n"));
    }
}

#[test]
fn a_reader_that_closes_the_pipe_is_not_an_error() {
    let home = home();
    for words in PRINTING {
        let (reader, writer) = nix::unistd::pipe().unwrap();
        drop(reader);
        ignoring_pipes(home.pfx(words).stdout_to(writer)).outcome().assert(0, "", "");
    }
}

#[test]
fn a_closed_stdout_stops_neither_run_nor_a_command_that_prints_nothing() {
    let home = home();
    let ran = closing(home.run(&["-s", "A"], &["touch", "ran"]), 1).outcome();
    ran.assert(0, "", "");
    assert!(home.join("ran").exists());
    closing(home.pfx(["secret", "set", "B", "--from-file", "ran"]), 1).outcome().assert(0, "", "");
    closing(home.pfx(["export", "--format", "sh", "-o", "out"]), 1).outcome().assert(0, "", "");
    assert!(std::fs::read_to_string(home.join("out")).unwrap().contains("export A="));
}

#[test]
fn a_nonblocking_descriptor_gets_the_whole_output() {
    need!(tools(&["python3"]));
    let home = Home::new();
    // More than a pipe holds, and a reader that starts when the pipe is full.
    let script = "import os, subprocess, sys\n\
        reader, writer = os.pipe()\n\
        os.set_blocking(writer, False)\n\
        pfx = subprocess.Popen([sys.argv[1], 'export', '--secrets-dir', 'mounted', '--format', 'json'], stdout=writer)\n\
        os.close(writer)\n\
        import fcntl, struct, termios\n\
        held = lambda: struct.unpack('i', fcntl.ioctl(reader, termios.FIONREAD, b'0000'))[0]\n\
        while held() < 65536 and pfx.poll() is None: pass\n\
        read = os.fdopen(reader, 'rb').read()\n\
        print(pfx.wait(), len(read))";
    home.write("mounted/A", "x".repeat(300_000));
    home.bare(&["python3", "-c", script, env!("CARGO_BIN_EXE_pfx")]).gives("0 300014\n");
}
