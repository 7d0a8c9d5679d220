//! The outcome of a case, as far as the real package and pfx can be compared.

use serde_json::{Value, json};

use crate::support::Outcome;

/// The outcome, as far as the real package and pfx can be compared.
pub enum End {
    Value(Vec<u8>),
    Absent,
    Failed(String),
}

impl End {
    pub fn of(outcome: Outcome) -> Self {
        let said = outcome.stderr();
        match outcome.code() {
            Some(0) => Self::Value(outcome.stdout),
            Some(1 | 125) if said.contains("cannot find the") => Self::Absent,
            Some(1 | 2 | 125) => Self::Failed(said),
            other => panic!("status {other:?}: {said}"),
        }
    }
}

impl std::fmt::Display for End {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Value(bytes) => write!(formatter, "has {}", String::from_utf8_lossy(bytes)),
            Self::Absent => formatter.write_str("has none"),
            Self::Failed(said) => write!(formatter, "says {said}"),
        }
    }
}

/// How a value differs from the recorded one: a string byte for byte, anything else by its JSON value.
pub fn unlike(end: &End, expected: &Value) -> Option<String> {
    let End::Value(bytes) = end else {
        return Some(format!("Prefect has {expected}, pfx {end}"));
    };
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim_end_matches('\n');
    let same = match expected {
        Value::String(expected) => expected.as_bytes() == bytes || json!(expected) == parsed(text),
        Value::Object(map) if map.len() == 1 && map.keys().all(|key| key.starts_with('$')) => {
            let recorded = map.values().next().and_then(Value::as_str).expect("a text");
            match recorded {
                "nan" => text == "NaN",
                "inf" => text.parse() == Ok(f64::INFINITY),
                digits => text == digits,
            }
        }
        expected => &parsed(text) == expected,
    };
    (!same).then(|| format!("Prefect has {expected}, pfx {text}"))
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| json!({ "no JSON": text }))
}
