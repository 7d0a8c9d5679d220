//! Finds parts of a JSON text without building the rest, which may be nested to any depth and contain unpaired
//! surrogates (`"\ud800"`), which JSON can express and text cannot.

use serde::de::{DeserializeSeed, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::reference::Pointer;

/// The text is not JSON.
#[derive(Debug, PartialEq, Eq)]
pub struct NotJson;

/// The part of `text` that `pointer` points to; `None` if it does not exist. Of two members with the same name, the
/// last counts. A byte order mark at the start is skipped.
///
/// # Errors
/// [`NotJson`].
pub fn select<'t>(text: &'t [u8], pointer: &Pointer) -> Result<Option<&'t RawValue>, NotJson> {
    let text = text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text);
    let whole: &RawValue = serde_json::from_slice(text).map_err(|_| NotJson)?;
    Ok(pointer.steps().try_fold(whole, |part, step| inner(part, &step)))
}

/// The value of a JSON string, or the text of any other JSON without white space. `None` for a string with an unpaired
/// surrogate.
pub fn plain(raw: &RawValue) -> Option<Plain> {
    if raw.get().starts_with('"') {
        return serde_json::from_str(raw.get()).ok().map(Plain::Text);
    }
    if !raw.get().starts_with(['{', '[']) {
        // Unchanged: for a program that compares texts, `1E5` and `1e+5` are different values.
        return Some(Plain::Json(raw.get().to_owned()));
    }
    // Parsed and written again if possible: then a name that occurs twice is written once, and `\u00e9` as a letter.
    Some(Plain::Json(match serde_json::from_str::<serde_json::Value>(raw.get()) {
        Ok(value) => value.to_string(),
        Err(_) => without_blanks(raw.get()),
    }))
}

/// A value in the form that a program gets.
#[derive(Debug, PartialEq, Eq)]
pub enum Plain {
    Json(String),
    Text(String),
}

/// Whether a JSON text contains, at any depth, the mask that Prefect (`********`) or pydantic (`**********`) puts in
/// place of a secret that this credential may not read. Names of members do not count.
pub fn is_masked(json: &str) -> bool {
    const SHORTEST: usize = 8;
    let is_mask = |text: &str| text.len() >= SHORTEST && text.bytes().all(|byte| byte == b'*');
    let mut rest = json;
    while let Some(start) = rest.find('"') {
        let string = &rest[start..];
        let end = end_of_string(string);
        rest = &string[end..];
        if rest.trim_start().starts_with(':') {
            continue;
        }
        let is_masked = match &string[..end] {
            escaped if escaped.contains('\\') => {
                serde_json::from_str::<String>(escaped).is_ok_and(|text| is_mask(&text))
            }
            plain => is_mask(plain.trim_matches('"')),
        };
        if is_masked {
            return true;
        }
    }
    false
}

/// Whether a JSON text is `null`.
pub fn is_null(json: &str) -> bool {
    json.trim_matches([' ', '\t', '\n', '\r']) == "null"
}

/// The members of an object in their order; empty for anything else. Members whose names are not valid text are left
/// out.
pub fn members(raw: &RawValue) -> Vec<(String, &RawValue)> {
    struct Members;
    impl<'t> Visitor<'t> for Members {
        type Value = Vec<(String, &'t RawValue)>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<M: MapAccess<'t>>(self, mut map: M) -> Result<Self::Value, M::Error> {
            let mut members = Vec::new();
            while let Some(name) = map.next_key_seed(Name)? {
                let value = map.next_value()?;
                members.extend(name.map(|name| (name, value)));
            }
            Ok(members)
        }
    }
    let mut reader = serde_json::Deserializer::from_str(raw.get());
    serde::Deserializer::deserialize_map(&mut reader, Members).unwrap_or_default()
}

/// The last member with this name; `None` if there is none, or it is not an object.
pub fn member<'t>(object: &'t RawValue, name: &str) -> Option<&'t RawValue> {
    members(object).into_iter().rfind(|(other, _)| other == name).map(|(_, value)| value)
}

/// One step into an object or an array.
fn inner<'t>(outer: &'t RawValue, step: &str) -> Option<&'t RawValue> {
    if !outer.get().starts_with('[') {
        return member(outer, step);
    }
    // RFC 6901, 4: digits without leading zeros.
    let is_index =
        step.bytes().all(|byte| byte.is_ascii_digit()) && (step == "0" || !step.starts_with('0'));
    let index: usize = step.parse().ok().filter(|_| is_index)?;
    serde_json::from_str::<Vec<&RawValue>>(outer.get()).ok()?.into_iter().nth(index)
}

/// The name of a member; `None` if it has an unpaired surrogate. Read as bytes, because `serde_json` then accepts
/// such a name.
struct Name;

impl<'t> DeserializeSeed<'t> for Name {
    type Value = Option<String>;

    fn deserialize<D: serde::Deserializer<'t>>(self, reader: D) -> Result<Self::Value, D::Error> {
        reader.deserialize_bytes(self)
    }
}

impl Visitor<'_> for Name {
    type Value = Option<String>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a name")
    }

    fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Self::Value, E> {
        Ok(str::from_utf8(bytes).ok().map(str::to_owned))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Some(text.to_owned()))
    }
}

