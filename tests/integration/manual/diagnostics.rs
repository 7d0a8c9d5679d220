//! pfx prints the messages that DIAGNOSTICS lists: the test provokes each.

use super::directory;
use crate::support::{Home, Pfx};

/// Placeholders in a listed message.
const PLACEHOLDERS: [&str; 5] = ["...", "FILE", "FORMAT", "NAME", "VAR"];

/// The listed messages of a page, `.It "…"` each.
fn listed(name: &str) -> Vec<String> {
    let source = std::fs::read_to_string(directory().join(name)).expect("a page can be read");
    let (_, rest) = source.split_once("\n.Sh DIAGNOSTICS\n").expect("a section DIAGNOSTICS");
    let section = rest.split("\n.Sh ").next().unwrap_or_default();
    let Some((_, list)) = section.split_once(".Bl -diag\n") else { return Vec::new() };
    let list = list.split("\n.El").next().unwrap_or_default();
    list.lines()
        .filter_map(|line| line.strip_prefix(".It "))
        .map(|line| line.trim_matches('"').replace("\\(ga", "`").replace("\\(dq", "\""))
        .collect()
}

/// Whether a line of stderr is the listed message: the same words, with some text for each placeholder, then the end or
/// more after a comma or a colon.
fn is_listed_as(line: &str, listed: &str) -> bool {
    let Some(message) = line.strip_prefix("pfx: ") else { return false };
    let message = message.strip_prefix("error: ").unwrap_or(message);
    let mut pieces = vec![listed.to_owned()];
    for placeholder in PLACEHOLDERS {
        pieces = pieces
            .iter()
            .flat_map(|piece| piece.split(placeholder).map(str::to_owned).collect::<Vec<_>>())
            .collect();
    }
    let mut pieces = pieces.iter();
    let first = pieces.next().expect("a piece");
    let Some(mut rest) = message.strip_prefix(first.as_str()) else { return false };
    for piece in pieces {
        // A placeholder is at least one character.
        let Some(first) = rest.chars().next() else { return false };
        let start = first.len_utf8();
        let Some(at) = rest[start..].find(piece.as_str()) else { return false };
        rest = &rest[start + at + piece.len()..];
    }
    rest.is_empty() || rest.starts_with([',', ':']) || listed.ends_with("...")
}

/// Starts that print the listed messages of a page, one for each and in the same order.
fn starts(home: &Home, page: &str) -> Vec<Pfx> {
    match page {
        "pfx-export.1" => vec![
            home.pfx(["export", "--set", "OPTIND=1", "--format", "sh"]),
            home.pfx(["export", "--set", "A=1\n2", "--format", "docker"]),
        ],
        "pfx-run.1" => vec![
            home.run(&["-s", "NOPE"], &["true"]),
            home.run(&["-s", "A", "-s", "A=B"], &["true"]),
            home.run(&[], &["./nothing"]),
        ],
        "pfx-secret.1" => vec![
            home.pfx(["secret", "set", "A", "value"]),
            home.pfx(["secret", "set", "A"])
                .stdin("new")
                .env("PREFECT__CONTEXT__SECRETS__A", "old"),
            home.pfx(["secret", "set", "items"]).stdin("new"),
        ],
        "pfx-trust.1" => {
            home.write("new/pfx.toml", "env.A = 'one'");
            home.write("changed/pfx.toml", "env.A = 'one'");
            home.pfx(["trust", "changed/pfx.toml"]).gives("");
            home.write("changed/pfx.toml", "env.A = 'two'");
            ["new", "changed"]
                .map(|directory| home.run(&[], &["true"]).current_dir(home.join(directory)))
                .into()
        }
        _ => Vec::new(),
    }
}

#[test]
fn pfx_prints_every_listed_message() {
    let mut count = 0;
    for path in super::pages() {
        let page = path.file_name().expect("a name").to_string_lossy().into_owned();
        let listed = listed(&page);
        let home = Home::with_secrets("A = 'one'\nB = 'two'\n");
        let starts = starts(&home, &page);
        assert_eq!(listed.len(), starts.len(), "man/{page} lists {listed:#?}");
        for (message, start) in listed.iter().zip(starts) {
            let stderr = start.outcome().stderr();
            assert!(
                stderr.lines().any(|line| is_listed_as(line, message)),
                "man/{page} lists\n  {message}\nand pfx prints\n  {stderr}"
            );
            count += 1;
        }
    }
    assert!(count > 5, "only {count} messages are listed");
}

#[test]
fn a_message_with_a_different_word_does_not_match_the_listed_one() {
    let listed = "cannot trust FILE: it has changed since you trusted it";
    assert!(is_listed_as(
        "pfx: error: cannot trust /a/pfx.toml: it has changed since you trusted it",
        listed
    ));
    for other in [
        "pfx: error: cannot trust /a/pfx.toml: it changed since you trusted it",
        "pfx: error: cannot trust /a/pfx.toml: it has changed since you trusted items",
        "pfx: error: cannot trust : it has changed since you trusted it",
        "pfx: warning: cannot trust /a/pfx.toml: it has changed since you trusted it",
    ] {
        assert!(!is_listed_as(other, listed), "{other}");
    }
    assert!(is_listed_as("pfx: error: cannot run `a`: no such file", "cannot run `NAME`"));
    assert!(is_listed_as("pfx: error: looked in a, then b", "looked in ..."));
    assert!(!is_listed_as("pfx: error: looked in ", "looked in ..."));
}
