//! `pfx secret`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{OUTPUT, Places, RemoteTarget};

/// Read and write secrets: those of Prefect 1.x on this machine, or with --remote those of the store
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
    #[arg(long, help_heading = OUTPUT)]
    pub json: bool,
    #[command(flatten)]
    pub places: Places,
    #[command(flatten)]
    pub target: RemoteTarget,
}

/// Store one secret, from stdin or a prompt
#[derive(Args)]
#[command(after_help = "\
The value comes from a prompt without echo, or from stdin if that is no terminal, less one line feed at
its end; never from the command line, where ps shows it. Text of several lines can be pasted at the prompt.
Prefect's Secret(NAME).get() reads back exactly this value.

Examples:
  pfx secret set DB_PASSWORD
  pass show db | pfx secret set DB_PASSWORD
  pfx secret set TLS_KEY --from-file key.pem
  pfx secret set prod-db --json < db.json
  pfx secret set prod-db --json --remote < db.json")]
pub struct Set {
    /// The secret's name
    #[arg(value_name = "NAME")]
    pub name: OsString,
    /// `-` reads the value from stdin, as is done anyway
    #[arg(value_name = "-", hide = true, allow_hyphen_values = true)]
    pub value: Vec<OsString>,
    /// Take the value from a file, byte for byte
    #[arg(long, value_name = "FILE")]
    pub from_file: Option<PathBuf>,
    /// The value is JSON, and Prefect gets what it denotes instead of its text
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub target: RemoteTarget,
}

/// Delete one secret; exit status 1 if there is none
#[derive(Args)]
pub struct Delete {
    /// The secret's exact name
    #[arg(value_name = "NAME")]
    pub name: OsString,
    #[command(flatten)]
    pub target: RemoteTarget,
}

/// List the names of the secrets, one a line
#[derive(Args)]
pub struct List {
    /// Print JSON, with the places of the source that has each
    #[arg(long, help_heading = OUTPUT)]
    pub json: bool,
    #[command(flatten)]
    pub places: Places,
    #[command(flatten)]
    pub target: RemoteTarget,
}
