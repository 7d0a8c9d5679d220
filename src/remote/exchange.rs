//! Requests, responses, and how to reach an API: plain values, without the HTTP client.

use std::cell::OnceCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use url::Url;
use zeroize::Zeroizing;

use super::api_url::ApiUrl;

/// How to reach an API: everything that is decided before the first request.
#[derive(Clone)]
pub struct ApiAccess {
    pub address: ApiUrl,
    pub credential: Option<Credential>,
    /// Sent with every request: names and values.
    pub headers: Vec<(String, String)>,
    /// Contents of PEM files with certificate authorities that are trusted in addition to the system's, each with its
    /// path, for messages.
    pub authorities: Vec<(String, Vec<u8>)>,
    /// The URL of a proxy for https, and the hosts that are reached without it (`HTTPS_PROXY`, `NO_PROXY`).
    pub proxy: Option<(Zeroizing<String>, Option<String>)>,
    pub time: TimeLimit,
}

/// The time limit for all requests to remote stores together. It starts with the first request. Clones share the start.
#[derive(Clone)]
pub struct TimeLimit {
    pub after: Duration,
    started: Rc<OnceCell<Instant>>,
}

impl TimeLimit {
    pub fn new(after: Duration) -> Self {
        Self { after, started: Rc::default() }
    }

    /// When the first request was sent; now, if this is the first one.
    pub fn started(&self) -> Instant {
        *self.started.get_or_init(Instant::now)
    }
}

/// The value of an `Authorization` header, and where it came from.
#[derive(Clone)]
pub struct Credential {
    pub header: Zeroizing<String>,
    /// Only the key, which must not appear in any message.
    pub key: Zeroizing<String>,
    /// The variable or file that it comes from.
    pub origin: String,
}

/// One request.
#[derive(Clone)]
pub struct Request {
    pub method: &'static str,
    pub url: Url,
    /// JSON, which may contain a secret. It is sent with a `Content-Type`.
    pub body: Option<Arc<Zeroizing<Vec<u8>>>>,
    pub headers: Vec<(String, String)>,
    pub effect: Effect,
    /// Reads from a response of this API whether the request may be sent again.
    pub retry_hint: fn(&Response) -> RetryHint,
}

/// What a response says about sending the request again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryHint {
    /// The status of the response decides.
    ByStatus,
    /// The API reports that it did nothing, so even a write may be sent again.
    NotDone,
    /// The API reports a problem that may be temporary, whatever the status is.
    ApiTrouble,
}

/// Whether a request changes anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It may be sent again if the response is lost.
    Read,
    /// It is sent once, unless the response says that nothing was done.
    Write,
}

/// A complete response. Its status may be that of an error.
pub struct Response {
    pub status: u16,
    pub body: Zeroizing<Vec<u8>>,
}
