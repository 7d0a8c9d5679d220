//! What can go wrong with a remote store. Holds hosts, statuses and the server's own message cut short, never a value
//! or a credential.

use std::fmt;
use std::time::Duration;

use nix::errno::Errno;

use crate::name::Printable;

/// Why a request to a remote store failed.
#[derive(Clone, Debug)]
pub enum RemoteFault {
    /// pfx cannot use the URL.
    InvalidUrl { problem: &'static str },
    /// The server requires a credential, and none is configured.
    NoCredential { status: u16 },
    /// The response does not have the form that this API documents. `problem` is pfx's own text, such as a JSON path.
    InvalidResponse { problem: String },
    /// The connection could not be established, or was lost. `problem` is pfx's own text.
    Connection { problem: String },
    /// The credential cannot be sent.
    InvalidCredential { problem: &'static str, origin: String },
    /// The time limit was reached.
    TimedOut { after: Duration },
    /// The server accepts the credential but denies the request. `right` is the permission that is missing.
    Forbidden { status: u16, right: String, credential: Option<String> },
    /// A credential would be sent to a URL that a file in the working directory sets. `url` and `origin` say where
    /// each is set.
    DifferentOrigins { what: &'static str, origin: String, url: String },
    /// The server answered with an error. `message` is its own, without control characters and cut.
    Refused { status: u16, message: Option<String> },
    /// The server redirects to the host `to`. pfx sent nothing there.
    Redirect { to: String },
    /// The operating system refused a resource that network access needs. No request was sent.
    System { action: &'static str, errno: i32 },
    /// The response is longer than pfx reads, in bytes.
    TooLarge { what: &'static str, limit: usize },
    /// The server does not accept the credential. `credential` says where it came from.
    Unauthorized { status: u16, credential: String },
    /// A write was sent, and its outcome is unknown: it may have been done.
    UnknownOutcome { cause: Box<RemoteFault> },
    /// The store does not support the request.
    Unsupported { problem: String, hint: Option<String> },
}

impl RemoteFault {
    /// One thing to do about it, where that is surely right.
    pub(super) fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NoCredential { .. } => {
                "set PREFECT_API_KEY for Prefect Cloud, or PREFECT_API_AUTH_STRING for a self-hosted server"
            }
            Self::Forbidden { .. } => {
                "in Prefect Cloud, the role needs permission to see secret block data; `pfx doctor` shows whose \
                 key this is"
            }
            Self::Connection { .. } | Self::Unauthorized { .. } => {
                "`pfx doctor` shows what is configured, where, and whether the server answers"
            }
            Self::DifferentOrigins { what, .. } => {
                return Some(format!(
                    "if the URL is correct, `export PREFECT_API_URL=…`; otherwise define the {what} in the same file"
                ));
            }
            Self::TimedOut { .. } => "`--timeout SECONDS` sets a longer limit",
            Self::Redirect { .. } => {
                "if the API has moved there, change the API URL; `pfx doctor` shows where it is set"
            }
            Self::UnknownOutcome { .. } => "check whether it was done before you try again",
            Self::Unsupported { hint, .. } => return hint.clone(),
            Self::InvalidUrl { .. } => "`pfx doctor` shows where the URL is set",
            Self::InvalidResponse { .. }
            | Self::InvalidCredential { .. }
            | Self::Refused { .. }
            | Self::System { .. }
            | Self::TooLarge { .. } => return None,
        };
        Some(hint.to_owned())
    }

    /// Writes the whole message.
    pub(super) fn write(&self, f: &mut fmt::Formatter<'_>, place: &str) -> fmt::Result {
        let place = Printable(place);
        match self {
            Self::InvalidUrl { problem } => {
                write!(f, "cannot use the API URL {place}: {problem}")
            }
            Self::InvalidCredential { problem, origin } => {
                write!(
                    f,
                    "cannot send the credential from {} to {place}: {problem}",
                    Printable(origin)
                )
            }
            Self::DifferentOrigins { what, origin, url } => write!(
                f,
                "cannot send the {what} from {} to {place}: the URL is set in {}, in the working directory, and \
                 the {what} comes from elsewhere",
                Printable(origin),
                Printable(url)
            ),
            Self::Unsupported { problem, .. } => write!(f, "cannot use {place}: {problem}"),
            Self::UnknownOutcome { cause } => {
                write!(f, "the request was sent to {place}, but its outcome is unknown: {cause}")
            }
            other => write!(f, "the request to {place} failed: {other}"),
        }
    }
}

impl fmt::Display for RemoteFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InvalidUrl { problem } | Self::InvalidCredential { problem, .. } => {
                f.write_str(problem)
            }
            Self::InvalidResponse { problem } | Self::Connection { problem } => {
                write!(f, "{}", Printable(problem))
            }
            Self::DifferentOrigins { what, .. } => {
                write!(f, "the {what} and the API URL come from different places")
            }
            Self::Unsupported { problem, .. } => write!(f, "{}", Printable(problem)),
            Self::NoCredential { status } => {
                write!(f, "the server answered {status}, and no credential is configured")
            }
            Self::Forbidden { status, right, credential } => {
                write!(f, "the server answered {status}: ")?;
                match credential {
                    Some(origin) => write!(f, "the credential from {}", Printable(origin))?,
                    None => f.write_str("a request without a credential")?,
                }
                write!(f, " is not allowed to {}", Printable(right))
            }
            Self::TimedOut { after } => {
                write!(f, "timed out after {} s", after.as_secs_f64())
            }
            Self::Refused { status, message: Some(message) } => {
                write!(f, "the server answered {status}: {}", Printable(message))
            }
            Self::Refused { status, message: None } => write!(f, "the server answered {status}"),
            Self::Redirect { to } => {
                write!(
                    f,
                    "the server redirects to {}, and pfx does not follow redirects",
                    Printable(to)
                )
            }
            Self::System { action, errno } => {
                write!(f, "cannot {action}: {}", Errno::from_raw(*errno).desc())
            }
            Self::TooLarge { what, limit } => {
                write!(f, "the {what} is longer than {limit} bytes")
            }
            Self::Unauthorized { status, credential } => {
                write!(
                    f,
                    "the server answered {status} to the credential from {}",
                    Printable(credential)
                )
            }
            Self::UnknownOutcome { cause } => write!(f, "{cause}"),
        }
    }
}
