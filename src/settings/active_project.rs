//! The project file that is used, and what it sets.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::variable::variable;
use crate::cli;
use crate::environment::Inherited;
use crate::error::Error;
use crate::files::file::{self, Contents, FileRequirements};
use crate::files::trusted::TrustList;
use crate::files::{home, search};
use crate::name::Printable;
use crate::notice::Notice;
use crate::plan::BindingLayer;
use crate::project::{Profile, Project};
use crate::store_kind::StoreKind;
use crate::wanted::WantedVariable;

/// What a project file that pfx found itself must satisfy. A file that the user names is the user's choice.
const FOUND: FileRequirements = FileRequirements::found("to use it anyway, name it with `-f FILE`");

/// A project file that was read and is trusted, with the selected profiles.
pub struct ActiveProject {
    pub path: PathBuf,
    /// Its own bindings, then those of each profile; empty if it has no bindings.
    pub layers: Vec<BindingLayer>,
    pub command: Option<Vec<OsString>>,
    pub secrets_directories: Vec<PathBuf>,
    /// The remote stores to use, in order; empty if the file does not set them.
    pub remotes: Vec<StoreKind>,
    pub local: bool,
    /// A notice about the file.
    pub notice: Option<Notice>,
}

/// Finds and reads the project file, if there is one. A file that is named is trusted; one that pfx finds must be in
/// the list of trusted files.
///
/// # Errors
/// [`Error::File`] if the file that is named does not exist; [`Error::Trust`]; [`Error::Config`]; [`Error::Usage`]
/// for a profile that the file does not define.
pub fn load(
    given: &cli::ProjectOptions,
    strict: bool,
    inherited: Inherited<'_>,
) -> Result<Option<ActiveProject>, Error> {
    let Some((path, Contents { bytes, fault })) = contents(given, strict, inherited)? else {
        // Without a project file, the variable is ignored, and only the option is an error.
        return match given.profile.first() {
            None => Ok(None),
            Some(profile) => Err(Error::Usage {
                problem: format!(
                    "cannot use the profile `{}`: there is no project file",
                    Printable(&profile.to_string_lossy())
                ),
                hint: "name a project file with `-f FILE`".to_owned(),
            }),
        };
    };
    let place = path.display().to_string();
    let project = Project::parse(file::text(&bytes, &path)?, &place)?;
    let profiles = variable!(given.profile).list(inherited)?;
    let notice = fault.map(|fault| Notice::of_trust(&path, &fault));
    Ok(Some(ActiveProject { notice, ..with_profiles(path, project, &profiles)? }))
}

/// The path and the content of the file.
fn contents(
    given: &cli::ProjectOptions,
    strict: bool,
    inherited: Inherited<'_>,
) -> Result<Option<(PathBuf, Contents)>, Error> {
    if let Some((path, _)) = named(given, inherited) {
        let requirements = FileRequirements { strict, ..FileRequirements::NAMED };
        return read(&path, requirements).map(|contents| Some((path, contents)));
    }
    if is_forbidden(given, inherited) {
        return Ok(None);
    }
    let Some(path) = find(inherited) else { return Ok(None) };
    let (path, contents) = resolved(&path)?;
    trusted(inherited)?.require(&path, &contents.bytes)?;
    Ok(Some((path, contents)))
}

/// The project file that is named, and the option or variable that names it.
pub fn named(given: &cli::ProjectOptions, inherited: Inherited<'_>) -> Option<(PathBuf, String)> {
    if let Some(path) = &given.project {
        return Some((path.clone(), "--project".to_owned()));
    }
    let variable = variable!(given.project);
    let path = variable.text(inherited).filter(|_| !is_forbidden(given, inherited))?;
    Some((home::path(path), variable.name()))
}

/// Whether pfx must not look for a project file.
pub fn is_forbidden(given: &cli::ProjectOptions, inherited: Inherited<'_>) -> bool {
    variable!(given.no_project).flag(inherited)
}

