//! Whether a text represents the value that Prefect returns.

use serde_json::Value;

use super::Answer;

/// How a value differs from that of Prefect; with `denotes` the text only has to represent the value.
pub fn unlike(answer: &Answer, expected: &Value, denotes: bool) -> Option<String> {
    let Answer::Found(bytes) = answer else {
        return Some(format!("Prefect has {expected}, pfx {answer:?}"));
    };
    let text = String::from_utf8_lossy(bytes);
    let same = match expected {
        Value::String(expected) if !denotes || expected == &text => expected.as_bytes() == bytes,
        expected => denotes_same(&text, expected),
    };
    let cut = |text: &str| text.chars().take(100).collect::<String>();
    (!same).then(|| format!("Prefect has {}, pfx {}", cut(&expected.to_string()), cut(&text)))
}

/// Whether a text represents a recorded value: as JSON (with Python's NaN and infinities), or as TOML if
/// JSON has no such kind of value.
fn denotes_same(text: &str, expected: &Value) -> bool {
    if let Some((kind, Value::String(value))) = expected.as_object().and_then(|map| {
        map.iter().next().filter(|(kind, _)| map.len() == 1 && kind.starts_with('$'))
    }) {
        return match kind.as_str() {
            "$int" => text == value,
            "$float" => float(text).as_deref() == Some(value),
            _ => moment(text) == moment(value),
        };
    }
    let python = text.replace("NaN", r#"{"$float":"nan"}"#);
    let parsed = serde_json::from_str(text).or_else(|_| serde_json::from_str(&python));
    parsed.is_ok_and(|parsed: Value| same(&parsed, expected))
}

/// Compares a JSON value with the recorded one.
fn same(is: &Value, expected: &Value) -> bool {
    match (is, expected) {
        (Value::Number(is), Value::Number(expected)) => {
            is == expected
                || (is.as_f64() == expected.as_f64() && (is.is_f64() || expected.is_f64()))
        }
        (Value::Array(is), Value::Array(expected)) => {
            is.len() == expected.len() && is.iter().zip(expected).all(|(is, one)| same(is, one))
        }
        (Value::Object(is), Value::Object(expected)) if expected.len() == is.len() => {
            expected.iter().all(|(key, one)| is.get(key).is_some_and(|is| same(is, one)))
        }
        (Value::String(text), Value::Object(_)) => denotes_same(text, expected),
        (is, expected) => is == expected,
    }
}

/// A number that does not exist in JSON, as it is recorded.
fn float(text: &str) -> Option<String> {
    let lower = text.trim_start_matches('+').to_lowercase().replace("infinity", "inf");
    let lower = if lower == "-nan" { "nan".to_owned() } else { lower };
    ["inf", "-inf", "nan"].contains(&lower.as_str()).then_some(lower)
}

/// A date or time in any of its notations.
fn moment(text: &str) -> String {
    let text = text.replace('Z', "+00:00").replace(' ', "T");
    let Some((whole, rest)) = text.split_once('.') else { return text };
    let end = rest.find(|digit: char| !digit.is_ascii_digit()).unwrap_or(rest.len());
    format!("{whole}.{}{}", rest[..end].trim_end_matches('0'), &rest[end..])
}
