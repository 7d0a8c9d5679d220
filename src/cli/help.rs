//! `pfx help`.

use std::ffi::OsString;

use clap::Args;

/// Explain a command or a topic; without either, list both
///
/// On a terminal, the help of a command is its manual page if that is installed; otherwise it is printed.
#[derive(Args)]
#[command(after_help = "\
Examples:
  pfx help               all commands and topics
  pfx help run           the manual page of pfx run, or its help
  pfx help secret set
  pfx help references    how to write names and pfx:// references")]
pub struct Help {
    /// A command, such as `secret set`, or a topic, such as `references`
    #[arg(value_name = "COMMAND | TOPIC")]
    pub words: Vec<OsString>,
}
