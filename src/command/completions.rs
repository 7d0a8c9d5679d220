//! `pfx completions`: a script that teaches a shell pfx's options.

use std::io::Write;

use clap::CommandFactory as _;

use crate::cli;
use crate::error::Error;
use crate::exit::Exit;

/// Prints the script.
///
/// # Errors
/// If it cannot be written.
pub fn completions(arguments: &cli::Completions, output: &mut dyn Write) -> Result<Exit, Error> {
    let mut script = Vec::new();
    let mut command = cli::Arguments::command();
    clap_complete::generate(arguments.shell, &mut command, "pfx", &mut script);
    output
        .write_all(&script)
        .map_err(|cause| Error::Terminal { action: "write to stdout", cause })?;
    Ok(Exit::Done)
}
