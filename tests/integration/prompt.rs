//! The prompt for a value on a terminal: the value is never shown, and the settings of the terminal are restored.

use std::os::unix::process::ExitStatusExt as _;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};

use serde_json::json;

use crate::support::needs::tools;
use crate::support::{Home, Server, Terminal, cloud1};

const PFX: &str = env!("CARGO_BIN_EXE_pfx");

/// The marks that a terminal with bracketed paste sends before and after pasted text.
const PASTE: (&str, &str) = ("\u{1b}[200~", "\u{1b}[201~");

fn asked(home: &Home) -> Terminal {
    asked_on("dumb", home)
}

/// Starts pfx on a terminal of this type.
fn asked_on(name: &str, home: &Home) -> Terminal {
    let words = ["env", &format!("TERM={name}"), "NO_COLOR=1", PFX, "secret", "set", "A"];
    let mut terminal = Terminal::start(home, &words);
    terminal.wait_for("Value of A: ");
    terminal
}

/// A private key of 28 lines, as in a file.
fn key() -> String {
    let lines = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj\n".repeat(26);
    format!("-----BEGIN PRIVATE KEY-----\n{lines}-----END PRIVATE KEY-----\n")
}

#[test]
fn a_typed_value_is_stored_and_not_shown() {
    let home = Home::new();
    let mut terminal = asked(&home);
    assert!(!terminal.echoes());
    terminal.type_keys("CANARY x\n");
    let (status, terminal) = terminal.finish();
    assert!(status.success(), "{}", terminal.shown);
    assert!(terminal.echoes());
    assert_eq!(terminal.shown, "Value of A: \r\nreceived 8 characters in 1 line\r\n");
    home.pfx(["secret", "get", "A"]).gives("CANARY x");
}

#[test]
fn keys_typed_before_the_prompt_are_ignored() {
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
fn every_key_and_signal_that_ends_the_prompt_restores_the_terminal() {
    for signal in [
        Signal::SIGINT,
        Signal::SIGQUIT,
        Signal::SIGTERM,
        Signal::SIGHUP,
        Signal::SIGALRM,
        Signal::SIGUSR1,
        Signal::SIGPIPE,
    ] {
        let home = Home::new();
        let mut terminal = asked_on("xterm", &home);
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
        assert!(terminal.shown.ends_with("\u{1b}[?2004l"), "{signal}: {:?}", terminal.shown);
        assert_eq!(terminal.waiting(), 0, "{signal}: nothing typed is left for the shell");
        assert!(!terminal.shown.contains("CANARY"), "{}", terminal.shown);
        assert!(!home.config().exists());
    }
}

#[test]
fn a_stop_restores_the_terminal_and_a_continue_shows_the_prompt_again() {
    let home = Home::new();
    // In a shell, because a process in an orphaned process group does not stop.
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
        terminal.shown.contains(
            "pfx: error: cannot read the value from the terminal: unexpected end of file"
        ),
        "{}",
        terminal.shown
    );
    assert!(!home.config().exists());
}

#[test]
fn a_line_of_any_length_is_stored_completely() {
    // In canonical mode the kernel drops everything after 4095 bytes.
    for length in [100, 4094, 4095, 4096, 6000, 20_000, 300_000] {
        let home = Home::new();
        let mut terminal = asked(&home);
        let token = "0123456789".repeat(length / 10 + 1);
        terminal.type_keys(&token[..length]);
        terminal.type_keys("\n");
        let (status, terminal) = terminal.finish();
        assert!(status.success(), "{}", terminal.shown);
        let expected = format!("received {length} characters in 1 line\r\n");
        assert!(terminal.shown.ends_with(&expected), "{}", terminal.shown);
        home.pfx(["secret", "get", "A"]).gives(&token[..length]);
    }
}

#[test]
fn a_bracketed_paste_is_stored_completely_and_enter_ends_it() {
    let breaks = |text: &str| key().replace('\n', text);
    // Terminals send these line breaks for those in the text.
    for pasted in [breaks("\r"), breaks("\n"), breaks("\r\n")] {
        let home = Home::new();
        let mut terminal = asked_on("xterm-256color", &home);
        let before = terminal.shown.clone();
        assert_eq!(before, "\u{1b}[?2004hValue of A: ", "the terminal is asked to mark pastes");
        terminal.type_keys(&format!("{}{pasted}{}", PASTE.0, PASTE.1));
        terminal.wait_for("1744 characters in 28 lines; Enter stores it ");
        assert!(!home.config().exists(), "nothing is stored before Enter");
        terminal.type_keys("\r");
        let (status, terminal) = terminal.finish();
        assert!(status.success(), "{}", terminal.shown);
        let expected = "\u{1b}[?2004l\r\nreceived 1744 characters in 28 lines\r\n";
        assert!(terminal.shown.ends_with(expected), "{:?}", terminal.shown);
        assert!(!terminal.shown.contains("MII"), "{:?}", terminal.shown);
        home.pfx(["secret", "get", "A"]).gives(&key());
    }
}

