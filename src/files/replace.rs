//! Writes a file atomically: at every moment, it is either the old file or the new one, and the new one is on disk
//! before success is reported. The steps are: lock, temporary file, fsync, rename, fsync of the directory.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Write as _};
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::fcntl::{AT_FDCWD, AtFlags, Flock, FlockArg, OFlag, open, openat, renameat};
use nix::sys::stat::{FileStat, Mode, fchmod, fstat, fstatat};
use nix::unistd::{AccessFlags, Gid, Uid, UnlinkatFlags, faccessat, fchown, fsync, unlinkat};
use zeroize::Zeroizing;

use super::file;
use crate::error::{Error, TrustFault};
use crate::random;

/// How long pfx waits for another writer, which normally holds the lock for milliseconds.
const LOCK_TIMEOUT: Duration = Duration::from_secs(10);

/// How often the edit is repeated because another program, such as an editor, wrote the file in the meantime.
const TRIES: usize = 5;

/// Changes the text of the file at `path`. If there is none, it creates a file that only the user can read. `edit`
/// gets the text ("" without a file) and returns the new one, or `None` for no change. Returns whether anything was
/// written. A symbolic link is kept and its target is written; mode and owner are kept too.
///
/// # Errors
/// Those of `edit`; [`Error::Trust`] as for reading, and if others can write to the directory; [`Error::Locked`];
/// [`Error::File`]. After any of them, the old file is unchanged.
pub fn update(
    path: &Path,
    mut edit: impl FnMut(&str) -> Result<Option<String>, Error>,
) -> Result<bool, Error> {
    let target = Target::of(path)?;
    let _lock = target.lock()?;
    target.remove_leftovers();
    for _ in 0..TRIES {
        let old = target.read()?;
        let text = old.as_ref().map_or(Ok(""), |old| file::text(&old.bytes, path))?;
        // A byte order mark is not part of the edited text, and is kept.
        let mark = old.as_ref().map_or(0, |old| old.bytes.len() - text.len());
        let Some(new) = edit(text)?.map(Zeroizing::new) else { return Ok(false) };
        let mark = old.as_ref().map_or(&b""[..], |old| &old.bytes[..mark]);
        let bytes = Zeroizing::new([mark, new.as_bytes()].concat());
        if old.as_ref().is_some_and(|old| old.bytes == bytes) {
            return Ok(false);
        }
        let temporary = target.write_temporary(&bytes, old.as_ref())?;
        if target.is_unchanged(old.as_ref()) {
            temporary.replace_target()?;
            return Ok(true);
        }
    }
    Err(target.failed("write", Errno::EAGAIN))
}

/// Writes a file with these bytes, which only the user can read, to `path`. It replaces an existing file.
///
/// # Errors
/// As [`update`]; [`Error::Trust`] if there is something other than a regular file.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let target = Target::of(path)?;
    let _lock = target.lock()?;
    target.remove_leftovers();
    if target.is_irregular() {
        return Err(Error::Trust { path: path.to_owned(), fault: TrustFault::NotRegular });
    }
    target.write_temporary(bytes, None)?.replace_target()
}

/// Checks, as far as permissions show, whether a file could be created at `path`, or an existing one be written
/// `in_place`. Missing directories would be created.
///
/// # Errors
/// [`Error::File`].
pub fn check_writable(path: &Path, in_place: bool) -> Result<(), Error> {
    let failed = |cause| Error::File { action: "write", path: path.to_owned(), cause };
    let target = follow(path).map_err(failed)?;
    if target.is_dir() {
        return Err(failed(Errno::EISDIR.into()));
    }
    if in_place && target.exists() {
        let writable = faccessat(AT_FDCWD, &target, AccessFlags::W_OK, AtFlags::AT_EACCESS);
        return writable.map_err(|error| failed(error.into()));
    }
    let there =
        target.ancestors().skip(1).find(|above| above.exists() && !above.as_os_str().is_empty());
    let there = there.unwrap_or(Path::new("."));
    if !there.is_dir() {
        return Err(failed(Errno::ENOTDIR.into()));
    }
    let rights = AccessFlags::W_OK | AccessFlags::X_OK;
    let device = |path: &Path| path.metadata().ok().map(|metadata| metadata.dev());
    let is_mounted = || target.exists() && device(&target) != device(there);
    match faccessat(AT_FDCWD, there, rights, AtFlags::AT_EACCESS) {
        Ok(()) => Ok(()),
        Err(_) if is_mounted() => Err(Error::MountPoint { path: path.to_owned() }),
        Err(error) => Err(failed(error.into())),
    }
}

