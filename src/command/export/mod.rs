//! `pfx export`: the bound variables with their values, in a format for another program.

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
use crate::settings::variable::{accepted, variable};
use crate::wanted::Delivery;

/// One variable to export.
pub struct ExportedVariable<'e> {
    pub variable: &'e str,
    /// `None` if the variable is removed.
    pub value: Option<&'e [u8]>,
    /// Whether the value was looked up, and is not written literally in an option or a file.
    pub secret: bool,
}

impl<'e> ExportedVariable<'e> {
    fn set(variable: &'e VariableName, value: &'e [u8], secret: bool) -> Self {
        Self { variable: variable.as_str(), value: Some(value), secret }
    }

    /// The removal of a variable. Names that are not UTF-8 are refused elsewhere.
    fn unset(name: &'e [u8]) -> Option<Self> {
        let variable = std::str::from_utf8(name).ok()?;
        Some(Self { variable, value: None, secret: false })
    }

    /// The value, for a format that cannot remove variables.
    fn value(&self) -> Result<&'e [u8], Problem> {
        self.value.ok_or("it cannot unset a variable")
    }

    /// The value, for a text format that cannot remove variables.
    fn text(&self) -> Result<&'e str, Problem> {
        std::str::from_utf8(self.value()?).map_err(|_| NOT_TEXT)
    }
}

const NOT_TEXT: Problem = "the value is not valid UTF-8";

/// Bytes that contain values.
pub type SecretText = Zeroizing<Vec<u8>>;

/// Why a format cannot hold a name: a clause.
type Refusal = Cow<'static, str>;

/// Why a format cannot hold a value: a clause.
type Problem = &'static str;

/// One format. Either another program reads exactly these variables and values, or nothing is written.
trait Exporter {
    /// The name of the format in messages.
    fn title(&self) -> &'static str;

    /// Checks the name of a variable.
    ///
    /// # Errors
    /// Why the program that reads the format would refuse or misread the name.
    fn check_name(&self, _variable: &str) -> Result<(), Refusal> {
        Ok(())
    }

    /// The text before all variables.
    fn head(&self, _: &[ExportedVariable<'_>]) -> String {
        String::new()
    }

    /// Adds a variable to the document.
    ///
    /// # Errors
    /// Why the format cannot hold it.
    fn add(&self, entry: &ExportedVariable<'_>, document: &mut SecretText) -> Result<(), Problem>;

    /// The text after all variables, or instead of them if there are none.
    fn tail(&self, _is_empty: bool) -> &'static str {
        ""
    }

    /// Notices about these variables.
    fn notices(&self, _: &[ExportedVariable<'_>]) -> Vec<Notice> {
        Vec::new()
    }

    /// What is written to stdout before the document is written elsewhere.
    fn announcement(&self, _: &[ExportedVariable<'_>]) -> SecretText {
        SecretText::default()
    }
}

/// Writes the variables to stdout or to a file.
///
/// # Errors
/// As `run`; [`Error::Value`] if the format cannot hold a value.
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
    document(&*exporter, &bound_by_name(&plan)?)?;
    to.check_writable()?;
    let resolved = context.resolve(plan, report)?;
    check_names(&*exporter, resolved.variables.iter().map(ResolvedVariable::name))?;
    let entries = entries(&resolved)?;
    let document = document(&*exporter, &entries)?;

    report.notices(exporter.notices(&entries));
    let failed = |cause| Error::Terminal { action: "write to stdout", cause };
    output.write_all(&exporter.announcement(&entries)).map_err(failed)?;
    // GitHub's runner applies the masks immediately, and reads its file when the step ends.
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
    let default = inherited.get_nonempty(github::FILE).map(home::path);
    let path = named.or(default.as_deref()).ok_or_else(|| Error::Usage {
        problem: "cannot export for GitHub Actions: GITHUB_ENV is not set".to_owned(),
        hint: "run pfx in a workflow step, or name a file with `--output`".to_owned(),
    })?;
    Destination::of(path, true)
}

/// Checks the names of variables. An export preserves none.
///
/// # Errors
/// [`Error::Value`] for the first that the format cannot hold.
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

/// The variables that are bound by name, with a placeholder for values that are not known yet. With these, a format can
/// refuse names and removals before any value is looked up.
///
/// # Errors
/// [`Error::Usage`] for a binding with `--file`, since the file would not exist after pfx ends.
fn bound_by_name(plan: &Plan) -> Result<Vec<ExportedVariable<'_>>, Error> {
    // Every format can hold it. It is not empty, since an empty PATH is refused for fish.
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

/// All variables that are bound and were found.
///
/// # Errors
/// [`Error::Value`] if a variable cannot hold the value.
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
        hint: format!("add `--format FORMAT` with {}", accepted::<Format>()),
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
/// [`Error::Value`] for the first variable that the format cannot hold.
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
