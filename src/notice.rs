//! Notices: warnings and advice that do not stop a command.

use std::fmt;
use std::path::Path;

use crate::error::{Error, TrustFault};
use crate::name::Printable;

/// A notice for the user. It contains names, places and numbers, never a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    pub level: Level,
    /// A sentence without a full stop.
    pub text: String,
    /// The command or edit that fixes it, if there is one.
    pub fix: Option<String>,
}

/// How important a notice is, and so which commands show it. `check` shows all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// An error that stops a run. Only `doctor` shows it as a notice.
    Error,
    /// Every command shows it, and `doctor` lists it as a problem.
    Warning,
    /// Commands show it with `--verbose`, and `doctor` lists it as a problem.
    Advice,
    /// Commands show it with `--verbose`.
    Detail,
}

impl Notice {
    pub fn warning(text: impl Into<String>) -> Self {
        Self { level: Level::Warning, text: text.into(), fix: None }
    }

    pub fn advice(text: impl Into<String>) -> Self {
        Self { level: Level::Advice, text: text.into(), fix: None }
    }

    pub fn detail(text: impl Into<String>) -> Self {
        Self { level: Level::Detail, text: text.into(), fix: None }
    }

    /// An error, for the problems of `doctor`.
    pub fn of_error(error: &Error) -> Self {
        Self { level: Level::Error, text: error.to_string(), fix: error.hint() }
    }

    /// A file that others can read or change, or that belongs to another user.
    pub fn of_trust(path: &Path, fault: &TrustFault) -> Self {
        let (text, fix) = fault.warning(path);
        Self { level: Level::Warning, text, fix }
    }

    /// A variable or an option names a file or directory that does not exist.
    pub fn absent(variable: &str, path: &Path) -> Self {
        let path = path.to_string_lossy();
        Self::warning(format!("{variable} names {}, which does not exist", Printable(&path)))
    }

    #[must_use]
    pub fn with_fix(self, fix: impl Into<String>) -> Self {
        Self { fix: Some(fix.into()), ..self }
    }
}

/// On one line, with the fix.
impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.fix {
            Some(fix) => write!(f, "{}; fix: {fix}", self.text),
            None => f.write_str(&self.text),
        }
    }
}
