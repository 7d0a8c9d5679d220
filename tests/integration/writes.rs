//! How `secret set` and `delete` write: the file is the old one or the new one, whole, at every instant and
//! whatever happens.

use std::collections::BTreeSet;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::Path;

use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::Signal;
use nix::sys::stat::{Mode, umask};

use crate::support::{Home, Pfx, chown_all, is_root, set_mode, traced};

const OLD: &str = "# mine\n[context.secrets]\nA = \"old\" # about A\nB = \"b\"\n";
const NEW: &str = "# mine\n[context.secrets]\nA = \"new\" # about A\nB = \"b\"\n";

fn set(home: &Home, name: &str, value: &str) -> Pfx {
    home.pfx(["secret", "set", name]).stdin(value)
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

/// The write from its lock to its end, as strace sees it: what is done to files, in order.
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
    let names: BTreeSet<String> = calls(&Home::with_config(OLD)).into_iter().collect();
    let mut tried = 0;
    for call in [
        "openat",
        "write",
        "fsync",
        "fchmod",
        "renameat",
        "renameat2",
        "flock",
        "close",
        "newfstatat",
        "getdents64",
        "unlinkat",
        "lseek",
        "fcntl",
        "statx",
        "read",
        "rename",
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
            assert!(!completed || text == NEW, "{inject}: success is told before it is so");
            for name in home.prefect_files() {
                assert_eq!(mode(&home.join(".prefect").join(name)) & 0o077, 0, "{inject}");
            }
            // Neither lock nor leftover is in the way of the next one, which tidies up.
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
fn a_fault_of_any_system_call_is_told_and_the_old_file_stays() {
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
            // A write to stderr itself may be the one that fails.
            assert!(stderr.contains(&*path.to_string_lossy()), "{inject}: {stderr}");
            assert!(!stderr.contains("CANARY"));
            assert_eq!(home.config_text(), OLD, "{inject}");
            assert_eq!(home.prefect_files(), ["config.toml"], "{inject}: nothing is left behind");
        }
    }
    // The second fsync is the directory's: the new file is in its place, but that may not last.
    let home = Home::with_config(OLD);
    let options = ["-e", "inject=fsync:error=EIO:when=2"];
    let trace = traced(&home, &options, &["secret", "set", "A"], |start| start.stdin("new"));
    trace.outcome.assert(
        125,
        "",
        "pfx: error: cannot write to disk the directory of {home}/.prefect/config.toml: I/O error\n",
    );
    assert_eq!(home.config_text(), NEW);
}

#[test]
fn the_new_file_is_on_the_disk_before_it_takes_the_place_of_the_old_one() {
    let order: Vec<String> = calls(&Home::with_config(OLD))
        .into_iter()
        .skip_while(|call| call != "flock")
        .filter(|call| ["flock", "write", "fsync", "renameat"].contains(&call.as_str()))
        .collect();
    assert_eq!(order, ["flock", "write", "fsync", "renameat", "fsync", "flock"]);
}

#[test]
fn a_full_disk_leaves_the_old_file() {
    if !is_root() {
        // Only root can mount a small disk.
        return;
    }
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
            if ignored {
                outcome.assert(
                    125,
                    "",
                    "pfx: error: cannot write {home}/.prefect/config.toml: File too large\n",
                );
                assert_eq!(home.prefect_files(), ["config.toml"]);
            } else {
                assert_eq!(outcome.signal(), Some(Signal::SIGXFSZ as i32), "{}", outcome.said());
            }
            set(&home, "A", "new").gives("");
            assert_eq!(home.prefect_files(), ["config.toml"]);
        }
    }
}

