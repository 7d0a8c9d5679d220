//! Commands for fish.

use super::{Entry, Format, Problem, Text, fault, names};
use crate::error::Error;
use crate::shells;

const FORMAT: &str = "a script for fish";

/// `set -gx NAME '…'`: between single quotes only `\` and `'` mean something, and `\` escapes both (fish's
/// manual, "Quotes").
pub struct Fish;

impl Format for Fish {
    fn title(&self) -> &'static str {
        FORMAT
    }

    fn judge(&self, variable: &str) -> Result<(), Problem> {
        names::without_meaning(variable, &[shells::FISH])
    }

    fn document(&self, entries: &[Entry<'_>]) -> Result<Text, Error> {
        let mut text = Text::default();
        for entry in entries {
            let Entry { variable, value, .. } = entry;
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
