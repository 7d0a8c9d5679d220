//! The variables as text: one line each, in three columns; on a terminal with marks, wrapped lines and a summary.

use super::precedence::Precedence;
use crate::name::{Escaped, Printable, VariableName, in_reference};
use crate::plan::BoundBy;
use crate::resolve::{Filled, LookedUp, Resolution, ResolvedVariable, UsedVariable};
use crate::terminal::table::{self, Row};
use crate::terminal::{Mark, OutputStyle, Role};
use crate::wanted::{Delivery, Lookup};

const NOTHING: &str = "nothing to set: there are no local secrets";
const ORDER: &str = "secrets are looked up in this order:";

/// All that is shown.
pub struct Checked<'c> {
    pub variables: &'c [ResolvedVariable],
    /// Where secrets are looked up, in order.
    pub places: &'c [String],
    /// Which remote store is not used, and why.
    pub not_used: Option<(&'static str, String)>,
    pub precedence: &'c Precedence<'c>,
}

impl Checked<'_> {
    fn not_used(&self) -> Option<String> {
        self.not_used.as_ref().map(|(which, why)| format!("{which}: {why}"))
    }
}

/// One line per variable, then the order of the sources, and which binding takes precedence.
pub fn text(checked: &Checked<'_>, style: OutputStyle) -> String {
    let line = |variable| Line::new(variable, checked);
    let lines: Vec<Line> = checked.variables.iter().map(line).collect();
    match style.columns {
        None => in_lines(checked, &lines, style),
        Some(columns) => on_terminal(checked, lines, style, columns),
    }
}

fn in_lines(checked: &Checked<'_>, lines: &[Line], style: OutputStyle) -> String {
    let width = |cell: fn(&Line) -> &str| lines.iter().map(|line| cell(line).chars().count()).max();
    let first = width(|line| &line.variable).unwrap_or_default();
    let second = width(|line| &line.wanted).unwrap_or_default();
    let mut text = String::new();
    for Line { variable, wanted, source } in lines {
        let line = format!("{variable:first$}  {wanted:second$}  {}", source.line);
        text.push_str(line.trim_end());
        text.push('\n');
    }
    if lines.is_empty() {
        text.push_str(&format!("{NOTHING}\n"));
    }
    text.push_str(&format!("\n{}\n", style.paint(Role::Heading, ORDER)));
    for place in checked.places.iter().chain(&checked.not_used()) {
        text.push_str(&format!("  {}\n", Escaped(place)));
    }
    if let Some((title, layers)) = checked.precedence.lines() {
        text.push_str(&format!("\n{}\n", style.paint(Role::Heading, title)));
        for layer in layers {
            text.push_str(&format!("  {layer}\n"));
        }
    }
    text
}

fn on_terminal(
    checked: &Checked<'_>,
    lines: Vec<Line>,
    style: OutputStyle,
    columns: usize,
) -> String {
    let rows: Vec<Row> = lines.into_iter().map(Line::into_row).collect();
    let missing = rows.iter().filter(|row| row.mark == Mark::Bad).count();
    let (mark, outcome) = match (rows.len(), missing) {
        (0, _) => (Mark::Doubtful, NOTHING.to_owned()),
        (_, 0) => (Mark::Good, "nothing is missing".to_owned()),
        (1, _) => (Mark::Bad, "1 of 1 is missing".to_owned()),
        (all, 1) => (Mark::Bad, format!("1 of {all} is missing")),
        (all, missing) => (Mark::Bad, format!("{missing} of {all} are missing")),
    };
    let heading = |title| table::heading(title, style, columns);
    let mut text = String::new();
    if !rows.is_empty() {
        text += &heading("variables");
        text += &table::table(&rows, style, columns);
        text.push('\n');
    }
    text += &heading(ORDER.trim_end_matches(':'));
    for (index, place) in checked.places.iter().enumerate() {
        text += &table::numbered(index + 1, &Escaped(place).to_string(), columns);
    }
    if let Some(not_used) = checked.not_used() {
        text += &table::item(&Escaped(&not_used).to_string(), columns);
    }
    if let Some((title, layers)) = checked.precedence.lines() {
        text += &format!("\n{}", heading(title.trim_end_matches(':')));
        for layer in &layers {
            text += &table::item(layer, columns);
        }
    }
    text + "\n" + &table::summary(mark, &outcome, style, columns)
}

/// The variable, what it is bound to, and where the value comes from.
struct Line {
    variable: String,
    wanted: String,
    source: ValueSource,
}

/// Where a value comes from, or what the variable gets instead.
struct ValueSource {
    mark: Mark,
    /// All of it.
    line: String,
    /// The same as a text and a list.
    text: String,
    items: Vec<String>,
}

impl ValueSource {
    fn good(text: impl Into<String>) -> Self {
        let text = text.into();
        Self { mark: Mark::Good, line: text.clone(), text, items: Vec::new() }
    }

