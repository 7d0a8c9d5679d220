//! Messages on stderr: errors, hints, warnings and, with `--verbose`, progress. Each begins with `pfx: `.
//!
//! In a pipe or a file each takes one line. On a terminal it is wrapped, and the places of an error are a list.

use std::io::Write;

use nix::sys::signal::Signal;

use crate::cli::ErrorFormat;
use crate::error::{Error, Statement};
use crate::launch::ignored::IgnoredSignal;
use crate::notice::{Level, Notice};
use crate::terminal::wrap::{listed, width, wrapped};
use crate::terminal::{OutputStyle, Role, table};

/// How far the further lines of a message are indented.
const INDENT: usize = 4;

/// Prints messages for the user. If a message cannot be written, because stderr is closed, full or not read, the command
/// starts all the same, and no signal ends pfx.
pub struct Report<'w> {
    stream: &'w mut dyn Write,
    /// Called only when something is written.
    style: &'w dyn Fn() -> OutputStyle,
    format: ErrorFormat,
    verbose: bool,
}

impl<'w> Report<'w> {
    pub fn new(
        stream: &'w mut dyn Write,
        style: &'w dyn Fn() -> OutputStyle,
        verbose: bool,
        format: ErrorFormat,
    ) -> Self {
        Self { stream, style, format, verbose }
    }

    /// Shows an error and what to do about it.
    pub fn error(&mut self, error: &Error) {
        match self.format {
            ErrorFormat::Text => {
                let text = error_text(error, (self.style)());
                self.write(&text);
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

    /// Shows all of these as warnings, for a command that reports everything it finds.
    pub fn warnings(&mut self, notices: &[Notice]) {
        for notice in notices {
            self.warning(notice);
        }
    }

    /// With `--error-format json`, only errors are printed.
    fn warning(&mut self, notice: &Notice) {
        if self.format == ErrorFormat::Text {
            let text = warning_text(notice, (self.style)());
            self.write(&text);
        }
    }

    /// Shows the warnings among these, and with `--verbose` the rest.
    pub fn notices(&mut self, notices: impl IntoIterator<Item = Notice>) {
        notices.into_iter().for_each(|notice| self.notice(&notice));
    }

    /// Reports what is going on, with `--verbose`.
    pub fn verbose(&mut self, text: impl FnOnce() -> String) {
        if self.verbose {
            let text = labelled(None, &text(), (self.style)());
            self.write(&text);
        }
    }

    fn write(&mut self, text: &str) {
        let _no_signals =
            [IgnoredSignal::new(Signal::SIGPIPE), IgnoredSignal::new(Signal::SIGXFSZ)];
        let _ = self.stream.write_all(text.as_bytes());
    }
}

fn error_text(error: &Error, style: OutputStyle) -> String {
    const LABEL: (Role, &str) = (Role::Error, "error:");
    let mut text = match style.columns {
        None => labelled(Some(LABEL), &error.to_string(), style),
        Some(columns) => {
            let mut text = String::new();
            let statements = error.statements();
            for (index, Statement { text: first, places, remark }) in statements.iter().enumerate()
            {
                text += &if index == 0 {
                    labelled(Some(LABEL), first, style)
                } else {
                    indented(first, INDENT, columns)
                };
                text.extend(places.iter().map(|place| listed(place, INDENT, columns)));
                // Printed once, after the last statement that has it.
                let is_repeated = statements[index + 1..].iter().any(|one| one.remark == *remark);
                if let Some(remark) = remark.as_ref().filter(|_| !is_repeated) {
                    text += &indented(remark, INDENT, columns);
                }
            }
            text
        }
    };
    if let Some(hint) = error.hint() {
        text += &labelled(Some((Role::Hint, "hint:")), &hint, style);
    }
    text
}

fn warning_text(notice: &Notice, style: OutputStyle) -> String {
    const LABEL: (Role, &str) = (Role::Warning, "warning:");
    match (style.columns, &notice.fix) {
        (Some(columns), Some(fix)) => {
            labelled(Some(LABEL), &notice.text, style) + &table::fix(fix, style, columns)
        }
        _ => labelled(Some(LABEL), &notice.to_string(), style),
    }
}

/// A message after pfx's name and its label.
fn labelled(label: Option<(Role, &str)>, text: &str, style: OutputStyle) -> String {
    let start = label.map_or(0, |(_, word)| width(word) + 1) + "pfx: ".len();
    let label = label.map(|(role, word)| format!("{} ", style.paint(role, word)));
    let label = label.unwrap_or_default();
    match style.columns {
        Some(columns) => format!("pfx: {label}{}\n", wrapped(text, start, INDENT, columns)),
        None => format!("pfx: {label}{text}\n"),
    }
}

fn indented(text: &str, indent: usize, columns: usize) -> String {
    format!("{:indent$}{}\n", "", wrapped(text, indent, indent + 2, columns))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Missing;
    use crate::exit::Exit;

    fn missing() -> Error {
        let places =
            vec!["the variables X".to_owned(), "/a/config.toml [context.secrets]".to_owned()];
        let of = |kind, name: &str, places: &[String]| Missing {
            remote_not_used: Some("`--local` was given".to_owned()),
            can_be_stored: true,
            ..Missing::of(kind, name, places.to_vec())
        };
        let missing = ["FIRST", "SECOND", "THIRD"].map(|name| of("secret", name, &places));
        let key = of("key", "K", &[]);
        Error::Missing { missing: missing.into_iter().chain([key]).collect(), exit: Exit::Failed }
    }

    #[test]
    fn on_a_terminal_places_are_a_list_and_no_line_is_too_long() {
        let style = OutputStyle { columns: Some(50), ..OutputStyle::PLAIN };
        assert_eq!(
            error_text(&missing(), style),
            "pfx: error: cannot find the secrets `FIRST`,\n    \
                 `SECOND`, `THIRD`; looked in:\n    \
                 - the variables X\n    \
                 - /a/config.toml [context.secrets]\n    \
                 cannot find the key `K`: only a remote store\n      \
                   can provide it\n    \
                 no remote store is used: `--local` was given\n\
             pfx: hint: `pfx secret set FIRST` stores it on\n    \
                 this machine\n"
        );
    }

    #[test]
    fn colors_do_not_change_the_layout() {
        for columns in [None, Some(40), Some(200)] {
            let plain = OutputStyle { columns, ..OutputStyle::PLAIN };
            let colored = error_text(&missing(), OutputStyle { color: true, ..plain });
            assert!(colored.starts_with("pfx: \x1b[1;31merror:\x1b[0m cannot"), "{colored:?}");
            assert!(colored.contains("pfx: \x1b[1;36mhint:\x1b[0m `pfx"), "{colored:?}");
            let stripped = ["\x1b[1;31m", "\x1b[1;36m", "\x1b[0m"]
                .iter()
                .fold(colored, |text, code| text.replace(code, ""));
            assert_eq!(stripped, error_text(&missing(), plain));
        }
    }

    #[test]
    fn the_fix_of_a_warning_is_on_its_own_line_on_a_terminal() {
        let notice =
            Notice::warning("others can read /a/config.toml").with_fix("`chmod go-rwx /a`");
        assert_eq!(
            warning_text(&notice, OutputStyle::PLAIN),
            "pfx: warning: others can read /a/config.toml; fix: `chmod go-rwx /a`\n"
        );
        let terminal = OutputStyle { columns: Some(80), ..OutputStyle::PLAIN };
        assert_eq!(
            warning_text(&notice, terminal),
            "pfx: warning: others can read /a/config.toml\n    fix: `chmod go-rwx /a`\n"
        );
    }
}
