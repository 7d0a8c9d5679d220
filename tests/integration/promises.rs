//! The promises of the crate's documentation, by their numbers. To test that something is the same for the command as without
//! pfx, the tests start it both ways and compare.

use std::collections::BTreeSet;

use nix::libc;
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::Signal;

mod descriptors;
mod network;
mod signals;
mod takeover;

use crate::support::needs::{strace_as_root, tools};
use crate::support::{Home, Pfx, Trace, set_mode, traced};

/// What the command sees with and without pfx, started in the same way; both must be equal.
#[track_caller]
fn same_as_bare(command: &[&str], prepare: impl Fn(Pfx) -> Pfx) -> String {
    let home = Home::with_secrets("A = \"v\"\n");
    let outcomes = [home.run(&["-s", "A"], command), home.bare(command)].map(|start| {
        let outcome = prepare(start).outcome();
        (outcome.status, outcome.stdout(), outcome.stderr())
    });
    assert_eq!(outcomes[0], outcomes[1], "with pfx, and without");
    let [(_, stdout, _), _] = outcomes;
    stdout
}

/// The lines of /proc/self/status that begin with one of these words.
#[track_caller]
fn same_status(words: &str, prepare: impl Fn(Pfx) -> Pfx) -> String {
    same_as_bare(&["grep", "-E", &format!("^({words})"), "/proc/self/status"], prepare)
}

#[test]
fn promise_1_pid_parent_group_and_session_are_those_of_pfx() {
    let home = Home::with_secrets("A = \"v\"\n");
    let running = home.run(&[], &["cat", "/proc/self/stat"]).start();
    let pid = running.pid();
    let stat = running.finish().stdout();
    // proc_pid_stat(5): pid (name) state ppid pgrp session
    let (before, after) = stat.split_once(" (cat) ").unwrap();
    let group = nix::unistd::getpgid(None).unwrap();
    let session = nix::unistd::getsid(None).unwrap();
    let parent = nix::unistd::getpid();
    assert_eq!(before, pid.to_string());
    assert!(after.starts_with(&format!("R {parent} {group} {session} ")), "{after}");
}

#[test]
fn promise_1_working_directory_umask_limits_and_niceness_are_inherited() {
    let prepare = |start: Pfx| {
        start.before(|| {
            nix::sys::stat::umask(nix::sys::stat::Mode::from_bits_truncate(0o027));
            setrlimit(Resource::RLIMIT_NOFILE, 100, 200)?;
            setrlimit(Resource::RLIMIT_CORE, 4096, 8192)?;
            setrlimit(Resource::RLIMIT_FSIZE, 1 << 20, 1 << 21)?;
            // SAFETY: plain system calls.
            unsafe {
                libc::nice(3);
                libc::prctl(libc::PR_SET_TIMERSLACK, 123_456);
            }
            nix::unistd::chdir("/usr/bin").map_err(Into::into)
        })
    };
    let limits = same_as_bare(&["cat", "/proc/self/limits"], prepare);
    assert!(limits.contains("4096                 8192                 bytes"), "{limits}");
    assert!(same_status("Umask", prepare).contains("0027"));
    assert_eq!(same_as_bare(&["nice"], prepare).trim(), "3");
    assert_eq!(same_as_bare(&["cat", "/proc/self/timerslack_ns"], prepare).trim(), "123456");
    assert_eq!(same_as_bare(&["readlink", "/proc/self/cwd"], prepare).trim(), "/usr/bin");
}

#[test]
fn promise_1_a_deleted_working_directory_is_inherited() {
    let prepare = |start: Pfx| {
        start.before(|| {
            nix::unistd::mkdir("gone", nix::sys::stat::Mode::S_IRWXU)?;
            nix::unistd::chdir("gone")?;
            std::fs::remove_dir("../gone")
        })
    };
    assert!(same_as_bare(&["true"], prepare).is_empty());
}

