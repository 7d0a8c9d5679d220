//! All variables for a person: a line each, in three columns.

use crate::name::{Shown, VariableName, in_reference};
use crate::plan::BoundBy;
use crate::resolve::{Filled, LookedUp, Resolution, ResolvedVariable, Use};
use crate::wanted::{Delivery, Lookup};

/// One line a variable, then the order of the sources.
pub fn table(variables: &[ResolvedVariable], places: &[String]) -> String {
    let rows: Vec<[String; 3]> = variables.iter().map(columns).collect();
    let width = |column: usize| {
        rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default()
    };
    let (first, second) = (width(0), width(1));
    let mut text = String::new();
    for [variable, wanted, place] in &rows {
        let line = format!("{variable:first$}  {wanted:second$}  {place}");
        text.push_str(line.trim_end());
        text.push('\n');
    }
    if rows.is_empty() {
        text.push_str("nothing to set: there are no local secrets\n");
    }
    text.push_str("\nsecrets are looked up in this order:\n");
    for place in places {
        text.push_str(&format!("  {}\n", Shown(place)));
    }
    text
}

/// The variable, what it is bound to, and the place that has that.
fn columns(variable: &ResolvedVariable) -> [String; 3] {
    let place = match &variable.bound_by {
        BoundBy::Place(place) => Shown(place),
        BoundBy::Listing | BoundBy::Option(_) => Shown("the command line"),
    };
    let [wanted, place] = match &variable.resolution {
        Resolution::Lookup(_, looked_up) => [wanted(&looked_up.lookup), verdict(looked_up)],
        Resolution::Preserve(_) => [
            "preserved".to_owned(),
            "the environment (already set, and --preserve is given)".to_owned(),
        ],
        Resolution::Set(..) => ["text".to_owned(), place.to_string()],
        Resolution::Template(filled) => template(filled, &place.to_string()),
        Resolution::Unset(_) => ["removed".to_owned(), String::new()],
    };
    [Shown(&String::from_utf8_lossy(variable.name())).to_string(), wanted, place]
}

/// What a look-up wants, as a person would write it.
fn wanted(lookup: &Lookup) -> String {
    let pointer = lookup.pointer.as_ref().map(|pointer| format!("#{pointer}")).unwrap_or_default();
    let optional = if lookup.optional { "?" } else { "" };
    let file = if lookup.delivery == Delivery::File { ", as a file" } else { "" };
    let name = lookup.reference.name();
    let name = in_reference(&name);
    format!("{} {}{optional}{pointer}{file}", lookup.reference.kind().noun(), Shown(&name))
}

/// The place that has it, or what else the variable gets, and where it was looked for.
fn verdict(looked_up: &LookedUp) -> String {
    let Some(missing) = looked_up.missing() else {
        return looked_up.held().map(|held| Shown(&held.place).to_string()).unwrap_or_default();
    };
    let word = match (&looked_up.lookup.default, looked_up.lookup.optional) {
        (Some(_), _) => "default value",
        (None, true) => "not set",
        (None, false) => "MISSING",
    };
    let places: Vec<String> =
        missing.looked_in.iter().map(|place| Shown(place).to_string()).collect();
    let near = missing
        .near
        .as_ref()
        .map(|near| format!("; did you mean `{}`?", Shown(&in_reference(near))))
        .unwrap_or_default();
    let looked = match (places.is_empty(), &missing.not_asked) {
        (true, Some(why)) => format!("no remote store is used: {}", Shown(why)),
        (true, None) => "this machine has no place to look in".to_owned(),
        (false, _) => format!("looked in {}", places.join(", then ")),
    };
    format!("{word}: {looked}{near}")
}

/// What a text is made of, and where that comes from.
fn template(filled: &Filled, place: &str) -> [String; 2] {
    let names: Vec<&str> = filled.names().map(VariableName::as_str).collect();
    let missing = if filled.text.is_ok() { "" } else { "MISSING: " };
    let mut places = vec![format!("{missing}{place}")];
    places.extend(filled.uses.iter().filter_map(|used| match used {
        // It has a line of its own if it is bound, and if not then nothing else is known of it.
        Use::Template { .. } => None,
        Use::Lookup(variable, looked_up) => {
            let from = if looked_up.held().is_some() { " from" } else { ":" };
            Some(format!("{variable}{from} {}", verdict(looked_up)))
        }
    }));
    [format!("text with {}", names.join(", ")), places.join("; ")]
}
