//! Stores over the network: what pfx asks of one, whichever it is, and what all of them need.

pub mod address;
pub mod ascii_json;
mod cause;
pub mod cloud1;
mod exchange;
pub mod http;
mod names;
mod network;
pub mod prefect;
pub mod progress;
pub mod retry;
mod weight;

use std::collections::BTreeSet;

use serde_json::Value;
use serde_json::value::RawValue;

use crate::error::Error;
use crate::reference::Reference;
use crate::secret::SecretValue;

/// One remote store: Prefect Cloud 1.x, or a server or workspace of Prefect 2 and 3.
///
/// Every method may give [`Error::Remote`]. A write is sent again only if the server says that it did not do it.
#[expect(clippy::missing_errors_doc, reason = "the errors of all methods are told above")]
pub trait Store {
    /// What a person calls it: the API's URL, without credentials.
    fn place(&self) -> String;

    /// Whether things of this kind are kept here at all.
    fn keeps(&self, reference: &Reference) -> bool;

    /// Why such a thing is not looked for here; half a sentence for messages.
    fn not_asked(&self, _: &Reference) -> Option<String> {
        None
    }

    /// What happened meanwhile that a person may want to know.
    fn notes(&self) -> Vec<String> {
        Vec::new()
    }

    /// Asks for something small that only a valid credential gets; what the store says of who asks, as
    /// names and values for a person.
    fn probe(&self) -> Result<Vec<(String, String)>, Error>;

    /// Those of `wanted` that are here, in one request for each kind of thing and those side by side. What
    /// is absent is absent from the answer. `wanted` is never empty.
    fn look_up(&self, wanted: &BTreeSet<&Reference>) -> Result<Vec<Answer>, Error>;

    /// The names of all secrets, sorted.
    fn secrets(&self) -> Result<Vec<String>, Error>;

    /// Creates a secret or replaces its value.
    fn set_secret(&self, name: &str, value: &Value) -> Result<(), Error>;

    /// Deletes a secret; `false` if there is none.
    fn delete_secret(&self, name: &str) -> Result<bool, Error>;

    /// All keys of the key-value store, sorted.
    fn keys(&self) -> Result<Vec<String>, Error>;

    /// The value of a key, as the store wrote it.
    fn key(&self, key: &str) -> Result<Option<Box<RawValue>>, Error>;

    /// Creates a key or replaces its value.
    fn set_key(&self, key: &str, value: &Value, tags: &[String]) -> Result<(), Error>;

    /// Deletes a key; `false` if there is none.
    fn delete_key(&self, key: &str) -> Result<bool, Error>;

    /// The values of some keys by exactly these names, in their order.
    fn values(&self, keys: &[&str]) -> Result<Vec<Option<Value>>, Error> {
        let wanted: Vec<Reference> =
            keys.iter().map(|key| Reference::Key((*key).to_owned())).collect();
        let found = self.look_up(&wanted.iter().collect())?;
        let value = |reference: &Reference| {
            let answer = found.iter().find(|answer| answer.reference == *reference);
            answer.map(|answer| answer.value.to_json(&reference.name())).transpose()
        };
        wanted.iter().map(value).collect()
    }

    /// The name under which this store keeps a secret or a key; `None` if it has no name for it.
    fn written_as(&self, reference: &Reference) -> Option<String> {
        Some(reference.name())
    }

    /// Whether this store would take a value for a key, as far as that can be told without storing it.
    fn fits(&self, _key: &str, _value: &Value) -> Result<(), Error> {
        Ok(())
    }
}

/// One thing that a store has.
#[derive(Debug)]
pub struct Answer {
    pub reference: Reference,
    pub value: SecretValue,
    /// Where exactly, if that is more than the store and the name: the block `db-password` for
    /// `DB_PASSWORD`.
    pub found_as: Option<String>,
}
