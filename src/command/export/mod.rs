//! `pfx export`: the bound variables with their values, in a form that another program reads.

mod destination;
mod docker;
mod dotenv;
mod fish;
mod github;
mod json;
mod kubernetes;
mod masks;
mod names;
mod shell;
mod systemd;
mod yaml;

use std::borrow::Cow;
use std::io::Write;

use destination::Destination;
use zeroize::Zeroizing;

use crate::cli;
use crate::cli::export::Format;
use crate::command::prepared::{CommonArgs, Prepared};
use crate::environment::Inherited;
use crate::error::{Error, ValueFault};
use crate::exit::Exit;
use crate::files::home;
use crate::name::VariableName;
use crate::notice::Notice;
use crate::plan::{Action, Binding, Plan};
use crate::report::Report;
use crate::resolve::{Resolution, Resolved, ResolvedVariable, VariableEffect};
use crate::settings::variable::{expected, variable};
use crate::wanted::Delivery;

/// What is exported of one variable.
pub struct ExportedVariable<'e> {
    pub variable: &'e str,
    /// `None` if the variable is removed.
    pub value: Option<&'e [u8]>,
    /// Whether the value was looked up, rather than written down where everyone sees it.
    pub secret: bool,
}

impl<'e> ExportedVariable<'e> {
    fn set(variable: &'e VariableName, value: &'e [u8], secret: bool) -> Self {
        Self { variable: variable.as_str(), value: Some(value), secret }
    }

    /// A removal. Names that are not UTF-8 are refused elsewhere.
    fn unset(name: &'e [u8]) -> Option<Self> {
        let variable = std::str::from_utf8(name).ok()?;
        Some(Self { variable, value: None, secret: false })
    }

    /// The value, for a form that knows no removal.
    fn value(&self) -> Result<&'e [u8], Problem> {
        self.value.ok_or("it cannot unset a variable")
    }

    /// The value, for a form that is text and knows no removal.
    fn text(&self) -> Result<&'e str, Problem> {
        std::str::from_utf8(self.value()?).map_err(|_| NOT_TEXT)
    }
}

const NOT_TEXT: Problem = "the value is not valid UTF-8";

/// Bytes with values in them.
pub type SecretText = Zeroizing<Vec<u8>>;

/// Why a form cannot hold a name, as half a sentence.
type Refusal = Cow<'static, str>;

/// Why a form cannot hold a value, likewise.
type Problem = &'static str;

/// One form of an export. What it writes is read by another program as exactly these variables and values, or it
/// writes nothing.
trait Exporter {
    /// What it is, for messages.
    fn title(&self) -> &'static str;

    /// Checks the name of a variable.
    ///
    /// # Errors
    /// Why its reader does not take it for that, or takes it for something else.
    fn check_name(&self, _variable: &str) -> Result<(), Refusal> {
        Ok(())
    }

