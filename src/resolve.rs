//! Resolves a plan: looks up everything that it needs. Each source is asked once, for everything that the sources
//! before it do not have. Depends only on the trait [`Source`], not on any of its implementations.

mod fill;
mod lookup;

use std::rc::Rc;

pub use fill::{Filled, UnfilledTemplate, UsedVariable};
pub use lookup::{LookedUp, LookupOutcome};

use crate::error::{Error, Missing};
use crate::exit::Exit;
use crate::name::VariableName;
use crate::plan::{Action, Binding, BoundBy, ListedSecret, Plan, Scope};
use crate::reference::Reference;
use crate::secret::SecretValue;
use crate::source::{Author, Found, FoundValue, Source, Support};

/// A resolved plan. It holds the values until the environment is made from them.
pub struct Resolved {
    /// In the order of the plan.
    pub variables: Vec<ResolvedVariable>,
    /// All items that were found, each once, sorted, and with its whole value even if only a part is wanted.
    pub found: Vec<(Reference, Rc<FoundValue>)>,
    pub scope: Scope,
}

/// One variable, and the outcome of its binding.
pub struct ResolvedVariable {
    pub bound_by: BoundBy,
    pub resolution: Resolution,
}

/// The outcome of one binding.
pub enum Resolution {
    Lookup(VariableName, LookedUp),
    Preserve(Vec<u8>),
    Set(VariableName, SecretValue),
    Template(Box<Filled>),
    Unset(Vec<u8>),
}

/// What a variable of the command contains.
#[derive(Debug)]
pub enum VariableEffect<'v> {
    /// The inherited value, if any: no other value was found.
    Missing,
    /// The inherited value: it takes precedence.
    Preserve,
    Set(&'v VariableName, &'v SecretValue),
    /// No value: the variable is removed.
    Unset(&'v [u8]),
}

/// Looks up everything that `plan` needs. The sources are asked in order; a name that one does not have is looked up in
/// the next. If the plan binds every secret, the secrets are listed first.
///
/// # Errors
/// The first error of a source; [`Error::Value`] if a part of a value cannot be selected. A missing item is not an
/// error here: see [`Resolved::require`].
pub fn resolve(plan: Plan, sources: &[impl Source]) -> Result<Resolved, Error> {
    let plan = match plan.scope {
        Scope::NamedOnly => plan,
        scope @ (Scope::All | Scope::Local) => plan.with_secrets(listed(scope, sources)?)?,
    };
    let found = found(&plan, sources)?;
    let found = found.into_iter().map(|(reference, value)| (reference, Rc::new(value)));
    let found: Vec<(Reference, Rc<FoundValue>)> = found.collect();
    let finder = lookup::Finder { found: &found, sources };
    let Plan { bindings, scope, templates, template_lookups, .. } = plan;
    let for_templates = template_lookups.into_iter().map(|one| {
        let looked_up = one.is_needed.then(|| finder.look_up(one.lookup));
        looked_up.transpose().map(|looked_up| looked_up.map(Rc::new))
    });
    let for_templates: Vec<_> = for_templates.collect::<Result<_, Error>>()?;
    let mut filled = fill::fill(templates, &for_templates)?;
    let mut variables = Vec::with_capacity(bindings.len());
    for Binding { bound_by, action } in bindings {
        let resolution = match action {
            Action::Lookup(variable, lookup) => {
                Resolution::Lookup(variable, finder.look_up(lookup)?)
            }
            Action::Preserve(name) => Resolution::Preserve(name),
            Action::Set(variable, text) => Resolution::Set(variable, text),
            // No two bindings share a template.
            Action::Template(_, index) => match filled[index].take() {
                Some(filled) => Resolution::Template(Box::new(filled)),
                None => continue,
            },
            Action::Unset(name) => Resolution::Unset(name),
        };
        variables.push(ResolvedVariable { bound_by, resolution });
    }
    Ok(Resolved { variables, found, scope })
}

