//! A canary value in every command and every failure, at every verbosity: it appears in no output except that of
//! `secret get` and of the command.

use crate::support::needs::{strace_as_root, tools};
use crate::support::{Home, Outcome, Pfx, set_mode, traced};

/// No fragment of this may appear in any message.
const CANARY: &str = "Xc4n4rY-9e2b";

/// Half a canary would reveal it too.
const HALF: &str = "c4n4rY";

fn home() -> Home {
    let home = Home::with_secrets(&format!(
        "A = \"{CANARY}\"\nJ = '{{\"a\": \"{CANARY}\"}}'\nE = \"$HOME{CANARY}\"\nkeys = \"{CANARY}\"\n"
    ));
    home.write("dir/F", CANARY);
    home
}

/// Every way to request more output.
const VERBOSITIES: [&[(&str, &str)]; 4] = [
    &[],
    &[("PFX_VERBOSE", "1")],
    &[("PFX_VERBOSE", "1"), ("PFX_ERROR_FORMAT", "json")],
    &[("PFX_VERBOSE", "1"), ("RUST_LOG", "trace"), ("RUST_BACKTRACE", "full")],
];

#[track_caller]
fn silent(outcome: &Outcome, what: &str) {
    let said = outcome.said();
    assert!(!said.contains(HALF), "{what}: {said}");
}

#[track_caller]
fn always_silent(home: &Home, words: &[&str], prepare: impl Fn(Pfx) -> Pfx) {
    for verbosity in VERBOSITIES {
        let mut start = prepare(home.pfx(words));
        for (name, value) in verbosity {
            start = start.env(name, value);
        }
        silent(&start.outcome(), &format!("{words:?} {verbosity:?}"));
    }
}

#[test]
fn no_successful_command_shows_a_value() {
    let home = home();
    for words in [
        &["run", "--secrets-dir", "dir", "--", "true"][..],
        &["run", "--prefect", "-s", "A", "-s", "X=J#/a", "-s", "E", "--", "true"],
        &["run", "-s", "A", "--set", "S=Xc4n4rY", "--", "true"],
        &["check", "--local", "--secrets-dir", "dir"],
        &["check", "--local", "--json", "-s", "A", "-s", "X=J#/a", "--set", "S=Xc4n4rY"],
        &["secret", "list"],
        &["secret", "list", "--json", "--secrets-dir", "dir"],
        &["--help"],
        &["run", "--help"],
        &["completions", "zsh"],
    ] {
        always_silent(&home, words, |start| {
            start
                .env("PREFECT__CONTEXT__SECRETS__V", CANARY)
                .env("OTHER", CANARY)
                .env("PFX_SET", format!("P={CANARY}"))
        });
    }
    always_silent(&home, &["secret", "set", "N"], |start| start.stdin(CANARY));
    always_silent(&home, &["secret", "set", "N", "--json"], |start| {
        start.stdin(format!("\"{CANARY}\""))
    });
    always_silent(&home, &["secret", "set", "N", "--from-file", "dir/F"], |start| start);
    always_silent(&home, &["secret", "delete", "N"], |start| start);
}

