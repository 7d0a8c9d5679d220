//! What is settled before a request, a request, and its answer: values, and nothing of how they travel.

use std::cell::OnceCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use url::Url;
use zeroize::Zeroizing;

use super::address::Address;

/// How to reach an API: everything that is settled before the first request.
#[derive(Clone)]
pub struct Access {
    pub address: Address,
    pub credential: Option<Credential>,
    /// Sent with every request: names and values.
    pub headers: Vec<(String, String)>,
    /// PEM files of certificate authorities that are trusted beside the system's, read by whoever settles
    /// this; each with its path, for messages.
    pub authorities: Vec<(String, Vec<u8>)>,
    /// The URL of a proxy for https, and the hosts that are reached without (`HTTPS_PROXY`, `NO_PROXY`).
    pub proxy: Option<(Zeroizing<String>, Option<String>)>,
    pub time: TimeLimit,
}

/// How long all that is asked of remote stores may take together, from the first request on. Its clones start with it.
#[derive(Clone)]
pub struct TimeLimit {
    pub after: Duration,
    started: Rc<OnceCell<Instant>>,
}

impl TimeLimit {
    pub fn new(after: Duration) -> Self {
        Self { after, started: Rc::default() }
    }

    /// When the first request was sent: now, if none was.
    pub fn started(&self) -> Instant {
        *self.started.get_or_init(Instant::now)
    }
}

/// The value of an `Authorization` header, and where it came from.
#[derive(Clone)]
pub struct Credential {
    pub header: Zeroizing<String>,
    /// The key alone, which no message may repeat.
    pub key: Zeroizing<String>,
    /// A variable or a file.
    pub origin: String,
}

/// One request.
#[derive(Clone)]
pub struct Request {
    pub method: &'static str,
    pub url: Url,
    /// JSON, with its `Content-Type`; it may hold a secret.
    pub body: Option<Arc<Zeroizing<Vec<u8>>>>,
    pub headers: Vec<(String, String)>,
    pub effect: Effect,
    /// What this API says in an answer about sending the request again.
    pub verdict: fn(&Response) -> Verdict,
}

/// What an answer says about sending its request again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing but its status.
    Nothing,
    /// The API did nothing, so it may be asked again, even to write.
    Undone,
    /// The API is in trouble that may pass, whatever the status is.
    Trouble,
}

/// Whether a request changes anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It may be sent again if the answer is lost.
    Read,
    /// It is sent once, unless the answer says that nothing was done.
    Write,
}

/// An answer that came whole. Its status may be that of an error.
pub struct Response {
    pub status: u16,
    pub body: Zeroizing<Vec<u8>>,
}
