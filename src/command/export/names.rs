//! Names of variables that a form of an export can hold.

use super::Refusal;
use crate::name::is_identifier;
use crate::shells::{self, Shell};

/// Only what every shell takes for a name.
pub fn identifier(variable: &str) -> Result<(), Refusal> {
    if is_identifier(variable) {
        return Ok(());
    }
    Err("a name consists of ASCII letters, digits and `_`, and cannot start with a digit".into())
}

/// The same, and only names that mean nothing to these shells themselves.
pub fn without_meaning(variable: &str, to: &[Shell]) -> Result<(), Refusal> {
    identifier(variable)?;
    let shells = shells::with_meaning(variable, to);
    let Some((last, others)) = shells.split_last() else { return Ok(()) };
    let shells = match others {
        [] => (*last).to_owned(),
        others => format!("{} and {last}", others.join(", ")),
    };
    Err(format!("the name has a special meaning in {shells}").into())
}