/// Appends to the file at `path`: either all bytes or none. If the file does not exist, it creates one that only the
/// user can read.
///
/// # Errors
/// [`Error::File`]; [`Error::Trust`] if it is not a regular file.
pub fn append(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let failed = |cause| Error::File { action: "write", path: path.to_owned(), cause };
    let mut options = std::fs::OpenOptions::new();
    let opened = options.append(true).create(true).mode(0o600).custom_flags(file::FLAGS).open(path);
    let mut opened = opened.map_err(failed)?;
    if !opened.metadata().map_err(failed)?.is_file() {
        return Err(Error::Trust { path: path.to_owned(), fault: TrustFault::NotRegular });
    }
    let before = opened.metadata().map_err(failed)?.len();
    opened.write_all(bytes).map_err(|cause| {
        // A partial block would be read together with what others append after it.
        let _ = opened.set_len(before);
        failed(cause)
    })
}

/// A file, as its open directory and its name there, so that no path is resolved twice.
struct Target {
    /// As the user wrote it, for messages.
    path: PathBuf,
    directory: OwnedFd,
    name: OsString,
}

/// The content of a file, and its status when it was read.
struct OldFile {
    bytes: Zeroizing<Vec<u8>>,
    status: FileStat,
}

impl Target {
    /// Follows links, creates the directory if it does not exist, and opens it.
    fn of(path: &Path) -> Result<Self, Error> {
        let failed = |cause| Error::File { action: "write", path: path.to_owned(), cause };
        let target = follow(path).map_err(failed)?;
        let directory = match target.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        if !directory.exists() {
            let mut builder = std::fs::DirBuilder::new();
            builder.recursive(true).mode(0o700).create(directory).map_err(failed)?;
            // Regardless of the umask.
            let private = std::os::unix::fs::PermissionsExt::from_mode(0o700);
            std::fs::set_permissions(directory, private).map_err(failed)?;
        }
        let name = target.file_name().ok_or_else(|| failed(Errno::EISDIR.into()))?.to_owned();
        let flags = OFlag::O_DIRECTORY | OFlag::O_RDONLY | OFlag::O_CLOEXEC;
        let opened = File::from(
            open(directory, flags, Mode::empty()).map_err(|error| failed(error.into()))?,
        );
        let metadata = opened.metadata().map_err(failed)?;
        let mode = metadata.mode() & 0o7777;
        let is_sticky = mode & 0o1000 != 0;
        if file::is_open_to_others(&metadata) && !is_sticky {
            let fault =
                TrustFault::WritableByOthers { mode, mounted: file::is_from_outside(&metadata) };
            return Err(Error::Trust { path: directory.to_owned(), fault });
        }
        Ok(Self { path: path.to_owned(), directory: opened.into(), name })
    }

