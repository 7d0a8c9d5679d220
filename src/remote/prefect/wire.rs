//! Requests to Prefect's REST API as JSON, and its responses as values. Pure.
//!
//! An error about a response gives the path in it, and never its content. Only the wanted parts of a response are
//! built; of a block, that is a twentieth.

use std::cell::Cell;

use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::json;
use crate::remote::raw_json::{self, MOST_VALUES, Members};

/// The most objects on one page, and so the most names in one request.
pub const PAGE: usize = 200;

/// A block document.
#[derive(Debug)]
pub struct Block {
    pub id: String,
    /// The slug of its type.
    pub slug: String,
    pub name: String,
    /// Its fields as raw JSON. Blocks that it refers to are included completely.
    pub data: Box<RawValue>,
    /// The names of its fields that are other blocks with secrets.
    pub inner: Vec<String>,
    /// Whether its schema declares another of its fields secret.
    pub has_own_secrets: bool,
}

/// A Variable.
#[derive(Debug)]
pub struct VariableDocument {
    pub name: String,
    pub value: Box<RawValue>,
}

/// Whether block documents are requested with the values of their secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secrets {
    Hidden,
    Shown,
}

/// The filter for blocks of any of these types with any of these names; without names, for all of them.
pub fn filter_blocks(slugs: &[&str], names: &[&str], offset: usize, secrets: Secrets) -> Value {
    let mut filter = json!({
        "limit": PAGE,
        "offset": offset,
        "sort": "NAME_ASC",
        "include_secrets": secrets == Secrets::Shown,
        "block_types": { "slug": { "any_": slugs } },
    });
    if !names.is_empty() {
        filter["block_documents"] = json!({ "name": { "any_": names } });
    }
    filter
}

/// The filter for Variables with any of these names; without names, for all of them.
pub fn filter_variables(names: &[&str], offset: usize) -> Value {
    let mut filter = json!({ "limit": PAGE, "offset": offset, "sort": "NAME_ASC" });
    if !names.is_empty() {
        filter["variables"] = json!({ "name": { "any_": names } });
    }
    filter
}

/// The filter for the newest schema of a block type.
pub fn filter_schemas(type_id: &str) -> Value {
    json!({ "limit": 1, "block_schemas": { "block_type_id": { "any_": [type_id] } } })
}

/// A page of block documents.
///
/// # Errors
/// What is wrong, with the path.
pub fn blocks(body: &[u8]) -> Result<Vec<Block>, String> {
    let left = Cell::new(MOST_VALUES);
    items(body, |item, path| {
        let kind = member(item, "block_type", path)?;
        let kind: Members<'_> = serde_json::from_str(kind.get()).unwrap_or_default();
        Ok(Block {
            id: text(item, "id", path)?,
            slug: text(&kind, "slug", &format!("{path}/block_type"))?,
            name: text(item, "name", path)?,
            data: limited(item, "data", path, &left)?,
            inner: with_inner_secrets(item),
            has_own_secrets: has_own_secrets(item),
        })
    })
}

/// A page of Variables.
///
/// # Errors
/// As [`blocks`].
pub fn variables(body: &[u8]) -> Result<Vec<VariableDocument>, String> {
    let left = Cell::new(MOST_VALUES);
    items(body, |item, path| {
        Ok(VariableDocument {
            name: text(item, "name", path)?,
            value: limited(item, "value", path, &left)?,
        })
    })
}

/// The ID of an object.
///
/// # Errors
/// As [`blocks`].
pub fn id(body: &[u8]) -> Result<String, String> {
    text(&object(body)?, "id", "")
}

/// The ID of the first object in a list.
///
/// # Errors
/// As [`blocks`].
pub fn first_id(body: &[u8]) -> Result<Option<String>, String> {
    Ok(items(body, |item, path| text(item, "id", path))?.into_iter().next())
}

/// The token in a response to `/csrf-token`.
///
/// # Errors
/// As [`blocks`].
pub fn token(body: &[u8]) -> Result<String, String> {
    text(&object(body)?, "token", "")
}

/// A number, as its digits.
///
/// # Errors
/// As [`blocks`].
pub fn count(body: &[u8]) -> Result<String, String> {
    match serde_json::from_slice::<u64>(body) {
        Ok(number) => Ok(number.to_string()),
        Err(_) => Err("it is not a number".to_owned()),
    }
}

