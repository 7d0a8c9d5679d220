//! Which remote stores the command line or a variable selects, and the time limit for them.

use std::time::Duration;

use super::variable::variable;
use crate::cli;
use crate::environment::Inherited;
use crate::error::Error;
use crate::remote::http::TimeLimit;
use crate::store_kind::StoreKind;

/// The default time limit for all requests to remote stores.
pub const TIMEOUT: Duration = Duration::from_secs(15);

/// What the command line says about remote stores.
#[derive(Clone)]
pub struct StoreChoice {
    /// The stores to use, in order, if stores are named.
    pub stores: Vec<StoreKind>,
    /// Whether no remote store may be used.
    pub local: bool,
    pub time: TimeLimit,
}

impl StoreChoice {
    /// No remote store is used.
    pub fn local() -> Self {
        Self { stores: Vec::new(), local: true, time: TimeLimit::new(TIMEOUT) }
    }

    /// The command line takes precedence over variables, and `PFX_LOCAL` over the other variables about stores.
    ///
    /// # Errors
    /// [`Error::Usage`] if a variable that is used is not valid.
    pub fn new(stores: &cli::StoreOptions, inherited: Inherited<'_>) -> Result<Self, Error> {
        if stores.local || (stores.remote.is_empty() && variable!(stores.local).flag(inherited)) {
            return Ok(Self::local());
        }
        let time = TimeLimit::new(time(&stores.timeout, inherited)?);
        let stores = variable!(stores.remote).all(inherited)?;
        Ok(Self { stores, local: false, time })
    }

    /// For a command that always uses one remote store.
    ///
    /// # Errors
    /// As [`StoreChoice::new`]; [`Error::Usage`] if the variable `PFX_REMOTE` is used and names several.
    pub fn of_store(store: &cli::OneStoreOptions, inherited: Inherited<'_>) -> Result<Self, Error> {
        Self::of_one(store.remote, &store.timeout, inherited)
    }

    /// For a command that uses a remote store if `--remote` is given: the one that the option or `PFX_REMOTE` names.
    ///
    /// # Errors
    /// As [`StoreChoice::of_store`].
    pub fn of_target(
        target: &cli::RemoteTarget,
        inherited: Inherited<'_>,
    ) -> Result<Option<Self>, Error> {
        target.remote.map(|named| Self::of_one(named, &target.timeout, inherited)).transpose()
    }

    /// This kind of store, and no other.
    pub fn of_kind(kind: StoreKind, timeout: Duration) -> Self {
        Self { stores: vec![kind], local: false, time: TimeLimit::new(timeout) }
    }

    fn of_one(
        named: Option<StoreKind>,
        timeout: &cli::Timeout,
        inherited: Inherited<'_>,
    ) -> Result<Self, Error> {
        let time = TimeLimit::new(time(timeout, inherited)?);
        let given = cli::StoreOptions { remote: named.into_iter().collect(), ..Default::default() };
        let stores = variable!(given.remote).all(inherited)?;
        if stores.len() > 1 {
            return Err(Error::Usage {
                problem: "PFX_REMOTE names several stores, but this command uses only one"
                    .to_owned(),
                hint: "choose one with `--remote=STORE`".to_owned(),
            });
        }
        Ok(Self { stores, local: false, time })
    }

    /// The stores in the order in which they are used. Of each inner list, the first that is configured counts.
    pub fn chain(&self) -> Vec<Vec<StoreKind>> {
        if self.stores.is_empty() {
            return vec![StoreKind::all().to_vec()];
        }
        let mut chain: Vec<Vec<StoreKind>> = Vec::new();
        for &kind in &self.stores {
            // If a store is named twice, the first position counts.
            if !chain.contains(&vec![kind]) {
                chain.push(vec![kind]);
            }
        }
        chain
    }
}

/// The time limit for remote stores.
///
/// # Errors
/// [`Error::Usage`] if `PFX_TIMEOUT` is used and is not a valid time.
pub fn time(given: &cli::Timeout, inherited: Inherited<'_>) -> Result<Duration, Error> {
    Ok(variable!(given.timeout).value(inherited, cli::seconds)?.unwrap_or(TIMEOUT))
}
