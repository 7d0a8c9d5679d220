//! Prefect Cloud 1.x: secrets and the key-value store, over GraphQL.

mod answer;
mod decode;
mod session;
mod wire;

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde::de::IgnoredAny;
use serde_json::Value;
use serde_json::value::RawValue;

use self::session::Session;
use super::ascii_json::ascii_json;
use super::http::{Client, Effect};
use super::{Answer, Store};
use crate::error::{Error, RemoteFault, ValueFault};
use crate::json;
use crate::reference::Reference;
use crate::secret::{Form, SecretValue};

/// The longest value of a key, in characters of its JSON (`backend/kv_store.py`: 10 KB).
const LONGEST_VALUE: usize = 10_000;

/// One tenant of Prefect Cloud 1.x.
pub struct Cloud1 {
    session: Session,
    /// Why secrets are not looked for here, if they are not.
    without_secrets: Option<String>,
    notes: Vec<String>,
}

impl Cloud1 {
    /// `tenant` is a UUID in canonical form; it is sent only along with a credential, as Prefect does.
    /// `notes` are what a person should know about the configuration.
    #[must_use]
    pub fn new(
        client: Client,
        tenant: Option<&str>,
        without_secrets: Option<String>,
        notes: Vec<String>,
    ) -> Self {
        Self { session: Session::new(client, tenant), without_secrets, notes }
    }
}

impl Store for Cloud1 {
    fn place(&self) -> String {
        self.session.place()
    }

    fn keeps(&self, reference: &Reference) -> bool {
        match reference {
            Reference::Key(_) => true,
            Reference::Secret(_) => self.without_secrets.is_none(),
            Reference::Block { .. } | Reference::Env(_) => false,
        }
    }

    fn not_asked(&self, reference: &Reference) -> Option<String> {
        match reference {
            Reference::Secret(_) => self.without_secrets.clone(),
            Reference::Block { .. } => {
                Some("Prefect Cloud 1.x has no blocks; Prefect 2 and 3 have".to_owned())
            }
            Reference::Env(_) | Reference::Key(_) => None,
        }
    }

    fn notes(&self) -> Vec<String> {
        self.notes.clone()
    }

    fn probe(&self) -> Result<Vec<(String, String)>, Error> {
        let tenant = self.session.one(wire::auth_info(), Effect::Read)?.ok_or_else(|| {
            let credential = self.session.credential().to_owned();
            self.session.error(RemoteFault::Unauthorized { status: 200, credential })
        })?;
        Ok(vec![("tenant of the key".to_owned(), tenant)])
    }

    fn look_up(&self, wanted: &BTreeSet<&Reference>) -> Result<Vec<Answer>, Error> {
        let (mut secrets, mut keys) = (Vec::new(), Vec::new());
        for reference in wanted {
            match reference {
                Reference::Secret(name) => secrets.push(name.as_str()),
                Reference::Key(key) => keys.push(key.as_str()),
                Reference::Block { .. } | Reference::Env(_) => {}
            }
        }
        let mut queries = Vec::new();
        if !secrets.is_empty() {
            queries.push(wire::secrets(&secrets));
        }
        if !keys.is_empty() {
            queries.push(wire::values(&keys));
        }
        let values = self.session.ask(&queries, Effect::Read)?.into_iter().flatten();
        let of_secret = secrets.iter().map(|name| Reference::Secret((*name).to_owned()));
        let of_key = keys.iter().map(|key| Reference::Key((*key).to_owned()));
        let mut found = Vec::new();
        for (reference, raw) in of_secret.chain(of_key).zip(values) {
            let Some(raw) = raw else { continue };
            let name = reference.name();
            if json::is_null(raw.get()) {
                return Err(Error::Value { name, fault: ValueFault::Null });
            }
            let value = SecretValue::of_raw_json(&name, &raw)?;
            // The text of a secret meets `json.loads`, as a local one does; other values are what they are.
            let value = match (&reference, value.form()) {
                (Reference::Secret(_), Form::Text) => {
                    SecretValue::perhaps_json(&name, value.expose())?
                }
                _ => value,
            };
            found.push(Answer { reference, value, found_as: None });
        }
        Ok(found)
    }

