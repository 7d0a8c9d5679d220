//! Fills templates with the values that were found.

use std::rc::Rc;

use zeroize::Zeroizing;

use super::LookedUp;
use crate::environment::check_length;
use crate::error::{Error, Missing, Position};
use crate::name::VariableName;
use crate::plan::{PartValue, Template, TemplatePart};
use crate::secret::SecretValue;
use crate::wanted::{self, or_default};

/// An assembled text with the values of other variables in it.
pub struct Filled {
    pub variable: VariableName,
    pub text: Result<SecretValue, UnfilledTemplate>,
    /// The variables in it, each once.
    pub uses: Vec<UsedVariable>,
}

/// Why a text cannot be assembled: a variable in it has no value and no default.
pub struct UnfilledTemplate {
    /// The item that this variable needs, if it is not optional.
    pub missing: Option<Missing>,
    at: Position,
    origin: wanted::WrittenTemplate,
}

/// One variable in a text.
pub enum UsedVariable {
    Lookup(VariableName, Rc<LookedUp>),
    /// The variable is itself such a text.
    Template {
        variable: VariableName,
        /// The variables in that text.
        names: Vec<VariableName>,
        found: bool,
    },
}

impl Filled {
    /// The variables whose values are in the text.
    pub fn names(&self) -> impl Iterator<Item = &VariableName> {
        self.uses.iter().map(|used| match used {
            UsedVariable::Lookup(variable, _) | UsedVariable::Template { variable, .. } => variable,
        })
    }
}

impl UnfilledTemplate {
    /// The error if nothing that is required is missing.
    pub(super) fn error(&self) -> Error {
        let problem = "the variable that this `$` refers to is optional and missing; give a default with \
                       `${NAME:-text}`";
        self.origin.fault(self.at, problem)
    }
}

/// Fills each template that is needed, in order. `looked_up` has one entry for each of
/// [`crate::plan::Plan::template_lookups`].
///
/// # Errors
/// [`Error::Value`] if a value cannot be part of a variable, or the text becomes too long.
pub(super) fn fill(
    templates: Vec<Template>,
    looked_up: &[Option<Rc<LookedUp>>],
) -> Result<Vec<Option<Filled>>, Error> {
    let mut filled = Vec::with_capacity(templates.len());
    for template in templates {
        let text = template.is_needed().then(|| fill_one(template, looked_up, &filled));
        filled.push(text.transpose()?);
    }
    Ok(filled)
}

fn fill_one(
    template: Template,
    looked_up: &[Option<Rc<LookedUp>>],
    earlier: &[Option<Filled>],
) -> Result<Filled, Error> {
    let uses = template.variables().into_iter().filter_map(|(variable, of)| match of {
        PartValue::Lookup(index) => {
            Some(UsedVariable::Lookup(variable.clone(), Rc::clone(looked_up[index].as_ref()?)))
        }
        PartValue::Template(index) => {
            let filled = earlier[index].as_ref()?;
            let (variable, names) = (variable.clone(), filled.names().cloned().collect());
            Some(UsedVariable::Template { variable, names, found: filled.text.is_ok() })
        }
    });
    let uses = uses.collect();
    let Template { variable, parts, origin, .. } = template;
    let mut text = Zeroizing::new(Vec::new());
    for part in &parts {
        let (of, default, inherited, at) = match part {
            TemplatePart::Text(part) => {
                text.extend_from_slice(part.expose());
                continue;
            }
            TemplatePart::Variable { of, default, inherited, at, .. } => {
                (*of, default.as_ref(), inherited.as_ref(), *at)
            }
        };
        let (value, missing) = match of {
            PartValue::Lookup(index) => match &looked_up[index] {
                Some(item) => {
                    let name = item.lookup.reference.name();
                    let value = item.value().map(|value| value.in_variable(&name));
                    (value.transpose()?, item.missing_required())
                }
                None => (None, None),
            },
            PartValue::Template(index) => {
                match earlier[index].as_ref().map(|filled| &filled.text) {
                    Some(Ok(value)) => (Some(value), None),
                    Some(Err(unfilled)) => (None, unfilled.missing.as_ref()),
                    None => (None, None),
                }
            }
        };
        let value = value.or(inherited).map(SecretValue::expose);
        let Some(value) = or_default(value, default.map(SecretValue::expose)) else {
            let text = Err(UnfilledTemplate { missing: missing.cloned(), at, origin });
            return Ok(Filled { variable, text, uses });
        };
        text.extend_from_slice(value);
        check_length(variable.as_str(), text.len(), variable.as_str())?;
    }
    let text = Ok(SecretValue::bytes(std::mem::take(&mut *text)));
    Ok(Filled { variable, text, uses })
}
