//! Why a connection failed, in pfx's own words: the HTTP client's own error contains the URL, and that of the TLS
//! library the certificate.

use std::error::Error as StdError;
use std::io;

use nix::errno::Errno;

use super::host_names::NoThread;

type Cause<'e> = &'e (dyn StdError + 'static);

/// The root cause of a client's error, if pfx knows its type, so that it quotes nothing.
pub fn cause(error: Cause<'_>) -> Option<String> {
    let mut next = Some(error);
    let mut found = None;
    while let Some(error) = next {
        if let Some(fault) = error.downcast_ref::<rustls::Error>() {
            return Some(tls(fault));
        }
        next = error.source();
        if let Some(error) = error.downcast_ref::<io::Error>() {
            found = system_text(error).or(found);
            // `source` skips the wrapped error and returns the source of that one.
            if let Some(inner) = error.get_ref() {
                next = Some(inner);
            }
        }
        // Private types. Their texts are fixed, and contain no data.
        let text = error.to_string();
        if text == "dns error" {
            return Some("could not resolve the host name".to_owned());
        }
        if text.starts_with("tunnel error") && found.is_none() {
            let wants_password = text.contains("proxy authorization");
            let problem = if wants_password {
                "the proxy requires a user name and a password"
            } else {
                "the proxy did not open a connection to the server"
            };
            found = Some(problem.to_owned());
        }
    }
    found
}

/// Why TLS could not be set up, before any connection. The only general error of the verifier means that this machine
/// has no certificate authorities.
pub fn of_tls_setup(error: Cause<'_>) -> String {
    let has_no_authority =
        |error: &Cause<'_>| matches!(error.downcast_ref(), Some(rustls::Error::General(_)));
    if chain(error).any(|error| has_no_authority(&error)) {
        return "TLS: this machine has no certificate authorities: install the package ca-certificates, or set SSL_CERT_FILE \
                or PREFECT_API_SSL_CERT_FILE to a PEM file of them"
            .to_owned();
    }
    cause(error).unwrap_or_else(|| "TLS could not be set up".to_owned())
}

/// The error number, if the client failed because no thread could be started.
pub fn no_thread(error: Cause<'_>) -> Option<i32> {
    let NoThread(cause) = chain(error).find_map(|error| error.downcast_ref())?;
    Some(cause.raw_os_error().unwrap_or_default())
}

/// Whether the operating system forbids the connection, so that trying again is useless.
pub fn is_lasting(error: Cause<'_>) -> bool {
    chain(error).filter_map(|error| error.downcast_ref::<io::Error>()).any(|error| {
        let code = error.raw_os_error().map(Errno::from_raw);
        matches!(code, Some(Errno::EPERM | Errno::EACCES | Errno::ENOSYS))
    })
}

/// An error and its causes.
fn chain(error: Cause<'_>) -> impl Iterator<Item = Cause<'_>> {
    std::iter::successors(Some(error), |&error| error.source())
}

/// The text of an operating system's error, without what Rust adds; `None` for an error of a library.
fn system_text(error: &io::Error) -> Option<String> {
    error.raw_os_error().map(|code| Errno::from_raw(code).desc().to_owned())
}

/// An error of TLS: what it means, and what to do about it.
fn tls(error: &rustls::Error) -> String {
    use rustls::CertificateError as Fault;
    let what = match error {
        rustls::Error::InvalidCertificate(fault) => match fault {
            // `BadSignature`: the authority has the right name but another key.
            Fault::UnknownIssuer | Fault::BadSignature => {
                "the server's certificate is not signed by a trusted authority; to trust another one, set SSL_CERT_FILE to its PEM file"
            }
            Fault::Expired | Fault::ExpiredContext { .. } => {
                "the server's certificate has expired, or this machine's clock is wrong"
            }
            Fault::NotValidYet | Fault::NotValidYetContext { .. } => {
                "the server's certificate is not valid yet, or this machine's clock is wrong"
            }
            Fault::NotValidForName | Fault::NotValidForNameContext { .. } => {
                "the server's certificate is for a different host name"
            }
            Fault::InvalidPurpose | Fault::InvalidPurposeContext { .. } => {
                "the server's certificate was not issued for a server"
            }
            _ => "the server's certificate is not valid",
        },
        rustls::Error::PeerIncompatible(_) => "the server does not support TLS 1.2 or later",
        rustls::Error::AlertReceived(_) => "the server refused the handshake",
        rustls::Error::InvalidMessage(_) => "the server does not use TLS on this port",
        _ => "the handshake failed",
    };
    format!("TLS: {what}")
}
