//! Where Prefect 3 looks for its settings, strongest first: variables, `.env`, `prefect.toml` and
//! `pyproject.toml` in the working directory, and the active profile (`prefect/settings/sources.py`).

use std::path::PathBuf;

use zeroize::Zeroizing;

use super::checkout::{self, CheckoutFile, Need};
use super::{
    AUTH_STRING, AUTH_STRING_FILE, KEY, KEY_FILE, NAMES, PROFILES, PrefectSetting, SettingName, URL,
};
use crate::config::profiles::Profiles;
use crate::environment::Inherited;
use crate::error::Error;
use crate::files::file::{self, Chosen, Standard};
use crate::files::home;
use crate::notice::{Level, Notice};

/// Who wrote a setting. A credential goes only to a URL of the same hand, or of the user's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SettingPlace {
    /// A file in the working directory: a checkout may bring it along.
    Directory,
    /// A profile whose file is named by a file in the working directory.
    Named,
    /// The environment, or the user's own profile.
    User,
}

/// All settings that are heeded, from all places.
pub struct PrefectLayers {
    /// Strongest first.
    found: Vec<(SettingName, PrefectSetting)>,
    /// The profile in force, and the file that has it.
    pub profile: Option<(String, String)>,
    /// What a person should know about the files.
    pub notices: Vec<Notice>,
}

impl PrefectLayers {
    /// Reads every place that there is.
    ///
    /// # Errors
    /// [`Error::Config`] for a file that is broken and a profile that is not there; [`Error::Trust`] for one
    /// that sets something and that others may write.
    pub fn read(inherited: Inherited<'_>, strict: bool) -> Result<Self, Error> {
        let mut layers = Self { found: Vec::new(), profile: None, notices: Vec::new() };
        let mut profiles = variable(inherited, PROFILES.variable)
            .filter(|path| !path.is_empty())
            .map(|path| (PathBuf::from(path.as_str()), SettingPlace::User));
        for name in NAMES {
            if let Some(text) = variable(inherited, name.variable) {
                let origin = name.variable.to_owned();
                layers.found.push((
                    name,
                    PrefectSetting { text, place: SettingPlace::User, rank: 0, origin },
                ));
            }
        }
        let need = layers.need();
        for (rank, file) in (1..).zip(checkout::FILES) {
            let CheckoutFile { settings, fault, notice } = file.read(need, inherited)?;
            layers.notices.extend(notice);
            // What is set more strongly comes from nowhere else, whoever wrote this.
            let is_used = |name: &SettingName| {
                if name.variable == PROFILES.variable {
                    profiles.is_none()
                } else {
                    !layers.has(*name)
                }
            };
            if let Some(fault) = fault {
                if settings.iter().any(|(name, ..)| is_used(name)) {
                    return Err(Error::Trust { path: file.path().into(), fault });
                }
                continue;
            }
            for (name, text, origin) in settings {
                if name.variable == PROFILES.variable {
                    if !text.is_empty() {
                        let path = PathBuf::from(text.as_str());
                        profiles.get_or_insert((path, SettingPlace::Named));
                    }
                } else {
                    let place = SettingPlace::Directory;
                    layers.found.push((name, PrefectSetting { text, place, rank, origin }));
                }
            }
        }
        layers.add_profile(profiles, inherited, strict)?;
        Ok(layers)
    }

    /// The setting of this name from the strongest place that has it.
    pub fn take(&self, name: SettingName) -> Option<PrefectSetting> {
        let found = self.found.iter().find(|(other, _)| other.variable == name.variable);
        found.map(|(_, setting)| setting.clone())
    }

    fn has(&self, name: SettingName) -> bool {
        self.found.iter().any(|(other, _)| other.variable == name.variable)
    }

    /// What files may still have to say.
    fn need(&self) -> Need {
        let credentials = [KEY, KEY_FILE, AUTH_STRING, AUTH_STRING_FILE];
        match (self.has(URL), credentials.into_iter().any(|name| self.has(name))) {
            (true, true) => Need::Nothing,
            (true, false) => Need::Credential,
            (false, _) => Need::Url,
        }
    }

