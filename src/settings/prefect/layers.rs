//! Where Prefect 3 looks for its settings, in order of precedence: variables, `.env`, `prefect.toml` and
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
use crate::files::file::{self, Chosen, FileRequirements};
use crate::files::home;
use crate::notice::{Level, Notice};

/// Who controls a setting. A credential is sent only to a URL that is set in the same place, or by the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SettingPlace {
    /// A file in the working directory, which may be part of a checkout from someone else.
    Directory,
    /// A profile in a file that a file in the working directory names.
    Named,
    /// The environment, or the user's own profile.
    User,
}

/// All settings that pfx uses, from all places.
pub struct PrefectLayers {
    /// In order of precedence.
    found: Vec<(SettingName, PrefectSetting)>,
    /// The active profile, and its file.
    pub profile: Option<(String, String)>,
    /// Notices about the files.
    pub notices: Vec<Notice>,
}

impl PrefectLayers {
    /// Reads all places.
    ///
    /// # Errors
    /// [`Error::Config`] for a file that is not valid, and for a profile that does not exist; [`Error::Trust`] for a
    /// file that sets something and that others can write.
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
            // A setting from a place with higher precedence is used, so it does not matter who wrote this one.
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

    /// The setting of this name from the place with the highest precedence.
    pub fn take(&self, name: SettingName) -> Option<PrefectSetting> {
        let found = self.found.iter().find(|(other, _)| other.variable == name.variable);
        found.map(|(_, setting)| setting.clone())
    }

    fn has(&self, name: SettingName) -> bool {
        self.found.iter().any(|(other, _)| other.variable == name.variable)
    }

    /// What the environment leaves to files.
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
        let contents = match file::read(&path, FileRequirements { chosen, private: true, strict }) {
            Err(Error::File { .. }) if !is_named && home::is_in_inaccessible_home(&path) => None,
            Err(Error::File { action, path, cause }) if file::is_permission_denied(&cause) => {
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
            // In profiles, Prefect accepts names only in upper case.
            if let Some(known) = NAMES.into_iter().find(|known| known.variable == name) {
                let origin = format!("{name} in the profile `{}` of {shown}", profile.name);
                self.found.push((known, PrefectSetting { text, place, rank: u8::MAX, origin }));
            }
        }
        self.profile = Some((profile.name, shown));
        Ok(())
    }
}

/// The default file of profiles: in `$PREFECT_HOME`, else in `~/.prefect`.
fn default_path(inherited: Inherited<'_>) -> Option<PathBuf> {
    let directory = match inherited.get_nonempty(b"PREFECT_HOME") {
        Some(directory) => home::path(directory),
        None => home::of_prefect(inherited.get(b"HOME"))?,
    };
    Some(directory.join("profiles.toml"))
}

/// An environment variable. As in Prefect, its name may be in another case; the name in upper case comes first.
fn variable(inherited: Inherited<'_>, name: &str) -> Option<Zeroizing<String>> {
    let any = || {
        let mut all = inherited.variables();
        all.find_map(|(other, text)| other.eq_ignore_ascii_case(name.as_bytes()).then_some(text))
    };
    let text = inherited.get(name.as_bytes()).or_else(any)?;
    // Text that is not UTF-8 is neither a valid URL nor a valid header.
    Some(Zeroizing::new(String::from_utf8_lossy(text).into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::{CStr, CString};
    use std::os::unix::fs::PermissionsExt as _;

    /// The URL and the key, each with the place where it is set, for these variables and this content of the profiles
    /// file.
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
    fn a_variable_takes_precedence_over_the_profile_for_each_setting() {
        let [of_url, of_key] =
            [URL, KEY].map(|name| format!("{} in the profile `a` of FILE", name.variable));
        let expected = [Some(setting("http://a/api", &of_url)), Some(setting("key-a", &of_key))];
        assert_eq!(read(TWO, &[]).unwrap(), expected);
        let url = "PREFECT_API_URL=http://v/api";
        let expected =
            [Some(setting("http://v/api", "PREFECT_API_URL")), Some(setting("key-a", &of_key))];
        assert_eq!(read(TWO, &[url]).unwrap(), expected);
        // An empty variable counts as set.
        let [url, _] = read(TWO, &["PREFECT_API_URL="]).unwrap();
        assert_eq!(url, Some(setting("", "PREFECT_API_URL")));
    }

    #[test]
    fn the_profile_is_that_of_the_variable_or_the_active_one() {
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
