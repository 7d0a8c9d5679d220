//! How to reach Prefect Cloud 1.x, from where Prefect 1.4.1 reads it: config.toml and its variables, then `auth.toml`
//! (`client/client.py`, `Client.__init__`).

use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::choice::StoreChoice;
use super::store_settings::StoreSettings;
use super::{Fact, api_access};
use crate::config::auth::{self, Login};
use crate::config::{DEFAULTS_PLACE, Document};
use crate::environment::Inherited;
use crate::error::{Error, RemoteFault};
use crate::files::file::{self, Chosen, FileRequirements};
use crate::files::home;
use crate::notice::{Level, Notice};
use crate::remote::api_url::ApiUrl;
use crate::remote::cloud1::Cloud1;
use crate::remote::http::{Client, Credential};
use crate::source::Store;
use crate::source::local::LocalConfig;
use crate::terminal::Mark;

/// The text of a setting, and where it is set: a file, a variable, or Prefect's defaults.
pub struct Cloud1Setting {
    pub text: Zeroizing<String>,
    pub origin: String,
}

impl Cloud1Setting {
    fn new(text: String, origin: String) -> Self {
        Self { text: Zeroizing::new(text), origin }
    }
}

/// The settings for Prefect Cloud 1.x. Nothing is sent yet.
pub struct Cloud1Settings {
    pub api: Cloud1Setting,
    pub api_key: Option<Cloud1Setting>,
    /// The path of `auth.toml`, in which a login is stored; the file may not exist.
    pub auth: PathBuf,
    pub backend: Cloud1Setting,
    pub tenant: Option<Cloud1Setting>,
    /// `cloud.use_local_secrets`, if the user has set it.
    pub use_local_secrets: Option<Cloud1Setting>,
    /// Notices about these settings.
    notices: Vec<Notice>,
}

impl Cloud1Settings {
    /// Reads all settings.
    ///
    /// # Errors
    /// If a file cannot be read, or a value cannot be expanded.
    pub fn new(local: &LocalConfig<'_>) -> Result<Self, Error> {
        let setting = |path: &[&str]| -> Result<Option<Cloud1Setting>, Error> {
            let found = local.setting(path)?;
            Ok(found.map(|(leaf, origin)| Cloud1Setting::new(leaf.into_text(), origin)))
        };
        let empty = || Cloud1Setting::new(String::new(), DEFAULTS_PLACE.to_owned());
        let present =
            |found: Option<Cloud1Setting>| found.filter(|setting| !setting.text.is_empty());
        let backend = setting(&["backend"])?.unwrap_or_else(empty);
        // For any other backend, `${${backend}.endpoint}` does not exist, and Prefect's URL is empty.
        let api = match backend.text.as_str() {
            "cloud" | "server" => setting(&["cloud", "api"])?.unwrap_or_else(empty),
            _ => empty(),
        };
        let api = match setting(&[&backend.text, "endpoint"])? {
            // The default of the API URL refers to the endpoint, so the endpoint is where it is set.
            Some(endpoint) if api.origin == DEFAULTS_PLACE && endpoint.text == api.text => endpoint,
            _ => api,
        };
        let mut api_key = present(setting(&["cloud", "api_key"])?);
        let mut tenant = present(setting(&["cloud", "tenant_id"])?);
        let use_local_secrets = setting(&["cloud", "use_local_secrets"])?
            .filter(|setting| setting.origin != DEFAULTS_PLACE);
        let directory = match setting(&["home_dir"])? {
            Some(directory) if !directory.text.is_empty() => home::path(directory.text.as_bytes()),
            _ => PathBuf::new(),
        };
        let auth = directory.join("auth.toml");
        let mut notices = Vec::new();
        let needs_login = api_key.is_none() || tenant.is_none();
        if needs_login && backend.text.as_str() == "cloud" {
            let login = login(&auth, &api.text, local.is_strict(), &mut notices)?;
            let origin = auth.display().to_string();
            let of_file = |text| Cloud1Setting::new(text, origin.clone());
            api_key = api_key.or_else(|| login.api_key.map(of_file));
            tenant = tenant.or_else(|| login.tenant_id.map(of_file));
        }
        if let (Some(key), Some(tenant)) = (&api_key, &tenant)
            && key.origin != tenant.origin
        {
            notices.push(Notice::advice(format!(
                "the API key comes from {} and the tenant from {}: if the key belongs to a different tenant, \
                 no name is found; set both in the same place",
                key.origin, tenant.origin
            )));
        }
        Ok(Self { api, api_key, auth, backend, tenant, use_local_secrets, notices })
    }

    /// Why secrets (not keys) are not looked up in Prefect Cloud 1.x, if they are not: a clause.
    pub fn why_without_secrets(&self) -> Option<String> {
        match &self.use_local_secrets {
            // With `false`, Prefect sends requests with or without a key, and so does pfx.
            Some(setting) if setting.text.eq_ignore_ascii_case("false") => None,
            Some(setting) => Some(format!(
                "`use_local_secrets` in {} limits secrets to this machine",
                setting.origin
            )),
            None if self.api_key.is_none() => Some(format!(
                "no API key is configured (neither in PREFECT__CLOUD__API_KEY nor in {})",
                self.auth.display()
            )),
            None => None,
        }
    }
}

