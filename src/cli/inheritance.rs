//! What the command gets of pfx's own environment.

use std::ffi::OsString;

use clap::Args;

/// What the command gets of pfx's own environment.
#[derive(Args, Default)]
#[command(next_help_heading = "Environment")]
pub struct Inheritance {
    /// Hand on only PATH, HOME, USER, LOGNAME, SHELL, PWD, TERM, LANG, LANGUAGE, `LC_*`, TZ and TMPDIR
    #[arg(long)]
    pub clean: bool,
    /// With --clean: hand on these too; `*` stands for anything, `?` for one character
    #[arg(long, value_name = "GLOB")]
    pub keep: Vec<OsString>,
    /// Do not hand on Prefect's own API credentials
    #[arg(long)]
    pub strip_credentials: bool,
    /// Leave variables that are set already as they are
    #[arg(long)]
    pub preserve: bool,
}
