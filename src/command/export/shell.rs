//! Commands for a POSIX shell.

use super::{Entry, Format, Problem, Text, names};
use crate::error::Error;
use crate::shells;

/// `export NAME='…'`: between single quotes a shell takes every byte but `'` as it is (POSIX.1-2017, XCU
/// 2.2.2).
pub struct Shell;

impl Format for Shell {
    fn title(&self) -> &'static str {
        "a script for shells"
    }

    fn judge(&self, variable: &str) -> Result<(), Problem> {
        names::without_meaning(variable, shells::POSIX)
    }

    fn document(&self, entries: &[Entry<'_>]) -> Result<Text, Error> {
        let mut text = Text::default();
        for Entry { variable, value, .. } in entries {
            match value {
                Some(value) => {
                    text.extend_from_slice(format!("export {variable}='").as_bytes());
                    for (index, part) in value.split(|&byte| byte == b'\'').enumerate() {
                        text.extend_from_slice(if index == 0 { b"" } else { b"'\\''" });
                        text.extend_from_slice(part);
                    }
                    text.extend_from_slice(b"'\n");
                }
                None => text.extend_from_slice(format!("unset -v {variable}\n").as_bytes()),
            }
        }
        Ok(text)
    }
}
