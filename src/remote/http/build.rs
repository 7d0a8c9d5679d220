//! Builds the HTTP client of one API: TLS, proxy, headers, and the lookup of host names.

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::tls::Version;
use reqwest::{Certificate, NoProxy, Proxy};

use crate::error::RemoteFault;
use crate::remote::cause::of_tls_setup;
use crate::remote::exchange::ApiAccess;
use crate::remote::host_names;

pub fn client(access: &ApiAccess) -> Result<reqwest::Client, RemoteFault> {
    // It is the only provider that is linked. Installing it again fails, which does not matter.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("pfx/", env!("CARGO_PKG_VERSION")))
        .default_headers(headers(access)?)
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
                let problem = format!("{path} contains no PEM certificate");
                return Err(RemoteFault::Connection { problem });
            }
            authorities.extend(certificates);
        }
        builder = builder.tls_version_min(Version::TLS_1_2).tls_certs_merge(authorities);
    } else {
        // Plain http checks no certificate, so none is loaded.
        builder = builder.tls_certs_only(Vec::new());
    }
    if !access.address.is_loopback()
        && let Some((url, exceptions)) = &access.proxy
    {
        let bad =
            |_| RemoteFault::Connection { problem: "HTTPS_PROXY is not a valid URL".to_owned() };
        let exceptions = exceptions.as_deref().and_then(NoProxy::from_string);
        builder = builder.proxy(Proxy::https(url.as_str()).map_err(bad)?.no_proxy(exceptions));
    }
    builder.build().map_err(|error| RemoteFault::Connection { problem: of_tls_setup(&error) })
}

fn headers(access: &ApiAccess) -> Result<HeaderMap, RemoteFault> {
    let mut headers = HeaderMap::new();
    if let Some(credential) = &access.credential {
        let bad = |_| RemoteFault::InvalidCredential {
            problem: "it contains a character that is not allowed in an HTTP header, such as a newline",
            origin: credential.origin.clone(),
        };
        let mut value = HeaderValue::from_str(&credential.header).map_err(bad)?;
        value.set_sensitive(true);
        headers.insert(reqwest::header::AUTHORIZATION, value);
    }
    append(&mut headers, &access.headers)?;
    Ok(headers)
}

pub fn append(headers: &mut HeaderMap, pairs: &[(String, String)]) -> Result<(), RemoteFault> {
    for (name, value) in pairs {
        let pair = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value));
        let (Ok(name), Ok(mut value)) = pair else {
            let problem = format!(
                "the header `{name}` contains a character that is not allowed in an HTTP header"
            );
            return Err(RemoteFault::Connection { problem });
        };
        value.set_sensitive(true);
        headers.insert(name, value);
    }
    Ok(())
}

/// Looks up host names for the client.
struct Names;

impl reqwest::dns::Resolve for Names {
    fn resolve(&self, name: reqwest::dns::Name) -> reqwest::dns::Resolving {
        let name = name.as_str().to_owned();
        Box::pin(async move {
            let found = host_names::look_up(name).await?;
            Ok(Box::new(found.into_iter()) as reqwest::dns::Addrs)
        })
    }
}
