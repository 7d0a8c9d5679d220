//! `pfx check`: the plan, and where each value would come from. Prints no values.

mod json_rows;
mod precedence;
mod text;

use std::io::Write;

use precedence::Precedence;
use serde_json::json;
use text::Checked;

use crate::cli;
use crate::command::prepared::{CommonArgs, Prepared};
use crate::command::{line_endings, print};
use crate::environment::Inherited;
use crate::error::Error;
use crate::exit::Exit;
use crate::report::Report;
use crate::settings::variable::variable;
use crate::source::Source as _;
use crate::terminal::OutputStyle;

/// Prints what `run` would do. Returns [`Exit::Absent`] if anything required is missing.
///
/// # Errors
/// As `run`, except for missing values; or if the output cannot be written.
pub fn check(
    arguments: &cli::Check,
    inherited: Inherited<'_>,
    style: OutputStyle,
    output: &mut dyn Write,
    report: &mut Report<'_>,
) -> Result<Exit, Error> {
    let cli::Check { bindings, places, stores, project, .. } = arguments;
    let inheritance = Some(&arguments.inheritance);
    let Prepared { plan, context } =
        CommonArgs { bindings, places, stores, project, inheritance }.prepare(inherited)?;
    let sources = context.sources();
    let resolved = sources.resolve(plan)?;
    let remote_not_used = sources.remote_not_used();
    let mut notices = sources.all_notices()?;
    notices.extend(line_endings(&resolved));
    notices.extend(context.notices(&resolved));
    let places: Vec<String> =
        sources.in_order().iter().skip(1).flat_map(|source| source.place().shown).collect();
    let precedence = Precedence {
        project: context.project.as_ref().map(|project| project.path.display().to_string()),
        layers: &context.layers,
        inherited,
        passed: Inherited(&context.passed),
        inheritance: &context.inheritance,
    };

    let text = if variable!(arguments.json).flag(inherited) {
        let mut json = json!({
            "bindings": resolved.variables.iter().map(json_rows::object).collect::<Vec<_>>(),
            "sources": places,
            "remote_not_used": remote_not_used.map(|(why, _)| why),
            "warnings": notices.iter().map(ToString::to_string).collect::<Vec<_>>(),
        });
        precedence.add_to(&mut json);
        format!("{json}\n")
    } else {
        report.warnings(&notices);
        let not_used = remote_not_used.map(|(why, is_none_used)| {
            let which =
                if is_none_used { "no remote store" } else { "one remote store is not used" };
            (which, why)
        });
        let variables = &resolved.variables;
        text::text(
            &Checked { variables, places: &places, not_used, precedence: &precedence },
            style,
        )
    };
    print::text(&text, output)?;
    Ok(if resolved.is_complete() { Exit::Done } else { Exit::Absent })
}
