//! Which remote store is in force, and why.

use std::time::Duration;

use super::cloud1;
use crate::cli;
use crate::environment::Inherited;
use crate::error::Error;
use crate::source::local::Local;
use crate::source::remote::Settled;

/// The deadline over everything that is asked of a remote store.
const TIMEOUT: Duration = Duration::from_secs(15);

/// What the command line says about remote stores.
#[derive(Clone, Copy)]
pub struct Choice {
    /// The store that must be asked, if one is named.
    pub store: Option<cli::Remote>,
    /// Whether none may be asked.
    pub local: bool,
    pub timeout: Duration,
}

impl Choice {
    /// No store is asked.
    pub const LOCAL: Self = Self { store: None, local: true, timeout: TIMEOUT };

    #[must_use]
    pub fn new(stores: &cli::Stores) -> Self {
        Self {
            store: stores.remote,
            local: stores.local,
            timeout: stores.patience.timeout.unwrap_or(TIMEOUT),
        }
    }
}

/// Decides which store to ask. An API URL of Prefect 2 or 3 wins over Prefect Cloud 1.x.
///
/// # Errors
/// If configuration cannot be read, or contradicts itself; [`Error::Remote`] if a URL is none that pfx
/// talks to.
pub fn settle(
    choice: Choice,
    inherited: Inherited<'_>,
    local: &Local<'_>,
) -> Result<Settled, Error> {
    if choice.local {
        return Ok(Settled::None { why: "`--local` was given".to_owned() });
    }
    let cloud1 = cloud1::Settings::new(local)?;
    if let Some(why) = cloud1.obstacle() {
        return Ok(Settled::None { why });
    }
    Ok(Settled::Store(Box::new(cloud1.store(choice, inherited)?)))
}
