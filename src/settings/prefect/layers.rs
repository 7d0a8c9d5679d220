//! Where Prefect 3 looks for its settings, strongest first: variables, `.env`, `prefect.toml` and
//! `pyproject.toml` in the working directory, and the active profile (`prefect/settings/sources.py`).

use std::path::{Path, PathBuf};

use toml::de::DeValue;
use zeroize::Zeroizing;

use super::{NAMES, Name, Setting};
use crate::config::profiles::Profiles;
use crate::config::python_dotenv;
use crate::document::{Document, Walk, scalar, to_json};
use crate::environment::Inherited;
use crate::error::{Error, TrustFault};
use crate::source::{file, home};

/// Who wrote a setting. A credential goes only to a URL of the same hand, or of the user's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A file in the working directory: a checkout may bring it along.
    Directory,
    /// A profile whose file is named by a file in the working directory.
    Named,
    /// The environment, or the user's own profile.
    User,
}

/// All settings that are heeded, from all places.
pub struct Layers {
    /// Strongest first.
    found: Vec<(Name, Setting)>,
    /// The profile in force, and the file that has it.
    pub profile: Option<(String, String)>,
    /// What a person should know about the files, each a sentence.
    pub concerns: Vec<String>,
}

/// The setting that names the file of profiles.
const PROFILES: Name = Name { variable: "PREFECT_PROFILES_PATH", path: &["profiles_path"] };

impl Layers {
    /// Reads every place that there is.
    ///
    /// # Errors
    /// [`Error::Config`] for a file that is broken and a profile that is not there; [`Error::Trust`] for one
    /// that sets something and that others may write.
    pub fn read(inherited: Inherited<'_>, strict: bool) -> Result<Self, Error> {
        let mut layers = Self { found: Vec::new(), profile: None, concerns: Vec::new() };
        let mut profiles = variable(inherited, PROFILES.variable)
            .filter(|path| !path.is_empty())
            .map(|path| (PathBuf::from(path.as_str()), Place::User));
        for name in NAMES {
            if let Some(text) = variable(inherited, name.variable) {
                let origin = name.variable.to_owned();
                layers.found.push((name, Setting { text, place: Place::User, rank: 0, origin }));
            }
        }
        for (rank, file) in (1..).zip([DOTENV, PREFECT_TOML, PYPROJECT]) {
            let Some(settings) = in_directory(file, inherited)? else { continue };
            for (name, text, origin) in settings {
                if name.variable == PROFILES.variable {
                    if !text.is_empty() {
                        let path = PathBuf::from(text.as_str());
                        profiles.get_or_insert((path, Place::Named));
                    }
                } else {
                    let place = Place::Directory;
                    layers.found.push((name, Setting { text, place, rank, origin }));
                }
            }
        }
        layers.add_profile(profiles, inherited, strict)?;
        Ok(layers)
    }

    /// The setting of this name from the strongest place that has it.
    pub fn take(&self, name: Name) -> Option<Setting> {
        let found = self.found.iter().find(|(other, _)| other.variable == name.variable);
        found.map(|(_, setting)| setting.clone())
    }

    fn add_profile(
        &mut self,
        named: Option<(PathBuf, Place)>,
        inherited: Inherited<'_>,
        strict: bool,
    ) -> Result<(), Error> {
        let Some((path, place)) = named.or_else(|| Some((default_path(inherited)?, Place::User)))
        else {
            return Ok(());
        };
        let privacy = match place {
            Place::User if strict => file::Privacy::Demanded,
            _ => file::Privacy::Expected,
        };
        let shown = path.display().to_string();
        let contents = file::read(&path, privacy)?;
        let text = match &contents {
            Some(contents) => {
                if let Some(fault) = &contents.concern {
                    let quoted = shell_words::quote(&shown);
                    self.concerns
                        .push(format!("{shown}: {fault}; mend it with `chmod go-rwx {quoted}`"));
                }
                Some(file::text(&contents.bytes, &path)?)
            }
            None => None,
        };
        let profiles = Profiles::parse(text, &shown)?;
        let chosen = variable(inherited, "PREFECT_PROFILE").filter(|name| !name.is_empty());
        let chosen = chosen.as_ref().map(|name| name.as_str());
        let Some(profile) = profiles.active(chosen)? else { return Ok(()) };
        for (name, text) in profile.settings {
            let text = Zeroizing::new(text);
            // Prefect takes names in upper case only here.
            if let Some(known) = NAMES.into_iter().find(|known| known.variable == name) {
                let origin = format!("{name} in the profile `{}` of {shown}", profile.name);
                self.found.push((known, Setting { text, place, rank: u8::MAX, origin }));
            }
        }
        self.profile = Some((profile.name, shown));
        Ok(())
    }
}

