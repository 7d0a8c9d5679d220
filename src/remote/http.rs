//! Requests and answers: the only part of pfx that knows the HTTP client. Built on first use.
//!
//! The client is the asynchronous one: one deadline then covers DNS, connect, TLS, body and retries, which no
//! time-out of the blocking client does, and several requests run side by side on one thread.

#![expect(clippy::disallowed_types, reason = "the one home of the HTTP client")]

use std::cell::OnceCell;
use std::hash::{BuildHasher as _, RandomState};
use std::io;
use std::time::{Duration, Instant, SystemTime};

use reqwest::header::{HeaderMap, HeaderName, HeaderValue, LOCATION, RETRY_AFTER};
use reqwest::tls::Version;
use reqwest::{Certificate, Method, NoProxy, Proxy};
use zeroize::Zeroizing;

use super::address::{host_of, proxy_host};
use super::cause::{cause, is_lasting, no_thread, of_set_up};
pub use super::exchange::{Access, Credential, Effect, Request, Response};
use super::names;
use super::network::Network;
use super::progress::Progress;
use super::retry;
use crate::error::{Error, RemoteFault};

/// Longest answer that is read, decoded, in bytes.
const LONGEST_BODY: usize = 4 << 20;
/// Longest head of an answer, in bytes. hyper itself gives up at 400 KiB, so memory is bounded anyway.
const LONGEST_HEAD: usize = 64 << 10;
/// Requests that are under way at once.
const SIDE_BY_SIDE: usize = 8;

/// One API, by one credential.
pub struct Client {
    pub access: Access,
    built: OnceCell<Built>,
}

struct Built {
    client: reqwest::Client,
    network: Network,
    started: Instant,
}

impl Client {
    #[must_use]
    pub const fn new(access: Access) -> Self {
        Self { access, built: OnceCell::new() }
    }

    /// Sends one request.
    ///
    /// # Errors
    /// As [`Client::send_all`].
    pub fn send(&self, request: Request) -> Result<Response, Error> {
        let mut responses = self.send_all(vec![request])?;
        responses
            .pop()
            .ok_or_else(|| self.error(RemoteFault::Answer { problem: "none".to_owned() }))
    }

    /// Sends requests side by side; the answers in their order.
    ///
    /// # Errors
    /// [`Error::Remote`] for the first that got no whole answer in time: connection, deadline, size,
    /// redirect; [`RemoteFault::UnknownOutcome`] for a write that was sent and not answered.
    pub fn send_all(&self, requests: Vec<Request>) -> Result<Vec<Response>, Error> {
        let built = self.built()?;
        let deadline = built.started + self.access.timeout;
        let writes = requests.iter().any(|request| request.effect == Effect::Write);
        let place = self.access.address.origin();
        let mut progress = Progress::new(&place, built.started);
        let work = all(built.client.clone(), requests, deadline);
        let outcome = built.network.wait(work, deadline, &mut progress).unwrap_or(Ok(None));
        match outcome {
            Ok(Some(responses)) => Ok(responses),
            Ok(None) => {
                let late = RemoteFault::Deadline { after: self.access.timeout };
                Err(self.error(if writes { unknown(late) } else { late }))
            }
            Err(fault) => Err(self.error(fault)),
        }
    }

    /// Waits before something is asked again, `longest` at most and by chance less; `false`, at once, if the
    /// deadline is nearer.
    #[must_use]
    pub fn pause(&self, longest: Duration) -> bool {
        let Some(built) = self.built.get() else { return true };
        let left = (built.started + self.access.timeout).saturating_duration_since(Instant::now());
        let wait = retry::drawn(longest, chance());
        if wait >= left {
            return false;
        }
        let place = self.access.address.origin();
        let mut progress = Progress::new(&place, built.started);
        let deadline = built.started + self.access.timeout;
        // Its clock is the runtime's, so it is made there.
        let sleep = async move { tokio::time::sleep(wait).await };
        built.network.wait(sleep, deadline, &mut progress).is_some()
    }

    /// An error of this API.
    #[must_use]
    pub fn error(&self, fault: RemoteFault) -> Error {
        if let RemoteFault::System { action, errno } = fault {
            let cause = io::Error::from_raw_os_error(errno);
            let way_out = Some("`--local` asks no remote store and needs none of this");
            return Error::Process { action, cause, way_out };
        }
        let fault = match (fault, self.proxy()) {
            (RemoteFault::Connection { problem }, Some(proxy)) => RemoteFault::Connection {
                problem: format!("{problem}; HTTPS_PROXY names the proxy {proxy}"),
            },
            (fault, _) => fault,
        };
        Error::Remote { place: self.access.address.origin(), fault }
    }

