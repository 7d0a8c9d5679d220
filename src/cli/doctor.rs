//! `pfx doctor`.

use clap::Args;

use super::{OUTPUT, Places, Project, Stores};

/// Tell what is configured and where, what answers, and how to mend the rest; never a value
#[derive(Args)]
#[command(after_help = "\
Examples:
  pfx doctor                     exit status 1 if anything is wrong
  pfx doctor --local             ask no server
  pfx doctor --json | jq -r '.problems[].mend'")]
pub struct Doctor {
    /// Print JSON
    #[arg(long, help_heading = OUTPUT)]
    pub json: bool,
    #[command(flatten)]
    pub places: Places,
    #[command(flatten)]
    pub stores: Stores,
    #[command(flatten)]
    pub project: Project,
}
