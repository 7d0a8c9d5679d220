//! Requests to Prefect Cloud 1.x and their responses.

use std::sync::Arc;

use zeroize::Zeroizing;

use super::response;
use super::wire::Query;
use crate::error::{Error, RemoteFault};
use crate::remote::http::{Client, Effect, Request};

/// The version of Prefect whose requests pfx sends.
const CORE_VERSION: &str = "1.4.1";

/// One tenant, with one API key.
pub struct Cloud1Session {
    client: Client,
}

impl Cloud1Session {
    /// `tenant` as in [`super::Cloud1::new`].
    pub fn new(mut client: Client, tenant: Option<&str>) -> Self {
        let headers = &mut client.access.headers;
        headers.push(("X-PREFECT-CORE-VERSION".to_owned(), CORE_VERSION.to_owned()));
        if let (Some(tenant), Some(_)) = (tenant, &client.access.credential) {
            headers.push(("X-PREFECT-TENANT-ID".to_owned(), tenant.to_owned()));
        }
        Self { client }
    }

    /// The name of the store in messages.
    pub fn place(&self) -> String {
        format!("Prefect Cloud 1.x at {}", self.client.access.address.origin())
    }

    /// Sends all of `queries` at the same time.
    pub fn send_all<T>(&self, queries: &[Query<T>], effect: Effect) -> Result<Vec<Vec<T>>, Error> {
        let requests = queries.iter().map(|query| self.request(query, effect)).collect();
        let responses = self.client.send_all(requests)?;
        let read = |(query, response)| response::read(query, response, effect, self.credential());
        let answers: Result<_, _> = queries.iter().zip(&responses).map(read).collect();
        answers.map_err(|fault| self.error(fault))
    }

    fn request<T>(&self, query: &Query<T>, effect: Effect) -> Request {
        Request {
            method: "POST",
            url: self.client.access.address.url(),
            body: Some(Arc::new(Zeroizing::new(query.body().into_bytes()))),
            headers: Vec::new(),
            effect,
            retry_hint: response::retry_hint,
        }
    }

    /// Sends a query with one field.
    pub fn send_one<T>(&self, query: Query<T>, effect: Effect) -> Result<T, Error> {
        let field = self.send_all(&[query], effect)?.pop().and_then(|mut fields| fields.pop());
        field.ok_or_else(|| self.malformed())
    }

    /// Sends a mutation that reports whether it succeeded.
    pub fn write(&self, query: Query<bool>) -> Result<(), Error> {
        if self.send_one(query, Effect::Write)? {
            return Ok(());
        }
        let message = Some("the request was rejected without a reason".to_owned());
        Err(self.error(RemoteFault::Refused { status: 200, message }))
    }

    /// Where the API key comes from, for messages.
    pub fn credential(&self) -> &str {
        self.client.access.credential.as_ref().map_or("", |credential| &credential.origin)
    }

    pub fn malformed(&self) -> Error {
        let problem = "this is not a response of Prefect Cloud 1.x".to_owned();
        self.error(RemoteFault::InvalidResponse { problem })
    }

    pub fn error(&self, fault: RemoteFault) -> Error {
        let fault = match fault {
            RemoteFault::Unauthorized { status, credential } if credential.is_empty() => {
                let message = Some("an API key is required, and none is configured".to_owned());
                RemoteFault::Refused { status, message }
            }
            other => other,
        };
        self.client.error(fault)
    }
}
