//! Reads `PFX_…` variables, which set options that are not given on the command line.
//!
//! An empty variable counts as not set, since `${X:-}` in a compose file produces it. A variable is read only where
//! its option is used, so a command ignores the variables that it does not use, even invalid ones.

use std::ffi::{OsStr, OsString};
use std::fmt::Display;
use std::os::unix::ffi::OsStringExt as _;

use clap::ValueEnum;

use crate::cli;
use crate::environment::Inherited;
use crate::error::Error;
use crate::name::alternatives;

/// An option, and its value on the command line.
pub struct Variable<'g, T: ?Sized> {
    /// The name of its field, from which the name of its variable is derived.
    pub field: &'static str,
    pub given: &'g T,
}

/// The [`Variable`] of an option: `variable!(places.strict)`.
macro_rules! variable {
    ($group:ident.$field:ident) => {
        $crate::settings::variable::Variable { field: stringify!($field), given: &$group.$field }
    };
}
pub(crate) use variable;

impl<T: ?Sized> Variable<'_, T> {
    pub fn name(&self) -> String {
        cli::variable_of(self.field)
    }

    /// The text of the variable, if it is set and not empty.
    pub fn text<'e>(&self, inherited: Inherited<'e>) -> Option<&'e [u8]> {
        inherited.get_nonempty(self.name().as_bytes())
    }

    fn fault(&self, problem: impl Display, hint: Option<String>) -> Error {
        let name = self.name();
        let hint =
            hint.unwrap_or_else(|| format!("set {name} to a valid value, or `unset {name}`"));
        Error::Usage { problem: format!("cannot use the variable {name}: {problem}"), hint }
    }
}

impl Variable<'_, bool> {
    /// Whether the flag is given, or its variable is set to anything but a word for "no".
    pub fn flag(&self, inherited: Inherited<'_>) -> bool {
        let no = ["0", "f", "false", "n", "no", "off"];
        let is_no = |text: &[u8]| no.iter().any(|word| text.eq_ignore_ascii_case(word.as_bytes()));
        *self.given || self.text(inherited).is_some_and(|text| !is_no(text))
    }
}

impl<T: Clone> Variable<'_, Option<T>> {
    /// The value on the command line, else the variable's, parsed by `read`.
    ///
    /// # Errors
    /// [`Error::Usage`] with the problem that `read` reports; the text is not quoted.
    pub fn value<E: Display>(
        &self,
        inherited: Inherited<'_>,
        read: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<Option<T>, Error> {
        if self.given.is_some() {
            return Ok(self.given.clone());
        }
        let Some(text) = self.text(inherited) else { return Ok(None) };
        let text =
            std::str::from_utf8(text).map_err(|_| self.fault("it is not valid UTF-8", None))?;
        read(text).map(Some).map_err(|problem| self.fault(problem, None))
    }
}

impl<T: Clone + ValueEnum> Variable<'_, Option<T>> {
    /// The word on the command line, else the variable's.
    ///
    /// # Errors
    /// [`Error::Usage`] if the variable is not one of the words that the option accepts.
    pub fn word(&self, inherited: Inherited<'_>) -> Result<Option<T>, Error> {
        self.value(inherited, |text| T::from_str(text, false).map_err(|_| expected::<T>()))
    }
}

fn expected<T: ValueEnum>() -> String {
    format!("expected {}", accepted::<T>())
}

/// The words that an option accepts, for an error.
pub fn accepted<T: ValueEnum>() -> String {
    let values = T::value_variants().iter().filter_map(ValueEnum::to_possible_value);
    alternatives(values.map(|value| value.get_name().to_owned()))
}

impl<T: Clone + ValueEnum> Variable<'_, Vec<T>> {
    /// The words on the command line, else the variable's.
    ///
    /// # Errors
    /// [`Error::Usage`] if the variable contains a word that the option does not accept.
    pub fn all(&self, inherited: Inherited<'_>) -> Result<Vec<T>, Error> {
        let word = |word: OsString| {
            let word = word.to_str().and_then(|word| T::from_str(word, false).ok());
            word.ok_or_else(|| self.fault(expected::<T>(), None))
        };
        let words = self.words(inherited)?.into_iter().map(word).collect::<Result<Vec<T>, _>>()?;
        Ok(if self.given.is_empty() { words } else { self.given.clone() })
    }
}

impl<T: AsRef<OsStr>> Variable<'_, Vec<T>> {
    /// The values on the command line, else the words of the variable.
    ///
    /// # Errors
    /// As [`Variable::words`].
    pub fn list(&self, inherited: Inherited<'_>) -> Result<Vec<OsString>, Error> {
        if self.given.is_empty() {
            self.words(inherited)
        } else {
            Ok(self.given.iter().map(|one| one.as_ref().to_owned()).collect())
        }
    }
}

impl<T> Variable<'_, Vec<T>> {
    /// The words of the variable, split as in a shell; empty if the option is given.
    ///
    /// # Errors
    /// [`Error::Usage`] if it cannot be split.
    pub fn words(&self, inherited: Inherited<'_>) -> Result<Vec<OsString>, Error> {
        let text = self.text(inherited).filter(|_| self.given.is_empty());
        let Some(text) = text else { return Ok(Vec::new()) };
        let Ok(text) = std::str::from_utf8(text) else {
            // The library splits only text. A single word needs no splitting.
            let is_special = |byte: &u8| byte.is_ascii_whitespace() || b"'\"\\".contains(byte);
            return if text.iter().any(is_special) {
                Err(self.fault("it is not valid UTF-8", None))
            } else {
                Ok(vec![OsString::from_vec(text.to_vec())])
            };
        };
        let words = shell_words::split(text).map_err(|_| {
            let hint = format!("quote as in a shell: `{}=\"A 'B C'\"`", self.name());
            self.fault("a quote is not closed", Some(hint))
        })?;
        Ok(words.into_iter().map(OsString::from).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::CStr;

    fn set(text: &CStr) -> Result<Vec<OsString>, Error> {
        Variable { field: "set", given: &Vec::<OsString>::new() }.words(Inherited(&[text]))
    }

    #[test]
    fn a_list_in_a_variable_is_split_as_in_a_shell() {
        assert_eq!(set(c"PFX_SET=A=1 B='x y'").unwrap(), ["A=1", "B=x y"]);
        assert_eq!(set(c"PFX_SET=").unwrap(), Vec::<OsString>::new());
        assert!(set(c"PFX_SET='CANARY").unwrap_err().to_string().contains("PFX_SET"));
    }

    #[test]
    fn an_option_replaces_its_variable() {
        let given = vec![OsString::from("B=2")];
        let variable = Variable { field: "set", given: &given };
        let inherited: &[&CStr] = &[c"PFX_SET=A=1"];
        assert_eq!(variable.list(Inherited(inherited)).unwrap(), given);
        assert!(variable.words(Inherited(inherited)).unwrap().is_empty());
    }

    #[test]
    fn a_flag_is_set_by_any_text_except_the_words_for_no() {
        let flag =
            |text: &CStr| Variable { field: "local", given: &false }.flag(Inherited(&[text]));
        for no in [c"PFX_LOCAL=", c"PFX_LOCAL=0", c"PFX_LOCAL=False", c"PFX_LOCAL=OFF", c"X=1"] {
            assert!(!flag(no), "{no:?}");
        }
        for yes in [c"PFX_LOCAL=1", c"PFX_LOCAL=true", c"PFX_LOCAL=x"] {
            assert!(flag(yes), "{yes:?}");
        }
    }
}