/// The version in a response to `/admin/version`.
pub fn version(body: &[u8]) -> Option<String> {
    serde_json::from_slice(body).ok()
}

/// The API's own reason: `detail`, which every error of the API has.
pub fn detail(body: &[u8]) -> Option<String> {
    let document = object(body).ok()?;
    serde_json::from_str(document.get("detail")?.get()).ok()
}

/// Whether a value contains the key `$ref` at any depth: the API treats it as a reference to a block.
pub fn has_reference(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().any(has_reference),
        Value::Object(fields) => fields.contains_key("$ref") || fields.values().any(has_reference),
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// The members of an object.
fn object(body: &[u8]) -> Result<Members<'_>, String> {
    // The text of serde_json's own error may quote the content.
    serde_json::from_slice(body).map_err(|_| describe_mismatch(body, "an object"))
}

fn items<T>(
    body: &[u8],
    read: impl Fn(&Members<'_>, &str) -> Result<T, String>,
) -> Result<Vec<T>, String> {
    let items: Vec<&RawValue> =
        serde_json::from_slice(body).map_err(|_| describe_mismatch(body, "a list"))?;
    if items.len() > PAGE {
        return Err(format!("it has more than {PAGE} items"));
    }
    let item = |(index, item): (usize, &&RawValue)| {
        let path = format!("/{index}");
        match serde_json::from_str(item.get()) {
            Ok(members) => read(&members, &path),
            Err(_) => Err(format!("{path} is not an object")),
        }
    };
    items.iter().enumerate().map(item).collect()
}

fn describe_mismatch(body: &[u8], what: &str) -> String {
    match serde_json::from_slice::<IgnoredAny>(body) {
        Ok(_) => format!("it is not {what}"),
        Err(_) => "it is not JSON".to_owned(),
    }
}

fn member<'b>(item: &Members<'b>, name: &str, path: &str) -> Result<&'b RawValue, String> {
    item.get(name).copied().ok_or_else(|| format!("{path}/{name} is missing"))
}

fn text(item: &Members<'_>, name: &str, path: &str) -> Result<String, String> {
    serde_json::from_str(member(item, name, path)?.get())
        .map_err(|_| format!("{path}/{name} is not a string"))
}

/// A member as raw JSON. Its number of values is subtracted from `left`, which must be enough.
fn limited(
    item: &Members<'_>,
    name: &str,
    path: &str,
    left: &Cell<usize>,
) -> Result<Box<RawValue>, String> {
    let raw = member(item, name, path)?;
    match left.get().checked_sub(raw_json::count_values(raw.get())) {
        Some(rest) => left.set(rest),
        None => {
            return Err(format!(
                "it contains more than {MOST_VALUES} values (counted up to {path}/{name})"
            ));
        }
    }
    Ok(raw.to_owned())
}

/// The fields that a block's schema declares secret: `password`, or `credentials.password` for a block in a field.
fn secret_fields(item: &Members<'_>) -> Vec<String> {
    let secrets = of_schema(item, "secret_fields");
    secrets.and_then(|secrets| serde_json::from_str(secrets.get()).ok()).unwrap_or_default()
}

/// A member of the `fields` of a block's schema.
fn of_schema<'b>(item: &Members<'b>, name: &str) -> Option<&'b RawValue> {
    let fields = inner(item.get("block_schema").copied()?, "fields")?;
    inner(fields, name)
}

/// Whether a block's schema declares a field secret that is not part of another block.
fn has_own_secrets(item: &Members<'_>) -> bool {
    let blocks = of_schema(item, "block_schema_references");
    secret_fields(item).iter().any(|secret| {
        let field = secret.split('.').next().unwrap_or_default();
        blocks.and_then(|blocks| inner(blocks, field)).is_none()
    })
}

/// The fields of a block that are other blocks with secrets, according to its schema. A block that the document
/// refers to and the schema does not mention is assumed to have some.
fn with_inner_secrets(item: &Members<'_>) -> Vec<String> {
    let secrets = secret_fields(item);
    let is_member = |raw: Option<&RawValue>, field: &str| {
        raw.and_then(|raw| inner(raw, field)).is_some_and(|value| value.get() != "null")
    };
    let referred = item.get("block_document_references").copied();
    let of_schema = of_schema(item, "block_schema_references");
    let data = item.get("data").copied();
    let fields = data.map(json::members).unwrap_or_default().into_iter().map(|(name, _)| name);
    fields
        .filter(|field| {
            let below = format!("{field}.");
            if is_member(of_schema, field) {
                is_member(data, field) && secrets.iter().any(|secret| secret.starts_with(&below))
            } else {
                is_member(referred, field)
            }
        })
        .collect()
}

