//! Whether there is a project file, and whether it is used.

use super::{Findings, Section};
use crate::cli;
use crate::environment::Inherited;
use crate::error::{Error, TrustFault};
use crate::files::search::NAME;
use crate::settings::Fact;
use crate::settings::active_project::{self, ActiveProject};
use crate::terminal::Mark;

/// Adds a section about the project file, and returns the file as `run` would use it.
pub fn add_to(
    given: &cli::ProjectOptions,
    strict: bool,
    inherited: Inherited<'_>,
    findings: &mut Findings,
) -> Option<ActiveProject> {
    let named = active_project::named(given, inherited);
    let is_forbidden = active_project::is_forbidden(given, inherited);
    let found = || active_project::find(inherited).filter(|_| !is_forbidden);
    let (path, origin) = match named {
        Some((path, by)) => (Some(path), Some(by)),
        None => (found(), None),
    };
    let name = path.map_or_else(|| NAME.to_owned(), |path| path.display().to_string());
    let outcome = active_project::load(given, strict, inherited);
    findings.has_something |= !matches!(outcome, Ok(None));
    let is = match &outcome {
        Ok(Some(_)) if origin.is_some() => "used (named explicitly, so trusted)",
        Ok(Some(_)) => "used (found and trusted)",
        Ok(None) if is_forbidden => "not used (`--no-project`)",
        Ok(None) => "not found here or in a parent directory",
        Err(Error::Trust { fault: TrustFault::Unknown, .. }) => {
            "found, but not trusted (see problems)"
        }
        Err(Error::Trust { fault: TrustFault::Changed, .. }) => {
            "found, but changed since it was trusted (see problems)"
        }
        Err(_) => "not usable (see problems)",
    };
    let mark = match &outcome {
        Ok(Some(_)) => Mark::Good,
        Ok(None) => Mark::Plain,
        Err(_) => Mark::Bad,
    };
    let mut facts = vec![Fact { name, value: is.to_owned(), origin, mark }];
    let active = match outcome {
        Ok(active) => active,
        Err(error) => {
            findings.error(&error);
            None
        }
    };
    if let Some(active) = &active {
        findings.notices(active.notice.clone());
        let count = active.layers.iter().map(|layer| layer.wanted.len()).sum::<usize>();
        let binds = if count == 1 { "1 variable".to_owned() } else { format!("{count} variables") };
        facts.push(Fact::new("binds", &binds));
    }
    findings.sections.push(Section { title: "project file".to_owned(), facts });
    active
}
