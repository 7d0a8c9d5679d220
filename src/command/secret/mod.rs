//! `pfx secret`: reads and changes single secrets, local or in a remote store.

mod get;
mod list;
mod write;

use std::io::Write;

use crate::cli;
use crate::environment::Inherited;
use crate::error::Error;
use crate::exit::Exit;
use crate::report::Report;

/// Runs one of its commands.
///
/// # Errors
/// Those of the command.
pub fn secret(
    command: &cli::Secret,
    inherited: Inherited<'_>,
    output: &mut dyn Write,
    report: &mut Report<'_>,
) -> Result<Exit, Error> {
    match command {
        cli::Secret::Get(arguments) => get::get(arguments, inherited, output, report),
        cli::Secret::Set(arguments) => write::set(arguments, inherited, report),
        cli::Secret::Delete(arguments) => write::delete(arguments, inherited, report),
        cli::Secret::List(arguments) => list::list(arguments, inherited, output, report),
    }
}
