//! `pfx kv`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{OUTPUT, OneStoreOptions, Timeout};
use crate::store_kind::StoreKind;

/// Read and write the key-value store (1.x) or Variables (2 and 3)
///
/// The key-value store of Prefect Cloud 1.x, or the Variables of Prefect 2 and 3.
#[derive(Subcommand)]
pub enum Kv {
    Get(KvGet),
    Set(KvSet),
    Delete(KvDelete),
    List(KvList),
    Copy(KvCopy),
}

/// Print the value of one key; exits with 1 if it does not exist
#[derive(Args)]
#[command(after_help = "\
Examples:
  pfx kv get region                      a string as it is, others as JSON
  pfx kv get limits#/daily               a part of a JSON value
  pfx kv get limits --json | jq .")]
pub struct KvGet {
    /// The key; `#/POINTER` selects a part of its value
    #[arg(value_name = "KEY[#/POINTER]")]
    pub key: OsString,
    /// Print JSON, strings too
    #[arg(long, help_heading = OUTPUT)]
    pub json: bool,
    #[command(flatten)]
    pub store: OneStoreOptions,
}

/// Store a value under a key; a value that parses as JSON is stored as JSON
#[derive(Args)]
#[command(after_help = "\
`prefect kv set` of Prefect 1.x stores every value as a string: --string does the same.

Examples:
  pfx kv set region eu-west-1
  pfx kv set limits '{\"daily\": 5}'
  pfx kv set build 007 --string          as text
  jq . limits.json | pfx kv set limits -
  pfx kv set limits --from-file limits.json")]
pub struct KvSet {
    /// The key
    #[arg(value_name = "KEY")]
    pub key: OsString,
    /// The value; `-` reads it from stdin, with one trailing newline removed
    #[arg(value_name = "VALUE", allow_hyphen_values = true, required_unless_present = "from_file")]
    pub value: Option<OsString>,
    /// Store the text as a string, even if it parses as JSON
    #[arg(long)]
    pub string: bool,
    /// Read the value from FILE, byte for byte
    #[arg(long, value_name = "FILE", conflicts_with = "value")]
    pub from_file: Option<PathBuf>,
    /// Give the Variable a tag (Prefect 2 and 3)
    ///
    /// Can be given more than once. Prefect Cloud 1.x has no tags.
    #[arg(long, value_name = "TAG")]
    pub tag: Vec<String>,
    #[command(flatten)]
    pub store: OneStoreOptions,
}

/// Delete one key; exits with 1 if it does not exist
#[derive(Args)]
pub struct KvDelete {
    /// The key
    #[arg(value_name = "KEY")]
    pub key: OsString,
    #[command(flatten)]
    pub store: OneStoreOptions,
}

/// List the keys, one per line
#[derive(Args)]
#[command(after_help = "\
Examples:
  pfx kv list
  pfx kv list --prefix team-a/
  pfx kv list --json | jq -r '.[]'")]
pub struct KvList {
    /// List only keys that start with TEXT
    #[arg(long, value_name = "TEXT", help_heading = OUTPUT)]
    pub prefix: Option<String>,
    /// Print a JSON array
    #[arg(long, help_heading = OUTPUT)]
    pub json: bool,
    #[command(flatten)]
    pub store: OneStoreOptions,
}

/// Copy keys from one store to another, such as from Prefect Cloud 1.x to the Variables of Prefect 3
#[derive(Args)]
#[command(after_help = "\
A key whose name is not valid in the target is renamed: `Team A/Region` becomes the Variable \
`team_a_region`, and `pfx run -k 'Team A/Region'` finds it there. Keys that already have the same value \
are skipped, so the command can be run again. Exits with 1 if any key was not copied.

Examples:
  pfx kv copy --from cloud1 --to prefect --dry-run
  pfx kv copy --from cloud1 --to prefect --prefix team-a/
  pfx kv copy --from cloud1 --to prefect --json | jq .keys")]
pub struct KvCopy {
    /// The store to read
    #[arg(long, value_name = "STORE", value_enum)]
    pub from: StoreKind,
    /// The store to write
    #[arg(long, value_name = "STORE", value_enum)]
    pub to: StoreKind,
    /// Copy only keys that start with TEXT
    #[arg(long, value_name = "TEXT")]
    pub prefix: Option<String>,
    /// Replace values that exist and differ
    #[arg(long)]
    pub overwrite: bool,
    /// Only show what would be done
    #[arg(long)]
    pub dry_run: bool,
    /// Print JSON
    ///
    /// One line; pfx-kv(1) describes its fields.
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub timeout: Timeout,
}
