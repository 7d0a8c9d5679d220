//! `pfx secret set` and `delete`: changes Prefect's config.toml.

use std::io::{IsTerminal as _, Read as _};
use std::path::PathBuf;

use zeroize::Zeroizing;

use crate::cli;
use crate::command::Sources;
use crate::config::{edit, lossless};
use crate::environment::Inherited;
use crate::error::{BindingFault, Error, Missing, ValueFault};
use crate::exit::Exit;
use crate::launch::prompt;
use crate::name::Shown;
use crate::report::Report;
use crate::settings::Settings;
use crate::settings::remote::Choice;
use crate::source::{Source as _, file, store};

/// Stores a value such that Prefect's `Secret(NAME).get()` and pfx both read back exactly it.
///
/// # Errors
/// If the name is one that Prefect refuses, if there is no value, or if the file cannot be written.
pub fn set(
    arguments: &cli::secret::Set,
    inherited: Inherited<'_>,
    report: &mut Report<'_>,
) -> Result<Exit, Error> {
    if arguments.value.iter().any(|value| value != "-") {
        return Err(Error::Usage {
            problem: "a value is never taken from the command line, where ps and the shell's history show it".to_owned(),
            hint: "`printf %s \"$VALUE\" | pfx secret set NAME`, or leave the value out to be asked for it".to_owned(),
        });
    }
    let name = super::name(&arguments.name)?;
    if name.is_empty() {
        // Far more often an unset variable of a shell than meant.
        return Err(Error::Binding { option: "the name", fault: BindingFault::Empty });
    }
    if lossless::is_forbidden(name) {
        let fault = BindingFault::Forbidden { name: name.to_owned() };
        return Err(Error::Binding { option: "the name", fault });
    }
    let bytes = value(arguments, name)?;
    let fault = |fault| Error::Value { name: name.to_owned(), fault };
    if bytes.contains(&0) {
        return Err(fault(ValueFault::Nul));
    }
    let text = std::str::from_utf8(&bytes).map_err(|_| fault(ValueFault::NotUtf8))?;
    let stored = Zeroizing::new(if arguments.json {
        let json = serde_json::from_str(text).map_err(|_| fault(ValueFault::NotJson))?;
        lossless::encode_value(&json)
    } else {
        lossless::encode_text(text)
    });
    let path = config_path(inherited)?;
    let place = path.display().to_string();
    let written = store::update(&path, |old| edit::set(old, &place, name, &stored).map(Some))?;
    report.verbose(|| {
        if written {
            format!("{} is stored in {}", Shown(name), Shown(&place))
        } else {
            format!("{} is in {} already, with this value", Shown(name), Shown(&place))
        }
    });
    warn_if_hidden(name, &place, inherited, report)?;
    Ok(Exit::Done)
}

/// Deletes a secret from the file.
///
/// # Errors
/// [`Error::Missing`] with [`Exit::Absent`] if the file has none of this name; as [`set`] otherwise.
pub fn delete(
    arguments: &cli::secret::Delete,
    inherited: Inherited<'_>,
    report: &mut Report<'_>,
) -> Result<Exit, Error> {
    let name = super::name(&arguments.name)?;
    let path = config_path(inherited)?;
    let place = path.display().to_string();
    if !path.exists() || !store::update(&path, |old| edit::delete(old, &place, name))? {
        let looked_in = vec![format!("{place} [context.secrets]")];
        let missing = Missing::of("secret", name, looked_in);
        return Err(Error::Missing { missing: vec![missing], exit: Exit::Absent });
    }
    report.verbose(|| format!("{} is no longer in {}", Shown(name), Shown(&place)));
    warn_if_hidden(name, &place, inherited, report)?;
    Ok(Exit::Done)
}

/// Where Prefect reads its secrets from, and so where they are written to.
fn config_path(inherited: Inherited<'_>) -> Result<PathBuf, Error> {
    let settings = Settings::new(&cli::Places::default(), inherited)?;
    let first = settings.files.paths.into_iter().find(|chosen| chosen.is_secrets);
    first.map(|chosen| chosen.path).ok_or_else(|| Error::Usage {
        problem: "there is no file to write: neither HOME nor PREFECT__USER_CONFIG_PATH is set"
            .to_owned(),
        hint: "set HOME, or PREFECT__USER_CONFIG_PATH to the path of the file".to_owned(),
    })
}

/// The bytes to store: from a file as they are; from stdin or a prompt without one line feed at the end.
fn value(arguments: &cli::secret::Set, name: &str) -> Result<Zeroizing<Vec<u8>>, Error> {
    if let Some(path) = &arguments.from_file {
        let failed = |cause| Error::File { action: "read", path: path.clone(), cause };
        let opened = std::fs::File::open(path).map_err(failed)?;
        return limited(opened, path.clone());
    }
    if std::io::stdin().is_terminal() && arguments.value.is_empty() {
        return prompt::ask(&format!("Value of {}: ", Shown(name)));
    }
    let mut bytes = limited(std::io::stdin().lock(), PathBuf::from("stdin"))?;
    if bytes.last() == Some(&b'\n') {
        bytes.pop();
    }
    Ok(bytes)
}

fn limited(from: impl std::io::Read, path: PathBuf) -> Result<Zeroizing<Vec<u8>>, Error> {
    let mut bytes = Zeroizing::new(Vec::new());
    match from.take(file::LONGEST + 1).read_to_end(&mut bytes) {
        Ok(count) if count as u64 <= file::LONGEST => Ok(bytes),
        Ok(_) => {
            let fault = crate::error::TrustFault::TooLarge { limit: file::LONGEST };
            Err(Error::Trust { path, fault })
        }
        Err(cause) => Err(Error::File { action: "read", path, cause }),
    }
}

/// Tells if a variable or `backend.toml` has a say over the name that was just written.
fn warn_if_hidden(
    name: &str,
    place: &str,
    inherited: Inherited<'_>,
    report: &mut Report<'_>,
) -> Result<(), Error> {
    let settings =
        Settings::new(&cli::Places { no_expand: true, ..Default::default() }, inherited)?;
    let sources = Sources::new(&settings, Choice::LOCAL, inherited);
    let reference = crate::reference::Reference::Secret(name.to_owned());
    let wanted = std::collections::BTreeSet::from([&reference]);
    if let Ok(found) = sources.local.look_up(&wanted)
        && let Some(held) = found.get(&reference).filter(|held| held.place != place)
    {
        report.warning(&crate::source::local::Warning::Hidden {
            name: name.to_owned(),
            place: held.place.clone(),
        });
    }
    Ok(())
}
