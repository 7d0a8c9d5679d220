//! `pfx kv`: the key-value store of Prefect Cloud 1.x, the Variables of Prefect 2 and 3.

mod copy;
mod get;
mod list;
mod write;

use std::io::Write;

use crate::cli;
use crate::command::{delete, store};
use crate::environment::Inherited;
use crate::error::Error;
use crate::exit::Exit;
use crate::reference;
use crate::report::Report;
use crate::settings::choice::StoreChoice;
use crate::source::{Collection, Store};

/// Runs one of its commands.
///
/// # Errors
/// Those of the command.
pub fn kv(
    command: &cli::Kv,
    inherited: Inherited<'_>,
    output: &mut dyn Write,
    report: &mut Report<'_>,
) -> Result<Exit, Error> {
    match command {
        cli::Kv::Get(arguments) => get::get(arguments, inherited, output),
        cli::Kv::Set(arguments) => write::set(arguments, inherited, report),
        cli::Kv::Delete(arguments) => {
            let key = reference::name("the key", &arguments.key)?;
            delete(Collection::Kv, &key, &*open(&arguments.store, inherited)?, report)
        }
        cli::Kv::Copy(arguments) => copy::copy(arguments, inherited, output),
        cli::Kv::List(arguments) => list::list(arguments, inherited, output),
    }
}

/// The store that the options name.
fn open(options: &cli::OneStoreOptions, inherited: Inherited<'_>) -> Result<Box<dyn Store>, Error> {
    store(&StoreChoice::of_store(options, inherited)?, inherited)
}
