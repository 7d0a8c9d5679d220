//! Which variable gets what: decided here, without I/O, from the command line and from what files want, before
//! anything is looked up. For `--all` a second plan is made of the first and of the names that sources list.

mod binding;
mod template;

use std::collections::{HashMap, HashSet};
use std::os::unix::ffi::OsStrExt as _;

pub use binding::{Action, Binding, BoundBy};
pub use template::{Ingredient, PartValue, Template, TemplatePart};

use crate::cli::BindingOptions;
use crate::environment::Inherited;
use crate::error::{BindingFault, Error};
use crate::name::VariableName;
use crate::reference::{Kind, Reference};
use crate::source::Author;
use crate::takeover;
use crate::wanted::{Delivery, Lookup, WantedValue, WantedVariable};

/// All that one run wants.
#[derive(Debug)]
pub struct Plan {
    pub bindings: Vec<Binding>,
    pub scope: Scope,
    /// Variables that are set already and stay as they are.
    preserved: HashSet<Vec<u8>>,
    /// Texts that are put together when all is looked up; each is made of earlier ones only.
    pub templates: Vec<Template>,
    /// What [`Plan::templates`] are made of.
    pub ingredients: Vec<Ingredient>,
}

/// What one file wants, or what all `PFX_…` variables bind.
#[derive(Debug, Default)]
pub struct BindingLayer {
    /// Which file, and which part of it.
    pub title: String,
    /// The file.
    place: String,
    pub wanted: Vec<WantedVariable>,
    /// What wins over all lines of all files.
    bound: Vec<Binding>,
}

/// The environment that pfx was started in, as far as bindings depend on it.
#[derive(Clone, Copy, Default)]
pub struct BaseEnvironment<'a> {
    pub inherited: Inherited<'a>,
    /// Variables that win over every binding that would set them.
    pub preserved: Inherited<'a>,
}

impl BindingLayer {
    /// What a file wants.
    pub const fn of_file(title: String, place: String, wanted: Vec<WantedVariable>) -> Self {
        Self { title, place, wanted, bound: Vec::new() }
    }

    /// What `PFX_…` variables bind; nothing if they bind nothing.
    ///
    /// # Errors
    /// As [`Plan::new`].
    pub fn of_variables(written: &BindingOptions) -> Result<Option<Self>, Error> {
        let mut bindings = Plan::parse(written)?;
        for binding in &mut bindings {
            if matches!(binding.action, Action::Set(..)) {
                binding.bound_by = BoundBy::Place("PFX_SET".to_owned());
            }
        }
        let title = "the PFX_ variables".to_owned();
        let is_any = !bindings.is_empty();
        Ok(is_any.then(|| Self { title, bound: bindings, ..Self::default() }))
    }
}

/// Which secrets are wanted that no binding names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All that can be listed, on this machine and remote.
    All,
    /// All on this machine.
    Local,
    /// None.
    NamedOnly,
}

impl Plan {
    /// Judges all bindings. Without any, every local secret is wanted.
    ///
    /// # Errors
    /// [`Error::Binding`] for the first that makes no sense, or if two set one variable.
    pub fn new(written: &BindingOptions) -> Result<Self, Error> {
        Self::over(Vec::new(), written, BaseEnvironment::default())
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
        files: Vec<BindingLayer>,
        written: &BindingOptions,
        base: BaseEnvironment<'_>,
    ) -> Result<Self, Error> {
        let own = Self::parse(written)?;
        let names_none = own.is_empty() && files.is_empty();
        let scope = match (written.all, names_none) {
            (true, _) => Scope::All,
            (false, true) => Scope::Local,
            (false, false) => Scope::NamedOnly,
        };
        let (mut lines, mut winning) = (Vec::new(), Vec::new());
        for BindingLayer { place, wanted, bound, .. } in files {
            lines.extend(wanted.into_iter().map(|one| (format!("{place}:{}", one.line), one)));
            winning.extend(bound);
        }
        winning.extend(own);
        let mut linker = template::Linker::new(&winning, base);
        let mut bound = OrderedBindings::default();
        for (written, WantedVariable { variable, value, .. }) in lines {
            let action = match value {
                WantedValue::Template(template) => {
                    linker.link(variable, template, |name| bound.get(name))?
                }
                WantedValue::Lookup(lookup) => Action::Lookup(variable, lookup),
                WantedValue::Text(text) => Action::Set(variable, text),
                WantedValue::Unset => Action::Unset(variable.as_str().as_bytes().to_vec()),
            };
            bound.put(Binding { bound_by: BoundBy::Place(written), action });
        }
        let template::Linker { mut templates, mut ingredients, .. } = linker;
        for binding in winning {
            bound.put(binding);
        }
        let preserved = base.preserved.names();
        let bindings = bound.bindings.into_iter();
        let bindings: Vec<Binding> =
            bindings.map(|binding| binding.preserving(&preserved)).collect();
        template::mark_needed(&bindings, &mut templates, &mut ingredients);
        Ok(Self { bindings, scope, preserved, templates, ingredients })
    }

