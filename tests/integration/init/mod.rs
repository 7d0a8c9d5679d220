//! `pfx run --init`: what tini and dumb-init promise (according to their tests), and more.

mod identity;
mod remains;
mod signals;
mod statuses;
mod terminal;

use crate::support::{Home, Pfx, Running};

const PROBE: &str = include_str!("probe.py");
const ORPHANS: &str = include_str!("orphans.py");

/// A home whose one secret is `TOKEN`.
fn home() -> Home {
    Home::with_secrets("TOKEN = \"CANARY-of-config\"\n")
}

fn init(home: &Home, options: &[&str], command: &[&str]) -> Pfx {
    home.run(&[&["--init"], options].concat(), command)
}

/// Runs as process 1 of a new namespace with its own /proc. This needs root.
fn as_process_1(home: &Home, options: &[&str], command: &[&str]) -> Pfx {
    let pfx = env!("CARGO_BIN_EXE_pfx");
    let words = ["unshare", "--fork", "--pid", "--mount-proc", "--kill-child", pfx, "run"];
    home.bare(&[&words, options, &["--"], command].concat())
}

/// The probe under `--init`, and its process id.
fn probe(home: &Home, options: &[&str], plain: &[&str]) -> (Running, i32) {
    let script = home.write("probe.py", PROBE);
    let script = script.to_str().expect("UTF-8");
    let mut running = init(home, options, &[&["python3", script], plain].concat()).start();
    let id = running.word_after("ready ").parse().expect("a process id");
    (running, id)
}
