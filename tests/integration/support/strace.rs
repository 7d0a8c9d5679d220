//! A program under strace(1): the system calls that it makes, or its outcome if one of them fails.

use std::ffi::OsString;

use super::{Home, Outcome, Pfx};

/// What strace wrote.
pub struct Trace {
    pub outcome: Outcome,
    /// One system call per line, of all processes.
    pub text: String,
}

impl Trace {
    /// The lines of calls of this name.
    pub fn calls(&self, name: &str) -> Vec<&str> {
        let head = format!("{name}(");
        self.text.lines().filter(|line| line.contains(&head)).collect()
    }
}

/// Runs pfx with `arguments` under strace with `options`; `prepare` may change the start.
pub fn traced(
    home: &Home,
    options: &[&str],
    arguments: &[&str],
    prepare: impl FnOnce(Pfx) -> Pfx,
) -> Trace {
    let directory = tempfile::TempDir::new().expect("a temporary directory");
    let file = directory.path().join("trace");
    let mut words: Vec<OsString> = ["-f", "-qq", "-s", "256", "-o"].map(OsString::from).to_vec();
    words.push(file.clone().into());
    words.extend(options.iter().map(OsString::from));
    words.push(env!("CARGO_BIN_EXE_pfx").into());
    words.extend(arguments.iter().map(OsString::from));
    let outcome = prepare(Pfx::new(home.path(), "strace", words)).outcome();
    let text = std::fs::read(&file).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    Trace { outcome, text: text.unwrap_or_default() }
}
