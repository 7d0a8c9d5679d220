//! Options over `PFX_…` variables: what one run goes by. What each source needs to know, and their order.

pub mod cloud1;
pub mod env_file;
mod network;
pub mod prefect;
pub mod project;
pub mod remote;

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStringExt as _;
use std::path::PathBuf;

use crate::cli;
use crate::config::Expansion;
use crate::environment::{Inheritance, Inherited};
use crate::error::{BindingFault, Error};
use crate::launch::init;
use crate::plan::Bindings;
use crate::source::directory::Directory;
use crate::source::home;
use crate::source::local::{Chosen, Files};

/// Names Prefect's file of secrets in place of `~/.prefect/config.toml`.
const USER_CONFIG: &str = "PREFECT__USER_CONFIG_PATH";
/// The same for `~/.prefect/backend.toml`.
const BACKEND_CONFIG: &str = "PREFECT__BACKEND_CONFIG_PATH";
/// Set by systemd for a service with `LoadCredential=` (systemd.exec(5)).
const CREDENTIALS: &str = "CREDENTIALS_DIRECTORY";

/// Where local secrets are looked for.
pub struct Settings {
    /// In the order in which Prefect's layers apply.
    pub files: Files,
    pub expand: bool,
    /// Further local sources, in order.
    pub directories: Vec<Directory>,
}

/// One thing that is configured, for a person: never a value of a secret or a credential.
#[derive(Clone, Debug)]
pub struct Fact {
    pub name: String,
    pub value: String,
    /// The file or variable that says so.
    pub origin: Option<String>,
}

impl Fact {
    /// One that is from nowhere in particular.
    #[must_use]
    pub fn new(name: &str, value: &str) -> Self {
        Self { name: name.to_owned(), value: value.to_owned(), origin: None }
    }
}

impl Settings {
    /// Settles where to look.
    ///
    /// # Errors
    /// [`Error::Binding`] if a `PFX_…` list cannot be split into words.
    pub fn new(places: &cli::Places, inherited: Inherited<'_>) -> Result<Self, Error> {
        let mut directories = Vec::new();
        if let Some(path) = inherited.get(CREDENTIALS.as_bytes()).filter(|path| !path.is_empty()) {
            directories.push(Directory::new(home::path(path), Some("$CREDENTIALS_DIRECTORY")));
        }
        for path in list(&places.secrets_dir, "PFX_SECRETS_DIR", inherited)? {
            directories.push(Directory::new(path.into(), None));
        }
        let paths = config_paths(inherited);
        Ok(Self { files: Files::new(paths, places.strict), expand: !places.no_expand, directories })
    }
}

/// Bindings from options, or from the `PFX_…` variable where an option is not given.
///
/// # Errors
/// As [`Settings::new`].
pub fn bindings(given: &cli::Bindings, inherited: Inherited<'_>) -> Result<Bindings, Error> {
    Ok(Bindings {
        secrets: list(&given.secret, "PFX_SECRET", inherited)?,
        variables: list(&given.env, "PFX_ENV", inherited)?,
        keys: list(&given.kv, "PFX_KV", inherited)?,
        blocks: list(&given.block, "PFX_BLOCK", inherited)?,
        files: list(&given.file, "PFX_FILE", inherited)?,
        literals: list(&given.set, "PFX_SET", inherited)?,
        removals: list(&given.unset, "PFX_UNSET", inherited)?,
        every: given.all,
    })
}

/// The env files that are named.
///
/// # Errors
/// As [`Settings::new`].
pub fn env_files(given: &cli::Bindings, inherited: Inherited<'_>) -> Result<Vec<OsString>, Error> {
    list(&given.env_file, "PFX_ENV_FILE", inherited)
}

/// What the command gets of the environment, and whether it wins over bindings.
///
/// # Errors
/// As [`Settings::new`]; [`Error::Usage`] if something is to be kept and nothing is left out.
pub fn inheritance(
    given: &cli::Inheritance,
    inherited: Inherited<'_>,
) -> Result<Inheritance, Error> {
    let keep = list(&given.keep, "PFX_KEEP", inherited)?;
    if !keep.is_empty() && !given.clean {
        return Err(Error::Usage {
            problem: "cannot use --keep without --clean: everything is kept then".to_owned(),
            hint: "add `--clean`, or leave out `--keep`".to_owned(),
        });
    }
    Ok(Inheritance {
        clean: given.clean.then(|| keep.into_iter().map(OsString::into_vec).collect()),
        strip_credentials: given.strip_credentials,
    })
}

