//! What Prefect Cloud 1.x answered: per field present, absent or failed. Pure.
//!
//! A byte of JSON can become a hundred of memory. So the document is cut into pieces that are not built, and
//! of those only what is wanted is, up to a number of values.

use std::collections::BTreeMap;

use serde::de::IgnoredAny;
use serde_json::Value;
use serde_json::value::RawValue;

use super::wire::{Query, Wanted};
use crate::error::RemoteFault;
use crate::remote::weight;

/// What tells an absent secret from any other failure: the API has no code of its own for it
/// (`client/secrets.py`).
const ABSENT: &str = "No value found for the requested key";

/// The longest message of a server that is told, in characters.
const LONGEST_MESSAGE: usize = 200;

/// How many values are built of one field, of any kind and at any depth.
const MOST_VALUES: usize = 100_000;
/// The same of a list of names, which are but names.
const MOST_LISTED: usize = 400_000;

/// The members of a JSON object, as they are written; of two of one name, the last.
type Members<'b> = BTreeMap<String, &'b RawValue>;

/// What one field of a query came to.
#[derive(Debug)]
pub enum Field {
    Absent,
    /// What a list of names holds.
    Names(Vec<String>),
    /// Any JSON, not built; `null` is a value.
    Present(Box<RawValue>),
}

/// How a whole answer is to be understood.
#[derive(Debug)]
pub enum Answer {
    /// Every field of the query, in order.
    Fields(Vec<Field>),
    /// The server is in trouble that may pass: Prefect's client tries again at the code `API_ERROR`.
    Again(RemoteFault),
    /// The server does not answer several fields of one kind in one document.
    OneByOne,
}

/// Whether a server's words may be repeated.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Words {
    /// They are about names.
    Told,
    /// They may repeat the value that was written: only the error's code is told.
    Untold,
}

/// Reads an answer to `query`. `credential` tells where the API key came from, for messages.
///
/// # Errors
/// [`RemoteFault::Unauthorized`], [`RemoteFault::Refused`] with the server's words, or
/// [`RemoteFault::Answer`] if it is no answer of this API.
pub fn read(
    query: &Query,
    status: u16,
    body: &[u8],
    credential: &str,
    words: Words,
) -> Result<Answer, RemoteFault> {
    let unauthorized = || RemoteFault::Unauthorized { status, credential: credential.to_owned() };
    if matches!(status, 401 | 403) {
        return Err(unauthorized());
    }
    if status > 400 {
        return Err(RemoteFault::Refused { status, message: None });
    }
    let body = str::from_utf8(body).unwrap_or_default();
    // What is JSON, but no object, has no members.
    let document: Members<'_> = match serde_json::from_str(body) {
        Ok(document) => document,
        Err(_) if serde_json::from_str::<IgnoredAny>(body).is_ok() => Members::new(),
        Err(_) if status == 400 => return Err(RemoteFault::Refused { status, message: None }),
        Err(_) => return Err(malformed("it is no JSON")),
    };
    let errors = match document.get("errors").map(|raw| built(raw)).transpose()? {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(errors)) => errors,
        Some(_) => return Err(malformed("`errors` is no list")),
    };
    let text = Value::from(errors.clone()).to_string();
    if text.contains("UNAUTHENTICATED") || text.contains("Malformed Authorization header") {
        return Err(unauthorized());
    }
    let refused = |error: Option<&Value>| RemoteFault::Refused {
        status,
        message: error.and_then(|error| message(error, words)),
    };
    if text.contains("API_ERROR") && status < 400 {
        return Ok(Answer::Again(refused(errors.first())));
    }
    let several = query.fields.len() > 1;
    let data = document.get("data");
    let data: Option<Members<'_>> = data.and_then(|raw| serde_json::from_str(raw.get()).ok());
    let of_field = |error: &Value| {
        let path = error.get("path").and_then(|path| path.get(0)).and_then(Value::as_str);
        query.fields.iter().position(|field| Some(field.as_str()) == path)
    };
    if several && let Some(stray) = errors.iter().find(|error| of_field(error).is_none()) {
        // It is about no alias: either the server knows none, or it failed as a whole.
        let asks_again = is_absence(stray) || status == 400 || refuses_document(stray);
        return if asks_again { Ok(Answer::OneByOne) } else { Err(refused(Some(stray))) };
    }
    let mut fields = Vec::with_capacity(query.fields.len());
    let mut unanswered = None;
    for (index, field) in query.fields.iter().enumerate() {
        // Of a single field every error speaks, wherever it says that it belongs.
        let mut own = errors.iter().filter(|error| !several || of_field(error) == Some(index));
        let error = own.clone().next();
        match (error, data.as_ref().and_then(|data| data.get(field))) {
            // As Prefect has it: the phrase anywhere in what is said of the field.
            (Some(_), _) if own.any(is_absence) => fields.push(Field::Absent),
            (Some(error), _) => return Err(refused(Some(error))),
            (None, Some(raw)) if status < 400 => fields.push(match query.wanted {
                Wanted::Value => {
                    limited(raw, MOST_VALUES)?;
                    Field::Present((*raw).to_owned())
                }
                Wanted::Names => Field::Names(names(raw, None)?),
                Wanted::NamesIn(column) => Field::Names(names(raw, Some(column))?),
            }),
            (None, _) => unanswered = Some(field),
        }
    }
    let Some(field) = unanswered else { return Ok(Answer::Fields(fields)) };
    // An absence may take the whole of `data` with it.
    let tells_nothing = fields.iter().all(|field| matches!(field, Field::Absent));
    let is_answer = status == 400 || data.is_some() || !fields.is_empty();
    if several && tells_nothing && is_answer {
        return Ok(Answer::OneByOne);
    }
    Err(match status {
        400 => refused(None),
        _ => malformed(&format!("`data.{field}` is missing")),
    })
}

