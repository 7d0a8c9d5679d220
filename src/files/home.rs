//! Home directories: `$HOME`, otherwise /etc/passwd (passwd(5)).
//!
//! pfx reads the file itself instead of calling getpwnam(3): in a static binary, that would load the shared libraries
//! of the name service at run time, and there may be none, as in an image FROM scratch.

use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use nix::libc;

/// The home directory of the user `name`, or of the current one if `name` is empty.
pub fn of_user(name: &[u8], variable: Option<&[u8]>) -> Option<Vec<u8>> {
    if let (b"", Some(home)) = (name, variable) {
        return Some(home.to_vec());
    }
    let uid = nix::unistd::getuid().to_string();
    let database = std::fs::read("/etc/passwd").ok()?;
    database.split(|&byte| byte == b'\n').find_map(|line| {
        let fields: Vec<&[u8]> = line.split(|&byte| byte == b':').collect();
        let [user, _, number, _, _, home, ..] = fields.as_slice() else { return None };
        let wanted = if name.is_empty() { *number == uid.as_bytes() } else { *user == name };
        (wanted && !home.is_empty()).then(|| home.to_vec())
    })
}

/// Prefect's directory in the home of the current user; `None` without a home. `variable` is `$HOME`.
pub fn of_prefect(variable: Option<&[u8]>) -> Option<PathBuf> {
    let home = of_user(b"", variable).filter(|home| !home.is_empty())?;
    Some(path(&home).join(".prefect"))
}

/// Whether this user cannot access a home directory, or Prefect's directory in it: it belongs to another user, or is
/// hidden from a service (`ProtectHome=` in systemd.exec(5)).
pub fn is_inaccessible(home: &Path) -> bool {
    let is_refused = |directory: &Path| {
        let inside = std::fs::symlink_metadata(directory.join("."));
        let number = inside.err().and_then(|error| error.raw_os_error());
        matches!(number, Some(libc::EACCES | libc::ELOOP | libc::ENAMETOOLONG))
    };
    let prefect = home.join(".prefect");
    // A user's own directory that cannot be read is a mistake to report, not a missing directory.
    let is_foreign = |path: &Path| {
        path.metadata().is_ok_and(|metadata| metadata.uid() != nix::unistd::geteuid().as_raw())
    };
    is_refused(home) || (is_refused(&prefect) && is_foreign(&prefect))
}

/// Whether a file with this path, `HOME/.prefect/NAME`, is in a home directory that [`is_inaccessible`].
pub fn is_in_inaccessible_home(file: &Path) -> bool {
    file.parent().and_then(Path::parent).is_some_and(is_inaccessible)
}

/// The path with these bytes.
pub fn path(bytes: &[u8]) -> PathBuf {
    std::ffi::OsStr::from_bytes(bytes).into()
}
