//! What Prefect 1.4.1 reads otherwise than TOML 1.0, written as TOML 1.0 has it.

use zeroize::Zeroizing;

use super::pieces::{Piece, Pieces};

/// The text with what Prefect's parser takes beyond TOML 1.0 written as TOML 1.0 has it: control characters
/// in strings, the escape `\0`, and letters of all alphabets in bare keys; and what it reads otherwise, strings
/// of many lines. `None` if there is none.
pub fn rewrite(text: &str) -> Option<Zeroizing<String>> {
    let mut made = Zeroizing::new(String::with_capacity(text.len() + 64));
    // Whether a key may stand here: at the head of a line, in a header, in an inline table before `=`.
    let mut key = true;
    let mut open = Vec::new();
    for piece in Pieces::of(text) {
        match piece {
            Piece::String { quotes, inner, closed } => {
                let lines = (quotes.len() == 3 && closed && !key && open.is_empty())
                    .then(|| as_lines_are_read(inner));
                let inner = lines.as_ref().and_then(Option::as_ref).map_or(inner, |lines| lines);
                write_string(&mut made, quotes, inner, closed);
            }
            Piece::Word(word) if key && !word.is_ascii() => {
                made.push('"');
                made.push_str(word);
                made.push('"');
            }
            Piece::Word(text) | Piece::Comment(text) => made.push_str(text),
            Piece::Other(character) => {
                match character {
                    '=' => key = false,
                    '[' | '{' if !key => {
                        open.push(character);
                        key = character == '{';
                    }
                    ']' | '}' if open.pop().is_some() => key = false,
                    ',' => key = open.last() == Some(&'{'),
                    '\n' if open.is_empty() => key = true,
                    _ => {}
                }
                made.push(character);
            }
        }
    }
    (*made != text).then_some(made)
}

/// The inside of a string of many lines as Prefect's parser reads it, if that is not as TOML 1.0 does. It takes
/// the text line by line: all line feeds in front are lost, and so are blanks at the end of the first
/// line; a line with `\` at its end, in a literal string too, is joined with the next one, which loses
/// the blanks at both its ends (`toml/decoder.py`, `loads`).
fn as_lines_are_read(inner: &str) -> Option<Zeroizing<String>> {
    let mut lines = inner.trim_start_matches('\n').split('\n').peekable();
    // What stands first is a line feed that TOML drops.
    let mut made = Zeroizing::new("\n".to_owned());
    let (mut strip, mut joined) = (true, false);
    let mut first = true;
    while let Some(line) = lines.next() {
        let is_last = lines.peek().is_none();
        let line = if first || !strip { line } else { line.trim_start_matches(is_blank) };
        let line = if strip && !is_last { line.trim_end_matches(is_blank) } else { line };
        first = false;
        if line.is_empty() && joined && !is_last {
            continue;
        }
        let slashes = line.len() - line.trim_end_matches('\\').len();
        if is_last {
            made.push_str(line);
        } else if slashes % 2 == 1 {
            made.push_str(&line[..line.len() - 1]);
            joined = true;
        } else {
            made.push_str(line);
            made.push('\n');
            (strip, joined) = (false, false);
            continue;
        }
        strip = true;
    }
    let as_toml = inner.strip_prefix('\n').unwrap_or(inner);
    (made[1..] != *as_toml).then_some(made)
}

/// What Python's `str.strip` takes away.
fn is_blank(character: char) -> bool {
    character.is_whitespace() || matches!(character, '\u{1c}'..='\u{1f}')
}

fn write_string(made: &mut String, quotes: &str, inner: &str, closed: bool) {
    let many = quotes.len() == 3;
    let odd = |character: char| {
        character.is_ascii_control() && character != '\t' && !(many && character == '\n')
    };
    let literal = quotes.starts_with('\'');
    if literal && !inner.contains(odd) {
        made.push_str(quotes);
        made.push_str(inner);
        made.push_str(if closed { quotes } else { "" });
        return;
    }
    let basic = if many { "\"\"\"" } else { "\"" };
    made.push_str(basic);
    let mut characters = inner.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\\' | '"' if literal => {
                made.push('\\');
                made.push(character);
            }
            '\\' if characters.peek() == Some(&'0') => {
                characters.next();
                made.push_str("\\u0000");
            }
            '\\' => {
                made.push('\\');
                made.extend(characters.next());
            }
            character if odd(character) => {
                made.push_str(&format!("\\u{:04X}", u32::from(character)));
            }
            character => made.push(character),
        }
    }
    made.push_str(if closed { basic } else { "" });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rewritten(text: &str) -> String {
        rewrite(text).map_or_else(|| "as it is".to_owned(), |made| made.to_string())
    }

    #[test]
    fn what_prefects_parser_takes_beyond_toml_is_written_as_toml() {
        for (text, made) in [
            ("clé = 'v'\n", "\"clé\" = 'v'\n"),
            (
                "[a.日本]\nx = { é = 1, y = \"é\" } # é\n",
                "[a.\"日本\"]\nx = { \"é\" = 1, y = \"é\" } # é\n",
            ),
            ("x = [{ é = 1 }, é]\né = 2\n", "x = [{ \"é\" = 1 }, é]\n\"é\" = 2\n"),
            ("x = \"a\u{1}\\0b\\\\0\"\n", "x = \"a\\u0001\\u0000b\\\\0\"\n"),
            ("x = 'a\u{7f}\"\\'\n", "x = \"a\\u007F\\\"\\\\\"\n"),
            ("x = '''a\u{7}\n'''\n", "x = \"\"\"a\\u0007\n\"\"\"\n"),
        ] {
            assert_eq!(rewritten(text), made);
        }
    }

    #[test]
    fn strings_of_many_lines_are_read_line_by_line() {
        // Each as the real parser reads it.
        for (inner, read) in [
            ("a  \nb", "a\nb"),
            ("  a  \n  b  \n", "  a\n  b  \n"),
            ("\na  \n  b  \n c", "a\n  b  \n c"),
            ("\n\n\na", "a"),
            ("\n  \na", "\na"),
            ("   \n\na", "\n\na"),
            ("a\\\n  b  \nc", "ab\nc"),
            ("a\\\n  b  \n  c  \nd", "ab\n  c  \nd"),
            ("\\\n  a  \\\n  b  \n c", "a  b\n c"),
            ("a\\\n\n\n  b", "ab"),
            ("a\\\\  \nb", "a\\\\\nb"),
            ("\n\n", ""),
        ] {
            assert_eq!(as_lines_are_read(inner).as_deref().map(|made| &made[1..]), Some(read));
        }
        for inner in ["", "a", "  a  ", "\na\n", "a\nb  \n", "\n  a\n  b\n  ", "a\\\\\nb"] {
            assert_eq!(as_lines_are_read(inner).as_deref(), None::<&String>, "{inner:?}");
        }
        assert_eq!(rewritten("x = '''a  \nb''' # c\ny = 1\n"), "x = '''\na\nb''' # c\ny = 1\n");
    }

    #[test]
    fn what_is_toml_and_what_is_nothing_stay() {
        for text in ["", "x = \"é\" # é\n", "x = é\n", "x = \"open é\ny", "x = '''open", "\"\\é"]
        {
            assert_eq!(rewritten(text), "as it is", "{text}");
        }
    }
}
