//! Changes one secret in the text of a `config.toml` and nothing else: comments, order, spacing and line ends are
//! kept. No I/O: the caller reads and writes the file.

use serde_json::{Map, Value};
use toml_edit::{DocumentMut, Item, Key, Table, TableLike};
use zeroize::Zeroizing;

use super::dialect;
use super::document::Document;
use super::node::SECRETS;
use crate::error::Error;

/// The text with the secret `name` set to the string `value`.
///
/// # Errors
/// [`Error::Config`] if the text is not TOML, if `context.secrets` is not a table, or if the change would alter
/// something else.
pub fn set(text: &str, place: &str, name: &str, value: &str) -> Result<String, Error> {
    let mut edited = parse(text, place)?;
    let mut table: &mut dyn TableLike = edited.as_table_mut();
    for key in SECRETS {
        if !table.contains_key(key) {
            let mut made = Table::new();
            made.set_implicit(key != SECRETS[1]);
            table.insert(key, Item::Table(made));
        }
        table = table
            .get_mut(key)
            .and_then(Item::as_table_like_mut)
            .ok_or_else(|| refusal(place, "expected a table, found a value"))?;
    }
    let mut new: toml_edit::Value =
        basic_string(value).parse().map_err(|_| refusal(place, "the value cannot be written"))?;
    match table.get_mut(name) {
        Some(Item::Value(old)) => {
            *new.decor_mut() = old.decor().clone();
            *old = new;
        }
        _ => {
            table.remove(name);
            // The editor would choose a literal key ('a\b'), which Prefect's parser reads as a basic one.
            let key = if name.contains('\\') { Key::parse(&basic_string(name)).ok() } else { None };
            match key.as_deref() {
                Some([key]) => {
                    table.entry_format(key).or_insert(Item::Value(new));
                }
                _ => {
                    table.insert(name, Item::Value(new));
                }
            }
        }
    }
    finish(text, place, &edited, |secrets| {
        secrets.insert(name.to_owned(), Value::String(value.to_owned()));
    })
}

/// The text without the secret `name`; `None` if it has none.
///
/// # Errors
/// As [`set`].
pub fn delete(text: &str, place: &str, name: &str) -> Result<Option<String>, Error> {
    let mut edited = parse(text, place)?;
    let mut table: &mut dyn TableLike = edited.as_table_mut();
    for key in SECRETS {
        match table.get_mut(key).and_then(Item::as_table_like_mut) {
            Some(inner) => table = inner,
            None => return Ok(None),
        }
    }
    if table.remove(name).is_none() {
        return Ok(None);
    }
    finish(text, place, &edited, |secrets| {
        secrets.remove(name);
    })
    .map(Some)
}

fn parse(text: &str, place: &str) -> Result<DocumentMut, Error> {
    // The other parser reports errors, because its messages are known to quote nothing. It gets the text as a reader
    // does.
    let read = Zeroizing::new(text.replace("\r\n", "\n"));
    dialect::parse(&read, place, &std::cell::OnceCell::new())?;
    text.parse().map_err(|_| refusal(place, "this TOML cannot be edited"))
}

/// The edited text, after a check that it differs from the old one only by `change`.
fn finish(
    text: &str,
    place: &str,
    edited: &DocumentMut,
    change: impl FnOnce(&mut Map<String, Value>),
) -> Result<String, Error> {
    let mut made = edited.to_string();
    // The editor writes LF everywhere, also at the end.
    if text.contains("\r\n") && !text.replace("\r\n", "").contains('\n') {
        made = made.replace("\r\n", "\n").replace('\n', "\r\n");
    }
    let mut expected = Document::parse(text, place)?.to_json();
    let mut table = &mut expected;
    for key in SECRETS {
        let Value::Object(map) = table else {
            return Err(refusal(place, "its tables contradict each other"));
        };
        table = map.entry(key).or_insert_with(|| Value::Object(Map::new()));
    }
    if let Value::Object(secrets) = table {
        change(secrets);
    }
    let is = Document::parse(&made, place)?.to_json();
    if without_empty(is) != without_empty(expected) {
        return Err(refusal(place, "the change would alter something else; edit the file by hand"));
    }
    Ok(made)
}

/// The value without empty tables, which appear and disappear with their last entry.
fn without_empty(value: Value) -> Value {
    match value {
        Value::Object(map) => map
            .into_iter()
            .map(|(key, value)| (key, without_empty(value)))
            .filter(|(_, value)| value.as_object().is_none_or(|map| !map.is_empty()))
            .collect(),
        other => other,
    }
}

