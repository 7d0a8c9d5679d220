//! The user's custom headers, which are sent with every request. Pure.

use serde_json::Value;

use super::{PrefectSetting, fault};
use crate::error::Error;

/// Headers that only pfx sets: those that Prefect reserves, and those that define how the request is parsed.
const RESERVED: [&str; 9] = [
    "connection", "content-length", "content-type", "expect", "host", "prefect-csrf-client",
    "prefect-csrf-token", "transfer-encoding", "user-agent",
];

/// Reads a JSON object of strings.
///
/// # Errors
/// [`Error::Config`] if it is not such an object, or sets a reserved header.
pub fn parse(setting: &PrefectSetting) -> Result<Vec<(String, String)>, Error> {
    if setting.text.trim().is_empty() {
        return Ok(Vec::new());
    }
    let Ok(Value::Object(object)) = serde_json::from_str::<Value>(&setting.text) else {
        return Err(fault(setting, "expected a JSON object that maps header names to strings"));
    };
    object
        .into_iter()
        .map(|(name, value)| {
            let Value::String(value) = value else {
                return Err(fault(setting, "the value of a header must be a string"));
            };
            if RESERVED.iter().any(|reserved| name.eq_ignore_ascii_case(reserved)) {
                return Err(fault(setting, &format!("the header `{name}` cannot be set")));
            }
            Ok((name, value))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::prefect::layers::SettingPlace;
    use zeroize::Zeroizing;

    fn parsed(text: &str) -> Result<Vec<(String, String)>, String> {
        let text = Zeroizing::new(text.to_owned());
        let setting =
            PrefectSetting { text, place: SettingPlace::User, rank: 0, origin: "H".to_owned() };
        parse(&setting).map_err(|error| error.to_string())
    }

    #[test]
    fn an_object_of_strings_is_accepted_and_anything_else_is_not_quoted() {
        let pair = ("X-A".to_owned(), "1".to_owned());
        assert_eq!(parsed(r#"{"X-A": "1"}"#).unwrap(), [pair]);
        assert_eq!(parsed(" ").unwrap(), []);
        for text in [r#"{"X": CANARY}"#, r#"["CANARY"]"#, r#"{"X": ["CANARY"]}"#] {
            let error = parsed(text).unwrap_err();
            assert!(!error.contains("CANARY"), "{error}");
        }
        for name in ["User-Agent", "Prefect-Csrf-Token", "host", "Content-Length"] {
            assert!(parsed(&format!(r#"{{"{name}": "CANARY"}}"#)).unwrap_err().contains(name));
        }
    }
}
