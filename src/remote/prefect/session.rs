//! Requests to one API, with the CSRF token that a server may demand. A token is fetched only after a request was
//! refused without one; Prefect's own client fetches one before its first write.

use std::cell::{OnceCell, RefCell};
use std::sync::Arc;

use serde_json::Value;
use zeroize::Zeroizing;

use super::refusal::{self, RequestSubject};
use super::wire::{self, PAGE};
use crate::error::{Error, RemoteFault};
use crate::random;
use crate::remote::http::{Client, Effect, Request, Response, RetryHint};

/// The most pages that are read, in case a server never ends its list: twenty thousand names.
const MOST_PAGES: usize = 100;

/// One API, its CSRF token and its version.
pub struct PrefectSession {
    client: Client,
    token: RefCell<Option<Token>>,
    version: OnceCell<Option<String>>,
}

/// A CSRF token, and the ID of the client that it was issued to.
#[derive(Clone)]
struct Token {
    client: String,
    token: String,
}

impl PrefectSession {
    pub const fn new(client: Client) -> Self {
        Self { client, token: RefCell::new(None), version: OnceCell::new() }
    }

    /// A request to a path below the API URL. A final segment `""` is a trailing slash.
    pub fn request(
        &self,
        method: &'static str,
        path: &[&str],
        body: Option<&Value>,
        effect: Effect,
    ) -> Request {
        Request {
            method,
            url: self.client.access.address.join(path),
            body: body.map(|body| Arc::new(Zeroizing::new(body.to_string().into_bytes()))),
            headers: Vec::new(),
            effect,
            retry_hint,
        }
    }

    /// A request for one page of the objects that match a filter.
    pub fn filter(&self, things: &str, body: &Value) -> Request {
        self.request("POST", &[things, "filter"], Some(body), Effect::Read)
    }

    /// The API's URL.
    pub fn url(&self) -> &str {
        self.client.access.address.shown()
    }

    /// The server's version, requested once; `None` if the server does not report it.
    ///
    /// # Errors
    /// As [`Client::send_all`].
    pub fn version(&self) -> Result<Option<&str>, Error> {
        if let Some(version) = self.version.get() {
            return Ok(version.as_deref());
        }
        let request = self.request("GET", &["admin", "version"], None, Effect::Read);
        let response = self.send(request)?;
        let version = wire::version(&response.body).filter(|_| response.status == 200);
        Ok(self.version.get_or_init(|| version).as_deref())
    }

    /// Sends one request. The status of the response may be that of an error.
    ///
    /// # Errors
    /// As [`Client::send_all`].
    pub fn send(&self, request: Request) -> Result<Response, Error> {
        self.single(self.send_all(&[request])?)
    }

    /// The response to a single request.
    fn single(&self, mut responses: Vec<Response>) -> Result<Response, Error> {
        responses.pop().ok_or_else(|| self.malformed("the response is missing".to_owned()))
    }

    /// Sends a request that changes something.
    ///
    /// # Errors
    /// As [`Client::send_all`].
    pub fn write(
        &self,
        method: &'static str,
        path: &[&str],
        body: Option<&Value>,
    ) -> Result<Response, Error> {
        self.send(self.request(method, path, body, Effect::Write))
    }

    /// Deletes the object at a path; `false` if it does not exist.
    ///
    /// # Errors
    /// [`Error::Remote`].
    pub fn delete(&self, path: &[&str], asked: RequestSubject) -> Result<bool, Error> {
        let response = self.write("DELETE", path, None)?;
        match response.status {
            200 | 204 => Ok(true),
            404 if refusal::is_absence(&response) => Ok(false),
            _ => Err(self.refused(&response, asked)),
        }
    }

    /// Decodes the body of a response with `read`, if its status is 200.
    ///
    /// # Errors
    /// [`Error::Remote`].
    pub fn read<T>(
        &self,
        response: &Response,
        asked: RequestSubject,
        read: impl FnOnce(&[u8]) -> Result<T, String>,
    ) -> Result<T, Error> {
        if response.status != 200 {
            return Err(self.refused(response, asked));
        }
        read(&response.body).map_err(|problem| self.malformed(problem))
    }

    /// The names on all pages. `page` reads the page that begins at an offset.
    ///
    /// # Errors
    /// The error of `page`; [`Error::Remote`] if there are too many pages.
    pub fn names(
        &self,
        things: &str,
        page: impl Fn(usize) -> Result<Vec<String>, Error>,
    ) -> Result<Vec<String>, Error> {
        let mut names = Vec::new();
        for number in 0..MOST_PAGES {
            let page = page(number * PAGE)?;
            let is_last = page.len() < PAGE;
            names.extend(page);
            if is_last {
                return Ok(names);
            }
        }
        Err(self.malformed(format!("its list of {things} has more than {MOST_PAGES} pages")))
    }

