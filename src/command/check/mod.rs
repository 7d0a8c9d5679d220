//! `pfx check`: the plan, and where each value would come from. Never a value.

mod precedence;
mod text;

use std::io::Write;

use precedence::Precedence;
use serde_json::json;

use crate::cli;
use crate::command::prepared::Given;
use crate::command::{Sources, line_endings};
use crate::environment::Inherited;
use crate::error::Error;
use crate::exit::Exit;
use crate::name::{Shown, in_reference};
use crate::plan::{Action, Delivery, Look, Plan};
use crate::report::{self, Report};
use crate::resolve::{Outcome, Resolution};
use crate::settings;
use crate::source::Source as _;
use crate::source::deferred::Settled;

/// Prints what `run` would do. Absent if anything required is missing.
///
/// # Errors
/// As `run`, save for what is missing; or if the output cannot be written.
pub fn check(
    arguments: &cli::Check,
    inherited: Inherited<'_>,
    output: &mut dyn Write,
    report: &mut Report<'_>,
) -> Result<Exit, Error> {
    let cli::Check { bindings, places, stores, project, .. } = arguments;
    let inheritance = settings::inheritance(&arguments.inheritance, inherited)?;
    let kept = inheritance.of(inherited);
    let preserved = Inherited(if arguments.inheritance.preserve { &kept } else { &[] });
    let mut prepared = Given { bindings, places, stores, project }.prepare(inherited, preserved)?;
    let sources = Sources::new(&prepared.settings, prepared.choice, inherited);
    let resolution = sources.resolve(&mut prepared.plan)?;
    let forbidden = sources.local.forbidden_keys()?;
    // Settled on here even if nothing was asked of it: a person wants to know. No request is made for it.
    let no_store = match sources.remote.settled() {
        Ok(Settled::Store(_)) => None,
        Ok(Settled::None { why }) => Some(why.clone()),
        Err(error) => Some(error.to_string()),
    };
    let powerful = prepared.warnings();
    let warnings: Vec<String> = sources
        .warnings()
        .into_iter()
        .chain(sources.local.notes().iter().chain(&forbidden).map(report::words))
        .chain(line_endings(&prepared.plan, &resolution))
        .chain(powerful)
        .chain(sources.remote.notes())
        .collect();
    let mut places: Vec<String> =
        sources.in_order().iter().skip(1).flat_map(|source| source.places()).collect();
    let precedence = Precedence {
        project: prepared.project.as_ref().map(|project| project.path.display().to_string()),
        layers: &prepared.layers,
        inherited,
        kept: Inherited(&kept),
        given: &arguments.inheritance,
    };
    let plan = prepared.plan;

    let text = if arguments.json {
        let mut json = as_json(&plan, &resolution, &warnings, &places, no_store.as_deref());
        precedence.add_to(&mut json);
        format!("{json}\n")
    } else {
        for warning in &warnings {
            report.warning(warning);
        }
        places.extend(no_store.map(|why| format!("no remote store: {why}")));
        as_text(&plan, &resolution, &places) + &precedence.as_text()
    };
    output
        .write_all(text.as_bytes())
        .map_err(|cause| Error::Terminal { action: "write to stdout", cause })?;
    let is_blank = |action: &Action| match action {
        Action::Fill(_, index) => resolution.filled(*index).is_none(),
        _ => false,
    };
    let missing = plan.bindings.iter().any(|binding| is_blank(&binding.action))
        || resolution
            .of(&plan)
            .any(|(look, outcome)| matches!(outcome, Outcome::Missing(_)) && !look.optional);
    Ok(if missing { Exit::Absent } else { Exit::Done })
}

/// One line a binding in three columns, then the order of the sources.
fn as_text(plan: &Plan, resolution: &Resolution, places: &[String]) -> String {
    let mut outcomes = resolution.of(plan);
    let rows: Vec<[String; 3]> = plan
        .bindings
        .iter()
        .filter_map(|binding| {
            Some(match &binding.action {
                Action::Look(_) => {
                    let (look, outcome) = outcomes.next()?;
                    [look.variable.to_string(), wanted(look), verdict(look, outcome, resolution)]
                }
                Action::Fill(variable, index) => {
                    let place = binding.written.as_deref().unwrap_or_default();
                    let [wanted, verdict] = text::columns(plan, *index, place, resolution);
                    [variable.to_string(), wanted, verdict]
                }
                Action::Set(variable, _) => {
                    let place = binding.written.as_deref().filter(|_| binding.in_file);
                    let place = place.unwrap_or("the command line");
                    [variable.to_string(), "text".to_owned(), Shown(place).to_string()]
                }
                Action::Keep(name) => [
                    Shown(&String::from_utf8_lossy(name)).to_string(),
                    "kept".to_owned(),
                    "the environment: it is set already, and --preserve lets that win".to_owned(),
                ],
                Action::Unset(name) => [
                    Shown(&String::from_utf8_lossy(name)).to_string(),
                    "removed".to_owned(),
                    String::new(),
                ],
            })
        })
        .collect();
    let width = |column: usize| {
        rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default()
    };
    let (first, second) = (width(0), width(1));
    let mut text = String::new();
    for [variable, wanted, verdict] in &rows {
        let line = format!("{variable:first$}  {wanted:second$}  {verdict}");
        text.push_str(line.trim_end());
        text.push('\n');
    }
    if rows.is_empty() {
        text.push_str("nothing to set: there is no local secret\n");
    }
    text.push_str("\nsecrets are looked for in this order:\n");
    for place in places {
        text.push_str(&format!("  {}\n", Shown(place)));
    }
    text
}

