//! `pfx trust`: the project files that may bind variables without being named.

use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::print;
use crate::cli;
use crate::environment::Inherited;
use crate::error::Error;
use crate::exit::Exit;
use crate::files::file::{self, Contents, FileRequirements};
use crate::files::trusted::{self, TrustList};
use crate::files::{links, search};
use crate::name::Escaped;
use crate::project::Project;
use crate::report::Report;
use crate::settings::{active_project, variable::variable};

/// Trusts a file, revokes trust, or lists the trusted files.
///
/// # Errors
/// [`Error::Usage`] if no project file is found; [`Error::Config`] if it is not valid; the errors of reading and
/// writing files.
pub fn trust(
    arguments: &cli::Trust,
    inherited: Inherited<'_>,
    output: &mut dyn Write,
    report: &mut Report<'_>,
) -> Result<Exit, Error> {
    let trusted = active_project::trusted(inherited)?;
    if arguments.list {
        return list(&trusted, variable!(arguments.json).flag(inherited), output);
    }
    if arguments.revoke {
        return revoke(&trusted, arguments.file.as_deref(), inherited, report);
    }
    let found = arguments.file.clone().or_else(|| active_project::find(inherited));
    let path = found.ok_or_else(nothing_found)?;
    let (path, Contents { bytes, .. }) = active_project::resolved(&path)?;
    Project::parse(file::text(&bytes, &path)?, &path.display().to_string())?;
    trusted.add(&path, &bytes)?;
    report.verbose(|| {
        format!("{} is trusted with its current content", Escaped(&path.to_string_lossy()))
    });
    Ok(Exit::Done)
}

/// Revokes trust in a file, even if the file or its directories do not exist any more.
fn revoke(
    trusted: &TrustList,
    named: Option<&Path>,
    inherited: Inherited<'_>,
    report: &mut Report<'_>,
) -> Result<Exit, Error> {
    let path = match named {
        Some(path) => path.to_owned(),
        None => nearest(trusted, inherited)?.ok_or_else(nothing_found)?,
    };
    let resolved = links::resolved(&path).map_err(|cause| Error::Process {
        action: "find the working directory",
        cause,
        workaround: Some("give the full path, as `pfx trust --list` shows it"),
    })?;
    let mut was_trusted = trusted.remove(&resolved)?;
    if !was_trusted {
        // `--list` escapes control characters, so accept the path as it is shown there.
        let listed = trusted.entries()?.into_iter().find(|entry| {
            let shown = Escaped(&entry.path.to_string_lossy()).to_string();
            path.to_str() == Some(&*shown)
        });
        if let Some(entry) = listed {
            was_trusted = trusted.remove(&entry.path)?;
        }
    }
    report.verbose(|| {
        let not = if was_trusted { "no longer" } else { "not" };
        format!("{} is {not} trusted", Escaped(&resolved.to_string_lossy()))
    });
    Ok(if was_trusted { Exit::Done } else { Exit::Absent })
}

/// The nearest project file of the working directory and the directories above it, including one that is trusted but no
/// longer exists.
fn nearest(trusted: &TrustList, inherited: Inherited<'_>) -> Result<Option<PathBuf>, Error> {
    let found = active_project::find(inherited);
    let Ok(here) = nix::unistd::getcwd() else { return Ok(found) };
    for directory in here.ancestors() {
        let path = directory.join(search::NAME);
        if found.as_ref() == Some(&path) || trusted.has(&path)? {
            return Ok(Some(path));
        }
    }
    Ok(found)
}

fn nothing_found() -> Error {
    Error::Usage {
        problem: format!("there is no {} in this directory or above it", search::NAME),
        hint: "name the file: `pfx trust FILE`".to_owned(),
    }
}

/// Prints one line per file, with its state if it is not as it was trusted.
fn list(trusted: &TrustList, json: bool, output: &mut dyn Write) -> Result<Exit, Error> {
    let state =
        |entry: &trusted::TrustedFile| match file::read(&entry.path, FileRequirements::NAMED) {
            Ok(Some(contents)) if trusted::hash(&contents.bytes) == entry.hash => "trusted",
            Ok(Some(_)) => "changed",
            Ok(None) => "missing",
            Err(_) => "unreadable",
        };
    let entries = trusted.entries()?;
    let object = |entry: &trusted::TrustedFile| {
        let path = entry.path.to_string_lossy();
        json!({ "path": path, "sha256": entry.hash, "state": state(entry) })
    };
    let line = |entry: &trusted::TrustedFile| {
        let path = entry.path.to_string_lossy();
        match state(entry) {
            "trusted" => format!("{}\n", Escaped(&path)),
            other => format!("{} ({other})\n", Escaped(&path)),
        }
    };
    let text = if json {
        format!("{}\n", entries.iter().map(object).collect::<Value>())
    } else {
        entries.iter().map(line).collect()
    };
    print::text(&text, output)?;
    Ok(Exit::Done)
}
