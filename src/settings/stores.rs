//! Which remote stores are used, and why.

use super::choice::StoreChoice;
use super::store_settings::StoreSettings;
use super::{Fact, cloud1, prefect};
use crate::environment::Inherited;
use crate::error::Error;
use crate::notice::Notice;
use crate::source::lazy_store::ChosenStore;
use crate::source::local::LocalConfig;
use crate::store_kind::StoreKind;

/// Reads the settings of a kind of store: one arm for each [`StoreKind`].
///
/// # Errors
/// If a file cannot be read, or settings contradict each other.
fn read_settings(
    kind: StoreKind,
    inherited: Inherited<'_>,
    local: &LocalConfig<'_>,
) -> Result<Box<dyn StoreSettings>, Error> {
    Ok(match kind {
        StoreKind::Prefect => {
            Box::new(prefect::PrefectSettings::new(inherited, local.is_strict())?)
        }
        StoreKind::Cloud1 => Box::new(cloud1::Cloud1Settings::new(local)?),
    })
}

/// Opens the first of `kinds` that is configured.
///
/// # Errors
/// If settings cannot be read, or contradict each other; [`Error::Remote`] if pfx does not accept the URL.
pub fn open_first(
    kinds: &[StoreKind],
    choice: &StoreChoice,
    inherited: Inherited<'_>,
    local: &LocalConfig<'_>,
) -> Result<ChosenStore, Error> {
    if choice.local {
        return Ok(ChosenStore::None { why: "`--local` was given".to_owned() });
    }
    let settings = kinds.iter().map(|&kind| read_settings(kind, inherited, local));
    Ok(first(settings, choice, inherited)?.0)
}

/// Opens the first that is configured, and returns why it is that one. Settings after it are not read.
fn first<E: From<Error>>(
    settings: impl Iterator<Item = Result<Box<dyn StoreSettings>, E>>,
    choice: &StoreChoice,
    inherited: Inherited<'_>,
) -> Result<(ChosenStore, String), E> {
    let mut reasons = Vec::new();
    for settings in settings {
        let settings = settings?;
        match settings.why_unusable() {
            Some(why) => reasons.push(why),
            None => {
                let why = if choice.stores.is_empty() {
                    settings.reason().unwrap_or_else(|| reasons.join("; "))
                } else {
                    "it was selected explicitly".to_owned()
                };
                return Ok((ChosenStore::Store(settings.open(choice, inherited)?), why));
            }
        }
    }
    // The last one is the easiest to configure, so it comes first.
    reasons.reverse();
    Ok((ChosenStore::None { why: reasons.join("; ") }, String::new()))
}

/// Everything about remote stores, for `doctor`.
#[derive(Default)]
pub struct StoreOverview {
    /// The settings of each kind of store.
    pub sections: Vec<(&'static str, Vec<Fact>)>,
    /// Warnings and errors about them.
    pub notices: Vec<Notice>,
    /// Each store that is used, in order, and why it is that one; or why none is used.
    pub chosen: Vec<(ChosenStore, String)>,
    /// How to configure a credential, if one is missing.
    pub login: Option<String>,
}

impl StoreOverview {
    /// Chooses the stores as [`open_first`] does, and records the settings and the reasons.
    pub fn new(choice: &StoreChoice, inherited: Inherited<'_>, local: &LocalConfig<'_>) -> Self {
        let mut overview = Self::default();
        // Each is read only once, since one of the files may be a FIFO.
        let mut known = Vec::new();
        for &kind in StoreKind::all() {
            match read_settings(kind, inherited, local) {
                Ok(settings) => {
                    overview.sections.push((kind.title(), settings.facts()));
                    overview.notices.extend_from_slice(settings.notices());
                    overview.login = settings.login().or(overview.login);
                    known.push((kind, settings));
                }
                Err(error) => overview.notices.push(Notice::of_error(&error)),
            }
        }
        if choice.local {
            let why = "`--local` was given".to_owned();
            overview.chosen.push((ChosenStore::None { why }, String::new()));
            return overview;
        }
        for kinds in choice.chain() {
            let settings = kinds.iter().map(|kind| {
                let at = known.iter().position(|(other, _)| other == kind);
                // The errors of the others are recorded above.
                at.map(|at| known.remove(at).1).ok_or(None)
            });
            match first::<Option<Error>>(settings, choice, inherited) {
                Ok(chosen) => overview.chosen.push(chosen),
                Err(error) => overview.notices.extend(error.as_ref().map(Notice::of_error)),
            }
        }
        overview
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::local::ConfigFiles;
    use std::ffi::{CStr, CString};

    /// Variables, the stores that are named, whether `--local` is given, and the expected stores.
    type Case<'c> = (&'c [&'c str], &'c [StoreKind], bool, &'c [&'c str]);

