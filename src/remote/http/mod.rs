//! Sends requests: the only module that uses the HTTP client, which is built on first use.
//!
//! It is the asynchronous client, so that one deadline covers DNS, connecting, TLS, the body and retries (no timeout
//! of the blocking client does), and several requests run at the same time on one thread.

#![expect(clippy::disallowed_types, reason = "the only module that uses the HTTP client")]

mod build;
mod once;

use std::cell::OnceCell;
use std::io;
use std::time::Instant;

use self::once::{TryOutcome, send_once};
use super::api_url::proxy_host;
pub use super::exchange::{ApiAccess, Credential, Effect, Request, Response, RetryHint, TimeLimit};
use super::network_thread::NetworkThread;
use super::progress::Progress;
use super::retry::{self, Tries, Trouble};
use crate::error::{Error, RemoteFault};
use crate::random;

/// How many requests run at the same time.
const SIDE_BY_SIDE: usize = 8;

/// One API, with one credential.
pub struct Client {
    pub access: ApiAccess,
    built: OnceCell<Built>,
}

struct Built {
    client: reqwest::Client,
    network: NetworkThread,
}

impl Client {
    pub const fn new(access: ApiAccess) -> Self {
        Self { access, built: OnceCell::new() }
    }

    /// Sends requests at the same time. The responses have the same order.
    ///
    /// # Errors
    /// [`Error::Remote`] for the first request without a complete response in time (connection, deadline, size,
    /// redirect); [`RemoteFault::UnknownOutcome`] for a write that was sent but not answered.
    pub fn send_all(&self, requests: Vec<Request>) -> Result<Vec<Response>, Error> {
        let built = self.built()?;
        let started = self.access.time.started();
        let deadline = started + self.access.time.after;
        let writes = requests.iter().any(|request| request.effect == Effect::Write);
        let place = self.access.address.origin();
        let mut progress = Progress::new(&place, started);
        let work = send_in_batches(built.client.clone(), requests, deadline);
        let outcome = built.network.wait(work, deadline, &mut progress).unwrap_or(Ok(None));
        match outcome {
            Ok(Some(responses)) => Ok(responses),
            Ok(None) => {
                let late = RemoteFault::TimedOut { after: self.access.time.after };
                Err(self.error(if writes { unknown_outcome(late) } else { late }))
            }
            Err(fault) => Err(self.error(fault)),
        }
    }

    /// An error of this API.
    pub fn error(&self, fault: RemoteFault) -> Error {
        if let RemoteFault::System { action, errno } = fault {
            let cause = io::Error::from_raw_os_error(errno);
            let workaround = Some("`--local` uses no remote store, so it does not need this");
            return Error::Process { action, cause, workaround };
        }
        let fault = match (fault, self.proxy()) {
            (RemoteFault::Refused { status, message: Some(message) }, _) => {
                let message = Some(self.without_credential(&message));
                RemoteFault::Refused { status, message }
            }
            (RemoteFault::Connection { problem }, Some(proxy)) => RemoteFault::Connection {
                problem: format!("{problem} (through the proxy {proxy}, set in HTTPS_PROXY)"),
            },
            (fault, _) => fault,
        };
        Error::Remote { place: self.access.address.origin(), fault }
    }

    /// The host and port of the proxy that is used, without its user name and password.
    fn proxy(&self) -> Option<String> {
        let (url, _) = self.access.proxy.as_ref()?;
        let asked = self.access.address.is_https() && !self.access.address.is_loopback();
        if asked { proxy_host(url) } else { None }
    }

    /// A server's message, with the credential removed if it is in there.
    fn without_credential(&self, words: &str) -> String {
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
        let client = build::client(&self.access).map_err(|fault| self.error(fault))?;
        let network = NetworkThread::start().map_err(|fault| self.error(fault))?;
        let built = Built { client, network };
        Ok(self.built.get_or_init(|| built))
    }
}

/// Sends all requests, some at the same time; `None` if the deadline has passed.
async fn send_in_batches(
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
                let work = send_until_answered(client.clone(), request, deadline);
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
                // The only other way for a task to end is a panic, which continues here.
                Err(error) => std::panic::resume_unwind(error.into_panic()),
            }
        }
    }
}

/// Sends a request until it is answered or no further try is allowed.
async fn send_until_answered(
    client: reqwest::Client,
    request: Request,
    deadline: Instant,
) -> Result<Response, RemoteFault> {
    let mut tries = Tries::default();
    loop {
        let outcome = send_once(&client, &request).await;
        let retry_hint = match &outcome {
            Ok((response, _)) => (request.retry_hint)(response),
            Err(_) => RetryHint::ByStatus,
        };
        let left = deadline.saturating_duration_since(Instant::now());
        if let Some(trouble) = retry_reason(&outcome, retry_hint, request.effect)
            && let Some(pause) = tries.pause(trouble, left, random::number())
        {
            tokio::time::sleep(pause).await;
            continue;
        }
        let writes = request.effect == Effect::Write;
        return match outcome {
            Ok((response, _))
                if response.status >= 500 && writes && retry_hint != RetryHint::NotDone =>
            {
                Err(unknown_outcome(RemoteFault::Refused {
                    status: response.status,
                    message: None,
                }))
            }
            Ok((response, _)) => Ok(response),
            Err(failure) if failure.was_sent && writes => Err(unknown_outcome(failure.fault)),
            Err(failure) => Err(failure.fault),
        };
    }
}

/// Why a request may be sent again, if it may; a write only after a response which says that nothing was done.
fn retry_reason(outcome: &TryOutcome, retry_hint: RetryHint, effect: Effect) -> Option<Trouble> {
    if effect == Effect::Write && retry_hint != RetryHint::NotDone {
        return None;
    }
    match outcome {
        Ok(_) if retry_hint == RetryHint::ApiTrouble => Some(Trouble::OfApi),
        Ok((response, retry_after)) if retry::is_transient(response.status) => {
            Some(Trouble::Transient { retry_after: *retry_after })
        }
        Err(failure) if failure.is_transient => Some(Trouble::Transient { retry_after: None }),
        Ok(_) | Err(_) => None,
    }
}

fn unknown_outcome(cause: RemoteFault) -> RemoteFault {
    RemoteFault::UnknownOutcome { cause: Box::new(cause) }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use zeroize::Zeroizing;

    use super::once::Failure;
    use super::*;

    #[test]
    fn a_write_is_sent_again_only_if_nothing_was_done() {
        let after = Some(Duration::from_secs(1));
        let answer = |status| Ok((Response { status, body: Zeroizing::default() }, after));
        let failure = |is_transient| {
            let fault = RemoteFault::Connection { problem: String::new() };
            Err(Failure { fault, is_transient, was_sent: false })
        };
        let transient = |retry_after| Some(Trouble::Transient { retry_after });
        for (outcome, retry_hint, read, write) in [
            (answer(200), RetryHint::ByStatus, None, None),
            (answer(404), RetryHint::ByStatus, None, None),
            (answer(503), RetryHint::ByStatus, transient(after), None),
            (answer(503), RetryHint::NotDone, transient(after), transient(after)),
            (answer(200), RetryHint::ApiTrouble, Some(Trouble::OfApi), None),
            (failure(true), RetryHint::ByStatus, transient(None), None),
            (failure(false), RetryHint::ByStatus, None, None),
        ] {
            assert_eq!(retry_reason(&outcome, retry_hint, Effect::Read), read);
            assert_eq!(retry_reason(&outcome, retry_hint, Effect::Write), write);
        }
    }
}
