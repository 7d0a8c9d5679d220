//! Commands for fish.

use super::{Entry, Format, Text};
use crate::error::Error;

/// `set -gx NAME '…'`: between single quotes only `\` and `'` mean something, and `\` escapes both (fish's
/// manual, "Quotes").
pub struct Fish;

impl Format for Fish {
    fn document(&self, entries: &[Entry<'_>]) -> Result<Text, Error> {
        let mut text = Text::default();
        for Entry { variable, value, .. } in entries {
            match value {
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