/// The end of the string that a JSON text begins with, after its closing quote, or the end of the text.
pub fn end_of_string(json: &str) -> usize {
    let mut is_escaped = true;
    for (at, byte) in json.bytes().enumerate() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    json.len()
}

fn without_blanks(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    let mut rest = json;
    while !rest.is_empty() {
        let end = if rest.starts_with('"') {
            end_of_string(rest)
        } else {
            rest.find('"').unwrap_or(rest.len())
        };
        let (piece, after) = rest.split_at(end);
        if piece.starts_with('"') {
            text.push_str(piece);
        } else {
            text.extend(piece.split([' ', '\t', '\n', '\r']));
        }
        rest = after;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picked(text: &str, pointer: &str) -> Option<String> {
        let pointer = Pointer::new(pointer).unwrap();
        select(text.as_bytes(), &pointer).unwrap().map(|raw| raw.get().to_owned())
    }

    #[test]
    fn a_part_is_selected_whatever_is_around_it() {
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        for text in [
            r#"{"x":"\ud800","a":1.50}"#,
            r#"{"\ud800":0,"a":1.50}"#,
            r#"{"x":["\udc00\ud800"],"a" : 1.50 , "y":1e999999}"#,
            "\u{feff}{\"a\":1.50}",
            "\u{feff} \n{\"a\":0,\"b\":{\"a\":2},\"a\":1.50}",
            &format!("{{\"x\":{deep},\"a\":1.50,\"y\":{deep}}}"),
        ] {
            assert_eq!(picked(text, "/a").as_deref(), Some("1.50"));
        }
        assert_eq!(picked(r#"[[], ["\ud800", -0]]"#, "/1/1").as_deref(), Some("-0"));
        assert_eq!(picked(r#"{"a/b~":{"":{"0":"v"}}}"#, "/a~1b~0//0").as_deref(), Some("\"v\""));
        assert_eq!(picked(" 5 ", "").as_deref(), Some("5"));
    }

    #[test]
    fn a_part_that_does_not_exist_is_not_an_error_but_invalid_json_is() {
        for (text, pointer) in [
            ("{}", "/a"),
            ("[1]", "/1"),
            ("[1]", "/-"),
            ("[1]", "/00"),
            ("[1]", "/+0"),
            ("[1]", "/"),
            ("\"a\"", "/a"),
            ("5", "/0"),
            ("{\"a\":[]}", "/a/0/b"),
            ("[1]", "/99999999999999999999999"),
        ] {
            assert_eq!(picked(text, pointer), None, "{text} {pointer}");
        }
        for text in ["", "CANARY", "{\"a\":1", "{\"a\":1}x", "{a:1}", "\u{feff}\u{feff}{}", "[1,]"]
        {
            assert_eq!(select(text.as_bytes(), &Pointer::new("/a").unwrap()).unwrap_err(), NotJson);
        }
        assert_eq!(select(b"{\"a\":\"\xff\"}", &Pointer::new("/a").unwrap()).unwrap_err(), NotJson);
    }

    #[test]
    fn a_part_is_a_string_or_json_without_whitespace() {
        let plain = |text: &str| plain(serde_json::from_str(text).unwrap());
        let deep = format!("{}1{}", "[ ".repeat(1_000), "\n]".repeat(1_000));
        let bare = deep.replace([' ', '\n'], "");
        for (text, wanted) in [
            (r#" "\u00e9 \ud83d\ude00 " "#, Some(Plain::Text("é 😀 ".to_owned()))),
            ("\"\\ud800\"", None),
            (
                "{ \"z\" : 1.0, \"a\" : [ 2.50 ] }",
                Some(Plain::Json("{\"z\":1.0,\"a\":[2.50]}".to_owned())),
            ),
            (
                "{\"a b\" : \"\\\" \\ud800 \" }",
                Some(Plain::Json("{\"a b\":\"\\\" \\ud800 \"}".to_owned())),
            ),
            (&deep, Some(Plain::Json(bare))),
        ] {
            assert_eq!(plain(text), wanted, "{text}");
        }
    }

    #[test]
    fn a_mask_is_detected_at_any_depth_and_in_any_spelling() {
        for text in [
            r#""********""#,
            r#"{"a": [{"b": "**********"}]}"#,
            r#"{"x":"\ud800","a":"\u002a*******"}"#,
            &format!("[\"{}\"]", "*".repeat(100)),
        ] {
            assert!(is_masked(text), "{text}");
        }
        for text in [
            r#"["*******", "*", null, 8]"#,
            r#"{"********": 1, "a" : "x********"}"#,
            r#"{"a":"\"********\""}"#,
            "",
        ] {
            assert!(!is_masked(text), "{text}");
        }
    }

    #[test]
    fn members_are_listed_in_order() {
        let text = r#"{"b": 1, "\ud800": 2, "a": {"c": 3}}"#;
        let names: Vec<String> = members(serde_json::from_str(text).unwrap())
            .into_iter()
            .map(|(name, _)| name)
            .collect();
        assert_eq!(names, ["b", "a"]);
        assert!(members(serde_json::from_str("[1]").unwrap()).is_empty());
    }
}
