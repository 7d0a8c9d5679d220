//! The conversation with Prefect Cloud 1.x: queries, their answers, and when they are asked again.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::Duration;

use zeroize::Zeroizing;

use super::answer::{self, Field, Words};
use super::wire::Query;
use crate::error::{Error, RemoteFault};
use crate::remote::http::{Client, Effect, Request};

/// How often a read is sent in all if the answer is that the API is in trouble, and the longest pause
/// before the third time (`client/client.py`: at once, then 0.25 s, doubled each time).
const TROUBLED_TRIES: u32 = 7;
const TROUBLED_PAUSE: Duration = Duration::from_millis(250);

/// The version of Prefect whose requests these are.
const CORE_VERSION: &str = "1.4.1";

/// One tenant, by one API key.
pub struct Session {
    client: Client,
    notes: RefCell<Vec<String>>,
}

impl Session {
    /// As [`super::Cloud1::new`].
    pub fn new(mut client: Client, tenant: Option<&str>, notes: Vec<String>) -> Self {
        let headers = &mut client.access.headers;
        headers.push(("X-PREFECT-CORE-VERSION".to_owned(), CORE_VERSION.to_owned()));
        if let (Some(tenant), Some(_)) = (tenant, &client.access.credential) {
            headers.push(("X-PREFECT-TENANT-ID".to_owned(), tenant.to_owned()));
        }
        Self { client, notes: RefCell::new(notes) }
    }

    /// What a person calls it.
    pub fn place(&self) -> String {
        format!("Prefect Cloud 1.x at {}", self.client.access.address.origin())
    }

    pub fn notes(&self) -> Vec<String> {
        self.notes.borrow().clone()
    }

    /// Asks all of `queries` side by side, and again while the API is in trouble.
    pub fn ask(&self, queries: &[Query], effect: Effect) -> Result<Vec<answer::Answer>, Error> {
        let mut tried = 0;
        loop {
            let requests = queries.iter().map(|query| self.request(query, effect)).collect();
            let responses = self.client.send_all(requests)?;
            let credential = self.credential();
            let words = if effect == Effect::Read { Words::Told } else { Words::Untold };
            let answers = queries
                .iter()
                .zip(responses)
                .map(|(query, response)| {
                    answer::read(query, response.status, &response.body, credential, words)
                })
                .collect::<Result<Vec<_>, _>>()
                .map_err(|fault| self.error(fault))?;
            let trouble = answers.iter().find_map(|answer| match answer {
                answer::Answer::Again(fault) => Some(fault.clone()),
                answer::Answer::Fields(_) | answer::Answer::OneByOne => None,
            });
            let Some(fault) = trouble else { return Ok(answers) };
            if effect == Effect::Write {
                return Err(self.error(RemoteFault::UnknownOutcome { cause: Box::new(fault) }));
            }
            tried += 1;
            let longest =
                if tried == 1 { Duration::ZERO } else { TROUBLED_PAUSE * (1 << (tried - 2)) };
            if tried == TROUBLED_TRIES || !self.client.pause(longest) {
                return Err(self.error(fault));
            }
        }
    }

    fn request(&self, query: &Query, effect: Effect) -> Request {
        Request {
            method: "POST",
            url: self.client.access.address.url(),
            body: Some(Arc::new(Zeroizing::new(query.body().into_bytes()))),
            headers: Vec::new(),
            effect,
            undone: |_| false,
        }
    }

    /// Asks a query of one field.
    pub fn one(&self, query: &Query, effect: Effect) -> Result<Field, Error> {
        let mut answers = self.ask(std::slice::from_ref(query), effect)?;
        match answers.pop() {
            Some(answer::Answer::Fields(mut fields)) if fields.len() == 1 => Ok(fields.remove(0)),
            _ => Err(self.malformed()),
        }
    }

    /// Asks for many things of one kind: all in one document, or one by one where the server wants that.
    pub fn many(
        &self,
        answer: answer::Answer,
        singles: impl Fn() -> Vec<Query>,
    ) -> Result<Vec<Field>, Error> {
        match answer {
            answer::Answer::Fields(fields) => Ok(fields),
            answer::Answer::Again(fault) => Err(self.error(fault)),
            answer::Answer::OneByOne => {
                let note = "the server takes no aliases, so each name is asked for by itself";
                self.notes.borrow_mut().push(format!("{}: {note}", self.place()));
                let mut fields = Vec::new();
                for answer in self.ask(&singles(), Effect::Read)? {
                    match answer {
                        answer::Answer::Fields(more) => fields.extend(more),
                        _ => return Err(self.malformed()),
                    }
                }
                Ok(fields)
            }
        }
    }

    /// Where the API key is from, for messages.
    pub fn credential(&self) -> &str {
        self.client.access.credential.as_ref().map_or("", |credential| &credential.origin)
    }

    pub fn names(&self, field: Field) -> Result<Vec<String>, Error> {
        match field {
            Field::Names(names) => Ok(names),
            Field::Absent | Field::Present(_) => Err(self.malformed()),
        }
    }

    pub fn malformed(&self) -> Error {
        let problem = "this is no answer of Prefect Cloud 1.x".to_owned();
        self.error(RemoteFault::Answer { problem })
    }

    pub fn error(&self, fault: RemoteFault) -> Error {
        let fault = match fault {
            RemoteFault::Refused { status, message: Some(message) } => {
                let message = Some(self.client.without_credential(&message));
                RemoteFault::Refused { status, message }
            }
            RemoteFault::Unauthorized { status, credential } if credential.is_empty() => {
                let message = Some("it wants an API key, and none is configured".to_owned());
                RemoteFault::Refused { status, message }
            }
            other => other,
        };
        self.client.error(fault)
    }

    pub fn write(&self, query: &Query) -> Result<Field, Error> {
        self.one(query, Effect::Write)
    }

    /// The API answered that it did not do it, and no more.
    pub fn refusal(&self) -> Error {
        let message = Some("it did not do it, and gives no reason".to_owned());
        self.error(RemoteFault::Refused { status: 200, message })
    }
}