/// The value that a piece denotes.
fn built(raw: &RawValue) -> Result<Value, RemoteFault> {
    limited(raw, MOST_VALUES)?;
    serde_json::from_str(raw.get()).map_err(|_| malformed("it is no JSON, or nested too deeply"))
}

/// Refuses a piece that holds more values than are built.
fn limited(raw: &RawValue, most: usize) -> Result<(), RemoteFault> {
    if weight::values(raw.get()) <= most {
        Ok(())
    } else {
        Err(malformed(&format!("it holds more than {most} values")))
    }
}

fn is_absence(error: &Value) -> bool {
    error.to_string().contains(ABSENT)
}

/// Whether a GraphQL server did not even begin to answer the document.
fn refuses_document(error: &Value) -> bool {
    let code = error.pointer("/extensions/code").and_then(Value::as_str);
    matches!(code, Some("GRAPHQL_VALIDATION_FAILED" | "GRAPHQL_PARSE_FAILED"))
}

/// An error's code and words, short.
fn message(error: &Value, words: Words) -> Option<String> {
    let code = error.pointer("/extensions/code").and_then(Value::as_str).filter(|code| {
        code.len() <= 40 && code.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
    });
    let text = error.get("message").and_then(Value::as_str).filter(|_| words == Words::Told);
    let text = text.map(|text| text.chars().take(LONGEST_MESSAGE).collect::<String>());
    match (code, text) {
        (Some(code), Some(text)) => Some(format!("{code}: {text}")),
        (Some(code), None) => Some(code.to_owned()),
        (None, text) => text,
    }
}

fn malformed(what: &str) -> RemoteFault {
    RemoteFault::Answer { problem: format!("this is no answer of Prefect Cloud 1.x: {what}") }
}

/// The column of the first row; absent if there is no row (`backend/kv_store.py`).
///
/// # Errors
/// [`RemoteFault::Answer`] if it is no list of rows.
pub fn first_row(field: &Field, column: &str) -> Result<Field, RemoteFault> {
    let rows: Option<Vec<&RawValue>> = match field {
        Field::Present(raw) => serde_json::from_str(raw.get()).ok(),
        Field::Absent | Field::Names(_) => None,
    };
    let rows = rows.ok_or_else(|| malformed("`key_value` is no list"))?;
    let Some(row) = rows.first() else { return Ok(Field::Absent) };
    let row: Members<'_> = serde_json::from_str(row.get())
        .map_err(|_| malformed("a row of `key_value` is no object"))?;
    match row.get(column) {
        Some(value) => Ok(Field::Present((*value).to_owned())),
        None => Err(malformed(&format!("a row of `key_value` has no `{column}`"))),
    }
}

/// A list of names, sorted by code point. With `column` each is in that member of an object.
fn names(raw: &RawValue, column: Option<&str>) -> Result<Vec<String>, RemoteFault> {
    limited(raw, MOST_LISTED)?;
    let rows: Vec<&RawValue> =
        serde_json::from_str(raw.get()).map_err(|_| malformed("what should be a list is none"))?;
    let name = |row: &RawValue| -> Option<String> {
        let name = match column {
            Some(column) => {
                let row: Members<'_> = serde_json::from_str(row.get()).ok()?;
                row.get(column)?.get()
            }
            None => row.get(),
        };
        serde_json::from_str(name).ok()
    };
    let names: Option<Vec<String>> = rows.into_iter().map(name).collect();
    let mut names = names.ok_or_else(|| malformed("a name in the list is no text"))?;
    names.sort();
    Ok(names)
}

