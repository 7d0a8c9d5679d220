//! Resolves a plan from sources, each asked once for all that is still wanted. Knows the trait, and no source.

mod fill;
mod lookup;

use std::rc::Rc;

pub use fill::{Blank, Filled, Use};
pub use lookup::{LookedUp, LookupOutcome};

use crate::error::{Error, Missing};
use crate::exit::Exit;
use crate::name::VariableName;
use crate::plan::{Action, Binding, BoundBy, Listed, Plan, Scope};
use crate::reference::Reference;
use crate::secret::SecretValue;
use crate::source::{Author, Found, Held, Keeps, Source};

/// What became of a plan. Values stay in here until the environment is made of them.
pub struct Resolved {
    /// In the order of the plan.
    pub variables: Vec<ResolvedVariable>,
    /// What was found, whole, whichever part of it was wanted: each thing once, sorted.
    pub found: Vec<(Reference, Rc<Held>)>,
    pub scope: Scope,
}

/// One variable, and what became of its binding.
pub struct ResolvedVariable {
    pub bound_by: BoundBy,
    pub resolution: Resolution,
}

/// What became of one binding.
pub enum Resolution {
    Lookup(VariableName, LookedUp),
    Preserve(Vec<u8>),
    Set(VariableName, SecretValue),
    Template(Box<Filled>),
    Unset(Vec<u8>),
}

/// What the command finds under the name of a variable.
#[derive(Debug)]
pub enum VariableEffect<'v> {
    /// What was there: nothing was found for it.
    Missing,
    /// What was there: that wins.
    Preserve,
    Set(&'v VariableName, &'v SecretValue),
    /// Nothing.
    Unset(&'v [u8]),
}

/// Looks up all that `plan` wants. The sources are asked in order; absence passes a name on to the next.
/// If every secret is wanted, they are listed first and bound too.
///
/// # Errors
/// The first that a source gives, or that a value's part cannot be picked. What is missing is not an error
/// here: see [`Resolved::require`].
pub fn resolve(plan: Plan, sources: &[impl Source]) -> Result<Resolved, Error> {
    let plan = match plan.scope {
        Scope::NamedOnly => plan,
        scope @ (Scope::All | Scope::Local) => plan.with_secrets(listed(scope, sources)?)?,
    };
    let found = found(&plan, sources)?;
    let found = found.into_iter().map(|(reference, held)| (reference, Rc::new(held)));
    let found: Vec<(Reference, Rc<Held>)> = found.collect();
    let finder = lookup::Finder { found: &found, sources };
    let Plan { bindings, scope, templates, ingredients, .. } = plan;
    let ingredients = ingredients.into_iter().map(|ingredient| {
        let looked_up = ingredient.is_needed.then(|| finder.look_up(ingredient.lookup));
        looked_up.transpose().map(|looked_up| looked_up.map(Rc::new))
    });
    let ingredients: Vec<_> = ingredients.collect::<Result<_, Error>>()?;
    let mut filled = fill::fill(templates, &ingredients)?;
    let mut variables = Vec::with_capacity(bindings.len());
    for Binding { bound_by, action } in bindings {
        let resolution = match action {
            Action::Lookup(variable, lookup) => {
                Resolution::Lookup(variable, finder.look_up(lookup)?)
            }
            Action::Preserve(name) => Resolution::Preserve(name),
            Action::Set(variable, text) => Resolution::Set(variable, text),
            // No two bindings have one template.
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

/// The secrets that no binding names: of each name the first source that lists it, whose value is taken too.
fn listed(scope: Scope, sources: &[impl Source]) -> Result<Vec<Listed>, Error> {
    let mut secrets = Vec::new();
    for source in sources {
        let author = source.place().author;
        if scope == Scope::All || author == Author::User {
            secrets.extend(source.secrets()?.into_iter().map(|name| Listed { name, author }));
        }
    }
    // The sort keeps the order of sources.
    secrets.sort_by(|one, other| one.name.cmp(&other.name));
    secrets.dedup_by(|later, first| later.name == first.name);
    Ok(secrets)
}

/// Asks each source for what those before it do not have.
fn found(plan: &Plan, sources: &[impl Source]) -> Result<Found, Error> {
    let mut wanted: Vec<&Reference> = plan.references().collect();
    wanted.sort_unstable();
    wanted.dedup();
    let mut found = Found::new();
    for source in sources {
        let asked: Vec<&Reference> =
            wanted.iter().copied().filter(|one| source.keeps(one) == Keeps::Yes).collect();
        if !asked.is_empty() {
            let mut more = source.look_up(&asked)?;
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
    /// The same, if all is there that is not optional.
    ///
    /// # Errors
    /// [`Error::Missing`] with everything that is not; [`Error::Config`] for a text that needs what is optional
    /// and not there.
    pub fn require(self) -> Result<Self, Error> {
        let lacking = self.variables.iter().filter_map(|variable| match &variable.resolution {
            Resolution::Lookup(_, looked_up) => looked_up.lacking(),
            _ => None,
        });
        let mut missing: Vec<Missing> = lacking.cloned().collect();
        let blanks = || self.variables.iter().filter_map(ResolvedVariable::blank);
        for needed in blanks().filter_map(|blank| blank.missing.as_ref()) {
            if !missing.contains(needed) {
                missing.push(needed.clone());
            }
        }
        if !missing.is_empty() {
            return Err(Error::Missing { missing, exit: Exit::Failed });
        }
        match blanks().next() {
            Some(blank) => Err(blank.error()),
            None => Ok(self),
        }
    }

    /// Whether all is there that is not optional.
    pub fn is_complete(&self) -> bool {
        self.variables.iter().all(|variable| match &variable.resolution {
            Resolution::Lookup(_, looked_up) => looked_up.lacking().is_none(),
            _ => variable.blank().is_none(),
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

    /// Whose the value is, for errors: what was looked up, or else the variable.
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

    fn blank(&self) -> Option<&Blank> {
        match &self.resolution {
            Resolution::Template(filled) => filled.text.as_ref().err(),
            _ => None,
        }
    }
}
