//! Block documents: secrets, and every other type.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::names;
use super::refusal::{self, RequestSubject};
use super::session::PrefectSession;
use super::variables;
use super::wire::{self, Block, PAGE, Secrets};
use crate::error::{Error, ValueFault};
use crate::json;
use crate::remote::http::{Effect, Request, Response};

/// The slug of the block type whose blocks are secrets.
pub const SECRET: &str = "secret";

const READ: RequestSubject =
    RequestSubject { what: "blocks and their secret data", effect: Effect::Read };
const WRITE: RequestSubject = RequestSubject { what: "blocks", effect: Effect::Write };

/// The blocks to request: names by block type.
#[derive(Default)]
pub struct WantedBlocks(BTreeMap<String, BTreeSet<String>>);

impl WantedBlocks {
    pub fn add(&mut self, slug: &str, name: String) {
        self.0.entry(slug.to_owned()).or_default().insert(name);
    }

    /// The requests for all of them, one for every two hundred names. Each asks for every name in every type, so the
    /// responses may contain more than was wanted.
    pub fn requests(&self, session: &PrefectSession) -> Vec<Request> {
        self.chunks().iter().map(|chunk| self.page(session, chunk, 0)).collect()
    }

    fn chunks(&self) -> Vec<Vec<&str>> {
        let names: BTreeSet<&str> = self.0.values().flatten().map(String::as_str).collect();
        let names: Vec<&str> = names.into_iter().collect();
        names.chunks(PAGE).map(<[&str]>::to_vec).collect()
    }

    fn page(&self, session: &PrefectSession, names: &[&str], offset: usize) -> Request {
        let slugs: Vec<&str> = self.0.keys().map(String::as_str).collect();
        let body = wire::filter_blocks(&slugs, names, offset, Secrets::Shown);
        session.filter("block_documents", &body)
    }

    /// Reads the responses to [`WantedBlocks::requests`], and requests further pages where there may be some.
    ///
    /// # Errors
    /// [`Error::Remote`].
    pub fn read(
        &self,
        session: &PrefectSession,
        mut responses: Vec<Response>,
    ) -> Result<BTreeMap<(String, String), Block>, Error> {
        let mut found = BTreeMap::new();
        let mut asked: Vec<(Vec<&str>, usize)> =
            self.chunks().into_iter().map(|names| (names, 0)).collect();
        while !asked.is_empty() {
            let mut next = Vec::new();
            for ((names, offset), response) in asked.into_iter().zip(&responses) {
                let blocks = page(session, response)?;
                let further = offset + PAGE;
                // A name occurs once in each type.
                if blocks.len() >= PAGE && further < names.len() * self.0.len() {
                    next.push((names, further));
                }
                found.extend(
                    blocks
                        .into_iter()
                        .map(|block| ((block.slug.clone(), block.name.clone()), block)),
                );
            }
            let page = |(names, offset): &(Vec<&str>, usize)| self.page(session, names, *offset);
            let requests: Vec<Request> = next.iter().map(page).collect();
            responses = session.send_all(&requests)?;
            asked = next;
        }
        Ok(found)
    }
}

/// The value in a block of the type `secret`.
///
/// # Errors
/// [`Error::Value`] if the block has no usable value. `name` is the name that was requested.
pub fn value<'d>(name: &str, data: &'d RawValue) -> Result<&'d RawValue, Error> {
    let fault = |fault| Err(Error::Value { name: name.to_owned(), fault });
    match json::member(data, "value") {
        None => fault(ValueFault::NoValue),
        Some(value) if json::is_null(value.get()) => fault(ValueFault::Null),
        Some(value) if json::is_masked(value.get()) => fault(ValueFault::Masked),
        Some(value) => Ok(value),
    }
}

/// Why a whole block is passed only if the user explicitly asks for all of it: it refers to a secret elsewhere, or
/// contains other blocks with secrets.
pub fn caution(block: &Block) -> Option<ValueFault> {
    let is_reference = is_reference_type(&block.slug) && !block.has_own_secrets;
    (is_reference || !block.inner.is_empty()).then(|| ValueFault::Composite {
        fields: json::members(&block.data).into_iter().map(|(name, _)| name).collect(),
        inner: block.inner.clone(),
        is_reference,
    })
}

/// Whether blocks of this type refer to a secret elsewhere, as `aws-secret`, `gcpsecret` and
/// `azure-key-vault-secret-reference` do.
fn is_reference_type(slug: &str) -> bool {
    let names_secret =
        |word: &str| word.ends_with("secret") || word.starts_with("secrets") || word == "reference";
    slug != SECRET && slug.split('-').any(names_secret)
}

/// The request for the number of blocks.
pub fn count_request(session: &PrefectSession) -> Request {
    let path = ["block_documents", "count"];
    session.request("POST", &path, Some(&json!({})), Effect::Read)
}

/// Reads the response to [`count_request`].
///
/// # Errors
/// [`Error::Remote`].
pub fn count(session: &PrefectSession, response: &Response) -> Result<String, Error> {
    session.read(response, READ, wire::count)
}

/// The names of all secrets.
///
/// # Errors
/// [`Error::Remote`].
pub fn list(session: &PrefectSession) -> Result<Vec<String>, Error> {
    session.names("blocks", |offset| {
        let body = wire::filter_blocks(&[SECRET], &[], offset, Secrets::Hidden);
        let response = session.send(session.filter("block_documents", &body))?;
        Ok(page(session, &response)?.into_iter().map(|block| block.name).collect())
    })
}

