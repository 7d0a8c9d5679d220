//! Multi-line strings that Prefect 1.4.1 reads differently from TOML 1.0.
//!
//! Its parser reads a file line by line (`toml/decoder.py`, `loads`): it loses all line feeds at the start of a
//! string, and blanks at the end of the first line. It joins a line that ends with `\`, also in a literal string,
//! with the next line, and removes the blanks at both ends of that.

/// The message about such a string.
pub const PROBLEM: &str = "Prefect 1.x reads this string differently from TOML 1.0; write it in one line in double \
                           quotes, with `\\n` for a line feed";

/// Whether `string`, a value with its quotes, is or may be such a string.
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
    // TOML also joins lines of a basic string, and removes spaces, tabs and empty lines before the next text.
    let prefect_removes_more = |at: usize| {
        let next = lines[at + 1];
        next.trim_start_matches([' ', '\t']).starts_with(is_blank)
            || at + 1 < last && (next.is_empty() || next.ends_with(is_blank))
    };
    inner.starts_with("\n\n")
        || last > 0 && lines[0].ends_with(is_blank)
        || (0..last).any(|at| is_joined(at) && (is_literal || prefect_removes_more(at)))
}

/// The characters that Python's `str.strip` removes.
fn is_blank(character: char) -> bool {
    character.is_whitespace() || matches!(character, '\u{1c}'..='\u{1f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_that_prefects_parser_reads_differently_are_found() {
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
