//! The promises of the crate's documentation, each by its number. What is the same for the command as without
//! pfx is tried by comparing the two, started alike.

use std::collections::BTreeSet;
use std::io;
use std::os::fd::BorrowedFd;

use nix::libc;
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, SigmaskHow, Signal, sigaction};
use nix::sys::signal::{pthread_sigmask, sigprocmask};

use crate::support::{Home, Pfx, set_mode, traced};

/// What the command sees, started with and without pfx in the same way; they must be equal.
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

/// The mask of signals on the line of this name, of /proc/self/status.
fn mask(status: &str, name: &str) -> u64 {
    let line = status.lines().find(|line| line.starts_with(name)).expect("the line is there");
    let mask = u64::from_str_radix(line.rsplit('\t').next().unwrap(), 16).unwrap();
    // Signals 32 and 33 are the C library's own, and whoever started the tests may have left them ignored.
    mask & !(3 << 31)
}

fn bit(signal: Signal) -> u64 {
    1 << (signal as u64 - 1)
}

fn ignore(signal: Signal) -> io::Result<()> {
    let action = SigAction::new(SigHandler::SigIgn, SaFlags::empty(), SigSet::empty());
    // SAFETY: no handler is installed.
    unsafe { sigaction(signal, &action) }.map(|_| ()).map_err(Into::into)
}

