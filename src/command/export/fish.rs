//! Commands for fish.

use super::{ExportedVariable, Exporter, Refusal, SecretText, fault, names};
use crate::error::Error;
use crate::shells;

const FORMAT: &str = "a script for fish";

/// `set -gx NAME '…'`: between single quotes only `\` and `'` mean something, and `\` escapes both (fish's
/// manual, "Quotes").
pub struct Fish;

impl Exporter for Fish {
    fn title(&self) -> &'static str {
        FORMAT
    }

    fn check_name(&self, variable: &str) -> Result<(), Refusal> {
        names::without_meaning(variable, &[shells::FISH])
    }

    fn document(&self, entries: &[ExportedVariable<'_>]) -> Result<SecretText, Error> {
        let mut text = SecretText::default();
        for entry in entries {
            let ExportedVariable { variable, value, .. } = entry;
            match value {
                Some(value) if *variable == "PATH" && has_empty_element(value) => {
                    return Err(fault(entry, FORMAT, "fish makes `.` of an empty element of PATH"));
                }
                Some(value) => {
                    text.extend_from_slice(format!("set -gx {variable} '").as_bytes());
                    for &byte in *value {
                        if matches!(byte, b'\\' | b'\'') {
                            text.push(b'\\');
                        }
                        text.push(byte);
                    }
                    text.extend_from_slice(b"'\n");
                }
                None => text.extend_from_slice(format!("set -e {variable}\n").as_bytes()),
            }
        }
        Ok(text)
    }
}

/// Whether a list with `:` between its elements has an empty one.
fn has_empty_element(path: &[u8]) -> bool {
    path.split(|&byte| byte == b':').any(<[u8]>::is_empty)
}
