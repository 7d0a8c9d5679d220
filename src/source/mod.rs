//! Places that hold values: what pfx asks of one, whichever it is. Each place is asked once for all its names.

pub mod deferred;
pub mod directory;
pub mod inherited;
pub mod local;

use std::collections::BTreeMap;
use std::ops::Deref;

use serde_json::Value;

use crate::error::Error;
use crate::notice::Notice;
use crate::reference::{Kind, Reference};
use crate::secret::SecretValue;

/// A place that may hold values.
pub trait Source {
    /// Where a person would look.
    fn place(&self) -> Place;

    /// Whether this source is asked for such a thing.
    fn keeps(&self, reference: &Reference) -> Keeps<'_>;

    /// Those of `wanted` that are here. One that is absent is absent from the answer: not having a thing is
    /// no error, being unable to say is. `wanted` is never empty, sorted, without duplicates, and holds
    /// only what this keeps.
    ///
    /// # Errors
    /// Whatever kept the source from answering. No other source is asked then: after a time-out or a
    /// broken file, the next one's answer could be the wrong value.
    fn look_up(&self, wanted: &[&Reference]) -> Result<Found, Error>;

    /// The names of all secrets here, sorted.
    ///
    /// # Errors
    /// As [`Source::look_up`].
    fn secrets(&self) -> Result<Vec<String>, Error>;

    /// What a person should know about this source, as far as it was asked.
    fn notes(&self) -> Vec<Notice> {
        Vec::new()
    }
}

/// A source that pfx can also write to.
///
/// A write is sent again only if the store says that it did not do it.
pub trait Store: Source {
    /// Asks for something small that only a valid credential gets. What the store says about itself and the
    /// credential, as names and values for a person.
    ///
    /// # Errors
    /// [`Error::Remote`].
    fn probe(&self) -> Result<Vec<(String, String)>, Error>;

    /// The names of all that a collection has, sorted.
    ///
    /// # Errors
    /// [`Error::Remote`].
    fn list(&self, collection: Collection) -> Result<Vec<String>, Error>;

    /// Creates a thing or replaces its value.
    ///
    /// # Errors
    /// [`Error::Remote`]; [`Error::Value`] for a value that the store does not take.
    fn set(&self, entry: &NewEntry<'_>) -> Result<(), Error>;

    /// Deletes a thing; `false` if there is none.
    ///
    /// # Errors
    /// [`Error::Remote`].
    fn delete(&self, collection: Collection, name: &str) -> Result<bool, Error>;

    /// The name that the store gives to a thing of this name; `None` if it cannot have it under any.
    fn stored_name(&self, _: Collection, name: &str) -> Option<String> {
        Some(name.to_owned())
    }
}

/// The two kinds of things that a store lets pfx write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Collection {
    /// The key-value store of Prefect Cloud 1.x, the Variables of Prefect 2 and 3.
    Kv,
    Secrets,
}

impl Collection {
    /// What its things are.
    pub const fn kind(self) -> Kind {
        match self {
            Self::Kv => Kind::Kv,
            Self::Secrets => Kind::Secret,
        }
    }
}

/// What is to be stored.
#[derive(Clone, Copy)]
pub struct NewEntry<'e> {
    pub collection: Collection,
    pub name: &'e str,
    pub value: &'e Value,
    /// Tags of a Variable; none leaves those that it has.
    pub tags: &'e [String],
    /// Whether the entry is only judged, as far as that is possible, and nothing is stored.
    pub dry_run: bool,
}

impl<'e> NewEntry<'e> {
    pub const fn new(collection: Collection, name: &'e str, value: &'e Value) -> Self {
        Self { collection, name, value, tags: &[], dry_run: false }
    }
}

/// Where a source keeps what it has.
#[derive(Debug)]
pub struct Place {
    /// Paths or a URL, strongest first, never a value. For messages.
    pub shown: Vec<String>,
    pub author: Author,
}

/// Who gives the names in a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Author {
    /// Whoever may write to a remote store. Such a name must not decide what the command does (`LD_PRELOAD`).
    Remote,
    /// The user of this machine.
    User,
}

impl Place {
    /// A place on this machine.
    pub const fn local(shown: Vec<String>) -> Self {
        Self { shown, author: Author::User }
    }

    /// A place that others write to.
    pub const fn remote(shown: Vec<String>) -> Self {
        Self { shown, author: Author::Remote }
    }
}

/// Whether a source is asked for a thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeps<'s> {
    /// It never has such things.
    No,
    /// It could have them and is not asked; why, as half a sentence for messages.
    NotAsked(&'s str),
    Yes,
}

impl Keeps<'_> {
    /// [`Keeps::Yes`] if `yes`, else [`Keeps::No`].
    pub const fn only_if(yes: bool) -> Self {
        if yes { Self::Yes } else { Self::No }
    }
}

/// What a source has of what it was asked for.
pub type Found = BTreeMap<Reference, Held>;

/// A value, and exactly where it was found.
#[derive(Debug)]
pub struct Held {
    pub value: SecretValue,
    pub place: String,
    /// Whether it is kept under exactly the name that was asked for.
    pub is_exact: bool,
}

impl Held {
    /// A value that is kept under the name that was asked for.
    pub const fn new(value: SecretValue, place: String) -> Self {
        Self { value, place, is_exact: true }
    }

    /// A value that is kept under another name: the block `db-password` for `DB_PASSWORD`.
    pub fn under_other_name(value: SecretValue, place: &str, name: &str) -> Self {
        Self { value, place: format!("{place} ({name})"), is_exact: false }
    }
}

/// Whatever leads to a source is that source.
impl<P: Deref<Target: Source>> Source for P {
    fn place(&self) -> Place {
        (**self).place()
    }

    fn keeps(&self, reference: &Reference) -> Keeps<'_> {
        (**self).keeps(reference)
    }

    fn look_up(&self, wanted: &[&Reference]) -> Result<Found, Error> {
        (**self).look_up(wanted)
    }

    fn secrets(&self) -> Result<Vec<String>, Error> {
        (**self).secrets()
    }

    fn notes(&self) -> Vec<Notice> {
        (**self).notes()
    }
}
