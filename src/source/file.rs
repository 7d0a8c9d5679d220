//! Wary reading: a file is opened once, and what is checked is the open file, not its name.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

use zeroize::Zeroizing;

use crate::error::{Error, Position, TrustFault};

/// The longest file that is read, in bytes. Ten thousand secrets are one megabyte.
pub const LONGEST: u64 = 4 << 20;

/// What is asked of a file beyond being regular, not too long, and not writable by others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Privacy {
    /// Nothing: Docker and Kubernetes mount secrets readable by all inside the container.
    Any,
    /// Not even that only its owner can write it: a file of a checkout, which a umask of 002 leaves writable by
    /// its group and which holds more than what pfx looks for. That all can write it, or that it is another
    /// user's, is told, and matters once it says something.
    Checkout,
    /// That only its owner can read it: a file that is not is an error.
    Demanded,
    /// That only its owner can read it: a file that is not is told.
    Expected,
}

/// A file's bytes, wiped when dropped, and what about it a person should know.
pub struct Contents {
    pub bytes: Zeroizing<Vec<u8>>,
    /// Set if others can read it and that is [`Privacy::Expected`] otherwise.
    pub concern: Option<TrustFault>,
}

/// Flags with which a file is opened: a FIFO without a writer must not hang, nor a terminal become ours.
pub const FLAGS: i32 = nix::libc::O_NONBLOCK | nix::libc::O_NOCTTY;

/// Reads a file; `None` if there is none.
///
/// # Errors
/// As [`read_open`]; [`Error::File`] if the system refuses to open it.
pub fn read(path: &Path, privacy: Privacy) -> Result<Option<Contents>, Error> {
    match OpenOptions::new().read(true).custom_flags(FLAGS).open(path) {
        Ok(file) => read_open(&file, path, privacy).map(Some),
        Err(error) if is_absence(&error) => Ok(None),
        Err(cause) => Err(Error::File { action: "read", path: path.to_owned(), cause }),
    }
}

/// Reads an open file. `path` is for messages.
///
/// # Errors
/// [`Error::Trust`] if it is no regular file, too long, belongs to another user (a warning for root, who
/// reads them all), or can be written, or read, by others than its owner; [`Error::File`] if the
/// system refuses.
pub fn read_open(mut file: &File, path: &Path, privacy: Privacy) -> Result<Contents, Error> {
    let (size, concern) = judge(file, path, privacy)?;
    let mut bytes = Zeroizing::new(Vec::with_capacity(size + 1));
    file.by_ref().take(LONGEST + 1).read_to_end(&mut bytes).map_err(|cause| Error::File {
        action: "read",
        path: path.to_owned(),
        cause,
    })?;
    if bytes.len() as u64 > LONGEST {
        return Err(too_large(path));
    }
    Ok(Contents { bytes, concern })
}

/// The text of a file's bytes. A byte order mark in front is skipped.
///
/// # Errors
/// [`Error::Config`] with the place of the first byte that is no UTF-8.
pub fn text<'a>(bytes: &'a [u8], path: &Path) -> Result<&'a str, Error> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let before = &bytes[..error.valid_up_to()];
        let line = before.iter().filter(|&&byte| byte == b'\n').count() + 1;
        let start = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
        let column = String::from_utf8_lossy(&before[start..]).chars().count() + 1;
        Error::Config {
            place: path.to_string_lossy().into_owned(),
            at: Some(Position { line, column }),
            key: None,
            problem: "it is not UTF-8".to_owned(),
        }
    })?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

/// Whether an error says that there is no such file.
#[must_use]
pub fn is_absence(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// Checks an open file; tells its size in bytes.
fn judge(file: &File, path: &Path, privacy: Privacy) -> Result<(usize, Option<TrustFault>), Error> {
    let distrust = |fault| Error::Trust { path: path.to_owned(), fault };
    let metadata = file.metadata().map_err(|cause| Error::File {
        action: "read",
        path: path.to_owned(),
        cause,
    })?;
    let (mode, uid) = (metadata.mode() & 0o7777, metadata.uid());
    if !metadata.is_file() {
        return Err(distrust(TrustFault::NotRegular));
    }
    if metadata.len() > LONGEST {
        return Err(too_large(path));
    }
    if mode & 0o022 != 0 && privacy != Privacy::Checkout {
        return Err(distrust(TrustFault::WritableByOthers { mode }));
    }
    let user = nix::unistd::geteuid();
    let foreign = uid != 0 && uid != user.as_raw();
    if privacy == Privacy::Checkout {
        let concern = if foreign {
            Some(TrustFault::ForeignOwner { uid })
        } else {
            (mode & 0o002 != 0).then_some(TrustFault::WritableByOthers { mode })
        };
        return Ok((usize::try_from(metadata.len()).unwrap_or(0), concern));
    }
    if foreign && (!user.is_root() || privacy == Privacy::Demanded) {
        return Err(distrust(TrustFault::ForeignOwner { uid }));
    }
    let concern = match privacy {
        Privacy::Any | Privacy::Checkout => None,
        _ if foreign => Some(TrustFault::ForeignOwner { uid }),
        _ if mode & 0o044 == 0 => None,
        Privacy::Expected => Some(TrustFault::ReadableByOthers { mode }),
        Privacy::Demanded => return Err(distrust(TrustFault::ReadableByOthers { mode })),
    };
    // Below LONGEST, so it fits.
    Ok((usize::try_from(metadata.len()).unwrap_or(0), concern))
}

fn too_large(path: &Path) -> Error {
    Error::Trust { path: path.to_owned(), fault: TrustFault::TooLarge { limit: LONGEST } }
}
