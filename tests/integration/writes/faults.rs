//! Writes that are killed, refused by the system, or run out of space, at any moment.

use std::collections::BTreeSet;

use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::Signal;

use super::{NEW, OLD, mode, set};
use crate::support::needs::{namespaces, tools};
use crate::support::{Home, traced};

/// The system calls of a write on files, in order, from its lock to its end.
fn calls(home: &Home) -> Vec<String> {
    let trace = traced(home, &[], &["secret", "set", "A"], |start| start.stdin("new"));
    trace.outcome.assert(0, "", "");
    let name = |line: &str| {
        let call = line.split_whitespace().nth(1)?;
        Some(call.split('(').next()?.to_owned())
    };
    trace.text.lines().filter_map(name).collect()
}

#[test]
fn killed_at_any_system_call_it_leaves_the_old_file_or_the_new_one_and_the_next_write_works() {
    need!(tools(&["strace"]));
    let names: BTreeSet<String> = calls(&Home::with_config(OLD)).into_iter().collect();
    let mut tried = 0;
    for call in [
        "openat", "write", "fsync", "fchmod", "renameat", "renameat2", "flock", "close",
        "newfstatat", "getdents64", "unlinkat", "lseek", "fcntl", "statx", "read", "rename",
    ] {
        if !names.contains(call) {
            continue;
        }
        for when in 1.. {
            let home = Home::with_config(OLD);
            let inject = format!("inject={call}:signal=KILL:when={when}");
            let trace = traced(&home, &["-e", &inject], &["secret", "set", "A"], |start| {
                start.stdin("new")
            });
            let text = home.config_text();
            assert!(text == OLD || text == NEW, "{inject}: {text}");
            let completed = trace.outcome.code() == Some(0);
            assert!(
                !completed || text == NEW,
                "{inject}: success is reported before the write is complete"
            );
            for name in home.prefect_files() {
                assert_eq!(mode(&home.join(".prefect").join(name)) & 0o077, 0, "{inject}");
            }
            // Neither a lock nor a leftover stops the next write, which removes the leftover.
            set(&home, "A", "next").gives("");
            assert_eq!(home.config_text(), NEW.replace("new", "next"), "{inject}");
            assert_eq!(home.prefect_files(), ["config.toml"], "{inject}");
            if completed {
                break;
            }
            tried += 1;
        }
    }
    assert!(tried > 15, "{tried} places to be killed at, of {names:?}");
}

#[test]
fn a_failing_system_call_is_reported_and_leaves_the_old_file() {
    need!(tools(&["strace"]));
    let config = ".prefect/config.toml";
    for (call, errors) in [
        ("write", &["EIO", "ENOSPC", "EDQUOT", "EFBIG"][..]),
        ("fsync", &["EIO", "ENOSPC"]),
        ("renameat", &["EXDEV", "EBUSY", "EROFS", "EIO"]),
        ("fchmod", &["EPERM", "EIO"]),
        ("flock", &["ENOLCK", "EIO"]),
    ] {
        for error in errors {
            let home = Home::with_config(OLD);
            let inject = format!("inject={call}:error={error}:when=1");
            let trace = traced(&home, &["-e", &inject], &["secret", "set", "A"], |start| {
                start.stdin("CANARY")
            });
            assert_eq!(trace.outcome.code(), Some(125), "{inject}: {}", trace.outcome.said());
            let stderr = trace.outcome.stderr();
            let path = home.join(config);
            // The failing call may be a write to stderr.
            assert!(stderr.contains(&*path.to_string_lossy()), "{inject}: {stderr}");
            assert!(!stderr.contains("CANARY"));
            assert_eq!(home.config_text(), OLD, "{inject}");
            assert_eq!(home.prefect_files(), ["config.toml"], "{inject}: nothing is left behind");
        }
    }
    // The second fsync is that of the directory: the new file is in place, but may be lost in a crash.
    let home = Home::with_config(OLD);
    let options = ["-e", "inject=fsync:error=EIO:when=2"];
    let trace = traced(&home, &options, &["secret", "set", "A"], |start| start.stdin("new"));
    trace.outcome.assert(
        125,
        "",
        "pfx: error: cannot sync the directory of {home}/.prefect/config.toml: I/O error\n",
    );
    assert_eq!(home.config_text(), NEW);
}

