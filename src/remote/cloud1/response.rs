//! The responses of Prefect Cloud 1.x: each field decoded, or one error. Pure.

use serde::de::IgnoredAny;
use serde_json::Value;
use serde_json::value::RawValue;

use super::decode::{malformed, parsed};
use super::wire::Query;
use crate::error::RemoteFault;
use crate::remote::http::{Effect, Response, RetryHint};
use crate::remote::raw_json::Members;

/// The only sign that a secret does not exist: the API has no error code for it (`client/secrets.py`).
const ABSENT: &str = "No value found for the requested key";

/// The longest part of a server's message that is shown, in characters.
const LONGEST_MESSAGE: usize = 200;

/// The error code after which Prefect's client tries again (`client/client.py`).
const TROUBLE: &str = "API_ERROR";

/// Whether the API reports trouble that may pass.
pub fn retry_hint(response: &Response) -> RetryHint {
    let text = str::from_utf8(&response.body).unwrap_or_default();
    // Parsed only if it may be an error, since it is parsed again when it is read.
    let is_trouble = text.contains(TROUBLE)
        && document(response.status, text)
            .and_then(|document| Errors::of(&document))
            .is_ok_and(|errors| errors.are_trouble(response.status) && !errors.refuse_credential());
    if is_trouble { RetryHint::ApiTrouble } else { RetryHint::ByStatus }
}

/// Reads the response to `query`: its fields, in order. `credential` is where the API key comes from, for messages.
/// Of an error after a write, only the code is shown: the message may repeat the value.
///
/// # Errors
/// [`RemoteFault::Unauthorized`]; [`RemoteFault::Refused`] with the server's message;
/// [`RemoteFault::UnknownOutcome`] for a write if the API is in trouble; [`RemoteFault::InvalidResponse`] if the
/// response is not one of this API.
pub fn read<T>(
    query: &Query<T>,
    response: &Response,
    effect: Effect,
    credential: &str,
) -> Result<Vec<T>, RemoteFault> {
    let status = response.status;
    let unauthorized = || RemoteFault::Unauthorized { status, credential: credential.to_owned() };
    if matches!(status, 401 | 403) {
        return Err(unauthorized());
    }
    if status > 400 {
        return Err(RemoteFault::Refused { status, message: None });
    }
    let document = document(status, str::from_utf8(&response.body).unwrap_or_default())?;
    let errors = Errors::of(&document)?;
    if errors.refuse_credential() {
        return Err(unauthorized());
    }
    let refused = |error: Option<&Value>| RemoteFault::Refused {
        status,
        message: error.and_then(|error| message(error, effect)),
    };
    if errors.are_trouble(status) {
        let fault = refused(errors.list.first());
        return Err(match effect {
            Effect::Read => fault,
            Effect::Write => RemoteFault::UnknownOutcome { cause: Box::new(fault) },
        });
    }
    let several = query.fields.len() > 1;
    let of_field = |error: &Value| {
        let path = error.get("path").and_then(|path| path.get(0)).and_then(Value::as_str);
        query.fields.iter().position(|field| Some(field.as_str()) == path)
    };
    // An error that belongs to no field makes the whole response unusable.
    if several && let Some(stray) = errors.list.iter().find(|error| of_field(error).is_none()) {
        return Err(refused(Some(stray)));
    }
    let data = document.get("data");
    let data: Members<'_> =
        data.and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or_default();
    let field = |(index, field): (usize, &String)| {
        // With a single field, every error belongs to it, whatever its `path` is.
        let mut own = errors.list.iter().filter(|error| !several || of_field(error) == Some(index));
        match (own.clone().next(), data.get(field)) {
            // As Prefect does: the phrase may be anywhere in the errors of the field.
            (Some(_), _) if own.any(is_absence) => (query.decode)(None),
            (Some(error), _) => Err(refused(Some(error))),
            (None, Some(&raw)) if status < 400 => (query.decode)(Some(raw)),
            (None, _) if status == 400 => Err(refused(None)),
            (None, _) => Err(malformed(&format!("`data.{field}` is missing"))),
        }
    };
    query.fields.iter().enumerate().map(field).collect()
}

/// The members of a response. JSON that is not an object has none.
fn document(status: u16, text: &str) -> Result<Members<'_>, RemoteFault> {
    match serde_json::from_str(text) {
        Ok(document) => Ok(document),
        Err(_) if serde_json::from_str::<IgnoredAny>(text).is_ok() => Ok(Members::new()),
        Err(_) if status == 400 => Err(RemoteFault::Refused { status, message: None }),
        Err(_) => Err(malformed("it is not JSON")),
    }
}

/// The errors in a response.
struct Errors {
    list: Vec<Value>,
    /// As JSON: Prefect's client searches this text.
    text: String,
}

impl Errors {
    fn of(document: &Members<'_>) -> Result<Self, RemoteFault> {
        let errors = document.get("errors").map(|raw: &&RawValue| parsed(raw)).transpose()?;
        match errors.unwrap_or_default() {
            Value::Null => Ok(Self { list: Vec::new(), text: String::new() }),
            Value::Array(list) => Ok(Self { text: Value::from(list.clone()).to_string(), list }),
            _ => Err(malformed("`errors` is not a list")),
        }
    }

    fn refuse_credential(&self) -> bool {
        ["UNAUTHENTICATED", "Malformed Authorization header"]
            .iter()
            .any(|words| self.text.contains(words))
    }

    fn are_trouble(&self, status: u16) -> bool {
        status < 400 && self.text.contains(TROUBLE)
    }
}

fn is_absence(error: &Value) -> bool {
    error.to_string().contains(ABSENT)
}