/// How the parent of the command behaves, if there is to be one.
///
/// # Errors
/// As [`Settings::new`], and [`Error::Usage`] for a word of `--rewrite` that makes no sense.
pub fn parent(
    given: &cli::Parent,
    inherited: Inherited<'_>,
) -> Result<Option<init::Options>, Error> {
    let rewrites = init::Rewrites::new(&list(&given.rewrite, "PFX_REWRITE", inherited)?)?;
    Ok(given.init.then(|| init::Options {
        rewrites,
        stop_timeout: given.stop_timeout,
        notify_socket: inherited.get(b"NOTIFY_SOCKET").map(<[u8]>::to_vec),
    }))
}

/// Prefect's two files. Without a home directory and without the variables there are none.
fn config_paths(inherited: Inherited<'_>) -> Vec<Chosen> {
    [(USER_CONFIG, "config.toml"), (BACKEND_CONFIG, "backend.toml")]
        .into_iter()
        .filter_map(|(variable, default)| match inherited.get(variable.as_bytes()) {
            Some(path) => {
                let path = expanded(path, inherited)?;
                Some(Chosen { path, is_secrets: variable == USER_CONFIG, variable: Some(variable) })
            }
            None => {
                let home =
                    home::of_user(b"", inherited.get(b"HOME")).filter(|home| !home.is_empty())?;
                let path = home::path(&home).join(".prefect").join(default);
                Some(Chosen { path, is_secrets: variable == USER_CONFIG, variable: None })
            }
        })
        .collect()
}

/// A path variable of Prefect's, expanded as Prefect does. Empty, or one that has no end: no file.
fn expanded(path: &[u8], inherited: Inherited<'_>) -> Option<PathBuf> {
    let variable = |name: &[u8]| inherited.get(name).map(<[u8]>::to_vec);
    let home = |name: &[u8]| home::of_user(name, inherited.get(b"HOME"));
    let expansion = Expansion { variable: &variable, home: &home };
    let path = expansion.variables(path).ok().filter(|path| !path.is_empty())?;
    Some(home::path(&path))
}

/// What was given, or else the words of a variable, split as a shell splits them.
fn list<T: AsRef<OsStr>>(
    given: &[T],
    variable: &'static str,
    inherited: Inherited<'_>,
) -> Result<Vec<OsString>, Error> {
    if !given.is_empty() {
        return Ok(given.iter().map(|one| one.as_ref().to_owned()).collect());
    }
    let Some(text) = inherited.get(variable.as_bytes()) else { return Ok(Vec::new()) };
    let fault = |fault| Error::Binding { option: variable, fault };
    let Ok(text) = std::str::from_utf8(text) else {
        // Words of other bytes cannot be split by a library for text; one word needs no splitting.
        let whole = !text.iter().any(|byte| byte.is_ascii_whitespace() || b"'\"\\".contains(byte));
        return if whole {
            Ok(vec![OsString::from_vec(text.to_vec())])
        } else {
            Err(fault(BindingFault::NotUtf8))
        };
    };
    let words = shell_words::split(text).map_err(|_| fault(BindingFault::Words { variable }))?;
    Ok(words.into_iter().map(OsString::from).collect())
}

/// As the lists of bindings, for options that are text.
///
/// # Errors
/// [`Error::Binding`] if the variable cannot be split, or is no UTF-8.
pub fn texts(
    given: &[String],
    variable: &'static str,
    inherited: Inherited<'_>,
) -> Result<Vec<String>, Error> {
    let fault = |_| Error::Binding { option: variable, fault: BindingFault::NotUtf8 };
    let words = list(given, variable, inherited)?;
    words.into_iter().map(|word| word.into_string().map_err(fault)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &std::ffi::CStr) -> Result<Vec<OsString>, Error> {
        list::<OsString>(&[], "PFX_SET", Inherited(&[text]))
    }

    #[test]
    fn a_list_in_a_variable_is_split_as_a_shell_splits() {
        assert_eq!(words(c"PFX_SET=A=1 B='x y'").unwrap(), ["A=1", "B=x y"]);
        assert_eq!(words(c"PFX_SET=").unwrap(), Vec::<OsString>::new());
        assert!(words(c"PFX_SET='CANARY").unwrap_err().to_string().contains("PFX_SET"));
    }

    #[test]
    fn an_option_takes_the_place_of_its_variable() {
        let given = [OsString::from("B=2")];
        assert_eq!(list(&given, "PFX_SET", Inherited(&[c"PFX_SET=A=1"])).unwrap(), given);
    }
}
