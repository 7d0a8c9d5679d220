//! Reads a value from a file, from stdin or from a prompt.

use std::ffi::OsStr;
use std::io::IsTerminal as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use zeroize::Zeroizing;

use crate::environment::Inherited;
use crate::error::Error;
use crate::files::file;
use crate::launch::prompt::{self, PromptLimits};
use crate::name::Printable;

/// The bytes of a file, unchanged.
///
/// # Errors
/// [`Error::File`] if it cannot be read; [`Error::Trust`] if it is longer than [`file::LONGEST`].
pub fn from_file(path: &Path) -> Result<Zeroizing<Vec<u8>>, Error> {
    let failed = |cause| Error::File { action: "read", path: path.to_owned(), cause };
    let file = std::fs::File::open(path).map_err(failed)?;
    if file.is_terminal() {
        return Err(Error::Usage {
            problem: format!(
                "cannot read {}: it is a terminal",
                Printable(&path.to_string_lossy())
            ),
            hint: "omit `--from-file` to be prompted for the value".to_owned(),
        });
    }
    file::all(file, path)
}

/// All of stdin without one trailing newline, which `echo` adds. If stdin is a terminal, what is typed or pasted after
/// `question`, without echo. The prompt does not use the kernel's line mode, which cuts a line at 4095 bytes.
///
/// # Errors
/// As [`from_file`]; [`Error::Terminal`] and [`Error::Prompt`] of the question.
pub fn from_stdin(question: &str, inherited: Inherited<'_>) -> Result<Zeroizing<Vec<u8>>, Error> {
    if std::io::stdin().is_terminal() {
        let limit = usize::try_from(file::LONGEST).unwrap_or(usize::MAX);
        // An unknown terminal may print escape sequences instead of following them.
        let kind = inherited.get(b"TERM").unwrap_or_default();
        let supports_sequences = !matches!(kind, b"" | b"dumb" | b"unknown");
        return prompt::ask(question, PromptLimits { limit, supports_sequences });
    }
    let mut bytes = file::all(std::io::stdin().lock(), Path::new("stdin"))?;
    if bytes.last() == Some(&b'\n') {
        bytes.pop();
    }
    Ok(bytes)
}

/// A word of the command line as bytes.
pub fn from_word(word: &OsStr) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(word.as_bytes().to_vec())
}
