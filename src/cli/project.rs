//! The project file: which one, which of its profiles, and `pfx trust`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;

use super::OUTPUT;

/// The project file. Bindings on the command line override its bindings.
#[derive(Args, Default)]
#[command(next_help_heading = "Project")]
pub struct ProjectOptions {
    /// Use this project file [default: the nearest pfx.toml]
    ///
    /// Without this option, pfx uses the `pfx.toml` in the working directory or the nearest directory above it,
    /// up to the root of the repository. A file that is named here counts as trusted; one that pfx discovers by
    /// itself must first be trusted with `pfx trust`.
    #[arg(short = 'f', long, value_name = "FILE")]
    pub project: Option<PathBuf>,
    /// Ignore pfx.toml unless --project names it
    #[arg(long)]
    pub no_project: bool,
    /// Add a profile of the project file
    ///
    /// Can be given more than once; a later profile wins over an earlier one.
    #[arg(long, value_name = "NAME")]
    pub profile: Vec<OsString>,
}

/// Trust a pfx.toml that pfx discovered by itself
#[derive(Args)]
#[command(after_help = "\
Examples:
  pfx trust                      the nearest pfx.toml, once you have read it
  pfx trust --revoke             stop trusting it
  pfx trust --list               all trusted files, and their state

A file is trusted with its content: if it changes, it has to be trusted again.")]
pub struct Trust {
    /// The project file [default: the nearest pfx.toml]
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Stop trusting the file; exits with 1 if it was not trusted
    ///
    /// The file and its directory need not exist any more. Without FILE, pfx takes the nearest `pfx.toml` that
    /// exists or is trusted.
    #[arg(long, conflicts_with = "list")]
    pub revoke: bool,
    /// List the trusted files
    ///
    /// One path per line, followed by `(changed)`, `(missing)` or `(unreadable)` if the file is not as it was
    /// trusted.
    #[arg(long, conflicts_with = "file")]
    pub list: bool,
    /// Print the list as JSON
    ///
    /// An array of objects with `path`, `sha256` and `state`.
    #[arg(long, help_heading = OUTPUT)]
    pub json: bool,
}
