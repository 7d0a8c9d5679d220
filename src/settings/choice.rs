//! Which remote store the command line or a variable names, and how long it is waited for.

use std::time::Duration;

use super::variable;
use crate::cli;
use crate::environment::Inherited;
use crate::error::Error;

/// The deadline over everything that is asked of a remote store.
pub const TIMEOUT: Duration = Duration::from_secs(15);

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

    /// The command line goes before variables, and of those `PFX_LOCAL` before the ones that say how a store is
    /// asked.
    ///
    /// # Errors
    /// [`Error::Usage`] if a variable that is used makes no sense.
    pub fn new(stores: &cli::Stores, inherited: Inherited<'_>) -> Result<Self, Error> {
        if stores.local || (stores.remote.is_none() && variable::flag("PFX_LOCAL", inherited)) {
            return Ok(Self::LOCAL);
        }
        let timeout = time(&stores.patience, inherited)?;
        Ok(Self { store: named(stores.remote, inherited)?, local: false, timeout })
    }

    /// For a command that is about a remote store in any case.
    ///
    /// # Errors
    /// As [`Choice::new`].
    pub fn of_store(store: &cli::Store, inherited: Inherited<'_>) -> Result<Self, Error> {
        let timeout = time(&store.patience, inherited)?;
        Ok(Self { store: named(store.remote, inherited)?, local: false, timeout })
    }

    /// For a command that is about a remote store if `--remote` is given: the one that it names, or that the
    /// variable `PFX_REMOTE` does.
    ///
    /// # Errors
    /// [`Error::Usage`] if the variable names no store.
    pub fn elsewhere(
        elsewhere: &cli::Elsewhere,
        inherited: Inherited<'_>,
    ) -> Result<Option<Self>, Error> {
        let store = match elsewhere.remote {
            None => return Ok(None),
            Some(cli::Which::Cloud1) => Some(cli::Remote::Cloud1),
            Some(cli::Which::Prefect) => Some(cli::Remote::Prefect),
            Some(cli::Which::Configured) => variable::remote(inherited)?,
        };
        let timeout = time(&elsewhere.patience, inherited)?;
        Ok(Some(Self { store, local: false, timeout }))
    }
}

fn named(
    given: Option<cli::Remote>,
    inherited: Inherited<'_>,
) -> Result<Option<cli::Remote>, Error> {
    match given {
        Some(store) => Ok(Some(store)),
        None => variable::remote(inherited),
    }
}

/// How long a remote store is waited for.
///
/// # Errors
/// [`Error::Usage`] if `PFX_TIMEOUT` is used, and is not such a time.
pub fn time(patience: &cli::Patience, inherited: Inherited<'_>) -> Result<Duration, Error> {
    match patience.timeout {
        Some(timeout) => Ok(timeout),
        None => Ok(variable::parsed("PFX_TIMEOUT", inherited, cli::seconds)?.unwrap_or(TIMEOUT)),
    }
}
