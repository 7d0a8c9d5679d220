//! TOML as Prefect 1.4.1 reads it, with `toml` 0.10.2: it accepts some texts that TOML 1.0 does not allow, and not
//! the additions of TOML 1.1. Where that parser accepts less than TOML 1.0, pfx follows TOML 1.0.

mod long_string;
mod pieces;
mod refused;
mod rewrite;

use std::cell::OnceCell;

use zeroize::Zeroizing;

use self::refused::Refused;
use self::rewrite::rewrite;
use super::document::{Document, position};
use crate::error::Error;

/// Parses `text`. If it has to be rewritten as TOML 1.0, `rewritten` holds the result.
///
/// # Errors
/// [`Error::Config`] as [`Document::parse`]; also for text that only TOML 1.1 allows, with which Prefect does not
/// start, and for strings that Prefect reads differently.
pub fn parse<'t>(
    text: &'t str,
    place: &str,
    rewritten: &'t OnceCell<Zeroizing<String>>,
) -> Result<Document<'t>, Error> {
    let (text, document) = match Document::parse(text, place) {
        Ok(document) => (text, document),
        Err(error) => {
            let Some(made) = rewrite(text) else { return Err(error) };
            let text = rewritten.get_or_init(|| made).as_str();
            (text, Document::parse(text, place).map_err(|_| error)?)
        }
    };
    match Refused::first(text, document.root()) {
        None => Ok(document),
        Some(Refused { offset, key, problem }) => {
            Err(Error::config(place, position(text, offset), key, problem))
        }
    }
}

/// Replaces every `\r\n` and `\r` with a line feed, as Python does when it opens a text file.
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
    fn syntax_of_toml_1_1_is_refused_with_its_place() {
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
    fn a_string_that_prefect_reads_differently_is_refused_with_its_key_and_without_its_text() {
        let says = |place: &str| {
            format!(
                "cannot read c:{place}: Prefect 1.x reads this string differently from TOML 1.0; write it in one line in \
                 double quotes, with `\\n` for a line feed"
            )
        };
        let string = "\"\"\"CANARY \nCANARY\"\"\"";
        assert_eq!(fault(&format!("[t]\nx = {string}\n")), says("2:5: key `x`"));
        assert_eq!(fault(&format!("[t]\né = 1\na.x = {string}\n")), says("3:7: key `x`"));
        assert_eq!(fault(&format!("x = [{string}, {{ y = {string} }}]\n")), "");
    }

    #[test]
    fn every_newline_becomes_a_line_feed() {
        let mut bytes = b"a\r\nb\rc\n\r\r\n".to_vec();
        universal_newlines(&mut bytes);
        assert_eq!(bytes, b"a\nb\nc\n\n\n");
    }
}
