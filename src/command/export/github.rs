//! The file and the masks for GitHub Actions.

use std::fmt::Write as _;

use super::masks::MaskPieces;
use super::{ExportedVariable, Exporter, Problem, Refusal, SecretText};
use crate::error::Error;
use crate::name::Printable;
use crate::notice::Notice;
use crate::random;

/// The variable that names the file for the variables of later steps.
pub const FILE: &[u8] = b"GITHUB_ENV";

/// First masks on stdout, then the variables in `NAME<<DELIMITER` blocks (GitHub's "Workflow commands", "Masking a
/// value in a log" and "Multiline strings"). The delimiter is random, because a value that contained it could set
/// other variables.
pub struct Github {
    delimiter: String,
}

impl Github {
    /// Chooses a random delimiter.
    ///
    /// # Errors
    /// [`Error::File`] if the system provides no random bytes.
    pub fn new() -> Result<Self, Error> {
        let bytes: [u8; 16] = random::bytes().ok_or_else(|| Error::File {
            action: "read",
            path: "/dev/urandom".into(),
            cause: std::io::ErrorKind::Other.into(),
        })?;
        let mut delimiter = "ghadelimiter_".to_owned();
        for byte in bytes {
            let _ = write!(delimiter, "{byte:02x}");
        }
        Ok(Self { delimiter })
    }
}

impl Exporter for Github {
    fn title(&self) -> &'static str {
        "the GITHUB_ENV file"
    }

    fn check_name(&self, variable: &str) -> Result<(), Refusal> {
        let is_runners = variable.eq_ignore_ascii_case("NODE_OPTIONS")
            || variable.starts_with("GITHUB_")
            || variable.starts_with("RUNNER_");
        if is_runners {
            return Err("the GitHub runner does not allow this variable".into());
        }
        if variable.contains("<<") || variable.contains(char::is_whitespace) {
            return Err(
                "the GitHub runner does not accept a name that contains whitespace or `<<`".into(),
            );
        }
        Ok(())
    }

    fn add(&self, entry: &ExportedVariable<'_>, document: &mut SecretText) -> Result<(), Problem> {
        let (name, value) = (entry.variable, entry.text()?);
        if value.contains(&self.delimiter) {
            return Err("the value contains the random delimiter; try again");
        }
        document.extend_from_slice(format!("{name}<<{}\n", self.delimiter).as_bytes());
        document.extend_from_slice(value.as_bytes());
        document.extend_from_slice(format!("\n{}\n", self.delimiter).as_bytes());
        Ok(())
    }

    /// A mask for each piece of each secret. `%` is encoded as the runner decodes it (actions/toolkit, `escapeData`).
    /// No piece contains a line break, which would end the command.
    fn announcement(&self, entries: &[ExportedVariable<'_>]) -> SecretText {
        let mut masks = SecretText::default();
        for pieces in pieces(entries).map(|(_, _, pieces)| pieces) {
            for piece in pieces.iter() {
                masks.extend_from_slice(b"::add-mask::");
                for byte in piece.bytes() {
                    match byte {
                        b'%' => masks.extend_from_slice(b"%25"),
                        other => masks.push(other),
                    }
                }
                masks.push(b'\n');
            }
        }
        masks
    }

    fn notices(&self, entries: &[ExportedVariable<'_>]) -> Vec<Notice> {
        let bare = pieces(entries).filter(|(_, value, pieces)| pieces.masks_nothing(value));
        let notice = |variable: &str| {
            let variable = Printable(variable);
            Notice::warning(format!(
                "the log will show the value of {variable}: it is too short or too common to be masked"
            ))
        };
        bare.map(|(variable, _, _)| notice(variable)).collect()
    }
}

/// The variable, value and pieces of each secret.
fn pieces<'e>(
    entries: &'e [ExportedVariable<'_>],
) -> impl Iterator<Item = (&'e str, &'e str, MaskPieces)> {
    entries.iter().filter(|entry| entry.secret).filter_map(|entry| {
        let value = std::str::from_utf8(entry.value?).ok()?;
        Some((entry.variable, value, MaskPieces::of(value)))
    })
}
