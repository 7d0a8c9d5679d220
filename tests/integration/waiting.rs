//! What a person sees while pfx waits for a server.

use std::sync::{Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

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

/// The line that says for what pfx has waited so many seconds.
fn line(url: &str, seconds: usize) -> String {
    format!("\r\x1b[Kpfx: waiting for {url} ({seconds} s)")
}

/// What is shown without the lines for each second, one after the other, that come first; and how many these are.
fn without_lines<'s>(shown: &'s str, url: &str) -> (&'s str, usize) {
    let mut rest = shown;
    let mut count = 0;
    while let Some(after) = rest.strip_prefix(&*line(url, count + 1)) {
        (rest, count) = (after, count + 1);
    }
    (rest, count)
}

#[test]
fn on_a_terminal_one_line_tells_for_what_and_how_long_and_is_erased() {
    // Answers when the second line is there.
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
fn what_is_answered_within_a_second_shows_nothing() {
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
    // On a busy machine the line for the first second may come too late to be shown.
    let (rest, count) = without_lines(&terminal.shown, &url);
    let erased = if count > 0 { "\r\x1b[K" } else { "" };
    let error = format!("pfx: error: the request to {url} failed: timed out after 1.5 s\r\n");
    let hint = "pfx: hint: `--timeout SECONDS` sets a longer limit\r\n";
    assert_eq!(rest, format!("{erased}{error}{hint}"));
}
