//! The command line as clap reads it: what may be written, and nothing of what it means.
//!
//! What an option binds is taken as raw text and judged by [`crate::plan`]: clap's own messages quote the
//! word they stumble over, and that could be a value.

mod bindings;
mod doctor;
pub mod kv;
mod run;
pub mod secret;
mod stores;

use clap::builder::FalseyValueParser;
use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

pub use bindings::{Bindings, Places};
pub use doctor::Doctor;
pub use kv::Kv;
pub use run::{Check, Run};
pub use secret::Secret;
pub use stores::{Elsewhere, Patience, Remote, Store, Stores, Which};

/// Starts a program with the secrets it needs in its environment, and becomes it.
#[derive(Parser)]
#[command(
    name = "pfx",
    version,
    disable_help_subcommand = true,
    max_term_width = 100,
    after_help = "\
Examples:
  pfx run -- python flow.py              with every local secret
  pfx run -s DB_PASSWORD -s PG=prod-db#/password -- ./service
  pfx check -s DB_PASSWORD               where the value would come from
  pfx secret set DB_PASSWORD             asks for the value without showing it

Every option can be given as a variable: --no-expand as PFX_NO_EXPAND=1, and lists as words:
PFX_SECRET='DB_PASSWORD PG=prod-db#/password'. See pfx(1)."
)]
pub struct Arguments {
    #[command(flatten)]
    pub output: Output,
    #[command(subcommand)]
    pub command: Command,
}

/// How pfx speaks.
#[derive(Args)]
pub struct Output {
    /// Tell on stderr where each value comes from
    #[arg(short, long, global = true, env = "PFX_VERBOSE", hide_env_values = true,
        action = ArgAction::SetTrue, value_parser = FalseyValueParser::new())]
    pub verbose: bool,
    /// Form of an error on stderr
    #[arg(
        long,
        global = true,
        value_name = "FORMAT",
        env = "PFX_ERROR_FORMAT",
        hide_env_values = true,
        value_enum,
        default_value_t
    )]
    pub error_format: ErrorFormat,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum ErrorFormat {
    /// Lines for a person
    #[default]
    Text,
    /// One line of JSON
    Json,
}

#[derive(Subcommand)]
pub enum Command {
    Run(Run),
    Check(Check),
    #[command(subcommand)]
    Secret(Secret),
    #[command(subcommand)]
    Kv(Kv),
    Doctor(Doctor),
    Completions(Completions),
}

/// Print a completion script
#[derive(Args)]
#[command(after_help = "\
Examples:
  pfx completions bash > ~/.local/share/bash-completion/completions/pfx
  pfx completions fish > ~/.config/fish/completions/pfx.fish
  pfx completions zsh > \"${fpath[1]}/_pfx\"")]
pub struct Completions {
    pub shell: Shell,
}
