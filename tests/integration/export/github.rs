//! Exports for GitHub Actions, read back by the rules of its runner.

use super::values::texts;
use super::{Values, assert_read, export, holding};

/// Reads the file as the runner does (actions/runner, `FileCommandManager`): a value is the lines between the first, which
/// names the delimiter, and the next line that is the delimiter, joined by the same line ends.
fn read_as_runner(mut text: &str) -> Values {
    let mut values = Values::new();
    while !text.is_empty() {
        let (head, rest) = text.split_once('\n').expect("a line ends");
        let (name, delimiter) = head.split_once("<<").expect("NAME<<DELIMITER");
        let end = format!("\n{delimiter}\n");
        // An empty value has a line, too.
        let at = rest.find(&end).expect("the delimiter ends the value");
        values.insert(name.to_owned(), rest.as_bytes()[..at].to_vec());
        text = &rest[at + end.len()..];
    }
    values
}

/// Reads a command on stdout as the runner does (actions/runner, `ActionCommand.UnescapeData`), and returns what it masks:
/// the whole text and each of its lines (`AddMaskCommandExtension`).
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
fn masks_are_first_and_every_value_ends_at_its_own_end() {
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
    // A second step uses a different random delimiter.
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
fn github_env_is_required_and_variables_that_the_runner_refuses_are_errors() {
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
fn strings_in_json_are_masked_but_not_text_that_is_common_in_logs() {
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
