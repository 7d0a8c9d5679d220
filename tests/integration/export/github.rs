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

/// As the runner reads a command on stdout (actions/runner, `ActionCommand.UnescapeData`), and what it then masks:
/// the whole and each of its lines (`AddMaskCommandExtension`).
fn unmasked(line: &str) -> String {
    let value = line.strip_prefix("::add-mask::").expect("nothing but masks");
    let value = value.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%");
    assert!(!value.contains(['\r', '\n']), "the runner would mask its parts: {value:?}");
    value
}

/// Whether a log hides this line, given the masks.
fn is_hidden(masks: &[String], line: &str) -> bool {
    masks.iter().any(|mask| line.contains(mask.as_str()))
}

#[test]
fn github_gets_masks_first_and_values_that_end_where_they_end() {
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
        assert_eq!(outcome.code(), Some(0), "{}", outcome.stderr());
        outcome.stdout()
    };
    let stdout = run();
    let written = std::fs::read_to_string(home.join("github_env")).unwrap();
    let written = written.strip_prefix("EARLIER=1\n").expect("it is appended to");
    assert_read(&read_as_runner(written), &values);
    let masked: Vec<String> = stdout.lines().map(unmasked).collect();
    for value in values.values() {
        for line in std::str::from_utf8(value).unwrap().split(['\n', '\r']).map(str::trim) {
            let letters = line.chars().filter(|character| character.is_alphanumeric()).count();
            assert!(letters < 3 || line == "null" || is_hidden(&masked, line), "{line:?}");
        }
    }
    for mask in &masked {
        assert!(
            mask.chars().count() >= 3 && !mask.chars().all(|c| "[]{}(),:\"' ".contains(c)),
            "{mask:?}"
        );
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
         pfx: hint: run pfx in a workflow step, or name a file with `--output`\n",
    );
    for name in ["NODE_OPTIONS", "GITHUB_TOKEN", "RUNNER_OS"] {
        let outcome = export(&home, "github", &["-s", &format!("{name}=A"), "--output", "out"]);
        assert_eq!((outcome.code(), outcome.stdout().as_str()), (Some(125), ""), "{name}");
    }
    assert!(!home.join("out").exists());
}

#[test]
fn github_masks_the_strings_of_json_and_nothing_that_every_log_is_full_of() {
    let account = "{\n  \"type\": \"service_account\",\n  \"private_key\": \"-----BEGIN KEY-----\\nMIIEvQIBADAN\\n-----END \
                   KEY-----\\n\",\n  \"n\": [\n    {\n      \"pin\": 12345678\n    }\n  ]\n}";
    let home = holding(&Values::from([
        ("ACCOUNT".to_owned(), account.as_bytes().to_vec()),
        ("PERCENT".to_owned(), b"50%25 \n".to_vec()),
        ("FLAG".to_owned(), b"true".to_vec()),
        ("DIGIT".to_owned(), b"1".to_vec()),
    ]));
    let outcome =
        export(&home, "github", &["--set", "TEXT=not a secret", "--all", "--local", "-o", "out"]);
    assert_eq!(outcome.code(), Some(0));
    let masked: Vec<String> = outcome.stdout().lines().map(unmasked).collect();
    for line in [
        "key=MIIEvQIBADAN",
        "service_account",
        "pin 12345678",
        "50%25",
        "  \"private_key\": \"-----BEGIN KEY-----",
    ] {
        assert!(is_hidden(&masked, line), "{line}: {masked:?}");
    }
    for line in [
        "{", "}", "  },", "]", "[", "  {", "true", "1", "", "not a secret", "type", "pin", "\"\"",
        "------",
    ] {
        assert!(!is_hidden(&masked, line), "{line:?}: {masked:?}");
    }
    let expected = ["DIGIT", "FLAG"].map(|name| {
        format!("pfx: warning: the log will show the value of {name}: it is too short or too common to be masked\n")
    });
    assert_eq!(outcome.stderr(), expected.concat());
}
