//! Exit statuses with `--init`.

use nix::libc;

use super::{ORPHANS, as_process_1, home, init};
use crate::support::needs::{namespaces, tools};

#[test]
fn pfx_exits_with_every_status_of_the_command() {
    let home = home();
    for status in 0..=255 {
        let outcome = init(&home, &[], &["sh", "-c", &format!("exit {status}")]).outcome();
        outcome.assert(status, "", "");
    }
}

#[test]
fn pfx_ends_by_the_signal_that_ended_the_command() {
    need!(tools(&["python3"]));
    let home = home();
    let fatal = (1..=31).chain([libc::SIGRTMIN(), libc::SIGRTMAX()]).filter(|signal| {
        // Signals that stop, continue or do nothing.
        ![17, 18, 19, 20, 21, 22, 23, 28].contains(signal)
    });
    for signal in fatal {
        let script = format!("import os; os.kill(os.getpid(), {signal})");
        // Python handles SIGINT and ignores SIGPIPE and SIGXFSZ; these have to do what they do.
        let script = format!("import signal; signal.signal({signal}, signal.SIG_DFL); {script}");
        let script = if [9, 19].contains(&signal) {
            format!("import os; os.kill(os.getpid(), {signal})")
        } else {
            script
        };
        let outcome = init(&home, &[], &["python3", "-c", &script]).outcome();
        assert_eq!(outcome.signal(), Some(signal), "{outcome:?}");
    }
}

#[test]
fn a_command_that_cannot_be_run_is_reported_as_without_a_parent() {
    let home = home();
    home.script("bad", "#!/nowhere\n");
    for (bindings, command) in [
        (&[][..], &["nope"][..]),
        (&[], &["./bad"]),
        (&[], &["/etc"]),
        (&[], &["./nope"]),
        (&["-s", "ABSENT"], &["true"]),
        (&["-s", "A=TOKEN#/x"], &["true"]),
    ] {
        let with = init(&home, bindings, command).outcome();
        let without = home.run(bindings, command).outcome();
        assert!(without.code() >= Some(125), "{without:?}");
        with.assert(without.code().unwrap(), &without.stdout(), &without.stderr());
    }
}

#[test]
fn process_1_exits_with_128_plus_the_signal() {
    need!(namespaces());
    let home = home();
    let kill = |signal: &str| {
        as_process_1(&home, &["--init"], &["sh", "-c", &format!("kill -{signal} $$")]).outcome()
    };
    kill("TERM").assert(143, "", "");
    kill("KILL").assert(137, "", "");
    as_process_1(&home, &["--init"], &["sh", "-c", "exit 3"]).outcome().assert(3, "", "");
}

#[test]
fn orphans_are_reaped() {
    need!(tools(&["python3"]));
    let home = home();
    let script = home.write("orphans.py", ORPHANS);
    let command = ["python3", script.to_str().unwrap()];
    init(&home, &[], &command).outcome().assert(7, "adopted 20, left []\n", "");
}

#[test]
fn orphans_are_reaped_as_process_1_too() {
    need!(namespaces());
    need!(tools(&["python3"]));
    let home = home();
    let script = home.write("orphans.py", ORPHANS);
    let command = ["python3", script.to_str().unwrap()];
    let outcome = as_process_1(&home, &["--init"], &command).outcome();
    outcome.assert(7, "adopted 20, left []\n", "");
}

#[test]
fn pfx_ends_with_the_command_even_if_other_processes_continue() {
    let home = home();
    let script = "sleep 300 >/dev/null 2>&1 & echo $!; exit 5";
    let outcome = init(&home, &[], &["sh", "-c", script]).outcome();
    assert_eq!(outcome.code(), Some(5));
    let left: i32 = outcome.stdout().trim().parse().unwrap();
    // SAFETY: a process that this test started.
    assert_eq!(unsafe { libc::kill(left, libc::SIGKILL) }, 0, "as without --init");
}

#[test]
fn a_caller_that_ignores_children_changes_nothing() {
    let home = home();
    let ignoring = init(&home, &[], &["sh", "-c", "exit 9"]).before(|| {
        // SAFETY: one system call.
        unsafe { libc::signal(libc::SIGCHLD, libc::SIG_IGN) };
        Ok(())
    });
    ignoring.outcome().assert(9, "", "");
}

#[test]
fn options_of_init_are_errors_without_it() {
    let home = home();
    for options in [&["--rewrite", "TERM=QUIT"][..], &["--stop-timeout", "1"], &["-g"]] {
        let outcome = home.run(options, &["true"]).outcome();
        assert_eq!(outcome.code(), Some(2));
        assert!(outcome.stderr().contains("--init"), "{outcome:?}");
    }
    init(&home, &["--rewrite", "KILL=TERM"], &["true"]).refuses(
        2,
        "pfx: error: cannot use --rewrite `KILL=TERM`: the first is a signal that pfx cannot forward\n\
         pfx: hint: for example `--rewrite TERM=QUIT`; `kill -l` lists the signals\n",
    );
}

#[test]
fn variables_of_init_are_ignored_without_it() {
    let home = home();
    let variables = [
        ("PFX_KILL_GROUP", "1"),
        ("PFX_STOP_TIMEOUT", "8"),
        ("PFX_STOP_TIMEOUT", "never"),
        ("PFX_REWRITE", "TERM=QUIT"),
        ("PFX_REWRITE", "no signals at all"),
    ];
    for (name, value) in variables {
        home.run(&[], &["true"]).env(name, value).gives("");
        home.run(&[], &["true"]).env(name, value).env("PFX_INIT", "0").gives("");
    }
    for (name, value) in variables {
        init(&home, &[], &["true"]).env(name, "").gives("");
        let code = init(&home, &[], &["true"]).env(name, value).outcome().code();
        assert_eq!(code, Some(if value.starts_with('n') { 2 } else { 0 }), "{name}={value}");
    }
}
