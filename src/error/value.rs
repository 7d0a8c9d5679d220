//! Why a value cannot be used.

use std::borrow::Cow;
use std::fmt;

use super::listed;
use crate::name::Printable;

/// Why a value cannot be used.
#[derive(Clone, Debug)]
pub enum ValueFault {
    /// A block that refers to a secret elsewhere, or that contains other blocks with secrets. `inner` lists the
    /// fields that contain such blocks.
    Composite { fields: Vec<String>, inner: Vec<String>, is_reference: bool },
    /// `${…}` references form a cycle, or nest too deeply.
    Cycle,
    /// A JSON string has an unpaired surrogate.
    UnpairedSurrogate,
    /// The value is the mask that Prefect shows in place of a secret, so Prefect would not store it.
    IsMask,
    /// It has a key `$ref`, which Prefect reads as a reference to another block.
    IsReference,
    /// Prefect returned `********` in its place.
    Masked,
    /// The block has no field `value`.
    NoValue,
    /// A NUL byte in a text.
    Nul,
    /// A NUL byte in a value that a file can hold and a variable cannot.
    NulInVariable,
    /// The export format cannot hold a variable of this name.
    NameNotForFormat { format: &'static str, problem: Cow<'static, str> },
    /// The export format cannot hold the value.
    NotForFormat { format: &'static str, problem: &'static str },
    /// A pointer was given, and the value is not JSON.
    NotJson,
    /// The bytes are not valid UTF-8.
    NotUtf8,
    /// JSON null.
    Null,
    /// Longer than the store allows, in bytes of JSON.
    TooLongForStore { what: &'static str, bytes: usize, limit: usize },
    /// It has an integer that the store cannot hold.
    TooLargeNumber { what: &'static str },
    /// Longer than one variable may be; `bytes` is the length of `NAME=value`.
    TooLong { variable: String, bytes: usize, limit: usize },
    /// A `${…}` refers to neither a variable nor a key of the configuration. `place` is where the value is written.
    Unset { place: String },
}

impl ValueFault {
    pub(super) fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Cycle | Self::Unset { .. } => "`--no-expand` uses the values as they are written",
            Self::NameNotForFormat { .. } => {
                "bind it to another variable: `-s OTHER=NAME`; `--format json` can hold any name"
            }
            Self::NotForFormat { .. } => {
                "`--format sh` can hold any bytes, and `--format json` any text"
            }
            Self::NotJson => "leave out the `#/…` to get the whole value",
            Self::NulInVariable => "pass it as a file: `--file VAR=NAME`",
            Self::TooLong { variable, .. } => {
                return Some(format!(
                    "pass it as a file, with its path in the variable: `--file {variable}=NAME`"
                ));
            }
            Self::Masked => "in Prefect Cloud, the role needs permission to see secret block data",
            Self::Composite { fields, inner, .. } => {
                let field = fields.iter().find(|field| !inner.contains(field));
                let field = field.or(fields.first()).map_or("field", String::as_str);
                let field = Printable(field);
                return Some(format!(
                    "append `#/{field}` to the name to get that field, or `#` to get all of them"
                ));
            }
            Self::IsReference => {
                "store it as text instead of JSON; pfx and Prefect's Secret.get() read it just as well"
            }
            Self::NoValue => "`-b VAR=secret/NAME` passes all fields of the block",
            Self::UnpairedSurrogate
            | Self::IsMask
            | Self::Nul
            | Self::Null
            | Self::NotUtf8
            | Self::TooLargeNumber { .. }
            | Self::TooLongForStore { .. } => return None,
        };
        Some(hint.to_owned())
    }
}

impl fmt::Display for ValueFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Composite { fields, inner, is_reference } => {
                let inner = listed(inner.iter().map(String::as_str));
                let fields = listed(fields.iter().map(String::as_str));
                match (is_reference, inner.as_str()) {
                    (true, "") => f
                        .write_str("this block refers to a secret that is stored elsewhere")?,
                    (true, inner) => write!(
                        f,
                        "this block refers to a secret that is stored elsewhere, and has the credentials for it \
                         in {inner}"
                    )?,
                    (false, inner) => {
                        write!(f, "this block contains other blocks with secrets in {inner}")?;
                    }
                }
                write!(f, "; its fields are {fields}")
            }
            Self::Cycle => f.write_str("its references form a cycle"),
            Self::UnpairedSurrogate => f.write_str(
                "its JSON string has an unpaired surrogate, such as `\\ud800`, which text cannot hold",
            ),
            Self::IsMask => f.write_str(
                "Prefect shows `********` in place of a secret, and would keep the old value",
            ),
            Self::IsReference => f.write_str(
                "it has a key `$ref`, which Prefect reads as a reference to another block",
            ),
            Self::Masked => f.write_str(
                "the server returned `********` in its place: the credential is not allowed to see secret data",
            ),
            Self::NoValue => f.write_str("its block has no field `value`"),
            Self::Null => f.write_str("its value is JSON null, which a variable cannot hold"),
            Self::TooLargeNumber { what } => {
                write!(f, "it has an integer of more than 64 bits, which a Prefect {what} cannot hold")
            }
            Self::TooLongForStore { what, bytes, limit } => write!(
                f,
                "its JSON takes {bytes} bytes, and Prefect allows {limit} for one {what}"
            ),
            Self::Nul | Self::NulInVariable => {
                f.write_str("its value contains a NUL byte, which a variable cannot hold")
            }
            Self::NotJson => {
                f.write_str("its value is not JSON, so it has no parts to select")
            }
            Self::NameNotForFormat { format, problem } => {
                write!(f, "{format} cannot hold a variable of this name: {problem}")
            }
            Self::NotForFormat { format, problem } => {
                write!(f, "{format} cannot hold it: {problem}")
            }
            Self::NotUtf8 => f.write_str("its value is not valid UTF-8"),
            Self::TooLong { variable, bytes, limit } => write!(
                f,
                "`{variable}` would take {bytes} bytes, and the kernel allows {limit} for one variable"
            ),
            Self::Unset { place } => write!(
                f,
                "a `${{…}}` in its value ({}) is neither a variable nor a key of the configuration",
                Printable(place)
            ),
        }
    }
}
