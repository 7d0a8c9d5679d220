//! A remote store that is chosen and opened only when it is needed, so that a run with only local values reads no
//! further file, starts no thread and opens no socket.

use std::cell::OnceCell;

use super::{Found, Keeps, Place, Source, Store};
use crate::error::Error;
use crate::notice::Notice;
use crate::reference::Reference;

/// The store that was chosen.
pub enum Settled {
    /// No store is used. `why` is a clause for messages, such as "`--local` was given".
    None {
        why: String,
    },
    Store(Box<dyn Store>),
}

/// A remote store of one run of pfx.
pub struct Deferred<'a> {
    settle: Box<dyn Fn() -> Result<Settled, Error> + 'a>,
    settled: OnceCell<Settled>,
}

impl<'a> Deferred<'a> {
    /// `settle` chooses the store. It is called at most once.
    pub fn new(settle: impl Fn() -> Result<Settled, Error> + 'a) -> Self {
        Self { settle: Box::new(settle), settled: OnceCell::new() }
    }

    /// The choice, which is made now if it was not made before.
    ///
    /// # Errors
    /// Those of `settle`: the configuration is broken or contradicts itself.
    pub fn settled(&self) -> Result<&Settled, Error> {
        if let Some(settled) = self.settled.get() {
            return Ok(settled);
        }
        let settled = (self.settle)()?;
        Ok(self.settled.get_or_init(|| settled))
    }

    /// The store, if one was chosen.
    fn store(&self) -> Option<&dyn Store> {
        match self.settled.get()? {
            Settled::Store(store) => Some(&**store),
            Settled::None { .. } => None,
        }
    }
}

impl Source for Deferred<'_> {
    fn place(&self) -> Place {
        self.store().map_or(Place::remote(Vec::new()), Source::place)
    }

    fn keeps(&self, reference: &Reference) -> Keeps<'_> {
        match self.settled.get() {
            _ if matches!(reference, Reference::Env(_)) => Keeps::No,
            Some(Settled::None { why }) => Keeps::NotAsked(why),
            Some(Settled::Store(store)) => store.keeps(reference),
            None => Keeps::Yes,
        }
    }

    fn look_up(&self, wanted: &[&Reference]) -> Result<Found, Error> {
        let Settled::Store(store) = self.settled()? else { return Ok(Found::new()) };
        let kept = wanted.iter().copied().filter(|one| store.keeps(one) == Keeps::Yes);
        let kept: Vec<&Reference> = kept.collect();
        if kept.is_empty() { Ok(Found::new()) } else { store.look_up(&kept) }
    }

    fn secrets(&self) -> Result<Vec<String>, Error> {
        match self.settled()? {
            Settled::Store(store)
                if store.keeps(&Reference::Secret(String::new())) == Keeps::Yes =>
            {
                store.secrets()
            }
            Settled::None { .. } | Settled::Store(_) => Ok(Vec::new()),
        }
    }

    fn notes(&self) -> Vec<Notice> {
        self.store().map(Source::notes).unwrap_or_default()
    }
}
