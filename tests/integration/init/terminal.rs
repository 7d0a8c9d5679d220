//! `--init` on a terminal, under a shell with job control.

use super::{PROBE, home};
use crate::support::needs::tools;
use crate::support::{Home, Terminal};

/// The probe, for which the keys that stop a job do stop it.
const PLAIN: &str = "20 21 22";
const PFX: &str = env!("CARGO_BIN_EXE_pfx");

/// An interactive shell. Its prompt is `$` and the number of the last status.
fn shell(home: &Home) -> Terminal {
    home.write("probe.py", PROBE);
    home.write(".inputrc", "set enable-bracketed-paste off\n");
    let mut terminal = Terminal::start(home, &["bash", "--norc", "--noprofile", "-i"]);
    terminal.type_keys("PS1='[$?]$ '; unset PROMPT_COMMAND; set -b\n");
    terminal.wait_for("[0]$ ");
    terminal
}

fn end(mut terminal: Terminal) {
    terminal.type_keys("kill -9 %1 2>/dev/null; exit\n");
    terminal.finish();
}

#[test]
fn ctrl_c_reaches_the_command_once() {
    need!(tools(&["python3"]));
    let home = home();
    for behind in ["", " | (trap '' INT QUIT; exec cat)", " 2>&1 | (trap '' INT QUIT; cat | cat)"] {
        let mut terminal = shell(&home);
        terminal.type_keys(&format!("{PFX} run --init -- python3 probe.py {PLAIN}{behind}\n"));
        terminal.wait_for("ready ");
        terminal.shown.clear();
        terminal.type_keys("\x03");
        terminal.wait_for("2\r\n");
        // A second signal would arrive before the next key and its output.
        terminal.type_keys("\x1c");
        terminal.wait_for("3\r\n");
        assert_eq!(terminal.shown, "^C2\r\n^\\3\r\n", "behind {behind:?}");
        drop(terminal);
    }
}

#[test]
fn ctrl_z_stops_both_and_fg_continues_both() {
    need!(tools(&["python3"]));
    let home = home();
    for behind in ["", " | (trap '' INT; exec cat)"] {
        let mut terminal = shell(&home);
        terminal.type_keys(&format!("{PFX} run --init -- python3 probe.py {PLAIN}{behind}\n"));
        terminal.wait_for("ready ");
        for _ in 0..3 {
            terminal.shown.clear();
            terminal.type_keys("\x1a");
            terminal.wait_for("Stopped");
            terminal.wait_for("]$ ");
            terminal.shown.clear();
            terminal.type_keys("fg\n");
            terminal.wait_for("18\r\n");
        }
        terminal.shown.clear();
        terminal.type_keys("\x03");
        terminal.wait_for("2\r\n");
        drop(terminal);
    }
}

#[test]
fn a_command_that_reads_the_terminal_in_the_background_waits_for_fg() {
    let home = home();
    let mut terminal = shell(&home);
    terminal.type_keys(&format!("{PFX} run --init -- sh -c 'read x; echo got:$x' &\n"));
    terminal.wait_for("Stopped");
    terminal.shown.clear();
    terminal.type_keys("fg\n");
    terminal.type_keys("hello\n");
    terminal.wait_for("got:hello");
    terminal.wait_for("[0]$ ");
    end(terminal);
}

#[test]
fn a_running_job_that_is_brought_to_the_foreground_gets_the_terminal() {
    let home = home();
    let mut terminal = shell(&home);
    let script = "trap : USR1; echo re''ady; while :; do sleep 0.01; test -e go && break; done; \
                  read x; echo got:\\$x";
    terminal.type_keys(&format!("{PFX} run --init -- sh -c \"{script}\" &\n"));
    terminal.wait_for("ready\r\n");
    terminal.shown.clear();
    terminal.type_keys("fg\n");
    terminal.wait_for("run --init");
    home.write("go", "");
    terminal.type_keys("hello\n");
    terminal.wait_for("got:hello");
    terminal.wait_for("[0]$ ");
    end(terminal);
}

#[test]
fn the_shell_has_its_terminal_back_and_the_status() {
    let home = home();
    let mut terminal = shell(&home);
    terminal.type_keys(&format!("{PFX} run --init -- sh -c 'exit 7'\n"));
    terminal.wait_for("[7]$ ");
    terminal.type_keys(&format!("{PFX} run --init -- sh -c 'test -t 0 && kill -INT $$'\n"));
    terminal.wait_for("[130]$ ");
    terminal.type_keys("echo he''re; exit 3\n");
    let (status, terminal) = terminal.finish();
    assert_eq!(status.code(), Some(3), "{}", terminal.shown);
}

#[test]
fn a_command_in_a_new_session_has_the_terminal() {
    need!(tools(&["python3"]));
    let home = home();
    home.write("probe.py", PROBE);
    // As in a container with a terminal: no process above could continue it.
    let words = [PFX, "run", "--init", "--", "python3", "probe.py", "20", "21", "22"];
    let mut terminal = Terminal::start(&home, &words);
    terminal.wait_for("ready ");
    terminal.type_keys("\x03");
    terminal.wait_for("2\r\n");
    terminal.type_keys("\x1a");
    terminal.wait_for("18\r\n");
    terminal.type_keys("\x1c");
    terminal.wait_for("3\r\n");
    nix::sys::signal::kill(terminal.pid(), nix::sys::signal::Signal::SIGKILL).unwrap();
    terminal.finish();
}

#[test]
fn a_script_and_its_command_are_interrupted_together() {
    need!(tools(&["python3"]));
    let home = home();
    let mut terminal = shell(&home);
    home.write("script", format!("{PFX} run --init -- python3 probe.py 2 {PLAIN}\necho after\n"));
    terminal.type_keys("sh script\n");
    terminal.wait_for("ready ");
    terminal.type_keys("\x03");
    terminal.wait_for("[130]$ ");
    assert!(!terminal.shown.contains("after"), "{}", terminal.shown);
    end(terminal);
}

#[test]
fn a_key_at_the_terminal_does_not_start_the_timeout() {
    let home = home();
    for behind in ["", " | (trap '' INT; exec cat)"] {
        let mut terminal = shell(&home);
        // It takes longer than the timeout.
        let script = "trap 'sleep 0.5; echo sur''vived; exit' INT; echo re''ady; while :; do sleep 0.05; done";
        let options = "--init --stop-timeout 0.1";
        terminal.type_keys(&format!("{PFX} run {options} -- sh -c \"{script}\"{behind}\n"));
        terminal.wait_for("ready\r\n");
        terminal.type_keys("\x03");
        terminal.wait_for("survived");
        end(terminal);
    }
}