#[test]
fn promise_1_capabilities_and_no_new_privileges_are_inherited() {
    let words = "Cap|NoNewPrivs|Seccomp";
    let prepare =
        |start: Pfx| start.before(|| nix::sys::prctl::set_no_new_privs().map_err(Into::into));
    assert!(same_status(words, prepare).contains("NoNewPrivs:\t1"));
    assert!(same_status(words, |start| start).contains("NoNewPrivs:\t0"));
}

#[test]
fn promise_1_standard_input_is_not_read_by_pfx() {
    let home = Home::with_secrets("A = \"v\"\n");
    let input: Vec<u8> = (0..300_000_u32).flat_map(u32::to_le_bytes).collect();
    let outcome = home.run(&[], &["cat"]).stdin(&input).outcome();
    assert!(outcome.stdout == input);
}

#[test]
fn promise_1_every_exit_status_passes_through() {
    let home = Home::with_secrets("A = \"v\"\n");
    for status in 0..=255 {
        let command = format!("exit {status}");
        home.run(&[], &["/bin/sh", "-c", &command]).outcome().assert(status, "", "");
    }
}

#[test]
fn promise_2_arguments_arrive_byte_for_byte() {
    use std::os::unix::ffi::OsStrExt as _;
    let home = Home::with_secrets("A = \"v\"\n");
    let long = "l".repeat(100_000);
    let words: [&[u8]; 10] = [
        b"",
        b" ",
        b"-x",
        b"--",
        b"--secret",
        b"a\nb",
        b"\xff\xfe",
        b"*",
        b"$A `id`",
        long.as_bytes(),
    ];
    let mut start = home.run(&[], &["cat", "/proc/self/cmdline"]);
    start = start.arg("--").without("X");
    let mut expected = b"cat\0/proc/self/cmdline\0--\0".to_vec();
    for word in words {
        start = start.arg(std::ffi::OsStr::from_bytes(word));
        expected.extend_from_slice(word);
        expected.push(0);
    }
    // cat reports files that do not exist; only its command line matters.
    assert!(start.outcome().stdout == expected);
}

#[test]
fn promise_2_the_environment_arrives_byte_for_byte_and_in_order() {
    let home = Home::with_secrets("A = \"v\"\nDUP = \"mine\"\nNOEQ = \"set\"\n");
    let variable = format!("HOME={}", home.path().display());
    let inherited: [&[u8]; 13] = [
        b"Z=last comes first",
        variable.as_bytes(),
        b"DUP=first",
        b"NOEQ",
        b"",
        b"=odd",
        b"BIN=\xff\xfe\x01",
        b"\xe9=latin",
        b"BASH_FUNC_x%%=() { :; }",
        b"EMPTY=",
        b"LINES=a\nb=c",
        b"DUP=second",
        b"A",
    ];
    let print = ["/bin/cat", "/proc/self/environ"];
    let block = |entries: &[&[u8]]| {
        entries.iter().flat_map(|entry| [entry, &b"\0"[..]].concat()).collect::<Vec<u8>>()
    };

    let outcome = home.run(&["-s", "A"], &print).environ(&inherited).outcome();
    assert_eq!(outcome.stderr(), "");
    let expected = block(&[&inherited[..], &[b"A=v"]].concat());
    assert_eq!(outcome.stdout.escape_ascii().to_string(), expected.escape_ascii().to_string());

    // An injected name occurs once; everything else is unchanged.
    let outcome = home.run(&["-s", "DUP", "-s", "NOEQ"], &print).environ(&inherited).outcome();
    let kept: Vec<&[u8]> =
        inherited.into_iter().filter(|entry| !entry.starts_with(b"DUP=")).collect();
    let expected = block(&[&kept[..], &[b"DUP=mine", b"NOEQ=set"]].concat());
    assert_eq!(outcome.stdout.escape_ascii().to_string(), expected.escape_ascii().to_string());
}

#[test]
fn promise_2_an_empty_environment_stays_empty() {
    let home = Home::new();
    let start = home.run(&["--set", "A=1"], &["/bin/cat", "/proc/self/environ"]);
    assert_eq!(start.environ(&[]).outcome().stdout(), "A=1\0");
}

