//! How to reach a Prefect 2 or 3 server, or Prefect Cloud. The settings come from where Prefect 3 reads them, each
//! from the place with the highest precedence. Unlike Prefect, pfx never starts a server if no URL is set.

mod address;
mod checkout;
mod credential;
mod headers;
mod layers;

use std::path::Path;

use zeroize::Zeroizing;

use self::layers::{PrefectLayers, SettingPlace};
use super::choice::StoreChoice;
use super::store_settings::StoreSettings;
use super::{Fact, api_access};
use crate::environment::Inherited;
use crate::error::{Error, RemoteFault};
use crate::notice::Notice;
use crate::remote::api_url::ApiUrl;
use crate::remote::http::Client;
use crate::remote::prefect::Prefect;
use crate::source::Store;
use crate::terminal::Mark;

/// A setting: its name in variables and profiles, and its path in `prefect.toml`.
#[derive(Clone, Copy)]
pub struct SettingName {
    pub variable: &'static str,
    pub path: &'static [&'static str],
}

const URL: SettingName = SettingName { variable: "PREFECT_API_URL", path: &["api", "url"] };
const KEY: SettingName = SettingName { variable: "PREFECT_API_KEY", path: &["api", "key"] };
const AUTH_STRING: SettingName =
    SettingName { variable: "PREFECT_API_AUTH_STRING", path: &["api", "auth_string"] };
const HEADERS: SettingName =
    SettingName { variable: "PREFECT_CLIENT_CUSTOM_HEADERS", path: &["client", "custom_headers"] };
const AUTHORITY: SettingName =
    SettingName { variable: "PREFECT_API_SSL_CERT_FILE", path: &["api", "ssl_cert_file"] };
const INSECURE: SettingName = SettingName {
    variable: "PREFECT_API_TLS_INSECURE_SKIP_VERIFY",
    path: &["api", "tls_insecure_skip_verify"],
};
/// Files that contain a credential. These settings exist only in pfx, and only the user may set them: a checkout must
/// not make pfx send one of the user's files.
const KEY_FILE: SettingName =
    SettingName { variable: "PREFECT_API_KEY_FILE", path: &["api", "key_file"] };
const AUTH_STRING_FILE: SettingName =
    SettingName { variable: "PREFECT_API_AUTH_STRING_FILE", path: &["api", "auth_string_file"] };

/// The setting that names the file of profiles.
const PROFILES: SettingName =
    SettingName { variable: "PREFECT_PROFILES_PATH", path: &["profiles_path"] };

/// All settings that pfx uses.
const NAMES: [SettingName; 8] =
    [URL, KEY, KEY_FILE, AUTH_STRING, AUTH_STRING_FILE, HEADERS, AUTHORITY, INSECURE];

/// The text of a setting, and where it is set.
#[derive(Clone)]
pub struct PrefectSetting {
    pub text: Zeroizing<String>,
    pub place: SettingPlace,
    /// The place with higher precedence has the smaller rank.
    pub rank: u8,
    /// `api.url in prefect.toml`.
    pub origin: String,
}

/// The settings for Prefect 2 and 3. Nothing is sent yet.
pub struct PrefectSettings {
    pub url: Option<PrefectSetting>,
    key: Option<PrefectSetting>,
    key_file: Option<PrefectSetting>,
    auth_string: Option<PrefectSetting>,
    auth_string_file: Option<PrefectSetting>,
    headers: Option<PrefectSetting>,
    authority: Option<PrefectSetting>,
    /// The active profile, and its file.
    profile: Option<(String, String)>,
    /// Notices about these settings.
    notices: Vec<Notice>,
}

impl PrefectSettings {
    /// Reads all settings.
    ///
    /// # Errors
    /// If a file cannot be read or trusted, if a profile does not exist, or if a file in the working directory names
    /// a file with a credential.
    pub fn new(inherited: Inherited<'_>, strict: bool) -> Result<Self, Error> {
        let mut layers = PrefectLayers::read(inherited, strict)?;
        let [url, key, key_file, auth_string, auth_string_file, headers, authority, insecure] =
            NAMES.map(|name| layers.take(name));
        for file in [&key_file, &auth_string_file].into_iter().flatten() {
            if file.place != SettingPlace::User {
                return Err(fault(
                    file,
                    "a file in the working directory must not name a file with a credential",
                ));
            }
        }
        let mut notices = std::mem::take(&mut layers.notices);
        if let Some(setting) = &insecure
            && matches!(setting.text.to_ascii_lowercase().as_str(), "1" | "true" | "yes" | "on")
        {
            notices.push(Notice::advice(format!(
                "{} turns off the verification of certificates, which pfx does not support; to trust your own \
                 authority, set PREFECT_API_SSL_CERT_FILE to its PEM file",
                setting.origin
            )));
        }
        let profile = layers.profile;
        Ok(Self {
            url,
            key,
            key_file,
            auth_string,
            auth_string_file,
            headers,
            authority,
            profile,
            notices,
        })
    }
}

impl StoreSettings for PrefectSettings {
    fn notices(&self) -> &[Notice] {
        &self.notices
    }

    fn reason(&self) -> Option<String> {
        let url = self.url.as_ref()?;
        Some(format!("{} is set and takes precedence over Prefect Cloud 1.x", url.origin))
    }

