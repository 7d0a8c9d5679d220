//! A Kubernetes Secret.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{ExportedVariable, Exporter, Problem, Refusal, SecretText};
use crate::error::Error;
use crate::name::Printable;

/// `kind: Secret` with all values in base64, so they may be any bytes (Kubernetes API reference, `Secret` v1).
pub struct Kubernetes {
    name: String,
}

impl Kubernetes {
    /// Checks the name of the Secret.
    ///
    /// # Errors
    /// [`Error::Usage`] if it is not a DNS subdomain name, as Kubernetes requires (RFC 1123).
    pub fn new(name: &str) -> Result<Self, Error> {
        let label = |label: &str| {
            let inside =
                |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
            !label.is_empty()
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.bytes().all(inside)
        };
        if name.len() > 253 || !name.split('.').all(label) {
            return Err(Error::Usage {
                problem: format!(
                    "cannot use --name: `{}` is not a valid name for a Secret",
                    Printable(name)
                ),
                hint: "use lowercase letters, digits, `-` and `.`, for example `app-secrets`"
                    .to_owned(),
            });
        }
        Ok(Self { name: name.to_owned() })
    }
}

impl Exporter for Kubernetes {
    fn title(&self) -> &'static str {
        "a Kubernetes Secret"
    }

    fn check_name(&self, variable: &str) -> Result<(), Refusal> {
        let taken = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
        let is_key = !variable.starts_with("..") && variable != "." && variable.len() <= 253;
        if is_key && variable.bytes().all(taken) {
            return Ok(());
        }
        Err("a key consists of at most 253 ASCII letters, digits, `-`, `_` and `.`, and cannot be `.` or start with `..`"
            .into())
    }

    fn head(&self, entries: &[ExportedVariable<'_>]) -> String {
        format!(
            "apiVersion: v1\nkind: Secret\nmetadata:\n  name: \"{}\"\ntype: Opaque\ndata:{}\n",
            self.name,
            if entries.is_empty() { " {}" } else { "" }
        )
    }

    fn add(&self, entry: &ExportedVariable<'_>, document: &mut SecretText) -> Result<(), Problem> {
        let encoded = SecretText::new(STANDARD.encode(entry.value()?).into_bytes());
        document.extend_from_slice(format!("  \"{}\": \"", entry.variable).as_bytes());
        document.extend_from_slice(&encoded);
        document.extend_from_slice(b"\"\n");
        Ok(())
    }
}
