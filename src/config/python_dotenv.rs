//! Reads a `.env` file as python-dotenv does, which Prefect uses (`dotenv/parser.py`, `variables.py`). No I/O. A line
//! that python-dotenv cannot read is skipped, as python-dotenv does, and never shown.
//!
//! No Rust crate does this: dotenvy also expands `$VAR`, and from the process's own environment.

/// The assignments in a file, in order. A name without `=` has no value and is left out. `variable` looks up
/// `${NAME}` in the environment; earlier lines take precedence.
pub fn parse(text: &str, variable: &dyn Fn(&str) -> Option<String>) -> Vec<(String, String)> {
    let mut reader = Reader { text };
    let mut assigned: Vec<(String, String)> = Vec::new();
    while let Some(line) = reader.binding() {
        let Some((name, value)) = line else { continue };
        let look_up = |name: &str| {
            let earlier = assigned.iter().rev().find(|(other, _)| other == name);
            earlier.map(|(_, value)| value.clone()).or_else(|| variable(name))
        };
        let value = interpolated(&value, &look_up);
        assigned.push((name, value));
    }
    assigned
}

/// Expands `${NAME}` and `${NAME:-default}`. An unset variable is empty; `$NAME` is text.
fn interpolated(value: &str, variable: &dyn Fn(&str) -> Option<String>) -> String {
    let mut text = String::with_capacity(value.len());
    let mut rest = value;
    while let Some(start) = rest.find("${") {
        let inside = &rest[start + 2..];
        let reference = inside.find('}').and_then(|end| {
            let (name, default) = match inside[..end].split_once(':') {
                Some((name, default)) => (name, default.strip_prefix('-')?),
                None => (&inside[..end], ""),
            };
            Some((name, default, &inside[end + 1..]))
        });
        match reference {
            Some((name, default, after)) => {
                text.push_str(&rest[..start]);
                text.push_str(&variable(name).unwrap_or_else(|| default.to_owned()));
                rest = after;
            }
            None => {
                text.push_str(&rest[..start + 2]);
                rest = inside;
            }
        }
    }
    text.push_str(rest);
    text
}

/// The rest of a file that is still to be read.
struct Reader<'t> {
    text: &'t str,
}