/// A single-line TOML basic string, with the escapes that TOML 0.5 and 1.0 share.
fn basic_string(text: &str) -> String {
    let mut made = String::with_capacity(text.len() + 2);
    made.push('"');
    for character in text.chars() {
        match character {
            '"' => made.push_str("\\\""),
            '\\' => made.push_str("\\\\"),
            '\n' => made.push_str("\\n"),
            '\t' => made.push_str("\\t"),
            '\r' => made.push_str("\\r"),
            control if control.is_control() => {
                made.push_str(&format!("\\u{:04X}", u32::from(control)));
            }
            other => made.push(other),
        }
    }
    made.push('"');
    made
}

fn refusal(place: &str, problem: &str) -> Error {
    Error::config(place, None, Some(SECRETS.join(".")), problem)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FULL: &str = "# top\nbackend = \"cloud\" # b\n\n[context.secrets]  # here\nA = 'a'   # about A\n\
                        B = { x = 1 }\n\"c d\" = \"\"\"\nmulti\n\"\"\"\n\n[other] # last\nz=1\n";

    #[test]
    fn a_changed_secret_changes_its_line_alone() {
        let made = set(FULL, "c", "A", "new").unwrap();
        assert_eq!(made, FULL.replace("'a'   # about A", "\"new\"   # about A"));
    }

    #[test]
    fn a_new_secret_is_added_to_its_table() {
        let made = set(FULL, "c", "N", "v\"\\\n$").unwrap();
        assert_eq!(
            made,
            FULL.replace("\"\"\"\n\n[other]", "\"\"\"\nN = \"v\\\"\\\\\\n$\"\n\n[other]")
        );
    }

    #[test]
    fn a_name_with_a_backslash_is_a_basic_key() {
        assert_eq!(set("", "c", "a\\b", "v").unwrap(), "[context.secrets]\n\"a\\\\b\" = \"v\"\n");
        assert_eq!(set("", "c", "a\"b", "v").unwrap(), "[context.secrets]\n'a\"b' = \"v\"\n");
    }

    #[test]
    fn a_file_without_secrets_gets_the_table() {
        assert_eq!(set("", "c", "A", "v").unwrap(), "[context.secrets]\nA = \"v\"\n");
        assert_eq!(
            set("x = 1\n", "c", "A", "v").unwrap(),
            "x = 1\n\n[context.secrets]\nA = \"v\"\n"
        );
    }

    #[test]
    fn inline_and_dotted_tables_are_edited_in_place() {
        for (text, made) in [
            ("context = { secrets = { A = 'a' } }\n", "context = { secrets = { A = \"v\" } }\n"),
            ("context.secrets.A = 1 # c\n", "context.secrets.A = \"v\" # c\n"),
            ("[context]\nsecrets.A = 1\nx = 2\n", "[context]\nsecrets.A = \"v\"\nx = 2\n"),
        ] {
            assert_eq!(set(text, "c", "A", "v").unwrap(), made);
        }
    }

    #[test]
    fn carriage_returns_are_preserved() {
        let text = "# c\r\n[context.secrets]\r\nA = 'a'\r\nB = 'b'\r\n";
        assert_eq!(set(text, "c", "A", "v").unwrap(), text.replace("'a'", "\"v\""));
        assert_eq!(delete(text, "c", "B").unwrap().unwrap(), text.replace("B = 'b'\r\n", ""));
    }

    #[test]
    fn a_new_value_replaces_the_table_of_a_secret() {
        let made = set("[context.secrets.A]\nx = 1\n[z]\ny = 2\n", "c", "A", "v").unwrap();
        assert!(
            made.contains("A = \"v\"") && made.contains("[z]\ny = 2\n") && !made.contains("x = 1"),
            "{made}"
        );
    }

    #[test]
    fn deleting_takes_the_line_and_its_comment() {
        let made = delete(FULL, "c", "A").unwrap().unwrap();
        assert_eq!(made, FULL.replace("A = 'a'   # about A\n", ""));
        assert!(delete(FULL, "c", "none").unwrap().is_none());
    }

    #[test]
    fn a_section_that_is_not_a_table_is_an_error() {
        for text in ["[context]\nsecrets = 1\n", "context = 'x'\n", "[[context.secrets]]\n"] {
            assert!(set(text, "c", "A", "v").is_err());
        }
    }
}