    /// Locks the directory itself: the kernel releases the lock however pfx ends, and no lock file is left.
    fn lock(&self) -> Result<Flock<File>, Error> {
        let failed = |error| self.failed("lock", error);
        let flags = OFlag::O_DIRECTORY | OFlag::O_RDONLY | OFlag::O_CLOEXEC;
        let mut directory =
            File::from(openat(&self.directory, ".", flags, Mode::empty()).map_err(failed)?);
        let start = Instant::now();
        loop {
            match Flock::lock(directory, FlockArg::LockExclusiveNonblock) {
                Ok(lock) => return Ok(lock),
                Err((unlocked, Errno::EWOULDBLOCK | Errno::EINTR)) => directory = unlocked,
                Err((_, error)) => return Err(failed(error)),
            }
            if start.elapsed() > LOCK_TIMEOUT {
                return Err(Error::Locked {
                    path: self.path.clone(),
                    seconds: LOCK_TIMEOUT.as_secs(),
                });
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Removes temporary files of writers that were killed. Only the holder of the lock may do this.
    fn remove_leftovers(&self) {
        let Ok(directory) = self.directory.try_clone() else { return };
        let Ok(mut entries) = nix::dir::Dir::from_fd(directory) else { return };
        let prefix = self.temporary_prefix();
        // Stops at the first failure: the system may return it for ever.
        for entry in entries.iter().map_while(Result::ok) {
            if entry.file_name().to_bytes().starts_with(prefix.as_encoded_bytes()) {
                let _ = unlinkat(&self.directory, entry.file_name(), UnlinkatFlags::NoRemoveDir);
            }
        }
    }

    fn read(&self) -> Result<Option<OldFile>, Error> {
        let flags = OFlag::O_RDONLY
            | OFlag::O_CLOEXEC
            | OFlag::O_NOFOLLOW
            | OFlag::from_bits_retain(file::FLAGS);
        let opened = match openat(&self.directory, self.name.as_os_str(), flags, Mode::empty()) {
            Ok(opened) => File::from(opened),
            Err(Errno::ENOENT) => return Ok(None),
            Err(error) => return Err(self.failed("read", error)),
        };
        let requirements = file::FileRequirements::found("run pfx as the owner of the file");
        let contents = file::read_open(&opened, &self.path, requirements)?;
        let status = fstat(&opened).map_err(|error| self.failed("read", error))?;
        Ok(Some(OldFile { bytes: contents.bytes, status }))
    }

    /// Whether there is something other than a regular file.
    fn is_irregular(&self) -> bool {
        fstatat(&self.directory, self.name.as_os_str(), AtFlags::AT_SYMLINK_NOFOLLOW)
            .is_ok_and(|status| status.st_mode & nix::libc::S_IFMT != nix::libc::S_IFREG)
    }

    /// Whether the file is on a different file system than its directory.
    fn is_mounted(&self) -> bool {
        let file = fstatat(&self.directory, self.name.as_os_str(), AtFlags::AT_SYMLINK_NOFOLLOW);
        matches!((file, fstat(&self.directory)), (Ok(file), Ok(own)) if file.st_dev != own.st_dev)
    }

    /// Writes a new file in the same directory, with the mode and owner of the old one.
    fn write_temporary(&self, bytes: &[u8], old: Option<&OldFile>) -> Result<Temporary<'_>, Error> {
        let failed = |error| self.failed("write", error);
        let mut name = self.temporary_prefix();
        // `O_EXCL` fails if another writer uses the same name.
        name.push(format!("{}-{:016x}", std::process::id(), random::number()));
        let flags =
            OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
        let private = Mode::S_IRUSR | Mode::S_IWUSR;
        let opened =
            openat(&self.directory, name.as_os_str(), flags, private).map_err(|error| {
                // More permissions on the directory would not help.
                if self.is_mounted() {
                    return Error::MountPoint { path: self.path.clone() };
                }
                failed(error)
            })?;
        let temporary = Temporary { target: self, name, renamed: false };
        let mut file = File::from(opened);
        if let Some(OldFile { status, .. }) = old {
            let own = fstat(&file).map_err(failed)?;
            if (own.st_uid, own.st_gid) != (status.st_uid, status.st_gid) {
                let (uid, gid) = (Uid::from_raw(status.st_uid), Gid::from_raw(status.st_gid));
                fchown(file.as_fd(), Some(uid), Some(gid)).map_err(failed)?;
            }
            let mode = Mode::from_bits_truncate(status.st_mode);
            fchmod(file.as_fd(), mode).map_err(failed)?;
        } else {
            // Regardless of the umask.
            fchmod(file.as_fd(), private).map_err(failed)?;
        }
        let io_failed = |cause| Error::File { action: "write", path: self.path.clone(), cause };
        file.write_all(bytes).map_err(io_failed)?;
        file.sync_all().map_err(io_failed)?;
        Ok(temporary)
    }

    /// Whether the file is still as it was read.
    fn is_unchanged(&self, old: Option<&OldFile>) -> bool {
        let now = fstatat(&self.directory, self.name.as_os_str(), AtFlags::AT_SYMLINK_NOFOLLOW);
        match (now, old) {
            (Err(Errno::ENOENT), None) => true,
            (Ok(now), Some(OldFile { status, .. })) => {
                let identity = |status: &FileStat| {
                    let written = (status.st_mtime, status.st_mtime_nsec);
                    (status.st_dev, status.st_ino, status.st_size, written)
                };
                identity(&now) == identity(status)
            }
            _ => false,
        }
    }

    fn temporary_prefix(&self) -> OsString {
        let mut prefix = OsString::from(".");
        prefix.push(&self.name);
        prefix.push(".pfx-");
        prefix
    }

    fn failed(&self, action: &'static str, error: Errno) -> Error {
        Error::File { action, path: self.path.clone(), cause: error.into() }
    }
}

/// A complete new file, before it replaces the old one. It is removed if it never does.
struct Temporary<'p> {
    target: &'p Target,
    name: OsString,
    renamed: bool,
}

impl Temporary<'_> {
    fn replace_target(mut self) -> Result<(), Error> {
        let Target { directory, name, .. } = self.target;
        renameat(directory, self.name.as_os_str(), directory, name.as_os_str()).map_err(
            |error| match error {
                Errno::EBUSY => Error::MountPoint { path: self.target.path.clone() },
                _ => self.target.failed("replace", error),
            },
        )?;
        self.renamed = true;
        fsync(directory).map_err(|error| self.target.failed("sync the directory of", error))
    }
}

impl Drop for Temporary<'_> {
    fn drop(&mut self) {
        if !self.renamed {
            let _ =
                unlinkat(&self.target.directory, self.name.as_os_str(), UnlinkatFlags::NoRemoveDir);
        }
    }
}

/// The target of a path, with links followed, whether or not it exists.
fn follow(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    // As many links as Linux itself follows (path_resolution(7)).
    for _ in 0..40 {
        match std::fs::read_link(&path) {
            Ok(target) => {
                let parent = path.parent().unwrap_or(Path::new("/"));
                path = parent.join(target);
            }
            Err(_) => return Ok(path),
        }
    }
    Err(Errno::ELOOP.into())
}
