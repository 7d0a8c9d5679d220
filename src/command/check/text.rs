//! A text that has values of other variables in it: which, and where each comes from.

use serde_json::{Value, json};

use super::verdict;
use crate::name::Shown;
use crate::plan::{Of, Plan};
use crate::resolve::{Outcome, Resolution};

/// What it is made of, and where that comes from.
pub fn columns(plan: &Plan, index: usize, place: &str, resolution: &Resolution) -> [String; 2] {
    let template = &plan.templates[index];
    let sources = template.variables().into_iter().filter_map(|(name, of)| match of {
        // It has a line of its own if it is bound, and if not then nothing else is known of it.
        Of::Template(_) => None,
        Of::Look(index) => {
            let outcome = resolution.ingredient(index)?;
            let verdict = verdict(&plan.ingredients[index].look, outcome, resolution);
            let from = if resolution.held(outcome).is_some() { " from" } else { ":" };
            Some(format!("{name}{from} {verdict}"))
        }
    });
    let mut told = vec![Shown(place).to_string()];
    if resolution.filled(index).is_none() {
        told[0] = format!("MISSING: {}", told[0]);
    }
    told.extend(sources);
    [format!("text with {}", template.names().join(", ")), told.join("; ")]
}

/// The same for programs: each variable in it.
pub fn uses(plan: &Plan, index: usize, resolution: &Resolution) -> Vec<Value> {
    let variables = plan.templates[index].variables().into_iter();
    let uses = variables.map(|(name, of)| match of {
        Of::Template(index) => json!({
            "variable": name, "kind": "text", "uses": plan.templates[index].names(),
            "found": resolution.filled(index).is_some(),
        }),
        Of::Look(index) => {
            let look = &plan.ingredients[index].look;
            let outcome = resolution.ingredient(index);
            json!({
                "variable": name,
                "kind": look.reference.kind(),
                "name": look.reference.name(),
                "found": matches!(outcome, Some(Outcome::Whole(_) | Outcome::Part(..))),
                "place": outcome.and_then(|one| resolution.held(one)).map(|held| &held.place),
            })
        }
    });
    uses.collect()
}
