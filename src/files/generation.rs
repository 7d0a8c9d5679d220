//! A consistent snapshot of a directory of secrets.
//!
//! kubelet, and programs that work like it, replace all files at once: each `NAME` is a symbolic link to
//! `..data/NAME`, and `..data` is a link that is replaced by renaming a new one over it. A reader that follows
//! `..data` again for each file can get the user name of one generation and the password of the next. Here the link
//! is followed once, and everything is read from the directory that it led to.

use std::ffi::{OsStr, OsString};
use std::fs::{File, Metadata};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Component, Path, PathBuf};

use nix::dir::{Dir, Type};
use nix::errno::Errno;
use nix::fcntl::{AtFlags, OFlag, open, openat, readlinkat};
use nix::libc;
use nix::sys::stat::{FileStat, Mode, fstat, fstatat};

use super::file;

/// The link to the current generation (`pkg/volume/util/atomic_writer.go` of Kubernetes).
const DATA: &str = "..data";

/// How often reading is restarted because the files were replaced in the meantime. kubelet replaces them once a
/// minute.
pub const TRIES: usize = 20;

/// Open file descriptors. What is read relative to them stays that of one generation, even if the links change.
pub struct Generation {
    directory: OwnedFd,
    /// The target of [`DATA`], if that link exists.
    data: Option<OwnedFd>,
}

impl Generation {
    /// Opens a directory.
    ///
    /// # Errors
    /// Those of the system, also if the directory does not exist.
    pub fn open(path: &Path) -> io::Result<Self> {
        let flags = OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
        let is_link = || path.symlink_metadata().is_ok_and(|metadata| metadata.is_symlink());
        let directory = retry_if_replaced(|| open(path, flags, Mode::empty()), is_link)?;
        let data = retry_if_replaced(
            || match readlinkat(&directory, DATA) {
                Ok(target) => openat(&directory, &*target, flags, Mode::empty()).map(Some),
                Err(Errno::ENOENT | Errno::EINVAL) => Ok(None),
                Err(error) => Err(error),
            },
            || true,
        )?;
        Ok(Self { directory, data })
    }

    /// Whether all files are replaced at once.
    pub const fn is_replaced_at_once(&self) -> bool {
        self.data.is_some()
    }

    /// Opens the file of this name; `None` if it does not exist.
    ///
    /// # Errors
    /// Those of the system.
    pub fn file(&self, name: &str) -> io::Result<Option<File>> {
        let Some(data) = &self.data else { return opened(&self.directory, Path::new(name)) };
        match readlinkat(&self.directory, name) {
            Ok(target) => match below_data(Path::new(&target)) {
                Some(target) => opened(data, &target),
                None => opened(&self.directory, Path::new(name)),
            },
            // A file next to the links, or mounted over one.
            Err(Errno::EINVAL) => opened(&self.directory, Path::new(name)),
            // kubelet makes the link of a new name only after its generation has become current.
            Err(Errno::ENOENT) => opened(data, Path::new(name)),
            Err(error) => Err(error.into()),
        }
    }

    /// The names of all files, also of those that have no link yet.
    ///
    /// # Errors
    /// Those of the system.
    pub fn names(&self) -> io::Result<Vec<OsString>> {
        let mut names = listed(&self.directory)?;
        if let Some(data) = &self.data {
            let is_beside = |name: &OsString| {
                let target = readlinkat(&self.directory, name.as_os_str()).ok();
                target.is_none_or(|target| below_data(Path::new(&target)).is_none())
            };
            names.retain(is_beside);
            names.extend(listed(data)?);
            names.sort();
            names.dedup();
        }
        Ok(names)
    }

    /// Whether `path` still leads to this generation, and it is the current one. Then a file that it does not have
    /// does not exist in `path` either.
    pub fn is_current(&self, path: &Path) -> bool {
        let is_same = |held: &OwnedFd, now: nix::Result<FileStat>| match (fstat(held), now) {
            (Ok(held), Ok(now)) => (held.st_dev, held.st_ino) == (now.st_dev, now.st_ino),
            _ => false,
        };
        is_same(&self.directory, nix::sys::stat::stat(path))
            && match (&self.data, fstatat(&self.directory, DATA, AtFlags::empty())) {
                (Some(data), now) => is_same(data, now),
                (None, now) => now.is_err(),
            }
    }

    /// The metadata of the directory.
    ///
    /// # Errors
    /// Those of the system.
    pub fn metadata(&self) -> io::Result<Metadata> {
        File::from(self.directory.try_clone()?).metadata()
    }

    /// Whether the directory is a mount point.
    pub fn is_mounted(&self) -> bool {
        let above = fstatat(&self.directory, "..", AtFlags::empty());
        match (fstat(&self.directory), above) {
            (Ok(own), Ok(above)) => own.st_dev != above.st_dev,
            _ => false,
        }
    }
}

/// Follows a link again if its target was removed, because the link may have been replaced.
fn retry_if_replaced<T>(
    mut follow: impl FnMut() -> nix::Result<T>,
    is_link: impl Fn() -> bool,
) -> io::Result<T> {
    for _ in 1..TRIES {
        match follow() {
            Err(Errno::ENOENT) if is_link() => {}
            other => return Ok(other?),
        }
    }
    Ok(follow()?)
}

/// The rest of a link target that goes through [`DATA`].
fn below_data(target: &Path) -> Option<PathBuf> {
    let mut components = target.components().skip_while(|one| *one == Component::CurDir);
    let is_through_data = components.next() == Some(Component::Normal(OsStr::new(DATA)));
    let rest: PathBuf = components.collect();
    (is_through_data && !rest.as_os_str().is_empty()).then_some(rest)
}

fn opened(directory: &OwnedFd, path: &Path) -> io::Result<Option<File>> {
    let flags = OFlag::O_RDONLY | OFlag::O_CLOEXEC | OFlag::from_bits_retain(file::FLAGS);
    match openat(directory, path, flags, Mode::empty()) {
        Ok(file) => Ok(Some(File::from(file))),
        // A file cannot have a name that is too long, so it does not exist.
        Err(Errno::ENOENT | Errno::ENOTDIR | Errno::ENAMETOOLONG) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The names of the files in a directory, and of the links that lead to files.
fn listed(directory: impl AsFd) -> io::Result<Vec<OsString>> {
    let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
    let mut entries = Dir::openat(&directory, ".", flags, Mode::empty())?;
    let mut names = Vec::new();
    for entry in entries.iter() {
        // Stops at the first failure: the system may return it for ever.
        let entry = entry?;
        let name = OsStr::from_bytes(entry.file_name().to_bytes());
        let is_file = match entry.file_type() {
            Some(Type::File) => true,
            Some(Type::Symlink) | None => fstatat(&directory, name, AtFlags::empty())
                .is_ok_and(|status| status.st_mode & libc::S_IFMT == libc::S_IFREG),
            Some(_) => false,
        };
        if is_file {
            names.push(name.to_owned());
        }
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_link_through_the_data_link_belongs_to_a_generation() {
        let rest = |target| below_data(Path::new(target));
        assert_eq!(rest("..data/password").as_deref(), Some(Path::new("password")));
        assert_eq!(rest("./..data/a/b").as_deref(), Some(Path::new("a/b")));
        for other in ["..data", "..data/", "password", "../..data/x", "/..data/x", "..2026/x"] {
            assert_eq!(rest(other), None, "{other}");
        }
    }
}