#[test]
fn a_directory_that_cannot_be_listed_does_not_cause_an_endless_loop() {
    need!(tools(&["strace"]));
    for error in ["EIO", "EPERM", "ENOSYS", "ESTALE"] {
        for words in [
            &["secret", "set", "A"][..],
            &["secret", "delete", "A"],
            &["trust", "pfx.toml"],
            &["export", "--local", "--no-project", "-s", "A", "--format", "json", "-o", "out"],
            &["run", "--local", "--no-project", "--secrets-dir", "d", "-s", "K", "--", "true"],
            &["run", "--local", "--no-project", "--secrets-dir", "d", "--", "true"],
            &["secret", "list", "--secrets-dir", "d"],
        ] {
            let home = Home::with_config(OLD);
            home.write("pfx.toml", "command = \"true\"\n");
            home.write("d/K", "v");
            let inject = format!("inject=getdents64:error={error}");
            let trace = traced(&home, &["-e", &inject], words, |start| {
                start.stdin("new").env("PFX_TIMEOUT", "1")
            });
            let outcome = trace.outcome;
            let lists = words.contains(&"d") && !words.contains(&"-s");
            let expected = if lists { 125 } else { 0 };
            assert_eq!(outcome.code(), Some(expected), "{inject} {words:?}: {}", outcome.said());
            assert!(!lists || outcome.stderr().contains("cannot list d: "), "{}", outcome.stderr());
            assert!(trace.text.lines().count() < 1000, "{inject} {words:?}");
        }
    }
}

#[test]
fn the_new_file_is_synced_before_it_replaces_the_old_one() {
    need!(tools(&["strace"]));
    let order: Vec<String> = calls(&Home::with_config(OLD))
        .into_iter()
        .skip_while(|call| call != "flock")
        .filter(|call| ["flock", "write", "fsync", "renameat"].contains(&call.as_str()))
        .collect();
    assert_eq!(order, ["flock", "write", "fsync", "renameat", "fsync", "flock"]);
}

#[test]
fn a_full_disk_leaves_the_old_file() {
    need!(namespaces());
    for free in ["0", "1", "2"] {
        let home = Home::new();
        // In a mount namespace of its own, so that nothing is left mounted.
        let script = "mount -t tmpfs -o size=128k,mode=700 tmpfs .prefect && cat >.prefect/config.toml && \
                      chmod 600 .prefect/config.toml && \
                      { dd if=/dev/zero of=.prefect/filler bs=4k; truncate -s -${1}k .prefect/filler; \
                      cp .prefect/config.toml old; } 2>/dev/null; \
                      head -c 60000 /dev/zero | tr '\\0' v | $PFX secret set A; echo $?; \
                      cmp .prefect/config.toml old; ls -A .prefect";
        let old = format!("{OLD}C = \"{}\"\n", "c".repeat(3_000));
        let start = home.bare(&["unshare", "-m", "sh", "-c", script, "sh", free]).stdin(&old);
        start.env("PFX", env!("CARGO_BIN_EXE_pfx")).outcome().assert(
            0,
            "125\nconfig.toml\nfiller\n",
            "pfx: error: cannot write {home}/.prefect/config.toml: No space left on device\n",
        );
    }
}

#[test]
fn a_limit_on_the_size_of_files_leaves_the_old_file() {
    for limit in [0, 1, 40, 48] {
        for ignored in [false, true] {
            let home = Home::with_config(OLD);
            let outcome = set(&home, "A", "new")
                .before(move || {
                    if ignored {
                        let ignore = nix::sys::signal::SigHandler::SigIgn;
                        // SAFETY: no handler is installed.
                        unsafe { nix::sys::signal::signal(Signal::SIGXFSZ, ignore) }?;
                    }
                    setrlimit(Resource::RLIMIT_FSIZE, limit, limit).map_err(Into::into)
                })
                .outcome();
            assert_eq!(home.config_text(), OLD, "{limit}");
            outcome.assert(
                125,
                "",
                "pfx: error: cannot write {home}/.prefect/config.toml: File too large\n\
                 pfx: hint: raise the limit on the file size: `ulimit -f`, or `LimitFSIZE=` in a systemd unit\n",
            );
            assert_eq!(home.prefect_files(), ["config.toml"]);
            set(&home, "A", "new").gives("");
            assert_eq!(home.prefect_files(), ["config.toml"]);
        }
    }
}
