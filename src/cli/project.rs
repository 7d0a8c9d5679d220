//! The project file: which one, which of its profiles, and `pfx trust`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;

use super::OUTPUT;

/// The project file, whose bindings stand below those of the command line.
#[derive(Args, Default)]
#[command(next_help_heading = "Project")]
pub struct Project {
    /// The project file [default: pfx.toml here or above, up to the repository's root]
    #[arg(short = 'f', long, value_name = "FILE")]
    pub project: Option<PathBuf>,
    /// Use no project file that was not named
    #[arg(long)]
    pub no_project: bool,
    /// A profile of the project file; of several the later wins
    #[arg(long, value_name = "NAME")]
    pub profile: Vec<OsString>,
}

/// Let a project file that is found, not named, bind variables
#[derive(Args)]
#[command(after_help = "\
Examples:
  pfx trust                      the pfx.toml here or above, once you have read it
  pfx trust --revoke             no longer
  pfx trust --list               all that are trusted, and whether they still are as they were

A file is trusted with its content: once it changes, it has to be trusted anew.")]
pub struct Trust {
    /// The project file [default: pfx.toml here or above, up to the repository's root]
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Trust it no longer; exit status 1 if it was not trusted
    #[arg(long, conflicts_with = "list")]
    pub revoke: bool,
    /// List the files that are trusted
    #[arg(long, conflicts_with = "file")]
    pub list: bool,
    /// Print the list as JSON
    #[arg(long, help_heading = OUTPUT)]
    pub json: bool,
}
