//! What `run`, `check` and `export` have in common: settings, the plan from all layers, and its resolution.

use std::ffi::CStr;
use std::path::Path;

use crate::cli;
use crate::command::{Sources, line_endings};
use crate::environment::{InheritancePolicy, Inherited};
use crate::error::Error;
use crate::notice::Notice;
use crate::plan::{BaseEnvironment, BindingLayer, BoundBy, Plan};
use crate::report::Report;
use crate::resolve::Resolved;
use crate::settings::active_project::ActiveProject;
use crate::settings::choice::StoreChoice;
use crate::settings::{self, Settings, active_project, env_file};
use crate::takeover::{self, TakeoverTarget};

/// Everything that is decided before anything is looked up.
pub struct Prepared<'a> {
    pub plan: Plan,
    pub context: Context<'a>,
}

/// Where to look values up, and what the plan consists of.
pub struct Context<'a> {
    pub inherited: Inherited<'a>,
    pub inheritance: InheritancePolicy,
    /// The inherited variables that the command gets.
    pub passed: Vec<&'a CStr>,
    settings: Settings,
    choice: StoreChoice,
    pub project: Option<ActiveProject>,
    /// What binds variables, as shown by `check`. Each layer takes precedence over those before it.
    pub layers: Vec<String>,
    /// Notices about the files that were read.
    notices: Vec<Notice>,
}

impl Context<'_> {
    pub fn sources(&self) -> Sources<'_> {
        Sources::new(&self.settings, &self.choice, self.inherited)
    }

    /// Looks up everything in `plan`, and prints notices. In the result, nothing required is missing.
    ///
    /// # Errors
    /// As [`resolve::resolve`] and [`Resolved::require`].
    ///
    /// [`resolve::resolve`]: crate::resolve::resolve
    pub fn resolve(&self, plan: Plan, report: &mut Report<'_>) -> Result<Resolved, Error> {
        let sources = self.sources();
        let resolved = sources.resolve(plan)?;
        report.notices(sources.notices());
        report.notices(self.notices(&resolved));
        let resolved = resolved.require()?;
        report.notices(line_endings(&resolved));
        Ok(resolved)
    }

    /// Notices about the files that were read, and about secrets that are bound without being named to variables of
    /// [`crate::takeover`].
    pub fn notices(&self, resolved: &Resolved) -> Vec<Notice> {
        let risky = resolved.variables.iter().filter_map(|variable| {
            let BoundBy::Listing = variable.bound_by else { return None };
            let variable = str::from_utf8(variable.name()).ok()?;
            // A shell that is the command only reads such a variable; `export` refuses it for shells.
            let target = takeover::target(variable)?;
            if target == TakeoverTarget::Shell {
                return None;
            }
            let what = target.words();
            Some(Notice::warning(format!(
                "a secret is bound to {variable}, which decides {what}; `-s NAME` binds only the secrets that you name"
            )))
        });
        self.notices.iter().cloned().chain(risky).collect()
    }
}

/// The arguments that these commands share.
pub struct CommonArgs<'g> {
    pub bindings: &'g cli::BindingOptions,
    pub places: &'g cli::PlaceOptions,
    pub stores: &'g cli::StoreOptions,
    pub project: &'g cli::ProjectOptions,
    /// What the command inherits; `None` without a command.
    pub inheritance: Option<&'g cli::InheritanceOptions>,
}

impl CommonArgs<'_> {
    /// Decides everything. The command line takes precedence over `PFX_…` variables, these over env files, and those
    /// over the project file. With `--preserve`, the inherited variables take precedence over all of them.
    ///
    /// # Errors
    /// If the command line, a variable, the project file or an env file is not valid.
    pub fn prepare<'a>(&self, inherited: Inherited<'a>) -> Result<Prepared<'a>, Error> {
        let inheritance = self.inheritance.map(|given| settings::inheritance(given, inherited));
        let inheritance = inheritance.transpose()?.unwrap_or_default();
        let passed = inheritance.of(inherited);
        let preserved = Inherited(if inheritance.preserve { &passed } else { &[] });
        let mut settings = Settings::new(self.places, inherited)?;
        let strict = settings.strict;
        let mut choice = StoreChoice::new(self.stores, inherited)?;
        let of_variables = settings::bindings_of_variables(self.bindings, inherited)?;
        let mut project = active_project::load(self.project, strict, inherited)?;
        let mut notices = Vec::new();
        let mut layers = Vec::new();
        if let Some(project) = &mut project {
            layers.append(&mut project.layers);
            settings::add_project(&mut settings, &mut choice, project);
            notices.extend(project.notice.take());
        }
        for path in settings::env_files(self.bindings, inherited)? {
            layers.push(env_file::layer(Path::new(&path), strict, &mut notices)?);
        }
        layers.extend(BindingLayer::of_variables(&of_variables)?);
        let mut titles: Vec<String> = layers.iter().map(|layer| layer.title.clone()).collect();
        titles.push("the command line".to_owned());
        let written = settings::bindings(self.bindings, inherited);
        let plan = Plan::over(layers, &written, BaseEnvironment { inherited, preserved })?;
        let context = Context {
            inherited,
            inheritance,
            passed,
            settings,
            choice,
            project,
            layers: titles,
            notices,
        };
        Ok(Prepared { plan, context })
    }
}