/// The project file in the working directory or the nearest directory above it.
pub fn find(inherited: Inherited<'_>) -> Option<PathBuf> {
    let home = inherited.get(b"HOME").map(home::path);
    search::find(home.as_deref())
}

/// The path of a project file with all symbolic links resolved, and its content.
///
/// # Errors
/// [`Error::File`]; [`Error::Trust`] as for configuration.
pub fn resolved(path: &Path) -> Result<(PathBuf, Contents), Error> {
    let failed = |cause| Error::File { action: "read", path: path.to_owned(), cause };
    let path = path.canonicalize().map_err(failed)?;
    let contents = read(&path, FOUND)?;
    Ok((path, contents))
}

/// Reads a project file. As any file of a repository, everyone may read it, but only its owner may write it.
fn read(path: &Path, requirements: FileRequirements) -> Result<Contents, Error> {
    match file::read(path, requirements)? {
        Some(contents) => Ok(contents),
        None => {
            let cause = nix::errno::Errno::ENOENT.into();
            Err(Error::File { action: "read", path: path.to_owned(), cause })
        }
    }
}

/// The list of trusted files: in `$XDG_STATE_HOME`, else in `~/.local/state` (XDG Base Directory Specification, by
/// which a relative path is ignored).
///
/// # Errors
/// [`Error::Usage`] if HOME is not set either.
pub fn trusted(inherited: Inherited<'_>) -> Result<TrustList, Error> {
    let state = inherited.get(b"XDG_STATE_HOME").map(home::path).filter(|path| path.is_absolute());
    let list = state.map(|state| TrustList::in_state_directory(&state)).or_else(|| {
        let home = home::of_user(b"", inherited.get(b"HOME")).map(|home| home::path(&home));
        home.filter(|home| home.is_absolute()).map(TrustList::in_home)
    });
    list.ok_or_else(|| Error::Usage {
        problem: "cannot find the list of trusted files: neither HOME nor XDG_STATE_HOME is set"
            .to_owned(),
        hint: "name the project file with `-f FILE`; it then counts as trusted".to_owned(),
    })
}

fn with_profiles(
    path: PathBuf,
    project: Project,
    profiles: &[OsString],
) -> Result<ActiveProject, Error> {
    let place = path.display().to_string();
    let mut command = project.own.command;
    let mut layers: Vec<BindingLayer> =
        project.own.env.into_iter().map(|env| layer(&place, "env", env)).collect();
    let mut known = project.profiles;
    for profile in profiles {
        let Some(at) = known.iter().position(|(name, _)| name.as_str() == profile) else {
            return Err(unknown_profile(&profile.to_string_lossy(), &place, &known));
        };
        // If a profile is named twice, the first position counts.
        let (name, own) = std::mem::take(&mut known[at]);
        layers.extend(own.env.map(|env| layer(&place, &format!("profile.{name}.env"), env)));
        command = own.command.or(command);
        known[at].0 = name;
    }
    let directory = path.parent().unwrap_or(Path::new("")).to_owned();
    Ok(ActiveProject {
        layers,
        command: command.map(|words| words.into_iter().map(OsString::from).collect()),
        secrets_directories: project
            .secrets_directories
            .iter()
            .map(|below| directory.join(below))
            .collect(),
        remotes: project.remotes,
        local: project.local,
        notice: None,
        path,
    })
}

fn layer(place: &str, table: &str, wanted: Vec<WantedVariable>) -> BindingLayer {
    BindingLayer::of_file(format!("{place} [{table}]"), place.to_owned(), wanted)
}

fn unknown_profile(name: &str, place: &str, known: &[(String, Profile)]) -> Error {
    let names: Vec<String> =
        known.iter().map(|(name, _)| format!("`{}`", Printable(name))).collect();
    Error::Usage {
        problem: format!(
            "cannot use the profile `{}`: {} does not define it",
            Printable(name),
            Printable(place)
        ),
        hint: if names.is_empty() {
            format!(
                "the file defines no profiles; to define this one, add `[profile.{}.env]`",
                Printable(name)
            )
        } else {
            format!("available profiles: {}", names.join(", "))
        },
    }
}