#[test]
fn twenty_writers_at_once_all_write_and_no_reader_sees_half_a_file() {
    let home = Home::with_config(OLD);
    let writers: Vec<_> =
        (0..20).map(|n| set(&home, &format!("N{n:02}"), &format!("v{n}")).start()).collect();
    let readers: Vec<_> = (0..20)
        .map(|_| home.run(&["-s", "A", "-s", "B"], &["sh", "-c", "echo $A $B"]).start())
        .collect();
    for reader in readers {
        reader.finish().assert(0, "old b\n", "");
    }
    for writer in writers {
        writer.finish().assert(0, "", "");
    }
    let all: String = (0..20).map(|n| format!("v{n} ")).collect();
    let print: String = (0..20).map(|n| format!("$N{n:02} ")).collect();
    let names: Vec<String> = (0..20).map(|n| format!("N{n:02}")).collect();
    let bindings: Vec<&str> = names.iter().flat_map(|name| ["-s", name]).collect();
    home.run(&bindings, &["sh", "-c", &format!("echo {print}")])
        .gives(&format!("{}\n", all.trim_end()));
    assert_eq!(home.prefect_files(), ["config.toml"]);
}

#[test]
fn a_lock_that_is_held_is_waited_for_and_not_for_ever() {
    let home = Home::with_config(OLD);
    let script = "flock .prefect sh -c 'echo ready; read x'";
    let mut holder = home.bare(&["sh", "-c", script]).start();
    holder.wait_until_ready();
    // A holder that is stopped keeps its lock.
    holder.signal(Signal::SIGSTOP);
    set(&home, "A", "new").refuses(
        125,
        "pfx: error: cannot write {home}/.prefect/config.toml: another process has held the lock on its \
         directory for 10 s\n\
         pfx: hint: `fuser -v {home}/.prefect/config.toml` tells who holds it\n",
    );
    assert_eq!(home.config_text(), OLD);
    // Reading waits for nobody.
    home.run(&["-s", "A"], &["printenv", "A"]).gives("old\n");
    holder.signal(Signal::SIGCONT);
    holder.finish();
    set(&home, "A", "new").gives("");
}

#[test]
fn a_lock_is_not_left_to_a_command() {
    let home = Home::with_config(OLD);
    let mut running = home.run(&["-s", "A"], &["sh", "-c", "echo ready; read x"]).start();
    running.wait_until_ready();
    set(&home, "A", "new").gives("");
    running.finish();
}

#[test]
fn an_editor_that_writes_meanwhile_is_not_overwritten() {
    let home = Home::with_config(OLD);
    // Stopped before the rename, while another program replaces the file.
    let options = ["-e", "inject=fsync:signal=STOP:when=1"];
    let tracing = std::thread::scope(|scope| {
        let tracing = scope
            .spawn(|| traced(&home, &options, &["secret", "set", "A"], |start| start.stdin("new")));
        let temporary = || home.prefect_files().into_iter().find(|name| name.contains(".pfx-"));
        let start = std::time::Instant::now();
        let pid = loop {
            // The name of the temporary file has the process id in it.
            if let Some(name) = temporary() {
                let pid: i32 =
                    name.split(".pfx-").nth(1).unwrap().split('-').next().unwrap().parse().unwrap();
                let status =
                    std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
                if status.contains("State:\tT (stopped)")
                    || status.contains("State:\tt (tracing stop)")
                {
                    break nix::unistd::Pid::from_raw(pid);
                }
            }
            assert!(start.elapsed().as_secs() < 30, "it never stops");
            std::thread::yield_now();
        };
        home.write("edited", "# edited\n[context.secrets]\nA = \"old\"\nC = \"c\"\n");
        std::fs::rename(home.join("edited"), home.config()).unwrap();
        let start = std::time::Instant::now();
        while !tracing.is_finished() {
            assert!(start.elapsed().as_secs() < 30, "it never ends");
            let _ = nix::sys::signal::kill(pid, Signal::SIGCONT);
            std::thread::yield_now();
        }
        tracing.join().unwrap()
    });
    tracing.outcome.assert(0, "", "");
    assert_eq!(home.config_text(), "# edited\n[context.secrets]\nA = \"new\"\nC = \"c\"\n");
}