    /// For a lookup: where the value comes from, or where it was looked up. The short form refers to the list below.
    fn of(looked_up: &LookedUp, checked: &Checked<'_>) -> Self {
        let Some(missing) = looked_up.missing() else {
            return Self::good(
                looked_up.found().map_or(String::new(), |found| Escaped(&found.place).to_string()),
            );
        };
        let (mark, word) = match (&looked_up.lookup.default, looked_up.lookup.optional) {
            (Some(_), _) => (Mark::Doubtful, "default value"),
            (None, true) => (Mark::Doubtful, "not set"),
            (None, false) => (Mark::Bad, "MISSING"),
        };
        let places: Vec<String> =
            missing.looked_in.iter().map(|place| Escaped(place).to_string()).collect();
        let similar =
            missing.similar.as_ref().map(|similar| Printable(&in_reference(similar)).to_string());
        let similar = similar.map(|similar| format!("did you mean `{similar}`?"));
        let looked = match (places.is_empty(), &missing.remote_not_used) {
            (true, Some(why)) => format!("no remote store is used: {}", Escaped(why)),
            (true, None) => "nothing on this machine can provide it".to_owned(),
            (false, _) => format!("looked in {}", places.join(", then ")),
        };
        let end = similar.as_ref().map(|similar| format!("; {similar}")).unwrap_or_default();
        let line = format!("{word}: {looked}{end}");
        let similar = similar.map(|similar| format!(" ({similar})")).unwrap_or_default();
        let why_below = checked.not_used.as_ref().map(|(_, why)| why);
        let is_below =
            missing.remote_not_used.is_some() && missing.remote_not_used.as_ref() == why_below;
        let (text, items) = if places.is_empty() && is_below {
            (format!("{word}{similar}: no remote store is used, see below"), Vec::new())
        } else if places.len() < 2 {
            (line.clone(), Vec::new())
        } else if missing.looked_in == checked.places {
            (format!("{word}{similar}: in none of the places below"), Vec::new())
        } else {
            (format!("{word}{similar}; looked in:"), places)
        };
        Self { mark, line, text, items }
    }

    /// For a text: the variables in it, and where their values come from.
    fn of_template(filled: &Filled, place: &str, checked: &Checked<'_>) -> Self {
        let (mark, missing) =
            if filled.text.is_ok() { (Mark::Good, "") } else { (Mark::Bad, "MISSING: ") };
        let text = format!("{missing}{place}");
        let (mut line, mut items) = (text.clone(), Vec::new());
        for used in &filled.uses {
            // A bound text has its own line; about any other, nothing more is known.
            let UsedVariable::Lookup(variable, looked_up) = used else { continue };
            let source = Self::of(looked_up, checked);
            let from = if looked_up.found().is_some() { " from" } else { ":" };
            line += &format!("; {variable}{from} {}", source.line);
            let short = if source.items.is_empty() { source.text } else { source.line };
            items.push(format!("{variable}{from} {short}"));
        }
        Self { mark, line, text, items }
    }
}

impl Line {
    fn new(variable: &ResolvedVariable, checked: &Checked<'_>) -> Self {
        let place = match &variable.bound_by {
            BoundBy::Place(place) => Escaped(place),
            BoundBy::Listing | BoundBy::Option(_) => Escaped("the command line"),
        };
        let (wanted, source) = match &variable.resolution {
            Resolution::Lookup(_, looked_up) => {
                (wanted(&looked_up.lookup), ValueSource::of(looked_up, checked))
            }
            Resolution::Preserve(_) => (
                "preserved".to_owned(),
                ValueSource::good("the environment (already set, and --preserve is given)"),
            ),
            Resolution::Set(..) => ("text".to_owned(), ValueSource::good(place.to_string())),
            Resolution::Template(filled) => {
                let names: Vec<&str> = filled.names().map(VariableName::as_str).collect();
                let wanted = format!("text with {}", names.join(", "));
                (wanted, ValueSource::of_template(filled, &place.to_string(), checked))
            }
            Resolution::Unset(_) => ("removed".to_owned(), ValueSource::good("")),
        };
        let variable = Printable(&String::from_utf8_lossy(variable.name())).to_string();
        Self { variable, wanted, source }
    }

    fn into_row(self) -> Row {
        let ValueSource { mark, text, items, .. } = self.source;
        Row { mark, cells: vec![self.variable, self.wanted], text, items }
    }
}

/// What is looked up, as it is written in an option.
fn wanted(lookup: &Lookup) -> String {
    let pointer = lookup.pointer.as_ref().map(|pointer| format!("#{pointer}")).unwrap_or_default();
    let optional = if lookup.optional { "?" } else { "" };
    let file = if lookup.delivery == Delivery::File { ", as a file" } else { "" };
    let name = lookup.reference.name();
    let name = in_reference(&name);
    format!("{} {}{optional}{pointer}{file}", lookup.reference.kind().noun(), Printable(&name))
}
