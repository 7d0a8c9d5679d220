//! One binding: what an option binds to a variable, checked.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

use super::fault;
use crate::error::{BindingFault, Error};
use crate::name::VariableName;
use crate::reference::{Kind, Pointer, Reference, WrittenReference};
use crate::secret::SecretValue;
use crate::wanted::{Lookup, mentions_reference};

/// One change of the environment, and what requests it.
#[derive(Debug)]
pub struct Binding {
    pub bound_by: BoundBy,
    pub action: Action,
}

/// What binds a variable.
#[derive(Debug)]
pub enum BoundBy {
    /// Nothing that the user wrote: a source lists the secret, and every secret is bound.
    Listing,
    /// An option, as the user wrote it.
    Option(String),
    /// This line of a file, or this `PFX_…` variable.
    Place(String),
}

#[derive(Debug)]
pub enum Action {
    /// Look something up, and set a variable to its value.
    Lookup(VariableName, Lookup),
    /// Leave a variable as it is: it is already set, and that takes precedence.
    Preserve(Vec<u8>),
    /// Set a variable to a text.
    Set(VariableName, SecretValue),
    /// Set a variable to one of [`super::Plan::templates`] once that is filled.
    Template(VariableName, usize),
    /// Remove a variable. Its name can be any that an environment may hold.
    Unset(Vec<u8>),
}

impl Binding {
    pub(super) fn new(option: &str, text: &OsStr, action: Action) -> Self {
        let bound_by = BoundBy::Option(format!("{option} {}", text.to_string_lossy()));
        Self { bound_by, action }
    }

    /// The binding as the user wrote it, for messages.
    pub(super) fn label(&self) -> String {
        match (&self.bound_by, &self.action) {
            (BoundBy::Option(written) | BoundBy::Place(written), _) => written.clone(),
            (BoundBy::Listing, Action::Lookup(_, lookup)) => {
                format!("the secret {}", lookup.reference.name())
            }
            (BoundBy::Listing, _) => "a secret".to_owned(),
        }
    }

    /// The same binding, or [`Action::Preserve`] if it would set one of `preserved`.
    pub(super) fn preserving(self, preserved: &HashSet<Vec<u8>>) -> Self {
        let sets = !matches!(self.action, Action::Unset(_));
        if sets && preserved.contains(self.variable()) {
            let name = self.variable().to_vec();
            return Self { action: Action::Preserve(name), ..self };
        }
        self
    }

    /// The variable that the binding changes.
    pub fn variable(&self) -> &[u8] {
        match &self.action {
            Action::Lookup(variable, _)
            | Action::Set(variable, _)
            | Action::Template(variable, _) => variable.as_str().as_bytes(),
            Action::Preserve(name) | Action::Unset(name) => name,
        }
    }
}

/// Reads the argument of an option that binds something of this kind.
pub(super) fn lookup(
    option: &'static str,
    kind: Kind,
    text: &OsStr,
) -> Result<(VariableName, Lookup), Error> {
    match kind {
        Kind::Block => block(option, text),
        Kind::Env | Kind::Kv | Kind::Secret => named(option, kind, text),
    }
}

/// Reads `[VAR=]NAME[?][#/POINTER]`.
fn named(option: &'static str, kind: Kind, text: &OsStr) -> Result<(VariableName, Lookup), Error> {
    let written = WrittenReference::binding(text);
    let name = written.name.to_string_lossy();
    if written.name.is_empty() {
        return Err(fault(option, BindingFault::Empty));
    }
    let variable = match written.variable {
        Some(given) => given_variable(option, given)?,
        None => VariableName::of_secret(&name).ok_or_else(|| {
            fault(option, BindingFault::NoVariable { name: name.clone().into_owned() })
        })?,
    };
    let pointer = written.checked_pointer(option)?;
    if written.name.as_bytes().contains(&0) {
        return Err(fault(option, BindingFault::NulInName));
    }
    let reference =
        Reference::new(kind, &written.name).ok_or_else(|| fault(option, BindingFault::NotUtf8))?;
    let optional = written.optional;
    Ok((variable, Lookup { pointer, optional, ..Lookup::whole(reference) }))
}

/// Reads `VAR=TYPE/NAME[?][#/POINTER]`. A `#` with nothing after it explicitly asks for all of the block; the name of
/// a block has no `#`.
fn block(option: &'static str, text: &OsStr) -> Result<(VariableName, Lookup), Error> {
    let is_all = WrittenReference::binding(text).pointer.is_none();
    let (text, pointer) = match text.as_bytes().strip_suffix(b"#").filter(|_| is_all) {
        Some(rest) => (OsStr::from_bytes(rest), Pointer::new("")),
        None => (text, None),
    };
    let written = WrittenReference::binding(text);
    if written.variable.is_none() {
        return Err(fault(option, BindingFault::NoBlockVariable));
    }
    if Reference::block(&written.name.to_string_lossy()).is_none() {
        return Err(fault(option, BindingFault::NotABlock));
    }
    let (variable, lookup) = named(option, Kind::Block, text)?;
    Ok((variable, Lookup { pointer: lookup.pointer.or(pointer), ..lookup }))
}

/// Reads `VAR=TEXT`.
pub(super) fn assignment(text: &OsStr) -> Result<(VariableName, SecretValue), Error> {
    let bytes = text.as_bytes();
    let Some(at) = bytes.iter().position(|&byte| byte == b'=') else {
        return Err(fault("--set", BindingFault::Unassigned));
    };
    let given = OsStr::from_bytes(&bytes[..at]);
    let variable = given_variable("--set", given).map_err(|error| {
        let problem = "the text before `=` is not a valid variable name";
        if given.is_empty() { error } else { fault("--set", BindingFault::NoName { problem }) }
    })?;
    let text = &bytes[at + 1..];
    if mentions_reference(text) {
        let variable = variable.as_str().to_owned();
        return Err(fault("--set", BindingFault::ReferenceInText { variable }));
    }
    let value = SecretValue::text(variable.as_str(), text)?;
    Ok((variable, value))
}

/// The variable that the user named.
fn given_variable(option: &'static str, given: &OsStr) -> Result<VariableName, Error> {
    given.to_str().and_then(VariableName::given).ok_or_else(|| {
        fault(option, BindingFault::Variable { name: given.to_string_lossy().into_owned() })
    })
}
