//! Names of variables and of secrets, and how names are shown. A name is checked when it is made, and valid from then
//! on.

use std::fmt;

/// The name of an environment variable that pfx sets: not empty, and without `=` and control characters (so without
/// NUL), which is all that the kernel and a reader of `env(1)` require.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VariableName(String);

/// The longest name that pfx derives from another one, in bytes. The kernel limits only the whole entry; a longer
/// name is a mistake, such as a value in the position of the name.
const LONGEST: usize = 255;

impl VariableName {
    /// Accepts `text` if every shell and every program accepts it as a name: `[A-Za-z_][A-Za-z0-9_]*` (POSIX.1-2017,
    /// XBD 3.235, and lower case, which every shell allows), at most 255 bytes.
    pub fn new(text: &str) -> Option<Self> {
        (is_identifier(text) && text.len() <= LONGEST).then(|| Self(text.to_owned()))
    }

    /// Accepts a name that the user wrote as that of a variable: any name that the kernel accepts, if it has no
    /// control characters, such as `spring.datasource.password`.
    pub fn given(text: &str) -> Option<Self> {
        let valid = !text.is_empty() && !text.contains(|c: char| c == '=' || c.is_control());
        valid.then(|| Self(text.to_owned()))
    }

    /// Derives the variable for a secret of this name if the user names no other: the name itself if it is valid,
    /// otherwise in upper case with `_` for every other character (`db-password` becomes `DB_PASSWORD`). `None` if no
    /// letter or digit is left.
    pub fn of_secret(name: &str) -> Option<Self> {
        if let Some(valid) = Self::new(name) {
            return Some(valid);
        }
        let mut text = String::with_capacity(name.len() + 1);
        for character in name.chars() {
            text.push(match character.to_ascii_uppercase() {
                valid if valid.is_ascii_alphanumeric() => valid,
                _ => '_',
            });
        }
        if text.starts_with(|first: char| first.is_ascii_digit()) {
            text.insert(0, '_');
        }
        if text.bytes().all(|byte| byte == b'_') {
            return None;
        }
        Self::new(&text)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether shells accept it as the name of a variable: `[A-Za-z_][A-Za-z0-9_]*`.
pub fn is_identifier(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Escaped for a terminal, in full length.
impl fmt::Display for VariableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Escaped(&self.0))
    }
}

/// Any name, made safe for a terminal and a log: control, bidirectional and other invisible characters are escaped,
/// and a name of more than [`Printable::LONGEST`] characters is truncated.
pub struct Printable<'a>(pub &'a str);

impl Printable<'_> {
    /// Longer than any real name, and short enough for one message.
    const LONGEST: usize = 200;
}

impl fmt::Display for Printable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.char_indices().nth(Self::LONGEST) {
            Some((end, _)) => write!(f, "{}…", Escaped(&self.0[..end])),
            None => write!(f, "{}", Escaped(self.0)),
        }
    }
}

/// As [`Printable`], but never truncated: for paths, and for sentences that contain them.
pub struct Escaped<'a>(pub &'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write as _;
        for character in self.0.chars() {
            if is_unsafe(character) {
                write!(f, "{}", character.escape_unicode())?;
            } else {
                f.write_char(character)?;
            }
        }
        Ok(())
    }
}

/// The words that an option or a key accepts, for an error: `a`, `b` or `c`, each in backticks.
pub fn alternatives(words: impl Iterator<Item = String>) -> String {
    let mut words: Vec<String> = words.map(|word| format!("`{word}`")).collect();
    let last = words.pop().unwrap_or_default();
    if words.is_empty() { last } else { format!("{} or {last}", words.join(", ")) }
}

/// A name as users write it in a reference: characters that have a meaning there are percent-encoded. All other
/// characters, including spaces, are unchanged.
pub fn in_reference(name: &str) -> String {
    encoded(name, |character, rest| match character {
        '%' => rest.as_bytes().get(..2).is_some_and(|two| two.iter().all(u8::is_ascii_hexdigit)),
        '#' => rest.starts_with('/'),
        '?' => rest.is_empty(),
        _ => false,
    })
}

