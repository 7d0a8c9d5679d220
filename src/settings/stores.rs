//! Which remote stores are asked, and why.

use super::choice::Choice;
use super::configured::Configured;
use super::{Fact, cloud1, prefect};
use crate::environment::Inherited;
use crate::error::Error;
use crate::notice::Notice;
use crate::source::deferred::Settled;
use crate::source::local::Local;
use crate::stores::StoreKind;

/// Reads how a kind of store is configured: the constructor of each row of [`StoreKind`].
///
/// # Errors
/// If a file cannot be read, or configuration contradicts itself.
fn configured(
    kind: StoreKind,
    inherited: Inherited<'_>,
    local: &Local<'_>,
) -> Result<Box<dyn Configured>, Error> {
    Ok(match kind {
        StoreKind::Prefect => Box::new(prefect::Settings::new(inherited, local.is_strict())?),
        StoreKind::Cloud1 => Box::new(cloud1::Settings::new(local)?),
    })
}

/// Opens the first of `kinds` that is configured.
///
/// # Errors
/// If configuration cannot be read, or contradicts itself; [`Error::Remote`] if a URL is none that pfx
/// talks to.
pub fn settle(
    kinds: &[StoreKind],
    choice: &Choice,
    inherited: Inherited<'_>,
    local: &Local<'_>,
) -> Result<Settled, Error> {
    if choice.local {
        return Ok(Settled::None { why: "`--local` was given".to_owned() });
    }
    let settings = kinds.iter().map(|&kind| configured(kind, inherited, local));
    Ok(first(settings, choice, inherited)?.0)
}

/// Opens the first that is configured; also why it is that one.
fn first(
    settings: impl Iterator<Item = Result<Box<dyn Configured>, Error>>,
    choice: &Choice,
    inherited: Inherited<'_>,
) -> Result<(Settled, String), Error> {
    let mut obstacles = Vec::new();
    for settings in settings {
        let settings = settings?;
        match settings.obstacle() {
            Some(why) => obstacles.push(why),
            None => {
                let why = if choice.stores.is_empty() {
                    settings.reason().unwrap_or_else(|| obstacles.join("; "))
                } else {
                    "it is the one that was named".to_owned()
                };
                return Ok((Settled::Store(settings.open(choice, inherited)?), why));
            }
        }
    }
    // The last one is the simplest to configure, so it comes first.
    obstacles.reverse();
    Ok((Settled::None { why: obstacles.join("; ") }, String::new()))
}

/// Everything about remote stores that a person may want to know.
#[derive(Default)]
pub struct Overview {
    /// What is configured for each kind of store.
    pub sections: Vec<(&'static str, Vec<Fact>)>,
    /// What may be wrong with it, and what is broken.
    pub notices: Vec<Notice>,
    /// Each store that is asked, in order, and why it is that one; or why none is asked.
    pub settled: Vec<(Settled, String)>,
    /// How to give pfx a credential, if one is missing.
    pub login: Option<String>,
}

impl Overview {
    /// Settles as [`settle`] does, and keeps how it came about.
    #[must_use]
    pub fn new(choice: &Choice, inherited: Inherited<'_>, local: &Local<'_>) -> Self {
        let mut overview = Self::default();
        // Each is read only once: one of the files may be a FIFO.
        let mut known = Vec::new();
        for &kind in StoreKind::all() {
            match configured(kind, inherited, local) {
                Ok(settings) => {
                    overview.sections.push((kind.title(), settings.facts()));
                    overview.notices.extend_from_slice(settings.notices());
                    overview.login = settings.login().or(overview.login);
                    known.push((kind, settings));
                }
                Err(error) => overview.notices.push(Notice::of_error(&error)),
            }
        }
        let is_known = |kind: &StoreKind| known.iter().any(|(other, _)| other == kind);
        let mut chain = choice.chain();
        // What is wrong with the others is said above.
        chain.retain(|kinds| kinds.iter().all(is_known));
        if choice.local {
            let why = "`--local` was given".to_owned();
            overview.settled.push((Settled::None { why }, String::new()));
            return overview;
        }
        for kinds in chain {
            let mut settings = Vec::new();
            for kind in kinds {
                let at = known.iter().position(|(other, _)| *other == kind);
                settings.extend(at.map(|at| Ok(known.remove(at).1)));
            }
            match first(settings.into_iter(), choice, inherited) {
                Ok(settled) => overview.settled.push(settled),
                Err(error) => overview.notices.push(Notice::of_error(&error)),
            }
        }
        overview
    }
}