#[test]
fn promise_3_a_process_that_holds_values_dumps_no_core_and_the_command_is_not_affected() {
    let home = Home::with_secrets("A = \"v\"\n");
    // pfx waits for the value on stdin.
    let waiting = home
        .pfx(["secret", "set", "A"])
        .before(|| setrlimit(Resource::RLIMIT_CORE, 1 << 20, 1 << 20).map_err(Into::into))
        .start();
    let start = std::time::Instant::now();
    let file = |name: &str| format!("/proc/{}/{name}", waiting.pid());
    // It is in read(2) of descriptor 0; a user who cannot see that sees that it is not dumpable and sleeps.
    let reads_stdin = || match std::fs::read_to_string(file("syscall")) {
        Ok(call) => call.starts_with("0 0x0 "),
        Err(_) => std::fs::read_to_string(file("stat")).is_ok_and(|stat| stat.contains(") S ")),
    };
    while !reads_stdin() {
        assert!(start.elapsed().as_secs() < 60, "it never reads stdin");
        std::thread::yield_now();
    }
    waiting.signal(Signal::SIGQUIT);
    let outcome = waiting.finish();
    assert_eq!(outcome.signal(), Some(Signal::SIGQUIT as i32));
    assert!(!std::os::unix::process::ExitStatusExt::core_dumped(&outcome.status));

    // Root owns the /proc files of a process that is not dumpable (proc(5)); the command is dumpable again.
    let home = Home::with_secrets("A = \"v\"\n");
    home.give_to_nobody();
    let owner = home.run(&["-s", "A"], &["stat", "-c", "%u", "/proc/self/environ"]).by_nobody();
    let user = home.bare(&["id", "-u"]).by_nobody().outcome().stdout();
    owner.gives(&user);
}

#[test]
fn promise_4_nothing_starts_if_a_required_secret_is_missing() {
    let home = Home::with_secrets("A = \"v\"\n");
    let start =
        home.run(&["--local", "-s", "A", "-s", "B", "-s", "C?", "-e", "D"], &["touch", "started"]);
    start.refuses(
        125,
        "pfx: error: cannot find the secret `B`: looked in the variables PREFECT__CONTEXT__SECRETS__…, \
         then {home}/.prefect/config.toml [context.secrets]; no remote store is used: `--local` was \
         given; and the environment variable `D`: looked in the environment\n\
         pfx: hint: `pfx secret set B` stores it on this machine\n",
    );
    assert!(!home.join("started").exists());
}

#[test]
fn promise_4_nothing_starts_if_a_source_fails() {
    let home = Home::with_config("[context.secrets]\nA = \"CANARY\n");
    // A later source has the secret, but must not be asked.
    home.write("secrets/A", "other");
    let bindings = ["--secrets-dir", "secrets", "-s", "A"];
    home.run(&bindings, &["touch", "started"]).refuses(
        125,
        "pfx: error: cannot read {home}/.prefect/config.toml:2:12: key `A`: invalid basic string, \
         expected `\"`\n",
    );
    assert!(!home.join("started").exists());

    home.write(".prefect/config.toml", "[context.secrets]\nB = \"v\"\n");
    set_mode(&home.config(), 0o666);
    let refused = home.run(&bindings, &["touch", "started"]).outcome();
    assert_eq!(refused.code(), Some(125), "{}", refused.said());
    assert!(!home.join("started").exists());
}

#[test]
fn promise_4_nothing_starts_for_a_bad_name() {
    let home = Home::with_secrets("A = \"v\"\n");
    let start = home.run(&["-s", "=A"], &["touch", "started"]);
    start.refuses(
        2,
        "pfx: error: cannot use --secret: `` is not a valid variable name\n\
         pfx: hint: a variable name must be UTF-8 text that is not empty and has no `=` and no control \
         characters\n",
    );
    assert!(!home.join("started").exists());
}

const LOCAL: [&str; 8] = ["-s", "A", "-s", "B", "-s", "C", "--secrets-dir", "secrets"];

