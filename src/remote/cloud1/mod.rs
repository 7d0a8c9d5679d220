//! Prefect Cloud 1.x: secrets and the key-value store, over GraphQL.

mod decode;
mod response;
mod session;
mod wire;

use std::borrow::Cow;

use serde::de::IgnoredAny;
use serde_json::Value;

use self::session::Cloud1Session;
use super::ascii_json::ascii_json;
use super::http::{Client, Effect};
use crate::error::{Error, RemoteFault, ValueFault};
use crate::notice::Notice;
use crate::reference::Reference;
use crate::secret::{Form, SecretValue};
use crate::source::{Collection, Found, FoundValue, NewEntry, Place, Source, Store, Support};

/// The longest value of a key, in characters of JSON (`backend/kv_store.py`: 10 KB).
const LONGEST_VALUE: usize = 10_000;

/// One tenant of Prefect Cloud 1.x.
pub struct Cloud1 {
    session: Cloud1Session,
    /// Why secrets are not looked up here, if they are not.
    without_secrets: Option<String>,
    notices: Vec<Notice>,
}

impl Cloud1 {
    /// `tenant` is a UUID in canonical form. As in Prefect, it is sent only together with a credential. `notices` are
    /// notices about the configuration.
    pub fn new(
        client: Client,
        tenant: Option<&str>,
        without_secrets: Option<String>,
        notices: Vec<Notice>,
    ) -> Self {
        Self { session: Cloud1Session::new(client, tenant), without_secrets, notices }
    }
}

impl Source for Cloud1 {
    fn place(&self) -> Place {
        Place::remote(vec![self.session.place()])
    }

