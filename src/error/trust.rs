//! Why a file is not trusted.

use std::fmt;
use std::path::Path;

use super::quoted;
use crate::name::Shown;

/// Why a file is not trusted.
#[derive(Clone, Debug)]
pub enum TrustFault {
    /// A project file that was found and trusted, and is no longer what it was.
    Changed,
    /// Its owner is another user, neither the one who runs pfx nor root. `allow` is what to do to use it anyway.
    ForeignOwner { uid: u32, allow: &'static str },
    /// It is a directory, FIFO, device or socket.
    NotRegular,
    /// Users other than the owner can read it. `fixed`: its mount is read-only, so that nobody can change its mode
    /// here.
    ReadableByOthers { mode: u32, fixed: bool },
    /// It is longer than pfx reads, in bytes.
    TooLarge { limit: u64 },
    /// A project file that was found, and that nobody has trusted.
    Unknown,
    /// Users other than the owner can write it. `mounted`: this user cannot, or perhaps should not, change its
    /// mode, since it belongs to another user or comes from outside of a container.
    WritableByOthers { mode: u32, mounted: bool },
}

/// What the kernel shows for owners that have no number in this user namespace (`user_namespaces(7)`).
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
    /// A line about it where it stops nothing, and what fixes it.
    pub fn warning(&self, path: &Path) -> (String, Option<String>) {
        let shown = Shown(&path.to_string_lossy()).to_string();
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