/// What a look-up wants, as a person would write it.
fn wanted(look: &Look) -> String {
    let pointer = look.pointer.as_ref().map(|pointer| format!("#{pointer}")).unwrap_or_default();
    let optional = if look.optional { "?" } else { "" };
    let file = if look.delivery == Delivery::File { ", as a file" } else { "" };
    let name = look.reference.name();
    let name = in_reference(&name);
    format!("{} {}{optional}{pointer}{file}", look.reference.kind(), Shown(&name))
}

fn verdict(look: &Look, outcome: &Outcome, resolution: &Resolution) -> String {
    match outcome {
        Outcome::Default(missing) | Outcome::Missing(missing) => {
            let word = match (outcome, look.optional) {
                (Outcome::Default(_), _) => "the default",
                (_, true) => "not set",
                (_, false) => "MISSING",
            };
            let places: Vec<String> =
                missing.looked_in.iter().map(|place| Shown(place).to_string()).collect();
            let near = missing
                .near
                .as_ref()
                .map(|near| format!("; there is a `{}`", Shown(&in_reference(near))))
                .unwrap_or_default();
            let looked = match (places.is_empty(), &missing.not_asked) {
                (true, Some(why)) => format!("no remote store was asked: {}", Shown(why)),
                (true, None) => "there is no place on this machine to look in".to_owned(),
                (false, _) => format!("looked in {}", places.join(", then ")),
            };
            format!("{word}: {looked}{near}")
        }
        Outcome::Whole(_) | Outcome::Part(..) => {
            resolution.held(outcome).map(|held| Shown(&held.place).to_string()).unwrap_or_default()
        }
    }
}

fn as_json(
    plan: &Plan,
    resolution: &Resolution,
    warnings: &[String],
    places: &[String],
    no_store: Option<&str>,
) -> serde_json::Value {
    let mut outcomes = resolution.of(plan);
    let bindings: Vec<serde_json::Value> = plan
        .bindings
        .iter()
        .filter_map(|binding| {
            Some(match &binding.action {
                Action::Look(_) => {
                    let (look, outcome) = outcomes.next()?;
                    let missing = match outcome {
                        Outcome::Default(missing) | Outcome::Missing(missing) => Some(missing),
                        Outcome::Whole(_) | Outcome::Part(..) => None,
                    };
                    let place = resolution.held(outcome).map(|held| &held.place);
                    json!({
                        "variable": look.variable.as_str(),
                        "kind": look.reference.kind(),
                        "name": look.reference.name(),
                        "pointer": look.pointer.as_ref().map(ToString::to_string),
                        "optional": look.optional,
                        "delivery": match look.delivery {
                            Delivery::File => "file",
                            Delivery::Variable => "variable",
                        },
                        "default": look.default.is_some(),
                        "found": missing.is_none(),
                        "place": place,
                        "looked_in": missing.map(|missing| &missing.looked_in),
                        "not_asked": missing.and_then(|missing| missing.not_asked.as_ref()),
                        "near": missing.and_then(|missing| missing.near.as_ref()),
                    })
                }
                Action::Fill(variable, index) => json!({
                    "variable": variable.as_str(),
                    "kind": "text",
                    "found": resolution.filled(*index).is_some(),
                    "place": binding.written,
                    "uses": text::uses(plan, *index, resolution),
                }),
                Action::Set(variable, _) => json!({
                    "variable": variable.as_str(), "kind": "text", "found": true,
                }),
                Action::Keep(name) => json!({
                    "variable": String::from_utf8_lossy(name), "kind": "kept", "found": true,
                    "place": "the environment",
                }),
                Action::Unset(name) => json!({
                    "variable": String::from_utf8_lossy(name), "kind": "removed", "found": true,
                }),
            })
        })
        .collect();
    json!({
        "bindings": bindings,
        "sources": places,
        "no_remote_store": no_store,
        "warnings": warnings,
    })
}