    fn parse(written: &BindingOptions) -> Result<Vec<Binding>, Error> {
        let lookups = [
            ("--secret", "-s", Kind::Secret, Delivery::Variable, &written.secret),
            ("--file", "--file", Kind::Secret, Delivery::File, &written.file),
            ("--env", "-e", Kind::Env, Delivery::Variable, &written.env),
            ("--kv", "-k", Kind::Kv, Delivery::Variable, &written.kv),
            ("--block", "-b", Kind::Block, Delivery::Variable, &written.block),
        ];
        let mut bindings = Vec::new();
        for (option, short, kind, delivery, texts) in lookups {
            for text in texts {
                let (variable, lookup) = binding::lookup(option, kind, text)?;
                let action = Action::Lookup(variable, Lookup { delivery, ..lookup });
                bindings.push(Binding::new(short, text, action));
            }
        }
        for text in &written.set {
            let (variable, value) = binding::assignment(text)?;
            let bound_by = BoundBy::Option(format!("--set {variable}"));
            bindings.push(Binding { bound_by, action: Action::Set(variable, value) });
        }
        for text in &written.unset {
            let name = text.as_bytes();
            if name.is_empty() {
                return Err(fault("--unset", BindingFault::Variable { name: String::new() }));
            }
            if name.contains(&b'=') {
                let problem = "expected only a variable name, without `=`";
                return Err(fault("--unset", BindingFault::NoName { problem }));
            }
            bindings.push(Binding::new("--unset", text, Action::Unset(name.to_vec())));
        }
        refuse_duplicates(&bindings)?;
        Ok(bindings)
    }

    /// All look-ups whose values go into variables of their own.
    pub fn lookups(&self) -> impl Iterator<Item = &Lookup> {
        self.bindings.iter().filter_map(|binding| match &binding.action {
            Action::Lookup(_, lookup) => Some(lookup),
            Action::Preserve(_) | Action::Set(..) | Action::Template(..) | Action::Unset(_) => None,
        })
    }

    /// All that has to be looked up, for a variable of its own or for a template.
    pub fn references(&self) -> impl Iterator<Item = &Reference> {
        let needed = self.ingredients.iter().filter(|ingredient| ingredient.is_needed);
        let lookups = self.lookups().chain(needed.map(|ingredient| &ingredient.lookup));
        lookups.map(|lookup| &lookup.reference)
    }

    /// The plan with a look-up for each of `secrets` besides, which sources list. One that a binding asks for by
    /// name, or whose variable is set already or by a binding, is left to that.
    ///
    /// # Errors
    /// [`Error::Binding`] if no variable can be named after one, if two give the same variable, or if
    /// variables of [`crate::takeover`] would be set under names that others wrote: all of them at once.
    pub fn with_secrets(mut self, secrets: Vec<Listed>) -> Result<Self, Error> {
        let bound_secrets = self.lookups().filter_map(|lookup| match &lookup.reference {
            Reference::Secret(name) => Some(name.as_str()),
            _ => None,
        });
        let bound_secrets: HashSet<&str> = bound_secrets.collect();
        let bound_variables: HashSet<&[u8]> = self.bindings.iter().map(Binding::variable).collect();
        let mut added = Vec::with_capacity(secrets.len());
        let mut refused = Vec::new();
        for Listed { name, author } in secrets {
            if bound_secrets.contains(name.as_str()) {
                continue;
            }
            let Some(variable) = VariableName::of_secret(&name) else {
                return Err(fault("every secret", BindingFault::NoVariable { name }));
            };
            let bytes = variable.as_str().as_bytes();
            if self.preserved.contains(bytes) || bound_variables.contains(bytes) {
                continue;
            }
            if author == Author::Remote && takeover::power(variable.as_str()).is_some() {
                refused.push(name);
                continue;
            }
            let action = Action::Lookup(variable, Lookup::whole(Reference::Secret(name)));
            added.push(Binding { bound_by: BoundBy::Listing, action });
        }
        if !refused.is_empty() {
            return Err(fault("every secret", BindingFault::Takeover { names: refused }));
        }
        refuse_duplicates(&added)?;
        added.splice(0..0, self.bindings);
        self.bindings = added;
        Ok(self)
    }
}

/// Bindings in the order in which their variables were first bound.
#[derive(Default)]
struct OrderedBindings {
    bindings: Vec<Binding>,
    places: HashMap<Vec<u8>, usize>,
}

impl OrderedBindings {
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
    pub author: Author,
}

fn refuse_duplicates(bindings: &[Binding]) -> Result<(), Error> {
    let mut sorted: Vec<&Binding> = bindings.iter().collect();
    sorted.sort_by(|one, other| one.variable().cmp(other.variable()));
    for pair in sorted.windows(2) {
        if let [first, second] = pair
            && first.variable() == second.variable()
        {
            let variable = String::from_utf8_lossy(first.variable()).into_owned();
            let (first, second) = (first.label(), second.label());
            return Err(fault("two bindings", BindingFault::Duplicate { variable, first, second }));
        }
    }
    Ok(())
}

const fn fault(option: &'static str, fault: BindingFault) -> Error {
    Error::Binding { option, fault }
}