/// The member of this name of a field's object, built.
#[must_use]
pub fn member(field: &Field, name: &str) -> Option<Value> {
    let Field::Present(raw) = field else { return None };
    let members: Members<'_> = serde_json::from_str(raw.get()).ok()?;
    members.get(name).and_then(|member| built(member).ok())
}

/// Whether a mutation says `success`.
#[must_use]
pub fn succeeded(field: &Field) -> bool {
    member(field, "success") == Some(Value::Bool(true))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::remote::cloud1::wire;
    use serde_json::json;

    fn two(answer: &Value) -> Result<Answer, RemoteFault> {
        read(&wire::secrets(&["A", "B"]), 200, answer.to_string().as_bytes(), "x", Words::Told)
    }

    fn one(status: u16, answer: &Value) -> String {
        let query = wire::secrets(&["A"]);
        match read(&query, status, answer.to_string().as_bytes(), "KEY", Words::Told) {
            Ok(Answer::Fields(fields)) => format!("{fields:?}"),
            Ok(Answer::Again(fault)) => format!("again: {fault}"),
            Ok(Answer::OneByOne) => "one by one".to_owned(),
            Err(fault) => fault.to_string(),
        }
    }

    #[test]
    fn each_alias_is_present_null_absent_or_failed_on_its_own() {
        let absent = json!({"path": ["s1"], "message": ABSENT});
        let answer = two(&json!({"data": {"s0": null, "s1": null}, "errors": [absent]})).unwrap();
        let Answer::Fields(fields) = answer else { panic!("{answer:?}") };
        let [Field::Present(null), Field::Absent] = &fields[..] else { panic!("{fields:?}") };
        assert_eq!(null.get(), "null");

        let failed = json!({"path": ["s1"], "message": "An unknown error occurred."});
        let fault = two(&json!({"data": {"s0": "v", "s1": null}, "errors": [failed]})).unwrap_err();
        assert_eq!(fault.to_string(), "it answered 200: An unknown error occurred.");
    }

    #[test]
    fn a_server_that_knows_no_aliases_is_asked_one_by_one() {
        let invalid = json!({"message": "x", "extensions": {"code": "GRAPHQL_VALIDATION_FAILED"}});
        assert!(matches!(two(&json!({"errors": [invalid]})), Ok(Answer::OneByOne)));
        let old = json!({"path": ["secret_value"], "message": ABSENT});
        let answer = json!({"data": {"secret_value": null}, "errors": [old]});
        assert!(matches!(two(&answer), Ok(Answer::OneByOne)));
        assert!(matches!(two(&json!({"data": {"secret_value": "v"}})), Ok(Answer::OneByOne)));
    }

    #[test]
    fn an_error_of_the_whole_is_no_value_of_any() {
        let boom = json!({"message": "boom"});
        for data in [json!({"s0": "v", "s1": "w"}), json!({"s0": null, "s1": null}), json!(null)] {
            let fault = two(&json!({"data": data, "errors": [boom]})).unwrap_err();
            assert_eq!(fault.to_string(), "it answered 200: boom");
        }
        for answer in [json!({"data": null}), json!({}), json!([]), json!("x"), json!(null)] {
            assert!(two(&answer).is_err(), "{answer}");
        }
        assert!(two(&json!({"data": {"s0": "v"}})).is_err());
    }

    #[test]
    fn only_the_phrase_means_absent() {
        let errors = |message: &str| json!({"errors": [{"message": message}], "data": {"secret_value": null}});
        assert_eq!(one(200, &errors(ABSENT)), "[Absent]");
        assert_eq!(one(400, &errors(ABSENT)), "[Absent]");
        assert_eq!(one(200, &errors("boom")), "it answered 200: boom");
        assert_eq!(one(401, &errors(ABSENT)), "it answered 401 to the credential from KEY");
        assert_eq!(one(404, &errors(ABSENT)), "it answered 404");
        assert_eq!(
            one(200, &json!({"data": null})),
            "this is no answer of Prefect Cloud 1.x: `data.secret_value` is missing"
        );
        assert!(one(200, &json!({"errors": [{"message": "API_ERROR"}]})).starts_with("again"));
        assert!(one(200, &json!({"errors": [], "data": {"secret_value": "v"}})).contains("\"v\""));
    }

    #[test]
    fn words_about_a_written_value_are_not_told() {
        let query = wire::set_key("k", &json!("CANARY"));
        let errors =
            json!({"errors": [{"message": "CANARY is bad", "extensions": {"code": "LIMIT"}}]});
        let fault =
            read(&query, 400, errors.to_string().as_bytes(), "x", Words::Untold).unwrap_err();
        assert_eq!(fault.to_string(), "it answered 400: LIMIT");
    }
}
