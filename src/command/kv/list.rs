//! `pfx kv list`: keys, never values.

use std::io::Write;

use crate::cli::kv::List;
use crate::command::print;
use crate::error::Error;
use crate::exit::Exit;
use crate::remote::Store;

/// Prints the keys, sorted, one a line; or a JSON array.
///
/// # Errors
/// What the store gives; or if the output cannot be written.
pub fn list(arguments: &List, store: &dyn Store, output: &mut dyn Write) -> Result<Exit, Error> {
    let prefix = arguments.prefix.as_deref().unwrap_or_default();
    let keys: Vec<String> =
        store.keys()?.into_iter().filter(|key| key.starts_with(prefix)).collect();
    if arguments.json {
        print::list(&keys, output)?;
    } else {
        print::references(keys.iter().map(String::as_str), output)?;
    }
    Ok(Exit::Done)
}
