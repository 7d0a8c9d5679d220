//! Decides which variable gets which value, from the command line and the bindings in files, before anything is looked
//! up and without I/O. If every secret is bound, a second plan is made from the first and the names that sources list.

mod binding;
mod template;

use std::collections::{HashMap, HashSet};
use std::os::unix::ffi::OsStrExt as _;

pub use binding::{Action, Binding, BoundBy};
pub use template::{PartValue, Template, TemplateLookup, TemplatePart};

use crate::cli::BindingOptions;
use crate::environment::Inherited;
use crate::error::{BindingFault, Error};
use crate::name::VariableName;
use crate::reference::{Kind, Reference};
use crate::source::Author;
use crate::takeover;
use crate::wanted::{Delivery, Lookup, WantedValue, WantedVariable};

/// All bindings of one run.
#[derive(Debug)]
pub struct Plan {
    pub bindings: Vec<Binding>,
    pub scope: Scope,
    /// Variables that are already set and stay as they are.
    preserved: HashSet<Vec<u8>>,
    /// Texts that are assembled after the lookups. Each one uses only earlier ones.
    pub templates: Vec<Template>,
    /// The lookups that [`Plan::templates`] need.
    pub template_lookups: Vec<TemplateLookup>,
}

/// The bindings of one file, or of all `PFX_…` variables together.
#[derive(Debug, Default)]
pub struct BindingLayer {
    /// The file and its part, as `check` shows them.
    pub title: String,
    /// The path of the file.
    place: String,
    pub wanted: Vec<WantedVariable>,
    /// Bindings of variables, which take precedence over all lines of all files.
    bound: Vec<Binding>,
}

/// The parts of pfx's own environment that bindings depend on.
#[derive(Clone, Copy, Default)]
pub struct BaseEnvironment<'a> {
    pub inherited: Inherited<'a>,
    /// Variables that take precedence over every binding that would set them.
    pub preserved: Inherited<'a>,
}

impl BindingLayer {
    /// The layer of a file.
    pub const fn of_file(title: String, place: String, wanted: Vec<WantedVariable>) -> Self {
        Self { title, place, wanted, bound: Vec::new() }
    }

    /// The layer of the `PFX_…` variables; `None` if they bind nothing.
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

/// Which secrets are bound in addition to those that bindings name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All secrets that can be listed, local and remote.
    All,
    /// All local secrets.
    Local,
    /// None.
    NamedOnly,
}

impl Plan {
    /// The plan of these options alone. Without any binding, every local secret is bound.
    ///
    /// # Errors
    /// [`Error::Binding`] for the first that is not valid, or if two set the same variable.
    pub fn new(written: &BindingOptions) -> Result<Self, Error> {
        Self::over(Vec::new(), written, BaseEnvironment::default())
    }

    /// The plan of files and of the options in `written`. If several bind the same variable, a later file overrides an
    /// earlier one, and `written` overrides all files. A preserved variable overrides all of these, and its binding is
    /// not looked up; a removal still removes it. The same precedence holds for variables inside the texts of files,
    /// but of the same file, a text sees only earlier lines.
    ///
    /// # Errors
    /// As [`Plan::new`], and [`Error::Config`] if a text refers to a variable that is not set. Within one file, the
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
        let template::Linker { mut templates, mut template_lookups, .. } = linker;
        for binding in winning {
            bound.put(binding);
        }
        let preserved = base.preserved.names();
        let bindings = bound.bindings.into_iter();
        let bindings: Vec<Binding> =
            bindings.map(|binding| binding.preserving(&preserved)).collect();
        template::mark_needed(&bindings, &mut templates, &mut template_lookups);
        Ok(Self { bindings, scope, preserved, templates, template_lookups })
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

    /// All lookups that set a variable of their own.
    pub fn lookups(&self) -> impl Iterator<Item = &Lookup> {
        self.bindings.iter().filter_map(|binding| match &binding.action {
            Action::Lookup(_, lookup) => Some(lookup),
            Action::Preserve(_) | Action::Set(..) | Action::Template(..) | Action::Unset(_) => None,
        })
    }

    /// Everything that has to be looked up, for a variable of its own or for a template.
    pub fn references(&self) -> impl Iterator<Item = &Reference> {
        let needed = self.template_lookups.iter().filter(|one| one.is_needed);
        let lookups = self.lookups().chain(needed.map(|one| &one.lookup));
        lookups.map(|lookup| &lookup.reference)
    }

    /// The plan with an additional lookup for each of `secrets`, which sources list. A secret is left out if a
    /// binding names it, or if its variable is preserved or set by a binding.
    ///
    /// # Errors
    /// [`Error::Binding`] if no variable name can be derived from a secret's name, if two secrets have the same
    /// variable, or if names that others chose would set variables of [`crate::takeover`]; the error lists all of
    /// these.
    pub fn with_secrets(mut self, secrets: Vec<ListedSecret>) -> Result<Self, Error> {
        let bound_secrets = self.lookups().filter_map(|lookup| match &lookup.reference {
            Reference::Secret(name) => Some(name.as_str()),
            _ => None,
        });
        let bound_secrets: HashSet<&str> = bound_secrets.collect();
        let bound_variables: HashSet<&[u8]> = self.bindings.iter().map(Binding::variable).collect();
        let mut added = Vec::with_capacity(secrets.len());
        let mut refused = Vec::new();
        for ListedSecret { name, author } in secrets {
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
            if author == Author::Remote && takeover::target(variable.as_str()).is_some() {
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

    /// Adds a binding, or replaces the binding of the same variable.
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
pub struct ListedSecret {
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
