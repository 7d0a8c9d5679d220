//! Rewrites what Prefect 1.4.1 accepts beyond TOML 1.0 as TOML 1.0.

use zeroize::Zeroizing;

use super::pieces::{Piece, Pieces};

/// The text with everything that Prefect's parser accepts beyond TOML 1.0 rewritten: letters of all alphabets in bare
/// keys, and, in single-line strings, control characters and the escape `\0`. `None` if there is nothing to rewrite.
pub fn rewrite(text: &str) -> Option<Zeroizing<String>> {
    let mut made = Zeroizing::new(String::with_capacity(text.len() + 64));
    // Whether a key may be here: at the start of a line, in a header, or before `=` in an inline table.
    let mut key = true;
    let mut open = Vec::new();
    for piece in Pieces::of(text) {
        match piece {
            Piece::String { quotes, inner, closed } => {
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

fn write_string(made: &mut String, quotes: &str, inner: &str, closed: bool) {
    let is_control = |character: char| character.is_ascii_control() && character != '\t';
    let is_literal = quotes.starts_with('\'');
    if quotes.len() == 3 || is_literal && !inner.contains(is_control) {
        made.push_str(quotes);
        made.push_str(inner);
        made.push_str(if closed { quotes } else { "" });
        return;
    }
    made.push('"');
    let mut characters = inner.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\\' | '"' if is_literal => {
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
            character if is_control(character) => {
                made.push_str(&format!("\\u{:04X}", u32::from(character)));
            }
            character => made.push(character),
        }
    }
    made.push_str(if closed { "\"" } else { "" });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rewritten(text: &str) -> String {
        rewrite(text).map_or_else(|| "as it is".to_owned(), |made| made.to_string())
    }

    #[test]
    fn extensions_of_prefects_parser_are_rewritten_as_toml() {
        for (text, made) in [
            ("clé = 'v'\n", "\"clé\" = 'v'\n"),
            (
                "[a.日本]\nx = { é = 1, y = \"é\" } # é\n",
                "[a.\"日本\"]\nx = { \"é\" = 1, y = \"é\" } # é\n",
            ),
            ("x = [{ é = 1 }, é]\né = 2\n", "x = [{ \"é\" = 1 }, é]\n\"é\" = 2\n"),
            ("x = \"a\u{1}\\0b\\\\0\"\n", "x = \"a\\u0001\\u0000b\\\\0\"\n"),
            ("x = 'a\u{7f}\"\\'\n", "x = \"a\\u007F\\\"\\\\\"\n"),
        ] {
            assert_eq!(rewritten(text), made);
        }
    }

    #[test]
    fn valid_toml_and_invalid_text_are_unchanged() {
        for text in ["", "x = \"é\" # é\n", "x = é\n", "x = \"open é\ny", "x = '''open", "\"\\é"]
        {
            assert_eq!(rewritten(text), "as it is", "{text}");
        }
    }
}
