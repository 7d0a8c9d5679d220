//! A script for POSIX shells.

use super::{ExportedVariable, Exporter, Problem, Refusal, SecretText, names};
use crate::shells;

/// `export NAME='…'`: in single quotes every byte except `'` is literal (POSIX.1-2017, XCU 2.2.2).
pub struct PosixShell;

impl Exporter for PosixShell {
    fn title(&self) -> &'static str {
        "a shell script"
    }

    fn check_name(&self, variable: &str) -> Result<(), Refusal> {
        names::not_special(variable, shells::POSIX)
    }

    fn add(&self, entry: &ExportedVariable<'_>, document: &mut SecretText) -> Result<(), Problem> {
        let variable = entry.variable;
        let Some(value) = entry.value else {
            document.extend_from_slice(format!("unset -v {variable}\n").as_bytes());
            return Ok(());
        };
        document.extend_from_slice(format!("export {variable}='").as_bytes());
        for (index, part) in value.split(|&byte| byte == b'\'').enumerate() {
            document.extend_from_slice(if index == 0 { b"" } else { b"'\\''" });
            document.extend_from_slice(part);
        }
        document.extend_from_slice(b"'\n");
        Ok(())
    }
}
