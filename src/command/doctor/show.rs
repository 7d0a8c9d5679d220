//! Formats the findings as text and as JSON.

use serde_json::{Value, json};

use super::{Findings, Section};
use crate::name::{Escaped, Printable};
use crate::notice::{Level, Notice};
use crate::settings::Fact;
use crate::terminal::table::{self, Row};
use crate::terminal::{Mark, OutputStyle, Role};

/// What to do if nothing is configured at all. One of them is enough.
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

const VERSION: &str = concat!("pfx ", env!("CARGO_PKG_VERSION"));
const TO_GET_STARTED: &str = "no secrets and no remote store are configured yet; to get started";

/// Sections with their facts in columns, then the problems, or the first steps.
pub fn as_text(findings: &Findings, style: OutputStyle) -> String {
    match style.columns {
        None => in_lines(findings, style),
        Some(columns) => on_terminal(findings, style, columns),
    }
}

fn in_lines(findings: &Findings, style: OutputStyle) -> String {
    let mut text = format!("{VERSION}\n");
    let heading = |title: &str| format!("\n{}\n", style.paint(Role::Heading, title));
    for section in &findings.sections {
        text += &heading(&section.title);
        let name = |name: &str| Printable(name).to_string();
        let width = section.facts.iter().map(|fact| name(&fact.name).chars().count()).max();
        let width = width.unwrap_or_default();
        for fact in &section.facts {
            let origin = match &fact.origin {
                Some(origin) => format!("  (from {})", Printable(origin)),
                None => String::new(),
            };
            text += &format!("  {:width$}  {}{origin}\n", name(&fact.name), Escaped(&fact.value));
        }
    }
    if findings.needs_first_steps() {
        text += &heading(TO_GET_STARTED);
        for (command, what) in FIRST_STEPS {
            text += &format!("  {command:32}  {what}\n");
        }
        return text;
    }
    if findings.problems.is_empty() {
        return text + "\nno problems found\n";
    }
    text += &heading("problems");
    for problem in &findings.problems {
        text += &format!("  {}\n", problem.text);
        if let Some(fix) = &problem.fix {
            text += &format!("    fix: {fix}\n");
        }
    }
    text
}

/// The same with marks, in lines that fit, and with a summary.
fn on_terminal(findings: &Findings, style: OutputStyle, columns: usize) -> String {
    let mut text = format!("{VERSION}\n");
    let heading = |title: &str| format!("\n{}", table::heading(title, style, columns));
    let row = |fact: &Fact| {
        let origin = fact.origin.as_ref().map(|origin| format!(" (from {})", Printable(origin)));
        Row {
            mark: fact.mark,
            cells: vec![Printable(&fact.name).to_string()],
            text: format!("{}{}", Escaped(&fact.value), origin.unwrap_or_default()),
            items: Vec::new(),
        }
    };
    for section in &findings.sections {
        let rows: Vec<Row> = section.facts.iter().map(row).collect();
        text += &heading(&section.title);
        text += &table::table(&rows, style, columns);
    }
    if findings.needs_first_steps() {
        text += &heading(TO_GET_STARTED);
        let steps = FIRST_STEPS.map(|(command, what)| Row {
            mark: Mark::Plain,
            cells: vec![command.to_owned()],
            text: what.to_owned(),
            items: Vec::new(),
        });
        return text + &table::table(&steps, style, columns);
    }
    if !findings.problems.is_empty() {
        text += &heading("problems");
    }
    for problem in &findings.problems {
        let mark = if problem.level == Level::Error { Mark::Bad } else { Mark::Doubtful };
        let row = Row { mark, text: problem.text.clone(), ..Row::default() };
        text += &table::table(&[row], style, columns);
        if let Some(fix) = &problem.fix {
            text += &table::fix(fix, style, columns);
        }
    }
    let (mark, outcome) = match findings.problems.len() {
        0 => (Mark::Good, "no problems found".to_owned()),
        1 => (Mark::Bad, "1 problem found".to_owned()),
        count => (Mark::Bad, format!("{count} problems found")),
    };
    text + "\n" + &table::summary(mark, &outcome, style, columns)
}

/// The findings as JSON.
pub fn as_json(findings: &Findings) -> Value {
    let fact =
        |fact: &Fact| json!({ "name": fact.name, "value": fact.value, "origin": fact.origin });
    let section = |section: &Section| {
        let facts: Vec<Value> = section.facts.iter().map(fact).collect();
        json!({ "title": section.title, "facts": facts })
    };
    let problem = |problem: &Notice| json!({ "problem": problem.text, "fix": problem.fix });
    let first_steps: &[(&str, &str)] =
        if findings.needs_first_steps() { &FIRST_STEPS } else { &[] };
    let first_steps: Vec<&str> = first_steps.iter().map(|(command, _)| *command).collect();
    json!({
        "version": env!("CARGO_PKG_VERSION"),
        "sections": findings.sections.iter().map(section).collect::<Vec<_>>(),
        "problems": findings.problems.iter().map(problem).collect::<Vec<_>>(),
        "first_steps": first_steps,
    })
}
