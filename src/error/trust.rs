//! Why a file is not trusted.

use std::fmt;
use std::path::Path;

use super::quoted;

/// Why a file is not trusted.
#[derive(Clone, Debug)]
pub enum TrustFault {
    /// A project file that was found and trusted, and is no longer what it was.
    Changed,
    /// Its owner is another user, neither the one who runs pfx nor root.
    ForeignOwner { uid: u32 },
    /// It is a directory, FIFO, device or socket.
    NotRegular,
    /// `--strict`: users other than the owner can read it.
    ReadableByOthers { mode: u32 },
    /// It is longer than pfx reads, in bytes.
    TooLarge { limit: u64 },
    /// A project file that was found, and that nobody has trusted.
    Unknown,
    /// Users other than the owner can write it.
    WritableByOthers { mode: u32 },
}

impl TrustFault {
    pub(super) fn hint(&self, path: &Path) -> Option<String> {
        let path = quoted(&path.to_string_lossy());
        Some(match self {
            Self::Changed | Self::Unknown => {
                format!("read it, then `pfx trust {path}`; `--no-project` goes without it")
            }
            Self::ForeignOwner { .. } => format!("`chown \"$(id -u)\" {path}`"),
            Self::ReadableByOthers { .. } => format!("`chmod go-rwx {path}`"),
            Self::WritableByOthers { .. } => format!("`chmod go-w {path}`"),
            Self::NotRegular | Self::TooLarge { .. } => return None,
        })
    }
}

impl fmt::Display for TrustFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Changed => formatter.write_str("it has changed since you trusted it"),
            Self::Unknown => {
                formatter.write_str("it was found, not named, and you have not trusted it")
            }
            Self::ForeignOwner { uid } => {
                write!(formatter, "it belongs to another user (uid {uid})")
            }
            Self::NotRegular => formatter.write_str("it is not a regular file"),
            Self::ReadableByOthers { mode } => {
                write!(formatter, "other users can read it (mode {mode:04o})")
            }
            Self::TooLarge { limit } => write!(formatter, "it is longer than {limit} bytes"),
            Self::WritableByOthers { mode } => {
                write!(formatter, "other users can write it (mode {mode:04o})")
            }
        }
    }
}
