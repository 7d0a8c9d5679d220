//! One JSON object.

use super::{ExportedVariable, Exporter, SecretText, text};
use crate::error::Error;

const FORMAT: &str = "JSON";

/// Every value is a string, as it is in an environment.
pub struct Json;

impl Exporter for Json {
    fn title(&self) -> &'static str {
        FORMAT
    }

    fn document(&self, entries: &[ExportedVariable<'_>]) -> Result<SecretText, Error> {
        let mut document = SecretText::new(b"{".to_vec());
        for (index, entry) in entries.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            let value = quoted(text(entry, FORMAT)?);
            document.extend_from_slice(format!("{comma}\n  ").as_bytes());
            document.extend_from_slice(&quoted(entry.variable));
            document.extend_from_slice(b": ");
            document.extend_from_slice(&value);
        }
        document.extend_from_slice(if entries.is_empty() { b"}\n" } else { b"\n}\n" });
        Ok(document)
    }
}

/// A JSON string.
fn quoted(text: &str) -> SecretText {
    SecretText::new(serde_json::to_vec(text).unwrap_or_default())
}
