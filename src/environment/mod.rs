//! The environment for the command, as a value. Nothing here changes the environment of pfx itself.

mod inheritance;

use std::collections::HashSet;
use std::ffi::{CStr, CString};

pub use inheritance::{CLEAN_VARIABLES, InheritancePolicy, is_credential};
use zeroize::Zeroize as _;

use crate::error::{Error, ValueFault};
use crate::secret::SecretValue;

/// The longest `NAME=value` that Linux accepts, in bytes without the NUL at the end (`MAX_ARG_STRLEN`, 131 072,
/// includes it; execve(2), "Limits on size of arguments and environment").
pub const LONGEST_ENTRY: usize = 131_071;

/// pfx's own environment: the raw block in order, including entries without `=`, duplicates, and bytes that are not
/// valid UTF-8.
#[derive(Clone, Copy, Default)]
pub struct Inherited<'a>(pub &'a [&'a CStr]);

impl<'a> Inherited<'a> {
    /// The value of a variable. Of duplicates it is the first, as with getenv(3).
    pub fn get(self, name: &[u8]) -> Option<&'a [u8]> {
        self.0.iter().find_map(|entry| value_of(entry, name))
    }

    /// The value of a variable, if it is not empty: an empty one counts as not set where this is used.
    pub fn get_nonempty(self, name: &[u8]) -> Option<&'a [u8]> {
        self.get(name).filter(|value| !value.is_empty())
    }

    /// The names of all variables.
    pub fn names(self) -> HashSet<Vec<u8>> {
        self.variables().map(|(name, _)| name.to_vec()).collect()
    }

    /// Names and values, in order. Entries without `=` are not variables.
    pub fn variables(self) -> impl Iterator<Item = (&'a [u8], &'a [u8])> {
        self.0.iter().filter_map(|entry| split(entry.to_bytes()))
    }
}

/// The value in an entry, if the entry is for the variable `name`.
fn value_of<'e>(entry: &'e CStr, name: &[u8]) -> Option<&'e [u8]> {
    entry.to_bytes().strip_prefix(name)?.strip_prefix(b"=").filter(|_| !name.is_empty())
}

/// Splits an entry at its `=`. An entry that begins with `=` is not a variable.
fn split(entry: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = entry.iter().position(|&byte| byte == b'=')?;
    (at > 0).then(|| (&entry[..at], &entry[at + 1..]))
}

/// One change that pfx makes to the inherited environment.
#[derive(Debug)]
pub enum EnvironmentChange<'v> {
    /// Set the variable to this value. The name is not empty and has neither `=` nor NUL.
    Set(String, &'v SecretValue),
    /// Remove the variable. The name can be any that an environment may hold.
    Unset(Vec<u8>),
}

impl EnvironmentChange<'_> {
    fn name(&self) -> &[u8] {
        match self {
            Self::Set(name, _) => name.as_bytes(),
            Self::Unset(name) => name,
        }
    }
}

/// The block for execve(2): the inherited entries, byte for byte and in order, without those of changed names, and
/// then each set name exactly once.
pub struct Environment<'a> {
    kept: Vec<&'a CStr>,
    made: Vec<SecretEntry>,
}

/// A `NAME=value` with a secret in it: wiped when dropped, never printed.
struct SecretEntry(CString);

impl Drop for SecretEntry {
    fn drop(&mut self) {
        std::mem::take(&mut self.0).into_bytes().zeroize();
    }
}

impl<'a> Environment<'a> {
    /// Applies `changes`, whose names are distinct, to the inherited environment.
    ///
    /// # Errors
    /// [`Error::Value`] if an entry would be longer than [`LONGEST_ENTRY`].
    pub fn new(inherited: Inherited<'a>, changes: &[EnvironmentChange<'_>]) -> Result<Self, Error> {
        let mut names: Vec<&[u8]> = changes.iter().map(EnvironmentChange::name).collect();
        names.sort_unstable();
        let is_changed = |name| names.binary_search(&name).is_ok();
        let kept = inherited
            .0
            .iter()
            .copied()
            .filter(|entry| split(entry.to_bytes()).is_none_or(|(name, _)| !is_changed(name)))
            .collect();
        let made = changes
            .iter()
            .filter_map(|change| match change {
                EnvironmentChange::Set(name, value) => Some(SecretEntry::new(name, value)),
                EnvironmentChange::Unset(_) => None,
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { kept, made })
    }

    /// All entries, for execve(2).
    pub fn entries(&self) -> impl Iterator<Item = &CStr> {
        self.kept.iter().copied().chain(self.made.iter().map(|entry| entry.0.as_c_str()))
    }

    /// The value that the command will find in this variable.
    pub fn get(&self, name: &[u8]) -> Option<&[u8]> {
        self.entries().find_map(|entry| value_of(entry, name))
    }
}

