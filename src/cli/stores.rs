//! Which remote store is asked, and how long.

use std::time::Duration;

use clap::Args;

use crate::stores::StoreKind;

/// Which store is asked for what this machine has not.
#[derive(Args, Default)]
#[command(next_help_heading = "Sources")]
pub struct Stores {
    /// A remote store to ask; of several each in turn [default: the one that is configured]
    #[arg(long, value_name = "STORE", value_enum)]
    pub remote: Vec<StoreKind>,
    /// Ask no remote store
    #[arg(long, conflicts_with = "remote")]
    pub local: bool,
    #[command(flatten)]
    pub timeout: Timeout,
}

/// Which store a command of remote things is about.
#[derive(Args, Default)]
#[command(next_help_heading = "Sources")]
pub struct Store {
    /// The remote store [default: the one that is configured]
    #[arg(long, value_name = "STORE", value_enum)]
    pub remote: Option<StoreKind>,
    #[command(flatten)]
    pub timeout: Timeout,
}

/// Whether a command is about the remote store instead of this machine, and which. For some it is where they write.
#[derive(Args, Default)]
#[command(next_help_heading = None::<&'static str>)]
pub struct RemoteTarget {
    /// The remote store instead of this machine; `--remote=STORE` or PFX_REMOTE names one
    #[arg(long, value_name = "STORE", num_args = 0..=1, require_equals = true, value_enum)]
    pub remote: Option<Option<StoreKind>>,
    #[command(flatten)]
    pub timeout: Timeout,
}

/// How long a remote store is waited for.
#[derive(Args, Default)]
#[command(next_help_heading = "Sources")]
pub struct Timeout {
    /// Seconds for everything that is asked of a remote store, retries included [default: 15]
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub timeout: Option<Duration>,
}

/// Reads a positive number of seconds, at most a day.
///
/// # Errors
/// What it is instead, in words of pfx's own.
pub fn seconds(text: &str) -> Result<Duration, &'static str> {
    let seconds: f64 = text.parse().map_err(|_| "must be a number of seconds")?;
    if seconds > 0.0 && seconds <= 86_400.0 {
        Ok(Duration::from_secs_f64(seconds))
    } else {
        Err("must be more than 0 and at most 86400 seconds")
    }
}
