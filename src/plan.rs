//! Which variable gets what: decided here from the command line alone, with no I/O, before anything is
//! looked up.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;

use crate::error::{BindingFault, Error};
use crate::name::VariableName;
use crate::reference::{Pointer, Reference, Written};
use crate::secret::SecretValue;

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

/// One wanted change of the environment, and how the user wrote it.
#[derive(Debug)]
pub struct Binding {
    pub written: String,
    pub action: Action,
}

#[derive(Debug)]
pub enum Action {
    /// Look something up and set a variable to it.
    Look(Look),
    /// Set a variable to a text.
    Set(VariableName, SecretValue),
    /// Remove a variable. The name is any that an environment may hold.
    Unset(Vec<u8>),
}

/// One look-up: what, which part of it, and where to.
#[derive(Debug)]
pub struct Look {
    pub variable: VariableName,
    pub reference: Reference,
    pub pointer: Option<Pointer>,
    /// Whether its absence is no error.
    pub optional: bool,
    /// What the variable gets if it is absent.
    pub default: Option<SecretValue>,
    pub delivery: Delivery,
}

/// How the command gets a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// As the variable's value.
    Variable,
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
            let (variable, value) = assignment(text)?;
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

impl Binding {
    fn new(option: &str, text: &OsStr, action: Action) -> Self {
        Self { written: format!("{option} {}", text.to_string_lossy()), action }
    }

    /// The variable that it changes.
    fn variable(&self) -> &[u8] {
        match &self.action {
            Action::Look(look) => look.variable.as_str().as_bytes(),
            Action::Set(variable, _) => variable.as_str().as_bytes(),
            Action::Unset(name) => name,
        }
    }
}

impl Look {
    /// Reads `[VAR=]NAME[?][#/POINTER]`; `reference` makes of a name what it refers to, if it can.
    fn new(
        option: &'static str,
        text: &OsStr,
        reference: impl FnOnce(&OsStr) -> Option<Reference>,
    ) -> Result<Self, Error> {
        let written = Written::cut(text);
        let name = written.name.to_string_lossy();
        if written.name.is_empty() && written.variable.is_none() {
            return Err(fault(option, BindingFault::Empty));
        }
        let variable = match written.variable {
            Some(given) => {
                let given = given.to_string_lossy();
                VariableName::new(&given).ok_or_else(|| {
                    fault(option, BindingFault::Variable { name: given.into_owned() })
                })?
            }
            None => VariableName::of_secret(&name).ok_or_else(|| {
                fault(option, BindingFault::NoVariable { name: name.clone().into_owned() })
            })?,
        };
        let pointer = written
            .pointer
            .map(|pointer| {
                pointer.to_str().and_then(Pointer::new).ok_or_else(|| {
                    fault(option, BindingFault::Pointer { name: name.clone().into_owned() })
                })
            })
            .transpose()?;
        let reference =
            reference(written.name).ok_or_else(|| fault(option, BindingFault::NotUtf8))?;
        Ok(Self { pointer, optional: written.optional, ..Self::whole(variable, reference) })
    }

    /// Reads `VAR=TYPE/NAME[?][#/POINTER]`.
    fn block(text: &OsStr) -> Result<Self, Error> {
        const OPTION: &str = "--block";
        if Written::cut(text).variable.is_none() {
            return Err(fault(OPTION, BindingFault::NoBlockVariable));
        }
        let name = Written::cut(text).name.to_string_lossy().into_owned();
        if Reference::block(&name).is_none() {
            return Err(fault(OPTION, BindingFault::NotABlock { name }));
        }
        Self::new(OPTION, text, |name| Reference::block(name.to_str()?))
    }

    /// A look-up of all of a thing that must be there.
    fn whole(variable: VariableName, reference: Reference) -> Self {
        let (pointer, optional, default) = (None, false, None);
        Self { variable, reference, pointer, optional, default, delivery: Delivery::Variable }
    }
}

/// Reads `VAR=TEXT`.
fn assignment(text: &OsStr) -> Result<(VariableName, SecretValue), Error> {
    let bytes = text.as_bytes();
    let Some(at) = bytes.iter().position(|&byte| byte == b'=') else {
        return Err(fault("--set", BindingFault::Unassigned));
    };
    let name = String::from_utf8_lossy(&bytes[..at]);
    let variable = VariableName::new(&name).ok_or_else(|| {
        fault("--set", BindingFault::Variable { name: name.clone().into_owned() })
    })?;
    let value = SecretValue::text(&name, &bytes[at + 1..])?;
    Ok((variable, value))
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
mod tests {
    use super::*;

    fn words(words: &[&str]) -> Vec<OsString> {
        words.iter().map(OsString::from).collect()
    }

    fn plan(secrets: &[&str], literals: &[&str]) -> Result<Plan, Error> {
        Plan::new(&Bindings {
            secrets: words(secrets),
            literals: words(literals),
            ..Bindings::default()
        })
    }

    #[test]
    fn no_binding_means_every_local_secret() {
        assert_eq!(plan(&[], &[]).unwrap().every, Every::Local);
        assert_eq!(plan(&[], &["A=1"]).unwrap().every, Every::Named);
    }

    #[test]
    fn a_name_gives_its_variable_unless_one_is_given() {
        let plan = plan(&["db-password", "PG=prod-db?#/password"], &[]).unwrap();
        let looks: Vec<&Look> = plan.looks().collect();
        assert_eq!(looks[0].variable.as_str(), "DB_PASSWORD");
        assert_eq!(looks[1].variable.as_str(), "PG");
        assert_eq!(looks[1].reference, Reference::Secret("prod-db".to_owned()));
        assert!(looks[1].optional && looks[1].pointer.is_some());
    }

    #[test]
    fn two_bindings_of_one_variable_are_refused_and_both_named() {
        let error = plan(&["db-password"], &["DB_PASSWORD=CANARY"]).unwrap_err().to_string();
        assert!(error.contains("-s db-password") && error.contains("--set DB_PASSWORD"), "{error}");
        assert!(!error.contains("CANARY"), "{error}");
    }

    #[test]
    fn bad_bindings_are_refused_without_their_values() {
        for (secrets, literals) in [
            (&["1A=x"][..], &[][..]),
            (&["=x"], &[]),
            (&[""], &[]),
            (&["A=x#/~"], &[]),
            (&["日本"], &[]),
            (&[], &["CANARY"]),
            (&[], &["1=CANARY"]),
        ] {
            let error = plan(secrets, literals).unwrap_err();
            assert_eq!(error.exit(), crate::exit::Exit::Usage);
            assert!(!error.to_string().contains("CANARY"), "{error}");
        }
    }

    #[test]
    fn every_secret_yields_to_a_binding_by_name_or_variable() {
        let mut plan = plan(&["X=a"], &["B=1"]).unwrap();
        plan.add_every(vec!["a".into(), "b".into(), "B".into(), "c".into()]).unwrap();
        let names: Vec<&str> = plan.looks().map(|look| look.variable.as_str()).collect();
        assert_eq!(names, ["X", "b", "c"]);
    }

    #[test]
    fn every_secret_is_refused_if_two_give_one_variable() {
        let mut plan = plan(&[], &[]).unwrap();
        let error = plan.add_every(vec!["a-b".into(), "A_B".into()]).unwrap_err().to_string();
        assert!(error.contains("a-b") && error.contains("A_B"), "{error}");
    }
}
