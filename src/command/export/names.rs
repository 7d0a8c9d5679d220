//! Checks the names of variables for export formats.

use super::Refusal;
use crate::name::is_identifier;
use crate::shells::{self, Shell};

/// Accepts only names that are valid in every shell.
pub fn identifier(variable: &str) -> Result<(), Refusal> {
    if is_identifier(variable) {
        return Ok(());
    }
    Err("a name consists of ASCII letters, digits and `_`, and cannot start with a digit".into())
}

/// The same, and refuses names with a special meaning in these shells.
pub fn not_special(variable: &str, to: &[Shell]) -> Result<(), Refusal> {
    identifier(variable)?;
    let shells = shells::special_in(variable, to);
    let Some((last, others)) = shells.split_last() else { return Ok(()) };
    let shells = match others {
        [] => (*last).to_owned(),
        others => format!("{} and {last}", others.join(", ")),
    };
    Err(format!("the name has a special meaning in {shells}").into())
}
