//! Which remote store the command line or a variable names, and how long it is waited for.

use std::time::Duration;

use super::variable::variable;
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
        if stores.local || (stores.remote.is_none() && variable!(stores.local).flag(inherited)) {
            return Ok(Self::LOCAL);
        }
        let timeout = time(&stores.timeout, inherited)?;
        Ok(Self { store: variable!(stores.remote).word(inherited)?, local: false, timeout })
    }

    /// For a command that is about a remote store in any case.
    ///
    /// # Errors
    /// As [`Choice::new`].
    pub fn of_store(store: &cli::Store, inherited: Inherited<'_>) -> Result<Self, Error> {
        let timeout = time(&store.timeout, inherited)?;
        Ok(Self { store: variable!(store.remote).word(inherited)?, local: false, timeout })
    }

    /// For a command that is about a remote store if `--remote` is given: the one that it names, or that the
    /// variable `PFX_REMOTE` does.
    ///
    /// # Errors
    /// [`Error::Usage`] if the variable names no store.
    pub fn of_target(
        target: &cli::RemoteTarget,
        inherited: Inherited<'_>,
    ) -> Result<Option<Self>, Error> {
        let store = match target.remote {
            None => return Ok(None),
            Some(cli::Which::Cloud1) => Some(cli::Remote::Cloud1),
            Some(cli::Which::Prefect) => Some(cli::Remote::Prefect),
            Some(cli::Which::Configured) => {
                let any = cli::Store::default();
                variable!(any.remote).word(inherited)?
            }
        };
        let timeout = time(&target.timeout, inherited)?;
        Ok(Some(Self { store, local: false, timeout }))
    }
}

/// How long a remote store is waited for.
///
/// # Errors
/// [`Error::Usage`] if `PFX_TIMEOUT` is used, and is not such a time.
pub fn time(given: &cli::Timeout, inherited: Inherited<'_>) -> Result<Duration, Error> {
    Ok(variable!(given.timeout).value(inherited, cli::seconds)?.unwrap_or(TIMEOUT))
}
