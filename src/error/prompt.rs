//! Why a typed or pasted answer cannot be used as a value.

use std::fmt;

/// Why a typed or pasted answer cannot be used as a value.
#[derive(Debug)]
pub enum PromptFault {
    /// Keys were pressed that are not text.
    OtherKeys,
    /// Several lines arrived at once, and the terminal does not mark where they end.
    SeveralLines,
    /// The text is longer than a value may be, in bytes.
    TooLong { limit: usize },
}

impl PromptFault {
    pub(super) fn hint(&self) -> String {
        match self {
            Self::OtherKeys => "type it again; ctrl-U clears the line",
            Self::SeveralLines | Self::TooLong { .. } => {
                "pass it on stdin (`pfx secret set NAME < FILE`), or with `--from-file FILE`"
            }
        }
        .to_owned()
    }
}

impl fmt::Display for PromptFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherKeys => {
                f.write_str("a key that is not text was pressed, such as an arrow key")
            }
            Self::SeveralLines => f.write_str(
                "it has several lines, and this terminal does not mark where pasted text ends",
            ),
            Self::TooLong { limit } => write!(f, "it is longer than {limit} bytes"),
        }
    }
}
