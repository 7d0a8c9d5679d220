//! `pfx doctor`.

use clap::Args;

use super::{OUTPUT, PlaceOptions, ProjectOptions, StoreOptions};

/// Check the configuration and the remote store, and suggest fixes
///
/// Never prints values.
#[derive(Args)]
#[command(after_help = "\
Examples:
  pfx doctor                     exits with 1 if there is a problem
  pfx doctor --local             without the remote store
  pfx doctor --json | jq -r '.problems[].fix'")]
pub struct Doctor {
    /// Print JSON
    ///
    /// One line; pfx-doctor(1) describes its fields.
    #[arg(long, help_heading = OUTPUT)]
    pub json: bool,
    #[command(flatten)]
    pub places: PlaceOptions,
    #[command(flatten)]
    pub stores: StoreOptions,
    #[command(flatten)]
    pub project: ProjectOptions,
}
