//! Sends a request once.

use std::time::{Duration, SystemTime};

use reqwest::Method;
use reqwest::header::{HeaderMap, LOCATION, RETRY_AFTER};
use zeroize::Zeroizing;

use super::build::append;
use crate::error::RemoteFault;
use crate::remote::api_url::host_of;
use crate::remote::cause::{cause, is_lasting, no_thread};
use crate::remote::exchange::{Request, Response};
use crate::remote::retry;

/// The longest response body that is read, decoded, in bytes.
const LONGEST_BODY: usize = 4 << 20;
/// The longest response header, in bytes. hyper itself stops at 400 KiB, so memory is bounded in any case.
const LONGEST_HEAD: usize = 64 << 10;

/// The result of one try: a response, and how long the server asks to wait before the next try.
pub type TryOutcome = Result<(Response, Option<Duration>), Failure>;

/// Why one try gave no response.
pub struct Failure {
    pub fault: RemoteFault,
    pub is_transient: bool,
    pub was_sent: bool,
}

impl Failure {
    const fn lasting(fault: RemoteFault) -> Self {
        Self { fault, is_transient: false, was_sent: true }
    }
}

/// Sends a request once and reads the complete response.
pub async fn send_once(client: &reqwest::Client, request: &Request) -> TryOutcome {
    let mut headers = HeaderMap::new();
    append(&mut headers, &request.headers).map_err(Failure::lasting)?;
    let method = Method::from_bytes(request.method.as_bytes()).unwrap_or(Method::GET);
    let mut builder = client.request(method, request.url.clone()).headers(headers);
    if let Some(body) = &request.body {
        builder = builder
            .header(reqwest::header::CONTENT_TYPE, "application/json")
            .body(body.as_slice().to_vec());
    }
    let mut response = builder.send().await.map_err(|error| failure(&error))?;
    let status = response.status().as_u16();
    let head: usize =
        response.headers().iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
    if head > LONGEST_HEAD {
        return Err(Failure::lasting(RemoteFault::TooLarge {
            what: "response header",
            limit: LONGEST_HEAD,
        }));
    }
    let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
    if (300..400).contains(&status)
        && let Some(to) = response.headers().get(LOCATION)
    {
        let to = host_of(&String::from_utf8_lossy(to.as_bytes()), &request.url);
        return Err(Failure::lasting(RemoteFault::Redirect { to }));
    }
    if status < 200 || matches!(status, 205 | 206) {
        let problem = format!("unexpected status {status}");
        return Err(Failure::lasting(RemoteFault::InvalidResponse { problem }));
    }
    let retry_after =
        header(RETRY_AFTER).and_then(|text| retry::retry_after(text, SystemTime::now()));
    let mut body = Zeroizing::new(Vec::new());
    while let Some(part) = response.chunk().await.map_err(|error| failure(&error))? {
        if body.len() + part.len() > LONGEST_BODY {
            let fault = RemoteFault::TooLarge { what: "response body", limit: LONGEST_BODY };
            return Err(Failure::lasting(fault));
        }
        body.extend_from_slice(&part);
    }
    Ok((Response { status, body }, retry_after))
}

/// A client's error in pfx's own words: its own text contains the URL.
fn failure(error: &reqwest::Error) -> Failure {
    if let Some(errno) = no_thread(error) {
        let fault = RemoteFault::System { action: "start a thread", errno };
        return Failure { fault, is_transient: false, was_sent: false };
    }
    if error.is_connect() {
        let problem = cause(error).unwrap_or_else(|| "could not connect".to_owned());
        let is_transient = !problem.starts_with("TLS") && !is_lasting(error);
        let fault = RemoteFault::Connection { problem };
        return Failure { fault, is_transient, was_sent: false };
    }
    let problem = match cause(error) {
        Some(cause) => format!("the connection was lost: {cause}"),
        None if error.is_body() || error.is_decode() => {
            "the response is damaged or incomplete".to_owned()
        }
        None => "the connection was lost, or the response is not HTTP".to_owned(),
    };
    Failure { fault: RemoteFault::Connection { problem }, is_transient: true, was_sent: true }
}
