//! pfx as process 1 of a container, without `--init`: the kernel drops signals that process 1 does not handle.

use std::net::TcpListener;
use std::thread;

use nix::libc;

use crate::support::needs::namespaces;
use crate::support::{Home, Pfx, Running};

const SIGNALS: [i32; 4] = [libc::SIGHUP, libc::SIGINT, libc::SIGQUIT, libc::SIGTERM];

/// A fake Prefect Cloud that accepts requests and never answers.
fn silent_cloud() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    (listener, url)
}

fn asking(pfx: Pfx, url: &str) -> Pfx {
    pfx.env("PREFECT__BACKEND", "cloud")
        .env("PREFECT__CLOUD__API", url)
        .env("PREFECT__CLOUD__API_KEY", "CANARY")
        .env("PREFECT__CLOUD__USE_LOCAL_SECRETS", "false")
}

const RUN: [&str; 8] = ["run", "-s", "REMOTE", "--timeout", "60", "--", "echo", "started"];

fn as_process_1(home: &Home, words: &[&str]) -> Pfx {
    let unshare = ["unshare", "--fork", "--pid", "--mount-proc", env!("CARGO_BIN_EXE_pfx")];
    home.bare(&[&unshare, words].concat())
}

/// The only child of a process.
fn child_of(running: &Running) -> i32 {
    let parent = running.pid();
    let children = std::fs::read_to_string(format!("/proc/{parent}/task/{parent}/children"));
    children.expect("it is there").trim().parse().expect("one child")
}

#[test]
fn a_signal_during_the_lookup_ends_pfx_and_nothing_is_started() {
    let home = Home::new();
    for signal in SIGNALS {
        let (listener, url) = silent_cloud();
        let running = asking(home.pfx(RUN), &url).start();
        let _asked = listener.accept().expect("it asks");
        // SAFETY: a process that this test started.
        unsafe { libc::kill(running.pid().as_raw(), signal) };
        let outcome = running.finish();
        assert_eq!((outcome.signal(), outcome.said()), (Some(signal), String::new()));
    }
}

#[test]
fn a_signal_during_the_lookup_ends_process_1() {
    need!(namespaces());
    let home = Home::new();
    for signal in SIGNALS {
        for init in [&[][..], &["--init"]] {
            let (listener, url) = silent_cloud();
            let words = [&RUN[..1], init, &RUN[1..]].concat();
            let running = asking(as_process_1(&home, &words), &url).start();
            let _asked = listener.accept().expect("it asks");
            // SAFETY: the child of a process that this test started.
            unsafe { libc::kill(child_of(&running), signal) };
            let outcome = running.finish();
            assert_eq!((outcome.code(), outcome.said()), (Some(128 + signal), String::new()));
        }
    }
}

#[test]
fn process_1_ignores_a_signal_that_its_parent_ignored() {
    need!(namespaces());
    let home = Home::new();
    let (listener, url) = silent_cloud();
    let running = asking(as_process_1(&home, &RUN), &url)
        .before(|| {
            // SAFETY: one system call.
            unsafe { libc::signal(libc::SIGHUP, libc::SIG_IGN) };
            Ok(())
        })
        .start();
    let _asked = listener.accept().expect("it asks");
    let pfx = child_of(&running);
    // SAFETY: the child of a process that this test started.
    unsafe {
        libc::kill(pfx, libc::SIGHUP);
        thread::yield_now();
        libc::kill(pfx, libc::SIGTERM);
    }
    assert_eq!(running.finish().code(), Some(128 + libc::SIGTERM), "not by the first");
}

#[test]
fn the_command_as_process_1_inherits_no_handlers() {
    need!(namespaces());
    let home = Home::with_secrets("A = \"1\"\n");
    let show = ["grep", "-E", "^Sig(Cgt|Ign|Blk)", "/proc/self/status"];
    let unshare = ["unshare", "--fork", "--pid", "--mount-proc"];
    let bare = home.bare(&[&unshare[..], &show].concat()).outcome();
    as_process_1(&home, &[&["run", "--"], &show[..]].concat()).outcome().assert(
        0,
        &bare.stdout(),
        "",
    );
    as_process_1(&home, &["run", "--", "sh", "-c", "readlink /proc/self/exe; echo $$"])
        .outcome()
        .assert(0, "/usr/bin/readlink\n1\n", "");
}
