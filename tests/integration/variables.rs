//! `PFX_…` variables: an empty one counts as not set, one that a command does not use is ignored, and none changes what is
//! written.

use std::collections::BTreeSet;

use clap::CommandFactory as _;
use pfx::cli::Arguments;
use serde_json::{Value, json};

use crate::support::cloud1::{cloud, home as cloud_home};
use crate::support::{Home, Outcome, Request};

/// Every variable of every option.
fn every() -> BTreeSet<String> {
    fn add(command: &clap::Command, names: &mut BTreeSet<String>) {
        names.extend(command.get_arguments().filter_map(pfx::cli::variable));
        command.get_subcommands().for_each(|inner| add(inner, names));
    }
    let mut names = BTreeSet::new();
    add(&Arguments::command(), &mut names);
    assert!(names.len() > 25, "{names:?}");
    names
}

fn said(outcome: &Outcome) -> (Option<i32>, String, String) {
    (outcome.code(), outcome.stdout(), outcome.stderr())
}

#[test]
fn an_empty_variable_counts_as_not_set_for_every_command() {
    let home = Home::with_secrets("A = \"v\"\n");
    home.write("text", "x");
    for words in [
        &["run", "--", "/usr/bin/printenv", "A"][..],
        &["run", "--init", "--", "/usr/bin/printenv", "A"],
        &["run", "--file", "F=A", "--", "/bin/sh", "-c", "cat $F"],
        &["run", "--clean", "-s", "A", "--", "/usr/bin/printenv"],
        &["run", "--sceret", "A"],
        &["check"],
        &["check", "--json", "-k", "K"],
        &["export", "--format", "json"],
        &["export"],
        &["doctor", "--timeout", "1"],
        &["secret", "list"],
        &["secret", "get", "A"],
        &["secret", "get", "NONE", "--error-format", "json"],
        &["secret", "set", "A", "--from-file", "text"],
        &["secret", "list", "--remote"],
        &["kv", "list"],
        &["kv", "copy", "--from", "cloud1", "--to", "prefect"],
        &["trust", "--list"],
        &["trust"],
    ] {
        let plain = said(&home.pfx(words).outcome());
        let (mut empty, mut all) = (Vec::new(), home.pfx(words));
        for name in every() {
            all = all.env(&name, "");
            empty.push(name);
        }
        // Numbers are removed, because a command that counts variables counts one more.
        let counted = |(code, stdout, stderr): (_, String, String)| {
            (code, stdout.replace(|one: char| one.is_ascii_digit(), ""), stderr)
        };
        assert_eq!(counted(said(&all.outcome())), counted(plain.clone()), "all: {words:?}");
        if words[0] == "run" || words[0] == "export" {
            for name in empty {
                let one = said(&home.pfx(words).env(&name, "").outcome());
                assert_eq!(one, plain, "{name}: {words:?}");
            }
        }
    }
}

#[test]
fn the_command_gets_an_empty_variable_unchanged() {
    let home = Home::with_secrets("A = \"v\"\n");
    let start = home.run(&["-s", "A"], &["/usr/bin/env"]).env("PFX_TIMEOUT", "");
    let stdout = start.env("PFX_STOP_TIMEOUT", "").outcome().stdout();
    for line in ["A=v", "PFX_TIMEOUT=", "PFX_STOP_TIMEOUT="] {
        assert!(stdout.lines().any(|one| one == line), "{stdout}");
    }
}

#[test]
fn the_command_line_takes_precedence_over_a_conflicting_variable() {
    let server = cloud(&[("X", json!("remote"))], &[]);
    let home = cloud_home(&server.url());
    let print = ["/usr/bin/printenv", "X"];
    home.run(&["--remote", "cloud1", "-s", "X"], &print).env("PFX_LOCAL", "1").gives("remote\n");
    home.run(&["-s", "X"], &print)
        .env("PFX_LOCAL", "0")
        .env("PFX_REMOTE", "cloud1")
        .gives("remote\n");
    let requests = server.requests().len();
    for variables in
        [&[("PFX_REMOTE", "cloud1")][..], &[("PFX_REMOTE", "cloud1"), ("PFX_LOCAL", "1")]]
    {
        let options: &[&str] =
            if variables.len() == 1 { &["--local", "-s", "X"] } else { &["-s", "X"] };
        let outcome = home.run(options, &print).envs(variables.iter().copied()).outcome();
        assert_eq!(outcome.code(), Some(125), "{}", outcome.said());
        assert!(outcome.stderr().contains("no remote store is used: `--local` was given"));
    }
    assert_eq!(server.requests().len(), requests, "none was made");
    // A binding also takes precedence over one for the same variable.
    let literal = home.run(&["--set", "X=line"], &print).env("PFX_SECRET", "X");
    literal.env("PFX_SET", "X=v").gives("line\n");
    let outcome = home.run(&["--local"], &print).env("PFX_SECRET", "X X").outcome();
    assert_eq!(outcome.code(), Some(2), "{}", outcome.said());
    // Given together they conflict.
    let both = home.run(&["--local", "--remote", "cloud1", "-s", "X"], &print).outcome();
    assert_eq!(both.code(), Some(2), "{}", both.said());
    for option in [&["-g"][..], &["--stop-timeout", "8"], &["--rewrite", "TERM=INT"]] {
        let options = [&["--local", "--set", "X=1"], option].concat();
        let without = home.run(&options, &print).env("PFX_INIT", "0").outcome();
        assert_eq!(without.code(), Some(2), "{option:?}: {}", without.said());
    }
    let wrong = home.run(&["--local", "--keep", "X", "--set", "X=1"], &print).outcome();
    assert_eq!(wrong.code(), Some(2), "{}", wrong.said());
}

