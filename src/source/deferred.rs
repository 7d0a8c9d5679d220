//! A remote store as a source: settled on only when something is asked of it, so that a run that is
//! answered on this machine reads no further file, starts no thread and opens no socket.

use std::cell::OnceCell;
use std::collections::BTreeSet;

use super::{Found, Held, Source};
use crate::error::Error;
use crate::reference::Reference;
use crate::remote::{Answer, Store};

/// What settling gives.
pub enum Settled {
    /// No store is asked, and why: half a sentence for messages, such as "`--local` was given".
    None {
        why: String,
    },
    Store(Box<dyn Store>),
}

/// The remote store of one invocation.
pub struct Remote<'a> {
    settle: Box<dyn Fn() -> Result<Settled, Error> + 'a>,
    settled: OnceCell<Settled>,
}

impl<'a> Remote<'a> {
    /// `settle` decides which store to ask; it is called once at most.
    #[must_use]
    pub fn new(settle: impl Fn() -> Result<Settled, Error> + 'a) -> Self {
        Self { settle: Box::new(settle), settled: OnceCell::new() }
    }

    /// The decision, made now if it was not yet.
    ///
    /// # Errors
    /// What `settle` gives: configuration that is broken or contradicts itself.
    pub fn settled(&self) -> Result<&Settled, Error> {
        if let Some(settled) = self.settled.get() {
            return Ok(settled);
        }
        let settled = (self.settle)()?;
        Ok(self.settled.get_or_init(|| settled))
    }
}

impl Source for Remote<'_> {
    fn places(&self) -> Vec<String> {
        match self.settled.get() {
            Some(Settled::Store(store)) => vec![store.place()],
            Some(Settled::None { .. }) | None => Vec::new(),
        }
    }

    fn not_asked(&self, reference: &Reference) -> Option<String> {
        match self.settled.get() {
            _ if matches!(reference, Reference::Env(_)) => None,
            Some(Settled::None { why }) => Some(why.clone()),
            Some(Settled::Store(store)) => store.not_asked(reference),
            None => None,
        }
    }

    fn notes(&self) -> Vec<String> {
        match self.settled.get() {
            Some(Settled::Store(store)) => store.notes(),
            Some(Settled::None { .. }) | None => Vec::new(),
        }
    }

    fn keeps(&self, reference: &Reference) -> bool {
        match self.settled.get() {
            Some(Settled::Store(store)) => store.keeps(reference),
            Some(Settled::None { .. }) | None => !matches!(reference, Reference::Env(_)),
        }
    }

    fn look_up(&self, wanted: &[&Reference]) -> Result<Found, Error> {
        let Settled::Store(store) = self.settled()? else { return Ok(Found::new()) };
        let kept: BTreeSet<&Reference> =
            wanted.iter().copied().filter(|reference| store.keeps(reference)).collect();
        if kept.is_empty() {
            return Ok(Found::new());
        }
        let place = store.place();
        let held = |Answer { reference, value, found_as }: Answer| {
            let place = match found_as {
                Some(found_as) => format!("{place} ({found_as})"),
                None => place.clone(),
            };
            (reference, Held { value, place })
        };
        Ok(store.look_up(&kept)?.into_iter().map(held).collect())
    }

    fn secrets(&self) -> Result<Vec<String>, Error> {
        match self.settled()? {
            Settled::Store(store) if store.keeps(&Reference::Secret(String::new())) => {
                store.secrets()
            }
            Settled::None { .. } | Settled::Store(_) => Ok(Vec::new()),
        }
    }

    fn is_remote(&self) -> bool {
        true
    }
}
