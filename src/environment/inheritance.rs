//! Which inherited variables the command gets.

use std::ffi::CStr;

use super::{Inherited, split};

/// Which inherited variables the command gets.
#[derive(Debug, Default)]
pub struct InheritancePolicy {
    /// `None` for all variables; otherwise only those in [`CLEAN_VARIABLES`] and those that match these patterns.
    pub clean: Option<Vec<Vec<u8>>>,
    /// Whether [credentials](is_credential) are left out, regardless of the patterns.
    pub strip_credentials: bool,
    /// Whether variables that are already set take precedence over bindings.
    pub preserve: bool,
}

/// The variables that a program needs to find its files, its user and its terminal: those that sudo(8) keeps
/// (`env_keep`) or sets itself, without those of a desktop. `LC_*` is added to them.
pub const CLEAN_VARIABLES: [&str; 11] =
    ["HOME", "LANG", "LANGUAGE", "LOGNAME", "PATH", "PWD", "SHELL", "TERM", "TMPDIR", "TZ", "USER"];

/// Variables from which Prefect and pfx read credentials for an API, or headers that may contain one. Each may have
/// the suffix `_FILE`. Prefect 2 and 3 read these names in upper or lower case (pydantic-settings); Prefect 1.x does
/// too, except for the prefix `PREFECT__`.
const CREDENTIALS: [&str; 8] = [
    "PREFECT_API_KEY",
    "PREFECT_API_AUTH_STRING",
    "PREFECT_SERVER_API_AUTH_STRING",
    "PREFECT_CLIENT_CUSTOM_HEADERS",
    "PREFECT__CLOUD__API_KEY",
    "PREFECT__CLOUD__AUTH_TOKEN",
    "PREFECT__CLOUD__AGENT__API_KEY",
    "PREFECT__CLOUD__AGENT__AUTH_TOKEN",
];

impl InheritancePolicy {
    /// The entries that the command gets, unchanged and in order.
    pub fn of<'a>(&self, inherited: Inherited<'a>) -> Vec<&'a CStr> {
        inherited.0.iter().copied().filter(|entry| self.keeps(entry.to_bytes())).collect()
    }

    /// Whether the command gets an entry. Entries that are not variables are passed unless the environment is clean.
    fn keeps(&self, entry: &[u8]) -> bool {
        let Some((name, _)) = split(entry) else { return self.clean.is_none() };
        if self.strip_credentials && is_credential(name) {
            return false;
        }
        let Some(patterns) = &self.clean else { return true };
        CLEAN_VARIABLES.iter().any(|kept| kept.as_bytes() == name)
            || name.starts_with(b"LC_")
            || patterns.iter().any(|pattern| matches(pattern, name))
    }
}

/// Whether a variable of this name holds a credential of Prefect's API.
pub fn is_credential(name: &[u8]) -> bool {
    let upper = name.to_ascii_uppercase();
    let stem = upper.strip_suffix(b"_FILE").unwrap_or(&upper);
    CREDENTIALS.iter().any(|credential| credential.as_bytes() == stem)
}

/// Whether a pattern matches a whole name: `*` matches anything, `?` one byte.
fn matches(pattern: &[u8], name: &[u8]) -> bool {
    // Going back to the last star is enough: what earlier stars matched can stay as it is.
    let (mut at, mut star) = ((0, 0), None);
    loop {
        let (pattern_at, name_at) = at;
        match (pattern.get(pattern_at), name.get(name_at)) {
            (None, None) => return true,
            (Some(b'*'), _) => {
                star = Some((pattern_at, name_at));
                at.0 += 1;
            }
            (Some(wanted), Some(byte)) if *wanted == b'?' || wanted == byte => {
                at = (pattern_at + 1, name_at + 1);
            }
            _ => match star {
                Some((star_at, matched)) if matched < name.len() => {
                    star = Some((star_at, matched + 1));
                    at = (star_at + 1, matched + 1);
                }
                _ => return false,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(inheritance: &InheritancePolicy, entries: &[&CStr]) -> Vec<String> {
        inheritance
            .of(Inherited(entries))
            .into_iter()
            .map(|entry| entry.to_string_lossy().into_owned())
            .collect()
    }

    #[test]
    fn clean_keeps_the_list_and_matching_names_and_no_invalid_entry() {
        let entries = [c"PATH=/bin", c"X=1", c"LC_ALL=C", c"NOEQ", c"APP_A=1", c"=odd", c"path=/x"];
        let clean = InheritancePolicy { clean: Some(Vec::new()), ..Default::default() };
        assert_eq!(kept(&clean, &entries), ["PATH=/bin", "LC_ALL=C"]);
        let clean =
            InheritancePolicy { clean: Some(vec![b"APP_*".to_vec()]), ..Default::default() };
        assert_eq!(kept(&clean, &entries), ["PATH=/bin", "LC_ALL=C", "APP_A=1"]);
        assert_eq!(kept(&InheritancePolicy::default(), &entries).len(), entries.len());
    }

    #[test]
    fn credentials_are_stripped_in_every_spelling_even_if_a_pattern_matches_them() {
        let entries = [
            c"PREFECT_API_KEY=1",
            c"prefect_api_key=1",
            c"PREFECT_API_KEY_FILE=/x",
            c"PREFECT__Cloud__Api_Key=1",
            c"PREFECT__CLOUD__AGENT__AUTH_TOKEN=1",
            c"PREFECT_API_URL=u",
            c"PREFECT__CONTEXT__SECRETS__PREFECT_API_KEY=1",
        ];
        let clean = Some(vec![b"*".to_vec()]);
        for clean in [None, clean] {
            let stripped = InheritancePolicy { clean, strip_credentials: true, preserve: false };
            assert_eq!(
                kept(&stripped, &entries),
                ["PREFECT_API_URL=u", "PREFECT__CONTEXT__SECRETS__PREFECT_API_KEY=1"]
            );
        }
    }

    #[test]
    fn patterns_match_whole_names() {
        for (pattern, name, expected) in [
            ("A*", "ABC", true),
            ("A*C", "ABCC", true),
            ("*", "", true),
            ("A?C", "ABC", true),
            ("A", "AB", false),
            ("*B*D", "ABCD", true),
            ("*B*D", "ABC", false),
            ("?", "", false),
            ("a*", "ABC", false),
        ] {
            assert_eq!(matches(pattern.as_bytes(), name.as_bytes()), expected, "{pattern} {name}");
        }
    }
}
