//! `pfx kv list`: prints keys, never values.

use std::io::Write;

use super::open;
use crate::cli::kv::KvList;
use crate::command::print;
use crate::environment::Inherited;
use crate::error::Error;
use crate::exit::Exit;
use crate::settings::variable::variable;
use crate::source::Collection;

/// Prints the keys, sorted, one per line; or a JSON array.
///
/// # Errors
/// The errors of the store; or if the output cannot be written.
pub fn list(
    arguments: &KvList,
    inherited: Inherited<'_>,
    output: &mut dyn Write,
) -> Result<Exit, Error> {
    let store = open(&arguments.store, inherited)?;
    let prefix = variable!(arguments.prefix).value(inherited, str::parse)?.unwrap_or_default();
    let keys: Vec<String> =
        store.list(Collection::Kv)?.into_iter().filter(|key| key.starts_with(&prefix)).collect();
    if variable!(arguments.json).flag(inherited) {
        print::json_names(&keys, output)?;
    } else {
        print::names(keys.iter().map(String::as_str), output)?;
    }
    Ok(Exit::Done)
}
