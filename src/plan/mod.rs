//! Which variable gets what: decided here from the command line alone, with no I/O, before anything is
//! looked up.

mod binding;

use std::collections::HashMap;
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt as _;

pub use binding::{Action, Binding, Delivery, Look};

use crate::error::{BindingFault, Error};
use crate::name::VariableName;
use crate::reference::Reference;

/// Bindings as the user wrote them, option by option.
#[derive(Default)]
pub struct Bindings {
    pub secrets: Vec<OsString>,
    pub variables: Vec<OsString>,
    pub keys: Vec<OsString>,
    pub blocks: Vec<OsString>,
    pub literals: Vec<OsString>,
    pub removals: Vec<OsString>,
    /// `--all`.
    pub every: bool,
}

/// All that one run wants.
#[derive(Debug)]
pub struct Plan {
    pub bindings: Vec<Binding>,
    pub every: Every,
}

/// Which secrets are wanted that no binding names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Every {
    /// All that can be listed, on this machine and remote.
    Listed,
    /// All on this machine.
    Local,
    /// None.
    Named,
}

impl Plan {
    /// Judges all bindings. Without any, every local secret is wanted.
    ///
    /// # Errors
    /// [`Error::Binding`] for the first that makes no sense, or if two set one variable.
    pub fn new(written: &Bindings) -> Result<Self, Error> {
        let mut bindings = Vec::new();
        for text in &written.secrets {
            let look = Look::new("--secret", text, |name| {
                name.to_str().map(|name| Reference::Secret(name.to_owned()))
            })?;
            bindings.push(Binding::new("-s", text, Action::Look(look)));
        }
        for text in &written.variables {
            let look = Look::new("--env", text, |name| Some(Reference::Env(name.to_owned())))?;
            bindings.push(Binding::new("-e", text, Action::Look(look)));
        }
        for text in &written.keys {
            let look = Look::new("--kv", text, |name| {
                name.to_str().map(|name| Reference::Key(name.to_owned()))
            })?;
            bindings.push(Binding::new("-k", text, Action::Look(look)));
        }
        for text in &written.blocks {
            let look = Look::block(text)?;
            bindings.push(Binding::new("-b", text, Action::Look(look)));
        }
        for text in &written.literals {
            let (variable, value) = binding::assignment(text)?;
            let written = format!("--set {variable}");
            bindings.push(Binding { written, action: Action::Set(variable, value) });
        }
        for text in &written.removals {
            let name = text.as_bytes();
            if name.is_empty() || name.contains(&b'=') {
                let name = text.to_string_lossy().into_owned();
                return Err(fault("--unset", BindingFault::Variable { name }));
            }
            bindings.push(Binding::new("--unset", text, Action::Unset(name.to_vec())));
        }
        refuse_duplicates(&bindings)?;
        let every = match (written.every, bindings.is_empty()) {
            (true, _) => Every::Listed,
            (false, true) => Every::Local,
            (false, false) => Every::Named,
        };
        Ok(Self { bindings, every })
    }

    /// All look-ups.
    pub fn looks(&self) -> impl Iterator<Item = &Look> {
        self.bindings.iter().filter_map(|binding| match &binding.action {
            Action::Look(look) => Some(look),
            Action::Set(..) | Action::Unset(_) => None,
        })
    }

    /// Adds a look-up for each of `names`, the secrets that sources list. One that a binding asks for by
    /// name, or whose variable a binding sets, is left to that binding.
    ///
    /// # Errors
    /// [`Error::Binding`] if no variable can be named after one, or two give the same variable.
    pub fn add_every(&mut self, names: Vec<String>) -> Result<(), Error> {
        let mut added = Vec::new();
        for name in names {
            let reference = Reference::Secret(name);
            if self.looks().any(|look| look.reference == reference) {
                continue;
            }
            let name = reference.name();
            let Some(variable) = VariableName::of_secret(&name) else {
                return Err(fault("every secret", BindingFault::NoVariable { name }));
            };
            if !self
                .bindings
                .iter()
                .any(|binding| binding.variable() == variable.as_str().as_bytes())
            {
                let look = Look::whole(variable, reference);
                added.push(Binding {
                    written: format!("the secret {name}"),
                    action: Action::Look(look),
                });
            }
        }
        refuse_duplicates(&added)?;
        self.bindings.extend(added);
        Ok(())
    }
}

fn refuse_duplicates(bindings: &[Binding]) -> Result<(), Error> {
    let mut seen: HashMap<&[u8], &Binding> = HashMap::new();
    for binding in bindings {
        if let Some(first) = seen.insert(binding.variable(), binding) {
            let variable = String::from_utf8_lossy(binding.variable()).into_owned();
            let (first, second) = (first.written.clone(), binding.written.clone());
            return Err(fault("two bindings", BindingFault::Duplicate { variable, first, second }));
        }
    }
    Ok(())
}

const fn fault(option: &'static str, fault: BindingFault) -> Error {
    Error::Binding { option, fault }
}

#[cfg(test)]
mod tests;
