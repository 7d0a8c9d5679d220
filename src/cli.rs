//! The command line as clap reads it: what may be written, and nothing of what it means.
//!
//! What an option binds is taken as raw text and judged by [`crate::plan`]: clap's own messages quote the
//! word they stumble over, and that could be a value.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::FalseyValueParser;
use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

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
    Completions(Completions),
}

/// Start a command with secrets in its environment, and become it
#[derive(Args)]
#[command(after_help = "\
Examples:
  pfx run -- python flow.py              with every local secret
  pfx run -s DB_PASSWORD -- ./service    with this one
  pfx run -s PG=prod-db#/password -s TOKEN? -e HOST=HOSTNAME --set TZ=UTC -- ./service
  pfx run --prefect -- python flow.py    Secret(\"NAME\").get() answers from the environment

Without a binding the command gets every local secret.
Exit status: the command's own; 125 pfx failed, 126 cannot be run, 127 not found, 2 wrong usage.")]
pub struct Run {
    #[command(flatten)]
    pub bindings: Bindings,
    #[command(flatten)]
    pub places: Places,
    /// Also hand each secret to Prefect 1.x: sets `PREFECT__CONTEXT__SECRETS__NAME`
    #[arg(long, env = "PFX_PREFECT", hide_env_values = true, action = ArgAction::SetTrue,
        value_parser = FalseyValueParser::new())]
    pub prefect: bool,
    /// The program and its arguments
    #[arg(value_name = "COMMAND", required = true, trailing_var_arg = true)]
    pub command: Vec<OsString>,
}

/// Tell where each value would come from; never a value
#[derive(Args)]
#[command(after_help = "\
Examples:
  pfx check                      every local secret
  pfx check -s DB_PASSWORD       exit status 1 if it is missing
  pfx check --json | jq -r '.bindings[] | select(.found | not) | .name'")]
pub struct Check {
    #[command(flatten)]
    pub bindings: Bindings,
    #[command(flatten)]
    pub places: Places,
    /// Print JSON
    #[arg(long, env = "PFX_JSON", hide_env_values = true, action = ArgAction::SetTrue,
        value_parser = FalseyValueParser::new())]
    pub json: bool,
}

/// What the command gets. VAR defaults to the name; `db-password` gives `DB_PASSWORD`.
#[derive(Args)]
#[command(next_help_heading = "Bindings")]
pub struct Bindings {
    /// A secret, or the part of it at a JSON Pointer; `?` behind the name: may be missing [env: `PFX_SECRET`]
    #[arg(short, long, value_name = "[VAR=]NAME[?][#/POINTER]")]
    pub secret: Vec<OsString>,
    /// Another variable of the environment [env: `PFX_ENV`]
    #[arg(short, long, value_name = "[VAR=]OTHER[?]")]
    pub env: Vec<OsString>,
    /// A text (visible in ps: not for secrets) [env: `PFX_SET`]
    #[arg(long, value_name = "VAR=TEXT")]
    pub set: Vec<OsString>,
    /// Remove a variable [env: `PFX_UNSET`]
    #[arg(long, value_name = "VAR")]
    pub unset: Vec<OsString>,
    /// Every secret that can be listed, beside the other bindings
    #[arg(long, env = "PFX_ALL", hide_env_values = true, action = ArgAction::SetTrue,
        value_parser = FalseyValueParser::new())]
    pub all: bool,
}

/// Where secrets are looked for.
#[derive(Args, Default)]
#[command(next_help_heading = "Sources")]
pub struct Places {
    /// A directory with a file for each secret, as Docker and Kubernetes mount them [env: `PFX_SECRETS_DIR`]
    #[arg(long, value_name = "DIR")]
    pub secrets_dir: Vec<PathBuf>,
    /// Take local values literally: no $VAR, ~ or ${section.key}
    #[arg(long, env = "PFX_NO_EXPAND", hide_env_values = true, action = ArgAction::SetTrue,
        value_parser = FalseyValueParser::new())]
    pub no_expand: bool,
    /// Refuse configuration that other users can read
    #[arg(long, env = "PFX_STRICT", hide_env_values = true, action = ArgAction::SetTrue,
        value_parser = FalseyValueParser::new())]
    pub strict: bool,
}

/// Read and write the local secrets of Prefect 1.x
#[derive(Subcommand)]
pub enum Secret {
    Get(Get),
    Set(Set),
    Delete(Delete),
    List(List),
}

/// Print one secret; exit status 1 if there is none
#[derive(Args)]
#[command(after_help = "\
Examples:
  pfx secret get DB_PASSWORD             the bytes, and a line feed on a terminal
  pfx secret get prod-db#/password       a part of a JSON value
  pfx secret get prod-db --json | jq .")]
pub struct Get {
    /// The secret's exact name, or a part of its value
    #[arg(value_name = "NAME[#/POINTER]")]
    pub name: OsString,
    /// Print JSON: text that is JSON as that JSON, any other as a string
    #[arg(long, env = "PFX_JSON", hide_env_values = true, action = ArgAction::SetTrue,
        value_parser = FalseyValueParser::new())]
    pub json: bool,
    #[command(flatten)]
    pub places: Places,
}

/// Store one secret in Prefect's config.toml, from stdin or a prompt
#[derive(Args)]
#[command(after_help = "\
The value comes from a prompt without echo, or from stdin if that is no terminal, less one line feed at
its end; never from the command line, where ps shows it. Prefect's Secret(NAME).get() reads back exactly
this value.

Examples:
  pfx secret set DB_PASSWORD
  pass show db | pfx secret set DB_PASSWORD
  pfx secret set TLS_KEY --from-file key.pem
  pfx secret set prod-db --json < db.json")]
pub struct Set {
    /// The secret's name
    #[arg(value_name = "NAME")]
    pub name: OsString,
    /// `-` reads the value from stdin, as is done anyway if that is no terminal
    #[arg(value_name = "-", hide = true, allow_hyphen_values = true)]
    pub value: Vec<OsString>,
    /// Take the value from a file, byte for byte
    #[arg(long, value_name = "FILE", env = "PFX_FROM_FILE", hide_env_values = true)]
    pub from_file: Option<PathBuf>,
    /// The value is JSON, and Prefect gets what it denotes instead of its text
    #[arg(long, env = "PFX_JSON", hide_env_values = true, action = ArgAction::SetTrue,
        value_parser = FalseyValueParser::new())]
    pub json: bool,
}

/// Delete one secret from Prefect's config.toml; exit status 1 if there is none
#[derive(Args)]
pub struct Delete {
    /// The secret's exact name
    #[arg(value_name = "NAME")]
    pub name: OsString,
}

/// List the names of the secrets, one a line
#[derive(Args)]
pub struct List {
    /// Print JSON, with the place of each
    #[arg(long, env = "PFX_JSON", hide_env_values = true, action = ArgAction::SetTrue,
        value_parser = FalseyValueParser::new())]
    pub json: bool,
    #[command(flatten)]
    pub places: Places,
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
