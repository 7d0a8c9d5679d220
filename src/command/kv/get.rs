//! `pfx kv get`: one value to stdout.

use std::io::Write;

use zeroize::Zeroizing;

use super::absent;
use crate::cli::kv::Get;
use crate::command::print;
use crate::environment::Inherited;
use crate::error::{Error, Missing};
use crate::exit::Exit;
use crate::json::{self, Plain};
use crate::reference;
use crate::remote::Store;
use crate::settings::variable::variable;

/// Prints a string byte for byte, anything else as JSON; on a terminal with a line feed behind it.
///
/// # Errors
/// [`Error::Missing`] with [`Exit::Absent`] if there is no such key; what the store gives.
pub fn get(
    arguments: &Get,
    inherited: Inherited<'_>,
    open: impl FnOnce() -> Result<Box<dyn Store>, Error>,
    output: &mut dyn Write,
) -> Result<Exit, Error> {
    let (key, pointer) = reference::name_and_pointer("the key", &arguments.key)?;
    let json = variable!(arguments.json).flag(inherited);
    let store = open()?;
    let Some(whole) = store.key(&key)? else { return Err(absent(&key, &*store)) };
    let Some(pointer) = pointer.filter(|pointer| !pointer.is_whole()) else {
        print::raw_json(&whole, &key, json, output)?;
        return Ok(Exit::Done);
    };
    // A string that itself is JSON counts, as for `run`.
    let text = match json::plain(&whole) {
        Some(Plain::Text(text)) => Zeroizing::new(text),
        Some(Plain::Json(_)) | None => Zeroizing::new(whole.get().to_owned()),
    };
    let part = json::pick(text.as_bytes(), &pointer).unwrap_or_default();
    let part = part.ok_or_else(|| {
        let mut missing = Missing::of("key", &key, vec![store.place()]);
        missing.pointer = Some(pointer.to_string());
        Error::Missing { missing: vec![missing], exit: Exit::Absent }
    })?;
    print::raw_json(part, &format!("{key}#{pointer}"), json, output)?;
    Ok(Exit::Done)
}
