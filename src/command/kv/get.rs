//! `pfx kv get`: one value to stdout.

use std::io::Write;

use super::{absent, key};
use crate::cli::kv::Get;
use crate::command::print;
use crate::error::{BindingFault, Error, Missing};
use crate::exit::Exit;
use crate::reference::{Pointer, Written};
use crate::remote::Store;

/// Prints a string byte for byte, anything else as JSON; on a terminal with a line feed behind it.
///
/// # Errors
/// [`Error::Missing`] with [`Exit::Absent`] if there is no such key; what the store gives.
pub fn get(
    arguments: &Get,
    open: impl FnOnce() -> Result<Box<dyn Store>, Error>,
    output: &mut dyn Write,
) -> Result<Exit, Error> {
    let written = Written::whole(&arguments.key);
    let key = key(written.name)?;
    let pointer = match written.pointer {
        None => None,
        Some(text) => Some(text.to_str().and_then(Pointer::new).ok_or_else(|| {
            let fault = BindingFault::Pointer { name: key.to_owned() };
            Error::Binding { option: "the key", fault }
        })?),
    };
    let store = open()?;
    let Some(whole) = store.key(key)? else { return Err(absent(key, &*store)) };
    let value = match &pointer {
        None => &whole,
        Some(pointer) => pointer.pick(&whole).ok_or_else(|| {
            let mut missing = Missing::of("key", key, vec![store.place()]);
            missing.pointer = Some(pointer.to_string());
            Error::Missing { missing: vec![missing], exit: Exit::Absent }
        })?,
    };
    print::json_value(value, arguments.json, output)?;
    Ok(Exit::Done)
}
