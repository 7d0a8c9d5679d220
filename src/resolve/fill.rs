//! Templates, filled with what was found.

use zeroize::Zeroizing;

use super::{Outcome, Resolution};
use crate::environment::has_room;
use crate::error::{Error, Missing, Position};
use crate::plan::{Of, Part, Plan, Template};
use crate::secret::SecretValue;

/// What became of one template.
pub enum Filled {
    /// A variable in it has no value and no default.
    Blank {
        at: Position,
        /// What that variable needs, if it is not optional.
        missing: Option<Missing>,
    },
    /// No binding wants it.
    Unneeded,
    Value(SecretValue),
}

/// Fills each template of `plan` that is wanted, in order.
///
/// # Errors
/// [`Error::Value`] if a value cannot be a part of a variable, or the text gets too long.
pub(super) fn fill(plan: &Plan, resolution: &Resolution) -> Result<Vec<Filled>, Error> {
    let mut filled = Vec::with_capacity(plan.templates.len());
    for template in &plan.templates {
        let one = if template.is_needed() {
            one(template, plan, resolution, &filled)?
        } else {
            Filled::Unneeded
        };
        filled.push(one);
    }
    Ok(filled)
}

fn one(
    template: &Template,
    plan: &Plan,
    resolution: &Resolution,
    earlier: &[Filled],
) -> Result<Filled, Error> {
    let mut text = Zeroizing::new(Vec::new());
    for part in &template.parts {
        let (of, default, inherited, at) = match part {
            Part::Text(part) => {
                text.extend_from_slice(part.expose());
                continue;
            }
            Part::Variable { of, default, inherited, at, .. } => {
                (*of, default.as_ref(), inherited.as_ref(), *at)
            }
        };
        let (value, missing) = match of {
            Of::Look(index) => {
                let look = &plan.ingredients[index].look;
                let outcome = resolution.ingredients[index].as_ref();
                let value = outcome.and_then(|outcome| resolution.value(look, outcome));
                let value =
                    value.map(|value| value.in_variable(&look.reference.name())).transpose()?;
                let missing = match outcome {
                    Some(Outcome::Missing(missing)) if !look.optional => Some(missing),
                    _ => None,
                };
                (value, missing)
            }
            Of::Template(index) => match &earlier[index] {
                Filled::Value(value) => (Some(value), None),
                Filled::Blank { missing, .. } => (None, missing.as_ref()),
                Filled::Unneeded => (None, None),
            },
        };
        match (value.or(inherited), default) {
            (Some(value), None) => text.extend_from_slice(value.expose()),
            (Some(value), Some(_)) if !value.expose().is_empty() => {
                text.extend_from_slice(value.expose());
            }
            (_, Some(default)) => text.extend_from_slice(default.expose()),
            (None, None) => return Ok(Filled::Blank { at, missing: missing.cloned() }),
        }
        let variable = template.variable.as_str();
        has_room(variable, text.len(), variable)?;
    }
    Ok(Filled::Value(SecretValue::bytes(std::mem::take(&mut *text))))
}

/// The error for a template that cannot be filled, though all is there that has to be.
pub(super) fn blank(template: &Template, at: Position) -> Error {
    let problem = "the variable that this `$` refers to is optional and missing; `${NAME:-text}` has a default";
    template.fault(at, problem)
}