    fn secrets(&self) -> Result<Vec<String>, Error> {
        self.session.one(wire::secret_names(), Effect::Read)
    }

    fn set_secret(&self, name: &str, value: &Value) -> Result<(), Error> {
        // No reader could be handed it.
        if value.is_null() {
            return Err(Error::Value { name: name.to_owned(), fault: ValueFault::Null });
        }
        self.session.write(wire::set_secret(name, &read_back(value)))
    }

    fn delete_secret(&self, name: &str) -> Result<bool, Error> {
        // The API tells no difference between a secret that was not there and one that it would not
        // delete, so the names are asked for first.
        if !self.secrets()?.iter().any(|other| other == name) {
            return Ok(false);
        }
        self.session.write(wire::delete_secret(name))?;
        Ok(true)
    }

    fn keys(&self) -> Result<Vec<String>, Error> {
        self.session.one(wire::keys(), Effect::Read)
    }

    fn key(&self, key: &str) -> Result<Option<Box<RawValue>>, Error> {
        self.session.one(wire::values(&[key]), Effect::Read)
    }

    fn set_key(&self, key: &str, value: &Value, tags: &[String]) -> Result<(), Error> {
        let unsupported =
            |problem, hint| self.session.error(RemoteFault::Unsupported { problem, hint });
        if !tags.is_empty() {
            return Err(unsupported("Prefect Cloud 1.x knows no tags".to_owned(), None));
        }
        let length = ascii_json(value).len();
        if length > LONGEST_VALUE {
            let problem = format!(
                "the value of `{key}` takes {length} characters as JSON, and a key holds {LONGEST_VALUE}"
            );
            return Err(unsupported(problem, None));
        }
        self.session.one(wire::set_key(key, value), Effect::Write)
    }

    fn delete_key(&self, key: &str) -> Result<bool, Error> {
        let Some(id) = self.session.one(wire::row_id(key), Effect::Read)? else { return Ok(false) };
        let id = serde_json::from_str(id.get()).map_err(|_| self.session.malformed())?;
        self.session.write(wire::delete_row(&id))?;
        Ok(true)
    }
}

/// What to store so that a reader gets `value`: of a text that is JSON, `Secret.get` makes what it denotes,
/// so such a text goes out as the JSON string of it (`client/secrets.py`: one `json.loads`).
fn read_back(value: &Value) -> Cow<'_, Value> {
    match value {
        Value::String(text) if is_json_to_python(text) => {
            Cow::Owned(Value::String(value.to_string()))
        }
        other => Cow::Borrowed(other),
    }
}

/// Whether Python's `json.loads` may take a text. It takes more than JSON: NaN and the infinities, and halves
/// of surrogate pairs.
fn is_json_to_python(text: &str) -> bool {
    let is_json = serde_json::from_str::<IgnoredAny>(text).is_ok();
    let may_begin = text.trim_start().starts_with(['"', '[', '{', 'N', 'I', '-']);
    is_json || may_begin && ["NaN", "Infinity", "\\u"].iter().any(|more| text.contains(more))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_text_that_is_json_is_stored_as_the_json_string_of_it() {
        for text in
            ["hello", "", "007", "$HOME ~", "null and void", "'x'", "{'a': 1}", "-----BEGIN", "1,2"]
        {
            assert_eq!(*read_back(&json!(text)), json!(text));
        }
        for text in [
            "123",
            "true",
            " null ",
            "\"x\"",
            "{\"a\": 1}",
            "NaN",
            "-Infinity",
            "[NaN]",
            "\"\\ud800\"",
        ] {
            let Value::String(stored) = read_back(&json!(text)).into_owned() else { panic!() };
            assert_eq!(serde_json::from_str::<Value>(&stored).unwrap(), json!(text));
            let read = SecretValue::perhaps_json("X", stored).unwrap();
            assert_eq!(read.expose(), text.as_bytes());
        }
        assert_eq!(*read_back(&json!({"a": "123"})), json!({"a": "123"}));
        assert_eq!(*read_back(&json!(5)), json!(5));
    }
}