/// Where profiles are if nothing else is said: `$PREFECT_HOME`, else `~/.prefect`.
fn default_path(inherited: Inherited<'_>) -> Option<PathBuf> {
    const FILE: &str = "profiles.toml";
    if let Some(directory) = inherited.get(b"PREFECT_HOME").filter(|path| !path.is_empty()) {
        return Some(home::path(directory).join(FILE));
    }
    let home = home::of_user(b"", inherited.get(b"HOME")).filter(|home| !home.is_empty())?;
    Some(home::path(&home).join(".prefect").join(FILE))
}

/// A variable of the environment. Its name may be written in lower case, as Prefect takes it; as it should
/// be written it comes first.
fn variable(inherited: Inherited<'_>, name: &str) -> Option<Zeroizing<String>> {
    let any = || {
        let mut all = inherited.variables();
        all.find_map(|(other, text)| other.eq_ignore_ascii_case(name.as_bytes()).then_some(text))
    };
    let text = inherited.get(name.as_bytes()).or_else(any)?;
    // Bytes that are no UTF-8 are no URL, and cannot go into a header either.
    Some(Zeroizing::new(String::from_utf8_lossy(text).into_owned()))
}

/// A file in the working directory: its name, and the table of Prefect's settings if it is TOML.
#[derive(Clone, Copy)]
struct InDirectory {
    name: &'static str,
    table: Option<&'static [&'static str]>,
}

const DOTENV: InDirectory = InDirectory { name: ".env", table: None };
const PREFECT_TOML: InDirectory = InDirectory { name: "prefect.toml", table: Some(&[]) };
const PYPROJECT: InDirectory =
    InDirectory { name: "pyproject.toml", table: Some(&["tool", "prefect"]) };

type Settings = Vec<(Name, Zeroizing<String>, String)>;

/// What a file in the working directory sets. Such a file may be anyone's, and a directory in its place is
/// none (`.env` is a common name for one); what matters is who could have written it once it says something.
fn in_directory(file: InDirectory, inherited: Inherited<'_>) -> Result<Option<Settings>, Error> {
    let path = Path::new(file.name);
    let contents = match file::read(path, file::Privacy::Checkout) {
        Err(Error::Trust { fault: TrustFault::NotRegular, .. }) if path.is_dir() => None,
        other => other?,
    };
    let Some(contents) = contents else { return Ok(None) };
    let text = match (file::text(&contents.bytes, path), file.table) {
        (Ok(text), _) => text,
        // Not Prefect's file alone, and python-dotenv's users have it in all encodings.
        (Err(_), None) => return Ok(None),
        (Err(error), Some(_)) => return Err(error),
    };
    let settings = match file.table {
        None => dotenv(text, inherited),
        Some(table) => toml(text, file.name, table)?,
    };
    match contents.concern {
        Some(fault) if !settings.is_empty() => Err(Error::Trust { path: path.to_owned(), fault }),
        _ => Ok(Some(settings)),
    }
}

fn dotenv(text: &str, inherited: Inherited<'_>) -> Settings {
    let look_up = |name: &str| {
        let text = inherited.get(name.as_bytes())?;
        Some(String::from_utf8_lossy(text).into_owned())
    };
    let assigned = python_dotenv::parse(text, &look_up);
    let all = NAMES.into_iter().chain([PROFILES]);
    all.filter_map(|name| {
        // Of several the last counts. `PREFECT_PROFILES_PATH` is the one whose case matters to Prefect.
        let (_, text) =
            assigned.iter().rev().find(|(other, _)| other.eq_ignore_ascii_case(name.variable))?;
        Some((name, Zeroizing::new(text.clone()), format!("{} in .env", name.variable)))
    })
    .collect()
}

fn toml(text: &str, place: &str, table: &[&str]) -> Result<Settings, Error> {
    let document = Document::parse(text, place)?;
    let mut settings = Vec::new();
    for name in NAMES.into_iter().chain([PROFILES]) {
        let path: Vec<&str> = table.iter().chain(name.path).copied().collect();
        let Walk::Found(value) = document.walk(&path) else { continue };
        let text = match value {
            DeValue::String(text) => text.to_string(),
            DeValue::Array(_) | DeValue::Table(_) => to_json(value).to_string(),
            other => scalar(other),
        };
        let origin = format!("{} in {place}", path.join("."));
        settings.push((name, Zeroizing::new(text), origin));
    }
    Ok(settings)
}
