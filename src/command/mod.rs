//! What the user asked for, one file each.

pub mod check;
pub mod completions;
pub mod doctor;
pub mod export;
pub mod files;
mod input;
pub mod kv;
mod prepared;
mod print;
pub mod run;
pub mod secret;
pub mod trust;

use std::rc::Rc;

use crate::environment::Inherited;
use crate::error::Error;
use crate::plan::{Delivery, Plan};
use crate::remote::Store;
use crate::report::{self, Report};
use crate::resolve::{self, Resolution, Resolved};
use crate::secret::SecretValue;
use crate::settings::choice::Choice;
use crate::settings::{self, Settings};
use crate::source::Source;
use crate::source::deferred::{Remote, Settled};
use crate::source::directory::Directory;
use crate::source::inherited::Variables;
use crate::source::local::{Local, Warning};

/// The sources of one invocation, in the order in which they are asked.
pub struct Sources<'a> {
    variables: Variables<'a>,
    pub local: Rc<Local<'a>>,
    settings: &'a Settings,
    pub remote: Remote<'a>,
}

impl<'a> Sources<'a> {
    #[must_use]
    pub fn new(settings: &'a Settings, choice: Choice, inherited: Inherited<'a>) -> Self {
        let local = Rc::new(Local::new(&settings.files, inherited, settings.expand));
        let configuration = Rc::clone(&local);
        let remote =
            Remote::new(move || settings::stores::settle(choice, inherited, &configuration));
        Self { variables: Variables(inherited), local, settings, remote }
    }

    #[must_use]
    pub fn in_order(&self) -> Vec<&dyn Source> {
        let mut sources: Vec<&dyn Source> = vec![&self.variables, &*self.local];
        sources.extend(self.settings.directories.iter().map(|directory| directory as &dyn Source));
        sources.push(&self.remote);
        sources
    }

    /// Looks up all that `plan` wants.
    ///
    /// # Errors
    /// As [`resolve::resolve`].
    pub fn resolve(&self, plan: Plan) -> Result<Resolved, Error> {
        resolve::resolve(plan, &self.in_order())
    }

    /// Prints what a person should know about the files that were read.
    pub fn warn(&self, report: &mut Report<'_>) {
        self.warnings().iter().for_each(|warning| report.warning(warning));
        for note in self.local.notes() {
            report.verbose(|| report::words(&note));
        }
    }

    /// What a person should know about the files that were read, and the directories that were named.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        let local = self.local.warnings().into_iter().map(report::words);
        let directories = self.settings.directories.iter().flat_map(Directory::warnings);
        local.chain(directories.map(|warning| report::words(&warning))).collect()
    }
}

/// Warns of values that come from files, go into variables, and end with a carriage return.
pub fn warn_of_line_endings(resolved: &Resolved, report: &mut Report<'_>) {
    for warning in line_endings(resolved) {
        report.warning(&warning);
    }
}

/// What [`warn_of_line_endings`] says.
#[must_use]
pub fn line_endings(resolved: &Resolved) -> Vec<String> {
    let places = resolved.variables.iter().filter_map(|variable| match &variable.resolution {
        Resolution::Look(looked_up) if looked_up.look.delivery == Delivery::Variable => {
            let is_odd = looked_up.value().is_some_and(SecretValue::has_carriage_return);
            looked_up.held().filter(|_| is_odd).map(|held| held.place.clone())
        }
        _ => None,
    });
    places.map(|place| report::words(&Warning::CarriageReturn { place })).collect()
}

/// The remote store, for a command that needs one.
///
/// # Errors
/// [`Error::NoStore`] if none is configured; as [`settings::stores::settle`].
pub fn store(choice: Choice, inherited: Inherited<'_>) -> Result<Box<dyn Store>, Error> {
    let settings = Settings::without_options(inherited);
    let local = Local::new(&settings.files, inherited, settings.expand);
    match settings::stores::settle(choice, inherited, &local)? {
        Settled::Store(store) => Ok(store),
        Settled::None { why } => Err(Error::NoStore { why }),
    }
}