/// All secrets that the sources list. A name is listed once, with the author of the first source that has it, which
/// is also the source of its value.
fn listed(scope: Scope, sources: &[impl Source]) -> Result<Vec<ListedSecret>, Error> {
    let mut secrets = Vec::new();
    for source in sources {
        let author = source.place().author;
        if scope == Scope::All || author == Author::User {
            secrets.extend(source.secrets()?.into_iter().map(|name| ListedSecret { name, author }));
        }
    }
    // The sort is stable, so it keeps the order of the sources.
    secrets.sort_by(|one, other| one.name.cmp(&other.name));
    secrets.dedup_by(|later, first| later.name == first.name);
    Ok(secrets)
}

/// Looks up in each source what the sources before it do not have.
fn found(plan: &Plan, sources: &[impl Source]) -> Result<Found, Error> {
    let mut wanted: Vec<&Reference> = plan.references().collect();
    wanted.sort_unstable();
    wanted.dedup();
    let mut found = Found::new();
    for source in sources {
        let supported: Vec<&Reference> =
            wanted.iter().copied().filter(|one| source.supports(one) == Support::Yes).collect();
        if !supported.is_empty() {
            let mut more = source.look_up(&supported)?;
            // Both are sorted.
            let mut here = more.keys().peekable();
            wanted.retain(|reference| {
                while here.next_if(|other| other < reference).is_some() {}
                here.peek() != Some(reference)
            });
            found.append(&mut more);
        }
    }
    Ok(found)
}

impl Resolved {
    /// Returns itself if nothing that is required is missing.
    ///
    /// # Errors
    /// [`Error::Missing`] with everything that is missing; [`Error::Config`] for a text that needs an optional item
    /// that is missing.
    pub fn require(self) -> Result<Self, Error> {
        let not_found = self.variables.iter().filter_map(|variable| match &variable.resolution {
            Resolution::Lookup(_, looked_up) => looked_up.missing_required(),
            _ => None,
        });
        let mut missing: Vec<Missing> = not_found.cloned().collect();
        let unfilled = || self.variables.iter().filter_map(ResolvedVariable::unfilled);
        for needed in unfilled().filter_map(|template| template.missing.as_ref()) {
            if !missing.contains(needed) {
                missing.push(needed.clone());
            }
        }
        if !missing.is_empty() {
            return Err(Error::Missing { missing, exit: Exit::Failed });
        }
        match unfilled().next() {
            Some(template) => Err(template.error()),
            None => Ok(self),
        }
    }

    /// Whether nothing that is required is missing.
    pub fn is_complete(&self) -> bool {
        self.variables.iter().all(|variable| match &variable.resolution {
            Resolution::Lookup(_, looked_up) => looked_up.missing_required().is_none(),
            _ => variable.unfilled().is_none(),
        })
    }
}

impl ResolvedVariable {
    /// Its name.
    pub fn name(&self) -> &[u8] {
        match &self.resolution {
            Resolution::Lookup(variable, _) | Resolution::Set(variable, _) => {
                variable.as_str().as_bytes()
            }
            Resolution::Template(filled) => filled.variable.as_str().as_bytes(),
            Resolution::Preserve(name) | Resolution::Unset(name) => name,
        }
    }

    /// The name for errors about the value: the one that was looked up, or else that of the variable.
    pub fn title(&self) -> String {
        match &self.resolution {
            Resolution::Lookup(_, looked_up) => looked_up.lookup.reference.name(),
            _ => String::from_utf8_lossy(self.name()).into_owned(),
        }
    }

    pub fn effect(&self) -> VariableEffect<'_> {
        let (variable, value) = match &self.resolution {
            Resolution::Lookup(variable, looked_up) => (variable, looked_up.value()),
            Resolution::Preserve(_) => return VariableEffect::Preserve,
            Resolution::Set(variable, text) => (variable, Some(text)),
            Resolution::Template(filled) => (&filled.variable, filled.text.as_ref().ok()),
            Resolution::Unset(name) => return VariableEffect::Unset(name),
        };
        value.map_or(VariableEffect::Missing, |value| VariableEffect::Set(variable, value))
    }

    fn unfilled(&self) -> Option<&UnfilledTemplate> {
        match &self.resolution {
            Resolution::Template(filled) => filled.text.as_ref().err(),
            _ => None,
        }
    }
}
