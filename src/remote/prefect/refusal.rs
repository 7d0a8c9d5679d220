//! What the error responses of the API mean. Pure.

use super::wire;
use crate::error::RemoteFault;
use crate::remote::http::{Effect, Response};

/// What a request was about, for the error if it is refused.
#[derive(Clone, Copy, Debug)]
pub struct RequestSubject {
    /// `blocks` or `Variables`.
    pub what: &'static str,
    pub effect: Effect,
}

/// Where the credential comes from, if there is one.
pub type CredentialOrigin<'a> = Option<&'a str>;

/// What the API says about a URL that it does not have. About an object that does not exist it says something else.
const NOWHERE: &str = "Not Found";

/// Whether a response demands a CSRF token (`server/api/middleware.py`).
pub fn demands_token(response: &Response) -> bool {
    response.status == 403
        && wire::detail(&response.body).is_some_and(|detail| {
            detail.contains("CSRF token") || detail.contains("client identifier")
        })
}

/// Whether a response says that one object does not exist, which is not an error.
pub fn is_absence(response: &Response) -> bool {
    response.status == 404 && wire::detail(&response.body).is_some_and(|detail| detail != NOWHERE)
}

/// The error that a response with an error status means. The body of a 422 is never shown, because it repeats the
/// request; nor is the body of any response to a write.
pub fn fault(
    response: &Response,
    asked: RequestSubject,
    from: CredentialOrigin<'_>,
) -> RemoteFault {
    let status = response.status;
    let writes = asked.effect == Effect::Write;
    match status {
        401 => match from {
            Some(credential) => {
                RemoteFault::Unauthorized { status, credential: credential.to_owned() }
            }
            None => RemoteFault::NoCredential { status },
        },
        403 if demands_token(response) => RemoteFault::Unsupported {
            problem: "the server requires a CSRF token, but rejects the one that it issued".to_owned(),
            hint: None,
        },
        403 => {
            let act = if writes { "change" } else { "read" };
            let right = format!("{act} {}", asked.what);
            RemoteFault::Forbidden { status, right, credential: from.map(str::to_owned) }
        }
        404 | 405 if !is_absence(response) => RemoteFault::Unsupported {
            problem: format!("no Prefect API found at this URL (status {status})"),
            hint: Some(
                "the API URL ends in /api, for example http://127.0.0.1:4200/api; `pfx doctor` shows where it is set"
                    .to_owned(),
            ),
        },
        422 if writes => RemoteFault::Unsupported {
            problem: format!("the server does not accept this name or value for its {} (422)", asked.what),
            hint: None,
        },
        422 => RemoteFault::Refused { status, message: None },
        _ => {
            let message = if writes { None } else { wire::detail(&response.body) };
            RemoteFault::Refused { status, message }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use zeroize::Zeroizing;

    fn answer(status: u16, body: &str) -> Response {
        Response { status, body: Zeroizing::new(body.as_bytes().to_vec()) }
    }

    fn shown(status: u16, body: &str, effect: Effect) -> String {
        let asked = RequestSubject { what: "blocks", effect };
        fault(&answer(status, body), asked, Some("PREFECT_API_KEY")).to_string()
    }

    #[test]
    fn a_response_that_may_contain_a_value_is_not_shown() {
        let body = r#"{"detail":"CANARY","request_body":{"value":"CANARY"}}"#;
        for status in [400, 401, 403, 404, 409, 413, 418, 422, 429, 500] {
            assert!(!shown(status, body, Effect::Write).contains("CANARY"), "{status}");
        }
        for status in [401, 403, 422] {
            assert!(!shown(status, body, Effect::Read).contains("CANARY"), "{status}");
        }
    }

    #[test]
    fn a_wrong_url_does_not_mean_that_an_object_is_absent() {
        assert!(is_absence(&answer(404, r#"{"detail":"Block document not found"}"#)));
        assert!(!is_absence(&answer(404, r#"{"detail":"Not Found"}"#)));
        assert!(!is_absence(&answer(404, "<html>")));
        assert!(
            shown(404, r#"{"detail":"Not Found"}"#, Effect::Read).contains("no Prefect API found")
        );
    }

    #[test]
    fn a_token_is_required_only_if_the_error_says_that_it_is_missing_or_invalid() {
        for detail in [
            "Missing CSRF token.",
            "Missing client identifier.",
            "Invalid CSRF token or client identifier.",
        ] {
            assert!(demands_token(&answer(403, &format!(r#"{{"detail":"{detail}"}}"#))));
        }
        assert!(!demands_token(&answer(403, r#"{"detail":"Forbidden"}"#)));
        assert!(!demands_token(&answer(422, r#"{"detail":"Missing CSRF token."}"#)));
    }
}
