//! What `run`, `check` and `export` have in common: settings, and the plan of all layers.

use std::path::Path;

use crate::cli;
use crate::environment::Inherited;
use crate::error::Error;
use crate::name::VariableName;
use crate::plan::{Ambient, Layer, Plan};
use crate::report;
use crate::settings::choice::Choice;
use crate::settings::project::InForce;
use crate::settings::{self, Settings, env_file, project};
use crate::source::local::Warning;
use crate::takeover;

/// All that is settled before anything is looked up.
pub struct Prepared {
    pub settings: Settings,
    pub choice: Choice,
    pub plan: Plan,
    pub project: Option<InForce>,
    /// What binds variables, for a person: each wins over those before it.
    pub layers: Vec<String>,
    /// What a person should know about the files that were named.
    concerns: Vec<Warning>,
}

impl Prepared {
    /// What a person should know of the files that were named, and of secrets that no binding names.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        let warning = |variable: &VariableName| {
            let variable = variable.as_str();
            let what = takeover::power(variable)?.words();
            Some(report::words(&Warning::Power { variable: variable.to_owned(), what }))
        };
        let concerns = self.concerns.iter().map(report::words);
        concerns.chain(self.plan.powerful.iter().filter_map(warning)).collect()
    }
}

/// What these commands are told alike.
pub struct Given<'g> {
    pub bindings: &'g cli::Bindings,
    pub places: &'g cli::Places,
    pub stores: &'g cli::Stores,
    pub project: &'g cli::Project,
}

impl Given<'_> {
    /// Settles everything. The command line wins over `PFX_…` variables, they over env files, and those over the
    /// project file; the variables of `preserved` win over all of them.
    ///
    /// # Errors
    /// Whatever is wrong with the command line, the project file or an env file.
    pub fn prepare(
        &self,
        inherited: Inherited<'_>,
        preserved: Inherited<'_>,
    ) -> Result<Prepared, Error> {
        let mut settings = Settings::new(self.places, inherited)?;
        let strict = self.places.strict;
        let mut choice = Choice::new(self.stores, inherited)?;
        let of_variables = settings::bindings_of_variables(self.bindings, inherited)?;
        let mut project = project::project(self.project, strict, inherited)?;
        let mut concerns = Vec::new();
        let mut layers = Vec::new();
        if let Some(project) = &mut project {
            layers.append(&mut project.layers);
            settings::add_project(&mut settings, &mut choice, project, self.places);
            concerns.extend(project.concern.take());
        }
        for path in settings::env_files(self.bindings, inherited)? {
            layers.push(env_file::layer(Path::new(&path), strict, &mut concerns)?);
        }
        layers.extend(Layer::of_variables(&of_variables)?);
        let mut titles: Vec<String> = layers.iter().map(|layer| layer.title.clone()).collect();
        titles.push("the command line".to_owned());
        let written = settings::bindings(self.bindings);
        let plan = Plan::over(layers, &written, Ambient { inherited, preserved })?;
        Ok(Prepared { settings, choice, plan, project, layers: titles, concerns })
    }
}
