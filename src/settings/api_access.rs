//! How to reach an API from this machine: proxy and certificate authorities.

use std::path::Path;

use zeroize::Zeroizing;

use crate::environment::Inherited;
use crate::error::Error;
use crate::files::{file, home};
use crate::remote::api_url::ApiUrl;
use crate::remote::http::{ApiAccess, Credential, TimeLimit};

/// Variables that name a PEM file of authorities to trust: OpenSSL's, that of Python's requests, and Prefect's own.
/// The first replaces the system's store, since the library that reads the store also follows it. It is read here as
/// well, so that an invalid file is an error.
const AUTHORITIES: [&str; 3] = ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "PREFECT_API_SSL_CERT_FILE"];

/// Decides how to reach an API. `authorities` are further PEM files.
///
/// # Errors
/// [`Error::File`] or [`Error::Trust`] if a PEM file that is named cannot be read.
pub fn access(
    address: ApiUrl,
    credential: Option<Credential>,
    time: TimeLimit,
    inherited: Inherited<'_>,
    authorities: &[&Path],
) -> Result<ApiAccess, Error> {
    let mut files = Vec::new();
    if address.is_https() {
        let named = AUTHORITIES
            .iter()
            .filter_map(|variable| inherited.get_nonempty(variable.as_bytes()).map(home::path));
        for path in named.chain(authorities.iter().map(|path| path.to_path_buf())) {
            let place = path.display().to_string();
            match file::read(&path, file::FileRequirements::NAMED)? {
                Some(contents) => files.push((place, contents.bytes.to_vec())),
                None => {
                    let cause = nix::errno::Errno::ENOENT.into();
                    return Err(Error::File { action: "read", path, cause });
                }
            }
        }
    }
    let proxy = first(inherited, ["https_proxy", "HTTPS_PROXY"])
        .map(|proxy| (Zeroizing::new(proxy), first(inherited, ["no_proxy", "NO_PROXY"])));
    Ok(ApiAccess { address, credential, headers: Vec::new(), authorities: files, proxy, time })
}

/// The first of two variables that is set and not empty. As in curl, the name in lower case comes first.
fn first(inherited: Inherited<'_>, names: [&str; 2]) -> Option<String> {
    names.iter().find_map(|name| {
        let text = inherited.get_nonempty(name.as_bytes())?;
        Some(String::from_utf8_lossy(text).into_owned())
    })
}