/// A run that finds everything locally, and its system calls.
fn local_run() -> (Home, Trace) {
    let home = Home::with_secrets("A = \"v\"\nB = \"~/x$HOME\"\n");
    home.write("secrets/C", "c");
    let run = [&["run"], &LOCAL[..], &["--", "true"]].concat();
    let trace = traced(&home, &["-e", "trace=process,network,%file"], &run, |start| start);
    trace.outcome.assert(0, "", "");
    (home, trace)
}

#[test]
fn promise_5_locally_there_is_no_thread_and_no_socket() {
    need!(tools(&["strace"]));
    let (_, trace) = local_run();
    for call in ["clone", "clone3", "fork", "vfork", "socket", "connect"] {
        assert_eq!(trace.calls(call), Vec::<&str>::new());
    }
}

#[test]
fn promise_5_locally_no_file_is_read_except_to_check_names() {
    need!(strace_as_root());
    let (home, trace) = local_run();
    let opened: BTreeSet<String> = trace
        .calls("openat")
        .into_iter()
        .filter(|line| !line.contains("ENOENT"))
        .map(|line| line.split('"').nth(1).unwrap().to_owned())
        // Files that the dynamic loader reads, for pfx and for the command.
        .filter(|path| !path.contains(".so"))
        .filter(|path| !path.starts_with("/usr/lib/locale") && path != "/etc/ld.so.cache")
        .collect();
    let check = [&["check"], &LOCAL[..]].concat();
    let named = home.pfx(&check).outcome().stdout();
    assert!(!opened.is_empty());
    for path in opened {
        assert!(named.contains(&path), "{path} is read, and check names {named}");
    }
}

#[test]
fn promise_5_a_run_without_a_network_succeeds() {
    let home = Home::with_secrets("A = \"v\"\n");
    home.write(".prefect/auth.toml", "[\"api.prefect.io\"]\napi_key = \"k\"\n");
    home.run(&["-s", "A"], &["printenv", "A"]).gives("v\n");
}

#[test]
fn promise_8_a_write_preserves_comments_order_mode_and_owner() {
    use std::os::unix::fs::MetadataExt as _;
    let text = "# top\n\n[other] # o\nz = 1\na = 2\n\n[context.secrets]\n# about B\nB = 'b' # b\nA = 'a'\n";
    let home = Home::with_config(text);
    set_mode(&home.config(), 0o640);
    home.give_to_nobody();
    let before = std::fs::metadata(home.config()).unwrap();
    let outcome = home.pfx(["secret", "set", "B"]).stdin("new").outcome();
    assert_eq!(outcome.code(), Some(0), "{outcome:?}");
    assert_eq!(home.config_text(), text.replace("'b' #", "\"new\" #"));
    let after = std::fs::metadata(home.config()).unwrap();
    assert_eq!(
        (after.mode(), after.uid(), after.gid()),
        (before.mode(), before.uid(), before.gid())
    );
    // kill -9 at every system call, and a full disk: writes.rs.
}

#[test]
fn promise_10_a_start_makes_few_system_calls() {
    need!(tools(&["strace"]));
    let home = Home::with_secrets(&(0..100).map(|n| format!("S{n} = \"v\"\n")).collect::<String>());
    let trace = traced(&home, &[], &["run", "--", "true"], |start| start);
    trace.outcome.assert(0, "", "");
    // From the first system call of pfx itself to the exec of the command; the earlier ones are the loader's.
    let own: Vec<&str> = trace
        .text
        .lines()
        .skip_while(|line| !line.contains("PR_SET_DUMPABLE"))
        .take_while(|line| !line.contains("execve("))
        // How often the heap grows depends on the allocator.
        .filter(|line| !line.contains("brk(") && !line.contains("mmap("))
        // The number of directories that are searched for pfx.toml does not count either.
        .filter(|line| !(line.contains("statx(AT_FDCWD") && line.contains("ENOENT")))
        .collect();
    assert!((5..=20).contains(&own.len()), "{} calls:\n{}", own.len(), own.join("\n"));
}