    /// The host of the proxy that is asked, without the user and password that may stand before it.
    fn proxy(&self) -> Option<String> {
        let (url, _) = self.access.proxy.as_ref()?;
        let asked = self.access.address.is_https() && !self.access.address.is_loopback();
        asked.then(|| proxy_host(url))
    }

    /// A server's words, less the credential should they repeat it.
    #[must_use]
    pub fn without_credential(&self, words: &str) -> String {
        match &self.access.credential {
            Some(credential) if !credential.key.is_empty() => {
                words.replace(credential.header.as_str(), "…").replace(credential.key.as_str(), "…")
            }
            _ => words.to_owned(),
        }
    }

    fn built(&self) -> Result<&Built, Error> {
        if let Some(built) = self.built.get() {
            return Ok(built);
        }
        let client = self.build().map_err(|fault| self.error(fault))?;
        let network = Network::start().map_err(|fault| self.error(fault))?;
        let built = Built { client, network, started: Instant::now() };
        Ok(self.built.get_or_init(|| built))
    }

    fn build(&self) -> Result<reqwest::Client, RemoteFault> {
        // It is the only one linked, and only its first installation can succeed.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let access = &self.access;
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("pfx/", env!("CARGO_PKG_VERSION")))
            .default_headers(self.headers()?)
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .dns_resolver(Names)
            .no_proxy()
            .http1_only();
        if access.address.is_https() {
            let mut authorities = Vec::new();
            for (path, pem) in &access.authorities {
                let certificates = Certificate::from_pem_bundle(pem).unwrap_or_default();
                if certificates.is_empty() {
                    let problem = format!("{path} has no certificate in PEM form");
                    return Err(RemoteFault::Connection { problem });
                }
                authorities.extend(certificates);
            }
            builder = builder.tls_version_min(Version::TLS_1_2).tls_certs_merge(authorities);
        } else {
            // No certificate is looked at, so none is read.
            builder = builder.tls_certs_only(Vec::new());
        }
        if !access.address.is_loopback()
            && let Some((url, exceptions)) = &access.proxy
        {
            let bad = |_| RemoteFault::Connection {
                problem: "the URL of the proxy, in HTTPS_PROXY, is none".to_owned(),
            };
            let exceptions = exceptions.as_deref().and_then(NoProxy::from_string);
            builder = builder.proxy(Proxy::https(url.as_str()).map_err(bad)?.no_proxy(exceptions));
        }
        builder.build().map_err(|error| RemoteFault::Connection { problem: of_set_up(&error) })
    }

    fn headers(&self) -> Result<HeaderMap, RemoteFault> {
        let mut headers = HeaderMap::new();
        if let Some(credential) = &self.access.credential {
            let bad = |_| RemoteFault::Credential {
                problem: "it has a character that no header can hold, such as a line feed",
                origin: credential.origin.clone(),
            };
            let mut value = HeaderValue::from_str(&credential.header).map_err(bad)?;
            value.set_sensitive(true);
            headers.insert(reqwest::header::AUTHORIZATION, value);
        }
        append(&mut headers, &self.access.headers)?;
        Ok(headers)
    }
}

fn append(headers: &mut HeaderMap, pairs: &[(String, String)]) -> Result<(), RemoteFault> {
    for (name, value) in pairs {
        let pair = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value));
        let (Ok(name), Ok(mut value)) = pair else {
            let problem =
                format!("the header `{name}` cannot be sent: it has a character too many");
            return Err(RemoteFault::Connection { problem });
        };
        value.set_sensitive(true);
        headers.insert(name, value);
    }
    Ok(())
}

/// Sends all of them, some side by side; `None` when time is up.
async fn all(
    client: reqwest::Client,
    requests: Vec<Request>,
    deadline: Instant,
) -> Result<Option<Vec<Response>>, RemoteFault> {
    let mut responses = Vec::with_capacity(requests.len());
    let mut waiting = requests.into_iter();
    loop {
        let tasks: Vec<_> = waiting
            .by_ref()
            .take(SIDE_BY_SIDE)
            .map(|request| {
                let work = persist(client.clone(), request, deadline);
                tokio::spawn(tokio::time::timeout_at(deadline.into(), work))
            })
            .collect();
        if tasks.is_empty() {
            return Ok(Some(responses));
        }
        for task in tasks {
            match task.await {
                Ok(Ok(response)) => responses.push(response?),
                Ok(Err(_elapsed)) => return Ok(None),
                // The only way for a task to end otherwise is a panic, which goes on here.
                Err(error) => std::panic::resume_unwind(error.into_panic()),
            }
        }
    }
}

