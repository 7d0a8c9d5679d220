//! `pfx secret`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{OUTPUT, PlaceOptions, RemoteTarget};

/// Read and write local secrets, or with --remote those of a store
#[derive(Subcommand)]
pub enum Secret {
    Get(SecretGet),
    Set(SecretSet),
    Delete(SecretDelete),
    List(SecretList),
}

/// Print one secret; exits with 1 if it does not exist
#[derive(Args)]
#[command(after_help = "\
Examples:
  pfx secret get DB_PASSWORD             its bytes, with a newline on a terminal
  pfx secret get prod-db#/password       a part of a JSON value
  pfx secret get prod-db --json | jq .")]
pub struct SecretGet {
    /// The exact name of the secret; `#/POINTER` selects a part of its value
    #[arg(value_name = "NAME[#/POINTER]")]
    pub name: OsString,
    /// Print JSON
    ///
    /// A value that parses as JSON is printed as that JSON, any other as a JSON string.
    #[arg(long, help_heading = OUTPUT)]
    pub json: bool,
    #[command(flatten)]
    pub places: PlaceOptions,
    #[command(flatten)]
    pub target: RemoteTarget,
}

/// Store one secret, from stdin or a prompt
#[derive(Args)]
#[command(after_help = "\
The value is read from a prompt without echo, or from stdin if that is not a terminal, with one trailing \
newline removed; never from the command line, where ps shows it. Text of several lines can be pasted. \
Prefect's Secret(NAME).get() reads back exactly this value.

Examples:
  pfx secret set DB_PASSWORD
  pass show db | pfx secret set DB_PASSWORD
  pfx secret set TLS_KEY --from-file key.pem
  pfx secret set prod-db --json < db.json
  pfx secret set prod-db --json --remote < db.json")]
pub struct SecretSet {
    /// The name of the secret
    #[arg(value_name = "NAME")]
    pub name: OsString,
    /// `-` reads the value from stdin (the default when stdin is not a terminal)
    #[arg(value_name = "-", hide = true, allow_hyphen_values = true)]
    pub value: Vec<OsString>,
    /// Read the value from FILE, byte for byte
    #[arg(long, value_name = "FILE")]
    pub from_file: Option<PathBuf>,
    /// Store the value as JSON
    ///
    /// Prefect then gets the value that the JSON represents, such as a number or an object. Without this option
    /// it gets the text.
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub target: RemoteTarget,
}

/// Delete one secret; exits with 1 if it does not exist
#[derive(Args)]
pub struct SecretDelete {
    /// The exact name of the secret
    #[arg(value_name = "NAME")]
    pub name: OsString,
    #[command(flatten)]
    pub target: RemoteTarget,
}

/// List the names of the secrets, one per line
#[derive(Args)]
pub struct SecretList {
    /// Print JSON
    ///
    /// An array of objects with `name` and `sources`, the places that the secret can come from.
    #[arg(long, help_heading = OUTPUT)]
    pub json: bool,
    #[command(flatten)]
    pub places: PlaceOptions,
    #[command(flatten)]
    pub target: RemoteTarget,
}
