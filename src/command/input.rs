//! Values that come in: from a file, from stdin, from a prompt.

use std::ffi::OsStr;
use std::io::{IsTerminal as _, Read};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::error::{Error, TrustFault};
use crate::launch::prompt;
use crate::source::file;

/// A file's bytes as they are.
///
/// # Errors
/// [`Error::File`] if it cannot be read; [`Error::Trust`] if it is longer than [`file::LONGEST`].
pub fn file(path: &Path) -> Result<Zeroizing<Vec<u8>>, Error> {
    let failed = |cause| Error::File { action: "read", path: path.to_owned(), cause };
    limited(std::fs::File::open(path).map_err(failed)?, path.to_owned())
}

/// All of stdin, less one line feed at its end: `echo` writes one that nobody means.
///
/// # Errors
/// As [`file()`].
pub fn stdin() -> Result<Zeroizing<Vec<u8>>, Error> {
    let mut bytes = limited(std::io::stdin().lock(), PathBuf::from("stdin"))?;
    if bytes.last() == Some(&b'\n') {
        bytes.pop();
    }
    Ok(bytes)
}

/// From a prompt without echo if stdin is a terminal, else all of stdin.
///
/// # Errors
/// As [`file()`]; [`Error::Terminal`].
pub fn prompt_or_stdin(question: &str) -> Result<Zeroizing<Vec<u8>>, Error> {
    if std::io::stdin().is_terminal() { prompt::ask(question) } else { stdin() }
}

/// A word of the command line.
#[must_use]
pub fn word(word: &OsStr) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(word.as_bytes().to_vec())
}

fn limited(from: impl Read, path: PathBuf) -> Result<Zeroizing<Vec<u8>>, Error> {
    let mut bytes = Zeroizing::new(Vec::new());
    match from.take(file::LONGEST + 1).read_to_end(&mut bytes) {
        Ok(count) if count as u64 <= file::LONGEST => Ok(bytes),
        Ok(_) => {
            let fault = TrustFault::TooLarge { limit: file::LONGEST };
            Err(Error::Trust { path, fault })
        }
        Err(cause) => Err(Error::File { action: "read", path, cause }),
    }
}
