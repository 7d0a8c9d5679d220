//! The value asked for on a terminal: never shown, and the terminal is left as it was.

use std::os::unix::process::ExitStatusExt as _;

use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};

use crate::support::{Home, Terminal};

const PFX: &str = env!("CARGO_BIN_EXE_pfx");

fn asked(home: &Home) -> Terminal {
    let mut terminal = Terminal::start(home, &[PFX, "secret", "set", "A"]);
    terminal.wait_for("Value of A: ");
    terminal
}

#[test]
fn what_is_typed_is_stored_and_not_shown() {
    let home = Home::new();
    let mut terminal = asked(&home);
    assert!(!terminal.echoes());
    terminal.type_keys("CANARY x\n");
    let (status, terminal) = terminal.finish();
    assert!(status.success(), "{}", terminal.shown);
    assert!(terminal.echoes());
    assert_eq!(terminal.shown, "Value of A: \r\n");
    home.pfx(["secret", "get", "A"]).gives("CANARY x");
}

#[test]
fn what_was_typed_before_the_question_is_not_taken() {
    let home = Home::new();
    let mut terminal =
        Terminal::start(&home, &["sh", "-c", &format!("read go; exec {PFX} secret set A")]);
    terminal.type_keys("go\nCANARY");
    terminal.wait_for("Value of A: ");
    terminal.type_keys("real\n");
    assert!(terminal.finish().0.success());
    home.pfx(["secret", "get", "A"]).gives("real");
}

#[test]
fn every_key_and_signal_that_ends_it_leaves_the_terminal_as_it_was() {
    for signal in [Signal::SIGINT, Signal::SIGQUIT, Signal::SIGTERM, Signal::SIGHUP] {
        let home = Home::new();
        let mut terminal = asked(&home);
        terminal.type_keys("CANARY");
        match signal {
            Signal::SIGINT => terminal.type_keys("\u{3}"),
            Signal::SIGQUIT => terminal.type_keys("\u{1c}"),
            other => kill(terminal.pid(), other).unwrap(),
        }
        let (status, terminal) = terminal.finish();
        assert_eq!(status.signal(), Some(signal as i32), "{}", terminal.shown);
        assert!(!status.core_dumped());
        assert!(terminal.echoes(), "{signal}");
        assert_eq!(terminal.waiting(), 0, "{signal}: nothing typed is left for the shell");
        assert!(!terminal.shown.contains("CANARY"), "{}", terminal.shown);
        assert!(!home.config().exists());
    }
}

#[test]
fn a_stop_shows_what_is_typed_and_a_continue_asks_again() {
    let home = Home::new();
    // A shell of its own, since a process of an orphaned group does not stop.
    let script =
        format!("set -m; {PFX} secret set A; echo stopped; read x; fg >/dev/null; echo done $?");
    let mut terminal = Terminal::start(&home, &["sh", "-c", &script]);
    terminal.wait_for("Value of A: ");
    terminal.type_keys("CANARY\u{1a}");
    terminal.wait_for("stopped");
    assert!(terminal.echoes());
    terminal.shown.clear();
    terminal.type_keys("\n");
    terminal.wait_for("Value of A: ");
    terminal.type_keys("value\n");
    terminal.wait_for("done 0");
    let (_, terminal) = terminal.finish();
    assert!(!terminal.shown.contains("CANARY"), "{}", terminal.shown);
    home.pfx(["secret", "get", "A"]).gives("value");
}

#[test]
fn the_end_of_input_stores_nothing() {
    let home = Home::new();
    let mut terminal = asked(&home);
    terminal.type_keys("\u{4}");
    let (status, terminal) = terminal.finish();
    assert_eq!(status.code(), Some(125));
    assert!(terminal.echoes());
    assert!(
        terminal.shown.contains("pfx: error: cannot ask on the terminal: unexpected end of file"),
        "{}",
        terminal.shown
    );
    assert!(!home.config().exists());
}

#[test]
fn a_value_on_a_terminal_ends_its_line() {
    let home = Home::with_secrets("A = \"v\"\n");
    let (status, terminal) = Terminal::start(&home, &[PFX, "secret", "get", "A"]).finish();
    assert!(status.success());
    assert_eq!(terminal.shown, "v\r\n");
}

#[test]
fn the_command_has_the_terminal_and_one_interrupt() {
    let home = Home::with_secrets("A = \"v\"\n");
    let script = "trap 'echo got' INT; tty >/dev/null && test -t 0 && test -t 1 && test -t 2 && echo ready; \
                  read x; echo end";
    let mut terminal = Terminal::start(&home, &[PFX, "run", "--", "sh", "-c", script]);
    terminal.wait_for("ready");
    terminal.type_keys("\u{3}");
    terminal.wait_for("got");
    terminal.type_keys("\n");
    terminal.wait_for("end");
    let (_, terminal) = terminal.finish();
    assert_eq!(terminal.shown.matches("got").count(), 1, "{}", terminal.shown);
}

#[test]
fn a_stopped_command_is_the_shells_own_job() {
    let home = Home::with_secrets("A = \"v\"\n");
    let running = home.run(&[], &["sh", "-c", "kill -STOP $$; exit 7"]).start();
    let stopped = waitpid(running.pid(), Some(WaitPidFlag::WUNTRACED)).unwrap();
    assert_eq!(stopped, WaitStatus::Stopped(running.pid(), Signal::SIGSTOP));
    running.signal(Signal::SIGCONT);
    assert_eq!(running.finish().code(), Some(7));
}
