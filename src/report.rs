//! Words on stderr: errors, hints, warnings and, if asked for, what is going on. Each line begins with `pfx: `.

use std::io::Write;

use nix::sys::signal::Signal;

use crate::cli::ErrorFormat;
use crate::error::Error;
use crate::launch::ignored::Ignored;
use crate::notice::{Level, Notice};

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

    fn notice(&mut self, notice: &Notice) {
        match notice.level {
            Level::Error | Level::Warning => self.warning(notice),
            Level::Advice | Level::Detail => self.verbose(|| notice.to_string()),
        }
    }

    /// Shows all of these as warnings, for a command that is asked what it finds.
    pub fn warnings(&mut self, notices: &[Notice]) {
        for notice in notices {
            self.warning(notice);
        }
    }

    /// A program that reads JSON gets errors only.
    fn warning(&mut self, notice: &Notice) {
        if self.format == ErrorFormat::Text {
            self.line("warning", &notice.to_string());
        }
    }

    /// Shows the warnings among these, and with `--verbose` the rest.
    pub fn notices(&mut self, notices: impl IntoIterator<Item = Notice>) {
        notices.into_iter().for_each(|notice| self.notice(&notice));
    }

    /// Reports what is going on, with `--verbose`.
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
