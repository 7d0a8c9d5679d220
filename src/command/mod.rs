//! What the user asked for, one file each.

pub mod check;
pub mod completions;
pub mod run;
pub mod secret;

use crate::environment::Inherited;
use crate::error::Error;
use crate::plan::Plan;
use crate::resolve::{self, Resolution};
use crate::settings::Settings;
use crate::source::Source;
use crate::source::inherited::Variables;
use crate::source::local::Local;

/// The sources of one invocation, in the order in which they are asked.
pub struct Sources<'a> {
    variables: Variables<'a>,
    pub local: Local<'a>,
    settings: &'a Settings,
}

impl<'a> Sources<'a> {
    #[must_use]
    pub const fn new(settings: &'a Settings, inherited: Inherited<'a>) -> Self {
        let local = Local::new(&settings.files, inherited, settings.expand);
        Self { variables: Variables(inherited), local, settings }
    }

    #[must_use]
    pub fn in_order(&self) -> Vec<&dyn Source> {
        let mut sources: Vec<&dyn Source> = vec![&self.variables, &self.local];
        sources.extend(self.settings.directories.iter().map(|directory| directory as &dyn Source));
        sources
    }

    /// Looks up all that `plan` wants.
    ///
    /// # Errors
    /// As [`resolve::resolve`].
    pub fn resolve(&self, plan: &mut Plan) -> Result<Resolution, Error> {
        resolve::resolve(plan, &self.in_order())
    }
}