    fn add_profile(
        &mut self,
        named: Option<(PathBuf, SettingPlace)>,
        inherited: Inherited<'_>,
        strict: bool,
    ) -> Result<(), Error> {
        let is_named = named.is_some();
        let Some((path, place)) =
            named.or_else(|| Some((default_path(inherited)?, SettingPlace::User)))
        else {
            return Ok(());
        };
        let chosen = match place {
            SettingPlace::User if is_named => Chosen::ByUser,
            _ => Chosen::ByItself {
                allow: "to use it anyway, set PREFECT_PROFILES_PATH to its path",
            },
        };
        let strict = strict && place == SettingPlace::User;
        let shown = path.display().to_string();
        let contents = match file::read(&path, Standard { chosen, private: true, strict }) {
            Err(Error::File { .. }) if !is_named && home::hides(&path) => None,
            Err(Error::File { action, path, cause }) if file::is_denial(&cause) => {
                let instead = "let this user read it, or set PREFECT_PROFILES_PATH to another file \
                               (/dev/null for none)";
                return Err(Error::Denied { action, path, cause, instead });
            }
            other => other?,
        };
        let text = match &contents {
            Some(contents) => {
                let notice = contents.fault.as_ref().map(|fault| Notice::of_trust(&path, fault));
                self.notices.extend(notice.map(|notice| Notice { level: Level::Advice, ..notice }));
                Some(file::text(&contents.bytes, &path)?)
            }
            None => None,
        };
        let profiles = Profiles::parse(text, &shown)?;
        let chosen = variable(inherited, "PREFECT_PROFILE").filter(|name| !name.is_empty());
        let chosen = chosen.as_ref().map(|name| name.as_str());
        let Some(profile) = profiles.active(chosen)? else { return Ok(()) };
        for (name, text) in profile.settings {
            let text = Zeroizing::new(text);
            // Prefect takes names in upper case only here.
            if let Some(known) = NAMES.into_iter().find(|known| known.variable == name) {
                let origin = format!("{name} in the profile `{}` of {shown}", profile.name);
                self.found.push((known, PrefectSetting { text, place, rank: u8::MAX, origin }));
            }
        }
        self.profile = Some((profile.name, shown));
        Ok(())
    }
}

/// Where profiles are if nothing else is said: `$PREFECT_HOME`, else `~/.prefect`.
fn default_path(inherited: Inherited<'_>) -> Option<PathBuf> {
    let directory = match inherited.get(b"PREFECT_HOME").filter(|path| !path.is_empty()) {
        Some(directory) => home::path(directory),
        None => home::of_prefect(inherited.get(b"HOME"))?,
    };
    Some(directory.join("profiles.toml"))
}

/// A variable of the environment. Its name may be written in lower case, as Prefect takes it; as it should
/// be written it comes first.
fn variable(inherited: Inherited<'_>, name: &str) -> Option<Zeroizing<String>> {
    let any = || {
        let mut all = inherited.variables();
        all.find_map(|(other, text)| other.eq_ignore_ascii_case(name.as_bytes()).then_some(text))
    };
    let text = inherited.get(name.as_bytes()).or_else(any)?;
    // Bytes that are no UTF-8 are no URL, and cannot go into a header either.
    Some(Zeroizing::new(String::from_utf8_lossy(text).into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::{CStr, CString};
    use std::os::unix::fs::PermissionsExt as _;

    /// The URL and the key with the places that they are from, where these variables are set and a file of profiles has
    /// `profiles`.
    fn read(profiles: &str, variables: &[&str]) -> Result<[Option<(String, String)>; 2], Error> {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), profiles).expect("it can be written");
        std::fs::set_permissions(file.path(), std::fs::Permissions::from_mode(0o600))
            .expect("its mode");
        let path = file.path().display().to_string();
        let named = format!("PREFECT_PROFILES_PATH={path}");
        let all = variables.iter().copied().chain([named.as_str()]);
        let owned: Vec<CString> = all.map(|one| CString::new(one).expect("no NUL")).collect();
        let inherited: Vec<&CStr> = owned.iter().map(CString::as_c_str).collect();
        let layers = PrefectLayers::read(Inherited(&inherited), false)?;
        let taken = |name| {
            let setting = layers.take(name)?;
            Some((setting.text.as_str().to_owned(), setting.origin.replace(&path, "FILE")))
        };
        Ok([taken(URL), taken(KEY)])
    }

    fn setting(text: &str, origin: &str) -> (String, String) {
        (text.to_owned(), origin.to_owned())
    }

    const TWO: &str = "active = 'a'\n[profiles.a]\nPREFECT_API_URL = 'http://a/api'\n\
                       PREFECT_API_KEY = 'key-a'\n[profiles.b]\nPREFECT_API_URL = 'http://b/api'\n";

    #[test]
    fn a_variable_wins_over_the_profile_setting_by_setting() {
        let [of_url, of_key] =
            [URL, KEY].map(|name| format!("{} in the profile `a` of FILE", name.variable));
        let expected = [Some(setting("http://a/api", &of_url)), Some(setting("key-a", &of_key))];
        assert_eq!(read(TWO, &[]).unwrap(), expected);
        let url = "PREFECT_API_URL=http://v/api";
        let expected =
            [Some(setting("http://v/api", "PREFECT_API_URL")), Some(setting("key-a", &of_key))];
        assert_eq!(read(TWO, &[url]).unwrap(), expected);
        // One that is set to nothing is set.
        let [url, _] = read(TWO, &["PREFECT_API_URL="]).unwrap();
        assert_eq!(url, Some(setting("", "PREFECT_API_URL")));
    }

    #[test]
    fn the_profile_is_the_one_that_a_variable_names_or_the_active_one() {
        let [url, key] = read(TWO, &["PREFECT_PROFILE=b"]).unwrap();
        assert_eq!(
            url,
            Some(setting("http://b/api", "PREFECT_API_URL in the profile `b` of FILE"))
        );
        assert_eq!(key, None, "no setting of another profile");
        assert!(read(TWO, &["PREFECT_PROFILE=c"]).is_err());
        assert_eq!(read("", &[]).unwrap(), [None, None]);
    }
}