    fn supports(&self, reference: &Reference) -> Support<'_> {
        match (reference, &self.without_secrets) {
            (Reference::Secret(_), Some(why)) => Support::NotUsed(why),
            (Reference::Kv(_) | Reference::Secret(_), _) => Support::Yes,
            (Reference::Block { .. }, _) => {
                Support::NotUsed("Prefect Cloud 1.x has no blocks (Prefect 2 and 3 do)")
            }
            (Reference::Env(_), _) => Support::No,
        }
    }

    fn look_up(&self, wanted: &[&Reference]) -> Result<Found, Error> {
        let (mut secrets, mut keys) = (Vec::new(), Vec::new());
        for reference in wanted {
            match reference {
                Reference::Secret(name) => secrets.push(name.as_str()),
                Reference::Kv(key) => keys.push(key.as_str()),
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
        let values = self.session.send_all(&queries, Effect::Read)?.into_iter().flatten();
        let of_secret = secrets.iter().map(|name| Reference::Secret((*name).to_owned()));
        let of_key = keys.iter().map(|key| Reference::Kv((*key).to_owned()));
        let mut found = Found::new();
        for (reference, raw) in of_secret.chain(of_key).zip(values) {
            let Some(raw) = raw else { continue };
            let value = SecretValue::as_stored(&reference.name(), &raw)?;
            // As in Prefect, `json.loads` is applied to the text of a secret, as to a local one, and not to other
            // values.
            let value = match (&reference, value.form(), value.caution()) {
                (Reference::Secret(name), Form::Text, None) => {
                    SecretValue::maybe_json(name, value.expose())?
                }
                _ => value,
            };
            found.insert(reference, FoundValue::new(value, self.session.place()));
        }
        Ok(found)
    }

    fn secrets(&self) -> Result<Vec<String>, Error> {
        self.list(Collection::Secrets)
    }

    fn notices(&self) -> Vec<Notice> {
        self.notices.clone()
    }
}

impl Store for Cloud1 {
    fn probe(&self) -> Result<Vec<(String, String)>, Error> {
        let tenant = self.session.send_one(wire::auth_info(), Effect::Read)?.ok_or_else(|| {
            let credential = self.session.credential().to_owned();
            self.session.error(RemoteFault::Unauthorized { status: 200, credential })
        })?;
        Ok(vec![("tenant of the API key".to_owned(), tenant)])
    }

    fn list(&self, collection: Collection) -> Result<Vec<String>, Error> {
        let query = match collection {
            Collection::Kv => wire::keys(),
            Collection::Secrets => wire::secret_names(),
        };
        self.session.send_one(query, Effect::Read)
    }

    fn set(&self, entry: &NewEntry<'_>) -> Result<(), Error> {
        match entry.collection {
            Collection::Kv => self.set_key(entry),
            Collection::Secrets => self.set_secret(entry),
        }
    }

    fn delete(&self, collection: Collection, name: &str) -> Result<bool, Error> {
        match collection {
            Collection::Kv => self.delete_key(name),
            Collection::Secrets => self.delete_secret(name),
        }
    }
}

impl Cloud1 {
    fn set_secret(&self, entry: &NewEntry<'_>) -> Result<(), Error> {
        let NewEntry { name, value, dry_run, .. } = *entry;
        // Nobody could read it: `null` is an error for every reader.
        if value.is_null() {
            return Err(Error::Value { name: name.to_owned(), fault: ValueFault::Null });
        }
        if dry_run {
            return Ok(());
        }
        self.session.write(wire::set_secret(name, &stored_form(value)))
    }

    fn delete_secret(&self, name: &str) -> Result<bool, Error> {
        // The API gives the same response for a secret that does not exist and for one that it refuses to delete, so
        // the names are requested first.
        if !self.secrets()?.iter().any(|other| other == name) {
            return Ok(false);
        }
        self.session.write(wire::delete_secret(name))?;
        Ok(true)
    }

    fn set_key(&self, entry: &NewEntry<'_>) -> Result<(), Error> {
        let NewEntry { name, value, tags, dry_run, .. } = *entry;
        let unsupported =
            |problem, hint| self.session.error(RemoteFault::Unsupported { problem, hint });
        if !tags.is_empty() {
            return Err(unsupported("Prefect Cloud 1.x does not support tags".to_owned(), None));
        }
        let length = ascii_json(value).len();
        if length > LONGEST_VALUE {
            let problem = format!(
                "the value of `{name}` is {length} characters long as JSON; the limit is {LONGEST_VALUE}"
            );
            return Err(unsupported(problem, None));
        }
        if dry_run {
            return Ok(());
        }
        self.session.send_one(wire::set_key(name, value), Effect::Write)
    }

    fn delete_key(&self, key: &str) -> Result<bool, Error> {
        let Some(id) = self.session.send_one(wire::row_id(key), Effect::Read)? else {
            return Ok(false);
        };
        let id = serde_json::from_str(id.get()).map_err(|_| self.session.malformed())?;
        self.session.write(wire::delete_row(&id))?;
        Ok(true)
    }
}

/// What to store so that a reader gets `value`. `Secret.get` parses a text that is JSON, so such a text is stored as a
/// JSON string that contains it (`client/secrets.py`: one `json.loads`).
fn stored_form(value: &Value) -> Cow<'_, Value> {
    match value {
        Value::String(text) if is_json_to_python(text) => {
            Cow::Owned(Value::String(value.to_string()))
        }
        other => Cow::Borrowed(other),
    }
}

/// Whether Python's `json.loads` may accept a text. It accepts more than JSON: NaN, the infinities, and unpaired
/// surrogates.
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
    fn a_text_that_is_json_is_stored_as_a_json_string() {
        for text in
            ["hello", "", "007", "$HOME ~", "null and void", "'x'", "{'a': 1}", "-----BEGIN", "1,2"]
        {
            assert_eq!(*stored_form(&json!(text)), json!(text));
        }
        for text in [
            "123", "true", " null ", "\"x\"", "{\"a\": 1}", "NaN", "-Infinity", "[NaN]",
            "\"\\ud800\"",
        ] {
            let Value::String(stored) = stored_form(&json!(text)).into_owned() else { panic!() };
            assert_eq!(serde_json::from_str::<Value>(&stored).unwrap(), json!(text));
            let read = SecretValue::maybe_json("X", stored).unwrap();
            assert_eq!(read.expose(), text.as_bytes());
        }
        assert_eq!(*stored_form(&json!({"a": "123"})), json!({"a": "123"}));
        assert_eq!(*stored_form(&json!(5)), json!(5));
    }
}
