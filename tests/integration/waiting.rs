//! What a person sees while pfx waits for a server.

use std::sync::{Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::cloud1::{home, value};
use crate::support::{Server, Terminal};

/// A server that answers after this time.
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

/// The line that shows what pfx has waited for, for this many seconds.
fn line(url: &str, seconds: usize) -> String {
    format!("\r\x1b[Kpfx: waiting for {url} ({seconds} s)")
}

/// What is shown after the lines for each second, and the number of these lines.
fn without_lines<'s>(shown: &'s str, url: &str) -> (&'s str, usize) {
    let mut rest = shown;
    let mut count = 0;
    while let Some(after) = rest.strip_prefix(&*line(url, count + 1)) {
        (rest, count) = (after, count + 1);
    }
    (rest, count)
}

#[test]
fn on_a_terminal_a_line_shows_what_pfx_waits_for_and_how_long_and_is_erased() {
    // Answers when the second line is shown.
    let (sender, receiver) = mpsc::channel::<()>();
    let receiver = Mutex::new(receiver);
    let server = Server::new(move |dialogue| {
        dialogue.request();
        let _ = receiver.lock().expect("no panic").recv();
        let _ = dialogue.send(value(&json!("v")));
    });
    let home = home(&server.url());
    let pfx = env!("CARGO_BIN_EXE_pfx");
    let words = [pfx, "run", "-s", "X", "--timeout", "60", "--", "/bin/sh", "-c", "echo got $X"];
    let mut terminal = Terminal::start(&home, &words);
    terminal.wait_for(&line(&server.url(), 2));
    sender.send(()).expect("the server waits");
    let (status, terminal) = terminal.finish();
    assert!(status.success());
    let (rest, count) = without_lines(&terminal.shown, &server.url());
    assert!(count >= 2 && rest == "\r\x1b[Kgot v\r\n", "{:?}", terminal.shown);
}

#[test]
fn nothing_is_shown_if_the_answer_arrives_within_a_second() {
    let server = slow(Duration::ZERO);
    let home = home(&server.url());
    let pfx = env!("CARGO_BIN_EXE_pfx");
    let words = [pfx, "run", "-s", "X", "--", "/bin/sh", "-c", "echo got $X"];
    for _ in 0..100 {
        let start = Instant::now();
        let (status, terminal) = Terminal::start(&home, &words).finish();
        assert!(status.success());
        // A busy machine may take longer than that.
        if start.elapsed() < Duration::from_secs(1) {
            assert_eq!(terminal.shown, "got v\r\n");
            return;
        }
    }
    panic!("no run takes less than a second");
}

#[test]
fn nothing_is_shown_if_stderr_is_not_a_terminal() {
    let server = slow(Duration::from_millis(1500));
    home(&server.url()).run(&["-s", "X"], &["/usr/bin/printenv", "X"]).gives("v\n");
}

#[test]
fn an_error_after_waiting_is_on_its_own_line() {
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
    // On a busy machine the line for the first second may be too late to be shown.
    let shown = terminal.unwrapped();
    let (rest, count) = without_lines(&shown, &url);
    let erased = if count > 0 { "\r\x1b[K" } else { "" };
    let error = format!("pfx: error: the request to {url} failed: timed out after 1.5 s\r\n");
    let hint = "pfx: hint: `--timeout SECONDS` sets a longer limit\r\n";
    assert_eq!(rest, format!("{erased}{error}{hint}"));
}
