//! Broken and hostile servers, networks and certificates: pfx ends in time, needs little memory, prints one
//! clear line, exits with 125, and sends its credential to nobody else. The numbers refer to the threat
//! catalogue that lists these cases.

mod answers;
pub mod namespaces;
mod network;
mod proxies;
mod redirects;
mod signals;
mod statuses;
mod tls;
mod writes;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use nix::unistd::Pid;

use crate::support::cloud1::{API_KEY, home};
use crate::support::{Dialogue, Home, Outcome, Pfx, Server};

/// Part of responses; must not appear in any message.
const CANARY: &str = "CANARY-VALUE-42";

/// The message of pfx after waiting for its deadline. The deadline is short in these cases, and a busy machine can be late.
const LATE: &str = "timed out after 2 s";
/// The deadline of all other cases, in seconds: a run that waits for it counts as hanging, and the test fails.
const NEVER: &str = "600";
/// The maximum of memory that pfx may use, in KiB.
const MOST_MEMORY: u64 = 64 << 10;

/// Something that a server does with a connection.
type Act = Box<dyn Fn(&mut Dialogue) + Send + Sync>;

/// A case: its name, a part of the message that pfx must print, and the behaviour of the server.
struct Case {
    name: &'static str,
    says: &'static str,
    act: Act,
}

impl Case {
    /// Called after a request was received.
    fn new(
        name: &'static str,
        says: &'static str,
        act: impl Fn(&mut Dialogue) + Send + Sync + 'static,
    ) -> Self {
        let act = move |dialogue: &mut Dialogue| {
            if dialogue.request().is_some() {
                act(dialogue);
            }
        };
        Self { name, says, act: Box::new(act) }
    }

    /// Sends these bytes as response to each request, then closes the connection.
    fn says(name: &'static str, says: &'static str, bytes: impl Into<Vec<u8>>) -> Self {
        let bytes = bytes.into();
        Self::new(name, says, move |dialogue| drop(dialogue.send(&bytes)))
    }
}

/// Tests all cases, several at the same time, each with its own server.
#[track_caller]
fn all_fail(cases: Vec<Case>) {
    let cases: Vec<_> = cases
        .into_iter()
        .map(|Case { name, says, act }| (name, says, Server::new(move |dialogue| act(dialogue))))
        .collect();
    each(&cases, |(name, says, server)| {
        let home = home(&server.url());
        let problem = failure(run(&home), says);
        problem.map(|problem| format!("{name}: {problem}"))
    });
}

/// Calls a function for each case, several at the same time, and panics with all problems.
#[track_caller]
fn each<T: Sync>(all: &[T], act: impl Fn(&T) -> Option<String> + Sync) {
    let (next, wrong) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some(one) = all.get(next.fetch_add(1, Ordering::SeqCst)) {
                    let problem = act(one);
                    wrong.lock().unwrap_or_else(PoisonError::into_inner).extend(problem);
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap_or_else(PoisonError::into_inner);
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), all.len(), wrong.join("\n"));
}

/// A run with one secret that prints as much as it may.
fn run(home: &Home) -> Pfx {
    home.run(&["-s", "X", "-v"], &["/bin/echo", "started"])
        .env("PFX_TIMEOUT", NEVER)
        .env("RUST_LOG", "trace")
        .env("RUST_BACKTRACE", "full")
}

/// The problem with the failure of a run, if there is one.
fn failure(pfx: Pfx, says: &str) -> Option<String> {
    let pfx = if says.contains(LATE) { pfx.env("PFX_TIMEOUT", "2") } else { pfx };
    let (outcome, memory) = measured(pfx);
    if memory > MOST_MEMORY {
        return Some(format!("it took {memory} KiB"));
    }
    unclear(&outcome, says)
}

/// The problem with the messages of a failure: they must be one line with this text, optionally a hint, and contain no secret.
pub fn unclear(outcome: &Outcome, says: &str) -> Option<String> {
    let said = outcome.stderr();
    let problem = |what: &str| Some(format!("{what}: {:?} {said}", outcome.code()));
    if outcome.code() != Some(125) {
        return problem("not 125");
    }
    if !outcome.stdout.is_empty() {
        return problem("something on stdout");
    }
    if said.contains(API_KEY) || said.contains("CANARY") {
        return problem("a secret is printed");
    }
    if said.chars().any(|character| character.is_control() && character != '\n') {
        return problem("control characters");
    }
    if said.lines().any(|line| !line.starts_with("pfx: ")) {
        return problem("a line of something else");
    }
    let lines: Vec<&str> = said.lines().filter(|line| line.starts_with("pfx: error: ")).collect();
    let [line] = lines[..] else { return problem("not one error") };
    let is_plain = ["cannot ", "the request "]
        .iter()
        .any(|start| line.starts_with(&format!("pfx: error: {start}")));
    if !is_plain || line.chars().count() > 500 {
        return problem("no short error");
    }
    if line.contains(says) { None } else { problem(&format!("it does not say {says:?}")) }
}

/// Runs it to its end. Returns the outcome, and the peak of its memory, in KiB.
fn measured(pfx: Pfx) -> (Outcome, u64) {
    let running = pfx.start();
    let pid = running.pid();
    let watcher = thread::spawn(move || {
        let mut most = 0;
        while let Some(now) = high_water(pid) {
            most = most.max(now);
            thread::sleep(Duration::from_millis(2));
        }
        most
    });
    let outcome = running.finish();
    (outcome, watcher.join().expect("a number"))
}

/// The peak of the memory of pfx, in KiB; `None` after it has ended (proc(5), `VmHWM`).
fn high_water(pid: Pid) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    if !status.starts_with("Name:\tpfx\n") {
        // Before exec it is still the test program, with all of its memory.
        return status.contains("VmHWM").then_some(0);
    }
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}
