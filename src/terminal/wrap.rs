//! Text in lines that fit a terminal: broken at blanks, never within a word, a path or a literal in backticks.

use unicode_width::UnicodeWidthStr as _;

/// The columns that a text takes: two for a wide character, none for one that combines with another (UAX #11).
pub fn width(text: &str) -> usize {
    text.width()
}

/// Text for a column of a table, with blanks up to its width.
pub fn padded(text: &str, columns: usize) -> String {
    format!("{text}{:1$}", "", columns.saturating_sub(width(text)))
}

/// The text in lines of at most `columns`. The first line follows `start` columns that are already printed; the others are
/// indented by `indent`. A word that does not fit any line makes its line longer.
pub fn wrapped(text: &str, start: usize, indent: usize, columns: usize) -> String {
    let mut lines = String::with_capacity(text.len() + 16);
    let mut at = start;
    // The blanks before a word, which a line break replaces.
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

/// One of a list, in lines of at most `columns`, with a dash before the first. Ends with a line feed.
pub fn listed(text: &str, indent: usize, columns: usize) -> String {
    let start = indent + 2;
    format!("{:indent$}- {}\n", "", wrapped(text, start, start, columns))
}

/// The widest piece of a text that is not broken on a line of `columns`.
pub fn widest_word(text: &str, columns: usize) -> usize {
    words(text, columns).map(width).max().unwrap_or_default()
}

/// The pieces of a text between blanks. A literal in backticks is one piece, with what touches it, if it fits a line
/// of `longest` columns.
fn words(text: &str, longest: usize) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let end = end_of_literal(text).filter(|&end| width(&text[..end]) <= longest);
        let end = end.or_else(|| text.find(' ')).unwrap_or(text.len());
        // An empty piece between two blanks keeps them both.
        rest = text.get(end + 1..);
        Some(&text[..end])
    })
}

/// Where the first blank is that is not within backticks.
fn end_of_literal(text: &str) -> Option<usize> {
    let mut is_literal = false;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'`' => is_literal = !is_literal,
            b' ' if !is_literal => return Some(at),
            _ => {}
        }
    }
    // A backtick that is a part of a name opens nothing.
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
