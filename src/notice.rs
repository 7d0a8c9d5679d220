//! What a person should know although nothing stops: one type for all of pfx.

use std::fmt;
use std::path::Path;

use crate::error::{Error, TrustFault};
use crate::name::Shown;

/// Something that a person should know. It holds names, places and numbers, never a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    pub level: Level,
    /// A sentence without a full stop.
    pub text: String,
    /// The command or edit that fixes it, if one surely does.
    pub fix: Option<String>,
}

/// How much a notice matters, and so who shows it. `check` shows all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Only `doctor` has it: something that stops a run.
    Error,
    /// Every command shows it; a problem to `doctor`.
    Warning,
    /// Commands show it with `--verbose`; a problem to `doctor`.
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

    /// An error, for a list of all that is wrong.
    pub fn of_error(error: &Error) -> Self {
        Self { level: Level::Error, text: error.to_string(), fix: error.hint() }
    }

    /// A file that others can read or change, or that belongs to another user.
    pub fn of_trust(path: &Path, fault: &TrustFault) -> Self {
        let (text, fix) = fault.warning(path);
        Self { level: Level::Warning, text, fix }
    }

    /// A variable or an option names a file or directory that is not there.
    pub fn absent(variable: &str, path: &Path) -> Self {
        let path = path.to_string_lossy();
        Self::warning(format!("{variable} names {}, which does not exist", Shown(&path)))
    }

    #[must_use]
    pub fn with_fix(self, fix: impl Into<String>) -> Self {
        Self { fix: Some(fix.into()), ..self }
    }
}

/// In one line, with what fixes it.
impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.fix {
            Some(fix) => write!(f, "{}; fix: {fix}", self.text),
            None => f.write_str(&self.text),
        }
    }
}