#[test]
fn a_variable_that_a_command_does_not_use_is_ignored() {
    let home = Home::with_secrets("A = \"v\"\n");
    let project = home.write("named.toml", "[env]\nA = \"project\"\n");
    let project = project.to_str().unwrap();
    for (name, value) in [
        ("PFX_KEEP", "A*"),
        ("PFX_KEEP", "'open"),
        ("PFX_FILE_MODE", "0440"),
        ("PFX_FILE_MODE", "nonsense"),
        ("PFX_FILE_NAME", "n"),
        ("PFX_PROFILE", "prod"),
        ("PFX_PROFILE", "'open"),
        ("PFX_TIMEOUT", "nonsense"),
        ("PFX_REMOTE", "nonsense"),
        ("PFX_FORMAT", "nonsense"),
        ("PFX_PREFIX", "x"),
        ("PFX_JSON", "1"),
        ("PFX_OUTPUT", "/none/x"),
    ] {
        home.run(&["--local"], &["/usr/bin/printenv", "A"]).env(name, value).gives("v\n");
        home.pfx(["secret", "list"]).env("PFX_JSON", "0").env(name, value).outcome();
        if name != "PFX_JSON" {
            home.pfx(["secret", "get", "A"]).env(name, value).gives("v");
            home.pfx(["secret", "list"]).env(name, value).gives("A\n");
        }
    }
    home.run(&["--local", "--no-project"], &["/usr/bin/printenv", "A"])
        .env("PFX_PROJECT", project)
        .gives("v\n");
    home.run(&["--local", "-f", project], &["/usr/bin/printenv", "A"])
        .env("PFX_NO_PROJECT", "1")
        .gives("project\n");
    home.pfx(["secret", "set", "A"]).stdin("v").env("PFX_SECRETS_DIR", "'open").gives("");
}

#[test]
fn a_used_variable_that_is_not_valid_is_an_error_that_does_not_quote_it() {
    let home = Home::with_secrets("A = \"v\"\n");
    for (name, value, options) in [
        ("PFX_TIMEOUT", "CANARY", &["-s", "A"][..]),
        ("PFX_TIMEOUT", "0", &["-s", "A"]),
        ("PFX_REMOTE", "CANARY", &["-s", "A"]),
        ("PFX_FILE_MODE", "CANARY", &["--file", "A"]),
        ("PFX_FILE_MODE", "0755", &["--file", "A"]),
        ("PFX_KEEP", "'CANARY", &["--clean"]),
        ("PFX_ERROR_FORMAT", "CANARY", &[]),
    ] {
        let outcome = home.run(options, &["/bin/true"]).env(name, value).outcome();
        assert_eq!(outcome.code(), Some(2), "{name}: {}", outcome.said());
        assert!(!outcome.said().contains("CANARY"), "{}", outcome.said());
    }
}

#[test]
fn no_variable_changes_what_is_written() {
    let home = Home::new();
    home.write("other", "other");
    let set = |name: &str, value: &str| {
        let mut pfx = home.pfx(["secret", "set", name]).stdin(value);
        for (variable, text) in [
            ("PFX_JSON", "1"),
            ("PFX_FROM_FILE", "other"),
            ("PFX_STRING", "1"),
            ("PFX_NAME", "other"),
            ("PFX_OUTPUT", "out"),
            ("PFX_NO_EXPAND", "1"),
            ("PFX_FILE", "A"),
        ] {
            pfx = pfx.env(variable, text);
        }
        pfx.gives("");
        home.pfx(["secret", "get", name]).gives(value);
    };
    for value in ["true", "hunter2", "\"quoted\"", "{\"a\": 1}", "007"] {
        set("A", value);
    }
    let server = cloud(&[], &[("k", json!("v"))]);
    let remote = cloud_home(&server.url());
    let _ = remote.pfx(["kv", "set", "k", "{\"daily\": 5}"]).env("PFX_STRING", "1").outcome();
    let _ =
        remote.pfx(["secret", "set", "S", "--remote"]).stdin("true").env("PFX_JSON", "1").outcome();
    let value_of = |request: &Request| -> Value {
        let body = request.json();
        let variables = body["variables"].as_str().expect("variables");
        serde_json::from_str::<Value>(variables).expect("JSON")["input"]["value"].clone()
    };
    let stored: Vec<Value> = server.requests().iter().map(value_of).collect();
    // A text that is JSON is stored as a JSON string, as Prefect 1.x reads it.
    assert_eq!(stored, [json!({"daily": 5}), json!("\"true\"")]);
    // Nor does a variable change where something is written.
    let print = home.pfx(["export", "--format", "json", "--set", "B=1"]);
    print.env("PFX_OUTPUT", "out").env("PFX_NAME", "Bad_Name").gives("{\n  \"B\": \"1\"\n}\n");
    assert!(!home.join("out").exists());
    let copy =
        home.pfx(["kv", "copy"]).env("PFX_FROM", "cloud1").env("PFX_TO", "prefect").outcome();
    assert_eq!(copy.code(), Some(2), "{}", copy.said());
}
