//! `profiles.toml` of Prefect 2 and 3: named sets of settings, one of which is active. No I/O.

use toml::de::DeValue;

use crate::document::{Document, Walk, scalar};
use crate::error::Error;

/// The profiles that Prefect has without a file (`prefect/settings/profiles.toml`), with the API URL of each.
const BUILT_IN: [(&str, Option<&str>); 4] = [
    ("cloud", None),
    ("ephemeral", None),
    ("local", Some("http://127.0.0.1:4200/api")),
    ("test", None),
];

/// The name of this setting in a profile.
const URL: &str = "PREFECT_API_URL";

/// The profiles of one file, or Prefect's built-in ones without a file.
pub struct Profiles<'t> {
    document: Option<Document<'t>>,
    place: String,
}

/// The settings of one profile.
pub struct PrefectProfile {
    pub name: String,
    /// The variables and their values.
    pub settings: Vec<(String, String)>,
}

impl<'t> Profiles<'t> {
    /// Parses `text`. `place` is its path, for messages.
    ///
    /// # Errors
    /// [`Error::Config`], which does not quote the text.
    pub fn parse(text: Option<&'t str>, place: &str) -> Result<Self, Error> {
        let document = text.map(|text| Document::parse(text, place)).transpose()?;
        Ok(Self { document, place: place.to_owned() })
    }

    /// The profile named `chosen`, otherwise the active one; `None` if there is neither.
    ///
    /// # Errors
    /// [`Error::Config`] if no profile has that name (Prefect then silently uses none), or if one of its
    /// settings is an array or a table.
    pub fn active(&self, chosen: Option<&str>) -> Result<Option<PrefectProfile>, Error> {
        let walk = |path: &[&str]| match self.document.as_ref().map(|file| file.walk(path)) {
            Some(Walk::Found(value)) => Some(value),
            _ => None,
        };
        let active = walk(&["active"]).and_then(DeValue::as_str);
        let Some(name) = chosen.or(active).filter(|name| !name.is_empty()) else {
            return Ok(None);
        };
        let fault = |key, problem: &str| Error::config(&self.place, None, Some(key), problem);
        let name = name.to_owned();
        let Some(profile) = walk(&["profiles", &name]) else {
            let Some((_, url)) = BUILT_IN.iter().find(|(built_in, _)| *built_in == name) else {
                let from = if chosen.is_some() { "PREFECT_PROFILE" } else { "active" };
                let problem = format!("{from} names this profile, but it does not exist");
                return Err(fault(format!("profiles.{name}"), &problem));
            };
            let settings = url.map(|url| (URL.to_owned(), url.to_owned()));
            return Ok(Some(PrefectProfile { name, settings: settings.into_iter().collect() }));
        };
        let DeValue::Table(table) = profile else {
            return Err(fault(format!("profiles.{name}"), "expected a table"));
        };
        let mut settings = Vec::new();
        for (key, value) in table {
            let key = key.get_ref().to_string();
            let text = match value.get_ref() {
                DeValue::String(text) => text.to_string(),
                DeValue::Array(_) | DeValue::Table(_) => {
                    return Err(fault(format!("profiles.{name}.{key}"), "expected a string"));
                }
                other => scalar(other),
            };
            settings.push((key, text));
        }
        Ok(Some(PrefectProfile { name, settings }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "active = \"a\"\n[profiles.a]\nPREFECT_API_URL = \"u\"\nN = 1\n\
                        [profiles.local]\nPREFECT_API_URL = \"mine\"\n[profiles.bad]\nX = [\"CANARY\"]\n";

    fn active(text: Option<&str>, chosen: Option<&str>) -> Result<Vec<String>, String> {
        let profile = Profiles::parse(text, "p.toml")
            .and_then(|profiles| profiles.active(chosen))
            .map_err(|error| error.to_string())?;
        let settings = profile.map(|profile| profile.settings).unwrap_or_default();
        let mut pairs: Vec<String> =
            settings.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
        pairs.sort();
        Ok(pairs)
    }

    #[test]
    fn the_active_profile_is_used_unless_another_is_chosen() {
        assert_eq!(active(Some(FILE), None).unwrap(), ["N=1", "PREFECT_API_URL=u"]);
        assert_eq!(active(Some(FILE), Some("local")).unwrap(), ["PREFECT_API_URL=mine"]);
        assert!(active(Some("[profiles.a]\nX = \"1\"\n"), None).unwrap().is_empty());
        assert!(active(None, None).unwrap().is_empty());
    }

    #[test]
    fn prefects_own_profiles_need_no_file() {
        assert_eq!(
            active(None, Some("local")).unwrap(),
            ["PREFECT_API_URL=http://127.0.0.1:4200/api"]
        );
        assert!(active(Some(FILE), Some("ephemeral")).unwrap().is_empty());
    }

    #[test]
    fn an_unknown_profile_and_a_value_that_is_not_a_string_are_errors() {
        for (chosen, shown) in [
            ("nope", "key `profiles.nope`: PREFECT_PROFILE names this profile"),
            ("bad", "key `profiles.bad.X`: expected a string"),
        ] {
            let error = active(Some(FILE), Some(chosen)).unwrap_err();
            assert!(error.contains(shown) && !error.contains("CANARY"), "{error}");
        }
        let error = active(Some("active = \"gone\"\n"), None).unwrap_err();
        assert!(error.contains("active names this profile"), "{error}");
    }
}
