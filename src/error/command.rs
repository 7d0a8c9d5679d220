//! Why a command was not run.

use std::fmt;
use std::io;
use std::path::PathBuf;

use super::{Cause, quoted};
use crate::name::Printable;

/// Why a command was not run: the error of exec(3) and, if it can be determined, its cause.
#[derive(Debug)]
pub enum CommandFault {
    /// The command does not exist, neither in PATH nor as a path.
    NotFound { searched: bool },
    /// The file exists, but the interpreter or loader that it names does not.
    InterpreterMissing { path: PathBuf },
    /// The file was found, and the kernel refused to run it.
    Refused { path: PathBuf, cause: io::Error },
}

impl CommandFault {
    pub(super) fn hint(&self, program: &str) -> Option<String> {
        Some(match self {
            Self::InterpreterMissing { .. } => {
                "check the interpreter in the first line of the script, or the dynamic loader that the program \
                 needs"
                    .to_owned()
            }
            Self::Refused { path, cause }
                if cause.kind() == io::ErrorKind::PermissionDenied && !path.is_dir() =>
            {
                format!("`chmod +x {}`", quoted(&path.to_string_lossy()))
            }
            Self::NotFound { searched: true } if !program.is_empty() && !program.contains(' ') => {
                format!("`command -v {}` shows whether it is in PATH", quoted(program))
            }
            Self::NotFound { .. } | Self::Refused { .. } => return None,
        })
    }
}

impl fmt::Display for CommandFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound { searched: true } => f.write_str("not found in PATH"),
            Self::NotFound { searched: false } => f.write_str("no such file"),
            Self::InterpreterMissing { path } => write!(
                f,
                "{} exists, but its interpreter or loader does not",
                Printable(&path.to_string_lossy())
            ),
            Self::Refused { path, cause } => {
                write!(f, "{}: {}", Printable(&path.to_string_lossy()), Cause(cause))
            }
        }
    }
}
