//! The commands, one module each.

pub mod check;
pub mod completions;
pub mod doctor;
pub mod export;
pub mod files;
pub mod help;
mod input;
pub mod kv;
mod prepared;
mod print;
pub mod run;
pub mod secret;
pub mod trust;

use std::rc::Rc;

use crate::environment::Inherited;
use crate::error::{Error, Missing};
use crate::exit::Exit;
use crate::name::Printable;
use crate::notice::Notice;
use crate::plan::Plan;
use crate::report::Report;
use crate::resolve::{self, Resolution, Resolved};
use crate::secret::SecretValue;
use crate::settings::choice::StoreChoice;
use crate::settings::{self, Settings};
use crate::source::inherited::Variables;
use crate::source::lazy_store::{ChosenStore, LazyStore};
use crate::source::local::LocalConfig;
use crate::source::{Collection, NewEntry, Source, Store};
use crate::wanted::Delivery;

/// The sources of one invocation.
pub struct Sources<'a> {
    /// In order of precedence.
    ordered: Vec<Box<dyn Source + 'a>>,
    /// The index of the first source that is used. The others may have read files, and their notices are shown too.
    first: usize,
    pub local: Rc<LocalConfig<'a>>,
    remotes: Vec<Rc<LazyStore<'a>>>,
}

impl<'a> Sources<'a> {
    /// Environment variables, then the local sources, then the remote stores.
    pub fn new(settings: &'a Settings, choice: &StoreChoice, inherited: Inherited<'a>) -> Self {
        let local = Rc::new(LocalConfig::new(&settings.files, inherited, settings.expand));
        let remotes = choice.chain().into_iter().map(|kinds| {
            let (choice, local) = (choice.clone(), Rc::clone(&local));
            let choose = move || settings::stores::open_first(&kinds, &choice, inherited, &local);
            Rc::new(LazyStore::new(choose))
        });
        let remotes: Vec<Rc<LazyStore<'a>>> = remotes.collect();
        let mut ordered: Vec<Box<dyn Source + 'a>> =
            vec![Box::new(Variables(inherited)), Box::new(Rc::clone(&local))];
        for directory in &settings.directories {
            ordered.push(Box::new(directory));
        }
        for remote in &remotes {
            ordered.push(Box::new(Rc::clone(remote)));
        }
        Self { ordered, first: 0, local, remotes }
    }

    /// The same sources, of which only the remote stores are used.
    pub fn of_remote(
        settings: &'a Settings,
        choice: &StoreChoice,
        inherited: Inherited<'a>,
    ) -> Self {
        let sources = Self::new(settings, choice, inherited);
        let first = sources.ordered.len() - sources.remotes.len();
        Self { first, ..sources }
    }

    /// The sources in order of precedence.
    pub fn in_order(&self) -> &[Box<dyn Source + 'a>] {
        &self.ordered
    }

    /// Looks up everything in `plan`.
    ///
    /// # Errors
    /// As [`resolve::resolve`].
    pub fn resolve(&self, plan: Plan) -> Result<Resolved, Error> {
        resolve::resolve(plan, &self.ordered[self.first..])
    }

    /// Why remote stores are not used, and whether none is used; `None` if all are. This opens the stores even if no
    /// lookup needed them, and sends no request.
    pub fn remote_not_used(&self) -> Option<(String, bool)> {
        let why = |remote: &Rc<LazyStore<'a>>| match remote.chosen() {
            Ok(ChosenStore::Store(_)) => None,
            Ok(ChosenStore::None { why }) => Some(why.clone()),
            Err(error) => Some(error.to_string()),
        };
        let reasons: Vec<String> = self.remotes.iter().filter_map(why).collect();
        (!reasons.is_empty()).then(|| (reasons.join("; "), reasons.len() == self.remotes.len()))
    }

    /// Notices about the sources that were used.
    pub fn notices(&self) -> Vec<Notice> {
        self.ordered.iter().flat_map(Source::notices).collect()
    }

    /// The same, and warnings about keys that Prefect 1.x refuses.
    ///
    /// # Errors
    /// If the local configuration cannot be read.
    pub fn all_notices(&self) -> Result<Vec<Notice>, Error> {
        // This may read further files, about which there may be notices, so it comes first.
        let forbidden = self.local.forbidden_keys()?;
        Ok(self.notices().into_iter().chain(forbidden).collect())
    }
}

/// Warnings about values from files that are passed in variables and end with a carriage return.
pub fn line_endings(resolved: &Resolved) -> Vec<Notice> {
    let places = resolved.variables.iter().filter_map(|variable| match &variable.resolution {
        Resolution::Lookup(_, looked_up) if looked_up.lookup.delivery == Delivery::Variable => {
            let is_odd = looked_up.value().is_some_and(SecretValue::has_carriage_return);
            looked_up.found().filter(|_| is_odd).map(|found| &found.place)
        }
        _ => None,
    });
    let notice = |place: &String| {
        Notice::warning(format!(
            "the value in {} ends with a carriage return (\\r): was the file saved with Windows line endings?",
            Printable(place)
        ))
    };
    places.map(notice).collect()
}

/// The remote store, for a command that needs one.
///
/// # Errors
/// [`Error::NoStore`] if none is configured; the errors of [`settings::stores::open_first`].
pub fn store(choice: &StoreChoice, inherited: Inherited<'_>) -> Result<Box<dyn Store>, Error> {
    let settings = Settings::without_options(inherited);
    let local = LocalConfig::new(&settings.files, inherited, settings.expand);
    match settings::stores::open_first(&choice.chain().concat(), choice, inherited, &local)? {
        ChosenStore::Store(store) => Ok(store),
        ChosenStore::None { why } => Err(Error::NoStore { why }),
    }
}

/// Stores an entry.
///
/// # Errors
/// Those of the store.
fn set(entry: &NewEntry<'_>, store: &dyn Store, report: &mut Report<'_>) -> Result<Exit, Error> {
    store.set(entry)?;
    report.verbose(|| print::stored(entry, store));
    Ok(Exit::Done)
}

/// Deletes the entry with this name.
///
/// # Errors
/// [`Error::Missing`] with [`Exit::Absent`] if it does not exist; the errors of the store.
fn delete(
    collection: Collection,
    name: &str,
    store: &dyn Store,
    report: &mut Report<'_>,
) -> Result<Exit, Error> {
    if !store.delete(collection, name)? {
        return Err(Missing::of(collection.kind().noun(), name, store.place().shown).absent());
    }
    report.verbose(|| print::deleted(name, store));
    Ok(Exit::Done)
}
