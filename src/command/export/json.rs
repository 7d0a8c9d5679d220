//! A JSON object.

use super::{ExportedVariable, Exporter, Problem, SecretText};

/// Every value is a string, as in an environment.
pub struct Json;

impl Exporter for Json {
    fn title(&self) -> &'static str {
        "JSON"
    }

    fn head(&self, _: &[ExportedVariable<'_>]) -> String {
        "{".to_owned()
    }

    fn add(&self, entry: &ExportedVariable<'_>, document: &mut SecretText) -> Result<(), Problem> {
        let value = quoted(entry.text()?);
        let is_first = document.ends_with(b"{");
        document.extend_from_slice(if is_first { b"\n  " } else { b",\n  " });
        document.extend_from_slice(&quoted(entry.variable));
        document.extend_from_slice(b": ");
        document.extend_from_slice(&value);
        Ok(())
    }

    fn tail(&self, is_empty: bool) -> &'static str {
        if is_empty { "}\n" } else { "\n}\n" }
    }
}

/// A JSON string.
fn quoted(text: &str) -> SecretText {
    SecretText::new(serde_json::to_vec(text).unwrap_or_default())
}