/// Checks that a variable of this name can hold `value`, the value of the secret `name`.
///
/// # Errors
/// [`Error::Value`] if the entry would be longer than [`LONGEST_ENTRY`], or has a NUL byte.
pub fn check_fits(variable: &str, value: &SecretValue, name: &str) -> Result<(), Error> {
    check_length(variable, value.in_variable(name)?.expose().len(), name)
}

/// Checks that a variable of this name can hold a value of `length` bytes, that of the secret `name`.
///
/// # Errors
/// [`Error::Value`] if the entry would be longer than [`LONGEST_ENTRY`].
pub fn check_length(variable: &str, length: usize, name: &str) -> Result<(), Error> {
    let bytes = variable.len() + 1 + length;
    if bytes > LONGEST_ENTRY {
        let fault =
            ValueFault::TooLong { variable: variable.to_owned(), bytes, limit: LONGEST_ENTRY };
        return Err(Error::Value { name: name.to_owned(), fault });
    }
    Ok(())
}

impl SecretEntry {
    fn new(name: &str, value: &SecretValue) -> Result<Self, Error> {
        check_fits(name, value, name)?;
        let length = name.len() + 1 + value.expose().len();
        let mut text = Vec::with_capacity(length + 1);
        text.extend_from_slice(name.as_bytes());
        text.push(b'=');
        text.extend_from_slice(value.expose());
        // The value has no NUL byte, but the name may have one.
        CString::new(text).map(Self).map_err(|refused| {
            refused.into_vec().zeroize();
            Error::Value { name: name.to_owned(), fault: ValueFault::Nul }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(inherited: &[&CStr], changes: &[EnvironmentChange<'_>]) -> Vec<String> {
        let environment = Environment::new(Inherited(inherited), changes).unwrap();
        environment.entries().map(|entry| entry.to_string_lossy().into_owned()).collect()
    }

    fn text(value: impl Into<Vec<u8>>) -> SecretValue {
        SecretValue::text("X", value).unwrap()
    }

    fn set<'v>(name: &str, value: &'v SecretValue) -> EnvironmentChange<'v> {
        EnvironmentChange::Set(name.to_owned(), value)
    }

    #[test]
    fn inherited_entries_keep_bytes_and_order_and_a_set_name_occurs_once() {
        let inherited =
            [c"Z=1", c"DUP=a", c"NOEQ", c"", c"DUP=b", c"=odd", c"A=2", c"X=old", c"X=older"];
        assert_eq!(
            block(&inherited, &[set("X", &text("new=1")), set("NOEQ", &text("v"))]),
            ["Z=1", "DUP=a", "NOEQ", "", "DUP=b", "=odd", "A=2", "X=new=1", "NOEQ=v"]
        );
    }

    #[test]
    fn unsetting_a_name_removes_all_its_duplicates() {
        assert_eq!(
            block(&[c"X=1", c"Y=2", c"X=3"], &[EnvironmentChange::Unset(b"X".to_vec())]),
            ["Y=2"]
        );
    }

    #[test]
    fn the_first_of_several_duplicates_is_read() {
        let inherited = [c"D=first", c"D=second"];
        assert_eq!(Inherited(&inherited).get(b"D"), Some(&b"first"[..]));
    }

    #[test]
    fn an_entry_may_be_as_long_as_the_kernel_accepts_and_no_longer() {
        let fits = text("v".repeat(LONGEST_ENTRY - 2));
        let long = text("v".repeat(LONGEST_ENTRY - 1));
        assert!(Environment::new(Inherited(&[]), &[set("X", &fits)]).is_ok());
        assert!(Environment::new(Inherited(&[]), &[set("X", &long)]).is_err());
    }
}
