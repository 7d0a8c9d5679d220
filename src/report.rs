//! Words on stderr: errors, hints, warnings and, if asked for, what is going on. Each line begins with `pfx: `.

use std::io::Write;

use nix::sys::signal::Signal;

use crate::cli::ErrorFormat;
use crate::error::Error;
use crate::launch::write::Ignored;
use crate::name::Shown;
use crate::source::local::Warning;

/// Where pfx speaks to a person. Writing never fails the run, nor ends it by a signal: a closed, full or unread
/// stderr does not keep the command from starting.
pub struct Report<'w> {
    stream: &'w mut dyn Write,
    format: ErrorFormat,
    verbose: bool,
}

impl<'w> Report<'w> {
    pub fn new(stream: &'w mut dyn Write, verbose: bool, format: ErrorFormat) -> Self {
        Self { stream, format, verbose }
    }

    /// Tells an error and what to do about it.
    pub fn error(&mut self, error: &Error) {
        match self.format {
            ErrorFormat::Text => {
                self.line("error", &error.to_string());
                if let Some(hint) = error.hint() {
                    self.line("hint", &hint);
                }
            }
            ErrorFormat::Json => {
                let line = serde_json::json!({ "error": {
                    "kind": error.kind(),
                    "message": error.to_string(),
                    "hint": error.hint(),
                    "names": error.names(),
                    "exit": i32::from(error.exit()),
                }});
                self.write(&format!("{line}\n"));
            }
        }
    }

    /// Tells what a person should know, in one line. A program that reads JSON gets errors only.
    pub fn warning(&mut self, words: &str) {
        if self.format == ErrorFormat::Text {
            self.line("warning", words);
        }
    }

    /// Tells what is going on, if that is asked for.
    pub fn verbose(&mut self, text: impl FnOnce() -> String) {
        if self.verbose {
            self.write(&format!("pfx: {}\n", text()));
        }
    }

    fn line(&mut self, label: &str, text: &str) {
        self.write(&format!("pfx: {label}: {text}\n"));
    }

    fn write(&mut self, text: &str) {
        let _no_signals = [Ignored::new(Signal::SIGPIPE), Ignored::new(Signal::SIGXFSZ)];
        let _ = self.stream.write_all(text.as_bytes());
    }
}

/// A warning in one line, with what to do about it.
#[must_use]
pub fn words(warning: &Warning) -> String {
    match warning {
        Warning::Absent { variable, path } => {
            format!("{variable} names {}, which is not there", Shown(&path.to_string_lossy()))
        }
        Warning::CarriageReturn { place } => format!(
            "the value in {} ends with a carriage return (\\r): was the file saved with Windows line endings?",
            Shown(place)
        ),
        Warning::Closed { home } => format!(
            "cannot look into the home directory {}: it has no local configuration for this user",
            Shown(&home.to_string_lossy())
        ),
        Warning::NotDirectory { variable, path } => {
            format!("{variable} names {}, which is not a directory", Shown(&path.to_string_lossy()))
        }
        Warning::Forbidden { key, place } => format!(
            "key `{}` in {}: Prefect 1.x does not start with a key of this name",
            Shown(key),
            Shown(place)
        ),
        Warning::Hidden { name, place } => {
            format!("the secret `{}` is also in {}, which wins", Shown(name), Shown(place))
        }
        Warning::Power { variable, what } => format!(
            "a secret goes into {variable}, which decides {what}; `-s NAME` binds only what is named"
        ),
        Warning::Trust { path, fault } => fault.warning(path),
    }
}
