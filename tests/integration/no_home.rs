//! A home directory that cannot be entered, and paths that are not files: what this user does not have stops nothing.

use std::os::unix::fs::symlink;
use std::time::{Duration, Instant};

use nix::sys::stat::Mode;

use crate::support::needs::root;
use crate::support::{Home, Pfx, set_mode};

/// A home with a directory of secrets, and another home that this user cannot enter.
fn homes() -> Home {
    let home = Home::new();
    home.write("secrets/K", "v");
    home.write("other/.prefect/config.toml", "[context.secrets]\nK = \"theirs\"\n");
    home.write("file", "");
    symlink("loop", home.join("loop")).unwrap();
    home.give_to_nobody();
    set_mode(&home.join("other"), 0o000);
    home
}

fn at(home: &Home, other: &str, arguments: &[&str]) -> Pfx {
    let other = if other.starts_with('/') { other.into() } else { home.join(other) };
    home.pfx(arguments).env("HOME", other).by_nobody()
}

#[test]
fn a_home_that_cannot_be_entered_has_no_local_configuration() {
    let home = homes();
    let run = ["run", "--secrets-dir", "secrets", "-s", "K", "--", "printenv", "K"];
    // A remote store is used too, whose files are in the same place.
    let absent = ["run", "-s", "NONE?", "--", "echo", "started"];
    let long = "n".repeat(300);
    for other in ["other", "other/deeper", "file", "file/below", "loop", "none", &long, "/dev/null"]
    {
        at(&home, other, &run).gives("v\n");
        at(&home, other, &absent).gives("started\n");
        at(&home, other, &["secret", "list"]).gives("");
        at(&home, other, &["trust", "--list"]).gives("");
    }
    set_mode(&home.join("other"), 0o700);
}

#[test]
fn check_verbose_and_the_error_for_a_missing_name_report_it() {
    let home = homes();
    let note = "cannot access the home directory {home}/other: there is no local configuration for this user\n";
    let verbose =
        at(&home, "other", &["run", "-v", "--local", "-s", "NONE?", "--", "true"]).outcome();
    verbose.assert(0, "", &format!("pfx: {note}pfx: NONE: secret `NONE` not found (optional)\n"));
    let check = at(&home, "other", &["check", "--local"]).outcome();
    assert_eq!(check.code(), Some(0), "{check:?}");
    let note = note.replace("{home}", &home.path().to_string_lossy());
    assert_eq!(check.stderr(), format!("pfx: warning: {note}"));
    let json = at(&home, "other", &["check", "--local", "--json"]).outcome();
    assert!(json.stdout().contains(note.trim_end()), "{json:?}");
    let missing = at(&home, "other", &["run", "--local", "-s", "NONE", "--", "true"]).outcome();
    assert_eq!(missing.code(), Some(125));
    assert!(
        missing.stderr().contains("config.toml [context.secrets] (not accessible to this user)")
    );
    set_mode(&home.join("other"), 0o700);
}

#[test]
fn a_named_file_in_it_and_a_write_are_errors() {
    let home = homes();
    for variable in ["PREFECT__USER_CONFIG_PATH", "PREFECT__BACKEND_CONFIG_PATH"] {
        let path = home.join("other/.prefect/config.toml");
        let named =
            at(&home, "other", &["run", "--local", "-s", "K", "--", "true"]).env(variable, path);
        named.refuses(
            125,
            "pfx: error: cannot read {home}/other/.prefect/config.toml: Permission denied\n\
             pfx: hint: allow this user to read it, or set PREFECT__USER_CONFIG_PATH to another file (/dev/null \
             for none)\n",
        );
    }
    let profiles = at(&home, "none", &["run", "-s", "K", "--", "true"]);
    let outcome = profiles.env("PREFECT_PROFILES_PATH", home.join("other/profiles.toml")).outcome();
    assert_eq!(outcome.code(), Some(125), "{outcome:?}");
    at(&home, "other", &["secret", "set", "X"]).stdin("v").refuses(
        125,
        "pfx: error: cannot write {home}/other/.prefect/config.toml: Permission denied\npfx: hint: set HOME to this \
         user's own home directory, or PREFECT__USER_CONFIG_PATH to the path of another file\n",
    );
    at(&home, "other", &["secret", "delete", "K"]).refuses(
        125,
        "pfx: error: cannot read {home}/other/.prefect/config.toml: Permission denied\npfx: hint: set HOME to this \
         user's own home directory, or PREFECT__USER_CONFIG_PATH to the path of another file\n",
    );
    for none in ["file", "none", "/dev/null"] {
        assert_eq!(at(&home, none, &["secret", "delete", "K"]).outcome().code(), Some(1), "{none}");
    }
    set_mode(&home.join("other"), 0o700);
}

#[test]
fn a_prefect_directory_of_another_user_does_not_count_as_local_configuration() {
    need!(root());
    let home = Home::with_secrets("K = \"theirs\"\n");
    set_mode(home.path(), 0o755);
    home.run(&["--local", "-s", "K?"], &["sh", "-c", "echo ${K-unset}"])
        .by_nobody()
        .gives("unset\n");
}