    const URL: &str = "PREFECT_API_URL=http://127.0.0.1:1/api";
    const CLOUD1_KEY: &str = "PREFECT__CLOUD__API_KEY=CANARY";

    /// The places of the stores that are used with these variables and options, or why none is used.
    fn used(variables: &[&str], stores: &[StoreKind], local: bool) -> Vec<String> {
        let all = variables.iter().chain(&["HOME=/nowhere"]);
        let owned: Vec<CString> =
            all.map(|variable| CString::new(*variable).expect("no NUL")).collect();
        let inherited: Vec<&CStr> = owned.iter().map(CString::as_c_str).collect();
        let inherited = Inherited(&inherited);
        let files = ConfigFiles::new(Vec::new(), false);
        let config = LocalConfig::new(&files, inherited, true);
        let choice = StoreChoice { stores: stores.to_vec(), local, ..StoreChoice::local() };
        let choose = |kinds: Vec<StoreKind>| match open_first(&kinds, &choice, inherited, &config) {
            Ok(ChosenStore::Store(store)) => store.place().shown.join(", "),
            Ok(ChosenStore::None { why }) => format!("none: {why}"),
            Err(error) => format!("error: {error}"),
        };
        choice.chain().into_iter().map(choose).collect()
    }

    #[test]
    fn the_first_configured_store_is_used_or_those_that_are_named() {
        use StoreKind::{Cloud1, Prefect};
        let prefect = "http://127.0.0.1:1/api";
        let cloud1 = "Prefect Cloud 1.x at https://api.prefect.io";
        let no_key = "no API key is configured (neither in PREFECT__CLOUD__API_KEY nor in /nowhere/.prefect/auth.toml)";
        let neither = format!("none: {no_key}; PREFECT_API_URL is not set");
        let (no_key, no_url) = (format!("none: {no_key}"), "none: PREFECT_API_URL is not set");
        let local = "none: `--local` was given";
        let cases: [Case<'_>; 13] = [
            (&[], &[], false, &[&neither]),
            (&[URL], &[], false, &[prefect]),
            (&[CLOUD1_KEY], &[], false, &[cloud1]),
            (&[URL, CLOUD1_KEY], &[], false, &[prefect]),
            (&[URL, CLOUD1_KEY], &[Cloud1], false, &[cloud1]),
            (&[URL, CLOUD1_KEY], &[Prefect], false, &[prefect]),
            (&[CLOUD1_KEY], &[Prefect], false, &[no_url]),
            (&[URL], &[Cloud1], false, &[&no_key]),
            (&[URL, CLOUD1_KEY], &[Cloud1, Prefect], false, &[cloud1, prefect]),
            (&[CLOUD1_KEY], &[Prefect, Cloud1], false, &[no_url, cloud1]),
            (&[URL, CLOUD1_KEY], &[], true, &[local]),
            (&["PREFECT_API_URL=", CLOUD1_KEY], &[], false, &[cloud1]),
            (&["PREFECT_API_URL="], &[Prefect], false, &["none: PREFECT_API_URL is empty"]),
        ];
        for (variables, stores, is_local, expected) in cases {
            assert_eq!(used(variables, stores, is_local), expected, "{variables:?} {stores:?}");
        }
    }

    #[test]
    fn broken_settings_matter_only_if_their_store_is_used() {
        let broken = "PREFECT_API_URL=ftp://127.0.0.1/CANARY";
        let [result] = &used(&[broken, CLOUD1_KEY], &[], false)[..] else { panic!("one store") };
        assert!(result.starts_with("error: ") && !result.contains("CANARY"), "{result}");
        let [result] = &used(&[broken, CLOUD1_KEY], &[StoreKind::Cloud1], false)[..] else {
            panic!("one store")
        };
        assert!(result.starts_with("Prefect Cloud 1.x at "), "{result}");
    }
}