#[test]
fn promise_1_pid_parent_group_and_session_are_pfxs() {
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
fn promise_1_sigpipe_is_as_pfx_inherited_it() {
    let ignored = same_status("SigIgn|SigBlk", |start| start.before(|| ignore(Signal::SIGPIPE)));
    assert_ne!(mask(&ignored, "SigIgn") & bit(Signal::SIGPIPE), 0, "{ignored}");
    let default = same_status("SigIgn|SigBlk", |start| start);
    assert_eq!(mask(&default, "SigIgn"), 0, "{default}");
}

#[test]
fn promise_1_ignored_and_blocked_signals_are_inherited() {
    let status = same_status("SigIgn|SigBlk", |start| {
        start.before(|| {
            for signal in [Signal::SIGHUP, Signal::SIGINT, Signal::SIGTTOU] {
                ignore(signal)?;
            }
            let blocked: SigSet = [Signal::SIGTERM, Signal::SIGUSR1].into_iter().collect();
            pthread_sigmask(SigmaskHow::SIG_BLOCK, Some(&blocked), None).map_err(Into::into)
        })
    });
    let ignored = bit(Signal::SIGHUP) | bit(Signal::SIGINT) | bit(Signal::SIGTTOU);
    assert_eq!(mask(&status, "SigIgn"), ignored, "{status}");
    assert_eq!(mask(&status, "SigBlk"), bit(Signal::SIGTERM) | bit(Signal::SIGUSR1), "{status}");
}

#[test]
fn promise_1_a_signal_that_is_pending_stays_pending() {
    let status = same_status("SigPnd|ShdPnd", |start| {
        start.before(|| {
            let blocked: SigSet = [Signal::SIGUSR2].into_iter().collect();
            sigprocmask(SigmaskHow::SIG_BLOCK, Some(&blocked), None)?;
            nix::sys::signal::kill(nix::unistd::getpid(), Signal::SIGUSR2).map_err(Into::into)
        })
    });
    assert_eq!(mask(&status, "ShdPnd"), bit(Signal::SIGUSR2), "{status}");
}

#[test]
fn promise_1_an_alarm_and_a_death_signal_of_the_parent_are_inherited() {
    let home = Home::with_secrets("A = \"v\"\n");
    let outcome = home
        .run(&[], &["sleep", "50"])
        .before(|| {
            nix::unistd::alarm::set(1);
            Ok(())
        })
        .outcome();
    assert_eq!(outcome.signal(), Some(Signal::SIGALRM as i32));
}

/// A command that writes its descriptors, and what they lead to, to a file.
const LIST_DESCRIPTORS: [&str; 3] = [
    "python3",
    "-c",
    "import os
def target(number):
    try: return os.readlink(f'/proc/self/fd/{number}').split(':[')[0]
    except OSError: return None
found = [f'{n} -> {target(n)}\\n' for n in range(1000) if target(n)]
open('list', 'w').writelines(found)",
];

/// The descriptors that the command has, with and without pfx.
#[track_caller]
fn same_descriptors(act: impl Fn() -> io::Result<()> + Send + Sync + Copy + 'static) -> String {
    let lists = ["pfx", "bare"].map(|which| {
        let home = Home::with_secrets("A = \"v\"\n");
        let start = match which {
            "pfx" => home.run(&[], &LIST_DESCRIPTORS),
            _ => home.bare(&LIST_DESCRIPTORS),
        };
        let outcome = start.before(act).outcome();
        assert_eq!(outcome.code(), Some(0), "{}", outcome.stderr());
        let list = std::fs::read_to_string(home.join("list")).expect("a list");
        list.replace(&*home.path().to_string_lossy(), "HOME")
    });
    assert_eq!(lists[0], lists[1], "with pfx, and without");
    lists[0].clone()
}

fn close(descriptors: &[i32]) -> io::Result<()> {
    for &descriptor in descriptors {
        // SAFETY: the new process closes what it will not use.
        if unsafe { libc::close(descriptor) } == -1 {
            return Err(io::Error::last_os_error());
        }
    }
    Ok(())
}

#[test]
fn promise_1_closed_standard_streams_are_closed_for_the_command() {
    for closed in [&[0][..], &[1], &[2], &[0, 1], &[0, 2], &[1, 2], &[0, 1, 2]] {
        let list = same_descriptors(move || close(closed));
        for descriptor in closed {
            let line = format!("{descriptor} ->");
            assert!(!list.lines().any(|other| other.starts_with(&line)), "{closed:?}: {list}");
        }
    }
}

#[test]
fn promise_1_inherited_descriptors_arrive_and_none_of_pfxs_own() {
    let list = same_descriptors(|| {
        let file = std::fs::File::create("file")?;
        // Out of the way of the numbers below.
        let high = nix::fcntl::fcntl(&file, nix::fcntl::FcntlArg::F_DUPFD_CLOEXEC(50))?;
        drop(file);
        for (number, flags) in [(5, 0), (9, 0), (7, libc::O_CLOEXEC)] {
            // SAFETY: the numbers are the new process's own.
            if unsafe { libc::dup3(high, number, flags) } == -1 {
                return Err(io::Error::last_os_error());
            }
        }
        Ok(())
    });
    let numbers: Vec<&str> = list.lines().map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(
        numbers.iter().filter(|&&number| number != "10").collect::<Vec<_>>(),
        [&"0", &"1", &"2", &"5", &"9"]
    );
}

#[test]
fn promise_1_offset_and_flags_of_a_descriptor_stay() {
    let home = Home::with_secrets("A = \"v\"\n");
    let path = home.write("file", "0123456789");
    let outcome = home
        .run(&[], &["cat", "/proc/self/fdinfo/0"])
        .before(move || {
            use std::io::Seek as _;
            let mut file = std::fs::OpenOptions::new().read(true).append(true).open(&path)?;
            file.seek(io::SeekFrom::Start(5))?;
            nix::unistd::dup2_stdin(&file)?;
            // SAFETY: descriptor 0 is open.
            let stdin = unsafe { BorrowedFd::borrow_raw(0) };
            let flags = nix::fcntl::OFlag::O_NONBLOCK | nix::fcntl::OFlag::O_APPEND;
            nix::fcntl::fcntl(stdin, nix::fcntl::FcntlArg::F_SETFL(flags))?;
            Ok(())
        })
        .outcome();
    let (pos, flags) = ("pos:\t5\n", "flags:\t0106002\n");
    assert!(outcome.stdout().starts_with(&format!("{pos}{flags}")), "{}", outcome.said());
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
fn promise_1_the_command_dies_by_its_own_signal() {
    let home = Home::with_secrets("A = \"v\"\n");
    for signal in [1, 2, 3, 6, 9, 10, 11, 13, 14, 15, 34, 64] {
        let command = format!("ulimit -c 0; kill -{signal} $$");
        let outcome = home.run(&[], &["/bin/sh", "-c", &command]).outcome();
        assert_eq!(outcome.signal(), Some(signal), "{}", outcome.said());
    }
}

#[test]
fn promise_1_every_signal_reaches_the_command_once() {
    let home = Home::with_secrets("A = \"v\"\n");
    let script = "import signal, sys\n\
        got = []\n\
        for number in range(1, 32):\n\
        \x20   if number not in (9, 19):\n\
        \x20       signal.signal(number, lambda number, frame: got.append(number))\n\
        signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 32))\n\
        print('ready', flush=True)\n\
        sys.stdin.read()\n\
        signal.pthread_sigmask(signal.SIG_UNBLOCK, range(1, 32))\n\
        print(sorted(got))\n";
    let mut running = home.run(&[], &["python3", "-c", script]).start();
    running.wait_until_ready();
    // SIGCONT would take back the pending signals that stop.
    let all: Vec<i32> = (1..32).filter(|number| ![9, 18, 19].contains(number)).collect();
    for &number in &all {
        running.signal(Signal::try_from(number).unwrap());
    }
    assert_eq!(running.finish().stdout(), format!("ready\n{all:?}\n"));
}

#[test]
fn promise_1_a_command_that_writes_to_a_closed_pipe_dies_by_sigpipe() {
    let home = Home::with_secrets("A = \"v\"\n");
    let outcome = home.bare(&["/bin/sh", "-c", "{ pfx run -- yes; echo $? >&2; } | head -1"]);
    let directory = std::path::Path::new(env!("CARGO_BIN_EXE_pfx")).parent().unwrap();
    let path = format!("/usr/bin:/bin:{}", directory.display());
    outcome.env("PATH", path).outcome().assert(0, "y\n", "141\n");
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
    // cat then complains of files that are not there; its command line is what matters.
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

    // An injected name occurs once; whatever else there is stays.
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
fn promise_3_a_process_that_holds_values_leaves_no_core_and_the_command_is_as_ever() {
    let home = Home::with_secrets("A = \"v\"\n");
    // Waits for the value on stdin.
    let waiting = home
        .pfx(["secret", "set", "A"])
        .before(|| setrlimit(Resource::RLIMIT_CORE, 1 << 20, 1 << 20).map_err(Into::into))
        .start();
    let start = std::time::Instant::now();
    let syscall = format!("/proc/{}/syscall", waiting.pid());
    // Until it is in read(2) of descriptor 0.
    while !std::fs::read_to_string(&syscall).is_ok_and(|call| call.starts_with("0 0x0 ")) {
        assert!(start.elapsed().as_secs() < 30, "it never reads stdin");
        std::thread::yield_now();
    }
    waiting.signal(Signal::SIGQUIT);
    let outcome = waiting.finish();
    assert_eq!(outcome.signal(), Some(Signal::SIGQUIT as i32));
    assert!(!std::os::unix::process::ExitStatusExt::core_dumped(&outcome.status));

    // Root owns the /proc files of what is not dumpable (proc(5)); the command is dumpable again.
    let home = Home::with_secrets("A = \"v\"\n");
    home.give_to_nobody();
    let owner = home.run(&["-s", "A"], &["stat", "-c", "%U", "/proc/self/environ"]).by_nobody();
    let whoami = home.bare(&["id", "-un"]).by_nobody().outcome().stdout();
    owner.gives(&whoami);
}

#[test]
fn promise_4_nothing_starts_if_a_required_secret_is_missing() {
    let home = Home::with_secrets("A = \"v\"\n");
    let start =
        home.run(&["--local", "-s", "A", "-s", "B", "-s", "C?", "-e", "D"], &["touch", "started"]);
    start.refuses(
        125,
        "pfx: error: cannot find the secret `B`: looked in the variables PREFECT__CONTEXT__SECRETS__…, \
         then {home}/.prefect/config.toml [context.secrets]; no remote store was asked: `--local` was \
         given; and the environment variable `D`: looked in the environment\n\
         pfx: hint: `pfx secret set B` stores it on this machine\n",
    );
    assert!(!home.join("started").exists());
}

#[test]
fn promise_4_nothing_starts_if_a_source_fails() {
    let home = Home::with_config("[context.secrets]\nA = \"CANARY\n");
    // A later source has it, and must not be asked.
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
    let start = home.run(&["-s", "1A=A"], &["touch", "started"]);
    start.refuses(
        2,
        "pfx: error: cannot use --secret: `1A` is no name of a variable\n\
         pfx: hint: a variable's name is letters, digits and `_`, and begins with no digit\n",
    );
    assert!(!home.join("started").exists());
}

#[test]
fn promise_5_locally_there_is_no_thread_no_socket_and_no_file_but_those_that_check_names() {
    let home = Home::with_secrets("A = \"v\"\nB = \"~/x$HOME\"\n");
    home.write("secrets/C", "c");
    let bindings = ["-s", "A", "-s", "B", "-s", "C", "--secrets-dir", "secrets"];
    let run = [&["run"], &bindings[..], &["--", "true"]].concat();
    let trace = traced(&home, &["-e", "trace=process,network,%file"], &run, |start| start);
    trace.outcome.assert(0, "", "");
    for call in ["clone", "clone3", "fork", "vfork", "socket", "connect"] {
        assert_eq!(trace.calls(call), Vec::<&str>::new());
    }
    let opened: BTreeSet<String> = trace
        .calls("openat")
        .into_iter()
        .filter(|line| !line.contains("ENOENT"))
        .map(|line| line.split('"').nth(1).unwrap().to_owned())
        // What the dynamic loader reads, of pfx and of the command.
        .filter(|path| !path.contains(".so"))
        .filter(|path| !path.starts_with("/usr/lib/locale") && path != "/etc/ld.so.cache")
        .collect();
    let check = [&["check"], &bindings[..]].concat();
    let named = home.pfx(&check).outcome().stdout();
    assert!(!opened.is_empty());
    for path in opened {
        assert!(named.contains(&path), "{path} is read, and check names {named}");
    }
}

#[test]
fn promise_5_a_run_without_network_is_answered() {
    let home = Home::with_secrets("A = \"v\"\n");
    home.write(".prefect/auth.toml", "[\"api.prefect.io\"]\napi_key = \"k\"\n");
    home.run(&["-s", "A"], &["printenv", "A"]).gives("v\n");
}

#[test]
fn promise_8_a_write_keeps_comments_order_mode_and_owner() {
    use std::os::unix::fs::MetadataExt as _;
    let text = "# top\n\n[other] # o\nz = 1\na = 2\n\n[context.secrets]\n# about B\nB = 'b' # b\nA = 'a'\n";
    let home = Home::with_config(text);
    set_mode(&home.config(), 0o640);
    home.give_to_nobody();
    let before = std::fs::metadata(home.config()).unwrap();
    home.pfx(["secret", "set", "B"]).stdin("new").gives("");
    assert_eq!(home.config_text(), text.replace("'b' #", "\"new\" #"));
    let after = std::fs::metadata(home.config()).unwrap();
    assert_eq!(
        (after.mode(), after.uid(), after.gid()),
        (before.mode(), before.uid(), before.gid())
    );
    // kill -9 at every system call, and a full disk: writes.rs.
}

#[test]
fn promise_10_a_start_takes_a_handful_of_system_calls() {
    let home = Home::with_secrets(&(0..100).map(|n| format!("S{n} = \"v\"\n")).collect::<String>());
    let trace = traced(&home, &[], &["run", "--", "true"], |start| start);
    trace.outcome.assert(0, "", "");
    // From the first call of pfx's own to the exec of the command; before it the loader is at work.
    let own: Vec<&str> = trace
        .text
        .lines()
        .skip_while(|line| !line.contains("PR_SET_DUMPABLE"))
        .take_while(|line| !line.contains("execve("))
        // How often the heap grows is the allocator's affair.
        .filter(|line| !line.contains("brk(") && !line.contains("mmap("))
        .collect();
    assert!((5..=20).contains(&own.len()), "{} calls:\n{}", own.len(), own.join("\n"));
}
