//! The settings of one run, from options and `PFX_…` variables: what each source needs, and their order.

pub mod active_project;
mod api_access;
pub mod choice;
pub mod cloud1;
pub mod env_file;
mod parent;
pub mod prefect;
pub mod store_settings;
pub mod stores;
pub mod variable;

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;
use std::path::PathBuf;

pub use parent::parent;
use variable::variable;

use crate::cli;
use crate::config::Expansion;
use crate::environment::{InheritancePolicy, Inherited};
use crate::error::Error;
use crate::files::home;
use crate::plan::Plan;
use crate::source::directory::{Directory, NamedBy};
use crate::source::local::{ChosenFile, ConfigFiles};
use crate::terminal::Mark;
use crate::wanted::Delivery;

/// The path of Prefect's file with secrets, instead of `~/.prefect/config.toml`.
const USER_CONFIG: &str = "PREFECT__USER_CONFIG_PATH";
/// The same for `~/.prefect/backend.toml`.
const BACKEND_CONFIG: &str = "PREFECT__BACKEND_CONFIG_PATH";
/// Set by systemd for a service with `LoadCredential=` (systemd.exec(5)).
const CREDENTIALS: &str = "CREDENTIALS_DIRECTORY";

/// Where local secrets are looked up.
pub struct Settings {
    /// In the order in which Prefect's layers apply.
    pub files: ConfigFiles,
    pub expand: bool,
    /// Whether files with doubtful permissions are refused instead of a warning.
    pub strict: bool,
    keep_newline: bool,
    /// Further local sources, in order.
    pub directories: Vec<Directory>,
}

/// One setting, for `doctor`. Never the value of a secret or a credential.
#[derive(Clone, Debug)]
pub struct Fact {
    pub name: String,
    pub value: String,
    /// The file or variable that sets it.
    pub origin: Option<String>,
    pub mark: Mark,
}

impl Fact {
    /// A fact that no file or variable sets.
    pub fn new(name: &str, value: &str) -> Self {
        let (name, value) = (name.to_owned(), value.to_owned());
        Self { name, value, origin: None, mark: Mark::Plain }
    }

    /// A fact that this file or variable sets.
    pub fn of(name: &str, value: &str, origin: &str) -> Self {
        Self { origin: Some(origin.to_owned()), ..Self::new(name, value) }
    }

    /// The same, which is good or bad.
    #[must_use]
    pub fn marked(self, mark: Mark) -> Self {
        Self { mark, ..self }
    }
}

impl Settings {
    /// Decides where to look.
    ///
    /// # Errors
    /// [`Error::Usage`] if a `PFX_…` list cannot be split into words.
    pub fn new(places: &cli::PlaceOptions, inherited: Inherited<'_>) -> Result<Self, Error> {
        let mut settings = Self::of_files(places, inherited);
        if let Some(path) = inherited.get_nonempty(CREDENTIALS.as_bytes()) {
            settings.add(home::path(path), NamedBy::Credentials);
        }
        for path in variable!(places.secrets_dir).list(inherited)? {
            settings.add(path.into(), NamedBy::Option);
        }
        Ok(settings)
    }

    /// Only Prefect's own files, for a command that reads no directory of secrets.
    pub fn of_files(places: &cli::PlaceOptions, inherited: Inherited<'_>) -> Self {
        let strict = variable!(places.strict).flag(inherited);
        Self {
            files: ConfigFiles::new(config_paths(inherited), strict),
            expand: !variable!(places.no_expand).flag(inherited),
            strict,
            keep_newline: variable!(places.keep_newline).flag(inherited),
            directories: Vec::new(),
        }
    }

    /// Only Prefect's own files, for a command without these options.
    pub fn without_options(inherited: Inherited<'_>) -> Self {
        let files = ConfigFiles::new(config_paths(inherited), false);
        let directories = Vec::new();
        Self { files, expand: true, strict: false, keep_newline: false, directories }
    }

    fn add(&mut self, directory: PathBuf, by: NamedBy) {
        self.directories.push(Directory::new(directory, by, self.keep_newline, self.strict));
    }
}

/// Adds what the project file sets for places and stores. The command line and variables take precedence.
pub fn add_project(
    settings: &mut Settings,
    choice: &mut choice::StoreChoice,
    project: &mut active_project::ActiveProject,
) {
    for directory in std::mem::take(&mut project.secrets_directories) {
        settings.add(directory, NamedBy::Project);
    }
    if choice.stores.is_empty() && !choice.local {
        choice.stores.clone_from(&project.remotes);
        choice.local = project.local;
    }
}

