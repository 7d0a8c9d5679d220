//! `pfx secret get`: prints one value.

use std::io::Write;

use crate::cli;
use crate::command::{Sources, line_endings, print};
use crate::environment::Inherited;
use crate::error::Error;
use crate::exit::Exit;
use crate::plan::Plan;
use crate::reference;
use crate::report::Report;
use crate::resolve::Resolution;
use crate::settings::Settings;
use crate::settings::choice::StoreChoice;
use crate::settings::variable::variable;

/// Prints the value byte for byte; on a terminal with a newline after it.
///
/// # Errors
/// [`Error::Missing`] with [`Exit::Absent`] if the secret does not exist; otherwise as `run`.
pub fn get(
    arguments: &cli::secret::SecretGet,
    inherited: Inherited<'_>,
    output: &mut dyn Write,
    report: &mut Report<'_>,
) -> Result<Exit, Error> {
    reference::name_and_pointer("the name", &arguments.name)?;
    // No variable name may be derivable from this name, and it may contain `=`, so it is bound to a variable
    // explicitly.
    let mut binding = std::ffi::OsString::from("VALUE=");
    binding.push(&arguments.name);
    let plan = Plan::new(&cli::BindingOptions { secret: vec![binding], ..Default::default() })?;
    let target = StoreChoice::of_target(&arguments.target, inherited)?;
    let settings = match &target {
        None => Settings::new(&arguments.places, inherited)?,
        Some(_) => Settings::of_files(&arguments.places, inherited),
    };
    let sources = match &target {
        None => Sources::new(&settings, &StoreChoice::local(), inherited),
        Some(choice) => Sources::of_remote(&settings, choice, inherited),
    };
    let resolved = sources.resolve(plan)?;
    report.notices(sources.notices());
    report.notices(line_endings(&resolved));

    let Some(Resolution::Lookup(_, looked_up)) =
        resolved.variables.first().map(|one| &one.resolution)
    else {
        return Ok(Exit::Done);
    };
    if let Some(missing) = looked_up.missing_required() {
        if let (Some(_), Some(why)) = (&target, &missing.remote_not_used) {
            return Err(Error::NoStore { why: why.clone() });
        }
        let mut missing = missing.clone();
        missing.can_be_stored = target.is_none();
        // Here no store is used because none was asked for.
        missing.remote_not_used =
            missing.remote_not_used.map(|_| "`--remote` was not given".to_owned());
        return Err(missing.absent());
    }
    if let Some(value) = looked_up.value() {
        let json = variable!(arguments.json).flag(inherited);
        print::value(value, &looked_up.lookup.reference.name(), json, output)?;
    }
    Ok(Exit::Done)
}
