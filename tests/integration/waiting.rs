//! What a person sees while pfx waits for a server.

use std::thread;
use std::time::Duration;

use serde_json::json;

use crate::support::cloud1::{home, value};
use crate::support::{Server, Terminal};

/// Answers after so long.
fn slow(pause: Duration) -> Server {
    Server::new(move |dialogue| {
        while dialogue.request().is_some() {
            thread::sleep(pause);
            if dialogue.send(value(&json!("v"))).is_err() {
                return;
            }
        }
    })
}

#[test]
fn on_a_terminal_one_line_tells_for_what_and_how_long_and_is_erased() {
    let server = slow(Duration::from_millis(2500));
    let home = home(&server.url());
    let pfx = env!("CARGO_BIN_EXE_pfx");
    let mut terminal =
        Terminal::start(&home, &[pfx, "run", "-s", "X", "--", "/bin/sh", "-c", "echo got $X"]);
    let line = |seconds: u32| format!("\r\x1b[Kpfx: waiting for {} ({seconds} s)", server.url());
    terminal.wait_for(&line(1));
    terminal.wait_for(&line(2));
    let (status, terminal) = terminal.finish();
    assert!(status.success());
    assert_eq!(terminal.shown, format!("{}{}\r\x1b[Kgot v\r\n", line(1), line(2)));
}

#[test]
fn what_is_answered_within_a_second_shows_nothing() {
    let server = slow(Duration::ZERO);
    let home = home(&server.url());
    let pfx = env!("CARGO_BIN_EXE_pfx");
    let words = [pfx, "run", "-s", "X", "--", "/bin/sh", "-c", "echo got $X"];
    let (status, terminal) = Terminal::start(&home, &words).finish();
    assert!(status.success());
    assert_eq!(terminal.shown, "got v\r\n");
}

#[test]
fn where_stderr_is_no_terminal_nothing_is_told() {
    let server = slow(Duration::from_millis(1500));
    home(&server.url()).run(&["-s", "X"], &["/usr/bin/printenv", "X"]).gives("v\n");
}

#[test]
fn an_error_after_waiting_stands_on_a_line_of_its_own() {
    let server = Server::new(|dialogue| {
        dialogue.request();
        dialogue.fall_silent();
    });
    let home = home(&server.url());
    let pfx = env!("CARGO_BIN_EXE_pfx");
    let words = [pfx, "run", "-s", "X", "--timeout", "1.5", "--", "/bin/true"];
    let (status, terminal) = Terminal::start(&home, &words).finish();
    assert_eq!(status.code(), Some(125));
    let url = server.url();
    let waiting = format!("\r\x1b[Kpfx: waiting for {url} (1 s)\r\x1b[K");
    let error = format!("pfx: error: cannot get an answer from {url}: time is up after 1.5 s\r\n");
    let hint = "pfx: hint: `--timeout SECONDS` waits longer\r\n";
    assert_eq!(terminal.shown, waiting + &error + hint);
}