#[test]
fn a_paste_without_brackets_is_stored_completely_or_not_at_all() {
    for pasted in [key(), key().replace('\n', "\r"), "a\rb".to_owned(), "a\n\nb\n".to_owned()] {
        let home = Home::new();
        let mut terminal = asked_on("xterm", &home);
        terminal.type_keys(&pasted);
        let (status, terminal) = terminal.finish();
        assert_eq!(status.code(), Some(125), "{}", terminal.shown);
        let expected = "pfx: error: cannot read the value from the terminal: it has several lines, and this \
                    terminal does not mark where pasted text ends\r\n\
                    pfx: hint: pass it on stdin (`pfx secret set NAME < FILE`), or with `--from-file FILE`\r\n";
        assert!(terminal.unwrapped().ends_with(expected), "{}", terminal.shown);
        assert_eq!(terminal.waiting(), 0, "no line is left for the shell to run");
        assert!(!home.config().exists());
    }
}

#[test]
fn the_first_line_of_a_key_alone_is_refused_even_if_the_next_one_arrives_late() {
    let home = Home::new();
    let mut terminal = asked(&home);
    terminal.type_keys("-----BEGIN PRIVATE KEY-----\r");
    let (status, terminal) = terminal.finish();
    assert_eq!(status.code(), Some(125), "{}", terminal.shown);
    assert!(terminal.unwrapped().contains("it has several lines"), "{}", terminal.shown);
    assert!(!home.config().exists());
}

#[test]
fn a_single_line_may_end_with_both_characters_of_a_line_break() {
    for keys in ["value\r\n", "value\r", "value\n", "value\u{4}"] {
        let home = Home::new();
        let mut terminal = asked(&home);
        terminal.type_keys(keys);
        assert!(terminal.finish().0.success());
        home.pfx(["secret", "get", "A"]).gives("value");
    }
}

#[test]
fn the_line_can_be_edited_and_keys_that_are_not_text_are_refused() {
    let home = Home::new();
    let mut terminal = asked(&home);
    terminal.type_keys("wrong\u{15}one two\u{17}é\u{7f}2\u{8}3\r");
    assert!(terminal.finish().0.success());
    home.pfx(["secret", "get", "A"]).gives("one 3");

    let home = Home::new();
    let mut terminal = asked(&home);
    terminal.type_keys("one\u{1b}[Dtwo\r");
    let (status, terminal) = terminal.finish();
    assert_eq!(status.code(), Some(125));
    assert!(
        terminal.unwrapped().contains("a key that is not text was pressed"),
        "{}",
        terminal.shown
    );
    assert!(!home.config().exists());
}

#[test]
fn a_value_that_no_store_can_hold_is_refused() {
    let too_long = "x".repeat((4 << 20) + 1);
    for (pasted, expected) in
        [("a\0b", "contains a NUL byte"), (too_long.as_str(), "it is longer than 4194304 bytes")]
    {
        let home = Home::new();
        let mut terminal = asked_on("xterm", &home);
        terminal.type_keys(PASTE.0);
        terminal.type_keys(pasted);
        terminal.type_keys(PASTE.1);
        terminal.wait_for("Enter stores it");
        terminal.type_keys("\r");
        let (status, terminal) = terminal.finish();
        assert_eq!(status.code(), Some(125));
        assert!(terminal.unwrapped().contains(expected), "{}", terminal.shown);
        assert!(!home.config().exists());
    }
}

#[test]
fn after_an_interrupt_in_a_paste_nothing_of_it_reaches_the_shell() {
    let home = Home::new();
    let mut terminal = asked_on("xterm", &home);
    let before = {
        let other = Terminal::start(&home, &["true"]);
        other.settings()
    };
    terminal.type_keys(&format!("{}CANARY\r\u{3}rm -rf x\r{}", PASTE.0, "more\r".repeat(5_000)));
    let (status, terminal) = terminal.finish();
    assert_eq!(status.signal(), Some(Signal::SIGINT as i32));
    assert_eq!(terminal.settings(), before, "every setting is what it was");
    assert_eq!(terminal.waiting(), 0);
    assert!(!home.config().exists());
}

