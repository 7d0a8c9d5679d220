//! Prefect 2 and 3, a server or the Cloud: Secret blocks, any block's fields, and Variables, over REST.

mod blocks;
pub mod names;
mod refusal;
mod session;
mod variables;
pub mod wire;

use std::collections::BTreeSet;

use serde_json::Value;
use serde_json::value::RawValue;

use self::blocks::{SECRET, Wanted};
use self::session::Session;
use super::http::Client;
use super::{Answer, Store};
use crate::error::{Error, ValueFault};
use crate::json;
use crate::reference::Reference;
use crate::secret::SecretValue;

/// One server, or one workspace of the Cloud.
pub struct Prefect {
    session: Session,
    /// What a person should know about its settings, each a sentence.
    notes: Vec<String>,
}

impl Prefect {
    #[must_use]
    pub const fn new(client: Client, notes: Vec<String>) -> Self {
        Self { session: Session::new(client), notes }
    }
}

impl Store for Prefect {
    fn place(&self) -> String {
        self.session.url().to_owned()
    }

    fn notes(&self) -> Vec<String> {
        self.notes.clone()
    }

    fn probe(&self) -> Result<Vec<(String, String)>, Error> {
        let count = self.session.send(blocks::count_request(&self.session))?;
        let mut facts = vec![("blocks".to_owned(), blocks::count(&self.session, &count)?)];
        // The Cloud need not tell its version.
        let version = self.session.version()?;
        facts.extend(version.map(|version| ("version".to_owned(), version.to_owned())));
        Ok(facts)
    }

    fn keeps(&self, reference: &Reference) -> bool {
        !matches!(reference, Reference::Env(_))
    }

    fn look_up(&self, wanted: &BTreeSet<&Reference>) -> Result<Vec<Answer>, Error> {
        let mut blocks = Wanted::default();
        let mut keys = BTreeSet::new();
        for reference in wanted {
            match reference {
                Reference::Secret(name) => {
                    if let Some(name) = names::of_block(name) {
                        blocks.add(SECRET, name);
                    }
                }
                Reference::Block { slug, name } => blocks.add(slug, name.clone()),
                Reference::Key(key) => keys.extend(names::of_variable(key)),
                Reference::Env(_) => {}
            }
        }
        let mut requests = blocks.requests(&self.session);
        let of_blocks = requests.len();
        requests.extend(variables::requests(&self.session, &keys));
        if requests.is_empty() {
            return Ok(Vec::new());
        }
        let mut responses = self.session.send_all(&requests)?;
        let variables = variables::read(&self.session, &responses.split_off(of_blocks))?;
        let blocks = blocks.read(&self.session, responses)?;

        let mut answers = Vec::new();
        for &reference in wanted {
            let found = match reference {
                Reference::Secret(name) => {
                    let block = names::of_block(name);
                    let block = block.and_then(|block| blocks.get(&(SECRET.into(), block)));
                    let Some(block) = block else { continue };
                    let value = SecretValue::of_raw_json(name, blocks::value(name, &block.data)?)?;
                    let block = &block.name;
                    (value, (block != name).then(|| format!("block {SECRET}/{block}")))
                }
                Reference::Block { slug, name } => {
                    let Some(block) = blocks.get(&(slug.clone(), name.clone())) else { continue };
                    let value = SecretValue::of_raw_json(&reference.name(), &block.data)?;
                    (value.with_caution(blocks::caution(block)), None)
                }
                Reference::Key(key) => {
                    let names = names::of_variable(key);
                    let found = names.iter().find_map(|name| variables.get_key_value(name));
                    let Some((variable, value)) = found else { continue };
                    if json::is_null(value.get()) {
                        return Err(Error::Value { name: key.clone(), fault: ValueFault::Null });
                    }
                    let found_as = (variable != key).then(|| format!("variable {variable}"));
                    (SecretValue::of_raw_json(key, value)?, found_as)
                }
                Reference::Env(_) => continue,
            };
            let (value, found_as) = found;
            answers.push(Answer { reference: reference.clone(), value, found_as });
        }
        Ok(answers)
    }

    fn secrets(&self) -> Result<Vec<String>, Error> {
        blocks::list(&self.session).map(sorted)
    }

    fn set_secret(&self, name: &str, value: &Value) -> Result<(), Error> {
        blocks::set(&self.session, name, value)
    }

    fn delete_secret(&self, name: &str) -> Result<bool, Error> {
        blocks::delete(&self.session, name)
    }

    fn keys(&self) -> Result<Vec<String>, Error> {
        variables::list(&self.session).map(sorted)
    }

    fn key(&self, key: &str) -> Result<Option<Box<RawValue>>, Error> {
        let names = names::of_variable(key);
        let asked: BTreeSet<String> = names.iter().cloned().collect();
        let responses = self.session.send_all(&variables::requests(&self.session, &asked))?;
        let mut found = variables::read(&self.session, &responses)?;
        Ok(names.iter().find_map(|name| found.remove(name)))
    }

    fn set_key(&self, key: &str, value: &Value, tags: &[String]) -> Result<(), Error> {
        variables::set(&self.session, key, value, tags)
    }

    fn delete_key(&self, key: &str) -> Result<bool, Error> {
        variables::delete(&self.session, key)
    }

    fn written_as(&self, reference: &Reference) -> Option<String> {
        match reference {
            Reference::Secret(name) => names::of_block(name),
            Reference::Key(key) => names::of_variable(key).into_iter().next(),
            Reference::Block { .. } | Reference::Env(_) => None,
        }
    }

    fn values(&self, keys: &[&str]) -> Result<Vec<Option<Value>>, Error> {
        let asked: BTreeSet<String> = keys.iter().map(|&key| key.to_owned()).collect();
        let responses = self.session.send_all(&variables::requests(&self.session, &asked))?;
        let found = variables::read(&self.session, &responses)?;
        let built = |key: &&str| {
            let raw = found.get(*key)?;
            let fault =
                |_| Error::Value { name: (*key).to_owned(), fault: ValueFault::HalfCharacter };
            Some(serde_json::from_str(raw.get()).map_err(fault))
        };
        keys.iter().map(|key| built(key).transpose()).collect()
    }

    fn fits(&self, key: &str, value: &Value) -> Result<(), Error> {
        variables::fits(&self.session, key, value).map(|_| ())
    }
}

fn sorted(mut names: Vec<String>) -> Vec<String> {
    names.sort_unstable();
    names.dedup();
    names
}
