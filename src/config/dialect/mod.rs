//! TOML as Prefect 1.4.1 reads it, with `toml` 0.10.2: here and there wider than TOML 1.0, and without what
//! TOML 1.1 added. Where that parser is narrower than TOML 1.0, TOML 1.0 holds.

mod newer;
mod pieces;
mod rewrite;

use std::cell::OnceCell;

use zeroize::Zeroizing;

use self::newer::Newer;
use self::rewrite::rewrite;
use super::document::{Document, position};
use crate::error::Error;

/// Parses `text`. If it has to be rewritten to be TOML 1.0, `rewritten` keeps that.
///
/// # Errors
/// [`Error::Config`] as [`Document::parse`]; and for what only TOML 1.1 allows, with which Prefect does
/// not start.
pub fn parse<'t>(
    text: &'t str,
    place: &str,
    rewritten: &'t OnceCell<Zeroizing<String>>,
) -> Result<Document<'t>, Error> {
    match Document::parse(text, place) {
        Ok(document) => {
            let newer = Newer::of(text);
            if let Some((offset, problem)) = newer.table(document.root()) {
                return Err(Error::Config {
                    place: place.to_owned(),
                    at: Some(position(text, offset)),
                    key: None,
                    problem: problem.to_owned(),
                });
            }
            match newer.has_long_strings.get().then(|| rewrite(text)).flatten() {
                Some(text) => Document::parse(rewritten.get_or_init(|| text), place),
                None => Ok(document),
            }
        }
        Err(error) => {
            let Some(text) = rewrite(text) else { return Err(error) };
            Document::parse(rewritten.get_or_init(|| text), place).map_err(|_| error)
        }
    }
}

/// Makes one line feed of every `\r\n` and `\r`, as Python does when it opens a text.
pub fn universal_newlines(bytes: &mut Vec<u8>) {
    let Some(first) = bytes.iter().position(|&byte| byte == b'\r') else { return };
    let (mut to, mut from) = (first, first);
    while from < bytes.len() {
        let byte = bytes[from];
        from += if byte == b'\r' && bytes.get(from + 1) == Some(&b'\n') { 2 } else { 1 };
        bytes[to] = if byte == b'\r' { b'\n' } else { byte };
        to += 1;
    }
    bytes.truncate(to);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> String {
        let rewritten = OnceCell::new();
        parse(text, "c", &rewritten)
            .map(|_| ())
            .map_or_else(|error| error.to_string(), |()| String::new())
    }

    #[test]
    fn what_only_toml_1_1_has_is_refused_with_its_place() {
        for (text, place) in [
            ("x = \"a\\eb\"\n", "c:1:7:"),
            ("x = \"\"\"\n\\\\x \\x41\"\"\"\n", "c:2:5:"),
            ("\"\\x41\" = 1\n", "c:1:2:"),
            ("x = 1\ny = 03:04\n", "c:2:5:"),
            ("x = [{\n a = 1 }]\n", "c:1:7:"),
            ("x = { a = 1, }\n", "c:1:12:"),
        ] {
            assert!(fault(text).contains(place), "{text}: {}", fault(text));
        }
        for text in [
            "x = 'a\\eb'\n",
            "x = \"\\\\e\"\n",
            "x = 03:04:05\n",
            "x = { a = [\n1,\n2,\n], b = \"\"\"\n\"\"\" }\n",
            "x = { a = 1, b = ',' }\n",
        ] {
            assert_eq!(fault(text), "", "{text}");
        }
    }

    #[test]
    fn every_newline_becomes_a_line_feed() {
        let mut bytes = b"a\r\nb\rc\n\r\r\n".to_vec();
        universal_newlines(&mut bytes);
        assert_eq!(bytes, b"a\nb\nc\n\n\n");
    }
}
