//! `pfx secret list`: prints names, never values.

use std::collections::BTreeMap;
use std::io::Write;

use serde_json::json;

use crate::cli;
use crate::command::{Sources, print, store};
use crate::environment::Inherited;
use crate::error::Error;
use crate::exit::Exit;
use crate::report::Report;
use crate::settings::Settings;
use crate::settings::choice::StoreChoice;
use crate::settings::variable::variable;

/// Prints the names of all secrets, sorted, one per line; or JSON, with the places of the source of each.
///
/// # Errors
/// If a source cannot be read, or the output cannot be written.
pub fn list(
    arguments: &cli::secret::SecretList,
    inherited: Inherited<'_>,
    output: &mut dyn Write,
    report: &mut Report<'_>,
) -> Result<Exit, Error> {
    let mut names = BTreeMap::new();
    if let Some(choice) = StoreChoice::of_target(&arguments.target, inherited)? {
        let store = store(&choice, inherited)?;
        for name in store.secrets()? {
            names.insert(name, store.place().shown);
        }
    } else {
        let settings = Settings::new(&arguments.places, inherited)?;
        let sources = Sources::new(&settings, &StoreChoice::local(), inherited);
        for source in sources.in_order() {
            for name in source.secrets()? {
                names.entry(name).or_insert_with(|| source.place().shown);
            }
        }
        report.notices(sources.notices());
    }
    if variable!(arguments.json).flag(inherited) {
        let entries: Vec<_> =
            names.iter().map(|(name, places)| json!({ "name": name, "sources": places })).collect();
        print::text(&format!("{}\n", json!(entries)), output)?;
    } else {
        print::names(names.keys().map(String::as_str), output)?;
    }
    Ok(Exit::Done)
}
