//! A fish script.

use super::{ExportedVariable, Exporter, Problem, Refusal, SecretText, names};
use crate::shells;

/// `set -gx NAME '…'`: in single quotes only `\` and `'` are special, and `\` escapes both (fish's manual, "Quotes").
pub struct Fish;

impl Exporter for Fish {
    fn title(&self) -> &'static str {
        "a fish script"
    }

    fn check_name(&self, variable: &str) -> Result<(), Refusal> {
        names::not_special(variable, &[shells::FISH])
    }

    fn add(&self, entry: &ExportedVariable<'_>, document: &mut SecretText) -> Result<(), Problem> {
        let variable = entry.variable;
        let Some(value) = entry.value else {
            document.extend_from_slice(format!("set -e {variable}\n").as_bytes());
            return Ok(());
        };
        if variable == "PATH" && has_empty_element(value) {
            return Err("fish replaces an empty element of PATH with `.`");
        }
        document.extend_from_slice(format!("set -gx {variable} '").as_bytes());
        for &byte in value {
            if matches!(byte, b'\\' | b'\'') {
                document.push(b'\\');
            }
            document.push(byte);
        }
        document.extend_from_slice(b"'\n");
        Ok(())
    }
}

/// Whether a list that is separated by `:` has an empty element.
fn has_empty_element(path: &[u8]) -> bool {
    path.split(|&byte| byte == b':').any(<[u8]>::is_empty)
}