impl Reader<'_> {
    /// The next binding; `None` at the end, and `Some(None)` for a comment, a bare name, or a line that is not a
    /// binding.
    fn binding(&mut self) -> Option<Option<(String, String)>> {
        self.text = self.text.trim_start();
        if self.text.is_empty() {
            return None;
        }
        let start = self.text;
        let binding = self.assignment();
        let clean = binding.is_some() && self.end_of_line();
        if !clean {
            // Like python-dotenv, skip the rest of the line in which the error is.
            if self.text.len() == start.len() || binding.is_none() {
                self.text = start;
            }
            self.skip_line();
            return Some(None);
        }
        Some(binding.flatten())
    }

    /// `None` if this is not a binding; `Some(None)` for a comment or a bare name.
    fn assignment(&mut self) -> Option<Option<(String, String)>> {
        if let Some(rest) = self.text.strip_prefix("export") {
            let trimmed = rest.trim_start_matches(is_blank);
            if trimmed.len() < rest.len() {
                self.text = trimmed;
            }
        }
        if self.text.starts_with('#') {
            return Some(None);
        }
        let name = if let Some(quoted) = self.text.strip_prefix('\'') {
            let end = quoted.find('\'').filter(|&end| end > 0)?;
            self.text = &quoted[end + 1..];
            quoted[..end].to_owned()
        } else {
            let end = self
                .text
                .find(|character: char| matches!(character, '=' | '#') || character.is_whitespace())
                .unwrap_or(self.text.len());
            if end == 0 {
                return None;
            }
            let (name, rest) = self.text.split_at(end);
            self.text = rest;
            name.to_owned()
        };
        self.text = self.text.trim_start_matches(is_blank);
        let Some(rest) = self.text.strip_prefix('=') else { return Some(None) };
        self.text = rest.trim_start_matches(is_blank);
        let has_blanks = self.text.len() < rest.len();
        if has_blanks && self.text.starts_with('#') {
            return Some(Some((name, String::new())));
        }
        Some(Some((name, self.value()?)))
    }

    fn value(&mut self) -> Option<String> {
        match self.text.chars().next() {
            Some(quote @ ('\'' | '"')) => self.quoted(quote),
            Some('\n' | '\r') | None => Some(String::new()),
            Some(_) => {
                let end = self.text.find(['\n', '\r']).unwrap_or(self.text.len());
                let (line, rest) = self.text.split_at(end);
                self.text = rest;
                // A comment starts with a `#` after white space.
                let is_comment =
                    |(at, _): &(usize, &str)| line[..*at].ends_with(char::is_whitespace);
                let comment = line.match_indices('#').find(is_comment);
                let end = comment.map_or(line.len(), |(at, _)| at);
                Some(line[..end].trim_end().to_owned())
            }
        }
    }

    fn quoted(&mut self, quote: char) -> Option<String> {
        let mut value = String::new();
        let mut characters = self.text[1..].char_indices();
        while let Some((at, character)) = characters.next() {
            if character == quote {
                self.text = &self.text[1 + at + 1..];
                return Some(value);
            }
            if character != '\\' {
                value.push(character);
                continue;
            }
            let (_, escaped) = characters.next()?;
            match (escaped, quote) {
                ('\\' | '\'', _) | ('"', '"') => value.push(escaped),
                ('a', '"') => value.push('\u{7}'),
                ('b', '"') => value.push('\u{8}'),
                ('f', '"') => value.push('\u{c}'),
                ('n', '"') => value.push('\n'),
                ('r', '"') => value.push('\r'),
                ('t', '"') => value.push('\t'),
                ('v', '"') => value.push('\u{b}'),
                _ => value.extend(['\\', escaped]),
            }
        }
        None
    }

    /// Reads a comment and the end of the line; `false` if there is something else.
    fn end_of_line(&mut self) -> bool {
        let rest = self.text.trim_start_matches(is_blank);
        let rest = match rest.strip_prefix('#') {
            Some(comment) => &comment[comment.find(['\n', '\r']).unwrap_or(comment.len())..],
            None => rest,
        };
        self.text = rest;
        rest.is_empty() || rest.starts_with(['\n', '\r'])
    }

    fn skip_line(&mut self) {
        let end = self.text.find(['\n', '\r']).unwrap_or(self.text.len());
        self.text = &self.text[end..];
    }
}

/// White space within a line.
fn is_blank(character: char) -> bool {
    character.is_whitespace() && !matches!(character, '\n' | '\r')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(String, String)> {
        parse(text, &|name| (name == "SET").then(|| "s".to_owned()))
    }

    fn one(text: &str) -> String {
        let [(_, value)] = &read(text)[..] else { panic!("one binding in {text:?}") };
        value.clone()
    }

    #[test]
    fn values_are_read_as_python_dotenv_reads_them() {
        // Each was compared with python-dotenv 1.2.
        for (text, value) in [
            ("A=b", "b"),
            ("export A = b c  # comment", "b c"),
            ("A=b#c", "b#c"),
            ("A= # comment", ""),
            ("A=#no comment", "#no comment"),
            ("A='b # c' # d", "b # c"),
            ("A='b\\nc\\'d'", "b\\nc'd"),
            ("A=\"b\\n\\\"c\\\\\"", "b\n\"c\\"),
            ("A=\"two\nlines\"", "two\nlines"),
            ("A=", ""),
            ("A=${SET}-${NOT}-${NOT:-d}-$SET", "s--d-$SET"),
            ("A='${SET}'", "s"),
            ("A=${SET", "${SET"),
            ("A=${SET:x}", "${SET:x}"),
            ("'A'=b", "b"),
            ("A=b\r", "b"),
        ] {
            assert_eq!(one(text), value, "{text:?}");
        }
    }

    #[test]
    fn lines_that_are_not_bindings_are_skipped_and_the_rest_is_read() {
        let text = "# c\n\nBARE\n=x\nA=1\nB='open\nC=\"x\" y\nD=2\n";
        let pairs = |text| {
            read(text)
                .into_iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect::<Vec<_>>()
        };
        assert_eq!(pairs(text), ["A=1", "D=2"]);
        assert_eq!(pairs("A=1\nA=${A}2\n"), ["A=1", "A=12"]);
    }
}
