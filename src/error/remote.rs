//! What can go wrong with a store over the network. Holds hosts, statuses and the server's own words cut
//! short, never a value and never a credential.

use std::fmt;
use std::time::Duration;

use crate::name::Shown;

/// Why a remote store did not do what it was asked.
#[derive(Clone, Debug)]
pub enum RemoteFault {
    /// The URL is none that pfx talks to.
    Address { problem: &'static str },
    /// The answer is not what this API answers. `problem` is pfx's own text, such as a JSON path.
    Answer { problem: String },
    /// The connection could not be made, or broke; in words of pfx's own.
    Connection { problem: String },
    /// The credential cannot be sent.
    Credential { problem: &'static str, origin: String },
    /// Time is up.
    Deadline { after: Duration },
    /// The server answered with an error. `message` is its own, without control characters and cut.
    Refused { status: u16, message: Option<String> },
    /// The server sends elsewhere: `to` is the host it names. Nothing was sent there.
    Redirect { to: String },
    /// The answer is longer than pfx reads, in bytes.
    TooLarge { what: &'static str, limit: usize },
    /// The server does not accept who asks. `credential` tells where the credential came from.
    Unauthorized { status: u16, credential: String },
    /// A write was sent, and what became of it is not known: it may have been done.
    UnknownOutcome { cause: Box<RemoteFault> },
    /// The store has no such thing as was asked for.
    Unsupported { problem: String, hint: Option<String> },
}

impl RemoteFault {
    /// One thing to do about it, where that is surely right.
    pub(super) fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Connection { .. } | Self::Unauthorized { .. } => {
                "`pfx doctor` tells what is configured, where, and what answers".to_owned()
            }
            Self::Deadline { .. } => "`--timeout SECONDS` waits longer".to_owned(),
            Self::Redirect { .. } => {
                "if that is where the API is now, make it the API URL; `pfx doctor` tells where it is set"
                    .to_owned()
            }
            Self::UnknownOutcome { .. } => {
                "look whether it was done before you try again".to_owned()
            }
            Self::Unsupported { hint, .. } => return hint.clone(),
            Self::Address { .. } => "`pfx doctor` tells where the URL is set".to_owned(),
            Self::Answer { .. }
            | Self::Credential { .. }
            | Self::Refused { .. }
            | Self::TooLarge { .. } => return None,
        })
    }

    /// The whole sentence.
    pub(super) fn write(&self, formatter: &mut fmt::Formatter<'_>, place: &str) -> fmt::Result {
        let place = Shown(place);
        match self {
            Self::Address { problem } => {
                write!(formatter, "cannot use the API URL {place}: {problem}")
            }
            Self::Credential { problem, origin } => write!(
                formatter,
                "cannot send the credential from {} to {place}: {problem}",
                Shown(origin)
            ),
            Self::Unsupported { problem, .. } => write!(formatter, "cannot ask {place}: {problem}"),
            Self::UnknownOutcome { cause } => {
                write!(formatter, "cannot tell whether {place} did it: {cause}")
            }
            other => write!(formatter, "cannot get an answer from {place}: {other}"),
        }
    }
}

impl fmt::Display for RemoteFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address { problem } | Self::Credential { problem, .. } => {
                formatter.write_str(problem)
            }
            Self::Answer { problem } | Self::Connection { problem } => {
                write!(formatter, "{}", Shown(problem))
            }
            Self::Unsupported { problem, .. } => write!(formatter, "{}", Shown(problem)),
            Self::Deadline { after } => {
                write!(formatter, "time is up after {} s", after.as_secs_f64())
            }
            Self::Refused { status, message: Some(message) } => {
                write!(formatter, "it answered {status}: {}", Shown(message))
            }
            Self::Refused { status, message: None } => write!(formatter, "it answered {status}"),
            Self::Redirect { to } => {
                write!(formatter, "it redirects to {}, and pfx follows no redirect", Shown(to))
            }
            Self::TooLarge { what, limit } => {
                write!(formatter, "its {what} is longer than {limit} bytes")
            }
            Self::Unauthorized { status, credential } => {
                write!(
                    formatter,
                    "it answered {status} to the credential from {}",
                    Shown(credential)
                )
            }
            Self::UnknownOutcome { cause } => write!(formatter, "{cause}"),
        }
    }
}
