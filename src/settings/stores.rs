//! Which remote store is in force, and why.

use super::choice::Choice;
use super::{Fact, cloud1, prefect};
use crate::cli;
use crate::environment::Inherited;
use crate::error::Error;
use crate::source::deferred::Settled;
use crate::source::local::Local;

/// Decides which store to ask. An API URL of Prefect 2 or 3 wins over Prefect Cloud 1.x.
///
/// # Errors
/// If configuration cannot be read, or contradicts itself; [`Error::Remote`] if a URL is none that pfx
/// talks to.
pub fn settle(
    choice: Choice,
    inherited: Inherited<'_>,
    local: &Local<'_>,
) -> Result<Settled, Error> {
    let prefect = || prefect::Settings::new(inherited, local.is_strict());
    settle_with(choice, inherited, local, prefect)
}

/// The same with the settings of Prefect 2 and 3, which may be read only once: one of their files may be a FIFO.
fn settle_with(
    choice: Choice,
    inherited: Inherited<'_>,
    local: &Local<'_>,
    prefect: impl FnOnce() -> Result<prefect::Settings, Error>,
) -> Result<Settled, Error> {
    if choice.local {
        return Ok(Settled::None { why: "`--local` was given".to_owned() });
    }
    let mut without_url = None;
    if choice.store != Some(cli::Remote::Cloud1) {
        let prefect = prefect()?;
        without_url = prefect.obstacle();
        if without_url.is_none() {
            return Ok(Settled::Store(Box::new(prefect.store(choice, inherited)?)));
        }
    }
    if let (Some(cli::Remote::Prefect), Some(why)) = (choice.store, &without_url) {
        return Ok(Settled::None { why: why.clone() });
    }
    let cloud1 = cloud1::Settings::new(local)?;
    if let Some(mut why) = cloud1.obstacle() {
        if let Some(without_url) = without_url {
            why = format!("{why}; {without_url}");
        }
        return Ok(Settled::None { why });
    }
    Ok(Settled::Store(Box::new(cloud1.store(choice, inherited)?)))
}

/// Everything about remote stores that a person may want to know.
pub struct Overview {
    /// What is configured for each kind of store.
    pub sections: Vec<(String, Vec<Fact>)>,
    /// What may be wrong with it, each a sentence.
    pub concerns: Vec<String>,
    /// What is broken.
    pub errors: Vec<Error>,
    /// Which store is in force, and why.
    pub in_force: String,
    /// The decision; `None` if something is broken.
    pub settled: Option<Settled>,
    /// How to give pfx a credential, if that is what is missing.
    pub login: Option<String>,
}

impl Overview {
    /// Settles as [`settle`] does, and tells how it came about.
    #[must_use]
    pub fn new(choice: Choice, inherited: Inherited<'_>, local: &Local<'_>) -> Self {
        let (mut sections, mut concerns, mut errors, mut login) =
            (Vec::new(), Vec::new(), Vec::new(), None);
        let (mut url, mut prefect) = (None, None);
        match prefect::Settings::new(inherited, local.is_strict()) {
            Ok(settings) => {
                sections.push(("Prefect 2 and 3".to_owned(), settings.facts()));
                url = settings.url.as_ref().map(|url| url.origin.clone());
                concerns.extend(settings.concerns.iter().cloned());
                prefect = Some(settings);
            }
            Err(error) => errors.push(error),
        }
        match cloud1::Settings::new(local) {
            Ok(settings) => {
                sections.push(("Prefect Cloud 1.x".to_owned(), settings.facts()));
                concerns.extend(settings.concerns.iter().cloned());
                if settings.api_key.is_none() {
                    login = Some(settings.how_to_log_in());
                }
            }
            Err(error) => errors.push(error),
        }
        // What is wrong with the settings is said above.
        let broken = || Error::NoStore { why: "its settings are broken".to_owned() };
        let settled = match settle_with(choice, inherited, local, || prefect.ok_or_else(broken)) {
            Ok(settled) => Some(settled),
            Err(error) => {
                // What is broken may have been told above.
                if errors.is_empty() {
                    errors.push(error);
                }
                None
            }
        };
        let why = match (choice.store, url) {
            (Some(_), _) => "it is the one that was named".to_owned(),
            (None, Some(url)) => format!("{url} is set, and goes before Prefect Cloud 1.x"),
            (None, None) => "PREFECT_API_URL is not set".to_owned(),
        };
        let in_force = match &settled {
            Some(Settled::Store(store)) => format!("{}: {why}", store.place()),
            Some(Settled::None { .. }) | None => "none".to_owned(),
        };
        Self { sections, concerns, errors, in_force, settled, login }
    }
}
