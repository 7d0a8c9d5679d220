//! Real containers of podman and runc: pfx as the entry point of an image that contains little else.

pub mod podman;
mod readme;

use self::podman::{Container, Podman};
use crate::support::needs::{Missing, namespaces, static_binary, tools};

/// The engine with both images.
pub fn engine() -> Result<&'static Podman, Missing> {
    namespaces()?;
    tools(&["podman", "runc", "busybox"])?;
    Ok(Podman::shared(&static_binary()?))
}

/// The options of every container here: as few rights as possible.
const BARE: [&str; 6] = [
    "--read-only", "--user=12345:12345", "--passwd=false", "--unsetenv=HOME", "--cap-drop=all",
    // Nothing is mounted there.
    "--env=PFX_SECRETS_DIR=",
];

#[test]
fn the_image_has_pfx_and_certificates_only() {
    let podman = need!(engine());
    let outcome = podman.run(&["--entrypoint=[\"pfx\"]"], "pfx", &["--version"]);
    outcome.assert(0, concat!("pfx ", env!("CARGO_PKG_VERSION"), "\n"), "");
    assert_eq!(podman.files("pfx"), ["etc/ssl/certs/ca-certificates.crt", "usr/bin/pfx"]);
}

#[test]
fn the_command_is_process_1() {
    let podman = need!(engine());
    podman.run(&BARE, "service", &["busybox", "readlink", "/proc/self"]).assert(0, "1\n", "");
}

#[test]
fn secrets_come_from_run_secrets_and_from_variables_only() {
    let podman = need!(engine());
    // A directory, as Kubernetes mounts it: this version of podman cannot mount single secrets in a read-only
    // root.
    let mount = podman.secrets_mount();
    let there = "--env=PFX_SECRETS_DIR=/run/secrets";
    let bindings = "--env=PFX_SECRET=PW=db-password TLS_KEY=tls.key";
    // The engine always sets HOME.
    let homeless = "--entrypoint=[\"busybox\",\"env\",\"-u\",\"HOME\",\"pfx\",\"run\",\"--\"]";
    let options = [&BARE[..], &[there, &mount, bindings, homeless]].concat();
    let outcome = podman.run(&options, "service", &["busybox", "env"]);
    assert_eq!((outcome.code(), outcome.stderr()), (Some(0), String::new()));
    let said = outcome.stdout();
    let lines: Vec<&str> = said.lines().collect();
    assert!(lines.contains(&"PW=hunter2") && lines.contains(&"TLS_KEY=line 1"), "{said}");
    assert!(!said.contains("HOME="), "HOME must not be set: {said}");
}

#[test]
fn a_missing_mount_of_secrets_causes_a_warning() {
    let podman = need!(engine());
    let outcome = podman.run(&["--cap-drop=all"], "service", &["busybox", "true"]);
    let warning = "pfx: warning: --secrets-dir names /run/secrets, which does not exist\n";
    outcome.assert(0, "", warning);
}

#[test]
fn without_a_binding_every_mounted_secret_is_set() {
    let podman = need!(engine());
    let outcome = podman.run(&["--secret=db-password"], "service", &["busybox", "env"]);
    assert_eq!(outcome.code(), Some(0), "{outcome:?}");
    assert!(outcome.stdout().contains("\nDB_PASSWORD=hunter2\n"), "{outcome:?}");
}

#[test]
fn statuses_of_the_command_and_of_pfx_can_be_distinguished() {
    let podman = need!(engine());
    let run = |options: &[&str], command: &[&str]| {
        podman.run(&[&BARE[..], options].concat(), "service", command)
    };
    run(&[], &["busybox", "sh", "-c", "exit 42"]).assert(42, "", "");
    run(&["--env=PFX_INIT=1"], &["busybox", "sh", "-c", "kill -9 $$"]).assert(137, "", "");
    assert_eq!(run(&["--env=PFX_SECRET=ABSENT"], &["busybox", "true"]).code(), Some(125));
    assert_eq!(run(&[], &["nope"]).code(), Some(127));
    assert_eq!(run(&[], &["/etc"]).code(), Some(126));
}

#[test]
fn stop_ends_the_command_at_once_with_its_own_status() {
    let podman = need!(engine());
    for options in [&[][..], &["--env=PFX_INIT=1", "--env=PFX_STOP_TIMEOUT=50"]] {
        let script =
            "trap 'echo bye; exit 42' TERM; echo ready; while :; do busybox sleep 0.05; done";
        let options = [&BARE[..], options].concat();
        let container = Container::start(podman, &options, &["busybox", "sh", "-c", script]);
        container.wait_for("ready\n");
        // If podman or pfx killed it, the status would be 137.
        container.stop(60);
        assert_eq!(container.status(), "42");
        assert_eq!(container.logs(), "ready\nbye\n");
    }
}

#[test]
fn with_init_stop_ends_a_program_that_does_not_handle_signals() {
    let podman = need!(engine());
    // The kernel drops SIGTERM for a process 1 that does not handle it; with --init the program is not process 1.
    let options = [&BARE[..], &["--env=PFX_INIT=1"]].concat();
    let script = "echo ready; exec busybox sleep 300";
    let container = Container::start(podman, &options, &["busybox", "sh", "-c", script]);
    container.wait_for("ready\n");
    container.stop(60);
    assert_eq!(container.status(), "143");
}

#[test]
fn init_reaps_as_process_1() {
    let podman = need!(engine());
    let script = "for i in 1 2 3 4 5; do (busybox true &) ; done
        i=0; while busybox grep -qs 'State:.Z' /proc/[0-9]*/status && [ $i -lt 500 ]; do
            i=$((i + 1)); busybox sleep 0.02
        done
        busybox grep -hs '^Name' /proc/1/status; busybox grep -ls 'State:.Z' /proc/[0-9]*/status";
    let options = [&BARE[..], &["--env=PFX_INIT=1"]].concat();
    let outcome = podman.run(&options, "service", &["busybox", "sh", "-c", script]);
    outcome.assert(1, "Name:\tpfx\n", "");
}

#[test]
fn the_command_has_the_terminal() {
    let podman = need!(engine());
    for init in ["0", "1"] {
        let init = format!("--env=PFX_INIT={init}");
        let options = [&BARE[..], &["--tty", &init]].concat();
        let script = "test -t 0 && test -t 1 && echo fine";
        let outcome = podman.run(&options, "service", &["busybox", "sh", "-c", script]);
        outcome.assert(0, "fine\r\n", "");
    }
}
