//! Careful reading: a file is opened once, and the open file is checked, not its name.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read as _};
use std::os::fd::AsFd;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

use nix::sys::statvfs::{FsFlags, fstatvfs};
use nix::unistd::geteuid;
use zeroize::Zeroizing;

use super::group;
use crate::document::position;
use crate::error::{Error, TrustFault};

/// The longest file that pfx reads, in bytes. Ten thousand secrets take one megabyte.
pub const LONGEST: u64 = 4 << 20;

/// Who chose a file. This decides who may own it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chosen {
    /// pfx found it in the working directory, and the file has other purposes too: with a umask of 002, it is
    /// writable by its group. It is a fault if another user owns it or everyone can write it, but this matters only
    /// if the file sets something.
    InCheckout,
    /// pfx looks for it by itself: it must belong to the user or to root. `allow` says how to use a file of another
    /// user.
    ByItself { allow: &'static str },
    /// The user named it, or its directory, and so trusts its owner. Another owner is a fault, and an error with
    /// `--strict`.
    ByUser,
}

/// The requirements for a file, besides being regular and not too long. On a read-only mount, only the user who
/// mounted it can change a file, so neither owner nor mode matters.
#[derive(Clone, Copy, Debug)]
pub struct FileRequirements {
    pub chosen: Chosen,
    /// Whether only its owner should be able to read it. If others can, this is a fault, and an error with
    /// `--strict`. Docker and Kubernetes mount secrets so that everyone inside the container can read them.
    pub private: bool,
    pub strict: bool,
}

impl FileRequirements {
    /// For a file that the user named and that everyone may read.
    pub const NAMED: Self = Self { chosen: Chosen::ByUser, private: false, strict: false };

    /// For a file that pfx looks for by itself and that everyone may read.
    pub const fn found(allow: &'static str) -> Self {
        Self { chosen: Chosen::ByItself { allow }, private: false, strict: false }
    }
}

/// The bytes of a file, wiped when dropped, and a fault to report.
pub struct Contents {
    pub bytes: Zeroizing<Vec<u8>>,
    /// Another user owns it, or others can read or write it, and the [`FileRequirements`] accepts this.
    pub fault: Option<TrustFault>,
}

/// Flags for opening a file: a FIFO without a writer must not block, and a terminal must not become the controlling
/// terminal of pfx.
pub const FLAGS: i32 = nix::libc::O_NONBLOCK | nix::libc::O_NOCTTY;

/// Reads a file; `None` if it does not exist. /dev/null counts as an empty file.
///
/// # Errors
/// As [`read_open`]; [`Error::File`] if it cannot be opened.
pub fn read(path: &Path, requirements: FileRequirements) -> Result<Option<Contents>, Error> {
    let failed = |cause| Error::File { action: "read", path: path.to_owned(), cause };
    match OpenOptions::new().read(true).custom_flags(FLAGS).open(path) {
        Ok(file) => {
            let metadata = file.metadata().map_err(failed)?;
            if is_null(&metadata) {
                return Ok(Some(Contents { bytes: Zeroizing::default(), fault: None }));
            }
            contents(&file, &metadata, path, requirements).map(Some)
        }
        Err(error) if is_not_found(&error) => Ok(None),
        Err(cause) => Err(failed(cause)),
    }
}

/// Reads an open file. `path` is for messages.
///
/// # Errors
/// [`Error::Trust`] if it is not a regular file, is too long, or does not meet the requirements; [`Error::File`] if it
/// cannot be read.
pub fn read_open(
    file: &File,
    path: &Path,
    requirements: FileRequirements,
) -> Result<Contents, Error> {
    let failed = |cause| Error::File { action: "read", path: path.to_owned(), cause };
    contents(file, &file.metadata().map_err(failed)?, path, requirements)
}

fn contents(
    mut file: &File,
    metadata: &Metadata,
    path: &Path,
    requirements: FileRequirements,
) -> Result<Contents, Error> {
    let untrusted = |fault| Error::Trust { path: path.to_owned(), fault };
    if !metadata.is_file() {
        return Err(untrusted(TrustFault::NotRegular));
    }
    let too_large = || untrusted(TrustFault::TooLarge { limit: LONGEST });
    if metadata.len() > LONGEST {
        return Err(too_large());
    }
    let fault = check(file, metadata, requirements).map_err(untrusted)?;
    // Below LONGEST, so it fits.
    let size = usize::try_from(metadata.len()).unwrap_or(0);
    let mut bytes = Zeroizing::new(Vec::with_capacity(size + 1));
    file.by_ref().take(LONGEST + 1).read_to_end(&mut bytes).map_err(|cause| Error::File {
        action: "read",
        path: path.to_owned(),
        cause,
    })?;
    if bytes.len() as u64 > LONGEST {
        return Err(too_large());
    }
    Ok(Contents { bytes, fault })
}