#[test]
fn an_interrupt_reaches_the_whole_job() {
    let home = Home::new();
    let script = format!("trap 'echo heard; exit 3' INT; {PFX} secret set A; echo after");
    let mut terminal = Terminal::start(&home, &["sh", "-c", &script]);
    terminal.wait_for("Value of A: ");
    terminal.type_keys("\u{3}");
    let (status, terminal) = terminal.finish();
    assert_eq!(status.code(), Some(3), "{}", terminal.shown);
    assert!(terminal.shown.contains("heard"), "{}", terminal.shown);
}

#[test]
fn every_command_that_reads_stdin_prompts_on_a_terminal() {
    let api = Server::json(&json!({ "data": { "set_key_value": { "id": "1" } } }));
    let token = "x".repeat(5_000);
    for words in [&["kv", "set", "A", "-"][..], &["secret", "set", "A", "-"]] {
        let home = cloud1::home(&api.url());
        let mut terminal = Terminal::start(&home, &[&[PFX], words].concat());
        terminal.wait_for("Value of A: ");
        terminal.type_keys(&format!("{token}\r"));
        let (status, terminal) = terminal.finish();
        assert!(status.success(), "{}", terminal.shown);
        assert!(terminal.shown.contains("received 5000 characters in 1 line"));
    }
    assert!(api.requests()[0].body.contains(&token));
    let home = Home::new();
    let words = [PFX, "secret", "set", "A", "--from-file", "/dev/stdin"];
    let (status, terminal) = Terminal::start(&home, &words).finish();
    assert_eq!(status.code(), Some(2));
    assert!(terminal.shown.contains("it is a terminal"), "{}", terminal.shown);
}

/// A separate tmux server with pfx in it. It ends when this is dropped.
struct Tmux<'h>(&'h Home);

impl Tmux<'_> {
    #[track_caller]
    fn say(&self, words: &[&str]) -> String {
        let socket = self.0.join("tmux");
        let socket = socket.to_str().expect("UTF-8");
        let words = [&["tmux", "-S", socket, "-f", "/dev/null"], words].concat();
        self.0.bare(&words).outcome().stdout()
    }

    #[track_caller]
    fn wait_for(&self, is_so: impl Fn() -> bool) {
        let start = Instant::now();
        while !is_so() {
            let late = start.elapsed() > Duration::from_mins(1);
            assert!(!late, "{}", self.say(&["capture-pane", "-p"]));
        }
    }
}

impl Drop for Tmux<'_> {
    fn drop(&mut self) {
        self.say(&["kill-server"]);
    }
}

#[test]
fn a_paste_in_tmux_is_stored_completely() {
    need!(tools(&["tmux"]));
    let home = Home::new();
    let file = home.write("key.pem", key());
    let tmux = Tmux(&home);
    let script = format!("{PFX} secret set A; echo $? > done");
    tmux.say(&["new-session", "-d", "-x", "80", "-y", "24", "sh", "-c", &script]);
    let shows = |text: &str| tmux.say(&["capture-pane", "-p"]).contains(text);
    tmux.wait_for(|| shows("Value of A:"));
    tmux.say(&["load-buffer", file.to_str().expect("UTF-8")]);
    tmux.say(&["paste-buffer", "-p"]);
    tmux.wait_for(|| shows("Value of A: 1744 characters in 28 lines; Enter stores it"));
    tmux.say(&["send-keys", "Enter"]);
    tmux.wait_for(|| std::fs::read(home.join("done")).is_ok_and(|status| status == b"0\n"));
    home.pfx(["secret", "get", "A"]).gives(&key());
}

#[test]
fn a_newline_follows_a_value_on_a_terminal() {
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
fn a_stopped_command_is_a_job_of_the_shell() {
    let home = Home::with_secrets("A = \"v\"\n");
    let running = home.run(&[], &["sh", "-c", "kill -STOP $$; exit 7"]).start();
    let stopped = waitpid(running.pid(), Some(WaitPidFlag::WUNTRACED)).unwrap();
    assert_eq!(stopped, WaitStatus::Stopped(running.pid(), Signal::SIGSTOP));
    running.signal(Signal::SIGCONT);
    assert_eq!(running.finish().code(), Some(7));
}