#[test]
fn a_new_file_and_directory_are_private_whatever_the_umask() {
    for mask in [0, 0o077, 0o777] {
        let home = Home::new();
        std::fs::remove_dir(home.join(".prefect")).unwrap();
        let start = set(&home, "A", "v").before(move || {
            umask(Mode::from_bits_truncate(mask));
            Ok(())
        });
        start.gives("");
        assert_eq!(
            (mode(&home.join(".prefect")), mode(&home.config())),
            (0o700, 0o600),
            "{mask:o}"
        );
        assert_eq!(home.config_text(), "[context.secrets]\nA = \"v\"\n");
    }
}

#[test]
fn mode_and_owner_stay() {
    for bits in [0o600, 0o640, 0o644, 0o400] {
        let home = Home::with_config(OLD);
        set_mode(&home.config(), bits);
        if is_root() {
            chown_all(&home.config(), 1234);
        }
        let before = std::fs::metadata(home.config()).unwrap();
        let outcome = set(&home, "A", "new").outcome();
        assert_eq!(outcome.code(), Some(0), "{}", outcome.said());
        let after = std::fs::metadata(home.config()).unwrap();
        assert_eq!(
            (after.mode(), after.uid(), after.gid()),
            (before.mode(), before.uid(), before.gid())
        );
        assert_eq!(home.config_text(), NEW);
    }
}

#[test]
fn a_directory_that_cannot_be_written_is_told() {
    let home = Home::with_config(OLD);
    home.give_to_nobody();
    set_mode(&home.join(".prefect"), 0o500);
    set(&home, "A", "CANARY")
        .by_nobody()
        .refuses(125, "pfx: error: cannot write {home}/.prefect/config.toml: Permission denied\n");
    assert_eq!(home.config_text(), OLD);
    set_mode(&home.join(".prefect"), 0o700);
}

#[test]
fn a_directory_that_others_can_write_is_refused() {
    let home = Home::with_config(OLD);
    set_mode(&home.join(".prefect"), 0o777);
    set(&home, "A", "new").refuses(
        125,
        "pfx: error: cannot trust {home}/.prefect: other users can write it (mode 0777)\n\
         pfx: hint: `chmod go-w {home}/.prefect`\n",
    );
    // /tmp has the sticky bit: nobody can take away another's file.
    set_mode(&home.join(".prefect"), 0o1777);
    set(&home, "A", "new").gives("");
}

