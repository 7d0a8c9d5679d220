//! The findings as text and as JSON.

use serde_json::{Value, json};

use super::Findings;
use crate::name::{Escaped, Shown};

/// Sections with their facts in columns, then what is wrong.
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
    if findings.problems.is_empty() {
        return text + "\nnothing is wrong\n";
    }
    text += "\nwrong\n";
    for problem in &findings.problems {
        text += &format!("  {}\n", problem.what);
        if let Some(mend) = &problem.mend {
            text += &format!("    mend it: {mend}\n");
        }
    }
    text
}

/// The same for programs.
pub fn as_json(findings: &Findings) -> Value {
    let sections: Vec<Value> = findings
        .sections
        .iter()
        .map(|section| {
            let facts: Vec<Value> = section
                .facts
                .iter()
                .map(
                    |fact| json!({ "name": fact.name, "value": fact.value, "origin": fact.origin }),
                )
                .collect();
            json!({ "title": section.title, "facts": facts })
        })
        .collect();
    let problems: Vec<Value> = findings
        .problems
        .iter()
        .map(|problem| json!({ "problem": problem.what, "mend": problem.mend }))
        .collect();
    json!({ "version": env!("CARGO_PKG_VERSION"), "sections": sections, "problems": problems })
}
