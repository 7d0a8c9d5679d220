//! Wraps text for a terminal: breaks lines at spaces, never within a word, a path or a literal in backticks.

use unicode_width::UnicodeWidthStr as _;

/// The number of columns of a text: two for a wide character, none for a combining character (UAX #11).
pub fn width(text: &str) -> usize {
    text.width()
}

/// The text with trailing spaces up to this width.
pub fn padded(text: &str, columns: usize) -> String {
    format!("{text}{:1$}", "", columns.saturating_sub(width(text)))
}

/// The text in lines of at most `columns`. The first line follows `start` columns that are already printed; the others
/// are indented by `indent`. A word that does not fit on any line makes its line longer.
pub fn wrapped(text: &str, start: usize, indent: usize, columns: usize) -> String {
    let mut lines = String::with_capacity(text.len() + 16);
    let mut at = start;
    // The spaces before a word, which a line break replaces.
    let mut blanks = 0;
    for word in words(text, columns.saturating_sub(indent)) {
        if word.is_empty() {
            blanks += 1;
            continue;
        }
        let length = width(word);
        if !lines.is_empty() && at + blanks + length > columns {
            lines.push('\n');
            lines.extend(std::iter::repeat_n(' ', indent));
            at = indent;
        } else {
            lines.extend(std::iter::repeat_n(' ', blanks));
            at += blanks;
        }
        lines.push_str(word);
        at += length;
        blanks = 1;
    }
    lines
}

/// A list item with a dash, in lines of at most `columns`. Ends with a newline.
pub fn listed(text: &str, indent: usize, columns: usize) -> String {
    let start = indent + 2;
    format!("{:indent$}- {}\n", "", wrapped(text, start, start, columns))
}

/// The width of the widest piece of a text that is not broken on lines of `columns`.
pub fn widest_word(text: &str, columns: usize) -> usize {
    words(text, columns).map(width).max().unwrap_or_default()
}

/// The pieces of a text between spaces. A literal in backticks, together with characters directly around it, is one
/// piece if it fits on a line of `longest` columns.
fn words(text: &str, longest: usize) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let end = end_of_literal(text).filter(|&end| width(&text[..end]) <= longest);
        let end = end.or_else(|| text.find(' ')).unwrap_or(text.len());
        // An empty piece between two spaces preserves both.
        rest = text.get(end + 1..);
        Some(&text[..end])
    })
}

/// The position of the first space that is not within backticks.
fn end_of_literal(text: &str) -> Option<usize> {
    let mut is_literal = false;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'`' => is_literal = !is_literal,
            b' ' if !is_literal => return Some(at),
            _ => {}
        }
    }
    // A single backtick, such as one in a name, does not start a literal.
    (!is_literal).then_some(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_literals_and_paths_stay_whole_where_they_fit() {
        for (text, start, columns, lines) in [
            ("", 4, 20, ""),
            ("one two three", 0, 80, "one two three"),
            ("one two three", 0, 9, "one two\n  three"),
            ("one two three", 5, 9, "one\n  two\n  three"),
            ("use `a b c` now", 0, 12, "use `a b c`\n  now"),
            ("use `a b c`, now", 0, 11, "use\n  `a b c`,\n  now"),
            // No line is that long, so it is broken at its blanks.
            ("use `aaa bbb ccc` now", 0, 8, "use `aaa\n  bbb\n  ccc`\n  now"),
            ("in /a/very/long/path.toml here", 0, 10, "in\n  /a/very/long/path.toml\n  here"),
            ("a ` lonely one", 0, 8, "a `\n  lonely\n  one"),
            ("two  blanks", 0, 80, "two  blanks"),
            ("two  blanks", 0, 8, "two\n  blanks"),
            ("日本語 日本語", 0, 9, "日本語\n  日本語"),
            ("e\u{301}e\u{301}e\u{301} x", 0, 5, "e\u{301}e\u{301}e\u{301} x"),
        ] {
            assert_eq!(wrapped(text, start, 2, columns), lines, "{text:?}");
        }
    }

    #[test]
    fn columns_are_counted_as_a_terminal_counts_them() {
        for (text, columns) in [("abc", 3), ("日本", 4), ("e\u{301}", 1), ("é", 1), ("✓", 1)] {
            assert_eq!(width(text), columns, "{text}");
        }
        assert_eq!(padded("日本", 6), "日本  ");
        assert_eq!(padded("abc", 2), "abc");
        assert_eq!(widest_word("a `b c` d", 80), 5);
    }

    #[test]
    fn a_dash_stays_with_the_word_after_it() {
        assert_eq!(listed("/a/long/path and more", 2, 14), "  - /a/long/path\n    and more\n");
    }
}