/// Bindings from options, with `--all` also from its variable.
pub fn bindings(given: &cli::BindingOptions, inherited: Inherited<'_>) -> cli::BindingOptions {
    cli::BindingOptions { all: variable!(given.all).flag(inherited), ..given.clone() }
}

/// Bindings from `PFX_…` variables, each where its option is not given.
///
/// # Errors
/// As [`Settings::new`].
pub fn bindings_of_variables(
    given: &cli::BindingOptions,
    inherited: Inherited<'_>,
) -> Result<cli::BindingOptions, Error> {
    Ok(cli::BindingOptions {
        secret: variable!(given.secret).words(inherited)?,
        env: variable!(given.env).words(inherited)?,
        kv: variable!(given.kv).words(inherited)?,
        block: variable!(given.block).words(inherited)?,
        file: variable!(given.file).words(inherited)?,
        set: variable!(given.set).words(inherited)?,
        unset: variable!(given.unset).words(inherited)?,
        ..Default::default()
    })
}

/// The name and mode for the files of `--file`, if the plan has any.
///
/// # Errors
/// [`Error::Usage`] if a variable is not valid.
pub fn file_options(
    given: &cli::FileOptions,
    plan: &Plan,
    inherited: Inherited<'_>,
) -> Result<cli::FileOptions, Error> {
    if plan.lookups().all(|lookup| lookup.delivery == Delivery::Variable) {
        return Ok(cli::FileOptions::default());
    }
    Ok(cli::FileOptions {
        file_name: variable!(given.file_name).value(inherited, str::parse)?,
        file_mode: variable!(given.file_mode).value(inherited, cli::mode)?,
    })
}

/// The env files that are named.
///
/// # Errors
/// As [`Settings::new`].
pub fn env_files(
    given: &cli::BindingOptions,
    inherited: Inherited<'_>,
) -> Result<Vec<OsString>, Error> {
    variable!(given.env_file).list(inherited)
}

/// Which inherited variables the command gets, and whether they take precedence over bindings.
///
/// # Errors
/// As [`Settings::new`]; [`Error::Usage`] for `--keep` without `--clean`.
pub fn inheritance(
    given: &cli::InheritanceOptions,
    inherited: Inherited<'_>,
) -> Result<InheritancePolicy, Error> {
    let is_clean = variable!(given.clean).flag(inherited);
    if !given.keep.is_empty() && !is_clean {
        return Err(Error::Usage {
            problem: "cannot use --keep without --clean: all variables are passed anyway"
                .to_owned(),
            hint: "add `--clean`, or remove `--keep`".to_owned(),
        });
    }
    let clean = if is_clean {
        let keep = variable!(given.keep).list(inherited)?;
        Some(keep.into_iter().map(OsString::into_vec).collect())
    } else {
        None
    };
    Ok(InheritancePolicy {
        clean,
        strip_credentials: variable!(given.strip_credentials).flag(inherited),
        preserve: variable!(given.preserve).flag(inherited),
    })
}

/// The paths of Prefect's two files; none without a home directory and without the variables.
fn config_paths(inherited: Inherited<'_>) -> Vec<ChosenFile> {
    [(USER_CONFIG, "config.toml"), (BACKEND_CONFIG, "backend.toml")]
        .into_iter()
        .filter_map(|(variable, default)| {
            let named = inherited.get(variable.as_bytes());
            let path = match named {
                Some(path) => expanded(path, inherited)?,
                None => home::of_prefect(inherited.get(b"HOME"))?.join(default),
            };
            let is_secrets = variable == USER_CONFIG;
            Some(ChosenFile { path, is_secrets, variable: named.map(|_| variable) })
        })
        .collect()
}

/// A path variable of Prefect, expanded as Prefect does; `None` if it is empty or expands to itself without end.
fn expanded(path: &[u8], inherited: Inherited<'_>) -> Option<PathBuf> {
    let variable = |name: &[u8]| inherited.get(name).map(<[u8]>::to_vec);
    let home = |name: &[u8]| home::of_user(name, inherited.get(b"HOME"));
    let expansion = Expansion { variable: &variable, home: &home };
    let path = expansion.variables(path).ok().filter(|path| !path.is_empty())?;
    Some(home::path(&path))
}
