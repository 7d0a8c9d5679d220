//! Each system call that pfx makes fails in turn, as under an old or a strict seccomp profile: pfx works, or reports an
//! error and exits with 125. It never hangs, panics or dies, and loses nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use nix::libc;
use serde_json::json;

use crate::support::cloud1::cloud;
use crate::support::needs::{Missing, authorities, root, static_binary, tools};
use crate::support::{Home, Pfx, chown_all, deny};

/// System calls without which no program starts or ends.
const OF_EVERY_PROGRAM: [&str; 4] = ["execve", "exit", "exit_group", "rt_sigreturn"];

/// System calls that can replace each other: they also fail together.
const TOGETHER: [&[i64]; 4] = [
    &[libc::SYS_clone, libc::SYS_clone3],
    &[libc::SYS_wait4, libc::SYS_waitid],
    &[libc::SYS_fchmodat, libc::SYS_fchmod],
    &[libc::SYS_poll, libc::SYS_ppoll],
];

/// What glibc prints before it aborts if it cannot wait for another thread: it waits only if two threads need the same
/// lock at the same time, so this depends on chance.
const FUTEX_OF_GLIBC: &str = "The futex facility returned an unexpected error code.";

/// Longer than anything here takes on a busy machine.
const LONGEST: Duration = Duration::from_mins(1);

const CONFIG: &str = "[context.secrets]\nS = \"kept\"\n";

/// A use of pfx.
struct Mode {
    name: &'static str,
    words: &'static [&'static str],
    /// The command, whose status shows whether it has the value. Empty for a command that writes.
    command: &'static str,
    stdin: &'static str,
}

/// The static binary, whose C library makes few system calls before `main`, and the other programs.
fn programs() -> Result<PathBuf, Missing> {
    tools(&["strace", "busybox"])?;
    static_binary()
}

const MODES: [Mode; 5] = [
    Mode {
        name: "run",
        words: &["run", "-s", "S", "--"],
        command: "test \"$S\" = kept",
        stdin: "",
    },
    Mode {
        name: "--file",
        words: &["run", "--file", "S", "--"],
        command: "exec busybox grep -qx kept $S",
        stdin: "",
    },
    Mode {
        name: "--init",
        words: &["run", "--init", "-g", "--stop-timeout", "5", "-s", "S", "--"],
        command: "test \"$S\" = kept",
        stdin: "",
    },
    Mode { name: "secret set", words: &["secret", "set", "N"], command: "", stdin: "new" },
    Mode {
        name: "a remote lookup",
        words: &["run", "--timeout", "30", "-s", "S=X", "--"],
        command: "test \"$S\" = kept",
        stdin: "",
    },
];

/// A home with one local secret, and one in this API.
fn home(url: &str) -> Home {
    let home = Home::with_config(format!("{CONFIG}[cloud]\napi = \"{url}\"\napi_key = \"key\"\n"));
    // For the command without pfx, which then has what pfx would have passed.
    home.write("value", "kept\n");
    home
}

impl Mode {
    fn start(&self, program: &Path, home: &Home) -> Pfx {
        let command: &[&str] =
            if self.command.is_empty() { &[] } else { &["busybox", "sh", "-c", self.command] };
        Pfx::new(home.path(), program, [self.words, command].concat()).stdin(self.stdin)
    }

    /// The status of the command without pfx, or of a program that does nothing, under the same filter: the C library
    /// makes some calls before a program begins.
    fn alone(&self, home: &Home, calls: &[i64], error: i32) -> ExitStatus {
        let value = if self.name == "--file" { "value" } else { "kept" };
        let command = if self.command.is_empty() { "true" } else { self.command };
        let start = home.bare(&["busybox", "sh", "-c", command]).env("S", value);
        start.before(deny(calls, error)).outcome().status
    }

    /// The numbers of the system calls that it makes.
    fn calls(&self, program: &Path, home: &Home) -> BTreeMap<i64, String> {
        let file = home.join("trace");
        let command: &[&str] =
            if self.command.is_empty() { &[] } else { &["busybox", "sh", "-c", self.command] };
        let program = program.to_str().expect("UTF-8");
        let options = ["strace", "-f", "-n", "-qq", "-o", file.to_str().expect("UTF-8"), program];
        let outcome =
            home.bare(&[&options, self.words, command].concat()).stdin(self.stdin).outcome();
        assert_eq!(outcome.code(), Some(0), "{}: {outcome:?}", self.name);
        let text = fs::read_to_string(file).expect("what strace wrote");
        let call = |line: &str| {
            // `PID [ NUMBER] NAME(…`; other lines are ends of calls, signals and exits.
            let (number, rest) = line.split_once(" [")?.1.split_once("] ")?;
            let (name, _) = rest.split_once('(')?;
            let is_name = !name.contains([' ', '<']);
            is_name.then_some((number.trim().parse().ok()?, name.to_owned()))
        };
        let mut calls: BTreeMap<i64, String> = text.lines().filter_map(call).collect();
        calls.retain(|_, name| !OF_EVERY_PROGRAM.contains(&name.as_str()));
        calls
    }