/// A member of an object.
fn inner<'b>(object: &'b RawValue, name: &str) -> Option<&'b RawValue> {
    let members: Members<'b> = serde_json::from_str(object.get()).ok()?;
    members.get(name).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_of_blocks_is_read() {
        let body = br#"[{"id":"i","name":"n","data":{"value":12345678901234567890123},
            "block_type":{"slug":"secret"}}]"#;
        let [block] = &blocks(body).unwrap()[..] else { panic!("one block") };
        assert_eq!((block.slug.as_str(), block.name.as_str()), ("secret", "n"));
        assert_eq!(block.data.get(), r#"{"value":12345678901234567890123}"#);
    }

    #[test]
    fn fields_that_are_blocks_with_secrets_are_found() {
        let inner = |data: &str, secrets: &str, of_schema: &str, referred: &str| {
            let body = format!(
                r#"[{{"id":"i","name":"n","data":{data},"block_type":{{"slug":"s"}},"block_schema":{{"fields":
                {{"secret_fields":{secrets},"block_schema_references":{of_schema}}}}},
                "block_document_references":{referred}}}]"#
            );
            let block = blocks(body.as_bytes()).unwrap().remove(0);
            format!("{} {}", block.inner.join(","), block.has_own_secrets)
        };
        let data = r#"{"a":{"p":"x"},"b":1}"#;
        for (data, secrets, of_schema, referred, expected) in [
            (data, r#"["a.p"]"#, r#"{"a":{}}"#, r#"{"a":{}}"#, "a false"),
            (data, r#"["a.p.*","b"]"#, r#"{"a":[{}]}"#, "{}", "a true"),
            // A block without secrets; null; an object that is not a block.
            (data, "[]", r#"{"a":{}}"#, r#"{"a":{}}"#, " false"),
            (r#"{"a":null}"#, r#"["a.p"]"#, r#"{"a":{}}"#, "{}", " false"),
            (data, r#"["a.p"]"#, "{}", "{}", " true"),
            // A block that the schema does not mention.
            (data, "[]", "{}", r#"{"a":{}}"#, "a false"),
            (data, "[]", "{}", "{}", " false"),
        ] {
            assert_eq!(
                inner(data, secrets, of_schema, referred),
                expected,
                "{secrets} {of_schema}"
            );
        }
    }

    #[test]
    fn an_error_about_a_response_gives_the_path_and_quotes_nothing() {
        for (body, problem) in [
            (&br#""CANARY"#[..], "it is not JSON"),
            (br#""CANARY""#, "it is not a list"),
            (br#"["CANARY"]"#, "/0 is not an object"),
            (
                br#"[{"id":"i","name":{"CANARY":1},"block_type":{"slug":"s"}}]"#,
                "/0/name is not a string",
            ),
            (br#"[{"id":"i","name":"n","block_type":{"slug":"s"}}]"#, "/0/data is missing"),
            (br#"[{"id":"i","name":"n"}]"#, "/0/block_type is missing"),
            (br#"{"detail":"CANARY"}"#, "it is not a list"),
        ] {
            assert_eq!(blocks(body).unwrap_err(), problem);
        }
        assert_eq!(variables(br#"[{"name":"n"}]"#).unwrap_err(), "/0/value is missing");
    }

    #[test]
    fn a_response_with_too_many_values_is_refused_before_it_is_built() {
        let many = "0,".repeat(MOST_VALUES);
        let body = format!(r#"[{{"name":"n","value":[{many}0]}}]"#);
        let problem = variables(body.as_bytes()).unwrap_err();
        assert_eq!(problem, "it contains more than 100000 values (counted up to /0/value)");
        let body = format!("[{}{{}}]", "{},".repeat(PAGE));
        assert_eq!(blocks(body.as_bytes()).unwrap_err(), "it has more than 200 items");
    }

    #[test]
    fn references_are_found_at_any_depth() {
        assert!(has_reference(&json!([{"a": {"$ref": 1}}])) && !has_reference(&json!("$ref")));
    }
}
