//! Encodes values as texts that Prefect 1.x reads back as exactly the same value, although it processes a local
//! secret in several steps: TOML, `$` and `~`, Python literals (twice for a variable), references, JSON.

use serde_json::Value;

/// A text from which `Secret(…).get()` returns exactly `value`, in a file and in a variable: a line feed and a space,
/// so that it is not a Python literal and does not begin with `~`, then JSON in which every `$` is written as
/// `\u0024`. `tests/integration/real/prefect1.rs` verifies this against the real package.
pub fn encode(value: &Value) -> String {
    format!("\n {}", value.to_string().replace('$', "\\u0024"))
}

/// The shortest such text for a string: the string itself, if no step could change it.
pub fn encode_text(text: &str) -> String {
    if is_plain(text) { text.to_owned() } else { encode(&Value::String(text.to_owned())) }
}

/// The shortest such text for a value. An object or array that means the same as a Python literal is written as plain
/// JSON, so that code that reads `prefect.context.secrets` directly finds a table there (such as `AWS_CREDENTIALS`;
/// `prefect/utilities/aws.py`).
pub fn encode_value(value: &Value) -> String {
    match value {
        Value::String(text) => encode_text(text),
        Value::Array(_) | Value::Object(_) if is_python(value) => value.to_string(),
        other => encode(other),
    }
}

/// Whether Prefect certainly does not change a text. In doubt, it returns `false`.
///
/// The text must not be empty, begin with `~`, or contain `$` or control characters, and it must certainly be neither
/// JSON nor a Python literal. A text that begins with a letter could only be a keyword, `set()`, or a string with a
/// prefix; one that begins with a digit only a number or a sequence of numbers.
pub fn is_plain(text: &str) -> bool {
    let Some(first) = text.chars().next() else { return false };
    if text.contains('$') || text.chars().any(char::is_control) {
        return false;
    }
    if first.is_ascii_alphabetic() {
        let end = text
            .find(|character: char| !(character.is_ascii_alphanumeric() || character == '_'))
            .unwrap_or(text.len());
        let keyword = ["true", "false", "none", "null", "nan", "infinity", "set"]
            .iter()
            .any(|keyword| text[..end].eq_ignore_ascii_case(keyword));
        let next = text[end..].chars().next();
        return !keyword && next.is_none_or(|next| next.is_ascii() && !matches!(next, '"' | '\''));
    }
    first.is_ascii_digit()
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._/:@%=-".contains(&byte))
        && text
            .bytes()
            .any(|byte| matches!(byte, b'g'..=b'z' | b'G'..=b'Z') && !b"jJoOxX".contains(&byte))
}

/// Whether Python reads the compact JSON of `value` as the same value, Prefect expands nothing in it, and it has no
/// key that Prefect refuses.
fn is_python(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(_) => false,
        Value::Number(_) => true,
        Value::String(text) => !text.contains('$'),
        Value::Array(items) => items.iter().all(is_python),
        Value::Object(map) => map
            .iter()
            .all(|(key, value)| !key.contains('$') && !is_forbidden(key) && is_python(value)),
    }
}

/// Whether Prefect 1.4.1 does not start if its configuration has this key, because the key would hide a method of the
/// class that holds it (`validate_config`; python-box 6.1, and 8 for the last five).
pub fn is_forbidden(key: &str) -> bool {
    const METHODS: [&str; 30] = [
        "clear", "copy", "from_json", "from_msgpack", "from_toml", "from_yaml", "fromkeys", "get",
        "items", "keys", "merge_update", "pop", "popitem", "setdefault", "to_dict", "to_json",
        "to_msgpack", "to_toml", "to_yaml", "update", "values", "_conversion_checks",
        "_protected_keys", "_safe_attr", "__dict__", "del_comment", "from_toon", "get_comment",
        "set_comment", "to_toon",
    ];
    METHODS.contains(&key)
        || key.starts_with("_Box__")
        || (key.len() > 4 && key.starts_with("__") && key.ends_with("__"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn text_is_plain_only_if_no_reader_could_change_it() {
        for plain in
            ["hello", "p@ss w0rd", "ghp_abc123", "https://u:p@h/x?y=1", "a,b", "nonesuch", "3f2agk"]
        {
            assert!(is_plain(plain), "{plain}");
        }
        for other in [
            "", " x", "~", "$A", "a$b", "000000", "0x1F", "12e45", "1_000", "'abc'", "r'abc'",
            "True", "tRuE", "None", "null", "NaN", "set()", "True # x", "{\"a\":1}", "[1]", "1,2",
            "a\nb", "\"x\"", "-1", "+1", "1j", "5 # five", "...", "(g)", "é", "b\"x\"", "1+2j",
        ] {
            assert!(!is_plain(other), "{other}");
        }
    }

    #[test]
    fn the_encoded_form_hides_every_dollar() {
        assert_eq!(encode(&json!("P@$$w0rd")), "\n \"P@\\u0024\\u0024w0rd\"");
        assert_eq!(encode_value(&json!({"a": 1, "b": ["x"]})), "{\"a\":1,\"b\":[\"x\"]}");
        assert_eq!(encode_value(&json!({"a": true})), "\n {\"a\":true}");
        assert_eq!(encode_value(&json!({"keys": 1})), "\n {\"keys\":1}");
    }
}
