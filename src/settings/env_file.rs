//! Reads env files as layers of a plan.

use std::fs::File;
use std::os::unix::fs::FileTypeExt as _;
use std::path::Path;

use crate::dotenv;
use crate::error::Error;
use crate::files::file::{self, FileRequirements};
use crate::notice::Notice;
use crate::plan::BindingLayer;

/// Reads one env file, and adds notices about it to `notices`; `-` is stdin. A FIFO is read too, since `<(…)` in a
/// shell is one.
///
/// # Errors
/// [`Error::File`], [`Error::Trust`] as for configuration, [`Error::Config`] with the line.
pub fn layer(path: &Path, strict: bool, notices: &mut Vec<Notice>) -> Result<BindingLayer, Error> {
    let is_stdin = path.as_os_str() == "-";
    let title = if is_stdin { "stdin".to_owned() } else { path.display().to_string() };
    let failed = |cause| Error::File { action: "read", path: path.to_owned(), cause };
    let bytes = if is_stdin {
        file::all(std::io::stdin().lock(), Path::new("stdin"))?
    } else if path.metadata().is_ok_and(|metadata| metadata.file_type().is_fifo()) {
        file::all(File::open(path).map_err(failed)?, path)?
    } else {
        let contents = file::read(path, FileRequirements { strict, ..FileRequirements::NAMED })?;
        let contents = contents.ok_or_else(|| failed(nix::errno::Errno::ENOENT.into()))?;
        notices.extend(contents.fault.map(|fault| Notice::of_trust(path, &fault)));
        contents.bytes
    };
    let text = file::text(&bytes, Path::new(&title))?;
    let wanted = dotenv::parse(text, &title)?;
    Ok(BindingLayer::of_file(title.clone(), title, wanted))
}
