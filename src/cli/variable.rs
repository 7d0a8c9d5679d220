//! Which options have a `PFX_…` variable, and how it is named.
//!
//! The rule: **an option that configures a run has one; an option that decides what a command writes, or where, has
//! none**, so that no variable changes what is stored, copied or deleted. An option of the first kind is under a
//! heading in the help (`Sources`, `Output`), one of the second kind under plain `Options`.

use clap::{Arg, Command};

/// The heading of the options for what is printed and how.
pub const OUTPUT: &str = "Output";

/// The variable of an option, if it has one.
pub fn variable(option: &Arg) -> Option<String> {
    let is_setting = option.get_help_heading().is_some() && !option.is_positional();
    is_setting.then(|| variable_of(option.get_id().as_str()))
}

/// The variable of the option whose field has this name: `secrets_dir` is `--secrets-dir` and `PFX_SECRETS_DIR`.
pub fn variable_of(field: &str) -> String {
    format!("PFX_{}", field.to_ascii_uppercase())
}

/// The declaration with each option's variable in its long help. Only a request for help takes this time.
pub fn with_variables(command: Command) -> Command {
    let named = |option: Arg| {
        let help = option.get_long_help().or(option.get_help()).map(ToString::to_string);
        match (variable(&option), help) {
            (Some(name), Some(help)) => option.long_help(format!("{help}\n\n[env: {name}]")),
            _ => option,
        }
    };
    command.mut_args(named).mut_subcommands(with_variables)
}
