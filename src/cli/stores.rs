//! Which remote store is used, and for how long pfx waits.

use std::time::Duration;

use clap::Args;

use crate::store_kind::StoreKind;

/// Which remote stores are used for names that are not found locally.
#[derive(Args, Default)]
#[command(next_help_heading = "Sources")]
pub struct StoreOptions {
    /// Look up in this remote store [default: the configured one]
    ///
    /// Names that are not found locally are looked up there. Can be given more than once: the stores are tried
    /// in this order.
    #[arg(long, value_name = "STORE", value_enum)]
    pub remote: Vec<StoreKind>,
    /// Do not use any remote store
    #[arg(long, conflicts_with = "remote")]
    pub local: bool,
    #[command(flatten)]
    pub timeout: Timeout,
}

/// The store of a command that works on a remote store.
#[derive(Args, Default)]
#[command(next_help_heading = "Sources")]
pub struct OneStoreOptions {
    /// Use this remote store [default: the configured one]
    #[arg(long, value_name = "STORE", value_enum)]
    pub remote: Option<StoreKind>,
    #[command(flatten)]
    pub timeout: Timeout,
}

/// Whether a command works on a remote store instead of the local secrets, and on which one. Some commands write
/// there.
#[derive(Args, Default)]
#[command(next_help_heading = None::<&'static str>)]
pub struct RemoteTarget {
    /// Use the remote store instead of the local secrets
    ///
    /// This is the configured store, or the one that `--remote=STORE` or the variable `PFX_REMOTE` names. The
    /// variable alone does not select the remote store.
    #[arg(long, value_name = "STORE", num_args = 0..=1, require_equals = true, value_enum)]
    pub remote: Option<Option<StoreKind>>,
    #[command(flatten)]
    pub timeout: Timeout,
}

/// How long pfx waits for a remote store.
#[derive(Args, Default)]
#[command(next_help_heading = "Sources")]
pub struct Timeout {
    /// Time limit for the remote store [default: 15]
    ///
    /// In seconds, for all requests of one command together, including retries.
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub timeout: Option<Duration>,
}

/// Reads a positive number of seconds, at most a day.
///
/// # Errors
/// What is expected, in pfx's own words.
pub fn seconds(text: &str) -> Result<Duration, &'static str> {
    let seconds: f64 = text.parse().map_err(|_| "must be a number of seconds")?;
    if seconds > 0.0 && seconds <= 86_400.0 {
        Ok(Duration::from_secs_f64(seconds))
    } else {
        Err("must be more than 0 and at most 86400 seconds")
    }
}
