//! Places that may hold what is wanted. Each is asked for all its names at once.

pub mod deferred;
pub mod directory;
pub mod inherited;
pub mod local;

use std::collections::BTreeMap;

use crate::error::Error;
use crate::reference::Reference;
use crate::secret::SecretValue;

/// A place that may hold values.
pub trait Source {
    /// Where a person would look, strongest first: paths or a host, never a value. For messages.
    fn places(&self) -> Vec<String>;

    /// Why this source was not asked although it could keep what is wanted; half a sentence for messages.
    fn not_asked(&self, _: &Reference) -> Option<String> {
        None
    }

    /// What happened meanwhile that a person may want to know.
    fn notes(&self) -> Vec<String> {
        Vec::new()
    }

    /// Whether things of this kind are kept here at all.
    fn keeps(&self, reference: &Reference) -> bool;

    /// Those of `wanted` that are here. One that is absent is absent from the answer: not having a thing is
    /// no error, being unable to say is. `wanted` is never empty, sorted, without duplicates, and holds
    /// only what this keeps.
    ///
    /// # Errors
    /// Whatever kept the source from answering. No other source is asked then: after a time-out or a
    /// broken file, the next one's answer could be the wrong value.
    fn look_up(&self, wanted: &[&Reference]) -> Result<Found, Error>;

    /// The names of all secrets here.
    ///
    /// # Errors
    /// As [`Source::look_up`].
    fn secrets(&self) -> Result<Vec<String>, Error>;

    /// Whether the names here are written by others than the user of this machine, so that a name must not
    /// decide what the command does (`LD_PRELOAD`).
    fn is_remote(&self) -> bool {
        false
    }
}

/// What a source has of what it was asked for.
pub type Found = BTreeMap<Reference, Held>;

/// A value, and exactly where it was found.
#[derive(Debug)]
pub struct Held {
    pub value: SecretValue,
    pub place: String,
}
