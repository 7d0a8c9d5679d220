//! A remote store that is chosen and opened only when it is needed, so that a run with only local values reads no
//! further file, starts no thread and opens no socket.

use std::cell::OnceCell;

use super::{Found, Place, Source, Store, Support};
use crate::error::Error;
use crate::notice::Notice;
use crate::reference::Reference;

/// The store that was chosen.
pub enum ChosenStore {
    /// No store is used. `why` is a clause for messages, such as "`--local` was given".
    None {
        why: String,
    },
    Store(Box<dyn Store>),
}

/// A remote store of one run of pfx.
pub struct LazyStore<'a> {
    choose: Box<dyn Fn() -> Result<ChosenStore, Error> + 'a>,
    chosen: OnceCell<ChosenStore>,
}

impl<'a> LazyStore<'a> {
    /// `choose` chooses the store. It is called at most once.
    pub fn new(choose: impl Fn() -> Result<ChosenStore, Error> + 'a) -> Self {
        Self { choose: Box::new(choose), chosen: OnceCell::new() }
    }

    /// The choice, which is made now if it was not made before.
    ///
    /// # Errors
    /// Those of `choose`: the configuration is broken or contradicts itself.
    pub fn chosen(&self) -> Result<&ChosenStore, Error> {
        if let Some(chosen) = self.chosen.get() {
            return Ok(chosen);
        }
        let chosen = (self.choose)()?;
        Ok(self.chosen.get_or_init(|| chosen))
    }

    /// The store, if one was chosen.
    fn store(&self) -> Option<&dyn Store> {
        match self.chosen.get()? {
            ChosenStore::Store(store) => Some(&**store),
            ChosenStore::None { .. } => None,
        }
    }
}

impl Source for LazyStore<'_> {
    fn place(&self) -> Place {
        self.store().map_or(Place::remote(Vec::new()), Source::place)
    }

    fn supports(&self, reference: &Reference) -> Support<'_> {
        match self.chosen.get() {
            _ if matches!(reference, Reference::Env(_)) => Support::No,
            Some(ChosenStore::None { why }) => Support::NotUsed(why),
            Some(ChosenStore::Store(store)) => store.supports(reference),
            None => Support::Yes,
        }
    }

    fn look_up(&self, wanted: &[&Reference]) -> Result<Found, Error> {
        let ChosenStore::Store(store) = self.chosen()? else { return Ok(Found::new()) };
        let supported = wanted.iter().copied().filter(|one| store.supports(one) == Support::Yes);
        let supported: Vec<&Reference> = supported.collect();
        if supported.is_empty() { Ok(Found::new()) } else { store.look_up(&supported) }
    }

    fn secrets(&self) -> Result<Vec<String>, Error> {
        match self.chosen()? {
            ChosenStore::Store(store)
                if store.supports(&Reference::Secret(String::new())) == Support::Yes =>
            {
                store.secrets()
            }
            ChosenStore::None { .. } | ChosenStore::Store(_) => Ok(Vec::new()),
        }
    }

    fn notices(&self) -> Vec<Notice> {
        self.store().map(Source::notices).unwrap_or_default()
    }
}
