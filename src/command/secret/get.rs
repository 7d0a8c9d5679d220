//! `pfx secret get`: one value to stdout, the only way a value gets there.

use std::io::{IsTerminal as _, Write};

use crate::cli;
use crate::command::Sources;
use crate::environment::Inherited;
use crate::error::{Error, Missing};
use crate::exit::Exit;
use crate::plan::{Bindings, Plan};
use crate::report::Report;
use crate::resolve::Outcome;
use crate::settings::Settings;
use crate::settings::remote::Choice;

/// Prints the value, byte for byte; on a terminal with a line feed behind it.
///
/// # Errors
/// [`Error::Missing`] with [`Exit::Absent`] if there is none; as `run` otherwise.
pub fn get(
    arguments: &cli::secret::Get,
    inherited: Inherited<'_>,
    output: &mut dyn Write,
    report: &mut Report<'_>,
) -> Result<Exit, Error> {
    super::name(&arguments.name)?;
    let settings = Settings::new(&arguments.places, inherited)?;
    // The name may be one of which no variable could be made, and may hold `=`: give it a variable.
    let mut binding = std::ffi::OsString::from("VALUE=");
    binding.push(&arguments.name);
    let mut plan = Plan::new(&Bindings { secrets: vec![binding], ..Bindings::default() })?;
    let sources = Sources::new(&settings, Choice::LOCAL, inherited);
    let resolution = sources.resolve(&mut plan)?;
    sources.local.warnings().into_iter().for_each(|warning| report.warning(warning));

    let Some((look, outcome)) = resolution.of(&plan).next() else { return Ok(Exit::Done) };
    if let Outcome::Missing(missing) = outcome {
        let missing: Vec<Missing> = vec![missing.clone()];
        return Err(Error::Missing { missing, exit: Exit::Absent });
    }
    let Some(value) = resolution.value(look, outcome) else { return Ok(Exit::Done) };
    let failed = |cause| Error::Terminal { action: "write to stdout", cause };
    if arguments.json {
        let json = value.to_json(&look.reference.name())?;
        writeln!(output, "{json}").map_err(failed)?;
    } else {
        output.write_all(value.expose()).map_err(failed)?;
        if std::io::stdout().is_terminal() {
            output.write_all(b"\n").map_err(failed)?;
        }
    }
    Ok(Exit::Done)
}
