//! Requests of Prefect's REST API as JSON, and its answers as values. Pure.
//!
//! What is wrong with an answer is told by its path, never by what stands there.

use serde_json::{Value, json};

/// The most that one page of a filter holds, and so the most names that one asks for.
pub const PAGE: usize = 200;

/// A block document.
#[derive(Debug)]
pub struct Block {
    pub id: String,
    /// The slug of its type.
    pub slug: String,
    pub name: String,
    /// Its fields; blocks that it refers to stand in their place, whole.
    pub data: Value,
}

/// A variable.
#[derive(Debug)]
pub struct Variable {
    pub name: String,
    pub value: Value,
}

/// Which of two forms of block documents is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secrets {
    Hidden,
    Shown,
}

/// The blocks of any of these types with any of these names; all names if there are none.
#[must_use]
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

/// The variables with any of these names; all if there are none.
#[must_use]
pub fn filter_variables(names: &[&str], offset: usize) -> Value {
    let mut filter = json!({ "limit": PAGE, "offset": offset, "sort": "NAME_ASC" });
    if !names.is_empty() {
        filter["variables"] = json!({ "name": { "any_": names } });
    }
    filter
}

/// The schemas of a block type, the newest first.
#[must_use]
pub fn filter_schemas(type_id: &str) -> Value {
    json!({ "limit": 1, "block_schemas": { "block_type_id": { "any_": [type_id] } } })
}

/// A page of block documents.
///
/// # Errors
/// What is wrong with it, with the path.
pub fn blocks(body: &[u8]) -> Result<Vec<Block>, String> {
    items(body, |item, path| {
        Ok(Block {
            id: text(item, "/id", path)?,
            slug: text(item, "/block_type/slug", path)?,
            name: text(item, "/name", path)?,
            data: item.get("data").cloned().ok_or_else(|| format!("{path}/data is missing"))?,
        })
    })
}

/// A page of variables.
///
/// # Errors
/// As [`blocks`].
pub fn variables(body: &[u8]) -> Result<Vec<Variable>, String> {
    items(body, |item, path| {
        let value = item.get("value").cloned().ok_or_else(|| format!("{path}/value is missing"))?;
        Ok(Variable { name: text(item, "/name", path)?, value })
    })
}

/// The id of one object.
///
/// # Errors
/// As [`blocks`].
pub fn id(body: &[u8]) -> Result<String, String> {
    text(&document(body)?, "/id", "")
}

/// The id of the first of a list of objects.
///
/// # Errors
/// As [`blocks`].
pub fn first_id(body: &[u8]) -> Result<Option<String>, String> {
    Ok(items(body, |item, path| text(item, "/id", path))?.into_iter().next())
}

/// The token of an answer to `/csrf-token`.
///
/// # Errors
/// As [`blocks`].
pub fn token(body: &[u8]) -> Result<String, String> {
    text(&document(body)?, "/token", "")
}

/// A number, as its digits.
///
/// # Errors
/// As [`blocks`].
pub fn count(body: &[u8]) -> Result<String, String> {
    match document(body)? {
        Value::Number(number) => Ok(number.to_string()),
        _ => Err("it is no number".to_owned()),
    }
}

/// The version that an answer to `/admin/version` tells.
#[must_use]
pub fn version(body: &[u8]) -> Option<String> {
    serde_json::from_slice(body).ok()
}

/// The words with which the API says why not: `detail`, as every error of its own has it.
#[must_use]
pub fn detail(body: &[u8]) -> Option<String> {
    let document: Value = serde_json::from_slice(body).ok()?;
    document.get("detail")?.as_str().map(str::to_owned)
}

/// Whether a value has the key `$ref` anywhere: the API takes that for a reference to a block.
#[must_use]
pub fn has_reference(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().any(has_reference),
        Value::Object(fields) => fields.contains_key("$ref") || fields.values().any(has_reference),
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

fn document(body: &[u8]) -> Result<Value, String> {
    // serde_json's own words may quote what they stumble over.
    serde_json::from_slice(body).map_err(|_| "it is no JSON".to_owned())
}

fn items<T>(
    body: &[u8],
    read: impl Fn(&Value, &str) -> Result<T, String>,
) -> Result<Vec<T>, String> {
    let Value::Array(items) = document(body)? else {
        return Err("it is no list".to_owned());
    };
    items.iter().enumerate().map(|(index, item)| read(item, &format!("/{index}"))).collect()
}

fn text(item: &Value, pointer: &str, path: &str) -> Result<String, String> {
    match item.pointer(pointer) {
        Some(Value::String(text)) => Ok(text.clone()),
        Some(_) => Err(format!("{path}{pointer} is no text")),
        None => Err(format!("{path}{pointer} is missing")),
    }
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
        assert_eq!(block.data.to_string(), r#"{"value":12345678901234567890123}"#);
    }

    #[test]
    fn a_fault_of_an_answer_is_told_by_its_path_and_quotes_nothing() {
        for (body, problem) in [
            (&br#""CANARY"#[..], "it is no JSON"),
            (br#""CANARY""#, "it is no list"),
            (br#"["CANARY"]"#, "/0/id is missing"),
            (
                br#"[{"id":"i","name":{"CANARY":1},"block_type":{"slug":"s"}}]"#,
                "/0/name is no text",
            ),
            (br#"[{"id":"i","name":"n","block_type":{"slug":"s"}}]"#, "/0/data is missing"),
        ] {
            assert_eq!(blocks(body).unwrap_err(), problem);
        }
        assert_eq!(variables(br#"[{"name":"n"}]"#).unwrap_err(), "/0/value is missing");
    }

    #[test]
    fn references_are_seen_at_any_depth() {
        assert!(has_reference(&json!([{"a": {"$ref": 1}}])) && !has_reference(&json!("$ref")));
    }
}
