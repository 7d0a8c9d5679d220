//! Why a file is not trusted.

use std::fmt;
use std::path::Path;

use super::quoted;
use crate::name::Printable;

/// Why a file is not trusted.
#[derive(Clone, Debug)]
pub enum TrustFault {
    /// A project file that pfx discovered has changed since it was trusted.
    Changed,
    /// The owner is neither the user who runs pfx nor root. `allow` says what to do to use the file anyway.
    ForeignOwner { uid: u32, allow: &'static str },
    /// The file is a directory, FIFO, device or socket.
    NotRegular,
    /// Users other than the owner can read it. `fixed` means that its mount is read-only, so nobody can change its
    /// mode here.
    ReadableByOthers { mode: u32, fixed: bool },
    /// The file is longer than pfx reads, in bytes.
    TooLarge { limit: u64 },
    /// A project file that pfx discovered is not trusted.
    Unknown,
    /// Users other than the owner can write it. `mounted` means that this user cannot, or perhaps should not, change
    /// its mode, because it belongs to another user or comes from outside the container.
    WritableByOthers { mode: u32, mounted: bool },
}

/// The owner that the kernel shows for users who are not mapped in this user namespace (`user_namespaces(7)`).
const UNMAPPED: u32 = 65_534;

impl TrustFault {
    pub(super) fn hint(&self, path: &Path) -> Option<String> {
        let path = quoted(&path.to_string_lossy());
        Some(match self {
            Self::Changed | Self::Unknown => {
                format!("read it, then run `pfx trust {path}`; `--no-project` ignores it")
            }
            Self::ForeignOwner { allow, .. } => (*allow).to_owned(),
            Self::ReadableByOthers { fixed: true, .. } => {
                "run `chmod go-rwx` where it is mounted from: the mount is read-only".to_owned()
            }
            Self::ReadableByOthers { .. } => format!("`chmod go-rwx {path}`"),
            Self::WritableByOthers { mounted: true, .. } => format!(
                "mount it read-only (`:ro` in Docker and Compose, `readOnly: true` in Kubernetes), or let \
                 its owner run `chmod go-w {path}`"
            ),
            Self::WritableByOthers { .. } => format!("`chmod go-w {path}`"),
            Self::NotRegular | Self::TooLarge { .. } => return None,
        })
    }
}

impl TrustFault {
    /// The text and the fix of a warning, for files that are used anyway.
    pub fn warning(&self, path: &Path) -> (String, Option<String>) {
        let shown = Printable(&path.to_string_lossy()).to_string();
        match self {
            Self::ForeignOwner { .. } => (format!("{shown}: {self}, who can change it"), None),
            _ => (format!("{shown}: {self}"), self.hint(path)),
        }
    }
}

impl fmt::Display for TrustFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Changed => f.write_str("it has changed since you trusted it"),
            Self::Unknown => {
                f.write_str("pfx discovered it automatically, and it is not trusted yet")
            }
            Self::ForeignOwner { uid: UNMAPPED, .. } => f.write_str(
                "it belongs to a user who is not mapped in this user namespace (uid 65534)",
            ),
            Self::ForeignOwner { uid, .. } => {
                write!(f, "it belongs to another user (uid {uid})")
            }
            Self::NotRegular => f.write_str("it is not a regular file"),
            Self::ReadableByOthers { mode, .. } => {
                write!(f, "other users can read it (mode {mode:04o})")
            }
            Self::TooLarge { limit } => write!(f, "it is longer than {limit} bytes"),
            Self::WritableByOthers { mode, .. } => {
                write!(f, "other users can write it (mode {mode:04o})")
            }
        }
    }
}