#[test]
fn links_stay_and_what_they_lead_to_is_written() {
    let home = Home::new();
    home.write("dotfiles/config.toml", OLD);
    symlink("../dotfiles/link.toml", home.config()).unwrap();
    symlink("config.toml", home.join("dotfiles/link.toml")).unwrap();
    set(&home, "A", "new").gives("");
    assert!(home.config().is_symlink() && home.join("dotfiles/link.toml").is_symlink());
    assert_eq!(home.config_text(), NEW);
    let names: BTreeSet<_> = std::fs::read_dir(home.join("dotfiles"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(names.len(), 2, "{names:?}");
}

#[test]
fn a_link_that_leads_nowhere_is_filled_and_a_circle_is_an_error() {
    let home = Home::new();
    std::fs::create_dir(home.join("dotfiles")).unwrap();
    symlink("../dotfiles/config.toml", home.config()).unwrap();
    set(&home, "A", "v").gives("");
    assert_eq!(
        std::fs::read_to_string(home.join("dotfiles/config.toml")).unwrap(),
        "[context.secrets]\nA = \"v\"\n"
    );
    assert!(home.config().is_symlink());

    let home = Home::new();
    symlink("config.toml", home.config()).unwrap();
    set(&home, "A", "v").refuses(
        125,
        "pfx: error: cannot write {home}/.prefect/config.toml: Too many symbolic links encountered\n",
    );
}

#[test]
fn another_name_of_the_file_keeps_the_old_one() {
    let home = Home::with_config(OLD);
    std::fs::hard_link(home.config(), home.join("other")).unwrap();
    set(&home, "A", "new").gives("");
    assert_eq!(std::fs::read_to_string(home.join("other")).unwrap(), OLD);
    assert_eq!(home.config_text(), NEW);
}

#[test]
fn a_planted_leftover_is_swept_and_never_followed() {
    let home = Home::with_config(OLD);
    home.write("victim", "precious");
    symlink("../victim", home.join(".prefect/.config.toml.pfx-1-0000000000000000")).unwrap();
    home.write(".prefect/.config.toml.pfx-2-0", "half");
    home.write(".prefect/other.pfx-2", "not ours");
    set(&home, "A", "new").gives("");
    assert_eq!(home.prefect_files(), ["config.toml", "other.pfx-2"]);
    assert_eq!(std::fs::read_to_string(home.join("victim")).unwrap(), "precious");
}

#[test]
fn what_is_there_already_is_not_written_again() {
    let home = Home::with_config(OLD);
    let before = std::fs::metadata(home.config()).unwrap();
    set(&home, "A", "old").gives("");
    let after = std::fs::metadata(home.config()).unwrap();
    assert_eq!((before.ino(), before.mtime_nsec()), (after.ino(), after.mtime_nsec()));
    // Nor is anything deleted that is not there.
    assert_eq!(home.pfx(["secret", "delete", "none"]).outcome().code(), Some(1));
    assert_eq!(std::fs::metadata(home.config()).unwrap().ino(), before.ino());
}

#[test]
fn nothing_but_the_value_changes_in_any_way_of_writing() {
    for (old, new) in [
        (
            "context = { secrets = { A = 'a', B = 1 } } # c\n",
            "context = { secrets = { A = \"new\", B = 1 } } # c\n",
        ),
        ("context.secrets.A = 'a'\r\n\r\n# c\r\n", "context.secrets.A = \"new\"\r\n\r\n# c\r\n"),
        ("[context]\n  secrets.A = 'a'", "[context]\n  secrets.A = \"new\"\n"),
        (
            "[ context . secrets ]\n\t\"A\"  =  '''\na\n'''  # c\n",
            "[ context . secrets ]\n\t\"A\"  =  \"new\"  # c\n",
        ),
        ("# only a comment", "# only a comment\n\n[context.secrets]\nA = \"new\"\n"),
        ("[context.secrets]\n[z]\na = 1\n", "[context.secrets]\nA = \"new\"\n[z]\na = 1\n"),
    ] {
        let home = Home::with_config(old);
        set(&home, "A", "new").gives("");
        let text = home.config_text();
        if old.starts_with("# only") {
            // Where the comment of an empty file goes is the editor's choice; it stays.
            assert!(
                text.contains("# only a comment") && text.contains("A = \"new\"\n"),
                "{text:?}"
            );
        } else {
            assert_eq!(text, new);
        }
        home.pfx(["secret", "get", "A"]).gives("new");
    }
}

#[test]
fn the_file_that_a_variable_names_is_written() {
    let home = Home::new();
    set(&home, "A", "v").env("PREFECT__USER_CONFIG_PATH", "~/deep/er/secrets.toml").gives("");
    assert_eq!(mode(&home.join("deep/er/secrets.toml")), 0o600);
    assert_eq!(mode(&home.join("deep/er")), 0o700);
    assert!(!home.config().exists());
}

#[test]
fn a_file_that_is_mounted_alone_is_refused_and_kept() {
    if !is_root() {
        // Only root can mount.
        return;
    }
    let home = Home::with_config(OLD);
    home.write("mounted", OLD);
    let script = "mount --bind mounted .prefect/config.toml && exec $PFX secret set A";
    let start = home.bare(&["unshare", "-m", "sh", "-c", script]).stdin("new");
    start.env("PFX", env!("CARGO_BIN_EXE_pfx")).refuses(
        125,
        "pfx: error: cannot replace {home}/.prefect/config.toml: Device or resource busy\n",
    );
    assert_eq!(std::fs::read_to_string(home.join("mounted")).unwrap(), OLD);
    assert_eq!(home.prefect_files(), ["config.toml"]);
}