/// The bytes of a file as text, without a byte order mark.
///
/// # Errors
/// [`Error::Config`] with the position of the first byte that is not valid UTF-8.
pub fn text<'a>(bytes: &'a [u8], path: &Path) -> Result<&'a str, Error> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let at = position(bytes, error.valid_up_to());
        Error::config(path.to_string_lossy(), at, None, "not valid UTF-8")
    })?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

/// Whether an error means that the file does not exist.
pub fn is_not_found(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// Reads a stream to its end. `path` is for messages.
///
/// # Errors
/// [`Error::File`]; [`Error::Trust`] if it is more than [`LONGEST`].
pub fn all(from: impl io::Read, path: &Path) -> Result<Zeroizing<Vec<u8>>, Error> {
    let mut bytes = Zeroizing::new(Vec::new());
    match from.take(LONGEST + 1).read_to_end(&mut bytes) {
        Ok(count) if count as u64 <= LONGEST => Ok(bytes),
        Ok(_) => {
            let fault = TrustFault::TooLarge { limit: LONGEST };
            Err(Error::Trust { path: path.to_owned(), fault })
        }
        Err(cause) => Err(Error::File { action: "read", path: path.to_owned(), cause }),
    }
}

/// Whether an error means that this user lacks permission.
pub fn is_permission_denied(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::PermissionDenied
}

/// Whether this is /dev/null (null(4)), which users name if they want no file.
fn is_null(metadata: &Metadata) -> bool {
    metadata.file_type().is_char_device() && metadata.rdev() == nix::libc::makedev(1, 3)
}

/// Checks whether anyone but root, this user and the user who mounted the file could change it, and whether others
/// can read it although they should not.
///
/// # Errors
/// The fault, if the requirements do not allow it.
pub fn check(
    file: &File,
    metadata: &Metadata,
    requirements: FileRequirements,
) -> Result<Option<TrustFault>, TrustFault> {
    let FileRequirements { chosen, private, strict } = requirements;
    let (mode, uid, user) = (metadata.mode() & 0o7777, metadata.uid(), geteuid());
    let is_foreign = uid != 0 && uid != user.as_raw();
    let others = others(metadata);
    let written_by = if chosen == Chosen::InCheckout { 0o002 } else { 0o022 };
    let is_writable = others & written_by != 0;
    if (is_foreign || is_writable) && !is_read_only(file) {
        let mounted = is_foreign || is_from_outside(metadata);
        let writable = TrustFault::WritableByOthers { mode, mounted };
        let foreign = |allow| TrustFault::ForeignOwner { uid, allow };
        match chosen {
            Chosen::InCheckout if is_foreign => {
                return Ok(Some(foreign(
                    "set its settings in the environment instead, or mount it read-only",
                )));
            }
            Chosen::InCheckout => return Ok(Some(writable)),
            _ if is_writable => return Err(writable),
            Chosen::ByItself { allow } if !user.is_root() || (strict && private) => {
                return Err(foreign(allow));
            }
            // Root reads the files of all users.
            Chosen::ByItself { allow } if private => return Ok(Some(foreign(allow))),
            Chosen::ByItself { .. } => {}
            Chosen::ByUser if strict => {
                return Err(foreign("leave out `--strict`, or mount it read-only"));
            }
            Chosen::ByUser => return Ok(Some(foreign("mount it read-only"))),
        }
    }
    if !private || others & 0o044 == 0 {
        return Ok(None);
    }
    let readable = TrustFault::ReadableByOthers { mode, fixed: is_read_only(file) };
    if strict { Err(readable) } else { Ok(Some(readable)) }
}

/// The permissions of a file for users other than its owner. Those of its group do not count if nobody else is in the
/// group.
fn others(metadata: &Metadata) -> u32 {
    let others = metadata.mode() & 0o077;
    // The group database is read only if it can change the result.
    let depends_on_group = others & 0o020 != 0 && others & 0o002 == 0;
    if depends_on_group && is_private_group(metadata) { others & !0o070 } else { others }
}

/// Whether the group of a file has no members except its owner and this user.
fn is_private_group(metadata: &Metadata) -> bool {
    group::has_only(metadata.gid(), &[metadata.uid(), geteuid().as_raw()])
}

/// Whether users other than the owner can create files in a directory.
pub fn is_open_to_others(directory: &Metadata) -> bool {
    others(directory) & 0o022 != 0
}

/// Whether an open file is on a read-only mount (`statvfs(3)`): then only the user who mounted it can change it.
pub fn is_read_only(file: impl AsFd) -> bool {
    fstatvfs(file).is_ok_and(|status| status.flags().contains(FsFlags::ST_RDONLY))
}

/// Whether a file was most likely mounted into a container from outside, where its mode has to be changed.
pub fn is_from_outside(file: &Metadata) -> bool {
    let marks = ["/.dockerenv", "/run/.containerenv", "/var/run/secrets/kubernetes.io"];
    std::fs::metadata("/").is_ok_and(|root| root.dev() != file.dev())
        && marks.iter().any(|mark| Path::new(mark).exists())
}
