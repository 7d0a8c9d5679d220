//! `pfx secret set` and `delete`: change Prefect's config.toml, or a remote store.

use std::path::PathBuf;

use serde_json::Value;
use zeroize::Zeroizing;

use crate::cli;
use crate::command::{self, Sources, input, store};
use crate::config::{edit, lossless};
use crate::environment::Inherited;
use crate::error::{BindingFault, Error, Missing, ValueFault};
use crate::exit::Exit;
use crate::files::{file, replace};
use crate::name::Printable;
use crate::notice::Notice;
use crate::reference::{self, Kind, Reference};
use crate::report::Report;
use crate::settings::Settings;
use crate::settings::choice::StoreChoice;
use crate::source::{Collection, NewEntry, Source as _};

/// Stores a value so that both Prefect's `Secret(NAME).get()` and pfx read back exactly this value.
///
/// # Errors
/// If Prefect refuses the name, if the value cannot be read, or if the file cannot be written.
pub fn set(
    arguments: &cli::secret::SecretSet,
    inherited: Inherited<'_>,
    report: &mut Report<'_>,
) -> Result<Exit, Error> {
    if arguments.value.iter().any(|value| value != "-") {
        return Err(Error::Usage {
            problem: "a value cannot be given on the command line, where ps and the shell history would show it".to_owned(),
            hint: "use `printf %s \"$VALUE\" | pfx secret set NAME`, or omit the value to be prompted for it".to_owned(),
        });
    }
    let name = &*reference::name("the name", &arguments.name)?;
    let target = StoreChoice::of_target(&arguments.target, inherited)?;
    let is_unsupported = |one: char| one.is_control() && !matches!(one, '\n' | '\r' | '\t');
    if target.is_none() && name.contains(is_unsupported) {
        let fault = BindingFault::NotStorable { name: name.to_owned() };
        return Err(Error::Binding { option: "the name", fault });
    }
    if target.is_none() && lossless::is_forbidden(name) {
        let fault = BindingFault::Forbidden { name: name.to_owned() };
        return Err(Error::Binding { option: "the name", fault });
    }
    let bytes = value(arguments, name, inherited)?;
    let fault = |fault| Error::Value { name: name.to_owned(), fault };
    let text = std::str::from_utf8(&bytes).map_err(|_| fault(ValueFault::NotUtf8))?;
    // No program could get it in its environment.
    if bytes.contains(&0) {
        return Err(fault(ValueFault::Nul));
    }
    let json: Option<Value> = if arguments.json {
        Some(serde_json::from_str(text).map_err(|_| fault(ValueFault::NotJson))?)
    } else {
        None
    };
    if let Some(choice) = target {
        let store = store(&choice, inherited)?;
        let value = json.unwrap_or_else(|| Value::String(text.to_owned()));
        let entry = NewEntry::new(Collection::Secrets, name, &value);
        return command::set(&entry, &*store, report);
    }
    let stored = Zeroizing::new(match &json {
        Some(json) => lossless::encode_value(json),
        None => lossless::encode_text(text),
    });
    let path = config_path(inherited)?;
    let place = path.display().to_string();
    let written = replace::update(&path, |old| edit::set(old, &place, name, &stored).map(Some))
        .map_err(with_alternative)?;
    report.verbose(|| {
        if written {
            format!("stored {} in {}", Printable(name), Printable(&place))
        } else {
            format!("{} already has this value in {}", Printable(name), Printable(&place))
        }
    });
    warn(name, &place, inherited, report);
    Ok(Exit::Done)
}

/// Deletes a secret from the file.
///
/// # Errors
/// [`Error::Missing`] with [`Exit::Absent`] if the file does not have it; otherwise as [`set`].
pub fn delete(
    arguments: &cli::secret::SecretDelete,
    inherited: Inherited<'_>,
    report: &mut Report<'_>,
) -> Result<Exit, Error> {
    let name = &*reference::name("the name", &arguments.name)?;
    if let Some(choice) = StoreChoice::of_target(&arguments.target, inherited)? {
        let store = store(&choice, inherited)?;
        return command::delete(Collection::Secrets, name, &*store, report);
    }
    let path = config_path(inherited)?;
    let place = path.display().to_string();
    let unreadable = |cause| Error::File { action: "read", path: path.clone(), cause };
    let is_there = match path.try_exists() {
        Err(cause) if cause.kind() == std::io::ErrorKind::NotADirectory => false,
        other => other.map_err(unreadable).map_err(with_alternative)?,
    };
    let deleted = is_there
        && replace::update(&path, |old| edit::delete(old, &place, name))
            .map_err(with_alternative)?;
    if !deleted {
        let looked_in = vec![format!("{place} [context.secrets]")];
        return Err(Missing::of(Kind::Secret.noun(), name, looked_in).absent());
    }
    report.verbose(|| format!("deleted {} from {}", Printable(name), Printable(&place)));
    warn(name, &place, inherited, report);
    Ok(Exit::Done)
}

/// The file from which Prefect reads its secrets, which is also the one to write to.
fn config_path(inherited: Inherited<'_>) -> Result<PathBuf, Error> {
    let settings = Settings::without_options(inherited);
    let first = settings.files.paths.into_iter().find(|chosen| chosen.is_secrets);
    first.map(|chosen| chosen.path).ok_or_else(|| Error::Usage {
        problem: "there is no file to write to: neither HOME nor PREFECT__USER_CONFIG_PATH is set"
            .to_owned(),
        hint: "set HOME, or PREFECT__USER_CONFIG_PATH to the path of the file".to_owned(),
    })
}

/// The bytes to store: from a file unchanged; from stdin or a prompt without one trailing newline.
fn value(
    arguments: &cli::secret::SecretSet,
    name: &str,
    inherited: Inherited<'_>,
) -> Result<Zeroizing<Vec<u8>>, Error> {
    match &arguments.from_file {
        Some(path) => input::from_file(path),
        None => input::from_stdin(&format!("Value of {}: ", Printable(name)), inherited),
    }
}

/// The same error, with how to choose another file if this user may not write this one.
fn with_alternative(error: Error) -> Error {
    match error {
        Error::File { action, path, cause } if file::is_permission_denied(&cause) => {
            let instead = "set HOME to this user's own home directory, or PREFECT__USER_CONFIG_PATH to \
                           the path of another file";
            Error::Denied { action, path, cause, instead }
        }
        other => other,
    }
}

/// Prints the warnings that a later run would print: that others can read the file, or that a variable or
/// `backend.toml` takes precedence over the secret that was just stored.
fn warn(name: &str, place: &str, inherited: Inherited<'_>, report: &mut Report<'_>) {
    let mut settings = Settings::without_options(inherited);
    settings.expand = false;
    let sources = Sources::new(&settings, &StoreChoice::local(), inherited);
    let reference = Reference::Secret(name.to_owned());
    let found = sources.local.look_up(&[&reference]);
    report.notices(sources.notices());
    if let Ok(found) = found
        && let Some(other) = found.get(&reference).filter(|other| other.place != place)
    {
        let (name, place) = (Printable(name), Printable(&other.place));
        let text = format!("the secret `{name}` is also set in {place}, which takes precedence");
        report.notices([Notice::warning(text)]);
    }
}
