//! What Prefect Cloud 1.x answered: per field present, absent or failed. Pure.

use serde_json::Value;

use super::wire::Query;
use crate::error::RemoteFault;

/// What tells an absent secret from any other failure: the API has no code of its own for it
/// (`client/secrets.py`).
const ABSENT: &str = "No value found for the requested key";

/// The longest message of a server that is told, in characters.
const LONGEST_MESSAGE: usize = 200;

/// What one field of a query came to.
#[derive(Debug, PartialEq)]
pub enum Field {
    Absent,
    /// Any JSON; `null` is a value.
    Present(Value),
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
    let document: Value = match serde_json::from_slice(body) {
        Ok(document) => document,
        Err(_) if status == 400 => return Err(RemoteFault::Refused { status, message: None }),
        Err(_) => return Err(malformed("it is no JSON, or nested too deeply")),
    };
    let errors = match document.get("errors") {
        None | Some(Value::Null) => &[],
        Some(Value::Array(errors)) => errors.as_slice(),
        Some(_) => return Err(malformed("`errors` is no list")),
    };
    let text = Value::from(errors.to_vec()).to_string();
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
        match (error, data.and_then(|data| data.get(field))) {
            // As Prefect has it: the phrase anywhere in what is said of the field.
            (Some(_), _) if own.any(is_absence) => fields.push(Field::Absent),
            (Some(error), _) => return Err(refused(Some(error))),
            (None, Some(value)) if status < 400 => fields.push(Field::Present(value.clone())),
            (None, _) => unanswered = Some(field),
        }
    }
    let Some(field) = unanswered else { return Ok(Answer::Fields(fields)) };
    if several && fields.is_empty() && (status == 400 || data.is_some_and(Value::is_object)) {
        return Ok(Answer::OneByOne);
    }
    Err(match status {
        400 => refused(None),
        _ => malformed(&format!("`data.{field}` is missing")),
    })
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
pub fn first_row(field: Field, column: &str) -> Result<Field, RemoteFault> {
    let Field::Present(Value::Array(rows)) = field else {
        return Err(malformed("`key_value` is no list"));
    };
    match rows.into_iter().next() {
        None => Ok(Field::Absent),
        Some(Value::Object(mut row)) => match row.remove(column) {
            Some(value) => Ok(Field::Present(value)),
            None => Err(malformed(&format!("a row of `key_value` has no `{column}`"))),
        },
        Some(_) => Err(malformed("a row of `key_value` is no object")),
    }
}

/// A list of names, sorted by code point.
///
/// # Errors
/// [`RemoteFault::Answer`] if it is none. With `column` each name is in that member of an object.
pub fn names(field: Field, column: Option<&str>) -> Result<Vec<String>, RemoteFault> {
    let Field::Present(Value::Array(rows)) = field else {
        return Err(malformed("what should be a list is none"));
    };
    let mut names = Vec::with_capacity(rows.len());
    for row in rows {
        let name = match column {
            Some(column) => row.get(column).and_then(Value::as_str),
            None => row.as_str(),
        };
        match name {
            Some(name) => names.push(name.to_owned()),
            None => return Err(malformed("a name in the list is no text")),
        }
    }
    names.sort();
    Ok(names)
}

/// Whether a mutation says `success`.
#[must_use]
pub fn succeeded(field: &Field) -> bool {
    match field {
        Field::Present(value) => value.get("success").and_then(Value::as_bool) == Some(true),
        Field::Absent => false,
    }
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
        assert_eq!(fields, [Field::Present(Value::Null), Field::Absent]);

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