    /// What stands before all variables.
    fn head(&self, _: &[ExportedVariable<'_>]) -> String {
        String::new()
    }

    /// Adds a variable to the document.
    ///
    /// # Errors
    /// Why the form cannot hold it.
    fn add(&self, entry: &ExportedVariable<'_>, document: &mut SecretText) -> Result<(), Problem>;

    /// What follows all variables, or replaces them if there are none.
    fn tail(&self, _is_empty: bool) -> &'static str {
        ""
    }

    /// What a person should know of these.
    fn notices(&self, _: &[ExportedVariable<'_>]) -> Vec<Notice> {
        Vec::new()
    }

    /// What goes to stdout before the document is written elsewhere.
    fn announcement(&self, _: &[ExportedVariable<'_>]) -> SecretText {
        SecretText::default()
    }
}

/// Writes what was asked for to stdout or to a file.
///
/// # Errors
/// As `run`; [`Error::Value`] if the form cannot hold a value.
pub fn export(
    arguments: &cli::Export,
    inherited: Inherited<'_>,
    output: &mut dyn Write,
    report: &mut Report<'_>,
) -> Result<Exit, Error> {
    let cli::Export { bindings, places, stores, project, .. } = arguments;
    let format = variable!(arguments.format).word(inherited)?.ok_or_else(no_format)?;
    let exporter = exporter(format, arguments)?;
    let to = destination(format, arguments, inherited)?;
    let Prepared { plan, context } =
        CommonArgs { bindings, places, stores, project, inheritance: None }.prepare(inherited)?;
    // A mistake on the command line is reported before anything is looked up.
    check_names(&*exporter, plan.bindings.iter().map(Binding::variable))?;
    document(&*exporter, &outline(&plan)?)?;
    to.can_be_written()?;
    let resolved = context.resolve(plan, report)?;
    check_names(&*exporter, resolved.variables.iter().map(ResolvedVariable::name))?;
    let entries = entries(&resolved)?;
    let document = document(&*exporter, &entries)?;

    report.notices(exporter.notices(&entries));
    let failed = |cause| Error::Terminal { action: "write to stdout", cause };
    output.write_all(&exporter.announcement(&entries)).map_err(failed)?;
    // The runner of GitHub acts on the masks as they come, and reads its file when the step ends.
    output.flush().map_err(failed)?;
    to.write(&document, output, report)?;
    Ok(Exit::Done)
}

fn destination(
    format: Format,
    arguments: &cli::Export,
    inherited: Inherited<'_>,
) -> Result<Destination, Error> {
    let named = arguments.output.as_deref();
    if format != Format::Github {
        return named.map_or(Ok(Destination::Stdout), |path| Destination::of(path, false));
    }
    let default = inherited.get(github::FILE).filter(|path| !path.is_empty()).map(home::path);
    let path = named.or(default.as_deref()).ok_or_else(|| Error::Usage {
        problem: "cannot export for GitHub Actions: GITHUB_ENV is not set".to_owned(),
        hint: "run pfx in a workflow step, or name a file with `--output`".to_owned(),
    })?;
    Destination::of(path, true)
}

/// Checks the names of variables. None is preserved by an export.
///
/// # Errors
/// [`Error::Value`] for the first that the form cannot hold.
fn check_names<'n>(
    exporter: &dyn Exporter,
    names: impl Iterator<Item = &'n [u8]>,
) -> Result<(), Error> {
    for name in names {
        let checked = match std::str::from_utf8(name) {
            Ok(name) => exporter.check_name(name),
            Err(_) => Err("the name is not valid UTF-8".into()),
        };
        checked.map_err(|problem| {
            let fault = ValueFault::NameNotForFormat { format: exporter.title(), problem };
            Error::Value { name: String::from_utf8_lossy(name).into_owned(), fault }
        })?;
    }
    Ok(())
}

/// The variables that are bound by name, with no value where it is not known yet: a form refuses names and removals in
/// them as it would in the whole.
///
/// # Errors
/// [`Error::Usage`] if a value is to be a file, which would be gone.
fn outline(plan: &Plan) -> Result<Vec<ExportedVariable<'_>>, Error> {
    // One that every format can hold. It is not empty, since fish refuses an empty PATH.
    const UNKNOWN: &[u8] = b"x";
    let entries = plan.bindings.iter().filter_map(|binding| match &binding.action {
        Action::Lookup(variable, lookup) => {
            let checked = refuse_file(variable, lookup.delivery);
            Some(checked.map(|()| ExportedVariable::set(variable, UNKNOWN, true)))
        }
        Action::Preserve(_) => None,
        Action::Set(variable, text) => {
            Some(Ok(ExportedVariable::set(variable, text.expose(), false)))
        }
        Action::Template(variable, _) => Some(Ok(ExportedVariable::set(variable, UNKNOWN, true))),
        Action::Unset(name) => ExportedVariable::unset(name).map(Ok),
    });
    entries.collect()
}

/// All that is bound and was found.
///
/// # Errors
/// [`Error::Value`] if no variable can hold it.
fn entries(resolved: &Resolved) -> Result<Vec<ExportedVariable<'_>>, Error> {
    let entries = resolved.variables.iter().filter_map(|variable| match variable.effect() {
        VariableEffect::Set(name, value) => {
            let secret = !matches!(variable.resolution, Resolution::Set(..));
            let value = value.in_variable(&variable.title());
            Some(value.map(|value| ExportedVariable::set(name, value.expose(), secret)))
        }
        VariableEffect::Unset(name) => ExportedVariable::unset(name).map(Ok),
        VariableEffect::Missing | VariableEffect::Preserve => None,
    });
    entries.collect()
}

fn refuse_file(variable: &VariableName, delivery: Delivery) -> Result<(), Error> {
    match delivery {
        Delivery::Variable => Ok(()),
        Delivery::File => Err(Error::Usage {
            problem: format!(
                "cannot export `{variable}`: it is bound with --file, which export does not support"
            ),
            hint: "`pfx secret get NAME > FILE` writes a value to a file".to_owned(),
        }),
    }
}

fn no_format() -> Error {
    Error::Usage {
        problem: "cannot export without a format".to_owned(),
        hint: format!("add `--format FORMAT`: {}", expected::<Format>()),
    }
}

fn exporter(format: Format, arguments: &cli::Export) -> Result<Box<dyn Exporter>, Error> {
    Ok(match format {
        Format::Docker => Box::new(docker::Docker),
        Format::Dotenv => Box::new(dotenv::Dotenv),
        Format::Fish => Box::new(fish::Fish),
        Format::Github => Box::new(github::Github::new()?),
        Format::Json => Box::new(json::Json),
        Format::K8s => Box::new(kubernetes::Kubernetes::new(&arguments.name)?),
        Format::Sh => Box::new(shell::PosixShell),
        Format::Systemd => Box::new(systemd::Systemd),
        Format::Yaml => Box::new(yaml::Yaml),
    })
}

/// The whole document.
///
/// # Errors
/// [`Error::Value`] for the first variable that the form cannot hold.
fn document(
    exporter: &dyn Exporter,
    entries: &[ExportedVariable<'_>],
) -> Result<SecretText, Error> {
    let mut document = SecretText::new(exporter.head(entries).into_bytes());
    for entry in entries {
        exporter.add(entry, &mut document).map_err(|problem| {
            let fault = ValueFault::NotForFormat { format: exporter.title(), problem };
            Error::Value { name: entry.variable.to_owned(), fault }
        })?;
    }
    document.extend_from_slice(exporter.tail(entries.is_empty()).as_bytes());
    Ok(document)
}