#[test]
fn dev_null_counts_as_an_empty_file_everywhere() {
    let home = Home::with_secrets("A = \"v\"\n");
    let unset = ["sh", "-c", "echo ${A-unset}"];
    home.run(&["--local"], &unset).env("PREFECT__USER_CONFIG_PATH", "/dev/null").gives("unset\n");
    home.run(&["-s", "X?"], &["true"])
        .env("PREFECT__USER_CONFIG_PATH", "/dev/null")
        .env("PREFECT__BACKEND_CONFIG_PATH", "/dev/null")
        .env("PREFECT_PROFILES_PATH", "/dev/null")
        .gives("");
    home.run(&["--local", "-f", "/dev/null", "--env-file", "/dev/null"], &unset).gives("unset\n");
    home.run(&["--local"], &unset)
        .env("PFX_PROJECT", "/dev/null")
        .env("PFX_ENV_FILE", "/dev/null")
        .gives("unset\n");
    symlink("/dev/null", home.join(".env")).unwrap();
    symlink("/dev/null", home.join("pfx.toml")).unwrap();
    home.run(&["-f", "pfx.toml", "-s", "X?"], &["true"]).gives("");
    // It is never written or replaced.
    let path = home.join("null");
    symlink("/dev/null", &path).unwrap();
    for path in [path.to_str().unwrap(), "/dev/null"] {
        let set =
            home.pfx(["secret", "set", "A"]).stdin("v").env("PREFECT__USER_CONFIG_PATH", path);
        set.refuses(125, &format!("pfx: error: cannot trust {path}: it is not a regular file\n"));
    }
    // Other devices do not.
    let zero =
        home.run(&["--local"], &["true"]).env("PREFECT__USER_CONFIG_PATH", "/dev/zero").outcome();
    assert_eq!(zero.code(), Some(125), "{zero:?}");
}

#[test]
fn an_env_file_in_the_working_directory_that_is_a_fifo_is_read_once_or_skipped() {
    let home = Home::with_secrets("A = \"v\"\n");
    nix::unistd::mkfifo(&home.join(".env"), Mode::S_IRUSR | Mode::S_IWUSR).unwrap();
    // A run that finds everything locally does not need it.
    home.run(&["-s", "A"], &["printenv", "A"]).gives("v\n");
    let asked = |url: bool, key: bool, arguments: &[&str]| {
        let start = home.pfx(arguments);
        let start =
            if url { start.env("PREFECT_API_URL", "http://127.0.0.1:9/api") } else { start };
        let start = if key { start.env("PREFECT_API_AUTH_STRING", "CANARY") } else { start };
        let started = Instant::now();
        (start.outcome(), started.elapsed())
    };
    let run = ["run", "--timeout", "60", "-s", "NONE", "--", "true"];
    // Nothing writes to it, and it is not needed: pfx does not wait.
    let (outcome, _) = asked(true, true, &["check", "-s", "A"]);
    assert!(outcome.stderr().contains(".env is ignored: it is a FIFO"), "{outcome:?}");
    // It may have the credential.
    let (outcome, took) = asked(true, false, &run);
    assert!(outcome.stderr().contains("127.0.0.1:9 failed: Connection refused"), "{outcome:?}");
    assert!(took > Duration::from_secs(2), "{took:?}");
    // It may have the URL: another store must not be asked.
    let (outcome, _) = asked(false, false, &run);
    outcome.assert(
        125,
        "",
        "pfx: error: cannot read .env: it is a FIFO, and nothing was written to it within 3 s; to do without it, set \
         PREFECT_API_URL in the environment\n",
    );
    // A program writes to it once, as 1Password and Doppler do.
    for command in [&run[..], &["doctor", "--timeout", "60"]] {
        let script = "echo PREFECT_API_URL=http://127.0.0.1:9/api > .env & \"$@\"; wait";
        let words = [&["sh", "-c", script, "sh", env!("CARGO_BIN_EXE_pfx")], command].concat();
        let outcome = home.bare(&words).outcome();
        assert!(outcome.said().contains("127.0.0.1:9"), "{command:?}: {outcome:?}");
    }
}

#[test]
fn an_env_file_in_the_working_directory_that_is_not_a_file_is_ignored() {
    let home = Home::with_secrets("");
    let run = || home.run(&["-s", "NONE?"], &["echo", "started"]);
    std::fs::create_dir(home.join(".env")).unwrap();
    run().gives("started\n");
    std::fs::remove_dir(home.join(".env")).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(home.join(".env")).unwrap();
    run().gives("started\n");
    std::fs::remove_file(home.join(".env")).unwrap();
    symlink(".env", home.join(".env")).unwrap();
    run().gives("started\n");
    std::fs::remove_file(home.join(".env")).unwrap();
    symlink("/dev/zero", home.join("prefect.toml")).unwrap();
    run().gives("started\n");
}

#[test]
fn a_setting_in_a_file_of_another_user_is_refused_only_if_it_would_be_used() {
    need!(root());
    for (name, text) in [
        (".env", "PREFECT_API_URL=http://127.0.0.1:9/api\n"),
        ("prefect.toml", "[api]\nurl = \"http://127.0.0.1:9/api\"\n"),
        ("pyproject.toml", "[tool.prefect.api]\nurl = \"http://127.0.0.1:9/api\"\n"),
    ] {
        let home = Home::new();
        crate::support::chown_all(&home.write(name, text), 1000);
        let run = || home.run(&["--timeout", "60", "-s", "NONE"], &["true"]);
        run().refuses(
            125,
            &format!(
                "pfx: error: cannot trust {name}: it belongs to another user (uid 1000)\n\
                 pfx: hint: set its settings in the environment instead, or mount it read-only\n"
            ),
        );
        let outcome = run().env("PREFECT_API_URL", "http://127.0.0.1:10/api").outcome();
        assert!(
            outcome.stderr().contains("127.0.0.1:10 failed: Connection refused"),
            "{outcome:?}"
        );
    }
}
