//! Where an export goes.

use std::ffi::OsStr;
use std::fs::{File, OpenOptions};
use std::io::{self, IsTerminal as _, Write};
use std::os::fd::{AsFd, RawFd};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::files::replace;
use crate::launch::output::{Output, duplicate};
use crate::notice::Notice;
use crate::report::Report;

/// Where the document goes. Only a regular file is replaced.
pub enum Destination {
    /// Appended to a file, which is created if it does not exist.
    Appended(PathBuf),
    /// A descriptor that the caller opened: `/dev/fd/3`, or `>(…)` of a shell. In a file, output starts at its
    /// position.
    Descriptor(PathBuf, File),
    /// A file that only its owner can read.
    Private(PathBuf),
    Stdout,
    /// A FIFO, a device or a socket with a path.
    Stream(PathBuf),
}

impl Destination {
    /// Classifies a path. `-` is stdout, and whatever is not a regular file is a stream. Descriptors are duplicated
    /// here, before pfx opens a file with the same number.
    ///
    /// # Errors
    /// [`Error::File`] if a descriptor is not open, or if the path can only be a directory.
    pub fn of(path: &Path, appended: bool) -> Result<Self, Error> {
        if path.as_os_str() == "-" {
            return Ok(Self::Stdout);
        }
        // To `Path`, `x/` and `x` are equal.
        if path.as_os_str().as_bytes().ends_with(b"/") {
            return Err(failed(path, nix::errno::Errno::EISDIR.into()));
        }
        match descriptor(path) {
            Some(1) => return Ok(Self::Stdout),
            Some(number) => {
                let file = duplicate(number).map_err(|cause| failed(path, cause))?;
                return Ok(Self::Descriptor(path.to_owned(), file));
            }
            None => {}
        }
        let path = path.to_owned();
        Ok(match () {
            () if is_stream(&path) => Self::Stream(path),
            () if appended => Self::Appended(path),
            () => Self::Private(path),
        })
    }

    /// Checks whether it can be written, as far as possible without writing.
    ///
    /// # Errors
    /// As [`replace::check_writable`].
    pub fn check_writable(&self) -> Result<(), Error> {
        match self {
            Self::Appended(path) => replace::check_writable(path, true),
            Self::Private(path) => replace::check_writable(path, false),
            Self::Descriptor(..) | Self::Stdout | Self::Stream(_) => Ok(()),
        }
    }

    /// Writes the document. `output` is stdout.
    ///
    /// # Errors
    /// [`Error::Terminal`] for stdout, [`Error::File`] or [`Error::Trust`] for anything else.
    pub fn write(
        &self,
        document: &[u8],
        output: &mut dyn Write,
        report: &mut Report<'_>,
    ) -> Result<(), Error> {
        match self {
            Self::Appended(path) => replace::append(path, document),
            Self::Descriptor(path, file) => send(path, file, document, report),
            Self::Private(path) => replace::replace(path, document),
            Self::Stdout => {
                warn_of_terminal(&io::stdout(), report);
                output
                    .write_all(document)
                    .map_err(|cause| Error::Terminal { action: "write to stdout", cause })
            }
            Self::Stream(path) => {
                if path.metadata().is_ok_and(|metadata| metadata.file_type().is_socket()) {
                    let socket = UnixStream::connect(path).map_err(|cause| failed(path, cause))?;
                    return send(path, &socket, document, report);
                }
                // Opening a FIFO waits for its reader, like `>` in a shell.
                let flags = nix::libc::O_NOCTTY;
                let opened = OpenOptions::new().append(true).custom_flags(flags).open(path);
                send(path, &opened.map_err(|cause| failed(path, cause))?, document, report)
            }
        }
    }
}

fn send(
    path: &Path,
    to: &impl AsFd,
    document: &[u8],
    report: &mut Report<'_>,
) -> Result<(), Error> {
    warn_of_terminal(to, report);
    let mut output = Output::new(to);
    let sent = output.write_all(document).and_then(|()| output.finish());
    sent.map_err(|cause| failed(path, cause))
}

fn warn_of_terminal(to: &impl AsFd, report: &mut Report<'_>) {
    if to.as_fd().is_terminal() {
        report.notices([Notice::warning(
            "the values are printed on the terminal; `--output FILE` writes them to a file instead",
        )]);
    }
}

fn failed(path: &Path, cause: io::Error) -> Error {
    Error::File { action: "write", path: path.to_owned(), cause }
}

/// Whether the path is a stream (a FIFO, a device or a socket), or something that another process has open.
fn is_stream(path: &Path) -> bool {
    let is_open_elsewhere = || {
        let parent = path.parent().and_then(|parent| parent.canonicalize().ok());
        parent.is_some_and(|parent| parent.starts_with("/proc") && parent.ends_with("fd"))
    };
    path.metadata().is_ok_and(|metadata| {
        let kind = metadata.file_type();
        kind.is_fifo() || kind.is_char_device() || kind.is_socket() || is_open_elsewhere()
    })
}

/// The descriptor of this process that a path refers to, as `/dev/stdout`, `/dev/fd/1` and links to them do (proc(5)).
fn descriptor(path: &Path) -> Option<RawFd> {
    let own = Path::new("/proc/self/fd");
    let mut path = path.to_owned();
    // Linux itself follows this many links (path_resolution(7)).
    for _ in 0..40 {
        // These work also if /proc is not mounted.
        match path.to_str() {
            Some("/dev/stdin") => return Some(0),
            Some("/dev/stdout") => return Some(1),
            Some("/dev/stderr") => return Some(2),
            _ => {}
        }
        let parent = path.parent()?;
        let is_own = || {
            parent
                .canonicalize()
                .is_ok_and(|one| own.canonicalize().is_ok_and(|other| one == other))
        };
        if parent == own || parent == Path::new("/dev/fd") || is_own() {
            return path.file_name().and_then(OsStr::to_str)?.parse().ok();
        }
        path = parent.join(std::fs::read_link(&path).ok()?);
    }
    None
}