/// How the client looks up names.
struct Names;

impl reqwest::dns::Resolve for Names {
    fn resolve(&self, name: reqwest::dns::Name) -> reqwest::dns::Resolving {
        let name = name.as_str().to_owned();
        Box::pin(async move {
            let found = names::look_up(name).await?;
            Ok(Box::new(found.into_iter()) as reqwest::dns::Addrs)
        })
    }
}

/// Any number.
fn chance() -> u64 {
    // Its keys are random, and others for each.
    RandomState::new().hash_one(0)
}

/// Sends a request until it is answered, or trying is over.
async fn persist(
    client: reqwest::Client,
    request: Request,
    deadline: Instant,
) -> Result<Response, RemoteFault> {
    let mut tried = 0;
    loop {
        let outcome = once(&client, &request).await;
        tried += 1;
        let (retriable, retry_after) = match &outcome {
            Ok((response, retry_after)) => (retry::is_transient(response.status), *retry_after),
            Err(failure) => (failure.is_transient, None),
        };
        let left = deadline.saturating_duration_since(Instant::now());
        let undone = matches!(&outcome, Ok((response, _)) if (request.undone)(response));
        if retriable
            && (undone || request.effect == Effect::Read)
            && let Some(pause) = retry::pause(tried, left, retry_after, chance())
        {
            tokio::time::sleep(pause).await;
            continue;
        }
        return match outcome {
            Ok((response, _))
                if response.status >= 500 && request.effect == Effect::Write && !undone =>
            {
                Err(unknown(RemoteFault::Refused { status: response.status, message: None }))
            }
            Ok((response, _)) => Ok(response),
            Err(failure) if failure.was_sent && request.effect == Effect::Write => {
                Err(unknown(failure.fault))
            }
            Err(failure) => Err(failure.fault),
        };
    }
}

fn unknown(cause: RemoteFault) -> RemoteFault {
    RemoteFault::UnknownOutcome { cause: Box::new(cause) }
}

/// Why one try gave no answer.
struct Failure {
    fault: RemoteFault,
    is_transient: bool,
    was_sent: bool,
}

impl Failure {
    const fn lasting(fault: RemoteFault) -> Self {
        Self { fault, is_transient: false, was_sent: true }
    }
}

/// Sends a request once and reads the whole answer.
async fn once(
    client: &reqwest::Client,
    request: &Request,
) -> Result<(Response, Option<Duration>), Failure> {
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
        return Err(Failure::lasting(RemoteFault::TooLarge { what: "head", limit: LONGEST_HEAD }));
    }
    let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
    if (300..400).contains(&status)
        && let Some(to) = response.headers().get(LOCATION)
    {
        let to = host_of(&String::from_utf8_lossy(to.as_bytes()), &request.url);
        return Err(Failure::lasting(RemoteFault::Redirect { to }));
    }
    if status < 200 || matches!(status, 205 | 206) {
        let problem = format!("status {status} was not asked for");
        return Err(Failure::lasting(RemoteFault::Answer { problem }));
    }
    let retry_after =
        header(RETRY_AFTER).and_then(|text| retry::retry_after(text, SystemTime::now()));
    let mut body = Zeroizing::new(Vec::new());
    while let Some(part) = response.chunk().await.map_err(|error| failure(&error))? {
        if body.len() + part.len() > LONGEST_BODY {
            let fault = RemoteFault::TooLarge { what: "answer", limit: LONGEST_BODY };
            return Err(Failure::lasting(fault));
        }
        body.extend_from_slice(&part);
    }
    Ok((Response { status, body }, retry_after))
}

/// A client's error in words of ours: its own name the URL.
fn failure(error: &reqwest::Error) -> Failure {
    if let Some(errno) = no_thread(error) {
        return Failure {
            fault: RemoteFault::System { action: "start a thread", errno },
            is_transient: false,
            was_sent: false,
        };
    }
    if error.is_connect() {
        let problem = cause(error).unwrap_or_else(|| "the connection cannot be made".to_owned());
        let is_transient = !problem.starts_with("TLS") && !is_lasting(error);
        return Failure {
            fault: RemoteFault::Connection { problem },
            is_transient,
            was_sent: false,
        };
    }
    let problem = match cause(error) {
        Some(cause) => format!("the connection broke: {cause}"),
        None if error.is_body() || error.is_decode() => {
            "the answer is damaged or broke off".to_owned()
        }
        None => "the connection broke, or what came is no HTTP".to_owned(),
    };
    Failure { fault: RemoteFault::Connection { problem }, is_transient: true, was_sent: true }
}
