//! Strings of several lines that Prefect 1.4.1 reads differently from TOML 1.0.
//!
//! Its parser takes a file line by line (`toml/decoder.py`, `loads`): all line feeds at the start of a string are
//! lost, and so are blanks at the end of the first line. A line that ends with `\`, in a literal string too, is
//! joined with the next one, which loses the blanks at both ends.

/// What is wrong with such a string.
pub const PROBLEM: &str = "Prefect 1.x reads this string differently from TOML 1.0; write it in one line in double \
                           quotes, with `\\n` for a line feed";

/// Whether the value that is written as `string`, with its quotes, is or may be such a string.
pub fn is_different(string: &str) -> bool {
    let is_literal = string.starts_with("'''");
    if !is_literal && !string.starts_with("\"\"\"") {
        return false;
    }
    let inner = string.get(3..string.len() - 3).unwrap_or_default();
    let lines: Vec<&str> = inner.strip_prefix('\n').unwrap_or(inner).split('\n').collect();
    let last = lines.len() - 1;
    let is_joined = |at: usize| {
        let line = lines[at];
        (line.len() - line.trim_end_matches('\\').len()) % 2 == 1
    };
    // TOML, too, joins lines of a basic string, and drops spaces, tabs and empty lines in front of the next text.
    let loses_more = |at: usize| {
        let next = lines[at + 1];
        next.trim_start_matches([' ', '\t']).starts_with(is_blank)
            || at + 1 < last && (next.is_empty() || next.ends_with(is_blank))
    };
    inner.starts_with("\n\n")
        || last > 0 && lines[0].ends_with(is_blank)
        || (0..last).any(|at| is_joined(at) && (is_literal || loses_more(at)))
}

/// What Python's `str.strip` takes away.
fn is_blank(character: char) -> bool {
    character.is_whitespace() || matches!(character, '\u{1c}'..='\u{1f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_prefects_parser_reads_differently_is_found() {
        #[rustfmt::skip]
        let different = [
            "a  \nb", "  a  \n  b  \n", "\na  \n  b  \n c", "\n\n\na", "\n\n", "\n  \na", "   \n\na", "a\\\\  \nb",
            "a\\\n  b  \nc", "a\\\n  b  \n  c  \nd", "\\\n  a  \\\n  b  \n c", "a\\\n\u{a0}b", "a\\\n\n  b \nc",
        ];
        for inner in different {
            assert!(is_different(&format!("\"\"\"{inner}\"\"\"")), "{inner:?}");
        }
        assert!(is_different("'''a\\\nb'''"));
        #[rustfmt::skip]
        let alike = [
            "", "a", "  a  ", "\na\n", "a\nb  \n", "\n  a\n  b\n  ", "a\\\\\nb", "\\\n  a \\\n  b \\\n  ",
        ];
        for inner in alike {
            assert!(!is_different(&format!("\"\"\"{inner}\"\"\"")), "{inner:?}");
        }
        assert!(["'''a\\\\\nb'''", "'a'", "\"a\"", "a"].iter().all(|string| !is_different(string)));
    }
}
