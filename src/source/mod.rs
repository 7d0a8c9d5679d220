//! The interface of all places that hold values. Each source is asked once, for all names.

pub mod directory;
pub mod inherited;
pub mod lazy_store;
pub mod local;

use std::collections::BTreeMap;
use std::ops::Deref;

use serde_json::Value;

use crate::error::Error;
use crate::notice::Notice;
use crate::reference::{Kind, Reference};
use crate::secret::SecretValue;

/// A place that may have values.
pub trait Source {
    /// Where the values are, for messages.
    fn place(&self) -> Place;

    /// Whether this source can look up items of this kind.
    fn supports(&self, reference: &Reference) -> Support<'_>;

    /// The values of the `wanted` items that this source has. An item that it does not have is not an error and is not
    /// in the result. `wanted` is sorted, not empty, without duplicates, and has only items that this source supports.
    ///
    /// # Errors
    /// If the lookup is not possible. The sources after this one are not asked then: after a timeout or a broken
    /// file, the value of the next source could be the wrong one.
    fn look_up(&self, wanted: &[&Reference]) -> Result<Found, Error>;

    /// The names of all secrets in this source, sorted.
    ///
    /// # Errors
    /// As [`Source::look_up`].
    fn secrets(&self) -> Result<Vec<String>, Error>;

    /// Notices about what has been read from this source so far.
    fn notices(&self) -> Vec<Notice> {
        Vec::new()
    }
}

/// A source that pfx can also write to.
///
/// A write is retried only if the store says that it was not done.
pub trait Store: Source {
    /// Sends a small request that needs a valid credential. Returns what the store says about itself and the
    /// credential, as names and values to show.
    ///
    /// # Errors
    /// [`Error::Remote`].
    fn probe(&self) -> Result<Vec<(String, String)>, Error>;

    /// The names of all items in a collection, sorted.
    ///
    /// # Errors
    /// [`Error::Remote`].
    fn list(&self, collection: Collection) -> Result<Vec<String>, Error>;

    /// Creates an item or replaces its value.
    ///
    /// # Errors
    /// [`Error::Remote`]; [`Error::Value`] for a value that the store does not accept.
    fn set(&self, entry: &NewEntry<'_>) -> Result<(), Error>;

    /// Deletes an item; `false` if it does not exist.
    ///
    /// # Errors
    /// [`Error::Remote`].
    fn delete(&self, collection: Collection, name: &str) -> Result<bool, Error>;

    /// The name under which the store stores an item of this name; `None` if it cannot store such an item.
    fn stored_name(&self, _: Collection, name: &str) -> Option<String> {
        Some(name.to_owned())
    }
}

/// The two kinds of items that pfx can write to a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Collection {
    /// The key-value store of Prefect Cloud 1.x, the Variables of Prefect 2 and 3.
    Kv,
    Secrets,
}

impl Collection {
    /// The kind of its items.
    pub const fn kind(self) -> Kind {
        match self {
            Self::Kv => Kind::Kv,
            Self::Secrets => Kind::Secret,
        }
    }
}

/// An item to store.
#[derive(Clone, Copy)]
pub struct NewEntry<'e> {
    pub collection: Collection,
    pub name: &'e str,
    pub value: &'e Value,
    /// The tags of a Variable. An empty list keeps the tags that it has.
    pub tags: &'e [String],
    /// Only check whether the store would accept the entry, as far as possible, and store nothing.
    pub dry_run: bool,
}

impl<'e> NewEntry<'e> {
    pub const fn new(collection: Collection, name: &'e str, value: &'e Value) -> Self {
        Self { collection, name, value, tags: &[], dry_run: false }
    }
}

/// Where a source keeps its values.
#[derive(Debug)]
pub struct Place {
    /// Paths or a URL, highest precedence first, for messages. Never a value.
    pub shown: Vec<String>,
    pub author: Author,
}

/// Who chooses the names in a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Author {
    /// Everyone who may write to a remote store. Such a name must not decide what the command does (`LD_PRELOAD`).
    Remote,
    /// The user of this machine.
    User,
}

impl Place {
    /// A place on this machine.
    pub const fn local(shown: Vec<String>) -> Self {
        Self { shown, author: Author::User }
    }

    /// A place that others can write to.
    pub const fn remote(shown: Vec<String>) -> Self {
        Self { shown, author: Author::Remote }
    }
}

/// Whether a source can look up an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Support<'s> {
    /// The source never has such items.
    No,
    /// The source could have such items, but is not used. A clause says why, for messages.
    NotUsed(&'s str),
    Yes,
}

impl Support<'_> {
    /// [`Support::Yes`] if `yes`, else [`Support::No`].
    pub const fn only_if(yes: bool) -> Self {
        if yes { Self::Yes } else { Self::No }
    }
}

/// The items that a source has of those that were looked up.
pub type Found = BTreeMap<Reference, FoundValue>;

/// A value, and the place where it was found.
#[derive(Debug)]
pub struct FoundValue {
    pub value: SecretValue,
    pub place: String,
    /// Whether the source has it under exactly the name that was looked up.
    pub is_exact: bool,
}

impl FoundValue {
    /// A value that has the name that was looked up.
    pub const fn new(value: SecretValue, place: String) -> Self {
        Self { value, place, is_exact: true }
    }

    /// A value that has another name in the source: the block `db-password` for `DB_PASSWORD`.
    pub fn under_other_name(value: SecretValue, place: &str, name: &str) -> Self {
        Self { value, place: format!("{place} ({name})"), is_exact: false }
    }
}

/// A pointer to a source is a source.
impl<P: Deref<Target: Source>> Source for P {
    fn place(&self) -> Place {
        (**self).place()
    }

    fn supports(&self, reference: &Reference) -> Support<'_> {
        (**self).supports(reference)
    }

    fn look_up(&self, wanted: &[&Reference]) -> Result<Found, Error> {
        (**self).look_up(wanted)
    }

    fn secrets(&self) -> Result<Vec<String>, Error> {
        (**self).secrets()
    }

    fn notices(&self) -> Vec<Notice> {
        (**self).notices()
    }
}
