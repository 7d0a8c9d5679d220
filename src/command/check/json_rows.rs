//! The JSON of one variable.

use serde_json::{Value, json};

use crate::name::VariableName;
use crate::plan::BoundBy;
use crate::resolve::{Filled, LookedUp, Resolution, ResolvedVariable, UsedVariable};
use crate::wanted::Delivery;

/// The JSON object of a variable.
pub fn object(variable: &ResolvedVariable) -> Value {
    let name = String::from_utf8_lossy(variable.name());
    match &variable.resolution {
        Resolution::Lookup(_, looked_up) => {
            let LookedUp { lookup, .. } = looked_up;
            let missing = looked_up.missing();
            json!({
                "variable": name,
                "kind": lookup.reference.kind().word(),
                "name": lookup.reference.name(),
                "pointer": lookup.pointer.as_ref().map(ToString::to_string),
                "optional": lookup.optional,
                "delivery": match lookup.delivery {
                    Delivery::File => "file",
                    Delivery::Variable => "variable",
                },
                "default": lookup.default.is_some(),
                "found": missing.is_none(),
                "source": looked_up.found().map(|found| &found.place),
                "looked_in": missing.map(|missing| &missing.looked_in),
                "remote_not_used": missing.and_then(|missing| missing.remote_not_used.as_ref()),
                "similar": missing.and_then(|missing| missing.similar.as_ref()),
            })
        }
        Resolution::Preserve(_) => {
            json!({ "variable": name, "kind": "preserve", "found": true, "source": "the environment" })
        }
        Resolution::Set(..) => json!({ "variable": name, "kind": "set", "found": true }),
        Resolution::Template(filled) => json!({
            "variable": name,
            "kind": "set",
            "found": filled.text.is_ok(),
            "source": match &variable.bound_by {
                BoundBy::Option(place) | BoundBy::Place(place) => Some(place),
                BoundBy::Listing => None,
            },
            "uses": uses(filled),
        }),
        Resolution::Unset(_) => json!({ "variable": name, "kind": "unset", "found": true }),
    }
}

/// The variables in a text.
fn uses(filled: &Filled) -> Vec<Value> {
    let uses = filled.uses.iter().map(|used| match used {
        UsedVariable::Lookup(variable, looked_up) => json!({
            "variable": variable.as_str(),
            "kind": looked_up.lookup.reference.kind().word(),
            "name": looked_up.lookup.reference.name(),
            "found": looked_up.found().is_some(),
            "source": looked_up.found().map(|found| &found.place),
        }),
        UsedVariable::Template { variable, names, found } => {
            let names: Vec<&str> = names.iter().map(VariableName::as_str).collect();
            json!({ "variable": variable.as_str(), "kind": "set", "uses": names, "found": found })
        }
    });
    uses.collect()
}
