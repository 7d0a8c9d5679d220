//! A drop-in for a systemd unit.

use super::{ExportedVariable, Exporter, NOT_TEXT, Problem, Refusal, SecretText, names};

/// The longest line of a unit file, in bytes (systemd, `LONG_LINE_MAX`, 1 MiB).
const LONGEST: usize = (1 << 20) - 1;

/// `Environment="NAME=value"`, with C escapes, and `%` doubled (systemd.syntax(7), systemd.unit(5),
/// "Specifiers").
pub struct Systemd;

/// A comment that shows the safer way.
const ADVICE: &str = "\
# Every user can read these values with `systemctl show -p Environment`. Safer than this file:
#   systemd-creds encrypt --name=NAME - /etc/credstore.encrypted/NAME   (for each NAME below, value on stdin)
# and then, in a unit whose command is `pfx run`, which finds each credential by its name:
";

impl Exporter for Systemd {
    fn title(&self) -> &'static str {
        "a systemd unit"
    }

    fn check_name(&self, variable: &str) -> Result<(), Refusal> {
        names::identifier(variable)
    }

    fn head(&self, entries: &[ExportedVariable<'_>]) -> String {
        let mut head = "[Service]\n".to_owned();
        let mut secrets = entries.iter().filter(|entry| entry.secret).peekable();
        if secrets.peek().is_some() {
            head += ADVICE;
        }
        for ExportedVariable { variable, .. } in secrets {
            head += &format!("#   LoadCredentialEncrypted={variable}\n");
        }
        head
    }

    fn add(&self, entry: &ExportedVariable<'_>, document: &mut SecretText) -> Result<(), Problem> {
        let ExportedVariable { variable, value, .. } = entry;
        let Some(value) = value else {
            document.extend_from_slice(format!("UnsetEnvironment={variable}\n").as_bytes());
            return Ok(());
        };
        if std::str::from_utf8(value).is_err() {
            return Err(NOT_TEXT);
        }
        let mut line = SecretText::new(format!("Environment=\"{variable}=").into_bytes());
        for &byte in *value {
            match byte {
                b'"' | b'\\' => line.extend_from_slice(&[b'\\', byte]),
                b'%' => line.extend_from_slice(b"%%"),
                0..=0x1f | 0x7f => line.extend_from_slice(format!("\\x{byte:02x}").as_bytes()),
                other => line.push(other),
            }
        }
        line.extend_from_slice(b"\"\n");
        if line.len() > LONGEST {
            return Err("lines are limited to 1 MiB");
        }
        document.extend_from_slice(&line);
        Ok(())
    }
}
