//! Commands for a POSIX shell.

use super::{ExportedVariable, Exporter, Refusal, SecretText, names};
use crate::error::Error;
use crate::shells;

/// `export NAME='…'`: between single quotes a shell takes every byte but `'` as it is (POSIX.1-2017, XCU
/// 2.2.2).
pub struct PosixShell;

impl Exporter for PosixShell {
    fn title(&self) -> &'static str {
        "a script for shells"
    }

    fn check_name(&self, variable: &str) -> Result<(), Refusal> {
        names::without_meaning(variable, shells::POSIX)
    }

    fn document(&self, entries: &[ExportedVariable<'_>]) -> Result<SecretText, Error> {
        let mut text = SecretText::default();
        for ExportedVariable { variable, value, .. } in entries {
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
