//! Which variable gets what: decided here, without I/O, from the command line and from what files want, before
//! anything is looked up. For `--all` the names that sources list are added later.

mod binding;
mod template;

use std::collections::{HashMap, HashSet};
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt as _;

pub use binding::{Action, Binding, Delivery, Look};
pub use template::{Ingredient, Of, Part, Template};

use crate::environment::Inherited;
use crate::error::{BindingFault, Error};
use crate::name::VariableName;
use crate::reference::Reference;
use crate::takeover::{self, Power};
use crate::wanted::Wanted;

/// Bindings as the user wrote them, option by option.
#[derive(Default)]
pub struct Bindings {
    pub secrets: Vec<OsString>,
    pub variables: Vec<OsString>,
    pub keys: Vec<OsString>,
    pub blocks: Vec<OsString>,
    /// Secrets that are to be files.
    pub files: Vec<OsString>,
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
    /// Variables that no secret may go into unless a binding says so: they are set already.
    taken: HashSet<Vec<u8>>,
    /// Variables of [`crate::takeover`] that get a secret of this machine which no binding names.
    pub powerful: Vec<VariableName>,
    /// Texts that are put together when all is looked up; each is made of earlier ones only.
    pub templates: Vec<Template>,
    /// What [`Plan::templates`] are made of.
    pub ingredients: Vec<Ingredient>,
}

/// What one file wants.
#[derive(Debug, Default)]
pub struct Layer {
    /// Which file, and which part of it.
    pub title: String,
    pub lines: Vec<Line>,
    /// What wins over all lines of all files.
    bound: Vec<Binding>,
}

/// What a file wants of one variable.
#[derive(Debug)]
pub struct Line {
    /// Where the file says so.
    pub written: String,
    pub variable: VariableName,
    pub wanted: Wanted,
}

/// The environment that pfx was started in, as far as bindings depend on it.
#[derive(Clone, Copy, Default)]
pub struct Ambient<'a> {
    pub inherited: Inherited<'a>,
    /// Variables that win over every binding that would set them.
    pub preserved: Inherited<'a>,
}

impl Layer {
    /// What a file wants.
    #[must_use]
    pub const fn of_file(title: String, lines: Vec<Line>) -> Self {
        Self { title, lines, bound: Vec::new() }
    }