impl StoreSettings for Cloud1Settings {
    fn facts(&self) -> Vec<Fact> {
        let shown = |name, setting: &Cloud1Setting| Fact::of(name, &setting.text, &setting.origin);
        // A URL may contain a user name and a password, which is an error elsewhere; here only its origin is shown.
        let (api, mark) = match ApiUrl::parse(&self.api.text) {
            Ok(address) => (address.origin(), Mark::Plain),
            Err(fault) => (fault.to_string(), Mark::Bad),
        };
        let api_key = match &self.api_key {
            Some(key) => Fact::of("API key", "set", &key.origin).marked(Mark::Good),
            None => Fact::new("API key", "not set"),
        };
        let tenant = match &self.tenant {
            Some(Cloud1Setting { text, origin }) => {
                // It may be a key that was put there by mistake, so only a UUID is shown.
                Fact::of("tenant", uuid(text).as_deref().unwrap_or("set, but not a UUID"), origin)
            }
            None => Fact::new("tenant", "not set (default: the tenant of the API key)"),
        };
        let use_local_secrets = match &self.use_local_secrets {
            Some(setting) => shown("use_local_secrets", setting),
            None => Fact::new(
                "use_local_secrets",
                "not set (default: names not found locally are looked up in Prefect Cloud)",
            ),
        };
        let api = Fact::of("API URL", &api, &self.api.origin).marked(mark);
        vec![shown("backend", &self.backend), api, api_key, tenant, use_local_secrets]
    }

    fn notices(&self) -> &[Notice] {
        &self.notices
    }

    fn why_unusable(&self) -> Option<String> {
        match self.backend.text.as_str() {
            "cloud" => {}
            "server" => {
                return Some(format!(
                    "`backend = \"server\"` in {}: Prefect Server 1.x has neither secrets nor a \
                     key-value store",
                    self.backend.origin
                ));
            }
            _ => return Some(format!("`backend` in {} is not `cloud`", self.backend.origin)),
        }
        let is_bare = self.api_key.is_none() && self.api.origin == DEFAULTS_PLACE;
        is_bare.then(|| {
            format!(
                "no API key is configured (neither in PREFECT__CLOUD__API_KEY nor in {})",
                self.auth.display()
            )
        })
    }

    fn login(&self) -> Option<String> {
        self.api_key.is_none().then(|| format!(
            "set `api_key = \"…\"` and `tenant_id = \"…\"` under `[\"{}\"]` in {} (Prefect reads this file too, \
             and `prefect auth login` writes it), or set PREFECT__CLOUD__API_KEY",
            auth::slug(&self.api.text),
            self.auth.display()
        ))
    }

    fn open(
        self: Box<Self>,
        choice: &StoreChoice,
        inherited: Inherited<'_>,
    ) -> Result<Box<dyn Store>, Error> {
        let address = ApiUrl::parse(&self.api.text)
            .map_err(|fault| Error::Remote { place: format!("from {}", self.api.origin), fault })?;
        let tenant = match &self.tenant {
            None => None,
            Some(setting) => Some(uuid(&setting.text).ok_or_else(|| Error::Remote {
                place: address.origin(),
                fault: RemoteFault::InvalidCredential {
                    problem: "the tenant ID is not a UUID",
                    origin: setting.origin.clone(),
                },
            })?),
        };
        // A store that is named explicitly is used for secrets too.
        let without_secrets =
            if choice.stores.is_empty() { self.why_without_secrets() } else { None };
        let credential = self.api_key.map(|Cloud1Setting { text, origin }| Credential {
            header: Zeroizing::new(format!("Bearer {}", text.as_str())),
            key: text,
            origin,
        });
        let access = api_access::access(address, credential, choice.time.clone(), inherited, &[])?;
        let client = Client::new(access);
        Ok(Box::new(Cloud1::new(client, tenant.as_deref(), without_secrets, self.notices)))
    }
}

/// The entry of `auth.toml` for this API.
fn login(path: &Path, api: &str, strict: bool, notices: &mut Vec<Notice>) -> Result<Login, Error> {
    let allow = "to do without the file, set PREFECT__CLOUD__API_KEY and PREFECT__CLOUD__TENANT_ID";
    let chosen = Chosen::ByItself { allow };
    let contents = match file::read(path, FileRequirements { chosen, private: true, strict }) {
        Ok(Some(contents)) => contents,
        Ok(None) => return Ok(Login::default()),
        Err(Error::File { .. }) if home::is_in_inaccessible_home(path) => {
            return Ok(Login::default());
        }
        Err(error) => return Err(error),
    };
    let place = path.display().to_string();
    let notice = contents.fault.map(|fault| Notice::of_trust(path, &fault));
    notices.extend(notice.map(|notice| Notice { level: Level::Advice, ..notice }));
    let document = Document::parse(file::text(&contents.bytes, path)?, &place)?;
    Ok(Login::find(&document, api))
}

/// A UUID in any form that Python's `uuid.UUID` accepts, in lower case with dashes.
fn uuid(text: &str) -> Option<String> {
    let digits: String = text
        .replace("urn:", "")
        .replace("uuid:", "")
        .replace(['{', '}', '-'], "")
        .to_ascii_lowercase();
    let valid = digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    valid.then(|| {
        [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]].join("-")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenant_is_a_uuid_in_any_form() {
        let canonical = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee";
        for text in [
            canonical,
            "AAAAAAAA-BBBB-CCCC-DDDD-EEEEEEEEEEEE",
            "aaaaaaaabbbbccccddddeeeeeeeeeeee",
            "urn:uuid:{aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee}",
        ] {
            assert_eq!(uuid(text).as_deref(), Some(canonical), "{text}");
        }
        assert_eq!(uuid("my-team"), None);
        assert_eq!(uuid("éaaaaaaabbbbccccddddeeeeeeeeeeee"), None);
    }
}
