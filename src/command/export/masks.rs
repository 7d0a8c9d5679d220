//! The parts of a value that a log must not show: each piece that a program may print separately.

use zeroize::Zeroizing;

use crate::json::end_of_string;

/// The shortest piece that is masked, in characters. A shorter mask would hide half of every log, and a shorter
/// secret can be guessed anyway.
const SHORTEST: usize = 3;

/// The shortest number within JSON that is masked. Ports and counts stay visible.
const SHORTEST_NUMBER: usize = 6;

/// Words that occur in every log. A value that is one of them is not a secret.
const WORDS: [&str; 8] = ["true", "false", "null", "none", "yes", "off", "nil", "undefined"];

/// The pieces of one value: single lines, sorted, without duplicates.
#[derive(Default)]
pub struct MaskPieces(Vec<Zeroizing<String>>);

impl MaskPieces {
    /// Splits the value into lines, and JSON also into its strings and long numbers at any depth, also in JSON inside a
    /// string. Keys are not pieces. Pieces have no surrounding whitespace.
    pub fn of(value: &str) -> Self {
        let mut pieces = Self::default();
        pieces.add_text(value);
        pieces.add_json(value);
        pieces.0.sort_by(|one, other| one.as_str().cmp(other));
        pieces.0.dedup();
        pieces
    }

    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|piece| piece.as_str())
    }

    /// Whether nothing of the value is masked, although it is not empty.
    pub fn masks_nothing(&self, value: &str) -> bool {
        self.0.is_empty() && !value.trim().is_empty()
    }

    /// Adds the lines of a text. A line of only punctuation counts if it is the whole text and is not a bracket or a
    /// rule.
    fn add_text(&mut self, text: &str) {
        let text = text.trim();
        for line in text.split(['\n', '\r']).map(str::trim) {
            let means_something = if line.len() == text.len() {
                !line.chars().all(is_structure) && !is_one_character(line)
            } else {
                line.contains(char::is_alphanumeric)
            };
            if means_something {
                self.add(line);
            }
        }
    }

    /// Adds the strings and numbers in a text that starts like JSON, even if a parser would not accept all of it: it
    /// may have one document on each line, or be nested too deeply for a parser.
    fn add_json(&mut self, text: &str) {
        if !text.trim_start().starts_with(['{', '[']) {
            return;
        }
        let mut rest = text;
        while let Some(at) = rest.find(|c: char| c == '"' || c == '-' || c.is_ascii_digit()) {
            rest = &rest[at..];
            if rest.starts_with('"') {
                let end = end_of_string(rest);
                let (token, behind) = rest.split_at(end);
                rest = behind;
                if !behind.trim_start().starts_with(':') {
                    self.add_string(token);
                }
            } else {
                let is_part = |c: char| c.is_ascii_alphanumeric() || "+-._".contains(c);
                let (token, behind) =
                    rest.split_at(rest.find(|c| !is_part(c)).unwrap_or(rest.len()));
                rest = behind;
                if token.len() >= SHORTEST_NUMBER {
                    self.add(token);
                }
            }
        }
    }

    /// Adds a JSON string: its text, and its written form if that is different.
    fn add_string(&mut self, token: &str) {
        let Ok(text) = serde_json::from_str::<String>(token) else { return };
        let text = Zeroizing::new(text);
        self.add_text(&text);
        let written = &token[1..token.len() - 1];
        if written != text.as_str() {
            self.add_text(written);
            self.add_json(&text);
        } else if text.contains(['{', '[']) {
            self.add_json(&text);
        }
    }

    fn add(&mut self, piece: &str) {
        let is_word = WORDS.iter().any(|word| piece.eq_ignore_ascii_case(word));
        if piece.chars().nth(SHORTEST - 1).is_some() && !is_word {
            self.0.push(Zeroizing::new(piece.to_owned()));
        }
    }
}

/// Characters between values in JSON, YAML and similar formats.
fn is_structure(character: char) -> bool {
    character.is_whitespace() || "[]{}()<>,:;\"'`".contains(character)
}

/// Whether a line is a rule, such as `---`.
fn is_one_character(line: &str) -> bool {
    let mut characters = line.chars();
    let first = characters.next();
    first.is_none_or(|first| !first.is_alphanumeric() && characters.all(|other| other == first))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(value: &str) -> Vec<String> {
        MaskPieces::of(value).iter().map(str::to_owned).collect()
    }

    #[test]
    fn each_line_is_masked_without_surrounding_whitespace() {
        assert_eq!(pieces("Tr0ub4dor3"), ["Tr0ub4dor3"]);
        assert_eq!(pieces("  two words \n"), ["two words"]);
        assert_eq!(pieces("one\r\n\ttwo\n\nsix\rseven"), ["one", "seven", "six", "two"]);
    }

    #[test]
    fn punctuation_is_masked_only_as_a_whole_password() {
        assert_eq!(pieces("%$#@!^&*"), ["%$#@!^&*"]);
        for value in
            ["{", "{}", "[ ]", "{ { } }", "---", "=====", "***", "", " ", "\n", "\"\"", "':,;'"]
        {
            assert!(pieces(value).is_empty(), "{value:?}");
        }
        assert_eq!(pieces("{\n%$#@!\n---\nabc\n}"), ["abc"]);
    }

    #[test]
    fn words_that_occur_in_every_log_are_not_masked() {
        for value in ["1", "on", "42", "true", "False", "null", "none"] {
            assert!(pieces(value).is_empty(), "{value:?}");
            assert!(MaskPieces::of(value).masks_nothing(value));
        }
        assert!(
            !MaskPieces::of("").masks_nothing("") && !MaskPieces::of("abc").masks_nothing("abc")
        );
        assert_eq!(pieces("5432"), ["5432"]);
    }

    #[test]
    fn strings_and_long_numbers_of_json_are_masked_at_any_depth_and_keys_are_not() {
        let json = r#"{"user": "al", "deep": [{"key": "abc"}, [["line 1\nline 2"]], "q\"uo\\te"], "port": 5432,
            "id": 123456789, "ok": true, "nested": "{\"token\": \"inner\"}", "é": "\u00e9t\u00e9", "empty": ""}"#;
        let got = pieces(json);
        for expected in
            ["abc", "line 1", "line 2", "q\"uo\\te", r#"q\"uo\\te"#, "123456789", "inner", "été"]
        {
            assert!(got.iter().any(|piece| piece == expected), "{expected}: {got:?}");
        }
        for other in ["al", "user", "key", "deep", "5432", "true", "token", "port", "{", "}"] {
            assert!(!got.iter().any(|piece| piece == other), "{other}: {got:?}");
        }
        let deep = format!("{}\"Tr0ub4dor3\"{}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(pieces(&deep).contains(&"Tr0ub4dor3".to_owned()));
        assert!(pieces("{\"a\": \"one\"}\n{\"a\": \"two\"}").contains(&"two".to_owned()));
        assert!(pieces("{\"open").iter().all(|piece| piece == "{\"open"));
    }
}
