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

use crate::cli;
use crate::environment::Inherited;
use crate::error::Error;
use crate::plan::Plan;
use crate::remote::Store;
use crate::report::{self, Report};
use crate::resolve::{self, Resolution};
use crate::settings::remote::Choice;
use crate::settings::{self, Settings};
use crate::source::Source;
use crate::source::inherited::Variables;
use crate::source::local::Local;
use crate::source::remote::{Remote, Settled};

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
            Remote::new(move || settings::remote::settle(choice, inherited, &configuration));
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
    pub fn resolve(&self, plan: &mut Plan) -> Result<Resolution, Error> {
        resolve::resolve(plan, &self.in_order())
    }

    /// Tells what a person should know about the files that were read.
    pub fn warn(&self, report: &mut Report<'_>) {
        for warning in self.local.warnings() {
            report.warning(&report::words(warning));
        }
    }
}

/// The remote store, for a command that needs one.
///
/// # Errors
/// [`Error::NoStore`] if none is configured; as [`settings::remote::settle`].
pub fn store(choice: Choice, inherited: Inherited<'_>) -> Result<Box<dyn Store>, Error> {
    let settings = Settings::of_files(&cli::Places::default(), inherited);
    let local = Local::new(&settings.files, inherited, settings.expand);
    match settings::remote::settle(choice, inherited, &local)? {
        Settled::Store(store) => Ok(store),
        Settled::None { why } => Err(Error::NoStore { why }),
    }
}
