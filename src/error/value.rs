//! Why a value cannot be used.

use std::fmt;

use crate::name::Shown;

/// Why a value cannot be used.
#[derive(Debug)]
pub enum ValueFault {
    /// `${…}` references lead back to where they began, or nest too deep.
    Cycle,
    /// A NUL byte in a text.
    Nul,
    /// A NUL byte in what a file can hold and a variable cannot.
    NulInVariable,
    /// The form of an export cannot hold it.
    NotForFormat { format: &'static str, problem: &'static str },
    /// A pointer was given, and the value is no JSON.
    NotJson,
    /// The bytes are no UTF-8.
    NotUtf8,
    /// Longer than one variable may be: bytes of `NAME=value`.
    TooLong { variable: String, bytes: usize, limit: usize },
    /// `${…}` names what is neither a variable nor a key of the configuration.
    Unset { reference: String },
}

impl ValueFault {
    pub(super) fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Cycle | Self::Unset { .. } => {
                "`--no-expand` takes the values as they are written".to_owned()
            }
            Self::NotForFormat { .. } => {
                "`--format sh` holds any bytes, `--format json` any text".to_owned()
            }
            Self::NotJson => "leave out the `#/…` to take the whole value".to_owned(),
            Self::NulInVariable => "a file can hold it: `--file VAR=NAME`".to_owned(),
            Self::TooLong { variable, .. } => {
                format!(
                    "hand it over as a file, whose path the variable holds: `--file {variable}=NAME`"
                )
            }
            Self::Nul | Self::NotUtf8 => return None,
        })
    }
}

impl fmt::Display for ValueFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cycle => formatter.write_str("its references go round in a circle"),
            Self::Nul | Self::NulInVariable => {
                formatter.write_str("its value has a NUL byte, which no variable can hold")
            }
            Self::NotJson => {
                formatter.write_str("its value is no JSON, so nothing can be picked from it")
            }
            Self::NotForFormat { format, problem } => {
                write!(formatter, "{format} cannot hold it: {problem}")
            }
            Self::NotUtf8 => formatter.write_str("its value is not UTF-8, which this needs"),
            Self::TooLong { variable, bytes, limit } => write!(
                formatter,
                "`{variable}` would take {bytes} bytes and the kernel takes {limit} in one variable"
            ),
            Self::Unset { reference } => write!(
                formatter,
                "its value refers to `${{{}}}`, which is neither a variable nor a key of the configuration",
                Shown(reference)
            ),
        }
    }
}
