//! Read back by the rules of the runner of GitHub Actions.

use super::values::texts;
use super::{Values, assert_read, export, holding};

/// As the runner reads the file (actions/runner, `FileCommandManager`): the lines between the first, which
/// names the delimiter, and the next one that is the delimiter, joined by what joined them there.
fn read_as_runner(mut text: &str) -> Values {
    let mut values = Values::new();
    while !text.is_empty() {
        let (head, rest) = text.split_once('\n').expect("a line ends");
        let (name, delimiter) = head.split_once("<<").expect("NAME<<DELIMITER");
        let end = format!("\n{delimiter}\n");
        // An empty value still has a line of its own.
        let at = rest.find(&end).expect("the delimiter ends the value");
        values.insert(name.to_owned(), rest.as_bytes()[..at].to_vec());
        text = &rest[at + end.len()..];
    }
    values
}

/// As the runner reads a command on stdout (actions/toolkit, `escapeData`, undone).
fn unmasked(line: &str) -> String {
    let value = line.strip_prefix("::add-mask::").expect("nothing but masks");
    value.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%")
}

#[test]
fn github_gets_every_line_masked_first_and_values_that_end_where_they_end() {
    let mut values = texts();
    values.insert(
        "ATTACK".to_owned(),
        b"x\nghadelimiter\nNODE_OPTIONS=1\nEVIL<<EOF\n1\nEOF".to_vec(),
    );
    let home = holding(&values);
    home.write("github_env", "EARLIER=1\n");
    let run = || {
        let pfx = home.pfx(["export", "--secrets-dir", "secrets", "--format", "github"]);
        let outcome = pfx.env("GITHUB_ENV", home.join("github_env")).outcome();
        assert_eq!((outcome.code(), outcome.stderr().as_str()), (Some(0), ""));
        outcome.stdout()
    };
    let stdout = run();
    let written = std::fs::read_to_string(home.join("github_env")).unwrap();
    let written = written.strip_prefix("EARLIER=1\n").expect("it is appended to");
    assert_read(&read_as_runner(written), &values);
    let masked: Vec<String> = stdout.lines().map(unmasked).collect();
    for value in values.values() {
        for line in std::str::from_utf8(value).unwrap().split('\n') {
            assert!(
                line.trim_ascii().is_empty() || masked.iter().any(|mask| mask == line),
                "{line:?}"
            );
        }
    }
    // A second step draws another delimiter.
    run();
    let both = std::fs::read_to_string(home.join("github_env")).unwrap();
    let delimiters: std::collections::BTreeSet<&str> = both
        .lines()
        .filter_map(|line| line.split_once("<<ghadelimiter_"))
        .map(|(_, rest)| rest)
        .collect();
    assert_eq!(delimiters.len(), 2);
}

#[test]
fn github_needs_its_file_and_refuses_what_the_runner_refuses() {
    let home = holding(&Values::from([("A".to_owned(), b"CANARY".to_vec())]));
    export(&home, "github", &[]).assert(
        2,
        "",
        "pfx: error: cannot export for GitHub Actions: GITHUB_ENV is not set\n\
         pfx: hint: run it in a step of a workflow, or name a file with `--output`\n",
    );
    for name in ["NODE_OPTIONS", "GITHUB_TOKEN", "RUNNER_OS"] {
        let outcome = export(&home, "github", &["-s", &format!("{name}=A"), "--output", "out"]);
        assert_eq!((outcome.code(), outcome.stdout().as_str()), (Some(125), ""), "{name}");
    }
    assert!(!home.join("out").exists());
}
