//! Why a connection failed, in words of pfx's own: an HTTP client's error names the URL, and TLS's the
//! certificate.

use std::error::Error as StdError;
use std::io;

use nix::errno::Errno;

/// What is at the bottom of a client's error, if that is known to quote nothing.
#[must_use]
pub fn cause(error: &(dyn StdError + 'static)) -> Option<String> {
    let mut next = Some(error);
    let mut found = None;
    while let Some(error) = next {
        if let Some(fault) = error.downcast_ref::<rustls::Error>() {
            return Some(tls(fault));
        }
        if let Some(error) = error.downcast_ref::<io::Error>() {
            match error.get_ref() {
                Some(inner) => {
                    if let Some(fault) = inner.downcast_ref::<rustls::Error>() {
                        return Some(tls(fault));
                    }
                    if found.is_none() && error.kind() != io::ErrorKind::Other {
                        found = Some(words(error));
                    }
                }
                None => found = Some(words(error)),
            }
        }
        // Types that cannot be named; their words are fixed and hold nothing.
        let text = error.to_string();
        if text == "dns error" {
            return Some("the host's name is not known, or no name server answers".to_owned());
        }
        if text.starts_with("tunnel error") && found.is_none() {
            let wants_password = text.contains("proxy authorization");
            let problem = if wants_password {
                "the proxy wants a user and a password"
            } else {
                "the proxy makes no connection"
            };
            found = Some(problem.to_owned());
        }
        next = error.source();
    }
    found
}

/// An operating system's error without Rust's words round it.
#[must_use]
pub fn words(error: &io::Error) -> String {
    match error.raw_os_error() {
        Some(code) => Errno::from_raw(code).desc().to_owned(),
        None => error.kind().to_string(),
    }
}

/// A fault of TLS: what it is, and what a person could do about it.
fn tls(error: &rustls::Error) -> String {
    use rustls::CertificateError as Fault;
    let what = match error {
        rustls::Error::InvalidCertificate(fault) => match fault {
            Fault::UnknownIssuer => {
                "no known authority signed the server's certificate; SSL_CERT_FILE may name another's"
            }
            Fault::Expired | Fault::ExpiredContext { .. } => {
                "the server's certificate has expired, or this machine's clock is wrong"
            }
            Fault::NotValidYet | Fault::NotValidYetContext { .. } => {
                "the server's certificate is not valid yet, or this machine's clock is wrong"
            }
            Fault::NotValidForName | Fault::NotValidForNameContext { .. } => {
                "the server's certificate is for another name"
            }
            Fault::InvalidPurpose | Fault::InvalidPurposeContext { .. } => {
                "the server's certificate is not for servers"
            }
            _ => "the server's certificate is not valid",
        },
        rustls::Error::PeerIncompatible(_) => "the server speaks no TLS of version 1.2 or later",
        rustls::Error::AlertReceived(_) => "the server refused the handshake",
        rustls::Error::InvalidMessage(_) => "the server speaks no TLS on this port",
        _ => "the handshake failed",
    };
    format!("TLS: {what}")
}
