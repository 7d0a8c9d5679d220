//! `pfx run`: arguments, settings, plan, resolution, environment, exec.

use std::convert::Infallible;

use crate::cli::Run;
use crate::command::files::Files;
use crate::command::prepared::Given;
use crate::command::{Sources, warn_of_line_endings};
use crate::config::lossless;
use crate::environment::{Change, Environment, Inherited, fits};
use crate::error::{BindingFault, Error};
use crate::launch::exec;
use crate::name::Shown;
use crate::plan::{Action, Every, Plan};
use crate::reference::Reference;
use crate::report::Report;
use crate::resolve::{Outcome, Resolution};
use crate::secret::SecretValue;
use crate::settings;
use crate::source::Source as _;

/// Becomes the command.
///
/// # Errors
/// Whatever kept it from starting; then nothing was started.
pub fn run(
    arguments: &Run,
    inherited: Inherited<'_>,
    report: &mut Report<'_>,
) -> Result<Infallible, Error> {
    let Run { bindings, places, stores, project, .. } = arguments;
    let inheritance = settings::inheritance(&arguments.inheritance, inherited)?;
    let kept = inheritance.of(inherited);
    let preserved = Inherited(if arguments.inheritance.preserve { &kept } else { &[] });
    let mut prepared = Given { bindings, places, stores, project }.prepare(inherited, preserved)?;
    let from_project = prepared.project.as_ref().and_then(|project| project.command.as_deref());
    let command = match (arguments.command.as_slice(), from_project) {
        ([], Some(command)) => command.to_vec(),
        ([], None) => return Err(no_command()),
        (given, _) => given.to_vec(),
    };
    let form = settings::files(&arguments.files, &prepared.plan, inherited)?;
    let sources = Sources::new(&prepared.settings, prepared.choice, inherited);
    let resolution = sources.resolve(&mut prepared.plan)?;
    sources.warn(report);
    prepared.warnings().iter().for_each(|warning| report.warning(warning));
    let plan = prepared.plan;
    for note in sources.remote.notes() {
        report.verbose(|| note.clone());
    }
    resolution.require(&plan)?;
    warn_of_line_endings(&plan, &resolution, report);
    tell(&plan, &resolution, report);

    let for_prefect = if arguments.prefect { for_prefect(&plan, &resolution)? } else { Vec::new() };
    // Descriptors of the command's: the last thing before it is there.
    let files = Files::new(&form, &plan, &resolution)?;
    let changes: Vec<Change<'_>> = changes(&plan, &resolution, &files)
        .chain(for_prefect.iter().map(|(name, value)| Ok(Change::Set(name.clone(), value))))
        .collect::<Result<_, _>>()?;
    let environment = Environment::new(Inherited(&kept), &changes)?;
    exec::replace(&command, &environment)
}

fn no_command() -> Error {
    Error::Usage {
        problem: "there is no command to run".to_owned(),
        hint: "`pfx run -- COMMAND`, or `command = \"…\"` in pfx.toml".to_owned(),
    }
}

/// What the plan does to the environment.
fn changes<'r>(
    plan: &'r Plan,
    resolution: &'r Resolution,
    files: &'r Files,
) -> impl Iterator<Item = Result<Change<'r>, Error>> {
    let mut outcomes = resolution.of(plan);
    plan.bindings.iter().filter_map(move |binding| match &binding.action {
        Action::Look(_) => {
            let (look, outcome) = outcomes.next()?;
            let value = resolution.value(look, outcome)?;
            let variable = look.variable.as_str();
            let value = files.path(look).unwrap_or(value);
            // Told here, where the secret's name is known.
            let fits = fits(variable, value, &look.reference.name());
            Some(fits.map(|()| Change::Set(variable.to_owned(), value)))
        }
        Action::Set(variable, value) => Some(Ok(Change::Set(variable.as_str().to_owned(), value))),
        Action::Fill(variable, index) => {
            let value = resolution.filled(*index)?;
            Some(Ok(Change::Set(variable.as_str().to_owned(), value)))
        }
        Action::Keep(_) => None,
        Action::Unset(name) => Some(Ok(Change::Unset(name.clone()))),
    })
}

/// Each secret that was found, whole, in the variable from which Prefect 1.x reads it, in a form of which it
/// makes exactly this value (prefect-1.md, section 12).
fn for_prefect(plan: &Plan, resolution: &Resolution) -> Result<Vec<(String, SecretValue)>, Error> {
    let mut made = Vec::new();
    for (reference, held) in resolution.found() {
        let Reference::Secret(name) = reference else { continue };
        // Prefect splits the name at `__` and does not start with some names.
        let lost =
            name.contains("__") || lossless::is_forbidden(name) || name.contains(['=', '\0']);
        if lost && plan.every == Every::Named {
            let name = name.clone();
            return Err(Error::Binding {
                option: "--prefect",
                fault: BindingFault::NotForPrefect { name },
            });
        }
        if lost {
            continue;
        }
        let json = held.value.to_json(name)?;
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

/// Secrets that code of Prefect 1.x reads from its context itself, without `Secret.get` and so without JSON
/// (`prefect/utilities/aws.py`, `gcp.py`, `storage/github.py` and their neighbours).
const DEFAULT_SECRETS: [&str; 6] = [
    "AWS_CREDENTIALS",
    "AZURE_STORAGE_CONNECTION_STRING",
    "BITBUCKET_ACCESS_TOKEN",
    "GCP_CREDENTIALS",
    "GITHUB_ACCESS_TOKEN",
    "GITLAB_ACCESS_TOKEN",
];

fn tell(plan: &Plan, resolution: &Resolution, report: &mut Report<'_>) {
    for (look, outcome) in resolution.of(plan) {
        report.verbose(|| {
            let from = match (outcome, resolution.held(outcome)) {
                (Outcome::Default(_), _) => "is missing, so its default".to_owned(),
                (Outcome::Missing(_), _) | (_, None) => "is missing, and optional".to_owned(),
                (_, Some(held)) => format!("from {}", Shown(&held.place)),
            };
            format!("{}: {} {from}", look.variable, look.reference)
        });
    }
    for binding in &plan.bindings {
        if let Action::Fill(variable, index) = &binding.action {
            let names = || plan.templates[*index].names().join(", ");
            report.verbose(|| format!("{variable}: text with {}", names()));
        }
    }
}