    fn why_unusable(&self) -> Option<String> {
        match &self.url {
            Some(url) if !url.text.trim().is_empty() => None,
            Some(url) => Some(format!("{} is empty", url.origin)),
            None => Some("PREFECT_API_URL is not set".to_owned()),
        }
    }

    fn facts(&self) -> Vec<Fact> {
        type Value<'v> = &'v dyn Fn(&PrefectSetting) -> String;
        let hidden = |setting: &PrefectSetting| {
            if setting.text.is_empty() { "empty".to_owned() } else { "set".to_owned() }
        };
        let shown = |setting: &PrefectSetting| setting.text.as_str().to_owned();
        let fact = |name: &str, setting: &Option<PrefectSetting>, value: Value<'_>| {
            setting.as_ref().map(|setting| Fact::of(name, &value(setting), &setting.origin))
        };
        // A URL may contain a user name and a password, which is an error elsewhere; here it is not shown.
        let parsed = |setting: &PrefectSetting| {
            address::api(&setting.text).and_then(|(url, note)| Ok((ApiUrl::parse(&url)?, note)))
        };
        let url = |setting: &PrefectSetting| match parsed(setting) {
            Ok((address, None)) => address.shown().to_owned(),
            Ok((address, Some(note))) => format!("{} ({note})", address.shown()),
            Err(_) if setting.text.is_empty() => "empty".to_owned(),
            Err(fault) => fault.to_string(),
        };
        let mut facts = vec![match &self.profile {
            Some((name, place)) => Fact::of("profile", name, place),
            None => Fact::new("profile", "none"),
        }];
        facts.push(match &self.url {
            Some(setting) => {
                let mark = if parsed(setting).is_ok() { Mark::Good } else { Mark::Bad };
                Fact::of("API URL", &url(setting), &setting.origin).marked(mark)
            }
            None => Fact::new("API URL", "not set"),
        });
        let credentials = [
            ("API key", &self.key, &hidden as Value<'_>),
            ("API key file", &self.key_file, &shown),
            ("auth string", &self.auth_string, &hidden),
            ("auth string file", &self.auth_string_file, &shown),
            ("headers", &self.headers, &hidden),
            ("CA certificate file", &self.authority, &shown),
        ];
        let set =
            credentials.iter().filter_map(|(name, setting, value)| fact(name, setting, value));
        facts.extend(set.map(|fact| fact.marked(Mark::Good)));
        if credentials[..4].iter().all(|(_, setting, _)| setting.is_none()) {
            facts.push(Fact::new("credential", "not set"));
        }
        facts
    }

    fn open(
        self: Box<Self>,
        choice: &StoreChoice,
        inherited: Inherited<'_>,
    ) -> Result<Box<dyn Store>, Error> {
        let Some(url) = &self.url else {
            return Err(Error::NoStore { why: "PREFECT_API_URL is not set".to_owned() });
        };
        let refuse = |fault| Error::Remote { place: format!("from {}", url.origin), fault };
        let (text, note) = address::api(&url.text).map_err(refuse)?;
        let address = ApiUrl::parse(&text).map_err(refuse)?;
        let (credential, place) = match self.credential()? {
            Some((credential, place)) => (Some(credential), Some(place)),
            None => (None, None),
        };
        let check_place = |what, origin: &str, place: SettingPlace| {
            let allowed = url.place == SettingPlace::User || url.place == place;
            let fault = RemoteFault::DifferentOrigins {
                what,
                origin: origin.to_owned(),
                url: url.origin.clone(),
            };
            if allowed { Ok(()) } else { Err(Error::Remote { place: address.origin(), fault }) }
        };
        if let (Some(credential), Some(place)) = (&credential, place) {
            check_place("credential", &credential.origin, place)?;
        }
        let mut headers = Vec::new();
        if let Some(setting) = &self.headers {
            headers = headers::parse(setting)?;
            if credential.is_some() {
                // As in Prefect, the credential replaces it.
                headers.retain(|(name, _)| !name.eq_ignore_ascii_case("authorization"));
            }
            if !headers.is_empty() {
                check_place("headers", &setting.origin, setting.place)?;
            }
        }
        let authority = self.authority.as_ref().filter(|setting| !setting.text.is_empty());
        if let Some(setting) = authority
            && setting.place != SettingPlace::User
            && setting.place != url.place
        {
            return Err(fault(
                setting,
                "a file in the working directory must not set the certificate authority for a URL that is set elsewhere",
            ));
        }
        // The file that the variable names is trusted for every API already.
        let is_variable = inherited.get(AUTHORITY.variable.as_bytes()).is_some();
        let authority = authority.filter(|_| !is_variable);
        let authorities: Vec<&Path> =
            authority.map(|setting| Path::new(setting.text.as_str())).into_iter().collect();
        let mut access =
            api_access::access(address, credential, choice.time.clone(), inherited, &authorities)?;
        access.headers = headers;
        let mut notices = self.notices.clone();
        notices.extend(note.map(|note| Notice::detail(format!("{} is {note}", url.origin))));
        Ok(Box::new(Prefect::new(Client::new(access), notices)))
    }
}

/// An error about one setting, without its text.
fn fault(setting: &PrefectSetting, problem: &str) -> Error {
    Error::config(&setting.origin, None, None, problem)
}