/// A reference that is safe for a terminal: the characters that a terminal would act on are percent-encoded, so the
/// reference keeps its meaning.
pub fn for_terminal(reference: &str) -> String {
    encoded(reference, |character, _| is_unsafe(character))
}

/// Percent-encodes the characters for which `is_meant` is true. It also gets the rest of the text.
fn encoded(text: &str, is_meant: impl Fn(char, &str) -> bool) -> String {
    let mut encoded = String::with_capacity(text.len());
    for (at, character) in text.char_indices() {
        if is_meant(character, &text[at + character.len_utf8()..]) {
            for byte in character.encode_utf8(&mut [0; 4]).bytes() {
                encoded.push_str(&format!("%{byte:02X}"));
            }
        } else {
            encoded.push(character);
        }
    }
    encoded
}

/// Characters that could move the cursor, hide text, or reverse its direction (Trojan Source, CVE-2021-42574; Unicode
/// general categories Cc, Cf, Zl and Zp as far as terminals act on them).
fn is_unsafe(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_valid_name_is_used_unchanged_as_a_variable() {
        for name in ["A", "_", "a_1", "db_password", "LONG_NAME_2"] {
            assert_eq!(VariableName::of_secret(name).unwrap().as_str(), name);
        }
    }

    #[test]
    fn other_names_become_upper_case_with_underscores() {
        for (name, variable) in [
            ("db-password", "DB_PASSWORD"),
            ("my.secret", "MY_SECRET"),
            ("my secret", "MY_SECRET"),
            ("007", "_007"),
            ("9lives", "_9LIVES"),
            ("clé", "CL_"),
            ("a=b", "A_B"),
            ("tls.crt", "TLS_CRT"),
        ] {
            assert_eq!(VariableName::of_secret(name).unwrap().as_str(), variable);
        }
    }

    #[test]
    fn a_name_without_valid_characters_gives_no_variable() {
        for name in ["", "-", "日本", "\n"] {
            assert!(VariableName::of_secret(name).is_none(), "{name:?}");
        }
    }

    #[test]
    fn invalid_variables_are_refused() {
        let long = "A".repeat(LONGEST + 1);
        for name in ["", "1A", "A B", "A=B", "A\0", "A\n", "A-B", "é", &long] {
            assert!(VariableName::new(name).is_none(), "{name:?}");
        }
    }

    #[test]
    fn a_given_name_may_be_any_that_the_kernel_accepts_and_a_terminal_can_show() {
        let long = "A".repeat(LONGEST + 1);
        for name in
            ["A", "spring.datasource.password", "a b", "1A", "A-B", "é", "%", "#", "'", &long]
        {
            assert_eq!(VariableName::given(name).unwrap().as_str(), name);
        }
        for name in ["", "A=B", "=", "A\0", "A\n", "\x1b[2J", "\u{9b}"] {
            assert!(VariableName::given(name).is_none(), "{name:?}");
        }
        assert_eq!(VariableName::given("a\u{202e}b").unwrap().to_string(), r"a\u{202e}b");
    }

    #[test]
    fn only_characters_with_a_meaning_in_a_reference_are_encoded() {
        for (name, written) in [
            ("DB_PASSWORD", "DB_PASSWORD"),
            (" a b=c/d#e?f ", " a b=c/d#e?f "),
            ("100%", "100%"),
            ("50% off", "50% off"),
            ("a%41", "a%2541"),
            ("a#/b", "a%23/b"),
            ("C#", "C#"),
            ("what?", "what%3F"),
            ("a??", "a?%3F"),
            ("a#?", "a#%3F"),
            ("a\nb\u{202e}", "a\nb\u{202e}"),
        ] {
            assert_eq!(in_reference(name), written);
        }
        assert_eq!(for_terminal("a\nb%0A\u{202e}"), "a%0Ab%0A%E2%80%AE");
    }

    #[test]
    fn control_characters_are_escaped_and_long_text_is_truncated() {
        assert_eq!(Printable("a\x1b[2J\r\u{202e}b").to_string(), r"a\u{1b}[2J\u{d}\u{202e}b");
        assert_eq!(Printable("clé 日本").to_string(), "clé 日本");
        assert_eq!(Printable(&"x".repeat(500)).to_string().chars().count(), 201);
    }
}
