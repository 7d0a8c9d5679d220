//! What an output stream can show: columns, colors and characters. pfx finds this out only when it prints something.

pub mod table;
pub mod wrap;

use std::borrow::Cow;
use std::io::IsTerminal;
use std::os::fd::AsFd;

use crate::cli::ColorChoice;
use crate::environment::Inherited;

/// What an output stream can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutputStyle {
    /// How many columns of the terminal to use. `None` for a pipe or a file: a program may read those line by line, so
    /// their layout never changes.
    pub columns: Option<usize>,
    pub color: bool,
    /// Whether the locale's encoding is UTF-8.
    pub unicode: bool,
}

/// For a terminal whose width is not known.
const DEFAULT_COLUMNS: usize = 80;
/// In a narrower terminal, lines are longer than the terminal is wide.
const FEWEST_COLUMNS: usize = 20;
/// Longer lines are hard to read, however wide the terminal is.
const MOST_COLUMNS: usize = 100;

/// What a piece of text is. This decides its color, which is one of the 16 that every theme defines, light or dark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Error,
    Warning,
    Hint,
    Heading,
    /// A word to be typed as it is.
    Literal,
}

impl Role {
    /// ECMA-48, SGR: bold, and a color of the text.
    const fn code(self) -> &'static str {
        match self {
            Self::Error => "1;31",
            Self::Warning => "1;33",
            Self::Hint | Self::Literal => "1;36",
            Self::Heading => "1",
        }
    }
}

/// The state of what a row shows. On a terminal, the row begins with a character for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mark {
    Good,
    Bad,
    Doubtful,
    /// Neither good nor bad.
    #[default]
    Plain,
}

impl OutputStyle {
    /// The style for text that programs read.
    pub const PLAIN: Self = Self { columns: None, color: false, unicode: false };

    /// The style for a stream, according to the stream and the environment. `choice` is the value of `--color` or its
    /// variable.
    pub fn of(
        stream: &(impl AsFd + IsTerminal),
        choice: Option<ColorChoice>,
        inherited: Inherited<'_>,
    ) -> Self {
        let is_terminal = stream.is_terminal();
        let columns = || {
            let asked = terminal_size::terminal_size_of(stream).map(|(width, _)| width.0.into());
            let known = asked.filter(|&columns| columns > 0).unwrap_or(DEFAULT_COLUMNS);
            known.clamp(FEWEST_COLUMNS, MOST_COLUMNS)
        };
        Self {
            columns: is_terminal.then(columns),
            color: is_colored(choice, is_terminal, inherited),
            unicode: is_utf8(inherited),
        }
    }

    /// The text in the color of its role, if there are colors.
    pub fn paint(self, role: Role, text: &str) -> Cow<'_, str> {
        self.colored(role.code(), text)
    }

    fn colored<'t>(self, code: &str, text: &'t str) -> Cow<'t, str> {
        if self.color { format!("\x1b[{code}m{text}\x1b[0m").into() } else { text.into() }
    }

    /// The character for a mark, one column wide.
    pub fn mark(self, mark: Mark) -> Cow<'static, str> {
        let (unicode, ascii, code) = match mark {
            Mark::Good => ("✓", "+", "32"),
            Mark::Bad => ("✗", "x", "31"),
            Mark::Doubtful => ("!", "!", "33"),
            Mark::Plain => return " ".into(),
        };
        self.colored(code, if self.unicode { unicode } else { ascii })
    }
}

/// Whether to print colors: the option, then <https://no-color.org>, then <https://bixense.com/clicolors/>, then
/// the terminal.
fn is_colored(choice: Option<ColorChoice>, is_terminal: bool, inherited: Inherited<'_>) -> bool {
    let set = |name: &[u8]| inherited.get_nonempty(name);
    match choice.unwrap_or_default() {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto if set(b"NO_COLOR").is_some() => false,
        ColorChoice::Auto if set(b"CLICOLOR_FORCE").is_some_and(|text| text != b"0") => true,
        ColorChoice::Auto if set(b"CLICOLOR") == Some(b"0") => false,
        ColorChoice::Auto => is_terminal && set(b"TERM").is_some_and(|kind| kind != b"dumb"),
    }
}

/// Whether the characters of the locale are UTF-8: the first variable that is set decides (POSIX.1-2017, XBD 8.2).
fn is_utf8(inherited: Inherited<'_>) -> bool {
    let set = |name: &&str| inherited.get_nonempty(name.as_bytes());
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(set).unwrap_or_default();
    let locale = String::from_utf8_lossy(locale);
    let encoding = locale.split_once('.').map_or("", |(_, rest)| rest);
    let encoding = encoding.split('@').next().unwrap_or_default();
    encoding.replace('-', "").eq_ignore_ascii_case("utf8")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::CStr;

    #[test]
    fn the_option_then_no_color_then_clicolor_force_then_the_terminal_decide() {
        use ColorChoice::{Always, Auto, Never};
        let term = c"TERM=xterm";
        for (choice, variables, on_terminal, piped) in [
            (None, &[term][..], true, false),
            (None, &[], false, false),
            (None, &[c"TERM=dumb"], false, false),
            (Some(Auto), &[term], true, false),
            (Some(Always), &[c"NO_COLOR=1", c"TERM=dumb"], true, true),
            (Some(Never), &[term, c"CLICOLOR_FORCE=1"], false, false),
            (None, &[term, c"NO_COLOR=1"], false, false),
            (None, &[term, c"NO_COLOR="], true, false),
            (None, &[term, c"NO_COLOR=1", c"CLICOLOR_FORCE=1"], false, false),
            (Some(Auto), &[term, c"NO_COLOR=0"], false, false),
            (None, &[c"CLICOLOR_FORCE=1"], true, true),
            (None, &[c"CLICOLOR_FORCE=1", c"TERM=dumb"], true, true),
            (None, &[term, c"CLICOLOR_FORCE=0"], true, false),
            (None, &[term, c"CLICOLOR_FORCE="], true, false),
            (None, &[term, c"CLICOLOR=0"], false, false),
            (None, &[term, c"CLICOLOR=1"], true, false),
        ] {
            let decided = |is_terminal| is_colored(choice, is_terminal, Inherited(variables));
            assert_eq!((decided(true), decided(false)), (on_terminal, piped), "{variables:?}");
        }
    }

    #[test]
    fn the_first_variable_of_the_locale_that_is_set_decides() {
        let is = |variables: &[&CStr]| is_utf8(Inherited(variables));
        for yes in [
            &[c"LANG=en_GB.UTF-8"][..],
            &[c"LANG=C.utf8"],
            &[c"LANG=C", c"LC_CTYPE=de_DE.UTF-8@euro"],
            &[c"LANG=C", c"LC_CTYPE=C", c"LC_ALL=C.UTF-8"],
            &[c"LC_ALL=", c"LANG=en_US.UTF-8"],
        ] {
            assert!(is(yes), "{yes:?}");
        }
        for no in [
            &[][..],
            &[c"LANG=C"],
            &[c"LANG=POSIX"],
            &[c"LANG=de_DE.ISO-8859-1"],
            &[c"LANG=en_US.UTF-8", c"LC_ALL=C"],
            &[c"LANG=utf8"],
        ] {
            assert!(!is(no), "{no:?}");
        }
    }
}
