//! Prefect 2 and 3, a server or Prefect Cloud: secret blocks, fields of other blocks, and Variables, over REST.

mod blocks;
pub mod names;
mod refusal;
mod session;
mod variables;
pub mod wire;

use std::collections::BTreeSet;

use self::blocks::{SECRET, WantedBlocks};
use self::session::PrefectSession;
use super::http::Client;
use crate::error::Error;
use crate::notice::Notice;
use crate::reference::Reference;
use crate::secret::SecretValue;
use crate::source::{Collection, Found, FoundValue, NewEntry, Place, Source, Store, Support};

/// One server, or one workspace of Prefect Cloud.
pub struct Prefect {
    session: PrefectSession,
    notices: Vec<Notice>,
}

impl Prefect {
    /// `notices` are notices about the settings.
    pub const fn new(client: Client, notices: Vec<Notice>) -> Self {
        Self { session: PrefectSession::new(client), notices }
    }

    /// A value, with the place where it was found; `name` is the name in the store, if it is a different one.
    fn found_value(&self, value: SecretValue, name: Option<String>) -> FoundValue {
        let place = self.session.url();
        match name {
            Some(name) => FoundValue::under_other_name(value, place, &name),
            None => FoundValue::new(value, place.to_owned()),
        }
    }
}

impl Source for Prefect {
    fn place(&self) -> Place {
        Place::remote(vec![self.session.url().to_owned()])
    }

    fn supports(&self, reference: &Reference) -> Support<'_> {
        Support::only_if(!matches!(reference, Reference::Env(_)))
    }

    fn look_up(&self, wanted: &[&Reference]) -> Result<Found, Error> {
        let mut blocks = WantedBlocks::default();
        let mut keys = BTreeSet::new();
        for reference in wanted {
            match reference {
                Reference::Secret(name) => {
                    if let Some(name) = names::of_block(name) {
                        blocks.add(SECRET, name);
                    }
                }
                Reference::Block { slug, name } => blocks.add(slug, name.clone()),
                Reference::Kv(key) => keys.extend(names::of_variable(key)),
                Reference::Env(_) => {}
            }
        }
        let mut requests = blocks.requests(&self.session);
        let of_blocks = requests.len();
        requests.extend(variables::requests(&self.session, &keys));
        if requests.is_empty() {
            return Ok(Found::new());
        }
        let mut responses = self.session.send_all(&requests)?;
        let variables = variables::read(&self.session, &responses.split_off(of_blocks))?;
        let blocks = blocks.read(&self.session, responses)?;

        let mut answer = Found::new();
        for &reference in wanted {
            let found_value = match reference {
                Reference::Secret(name) => {
                    let block = names::of_block(name);
                    let block = block.and_then(|block| blocks.get(&(SECRET.into(), block)));
                    let Some(block) = block else { continue };
                    let value = SecretValue::of_raw_json(name, blocks::value(name, &block.data)?)?;
                    let block = &block.name;
                    self.found_value(
                        value,
                        (block != name).then(|| format!("block {SECRET}/{block}")),
                    )
                }
                Reference::Block { slug, name } => {
                    let Some(block) = blocks.get(&(slug.clone(), name.clone())) else { continue };
                    let value = SecretValue::of_raw_json(&reference.name(), &block.data)?;
                    self.found_value(value.with_caution(blocks::caution(block)), None)
                }
                Reference::Kv(key) => {
                    let names = names::of_variable(key);
                    let found = names.iter().find_map(|name| variables.get_key_value(name));
                    let Some((variable, value)) = found else { continue };
                    let value = SecretValue::as_stored(key, value)?;
                    self.found_value(
                        value,
                        (variable != key).then(|| format!("Variable {variable}")),
                    )
                }
                Reference::Env(_) => continue,
            };
            answer.insert(reference.clone(), found_value);
        }
        Ok(answer)
    }

    fn secrets(&self) -> Result<Vec<String>, Error> {
        self.list(Collection::Secrets)
    }

    fn notices(&self) -> Vec<Notice> {
        self.notices.clone()
    }
}

impl Store for Prefect {
    fn probe(&self) -> Result<Vec<(String, String)>, Error> {
        let count = self.session.send(blocks::count_request(&self.session))?;
        let mut facts = vec![("blocks".to_owned(), blocks::count(&self.session, &count)?)];
        // Prefect Cloud may not report its version.
        let version = self.session.version()?;
        facts.extend(version.map(|version| ("version".to_owned(), version.to_owned())));
        Ok(facts)
    }

    fn list(&self, collection: Collection) -> Result<Vec<String>, Error> {
        match collection {
            Collection::Kv => variables::list(&self.session),
            Collection::Secrets => blocks::list(&self.session),
        }
        .map(sorted)
    }

    fn set(&self, entry: &NewEntry<'_>) -> Result<(), Error> {
        let NewEntry { collection, name, value, tags, dry_run } = *entry;
        match (collection, dry_run) {
            (Collection::Kv, false) => variables::set(&self.session, name, value, tags),
            (Collection::Kv, true) => variables::fits(&self.session, name, value).map(|_| ()),
            (Collection::Secrets, false) => blocks::set(&self.session, name, value),
            (Collection::Secrets, true) => blocks::fits(&self.session, name, value).map(|_| ()),
        }
    }

    fn delete(&self, collection: Collection, name: &str) -> Result<bool, Error> {
        match collection {
            Collection::Kv => variables::delete(&self.session, name),
            Collection::Secrets => blocks::delete(&self.session, name),
        }
    }

    fn stored_name(&self, collection: Collection, name: &str) -> Option<String> {
        match collection {
            Collection::Kv => names::of_variable(name).into_iter().next(),
            Collection::Secrets => names::of_block(name),
        }
    }
}

fn sorted(mut names: Vec<String>) -> Vec<String> {
    names.sort_unstable();
    names.dedup();
    names
}
