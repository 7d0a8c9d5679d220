//! `pfx trust`: which project files may bind variables without being named.

use std::io::Write;
use std::path::PathBuf;

use serde_json::json;

use super::print;
use crate::cli;
use crate::environment::Inherited;
use crate::error::Error;
use crate::exit::Exit;
use crate::name::Escaped;
use crate::project::Project;
use crate::report::Report;
use crate::settings::project;
use crate::source::trusted::{self, Trusted};
use crate::source::{file, project as finding};

/// Trusts a file, no longer trusts one, or lists all that are trusted.
///
/// # Errors
/// [`Error::Usage`] if there is no project file to be found; [`Error::Config`] if it makes no sense; as for
/// reading and writing files.
pub fn trust(
    arguments: &cli::Trust,
    inherited: Inherited<'_>,
    output: &mut dyn Write,
    report: &mut Report<'_>,
) -> Result<Exit, Error> {
    let trusted = project::trusted(inherited)?;
    if arguments.list {
        return list(&trusted, arguments.json, output);
    }
    let found = arguments.file.clone().or_else(|| project::find(inherited));
    let path = found.ok_or_else(|| Error::Usage {
        problem: format!("there is no {} here or above", finding::NAME),
        hint: "`pfx trust FILE` names one".to_owned(),
    })?;
    if arguments.revoke {
        // The file may be gone.
        let path = path.canonicalize().unwrap_or_else(|_| absolute(path));
        let was_trusted = trusted.remove(&path)?;
        report.verbose(|| {
            let not = if was_trusted { "no longer" } else { "not" };
            format!("{} is {not} trusted", Escaped(&path.to_string_lossy()))
        });
        return Ok(if was_trusted { Exit::Done } else { Exit::Absent });
    }
    let (path, bytes) = project::resolved(&path)?;
    Project::parse(file::text(&bytes, &path)?, &path.display().to_string())?;
    trusted.add(&path, &bytes)?;
    report.verbose(|| format!("{} is trusted as it is", Escaped(&path.to_string_lossy())));
    Ok(Exit::Done)
}

/// One line a file, with what has become of it where it is not what was trusted.
fn list(trusted: &Trusted, json: bool, output: &mut dyn Write) -> Result<Exit, Error> {
    let state = |entry: &trusted::Entry| match file::read(&entry.path, file::Privacy::Any) {
        Ok(Some(contents)) if trusted::hash(&contents.bytes) == entry.hash => "trusted",
        Ok(Some(_)) => "changed",
        Ok(None) => "gone",
        Err(_) => "unreadable",
    };
    let entries = trusted.entries()?;
    let text = if json {
        let entries: Vec<_> = entries
            .iter()
            .map(|entry| {
                let path = entry.path.to_string_lossy();
                json!({ "path": path, "sha256": entry.hash, "state": state(entry) })
            })
            .collect();
        format!("{}\n", json!(entries))
    } else {
        entries
            .iter()
            .map(|entry| {
                let path = entry.path.to_string_lossy();
                match state(entry) {
                    "trusted" => format!("{}\n", Escaped(&path)),
                    other => format!("{} ({other})\n", Escaped(&path)),
                }
            })
            .collect()
    };
    print::text(&text, output)?;
    Ok(Exit::Done)
}

fn absolute(path: PathBuf) -> PathBuf {
    nix::unistd::getcwd().map(|here| here.join(&path)).unwrap_or(path)
}
