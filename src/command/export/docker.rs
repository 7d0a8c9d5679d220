//! A Docker env file.

use super::{ExportedVariable, Exporter, Problem, Refusal, SecretText};

/// The longest line that docker and podman read, in bytes (Go's `bufio.MaxScanTokenSize`, 64 KiB).
const LONGEST: usize = (64 << 10) - 1;

/// One `NAME=value` on each line, without quotes or escapes (docker/cli, `pkg/kvfile`; containers/common, `pkg/env`).
pub struct Docker;

impl Exporter for Docker {
    fn title(&self) -> &'static str {
        "a Docker env file"
    }

    fn check_name(&self, variable: &str) -> Result<(), Refusal> {
        if variable.starts_with('#') || variable.contains(char::is_whitespace) {
            return Err("a name cannot contain whitespace or start with `#`".into());
        }
        Ok(())
    }

    fn add(&self, entry: &ExportedVariable<'_>, document: &mut SecretText) -> Result<(), Problem> {
        let value = entry.text()?;
        if value.contains(['\n', '\r']) {
            return Err("a value cannot contain a line break");
        }
        if entry.variable.len() + 1 + value.len() > LONGEST {
            return Err("lines are limited to 64 KiB");
        }
        document.extend_from_slice(format!("{}=", entry.variable).as_bytes());
        document.extend_from_slice(value.as_bytes());
        document.push(b'\n');
        Ok(())
    }
}