#[test]
fn no_failure_shows_a_value() {
    let home = home();
    for words in [
        &["run", "--local", "-s", "A", "-s", "none", "true"][..],
        &["run", "-s", "A", "./none"],
        &["run", "-s", "A", "/"],
        &["run", "-s", "X=A#/a", "true"],
        &["run", "-s", "X=J#/none", "true"],
        &["run", "--set", "Xc4n4rY", "true"],
        &["run", "--set", "=Xc4n4rY", "true"],
        &["run", "-s", "A", "--set", "A=Xc4n4rY", "true"],
        &["run", "--strict", "-s", "A", "true"],
        &["secret", "set", "A", CANARY],
        &["secret", "set", "A", "--value", CANARY],
        &["secret", "set", "A", "--value=Xc4n4rY"],
        &["secret", "set", "--json=Xc4n4rY", "A"],
        &["run", "--frobnicate=Xc4n4rY", "true"],
        &["run", "--no-expand=Xc4n4rY", "true"],
        &["run", "--strict=Xc4n4rY", "true"],
    ] {
        always_silent(&home, words, |start| start);
    }
    for (name, value) in [
        ("PFX_NO_EXPAND", CANARY),
        ("PFX_TIMEOUT", CANARY),
        ("PFX_REMOTE", CANARY),
        ("PFX_ERROR_FORMAT", CANARY),
        ("PFX_SET", "'Xc4n4rY"),
        ("PREFECT__CONTEXT__SECRETS", CANARY),
        ("PREFECT__CONTEXT__SECRETS__A__B", CANARY),
        ("PREFECT__CONTEXT__SECRETS__A", "Xc4n4rY${none}"),
        ("PREFECT__CLOUD__API_KEY", "Xc4n4rY\n"),
    ] {
        for words in
            [&["run", "--local", "-s", "A", "true"][..], &["check", "--local"], &["secret", "list"]]
        {
            let start = home.pfx(words).env(name, value);
            silent(&start.outcome(), &format!("{words:?} with {name}"));
        }
    }
    let long = CANARY.repeat(131_072 / CANARY.len() + 1);
    home.pfx(["secret", "set", "L"]).stdin(&long).gives("");
    always_silent(&home, &["run", "-s", "L", "true"], |start| start);
    always_silent(&home, &["secret", "set", "N"], |start| start.stdin(format!("{CANARY}\0")));
    always_silent(&home, &["secret", "set", "N", "--json"], |start| start.stdin(CANARY));
    always_silent(&home, &["secret", "set", "items"], |start| start.stdin(CANARY));
    set_mode(&home.config(), 0o666);
    always_silent(&home, &["run", "-s", "A", "true"], |start| start);
    always_silent(&home, &["secret", "set", "A"], |start| start.stdin(CANARY));
}

#[test]
fn the_error_for_a_broken_file_does_not_show_a_value_at_the_broken_place() {
    let texts = [
        "A = \"Xc4n4rY\n",
        "A = Xc4n4rY\n",
        "Xc4n4rY\n",
        "A = \"\"\"\nXc4n4rY = \"\\q\"\n\"\"\"\n",
        "A = \"Xc4n4rY\" Xc4n4rY\n",
        "A = 'Xc4n4rY\n",
        "A = \"\"\"Xc4n4rY\n",
        "A = [Xc4n4rY\n",
        "A = {Xc4n4rY\n",
        "A = \"Xc4n4rY\\z\"\n",
        "[Xc4n4rY\n",
        "\"Xc4n4rY\n",
        "A = 1\nA = \"Xc4n4rY\"\n",
        "A.b = \"Xc4n4rY\"\nA = 1\n",
        "A = 0xXc4n4rY\n",
        "A = \"Xc4n4rY\u{1}\n",
        "A = 2020-01-01Xc4n4rY\n",
        "A = 1.Xc4n4rY\n",
        "A = trueXc4n4rY\n",
        "A = '''Xc4n4rY''''''\n",
        "A = \"Xc4n4rY\\e\"\n",
    ];
    for file in ["config.toml", "backend.toml"] {
        for text in texts {
            let home = Home::new();
            home.write(format!(".prefect/{file}"), format!("[context.secrets]\n{text}"));
            for words in [
                &["run", "--local", "-s", "A", "true"][..],
                &["check", "--local"],
                &["secret", "get", "A"],
            ] {
                let outcome = home.pfx(words).env("PFX_VERBOSE", "1").outcome();
                silent(&outcome, text);
                assert_eq!(outcome.code(), Some(125), "{text:?}: {}", outcome.said());
            }
            if file == "config.toml" {
                silent(&home.pfx(["secret", "set", "A"]).stdin(CANARY).outcome(), text);
                silent(&home.pfx(["secret", "delete", "A"]).outcome(), text);
            }
        }
    }
}

