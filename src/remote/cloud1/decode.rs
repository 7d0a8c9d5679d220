//! Decodes one field of a response of Prefect Cloud 1.x. Pure.

use serde_json::Value;
use serde_json::value::RawValue;

use crate::error::RemoteFault;
use crate::remote::raw_json::{self, MOST_VALUES, Members};

/// The most values of a list of names that are built. Names are short, so there may be many.
const MOST_LISTED: usize = 400_000;

/// Decodes one field of a response; `None` is the field of something that does not exist.
///
/// # Errors
/// [`RemoteFault::InvalidResponse`] if the field is not one of this API.
pub type Decode<T> = fn(Option<&RawValue>) -> Result<T, RemoteFault>;

/// The value of a secret as raw JSON. `null` is a value.
pub fn value(field: Option<&RawValue>) -> Result<Option<Box<RawValue>>, RemoteFault> {
    let Some(raw) = field else { return Ok(None) };
    check_size(raw, MOST_VALUES)?;
    Ok(Some(raw.to_owned()))
}

/// The value in the first row; `None` without rows (`backend/kv_store.py`).
pub fn value_of_row(field: Option<&RawValue>) -> Result<Option<Box<RawValue>>, RemoteFault> {
    first_row(field, "value")
}

/// The ID in the first row; `None` without rows.
pub fn id_of_row(field: Option<&RawValue>) -> Result<Option<Box<RawValue>>, RemoteFault> {
    first_row(field, "id")
}

fn first_row(field: Option<&RawValue>, column: &str) -> Result<Option<Box<RawValue>>, RemoteFault> {
    let no_list = || malformed("`key_value` is not a list");
    let field = field.ok_or_else(no_list)?;
    check_size(field, MOST_VALUES)?;
    let rows: Vec<&RawValue> = serde_json::from_str(field.get()).map_err(|_| no_list())?;
    let Some(row) = rows.first() else { return Ok(None) };
    let row: Members<'_> = serde_json::from_str(row.get())
        .map_err(|_| malformed("a row of `key_value` is not an object"))?;
    match row.get(column) {
        Some(&value) => Ok(Some(value.to_owned())),
        None => Err(malformed(&format!("a row of `key_value` has no `{column}`"))),
    }
}

/// A list of names, sorted by code point.
pub fn names(field: Option<&RawValue>) -> Result<Vec<String>, RemoteFault> {
    sorted(field, |name| serde_json::from_str(name.get()).ok())
}

/// The keys of a list of rows, sorted by code point.
pub fn keys(field: Option<&RawValue>) -> Result<Vec<String>, RemoteFault> {
    sorted(field, |row| {
        let row: Members<'_> = serde_json::from_str(row.get()).ok()?;
        serde_json::from_str(row.get("key")?.get()).ok()
    })
}

fn sorted(
    field: Option<&RawValue>,
    name: fn(&RawValue) -> Option<String>,
) -> Result<Vec<String>, RemoteFault> {
    let no_list = || malformed("expected a list");
    let field = field.ok_or_else(no_list)?;
    check_size(field, MOST_LISTED)?;
    let rows: Vec<&RawValue> = serde_json::from_str(field.get()).map_err(|_| no_list())?;
    let names: Option<Vec<String>> = rows.into_iter().map(name).collect();
    let mut names = names.ok_or_else(|| malformed("a name in the list is not a string"))?;
    names.sort();
    Ok(names)
}

/// Whether a mutation reports `success`.
#[expect(clippy::unnecessary_wraps, reason = "it is a `Decode`")]
pub fn success(field: Option<&RawValue>) -> Result<bool, RemoteFault> {
    Ok(member(field, "success") == Some(Value::Bool(true)))
}

/// Checks that a mutation returns the ID of what it wrote.
pub fn written(field: Option<&RawValue>) -> Result<(), RemoteFault> {
    member(field, "id").map(|_| ()).ok_or_else(|| malformed("`id` is missing"))
}

/// The tenant that an API key belongs to; `None` if the API does not know the key (`cli/auth.py`, `login`).
#[expect(clippy::unnecessary_wraps, reason = "it is a `Decode`")]
pub fn tenant(field: Option<&RawValue>) -> Result<Option<String>, RemoteFault> {
    Ok(member(field, "tenant_id").as_ref().and_then(Value::as_str).map(str::to_owned))
}

/// A member of the field's object, parsed.
fn member(field: Option<&RawValue>, name: &str) -> Option<Value> {
    let members: Members<'_> = serde_json::from_str(field?.get()).ok()?;
    members.get(name).and_then(|member| parsed(member).ok())
}

/// The value that this JSON represents.
pub fn parsed(raw: &RawValue) -> Result<Value, RemoteFault> {
    check_size(raw, MOST_VALUES)?;
    serde_json::from_str(raw.get())
        .map_err(|_| malformed("it is not JSON, or is nested too deeply"))
}

/// Refuses JSON with more values than may be built.
fn check_size(raw: &RawValue, most: usize) -> Result<(), RemoteFault> {
    if raw_json::count_values(raw.get()) <= most {
        Ok(())
    } else {
        Err(malformed(&format!("it contains more than {most} values")))
    }
}

pub fn malformed(what: &str) -> RemoteFault {
    RemoteFault::InvalidResponse {
        problem: format!("this is not a response of Prefect Cloud 1.x: {what}"),
    }
}
