//! `PFX_…` variables: what an option is where the command line does not give it. An empty one counts as not set, as
//! compose's `${X:-}` writes it. Each is read only where its option is used: one that makes no sense for a command
//! does it no harm.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStringExt as _;

use crate::cli::Remote;
use crate::environment::Inherited;
use crate::error::{BindingFault, Error};

/// The text of a variable, if it has one.
pub fn text<'e>(variable: &str, inherited: Inherited<'e>) -> Option<&'e [u8]> {
    inherited.get(variable.as_bytes()).filter(|text| !text.is_empty())
}

/// Whether a flag is set: by any text but those that say no (as clap's `FalseyValueParser` has it).
pub fn flag(variable: &str, inherited: Inherited<'_>) -> bool {
    let no = ["0", "f", "false", "n", "no", "off"];
    text(variable, inherited)
        .is_some_and(|text| !no.iter().any(|word| text.eq_ignore_ascii_case(word.as_bytes())))
}

/// What `read` makes of a variable's text.
///
/// # Errors
/// [`Error::Usage`] with the words of `read`; the text is not quoted.
pub fn parsed<T>(
    variable: &str,
    inherited: Inherited<'_>,
    read: impl FnOnce(&str) -> Result<T, &'static str>,
) -> Result<Option<T>, Error> {
    let Some(text) = text(variable, inherited) else { return Ok(None) };
    let read = std::str::from_utf8(text).map_err(|_| "it is not UTF-8").and_then(read);
    read.map(Some).map_err(|problem| Error::Usage {
        problem: format!("cannot use the variable {variable}: {problem}"),
        hint: format!("set {variable} to something else, or `unset {variable}`"),
    })
}

/// The store that `PFX_REMOTE` names.
///
/// # Errors
/// [`Error::Usage`] if it names none.
pub fn remote(inherited: Inherited<'_>) -> Result<Option<Remote>, Error> {
    let named = |text: &str| Remote::named(text).ok_or("it names no store: `cloud1` or `prefect`");
    parsed("PFX_REMOTE", inherited, named)
}

/// What was given, or else the words of a variable.
///
/// # Errors
/// As [`words`].
pub fn list<T: AsRef<OsStr>>(
    given: &[T],
    variable: &'static str,
    inherited: Inherited<'_>,
) -> Result<Vec<OsString>, Error> {
    if given.is_empty() {
        words(variable, inherited)
    } else {
        Ok(given.iter().map(|one| one.as_ref().to_owned()).collect())
    }
}

/// The words of a variable, split as a shell splits them.
///
/// # Errors
/// [`Error::Binding`] if it cannot be split.
pub fn words(variable: &'static str, inherited: Inherited<'_>) -> Result<Vec<OsString>, Error> {
    let Some(text) = text(variable, inherited) else { return Ok(Vec::new()) };
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

#[cfg(test)]
mod tests {
    use super::*;

    fn set(text: &std::ffi::CStr) -> Result<Vec<OsString>, Error> {
        words("PFX_SET", Inherited(&[text]))
    }

    #[test]
    fn a_list_in_a_variable_is_split_as_a_shell_splits() {
        assert_eq!(set(c"PFX_SET=A=1 B='x y'").unwrap(), ["A=1", "B=x y"]);
        assert_eq!(set(c"PFX_SET=").unwrap(), Vec::<OsString>::new());
        assert!(set(c"PFX_SET='CANARY").unwrap_err().to_string().contains("PFX_SET"));
    }

    #[test]
    fn an_option_takes_the_place_of_its_variable() {
        let given = [OsString::from("B=2")];
        assert_eq!(list(&given, "PFX_SET", Inherited(&[c"PFX_SET=A=1"])).unwrap(), given);
    }

    #[test]
    fn a_flag_is_set_by_any_text_but_those_that_say_no() {
        for no in [c"PFX_LOCAL=", c"PFX_LOCAL=0", c"PFX_LOCAL=False", c"PFX_LOCAL=OFF", c"X=1"] {
            assert!(!flag("PFX_LOCAL", Inherited(&[no])), "{no:?}");
        }
        for yes in [c"PFX_LOCAL=1", c"PFX_LOCAL=true", c"PFX_LOCAL=x"] {
            assert!(flag("PFX_LOCAL", Inherited(&[yes])), "{yes:?}");
        }
    }
}
