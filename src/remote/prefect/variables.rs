//! Variables: the successor of Prefect 1.x's key-value store. They are stored in clear text and can be any JSON; in
//! Prefect 2 only strings.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::names;
use super::refusal::{self, RequestSubject};
use super::session::PrefectSession;
use super::wire::{self, PAGE, VariableDocument};
use crate::error::{Error, ValueFault};
use crate::remote::http::{Effect, Request, Response};

/// The longest value, in bytes of its compact JSON (`prefect/types/__init__.py`, `check_variable_value`; seen
/// with 3.8.8: a string of 4 998 letters fits and one of 4 999 does not).
const LONGEST: usize = 5_000;

const READ: RequestSubject = RequestSubject { what: "Variables", effect: Effect::Read };
const WRITE: RequestSubject = RequestSubject { what: "Variables", effect: Effect::Write };

/// The requests for all these names, one for every two hundred.
pub fn requests(session: &PrefectSession, names: &BTreeSet<String>) -> Vec<Request> {
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    // Names are unique, so one page is enough.
    let page = |names: &[&str]| session.filter("variables", &wire::filter_variables(names, 0));
    names.chunks(PAGE).map(page).collect()
}

/// Reads the responses to [`requests`].
///
/// # Errors
/// [`Error::Remote`].
pub fn read(
    session: &PrefectSession,
    responses: &[Response],
) -> Result<BTreeMap<String, Box<RawValue>>, Error> {
    let mut found = BTreeMap::new();
    for response in responses {
        found.extend(page(session, response)?.into_iter().map(|one| (one.name, one.value)));
    }
    Ok(found)
}

/// The names of all Variables.
///
/// # Errors
/// [`Error::Remote`].
pub fn list(session: &PrefectSession) -> Result<Vec<String>, Error> {
    session.names("Variables", |offset| {
        let request = session.filter("variables", &wire::filter_variables(&[], offset));
        let variables = page(session, &session.send(request)?)?;
        Ok(variables.into_iter().map(|variable| variable.name).collect())
    })
}

/// Creates a Variable or replaces its value, and its tags if tags are given.
///
/// # Errors
/// [`Error::Remote`]; [`Error::Value`] for a value that Prefect does not accept.
pub fn set(
    session: &PrefectSession,
    key: &str,
    value: &Value,
    tags: &[String],
) -> Result<(), Error> {
    let name = fits(session, key, value)?;
    let mut body = json!({ "value": value });
    if !tags.is_empty() {
        body["tags"] = json!(tags);
    }
    let change =
        session.request("PATCH", &["variables", "name", &name], Some(&body), Effect::Write);
    let response = session.send(change.clone())?;
    match response.status {
        200 | 204 => return Ok(()),
        404 if refusal::is_absence(&response) => {}
        _ => return Err(refused(session, &response, value)),
    }
    body["name"] = json!(name);
    let response = session.write("POST", &["variables", ""], Some(&body))?;
    match response.status {
        200 | 201 => Ok(()),
        // Another client has created it in the meantime.
        409 => match session.send(change)? {
            Response { status: 200 | 204, .. } => Ok(()),
            response => Err(refused(session, &response, value)),
        },
        _ => Err(refused(session, &response, value)),
    }
}

/// Deletes a Variable; `false` if it does not exist. Only the name that would be used for writing counts.
///
/// # Errors
/// [`Error::Remote`].
pub fn delete(session: &PrefectSession, key: &str) -> Result<bool, Error> {
    let Some(name) = names::of_variable(key).into_iter().next() else { return Ok(false) };
    session.delete(&["variables", "name", &name], WRITE)
}

/// The name of the Variable that a key is stored in, if Prefect accepts the value.
///
/// # Errors
/// [`Error::Remote`] for a name, and [`Error::Value`] for a value, that Prefect does not accept.
pub fn fits(session: &PrefectSession, key: &str, value: &Value) -> Result<String, Error> {
    let bytes = value.to_string().len();
    if bytes > LONGEST {
        let fault = ValueFault::TooLongForStore { what: "Variable", bytes, limit: LONGEST };
        return Err(Error::Value { name: key.to_owned(), fault });
    }
    if has_large_integer(value) {
        let fault = ValueFault::TooLargeNumber { what: "Variable" };
        return Err(Error::Value { name: key.to_owned(), fault });
    }
    // Prefect 2 would silently store 42 as "42" and true as "True". A server that does not report its version is
    // assumed to be a later one; it can still refuse the value.
    if !value.is_string()
        && let Some(version) = old_version(session)?
    {
        return Err(only_strings(session, version));
    }
    names::of_variable(key).into_iter().next().ok_or_else(|| {
        session.unsupported(
            format!("`{key}` is not a valid Variable name"),
            Some("a Variable name consists of at most 255 lowercase letters, digits, `-` and `_`"),
        )
    })
}

/// Whether a value contains an integer that orjson, with which Prefect checks it, cannot write.
fn has_large_integer(value: &Value) -> bool {
    match value {
        Value::Number(number) => {
            let is_integer = !number.to_string().contains(['.', 'e', 'E']);
            is_integer && !number.is_i64() && !number.is_u64()
        }
        Value::Array(items) => items.iter().any(has_large_integer),
        Value::Object(fields) => fields.values().any(has_large_integer),
        Value::String(_) | Value::Bool(_) | Value::Null => false,
    }
}

/// The error for a value that is not a string, on Prefect 2.
fn only_strings(session: &PrefectSession, version: &str) -> Error {
    let problem = format!("this server is Prefect {version}, whose Variables hold only strings");
    session.unsupported(problem, Some("`--string` stores the value as text"))
}

/// The server's version, if it is Prefect 2.
///
/// # Errors
/// [`Error::Remote`].
pub fn old_version(session: &PrefectSession) -> Result<Option<&str>, Error> {
    Ok(session.version()?.filter(|version| version.starts_with("2.")))
}

/// The error for a write that was refused. On Prefect 2, a 422 has other reasons.
fn refused(session: &PrefectSession, response: &Response, value: &Value) -> Error {
    if response.status == 422
        && let Ok(Some(version)) = old_version(session)
    {
        if !value.is_string() {
            return only_strings(session, version);
        }
        let problem =
            format!("this server is Prefect {version}, whose Variable names cannot contain `-`");
        return session.unsupported(problem, None);
    }
    session.refused(response, WRITE)
}

fn page(session: &PrefectSession, response: &Response) -> Result<Vec<VariableDocument>, Error> {
    session.read(response, READ, wire::variables)
}
