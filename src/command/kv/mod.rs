//! `pfx kv`: the key-value store of Prefect Cloud 1.x, the Variables of Prefect 2 and 3.

mod copy;
mod get;
mod list;
mod write;

use std::ffi::OsStr;
use std::io::Write;

use crate::cli;
use crate::command::store;
use crate::environment::Inherited;
use crate::error::{Error, Missing};
use crate::exit::Exit;
use crate::reference::{self, Kind};
use crate::report::Report;
use crate::settings::choice::Choice;
use crate::source::Store;

/// Does what was asked.
///
/// # Errors
/// Each as its own.
pub fn kv(
    command: &cli::Kv,
    inherited: Inherited<'_>,
    output: &mut dyn Write,
    report: &mut Report<'_>,
) -> Result<Exit, Error> {
    let open =
        |options: &cli::OneStoreOptions| store(&Choice::of_store(options, inherited)?, inherited);
    match command {
        cli::Kv::Get(arguments) => {
            get::get(arguments, inherited, || open(&arguments.store), output)
        }
        cli::Kv::Set(arguments) => {
            write::set(arguments, inherited, || open(&arguments.store), report)
        }
        cli::Kv::Delete(arguments) => write::delete(arguments, || open(&arguments.store), report),
        cli::Kv::Copy(arguments) => copy::copy(arguments, inherited, output),
        cli::Kv::List(arguments) => {
            list::list(arguments, inherited, &*open(&arguments.store)?, output)
        }
    }
}

/// A key that is to be written or deleted.
fn key(given: &OsStr) -> Result<String, Error> {
    reference::name("the key", given)
}

/// The error for a key that is not there.
fn absent(key: &str, store: &dyn Store) -> Error {
    let missing = vec![Missing::of(Kind::Kv.noun(), key, store.place().shown)];
    Error::Missing { missing, exit: Exit::Absent }
}
