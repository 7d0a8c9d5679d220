//! The list of project files that the user trusts, by path and the SHA-256 of their content.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, percent_encode};
use ring::digest::{SHA256, digest};

use super::file::{self, FileRequirements};
use super::{home, replace};
use crate::error::{Error, TrustFault};

/// Encoded, so that a path is one line of the list.
const ENCODED: &AsciiSet = &CONTROLS.add(b'%');

/// The list, with one file per line: the SHA-256 in hexadecimal, two spaces, the path.
pub struct TrustList {
    pub path: PathBuf,
    /// The home directory, if the list is in it.
    home: Option<PathBuf>,
}

/// A line of the list.
#[derive(Debug, PartialEq, Eq)]
pub struct TrustedFile {
    pub hash: String,
    pub path: PathBuf,
}

impl TrustList {
    /// The list in a state directory (XDG Base Directory Specification).
    pub fn in_state_directory(state: &Path) -> Self {
        Self { path: state.join("pfx").join("trusted"), home: None }
    }

    /// The list in a home directory.
    pub fn in_home(home: PathBuf) -> Self {
        let Self { path, .. } = Self::in_state_directory(&home.join(".local").join("state"));
        Self { path, home: Some(home) }
    }

    /// Checks that the project file at `path`, a path without links, is trusted with these bytes.
    ///
    /// # Errors
    /// [`Error::Trust`] if it is not trusted, or with other bytes; as [`file::read`] for the list.
    pub fn require(&self, path: &Path, bytes: &[u8]) -> Result<(), Error> {
        let fault = match self.entries()?.into_iter().find(|entry| entry.path == path) {
            Some(entry) if entry.hash == hash(bytes) => return Ok(()),
            Some(_) => TrustFault::Changed,
            None => TrustFault::Unknown,
        };
        Err(Error::Trust { path: path.to_owned(), fault })
    }

    /// All trusted files.
    ///
    /// # Errors
    /// As [`file::read`].
    pub fn entries(&self) -> Result<Vec<TrustedFile>, Error> {
        let requirements = FileRequirements::found("set XDG_STATE_HOME to use another list");
        match file::read(&self.path, requirements) {
            Ok(Some(contents)) => Ok(parsed(file::text(&contents.bytes, &self.path)?)),
            Ok(None) => Ok(Vec::new()),
            // This user cannot have written a list there, so it is empty.
            Err(Error::File { .. }) if self.home.as_deref().is_some_and(home::is_inaccessible) => {
                Ok(Vec::new())
            }
            Err(error) => Err(error),
        }
    }

    /// Whether the file at `path` is trusted with any content.
    ///
    /// # Errors
    /// As [`file::read`].
    pub fn has(&self, path: &Path) -> Result<bool, Error> {
        Ok(self.entries()?.iter().any(|entry| entry.path == path))
    }

    /// Trusts the file at `path` with these bytes, instead of any earlier ones.
    ///
    /// # Errors
    /// As [`replace::update`].
    pub fn add(&self, path: &Path, bytes: &[u8]) -> Result<(), Error> {
        let added = TrustedFile { hash: hash(bytes), path: path.to_owned() };
        replace::update(&self.path, |old| {
            let mut entries = parsed(old);
            entries.retain(|entry| entry.path != path);
            entries.push(TrustedFile { hash: added.hash.clone(), path: added.path.clone() });
            Ok(Some(written(&entries)))
        })?;
        Ok(())
    }

    /// Stops trusting the file at `path`. Returns whether it was trusted.
    ///
    /// # Errors
    /// As [`replace::update`].
    pub fn remove(&self, path: &Path) -> Result<bool, Error> {
        if !self.has(path)? {
            return Ok(false);
        }
        replace::update(&self.path, |old| {
            let mut entries = parsed(old);
            entries.retain(|entry| entry.path != path);
            Ok(Some(written(&entries)))
        })
    }
}

/// The SHA-256 of some bytes, in hexadecimal.
pub fn hash(bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in digest(&SHA256, bytes).as_ref() {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// Lines that pfx did not write are skipped: they trust nothing.
fn parsed(text: &str) -> Vec<TrustedFile> {
    let entry = |line: &str| {
        let (hash, path) = line.split_once("  ")?;
        let path = OsString::from_vec(percent_decode_str(path).collect());
        Some(TrustedFile { hash: hash.to_owned(), path: path.into() })
    };
    text.lines().filter_map(entry).collect()
}

fn written(entries: &[TrustedFile]) -> String {
    let mut text = String::new();
    for TrustedFile { hash, path } in entries {
        let path = percent_encode(path.as_os_str().as_bytes(), ENCODED);
        let _ = writeln!(text, "{hash}  {path}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_is_read_back_from_the_list() {
        let paths: [&[u8]; 4] = [b"/a b/pfx.toml", b"/a\nb%/\xff/pfx.toml", b"/\xc3\xa9", b"/a  b"];
        let entries: Vec<TrustedFile> = paths
            .iter()
            .map(|path| TrustedFile {
                hash: hash(b""),
                path: OsString::from_vec(path.to_vec()).into(),
            })
            .collect();
        assert_eq!(parsed(&written(&entries)), entries);
    }

    #[test]
    fn the_hash_is_sha_256() {
        // FIPS 180-2, the message "abc".
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(hash(b"abc"), expected);
    }
}