    /// The problem of a run in which these calls fail; `None` if it worked, or reported the failure.
    fn fault(&self, program: &Path, url: &str, calls: &[i64], error: i32) -> Option<String> {
        let home = home(url);
        let before = home.contents();
        let start = self.start(program, &home).before(deny(calls, error)).start();
        let Some(outcome) = start.finish_within(LONGEST) else {
            return Some("it hangs".to_owned());
        };
        let said = outcome.stderr();
        if said.contains("has a bug") {
            return Some(said);
        }
        let is_clear = outcome.code() == Some(125)
            && (said.starts_with("pfx: error: ") || said.contains("\npfx: error: ")
                // Then pfx cannot print anything.
                || calls.contains(&libc::SYS_write));
        let as_alone = || self.alone(&home, calls, error) == outcome.status;
        let is_of_glibc = calls == [libc::SYS_futex] && said.contains(FUTEX_OF_GLIBC);
        if outcome.code() != Some(0) && !is_clear && !is_of_glibc && !as_alone() {
            return Some(format!("{:?} {said}", outcome.status));
        }
        let left = home.prefect_files();
        if left.iter().any(|name| name.contains("pfx-")) {
            return Some(format!("it left {left:?}"));
        }
        let is_changed = home.contents() != before;
        if self.stdin.is_empty() || outcome.code() != Some(0) {
            return is_changed.then(|| "it changed something".to_owned());
        }
        let text = home.config_text();
        let is_whole = text.starts_with(CONFIG.trim_end()) && text.contains("N = \"new\"");
        (!is_whole).then(|| format!("it wrote {text:?}"))
    }
}

#[test]
fn each_failing_system_call_is_worked_around_or_reported() {
    let program = need!(programs());
    let server = cloud(&[("X", json!("kept"))], &[]);
    let mut all = Vec::new();
    for mode in &MODES {
        let calls = mode.calls(&program, &home(&server.url()));
        assert!(calls.len() > 10, "{}: {calls:?}", mode.name);
        let one = |(call, name): (i64, String)| (vec![call], name);
        let together = TOGETHER.iter().map(|calls| (calls.to_vec(), format!("{calls:?}")));
        for (calls, name) in calls.into_iter().map(one).chain(together) {
            for error in [libc::EPERM, libc::ENOSYS] {
                all.push((mode, calls.clone(), name.clone(), error));
            }
        }
    }
    let (next, wrong) = (AtomicUsize::new(0), Mutex::new(BTreeSet::new()));
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some((mode, calls, name, error)) =
                    all.get(next.fetch_add(1, Ordering::SeqCst))
                {
                    if let Some(fault) = mode.fault(&program, &server.url(), calls, *error) {
                        let line = format!("{}, {name} fails with {error}: {fault}", mode.name);
                        wrong.lock().unwrap_or_else(PoisonError::into_inner).insert(line);
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap_or_else(PoisonError::into_inner);
    let lines: Vec<String> = wrong.into_iter().collect();
    assert!(lines.is_empty(), "{} of {}:\n{}", lines.len(), all.len(), lines.join("\n"));
}

#[test]
fn an_error_names_what_the_system_refused_and_not_the_server() {
    need!(authorities());
    // The server is never contacted, so it need not exist.
    let home = home("https://prefect.invalid");
    let filter = "a system call filter forbids it: check the container's seccomp profile, or \
                  `SystemCallFilter=` in the systemd unit; `--local` uses no remote store, so it does not need \
                  this";
    let threads: &[i64] = &[libc::SYS_clone, libc::SYS_clone3];
    let epoll: &[i64] = &[libc::SYS_epoll_wait, libc::SYS_epoll_pwait, libc::SYS_epoll_pwait2];
    for (calls, error, says, hint) in [
        (threads, libc::EPERM, "cannot start a thread: Operation not permitted", filter),
        (
            epoll,
            libc::EPERM,
            "cannot wait for the network with epoll(7): Operation not permitted",
            filter,
        ),
        (&[libc::SYS_socket], libc::EACCES, "cannot open a socket: Permission denied", filter),
        (
            threads,
            libc::EAGAIN,
            "cannot start a thread: Try again",
            "raise the limit on processes and threads: `ulimit -u`, `TasksMax=` in a systemd unit, or \
             `--pids-limit` of a container; `--local` uses no remote store, so it does not need this",
        ),
    ] {
        home.run(&["-s", "X"], &["true"])
            .before(deny(calls, error))
            .refuses(125, &format!("pfx: error: {says}\npfx: hint: {hint}\n"));
    }
}

#[test]
fn a_limit_on_threads_is_reported_for_every_thread() {
    // Root can be a user without other processes.
    need!(root());
    let program = need!(static_binary());
    let home = home("https://prefect.invalid");
    chown_all(home.path(), 54_321);
    // With one process the first thread is refused; with two, the thread that resolves the name.
    for limit in ["--nproc=1", "--nproc=2"] {
        let user = ["setpriv", "--reuid", "54321", "--clear-groups"];
        let words = [&["prlimit", limit], &user[..]].concat();
        let program = program.to_str().expect("UTF-8");
        let outcome =
            home.bare(&[&words[..], &[program, "run", "-s", "X", "--", "true"]].concat()).outcome();
        assert_eq!(outcome.code(), Some(125), "{outcome:?}");
        let said = outcome.stderr();
        assert!(
            said.starts_with("pfx: error: cannot start a thread: Try again\npfx: hint: raise "),
            "{said}"
        );
    }
}

#[test]
fn the_error_for_forbidden_files_in_memory_suggests_an_alternative() {
    let home = home("https://prefect.invalid");
    for (call, name) in [(libc::SYS_memfd_create, "memfd_create"), (libc::SYS_fchmod, "fchmod")] {
        for (error, cause) in [
            (libc::EPERM, "Operation not permitted"),
            (libc::ENOSYS, "Function not implemented"),
            (libc::EACCES, "Permission denied"),
        ] {
            home.run(&["--file", "S"], &["true"]).before(deny(&[call], error)).refuses(
                125,
                &format!(
                    "pfx: error: cannot pass `S` as a file: {name}: {cause}\n\
                     pfx: hint: a system call filter may forbid files in memory: pass the value in a variable \
                     with `-s S`, or pass the path of the original file with `--set`\n"
                ),
            );
        }
    }
}
