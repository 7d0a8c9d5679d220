//! The URL of an API. It is checked once, when it is parsed; after that, a credential may be sent to it.

use std::net::Ipv4Addr;

use url::{Host, Url};

use crate::error::RemoteFault;

/// The URL of an API: https, or http to this machine. It has no user name, password or fragment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiUrl(Url);

/// The longest URL that is accepted, in bytes.
const LONGEST: usize = 2_048;

impl ApiUrl {
    /// Parses a URL. Trailing slashes are dropped, as Prefect drops them.
    ///
    /// # Errors
    /// [`RemoteFault::InvalidUrl`] with the reason, which quotes nothing of the URL.
    pub fn parse(text: &str) -> Result<Self, RemoteFault> {
        let refuse = |problem| Err(RemoteFault::InvalidUrl { problem });
        if text.len() > LONGEST {
            return refuse("it is longer than 2048 bytes");
        }
        if text.bytes().any(|byte| byte.is_ascii_control() || byte == b'\\') {
            return refuse("it contains a character that is not allowed in a URL");
        }
        let Ok(url) = Url::parse(text.trim().trim_end_matches('/')) else {
            return refuse("it is not a valid URL; expected https://…");
        };
        if !url.username().is_empty() || url.password().is_some() {
            return refuse(
                "it contains a user name or password; set the credential in its own setting",
            );
        }
        if url.fragment().is_some() {
            return refuse("it contains a fragment (`#…`)");
        }
        match (url.scheme(), url.host()) {
            ("https", Some(_)) => Ok(Self(url)),
            ("http", Some(host)) if is_loopback(&host) => Ok(Self(url)),
            ("http", Some(_)) => refuse(
                "it is http, but secrets are sent over https only, except to 127.0.0.1, [::1] and localhost",
            ),
            _ => refuse("it is not an https URL"),
        }
    }

    /// Scheme, host, and port unless it is the default one: what a credential is bound to.
    pub fn origin(&self) -> String {
        self.0.origin().ascii_serialization()
    }

    /// The URL for messages: without its query, which may contain a key for a proxy.
    pub fn shown(&self) -> &str {
        let whole = self.0.as_str();
        whole.split_once('?').map_or(whole, |(shown, _)| shown).trim_end_matches('/')
    }

    /// The complete URL, for a request to the root of the API.
    pub fn url(&self) -> Url {
        self.0.clone()
    }

    /// The URL of a path below this one. Each segment is escaped; a final `""` adds a trailing slash.
    pub fn join(&self, segments: &[&str]) -> Url {
        let mut url = self.0.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        url
    }

    pub fn is_https(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// Whether the host is this machine.
    pub fn is_loopback(&self) -> bool {
        self.0.host().is_some_and(|host| is_loopback(&host))
    }
}

/// Scheme, host and port of a redirect's target, for messages.
pub fn host_of(location: &str, base: &Url) -> String {
    match base.join(location) {
        Ok(target) => match (target.scheme(), target.host_str()) {
            (scheme @ ("http" | "https"), Some(host)) => {
                let port = target.port().map(|port| format!(":{port}")).unwrap_or_default();
                format!("{scheme}://{host}{port}")
            }
            (scheme, _) => format!("a {scheme}: URL"),
        },
        Err(_) => "an invalid URL".to_owned(),
    }
}

/// The host and port of a proxy's URL, without the user name and password that may precede them; `None` if it is not
/// a valid URL.
pub fn proxy_host(text: &str) -> Option<String> {
    let url = proxy_url(text)?;
    let host = url.host_str()?;
    Some(match url.port_or_known_default() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    })
}

fn proxy_url(text: &str) -> Option<Url> {
    let parsed =
        if text.contains("://") { Url::parse(text) } else { Url::parse(&format!("http://{text}")) };
    parsed.ok()
}

/// Whether a name is `localhost` or ends in `.localhost`. pfx connects such a name to the loopback addresses, without a
/// lookup (RFC 6761, 6.3).
pub fn is_localhost(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    name.rsplit('.').next().is_some_and(|last| last.eq_ignore_ascii_case("localhost"))
}

fn is_loopback<S: AsRef<str>>(host: &Host<S>) -> bool {
    match host {
        Host::Domain(name) => is_localhost(name.as_ref()),
        Host::Ipv4(address) => Ipv4Addr::is_loopback(address),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn https_anywhere_and_http_to_this_machine_are_accepted() {
        for (text, origin) in [
            ("https://api.prefect.io", "https://api.prefect.io"),
            ("https://h:8443/api/", "https://h:8443"),
            ("http://127.0.0.1:4200/api", "http://127.0.0.1:4200"),
            ("http://127.1.2.3/", "http://127.1.2.3"),
            ("http://[::1]:4200", "http://[::1]:4200"),
            ("http://localhost:4200", "http://localhost:4200"),
            ("http://Prefect.Localhost:4200", "http://prefect.localhost:4200"),
        ] {
            assert_eq!(ApiUrl::parse(text).unwrap().origin(), origin);
        }
    }

    #[test]
    fn everything_else_is_refused_and_not_quoted() {
        for text in [
            "",
            "localhost:4200",
            "http://example.com",
            "http://127.0.0.1.evil.com",
            "http://[::ffff:1.2.3.4]",
            "http://localhost.evil.com",
            "http://evil-localhost",
            "http://localhost.localdomain",
            "http://10.0.0.1:4200/api",
            "ftp://127.0.0.1",
            "file:///etc/passwd",
            "https://user:CANARY@h",
            "https://CANARY@h",
            "https://h/#CANARY",
            "https://h:99999",
            "https://h/\nCANARY",
            "https:\\\\h",
        ] {
            let error = ApiUrl::parse(text).unwrap_err().to_string();
            assert!(!error.contains("CANARY"), "{error}");
        }
    }

    #[test]
    fn an_appended_path_is_escaped() {
        let address = ApiUrl::parse("https://h/api/").unwrap();
        assert_eq!(
            address.join(&["variables", "name", "a/b c", ""]).as_str(),
            "https://h/api/variables/name/a%2Fb%20c/"
        );
        assert_eq!(ApiUrl::parse("https://h").unwrap().join(&["x"]).as_str(), "https://h/x");
    }

    #[test]
    fn a_proxy_is_shown_without_its_password() {
        for (text, host) in [
            ("http://user:CANARY@proxy:3128", Some("proxy:3128")),
            ("user:CANARY@proxy:3128", Some("proxy:3128")),
            ("proxy", Some("proxy:80")),
            ("http://user:CANARY@", None),
        ] {
            assert_eq!(proxy_host(text).as_deref(), host);
        }
    }

    #[test]
    fn only_the_host_of_a_redirect_is_shown() {
        let base = Url::parse("https://h/api").unwrap();
        assert_eq!(host_of("https://evil:1/x?token=CANARY", &base), "https://evil:1");
        assert_eq!(host_of("/login", &base), "https://h");
        assert_eq!(host_of("file:///etc/passwd", &base), "a file: URL");
        assert_eq!(host_of("//other/x", &base), "https://other");
    }
}
