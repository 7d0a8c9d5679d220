//! `pfx secret list`: names, never values.

use std::io::Write;

use serde_json::json;

use crate::cli;
use crate::command::Sources;
use crate::environment::Inherited;
use crate::error::Error;
use crate::exit::Exit;
use crate::name::Shown;
use crate::report::Report;
use crate::settings::Settings;
use crate::settings::remote::Choice;

/// Prints the names of all secrets, sorted, one a line; or JSON, with the place of each.
///
/// # Errors
/// If a source cannot be read, or the output cannot be written.
pub fn list(
    arguments: &cli::secret::List,
    inherited: Inherited<'_>,
    output: &mut dyn Write,
    report: &mut Report<'_>,
) -> Result<Exit, Error> {
    let settings = Settings::new(&arguments.places, inherited)?;
    let sources = Sources::new(&settings, Choice::LOCAL, inherited);
    let mut names = std::collections::BTreeMap::new();
    for source in sources.in_order() {
        for name in source.secrets()? {
            names.entry(name).or_insert_with(|| source.places());
        }
    }
    sources.local.warnings().into_iter().for_each(|warning| report.warning(warning));
    let mut text = String::new();
    if arguments.json {
        let entries: Vec<_> =
            names.iter().map(|(name, places)| json!({ "name": name, "places": places })).collect();
        text = format!("{}\n", json!(entries));
    } else {
        for name in names.keys() {
            text.push_str(&format!("{}\n", Shown(name)));
        }
    }
    output
        .write_all(text.as_bytes())
        .map_err(|cause| Error::Terminal { action: "write to stdout", cause })?;
    Ok(Exit::Done)
}