#[test]
fn afterwards_only_files_of_prefect_contain_a_value() {
    let home = Home::new();
    home.pfx(["secret", "set", "A"]).stdin(CANARY).gives("");
    home.run(&["-s", "A"], &["true"]).gives("");
    home.pfx(["secret", "get", "A"]).gives(CANARY);
    let holders: Vec<_> = home
        .contents()
        .into_iter()
        .filter(|(_, bytes)| String::from_utf8_lossy(bytes).contains(HALF))
        .map(|(path, _)| path)
        .collect();
    assert_eq!(holders, [home.config()]);
    home.pfx(["secret", "delete", "A"]).gives("");
    assert_eq!(home.prefect_files(), ["config.toml"]);
}

#[test]
fn a_value_is_passed_only_to_the_command() {
    need!(strace_as_root());
    let home = home();
    let trace = traced(&home, &["-v"], &["run", "-v", "-s", "A", "--", "true"], |start| start);
    assert_eq!(trace.outcome.code(), Some(0));
    let calls: Vec<&str> = trace
        .text
        .lines()
        .filter(|line| line.contains(HALF))
        .filter(|line| !(line.contains("read(") && line.contains("context.secrets")))
        .collect();
    // In the environment of the command, and not in its arguments.
    assert_eq!(calls.len(), 1, "{calls:?}");
    assert!(
        calls[0].contains("execve(") && calls[0].contains(&format!("\"A={CANARY}\"")),
        "{}",
        calls[0]
    );
}

#[test]
fn while_pfx_waits_for_a_value_no_process_of_the_same_user_can_read_its_memory() {
    let home = Home::new();
    home.give_to_nobody();
    set_mode(home.path(), 0o700);
    let waiting = home.pfx(["secret", "set", "A"]).env("OTHER", CANARY).by_nobody().start();
    let file = |name: &str| format!("/proc/{}/{name}", waiting.pid());
    let start = std::time::Instant::now();
    // Root owns the files of a process that is not dumpable (proc(5)).
    let owner =
        || std::os::unix::fs::MetadataExt::uid(&std::fs::metadata(file("environ")).unwrap());
    let mine = home.bare(&["id", "-u"]).by_nobody().outcome().stdout();
    let visible = || {
        owner().to_string() == mine.trim()
            || !std::fs::read(file("cmdline")).unwrap().starts_with(b"/")
    };
    while visible() {
        assert!(start.elapsed().as_secs() < 60, "it can be looked into");
        std::thread::yield_now();
    }
    for name in ["environ", "mem", "maps"] {
        let outcome = home.bare(&["cat", &file(name)]).by_nobody().outcome();
        assert!(outcome.stderr().contains("Permission denied"), "{name}: {}", outcome.said());
        assert!(outcome.stdout.is_empty());
    }
    let cmdline = std::fs::read(file("cmdline")).unwrap();
    assert!(!String::from_utf8_lossy(&cmdline).contains(HALF));
    assert_eq!(waiting.finish().code(), Some(0));
}

#[test]
fn a_failure_of_any_system_call_shows_no_value() {
    need!(tools(&["strace"]));
    let home = home();
    // The system calls of a run on its files, which fail one after the other.
    for call in ["openat", "read", "statx", "execve", "prlimit64", "fcntl"] {
        for error in ["EIO", "ENOMEM", "EMFILE"] {
            for when in 1..4 {
                let inject = format!("inject={call}:error={error}:when={when}");
                let config = home.config();
                // Only calls on the file, or every call if it has no path.
                let mut options = vec!["-e", inject.as_str()];
                if ["openat", "read", "statx"].contains(&call) {
                    options.extend(["-P", config.to_str().unwrap()]);
                }
                if call == "execve" && when == 1 {
                    // That would be the start of pfx.
                    continue;
                }
                let trace =
                    traced(&home, &options, &["run", "-v", "-s", "A", "--", "true"], |start| start);
                silent(&trace.outcome, &inject);
                let code = trace.outcome.code();
                assert!(
                    [Some(0), Some(125), Some(126), Some(127)].contains(&code),
                    "{inject}: {}",
                    trace.outcome.said()
                );
            }
        }
    }
}

