//! The findings as text and as JSON.

use serde_json::{Value, json};

use super::{Findings, Section};
use crate::name::{Escaped, Shown};
use crate::notice::Notice;
use crate::settings::Fact;

/// What to do where nothing is configured at all: one of them is enough.
const FIRST_STEPS: [(&str, &str); 2] = [
    (
        "pfx secret set NAME",
        "store a secret on this machine; use it with `pfx run -s NAME -- COMMAND`",
    ),
    (
        "export PREFECT_API_URL=URL",
        "use the secrets of a Prefect server or a Prefect Cloud workspace",
    ),
];

/// Sections with their facts in columns, then what is wrong, or what to begin with.
pub fn as_text(findings: &Findings) -> String {
    let mut text = format!("pfx {}\n", env!("CARGO_PKG_VERSION"));
    for section in &findings.sections {
        text += &format!("\n{}\n", section.title);
        let name = |name: &str| Shown(name).to_string();
        let width = section.facts.iter().map(|fact| name(&fact.name).chars().count()).max();
        let width = width.unwrap_or_default();
        for fact in &section.facts {
            let origin = match &fact.origin {
                Some(origin) => format!("  (from {})", Shown(origin)),
                None => String::new(),
            };
            text += &format!("  {:width$}  {}{origin}\n", name(&fact.name), Escaped(&fact.value));
        }
    }
    if findings.problems.is_empty() && !findings.has_something {
        text += "\nno secrets and no remote store are configured yet; to get started\n";
        for (command, what) in FIRST_STEPS {
            text += &format!("  {command:32}  {what}\n");
        }
        return text;
    }
    if findings.problems.is_empty() {
        return text + "\nno problems found\n";
    }
    text += "\nproblems\n";
    for problem in &findings.problems {
        text += &format!("  {}\n", problem.text);
        if let Some(fix) = &problem.fix {
            text += &format!("    fix: {fix}\n");
        }
    }
    text
}

/// The same for programs.
pub fn as_json(findings: &Findings) -> Value {
    let fact =
        |fact: &Fact| json!({ "name": fact.name, "value": fact.value, "origin": fact.origin });
    let section = |section: &Section| {
        let facts: Vec<Value> = section.facts.iter().map(fact).collect();
        json!({ "title": section.title, "facts": facts })
    };
    let problem = |problem: &Notice| json!({ "problem": problem.text, "fix": problem.fix });
    let first_steps: &[(&str, &str)] =
        if findings.problems.is_empty() && !findings.has_something { &FIRST_STEPS } else { &[] };
    let first_steps: Vec<&str> = first_steps.iter().map(|(command, _)| *command).collect();
    json!({
        "version": env!("CARGO_PKG_VERSION"),
        "sections": findings.sections.iter().map(section).collect::<Vec<_>>(),
        "problems": findings.problems.iter().map(problem).collect::<Vec<_>>(),
        "first_steps": first_steps,
    })
}
