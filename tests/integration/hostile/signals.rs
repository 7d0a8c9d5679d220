//! A signal ends pfx while it waits for a server, also as process 1 of a container. A run that waits for its deadline counts
//! as hanging.

use std::path::Path;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::run;
use crate::support::cloud1::home;
use crate::support::needs::namespaces;
use crate::support::{Pfx, Server};

fn silent() -> Server {
    Server::new(|dialogue| {
        dialogue.request();
        dialogue.fall_silent();
    })
}

#[test]
fn a_signal_ends_pfx_at_once_by_that_signal() {
    for signal in [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP, Signal::SIGQUIT] {
        let server = silent();
        let home = home(&server.url());
        let running = run(&home).start();
        server.wait_for_requests(1);
        running.signal(signal);
        let outcome = running.finish();
        assert_eq!((outcome.signal(), outcome.stderr()), (Some(signal as i32), String::new()));
    }
}

#[test]
fn a_signal_ends_process_1_at_once() {
    need!(namespaces());
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        let server = silent();
        let home = home(&server.url());
        let words =
            ["--fork", "--pid", "--kill-child", env!("CARGO_BIN_EXE_pfx"), "run", "-s", "X"];
        let words = [&words[..], &["--timeout", super::NEVER, "--", "/bin/true"]].concat();
        let running = Pfx::new(home.path(), "unshare", words).start();
        server.wait_for_requests(1);
        let parent = running.pid();
        let children = format!("/proc/{parent}/task/{parent}/children");
        let children = std::fs::read_to_string(Path::new(&children)).expect("its children");
        let child = children.trim().parse().expect("one child");
        kill(Pid::from_raw(child), signal).expect("it is there");
        let outcome = running.finish();
        // Process 1 cannot die by a signal, so its status shows the signal, as in shells.
        let ended =
            outcome.signal() == Some(signal as i32) || outcome.code() == Some(128 + signal as i32);
        assert!(ended, "{:?}", outcome.status);
    }
}
