//! `pfx export`: each format read back by the program it is for, over values of random bytes.

mod data;
mod dotenv;
mod github;
mod names;
mod output;
mod shells;
pub mod values;

use std::collections::BTreeMap;
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::support::needs::{Missing, prefect};
use crate::support::{Home, Outcome};

pub type Values = BTreeMap<String, Vec<u8>>;

/// The Python in which Prefect 3 is installed, and with it python-dotenv and jsonschema.
pub fn prefect_3_python() -> Result<PathBuf, Missing> {
    Ok(prefect(3)?.join("bin/python"))
}

/// A home with a directory of these secrets, each named after its variable.
pub fn holding(values: &Values) -> Home {
    let home = Home::new();
    home.write("secrets/.keep", "");
    std::fs::remove_file(home.join("secrets/.keep")).unwrap();
    for (name, value) in values {
        // One newline at the end is not part of the value.
        home.write(format!("secrets/{name}"), [value, &b"\n"[..]].concat());
    }
    home
}

pub fn export(home: &Home, format: &str, more: &[&str]) -> Outcome {
    let arguments = [&["export", "--secrets-dir", "secrets", "--format", format], more].concat();
    less_warnings(home.pfx(arguments).outcome())
}

/// Without the warnings for values that end with a carriage return.
fn less_warnings(mut outcome: Outcome) -> Outcome {
    let is_warning = |line: &str| line.contains(" ends with a carriage return (");
    let stderr = outcome.stderr();
    outcome.stderr =
        stderr.split_inclusive('\n').filter(|line| !is_warning(line)).collect::<String>().into();
    outcome
}

/// Exports to a file that all programs of the test can read, and returns its path.
fn exported(home: &Home, format: &str) -> PathBuf {
    let outcome = export(home, format, &["--output", "exported"]);
    outcome.assert(0, "", "");
    home.join("exported")
}

/// What `env -0` printed.
pub fn variables(stdout: &[u8]) -> Values {
    let entries = stdout.split(|&byte| byte == 0).filter(|entry| !entry.is_empty());
    entries
        .map(|entry| {
            let at = entry.iter().position(|&byte| byte == b'=').unwrap();
            (String::from_utf8_lossy(&entry[..at]).into_owned(), entry[at + 1..].to_vec())
        })
        .collect()
}

/// Variables that a program printed as lines of a name and the value in base64.
fn encoded(outcome: &Outcome) -> Values {
    assert_eq!(outcome.code(), Some(0), "{}", outcome.stderr());
    let lines = outcome.stdout();
    let entry = |line: &str| {
        let (name, value) = line.split_once(' ').unwrap();
        (name.to_owned(), STANDARD.decode(value).unwrap())
    };
    lines.lines().map(entry).collect()
}

#[track_caller]
pub fn assert_read(read: &Values, expected: &Values) {
    for (name, value) in expected {
        let shown = |value: &[u8]| value.escape_ascii().to_string();
        let got = read.get(name).map(|value| shown(value));
        assert_eq!(got, Some(shown(value)), "{name}");
    }
}

/// The values that the format accepts. For the others it must report an error with the name, and write nothing.
pub fn taken(format: &str, values: Values) -> Values {
    let home = holding(&values);
    let mut taken = Values::new();
    for (name, value) in values {
        let outcome = export(&home, format, &["-s", &name]);
        if outcome.code() == Some(0) {
            taken.insert(name, value);
        } else {
            assert_eq!((outcome.code(), outcome.stdout.len()), (Some(125), 0));
            let stderr = outcome.stderr();
            assert!(stderr.starts_with(&format!("pfx: error: cannot use `{name}`: ")), "{stderr}");
            assert!(stderr.contains("cannot hold it"), "{stderr}");
        }
    }
    taken
}