/// The code and the message of an error, cut; after a write only the code.
fn message(error: &Value, effect: Effect) -> Option<String> {
    let code = error.pointer("/extensions/code").and_then(Value::as_str).filter(|code| {
        code.len() <= 40 && code.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
    });
    let text = error.get("message").and_then(Value::as_str).filter(|_| effect == Effect::Read);
    let text = text.map(|text| text.chars().take(LONGEST_MESSAGE).collect::<String>());
    match (code, text) {
        (Some(code), Some(text)) => Some(format!("{code}: {text}")),
        (Some(code), None) => Some(code.to_owned()),
        (None, text) => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::remote::cloud1::wire;
    use serde_json::json;

    fn response(status: u16, answer: &Value) -> Response {
        Response { status, body: answer.to_string().into_bytes().into() }
    }

    fn two(answer: &Value) -> Result<Vec<Option<Box<RawValue>>>, RemoteFault> {
        read(&wire::secrets(&["A", "B"]), &response(200, answer), Effect::Read, "x")
    }

    fn one(status: u16, answer: &Value) -> String {
        match read(&wire::secrets(&["A"]), &response(status, answer), Effect::Read, "KEY") {
            Ok(fields) => format!("{fields:?}"),
            Err(fault) => fault.to_string(),
        }
    }

    #[test]
    fn each_alias_is_present_null_absent_or_failed_on_its_own() {
        let absent = json!({"path": ["s1"], "message": ABSENT});
        let fields = two(&json!({"data": {"s0": null, "s1": null}, "errors": [absent]})).unwrap();
        let [Some(null), None] = &fields[..] else { panic!("{fields:?}") };
        assert_eq!(null.get(), "null");

        let failed = json!({"path": ["s1"], "message": "An unknown error occurred."});
        let fault = two(&json!({"data": {"s0": "v", "s1": null}, "errors": [failed]})).unwrap_err();
        assert_eq!(fault.to_string(), "the server answered 200: An unknown error occurred.");
    }

    #[test]
    fn a_server_without_aliases_is_refused() {
        let code = json!({"code": "GRAPHQL_VALIDATION_FAILED"});
        let old = json!({"path": ["secret_value"], "message": ABSENT});
        for (answer, says) in [
            (
                json!({"errors": [{"message": "x", "extensions": code}]}),
                "the server answered 200: GRAPHQL_VALIDATION_FAILED: x",
            ),
            (
                json!({"data": {"secret_value": null}, "errors": [old]}),
                "the server answered 200: No value found for the requested key",
            ),
            (
                json!({"data": {"secret_value": "v"}}),
                "this is not a response of Prefect Cloud 1.x: `data.s0` is missing",
            ),
        ] {
            assert_eq!(two(&answer).unwrap_err().to_string(), says);
        }
    }

    #[test]
    fn an_error_without_a_field_fails_all_of_them() {
        let boom = json!({"message": "boom"});
        for data in [json!({"s0": "v", "s1": "w"}), json!({"s0": null, "s1": null}), json!(null)] {
            let fault = two(&json!({"data": data, "errors": [boom]})).unwrap_err();
            assert_eq!(fault.to_string(), "the server answered 200: boom");
        }
        for answer in [json!({"data": null}), json!({}), json!([]), json!("x"), json!(null)] {
            assert!(two(&answer).is_err(), "{answer}");
        }
        assert!(two(&json!({"data": {"s0": "v"}})).is_err());
    }

    #[test]
    fn only_the_known_message_means_absent() {
        let errors = |message: &str| json!({"errors": [{"message": message}], "data": {"secret_value": null}});
        assert_eq!(one(200, &errors(ABSENT)), "[None]");
        assert_eq!(one(400, &errors(ABSENT)), "[None]");
        assert_eq!(one(200, &errors("boom")), "the server answered 200: boom");
        assert_eq!(one(401, &errors(ABSENT)), "the server answered 401 to the credential from KEY");
        assert_eq!(one(404, &errors(ABSENT)), "the server answered 404");
        assert_eq!(
            one(200, &json!({"data": null})),
            "this is not a response of Prefect Cloud 1.x: `data.secret_value` is missing"
        );
        assert!(one(200, &json!({"errors": [], "data": {"secret_value": "v"}})).contains("\"v\""));
    }

    #[test]
    fn an_api_in_trouble_reports_a_code_with_a_success_status() {
        let errors = |words: &str| json!({"errors": [{"message": words}]});
        for (status, words, expected) in [
            (200, "API_ERROR", RetryHint::ApiTrouble),
            (400, "API_ERROR", RetryHint::ByStatus),
            (200, "API_ERROR, UNAUTHENTICATED", RetryHint::ByStatus),
            (200, "boom", RetryHint::ByStatus),
        ] {
            assert_eq!(retry_hint(&response(status, &errors(words))), expected, "{status} {words}");
        }
        let value = json!({"data": {"secret_value": "API_ERROR"}});
        assert_eq!(retry_hint(&response(200, &value)), RetryHint::ByStatus);
        assert_eq!(one(200, &errors("API_ERROR")), "the server answered 200: API_ERROR");
    }

    #[test]
    fn a_message_after_a_write_is_not_shown() {
        let query = wire::set_key("k", &json!("CANARY"));
        let errors =
            json!({"errors": [{"message": "CANARY is bad", "extensions": {"code": "LIMIT"}}]});
        let fault = read(&query, &response(400, &errors), Effect::Write, "x").unwrap_err();
        assert_eq!(fault.to_string(), "the server answered 400: LIMIT");
    }
}