/// Text after a `$`, or in the place of a name, is never shown.
#[test]
fn text_that_may_be_part_of_a_value_is_not_shown_as_a_name_in_an_error() {
    let home = home();
    for line in [
        "PW=hunter$Xc4n4rY",
        "PW=\"hunter$Xc4n4rY!\"",
        "PW=${Xc4n4rY}x",
        "PW=${Xc4n4rY:-$x}",
        "PW=${x:-$Xc4n4rY}",
        "PW=${x-Xc4n4rY}",
        "PW=$Xc4n4rY$argon2id$v=19",
        "PW=a#Xc4n4rY",
        "PW='a'Xc4n4rY",
        "PW=\"a\\tXc4n4rY\"",
        "PW=`Xc4n4rY`",
        "PW=x:pfx://secret/Xc4n4rY",
        "PW=pfx://Xc4n4rY/x",
        "PW=pfx://secret/x#Xc4n4rY",
        "PW=\nXc4n4rY",
        "PW=\nXc4n4rY12345678901==",
        "Xc4n4rY x=",
        "export Xc4n4rY",
    ] {
        home.write("e.env", line);
        for words in [
            &["run", "--local", "--env-file", "e.env", "true"][..],
            &["check", "--local", "--env-file", "e.env"],
            &["check", "--local", "--json", "--env-file", "e.env"],
            &["export", "--local", "--format", "json", "--env-file", "e.env"],
        ] {
            always_silent(&home, words, |start| start);
            let code = home.pfx(words).outcome().code();
            assert_eq!(code, Some(125), "{line:?} {words:?}");
        }
    }
    for text in [
        "env.A = 'x:pfx://secret/Xc4n4rY'",
        "env.A = 'pfx://Xc4n4rY/x'",
        "env.A = { secret = 'x', default = 'pfx://Xc4n4rY' }",
        "env.A = { secrt = 'Xc4n4rY' }",
        "[env]\nA = Xc4n4rY\n",
        "[env]\nA = 'x' Xc4n4rY\n",
    ] {
        home.write("p.toml", text);
        for words in
            [&["run", "--local", "-f", "p.toml", "true"][..], &["check", "--local", "-f", "p.toml"]]
        {
            always_silent(&home, words, |start| start);
        }
    }
    for words in [
        &["run", "--set", "Xc4n4rY$x", "true"][..],
        &["run", "--set", "Xc4n4rY\n=x", "true"],
        &["run", "--set", "A=x:pfx://secret/Xc4n4rY", "true"],
        &["run", "--set", "--Xc4n4rY", "true"],
        &["run", "--unset", "A=Xc4n4rY", "true"],
        &["run", "-b", "A=Xc4n4rY", "true"],
        &["run", "--Xc4n4rY", "true"],
        &["secret", "get", "A", "--Xc4n4rY"],
        &["secret", "Xc4n4rY"],
        &["Xc4n4rY"],
    ] {
        always_silent(&home, words, |start| start);
        assert_eq!(home.pfx(words).outcome().code(), Some(2), "{words:?}");
    }
    for value in ["a${Xc4n4rY!x}b", "a${x.Xc4n4rY}b", "${Xc4n4rY}", "${context.secrets.${Xc4n4rY}}"]
    {
        let home =
            Home::with_secrets(&format!("PW = '{value}'\n[context.secrets.T]\na = '{value}'\n"));
        for words in [
            &["secret", "get", "PW"][..],
            &["secret", "get", "T"],
            &["run", "--local", "-s", "PW", "true"],
            &["run", "--local", "true"],
            &["check", "--local", "-s", "PW"],
            &["export", "--local", "--format", "json", "-s", "PW"],
            &["doctor", "--local"],
            &["secret", "list"],
        ] {
            always_silent(&home, words, |start| start);
        }
    }
}
