//! `pfx run`: arguments, settings, plan, resolution, environment, exec.

use std::convert::Infallible;

use crate::cli::Run;
use crate::command::files::MemoryFiles;
use crate::command::prepared::{CommonArgs, Prepared};
use crate::config::lossless;
use crate::environment::{Environment, EnvironmentChange, Inherited, check_fits};
use crate::error::{BindingFault, Error};
use crate::launch::exec;
use crate::name::{Printable, VariableName};
use crate::plan::Scope;
use crate::reference::Reference;
use crate::report::Report;
use crate::resolve::{LookedUp, Resolution, Resolved, ResolvedVariable, VariableEffect};
use crate::secret::SecretValue;
use crate::settings::{self, variable::variable};

/// Becomes the command.
///
/// # Errors
/// Why the command was not started.
pub fn run(
    arguments: &Run,
    inherited: Inherited<'_>,
    report: &mut Report<'_>,
) -> Result<Infallible, Error> {
    let Run { bindings, places, stores, project, .. } = arguments;
    let inheritance = Some(&arguments.inheritance);
    let Prepared { plan, context } =
        CommonArgs { bindings, places, stores, project, inheritance }.prepare(inherited)?;
    let from_project = context.project.as_ref().and_then(|project| project.command.as_deref());
    let command = match (arguments.command.as_slice(), from_project) {
        ([], Some(command)) => command.to_vec(),
        ([], None) => return Err(no_command()),
        (given, _) => given.to_vec(),
    };
    let form = settings::file_options(&arguments.files, &plan, inherited)?;
    let resolved = context.resolve(plan, report)?;
    resolved.variables.iter().for_each(|variable| describe(variable, report));

    let for_prefect = if variable!(arguments.prefect).flag(inherited) {
        for_prefect(&resolved)?
    } else {
        Vec::new()
    };
    // These descriptors are for the command, so they are created last.
    let files = MemoryFiles::new(&form, &resolved)?;
    let changes: Vec<EnvironmentChange<'_>> = changes(&resolved, &files)
        .chain(
            for_prefect.iter().map(|(name, value)| Ok(EnvironmentChange::Set(name.clone(), value))),
        )
        .collect::<Result<_, _>>()?;
    let environment = Environment::new(Inherited(&context.passed), &changes)?;
    exec::replace(&command, &environment)
}

fn no_command() -> Error {
    Error::Usage {
        problem: "no command to run".to_owned(),
        hint: "use `pfx run -- COMMAND`, or set `command = \"…\"` in pfx.toml".to_owned(),
    }
}

/// The changes to the environment.
fn changes<'r>(
    resolved: &'r Resolved,
    files: &'r MemoryFiles,
) -> impl Iterator<Item = Result<EnvironmentChange<'r>, Error>> {
    resolved.variables.iter().filter_map(move |variable| match variable.effect() {
        VariableEffect::Set(name, value) => {
            let value = files.path(name).unwrap_or(value);
            // Checked here, where the name of the secret is known, for the error.
            let fits = check_fits(name.as_str(), value, &variable.title());
            Some(fits.map(|()| EnvironmentChange::Set(name.as_str().to_owned(), value)))
        }
        VariableEffect::Unset(name) => Some(Ok(EnvironmentChange::Unset(name.to_vec()))),
        VariableEffect::Missing | VariableEffect::Preserve => None,
    })
}

/// Each secret that was found, complete, in the variable from which Prefect 1.x reads it, encoded so that Prefect
/// gets exactly this value (prefect-1.md, section 12).
fn for_prefect(resolved: &Resolved) -> Result<Vec<(String, SecretValue)>, Error> {
    let mut made = Vec::new();
    for (reference, found) in &resolved.found {
        let Reference::Secret(name) = reference else { continue };
        // Prefect splits the name at `__`, and does not start if a secret has one of some names.
        let lost =
            name.contains("__") || lossless::is_forbidden(name) || name.contains(['=', '\0']);
        if lost && resolved.scope == Scope::NamedOnly {
            let name = name.clone();
            return Err(Error::Binding {
                option: "--prefect",
                fault: BindingFault::NotForPrefect { name },
            });
        }
        if lost {
            continue;
        }
        let json = found.value.to_json(name)?;
        let text = if DEFAULT_SECRETS.contains(&name.as_str()) {
            lossless::encode_value(&json)
        } else {
            lossless::encode(&json)
        };
        let variable = format!("PREFECT__CONTEXT__SECRETS__{name}");
        made.push((variable, SecretValue::text(name, text)?));
    }
    Ok(made)
}

/// Secrets that Prefect 1.x itself reads from its context without `Secret.get`, and so without parsing JSON
/// (`prefect/utilities/aws.py`, `gcp.py`, `storage/github.py` and similar files).
const DEFAULT_SECRETS: [&str; 6] = [
    "AWS_CREDENTIALS",
    "AZURE_STORAGE_CONNECTION_STRING",
    "BITBUCKET_ACCESS_TOKEN",
    "GCP_CREDENTIALS",
    "GITHUB_ACCESS_TOKEN",
    "GITLAB_ACCESS_TOKEN",
];

/// Prints where a value comes from, with `--verbose`.
fn describe(variable: &ResolvedVariable, report: &mut Report<'_>) {
    match &variable.resolution {
        Resolution::Lookup(name, looked_up) => report.verbose(|| {
            let LookedUp { lookup, .. } = looked_up;
            let from = match (looked_up.found(), &lookup.default) {
                (Some(found), _) => format!("from {}", Printable(&found.place)),
                (None, Some(_)) => "not found, using its default".to_owned(),
                (None, None) => "not found (optional)".to_owned(),
            };
            format!("{name}: {} {from}", lookup.reference)
        }),
        Resolution::Template(filled) => report.verbose(|| {
            let names: Vec<&str> = filled.names().map(VariableName::as_str).collect();
            format!("{}: text with {}", filled.variable, names.join(", "))
        }),
        Resolution::Preserve(_) | Resolution::Set(..) | Resolution::Unset(_) => {}
    }
}
