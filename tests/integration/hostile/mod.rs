//! Servers, networks and certificates that are broken or mean harm: pfx ends in time, in little memory, with
//! one clear line and 125, and its credential is seen by nobody else. The numbers are those of the threat
//! catalogue that these cases are from.

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

/// In answers; never to be seen in any message.
const CANARY: &str = "CANARY-VALUE-42";

/// What pfx says where it has to wait for the deadline. It gets a short one for that, and a busy machine can be late.
const LATE: &str = "timed out after 2 s";
/// The deadline of all others, in seconds: whoever waits for it hangs, and the test fails by that.
const NEVER: &str = "600";
/// The most memory it may take, in KiB.
const MOST_MEMORY: u64 = 64 << 10;

/// Something that a server does with a connection.
type Act = Box<dyn Fn(&mut Dialogue) + Send + Sync>;

/// A case: its name, a part of what pfx must say, and what the server does.
struct Case {
    name: &'static str,
    says: &'static str,
    act: Act,
}

impl Case {
    /// What is done once a request is there.
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

    /// Bytes that are the answer, each time, and then the connection is closed.
    fn says(name: &'static str, says: &'static str, bytes: impl Into<Vec<u8>>) -> Self {
        let bytes = bytes.into();
        Self::new(name, says, move |dialogue| drop(dialogue.send(&bytes)))
    }
}

/// Tries all of them, some at once; each with a server of its own.
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

/// Does something with each, some at once, and fails with all that was wrong.
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

/// A run that wants one secret, and tells all that it may.
fn run(home: &Home) -> Pfx {
    home.run(&["-s", "X", "-v"], &["/bin/echo", "started"])
        .env("PFX_TIMEOUT", NEVER)
        .env("RUST_LOG", "trace")
        .env("RUST_BACKTRACE", "full")
}

/// What is wrong with how it failed, if anything is.
fn failure(pfx: Pfx, says: &str) -> Option<String> {
    let pfx = if says.contains(LATE) { pfx.env("PFX_TIMEOUT", "2") } else { pfx };
    let (outcome, memory) = measured(pfx);
    if memory > MOST_MEMORY {
        return Some(format!("it took {memory} KiB"));
    }
    unclear(&outcome, says)
}

/// What is unclear about a failure: one line that says this, perhaps a hint, and nothing that is secret.
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
        return problem("a secret is told");
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

/// Runs it to its end: what came of it, and how much memory it took at most, in KiB.
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

/// The most memory that pfx ever had, in KiB; `None` once it has ended (proc(5), `VmHWM`).
fn high_water(pid: Pid) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    if !status.starts_with("Name:\tpfx\n") {
        // It is still this program, with all of this program's memory.
        return status.contains("VmHWM").then_some(0);
    }
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}