/// Creates a secret or replaces its value.
///
/// # Errors
/// [`Error::Remote`]; [`Error::Value`] for a value that Prefect would not store unchanged.
pub fn set(session: &PrefectSession, name: &str, value: &Value) -> Result<(), Error> {
    let block = fits(session, name, value)?;
    let data = json!({ "value": value });
    let kind = session.request("GET", &["block_types", "slug", SECRET], None, Effect::Read);
    let [kind, block_documents] = session.send_two(kind, find_request(session, &block))?;
    // The second try is for a block that another client created or deleted in the meantime.
    let mut known = id(session, &block_documents)?;
    for _ in 0..2 {
        if let Some(id) = known {
            let body = json!({ "data": data, "merge_existing_data": false });
            let path = ["block_documents", &id];
            let response = session.write("PATCH", &path, Some(&body))?;
            match response.status {
                200 | 204 => return Ok(()),
                404 if refusal::is_absence(&response) => {}
                _ => return Err(session.refused(&response, WRITE)),
            }
        }
        let (type_id, schema_id) = secret_type_ids(session, &kind)?;
        let body = json!({
            "name": block,
            "data": data,
            "block_type_id": type_id,
            "block_schema_id": schema_id,
        });
        let response = session.write("POST", &["block_documents", ""], Some(&body))?;
        match response.status {
            200 | 201 => return Ok(()),
            409 => known = id(session, &session.send(find_request(session, &block))?)?,
            _ => return Err(session.refused(&response, WRITE)),
        }
    }
    Err(session.unsupported(
        format!("another client keeps creating and deleting the block `{block}`"),
        None,
    ))
}

/// Deletes a secret; `false` if it does not exist.
///
/// # Errors
/// [`Error::Remote`].
pub fn delete(session: &PrefectSession, name: &str) -> Result<bool, Error> {
    let Some(block) = names::of_block(name) else { return Ok(false) };
    let Some(id) = id(session, &session.send(find_request(session, &block))?)? else {
        return Ok(false);
    };
    session.delete(&["block_documents", &id], WRITE)
}

/// The name of the block that a secret is stored in, if Prefect accepts the value.
///
/// # Errors
/// [`Error::Remote`] for a name, and [`Error::Value`] for a value, that Prefect does not accept.
pub fn fits(session: &PrefectSession, name: &str, value: &Value) -> Result<String, Error> {
    let block = names::of_block(name).ok_or_else(|| {
        session.unsupported(
            format!("`{name}` is not a valid block name"),
            Some("a block name consists of lowercase letters, digits and `-`"),
        )
    })?;
    let fault = |fault| Err(Error::Value { name: name.to_owned(), fault });
    if value.is_null() {
        return fault(ValueFault::Null);
    }
    if json::is_masked(&value.to_string()) {
        return fault(ValueFault::IsMask);
    }
    if wire::has_reference(value) {
        return fault(ValueFault::IsReference);
    }
    // Prefect 2 accepts a number, but then can read neither that block nor any list with it: status 500 from then on
    // (seen with 2.20.26).
    if (value.is_number() || value.is_boolean())
        && let Some(version) = variables::old_version(session)?
    {
        let problem = format!(
            "this server is Prefect {version}, whose secrets cannot be a bare number or boolean"
        );
        let hint = "without `--json`, the value is stored as text";
        return Err(session.unsupported(problem, Some(hint)));
    }
    Ok(block)
}

/// The IDs of the block type `secret` and of its newest schema. If the server does not have its own block types yet,
/// pfx requests their installation.
fn secret_type_ids(session: &PrefectSession, asked: &Response) -> Result<(String, String), Error> {
    let installed;
    let kind = if refusal::is_absence(asked) {
        let path = ["block_types", "install_system_block_types"];
        let response = session.write("POST", &path, None)?;
        if response.status >= 400 {
            return Err(session.refused(&response, WRITE));
        }
        let path = ["block_types", "slug", SECRET];
        installed = session.send(session.request("GET", &path, None, Effect::Read))?;
        &installed
    } else {
        asked
    };
    let type_id = session.read(kind, READ, wire::id)?;
    let schemas = session.filter("block_schemas", &wire::filter_schemas(&type_id));
    match session.read(&session.send(schemas)?, READ, wire::first_id)? {
        Some(schema_id) => Ok((type_id, schema_id)),
        None => Err(session.malformed("the block type `secret` has no schema".to_owned())),
    }
}

/// The request for the block of one secret, without its value.
fn find_request(session: &PrefectSession, block: &str) -> Request {
    let body = wire::filter_blocks(&[SECRET], &[block], 0, Secrets::Hidden);
    session.filter("block_documents", &body)
}

fn id(session: &PrefectSession, response: &Response) -> Result<Option<String>, Error> {
    Ok(page(session, response)?.into_iter().next().map(|block| block.id))
}

fn page(session: &PrefectSession, response: &Response) -> Result<Vec<Block>, Error> {
    session.read(response, READ, wire::blocks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_of_references_are_recognized_by_their_slugs() {
        for slug in [
            "aws-secret",
            "gcpsecret",
            "gcp-secret",
            "azure-key-vault-secret-reference",
            "bitwarden-secret",
            "databricks-secrets",
            "aws-secrets-manager",
        ] {
            assert!(is_reference_type(slug), "{slug}");
        }
        for slug in ["secret", "secretary", "aws-credentials", "json", "preference", "no-secretive"]
        {
            assert!(!is_reference_type(slug), "{slug}");
        }
    }
}