    /// Sends two requests at the same time.
    ///
    /// # Errors
    /// As [`Client::send_all`].
    pub fn send_two(&self, first: Request, second: Request) -> Result<[Response; 2], Error> {
        let responses: Result<[Response; 2], _> = self.send_all(&[first, second])?.try_into();
        responses.map_err(|_| self.malformed("the response is missing".to_owned()))
    }

    /// Sends requests at the same time. The responses have the same order. A request that is refused because of a
    /// missing token was not executed, so it is sent again with a token, even if it is a write.
    ///
    /// # Errors
    /// As [`Client::send_all`].
    pub fn send_all(&self, requests: &[Request]) -> Result<Vec<Response>, Error> {
        let with_token: Vec<Request> =
            requests.iter().map(|request| self.with_token(request.clone())).collect();
        let mut responses = self.client.send_all(with_token)?;
        let refused: Vec<usize> = responses
            .iter()
            .enumerate()
            .filter_map(|(index, response)| refusal::demands_token(response).then_some(index))
            .collect();
        if refused.is_empty() || !self.fetch_token()? {
            return Ok(responses);
        }
        let again = refused.iter().map(|&index| self.with_token(requests[index].clone())).collect();
        for (index, response) in refused.into_iter().zip(self.client.send_all(again)?) {
            responses[index] = response;
        }
        Ok(responses)
    }

    /// The error for a response with an error status.
    pub fn refused(&self, response: &Response, asked: RequestSubject) -> Error {
        let credential = self.client.access.credential.as_ref();
        let from = credential.map(|credential| credential.origin.as_str());
        self.client.error(refusal::fault(response, asked, from))
    }

    /// The error for a response that is not one of this API.
    pub fn malformed(&self, problem: String) -> Error {
        self.client.error(RemoteFault::InvalidResponse { problem })
    }

    /// The error for something that this server does not support.
    pub fn unsupported(&self, problem: String, hint: Option<&str>) -> Error {
        let hint = hint.map(str::to_owned);
        self.client.error(RemoteFault::Unsupported { problem, hint })
    }

    fn with_token(&self, mut request: Request) -> Request {
        if request.method != "GET"
            && let Some(Token { client, token }) = &*self.token.borrow()
        {
            request.headers.push(("Prefect-Csrf-Client".to_owned(), client.clone()));
            request.headers.push(("Prefect-Csrf-Token".to_owned(), token.clone()));
        }
        request
    }

    /// Fetches a token; `false` if the server does not issue tokens.
    fn fetch_token(&self) -> Result<bool, Error> {
        let client = client_id();
        let mut request = self.request("GET", &["csrf-token"], None, Effect::Read);
        request.url.query_pairs_mut().append_pair("client", &client);
        let response = self.single(self.client.send_all(vec![request])?)?;
        // Tokens are disabled, or the server is too old to have them.
        if matches!(response.status, 404 | 422) {
            return Ok(false);
        }
        let asked = RequestSubject { what: "tokens", effect: Effect::Read };
        let token = self.read(&response, asked, wire::token)?;
        *self.token.borrow_mut() = Some(Token { client, token });
        Ok(true)
    }
}

/// An ID for this client, as a random UUID (RFC 9562, 5.4). It distinguishes clients that use the same credential,
/// and is not a secret.
fn client_id() -> String {
    let [high, low] = [random::number(), random::number()];
    let high = (high & !0xf000) | 0x4000;
    let low = (low & !(0b11 << 62)) | (0b10 << 62);
    let (first, second, third) = (high >> 32, (high >> 16) & 0xffff, high & 0xffff);
    format!(
        "{first:08x}-{second:04x}-{third:04x}-{:04x}-{:012x}",
        low >> 48,
        low & 0xffff_ffff_ffff
    )
}

/// Prefect's server sends this "for errors clients can retry on", such as an `SQLite` database that is busy with
/// another write (`server/api/server.py`, `custom_internal_exception_handler`). Nothing was written then. A 503 with
/// another body may come from a proxy, which does not know whether something was written.
fn retry_hint(response: &Response) -> RetryHint {
    let body = || serde_json::from_slice::<Value>(&response.body).ok();
    let did_nothing = response.status == 503
        && body().is_some_and(|body| body["exception_message"] == "Service Unavailable");
    if did_nothing { RetryHint::NotDone } else { RetryHint::ByStatus }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_id_is_a_random_uuid_and_no_two_are_equal() {
        let id = client_id();
        let lengths: Vec<usize> = id.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12]);
        assert_eq!(&id[14..15], "4");
        assert!(matches!(&id[19..20], "8" | "9" | "a" | "b"));
        assert_ne!(id, client_id());
    }
}