    /// What `PFX_…` variables bind; nothing if they bind nothing.
    ///
    /// # Errors
    /// As [`Plan::new`].
    pub fn of_variables(written: &Bindings) -> Result<Option<Self>, Error> {
        let mut bindings = Plan::judge(written)?;
        for binding in &mut bindings {
            if matches!(binding.action, Action::Set(..)) {
                binding.written = Some("PFX_SET".to_owned());
                binding.in_file = true;
            }
        }
        let title = "the PFX_ variables".to_owned();
        Ok((!bindings.is_empty()).then_some(Self { title, lines: Vec::new(), bound: bindings }))
    }
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
        Self::over(Vec::new(), written, Ambient::default())
    }

    /// The same over what files want: a later file takes the place of an earlier one for each variable
    /// that both bind, and `written` that of all files. What is preserved wins over all of them, and then is not
    /// looked up; a removal still removes. Whatever wins also wins inside the texts of files; of their own lines
    /// those count that come before.
    ///
    /// # Errors
    /// As [`Plan::new`], and [`Error::Config`] if a text names a variable that is not set. Within one file the
    /// later line wins, as in a shell.
    pub fn over(
        files: Vec<Layer>,
        written: &Bindings,
        ambient: Ambient<'_>,
    ) -> Result<Self, Error> {
        let own = Self::judge(written)?;
        let names_none = own.is_empty() && files.is_empty();
        let every = match (written.every, names_none) {
            (true, _) => Every::Listed,
            (false, true) => Every::Local,
            (false, false) => Every::Named,
        };
        let (mut lines, mut winning) = (Vec::new(), Vec::new());
        for layer in files {
            lines.extend(layer.lines);
            winning.extend(layer.bound);
        }
        winning.extend(own);
        let mut linker = template::Linker::new(&winning, ambient);
        let mut bound = Bound::default();
        for Line { written, variable, wanted } in lines {
            let action = match wanted {
                Wanted::Template(template) => {
                    linker.link(variable, template, |name| bound.get(name))?
                }
                Wanted::Look(lookup) => Action::Look(Look::of_file(variable, lookup)),
                Wanted::Text(text) => Action::Set(variable, text),
                Wanted::Unset => Action::Unset(variable.as_str().as_bytes().to_vec()),
            };
            bound.put(Binding { written: Some(written), action, in_file: true });
        }
        let template::Linker { templates, ingredients, .. } = linker;
        for binding in winning {
            bound.put(binding);
        }
        let (bindings, taken) = (bound.bindings, ambient.preserved.names());
        let mut plan =
            Self { bindings, every, taken, powerful: Vec::new(), templates, ingredients };
        plan.preserve();
        template::mark_needed(&plan.bindings, &mut plan.templates, &mut plan.ingredients);
        Ok(plan)
    }

    fn judge(written: &Bindings) -> Result<Vec<Binding>, Error> {
        let mut bindings = Vec::new();
        for text in &written.secrets {
            let look = Look::new("--secret", text, |name| {
                name.to_str().map(|name| Reference::Secret(name.to_owned()))
            })?;
            bindings.push(Binding::new("-s", text, Action::Look(look)));
        }
        for text in &written.files {
            let look = Look::new("--file", text, |name| {
                name.to_str().map(|name| Reference::Secret(name.to_owned()))
            })?;
            let look = Look { delivery: Delivery::File, ..look };
            bindings.push(Binding::new("--file", text, Action::Look(look)));
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
            let action = Action::Set(variable, value);
            bindings.push(Binding { written: Some(written), action, in_file: false });
        }
        for text in &written.removals {
            let name = text.as_bytes();
            if name.is_empty() {
                return Err(fault("--unset", BindingFault::Variable { name: String::new() }));
            }
            if name.contains(&b'=') {
                let problem = "it takes the name of a variable alone, without `=`";
                return Err(fault("--unset", BindingFault::NoName { problem }));
            }
            bindings.push(Binding::new("--unset", text, Action::Unset(name.to_vec())));
        }
        refuse_duplicates(&bindings)?;
        Ok(bindings)
    }

    /// Leaves the variables that are taken as they are: no binding that would set them counts.
    fn preserve(&mut self) {
        for binding in &mut self.bindings {
            if !matches!(binding.action, Action::Unset(_))
                && self.taken.contains(binding.variable())
            {
                let name = binding.variable().to_vec();
                binding.action = Action::Keep(name);
            }
        }
    }

    /// All look-ups whose values go into variables of their own.
    pub fn looks(&self) -> impl Iterator<Item = &Look> {
        self.bindings.iter().filter_map(|binding| match &binding.action {
            Action::Look(look) => Some(look),
            Action::Fill(..) | Action::Keep(_) | Action::Set(..) | Action::Unset(_) => None,
        })
    }

    /// Adds a look-up for each of `names`, the secrets that sources list. One that a binding asks for by
    /// name, or whose variable is set already or by a binding, is left to that.
    ///
    /// # Errors
    /// [`Error::Binding`] if no variable can be named after one, if two give the same variable, or if
    /// variables of [`crate::takeover`] would be set under names that others wrote: all of them at once.
    pub fn add_every(&mut self, names: Vec<Listed>) -> Result<(), Error> {
        let mut added = Vec::new();
        let mut refused = Vec::new();
        for Listed { name, origin } in names {
            let reference = Reference::Secret(name);
            if self.looks().any(|look| look.reference == reference) {
                continue;
            }
            let name = reference.name();
            let Some(variable) = VariableName::of_secret(&name) else {
                return Err(fault("every secret", BindingFault::NoVariable { name }));
            };
            let bytes = variable.as_str().as_bytes();
            if self.taken.contains(bytes)
                || self.bindings.iter().any(|binding| binding.variable() == bytes)
            {
                continue;
            }
            match (takeover::power(variable.as_str()), origin) {
                // A shell as the command only reads such a variable; `export` refuses it for shells.
                (None, _) | (Some(Power::Shell), Origin::Own) => {}
                (Some(_), Origin::Own) => self.powerful.push(variable.clone()),
                (Some(_), Origin::Others) => {
                    refused.push(name);
                    continue;
                }
            }
            let action = Action::Look(Look::whole(variable, reference));
            added.push(Binding { written: None, action, in_file: false });
        }
        if !refused.is_empty() {
            return Err(fault("every secret", BindingFault::Takeover { names: refused }));
        }
        refuse_duplicates(&added)?;
        self.bindings.extend(added);
        Ok(())
    }
}

/// Bindings in the order in which their variables were first bound.
#[derive(Default)]
struct Bound {
    bindings: Vec<Binding>,
    places: HashMap<Vec<u8>, usize>,
}

impl Bound {
    fn get(&self, variable: &[u8]) -> Option<&Binding> {
        self.places.get(variable).map(|&place| &self.bindings[place])
    }

    /// Adds a binding, or puts it in the place of that of the same variable.
    fn put(&mut self, binding: Binding) {
        let next = self.bindings.len();
        let place = *self.places.entry(binding.variable().to_vec()).or_insert(next);
        if place == next {
            self.bindings.push(binding);
        } else {
            self.bindings[place] = binding;
        }
    }
}

/// A secret that a source lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    pub name: String,
    pub origin: Origin,
}

/// Who named a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The user of this machine.
    Own,
    /// Whoever may write to a remote store.
    Others,
}

fn refuse_duplicates(bindings: &[Binding]) -> Result<(), Error> {
    let mut sorted: Vec<&Binding> = bindings.iter().collect();
    sorted.sort_by(|one, other| one.variable().cmp(other.variable()));
    for pair in sorted.windows(2) {
        if let [first, second] = pair
            && first.variable() == second.variable()
        {
            let variable = String::from_utf8_lossy(first.variable()).into_owned();
            let (first, second) = (first.told(), second.told());
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
