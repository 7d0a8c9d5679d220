//! Expands `$VAR`, `${VAR}`, `~` and `${section.key}` in a text of the configuration, as Prefect 1.4.1 does
//! (`configuration.py`, `interpolate_env_vars` and `interpolate_config`), except that references which Prefect
//! silently replaces with nothing are errors.

use std::borrow::Cow;
use std::cell::Cell;
use std::ops::Range;

use super::node::{Leaf, Node};
use crate::error::{Error, ValueFault};

/// Prefect gives up, with `None`, if a text still changes in the tenth pass, so there are at most nine levels.
const PASSES: usize = 10;

/// The longest expanded text, in bytes: far more than a variable may hold, and far less than a text that doubles
/// itself could reach.
const LONGEST: usize = 4 << 20;

/// How many references one value may have in total: a bound on the work, which no real configuration reaches.
const REFERENCES: usize = 1_000;

/// How many references Prefect expands in one text; the rest stays as it is (`configuration.py`,
/// `interpolate_config`).
const ROUNDS: usize = 10;

/// What an expansion needs from outside.
pub struct Expansion<'a> {
    /// Gives a variable of the inherited environment.
    pub variable: &'a dyn Fn(&[u8]) -> Option<Vec<u8>>,
    /// Gives the home directory of a user by name, or of the current user if the name is empty.
    pub home: &'a dyn Fn(&[u8]) -> Option<Vec<u8>>,
}

impl Expansion<'_> {
    /// Expands variables and a leading `~` repeatedly until nothing changes. References to unset variables stay.
    ///
    /// # Errors
    /// [`ValueFault::Cycle`] if that does not end.
    pub fn variables(&self, text: &[u8]) -> Result<Vec<u8>, ValueFault> {
        let mut text = text.to_vec();
        for _ in 0..PASSES {
            let next = self.tilde(self.once(&text));
            if next == text {
                return Ok(text);
            }
            if next.len() > LONGEST {
                break;
            }
            text = next;
        }
        Err(ValueFault::Cycle)
    }

    /// One pass of Python's `posixpath.expandvars`: `$NAME` of ASCII letters, digits and `_` (a digit may
    /// come first), or `${anything but a closing brace}`.
    fn once(&self, text: &[u8]) -> Vec<u8> {
        let mut made = Vec::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.iter().position(|&byte| byte == b'$') {
            let (before, from) = rest.split_at(at);
            made.extend_from_slice(before);
            let Some((name, length)) = name_at(from) else {
                made.push(b'$');
                rest = &from[1..];
                continue;
            };
            match (self.variable)(name) {
                Some(value) => made.extend_from_slice(&value),
                None => made.extend_from_slice(&from[..length]),
            }
            rest = &from[length..];
        }
        made.extend_from_slice(rest);
        made
    }

    /// Python's `posixpath.expanduser`: `~` or `~name` up to the first slash.
    fn tilde(&self, text: Vec<u8>) -> Vec<u8> {
        let Some(after) = text.strip_prefix(b"~") else { return text };
        let end = after.iter().position(|&byte| byte == b'/').unwrap_or(after.len());
        let Some(home) = (self.home)(&after[..end]) else { return text };
        let length = home.iter().rposition(|&byte| byte != b'/').map_or(0, |last| last + 1);
        let expanded = [&home[..length], &after[end..]].concat();
        if expanded.is_empty() { b"/".to_vec() } else { expanded }
    }
}

/// The variable that a text beginning with `$` refers to, and the length of the reference.
fn name_at(text: &[u8]) -> Option<(&[u8], usize)> {
    let after = &text[1..];
    if let Some(inner) = after.strip_prefix(b"{") {
        let end = inner.iter().position(|&byte| byte == b'}')?;
        return Some((&inner[..end], end + 3));
    }
    let end = after
        .iter()
        .position(|&byte| !(byte.is_ascii_alphanumeric() || byte == b'_'))
        .unwrap_or(after.len());
    (end > 0).then_some((&after[..end], end + 1))
}

/// The leftmost innermost `${key}` of a text: the range of the reference, and its key. The key has at least one
/// character, and none of `$`, `{` and `}` after its first (Prefect's `INTERPOLATION_REGEX`).
fn key_reference(text: &[u8]) -> Option<(Range<usize>, Cow<'_, str>)> {
    let mut from = 0;
    while let Some(at) = text[from..].windows(2).position(|pair| pair == b"${").map(|at| at + from)
    {
        let inner = &text[at + 2..];
        if !inner.is_empty() && inner[0] != b'\n' {
            let end =
                inner.iter().skip(1).position(|byte| b"${}".contains(byte)).map(|end| end + 1);
            if let Some(end) = end.filter(|&end| inner[end] == b'}') {
                return Some((at..at + end + 3, String::from_utf8_lossy(&inner[..end])));
            }
        }
        from = at + 1;
    }
    None
}

/// The values of other keys, by their paths.
pub type Values<'a> = dyn Fn(&[&str]) -> Result<Option<Node>, Error> + 'a;

/// One expansion: its inputs, and the rest of its budget.
pub struct ValueExpander<'w> {
    expansion: &'w Expansion<'w>,
    other: &'w Values<'w>,
    written: &'w dyn Fn() -> String,
    fault: &'w dyn Fn(ValueFault) -> Error,
    left: Cell<usize>,
}

impl<'w> ValueExpander<'w> {
    /// `other` gives the values of the keys that the value refers to, `written` gives the place where it is written,
    /// and `fault` makes an error from a fault.
    pub fn new(
        expansion: &'w Expansion<'w>,
        other: &'w Values<'w>,
        written: &'w dyn Fn() -> String,
        fault: &'w dyn Fn(ValueFault) -> Error,
    ) -> Self {
        Self { expansion, other, written, fault, left: Cell::new(REFERENCES) }
    }

    /// Expands every text of a value, except inside arrays.
    ///
    /// # Errors
    /// Those of `other`; [`ValueFault::Cycle`], and [`ValueFault::Unset`] for a key without a value.
    pub fn node(&self, node: Node) -> Result<Node, Error> {
        match node {
            Node::Leaf(leaf) => self.leaf(leaf, 0).map(Node::Leaf),
            Node::Table(entries) => {
                let entries = entries.into_iter().map(|(key, node)| Ok((key, self.node(node)?)));
                Ok(Node::Table(entries.collect::<Result<_, Error>>()?))
            }
        }
    }

    /// Expands one text: variables first, then `${section.key}` from the inside out. If the text is only one
    /// reference, the result is the other value with its type; otherwise that value is inserted as text.
    fn leaf(&self, leaf: Leaf, depth: usize) -> Result<Leaf, Error> {
        let Leaf::Text(text) = leaf else { return Ok(leaf) };
        if !text.contains(&b'$') && !text.starts_with(b"~") {
            return Ok(Leaf::Text(text));
        }
        let mut text = self.expansion.variables(&text).map_err(self.fault)?;
        for _ in 0..ROUNDS {
            let Some((range, key)) = key_reference(&text) else { break };
            let left = self.left.get();
            // Each level uses up one unit of the budget, so the budget also bounds the recursion.
            if left == 0 || depth > 100 || text.len() > LONGEST {
                return Err((self.fault)(ValueFault::Cycle));
            }
            self.left.set(left - 1);
            let path: Vec<&str> = key.split('.').collect();
            let Some(Node::Leaf(other)) = (self.other)(&path)? else {
                // The error does not show the key: it may be a part of a password that contains `$`.
                return Err((self.fault)(ValueFault::Unset { place: (self.written)() }));
            };
            let other = self.leaf(other, depth + 1)?;
            if range == (0..text.len()) {
                return Ok(other);
            }
            text.splice(range, other.into_interpolated());
        }
        Ok(Leaf::Text(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expand(text: &str) -> String {
        let variable = |name: &[u8]| match name {
            b"A" => Some(b"a".to_vec()),
            b"B" => Some(b"$A$A".to_vec()),
            b"1" => Some(b"one".to_vec()),
            b"LOOP" => Some(b"x$LOOP".to_vec()),
            b"T" => Some(b"~/t".to_vec()),
            b"a b" => Some(b"space".to_vec()),
            _ => None,
        };
        let home = |name: &[u8]| match name {
            b"" => Some(b"/home/me/".to_vec()),
            b"root" => Some(b"/root".to_vec()),
            _ => None,
        };
        let expansion = Expansion { variable: &variable, home: &home };
        match expansion.variables(text.as_bytes()) {
            Ok(bytes) => String::from_utf8(bytes).unwrap(),
            Err(_) => "cycle".to_owned(),
        }
    }

    #[test]
    fn variables_and_tilde_expand_as_pythons_do() {
        for (text, expanded) in [
            ("$A-${A}-$B", "a-a-aa"),
            ("$UNSET ${UNSET} $ ${} ${open", "$UNSET ${UNSET} $ ${} ${open"),
            ("cost$1", "costone"),
            ("${a b}", "space"),
            ("\\$A $$A", "\\a $a"),
            ("~", "/home/me"),
            ("~/x", "/home/me/x"),
            ("~root/x", "/root/x"),
            ("~nobody-here", "~nobody-here"),
            ("a~", "a~"),
            ("$T", "/home/me/t"),
            ("$LOOP", "cycle"),
            ("", ""),
        ] {
            assert_eq!(expand(text), expanded, "{text}");
        }
    }

    #[test]
    fn the_innermost_key_on_the_left_is_taken_first() {
        let key = |text: &'static str| {
            key_reference(text.as_bytes()).map(|(range, key)| (range, key.into_owned()))
        };
        assert_eq!(key("${${backend}.x}"), Some((2..12, "backend".to_owned())));
        assert_eq!(key("a${b.c}d${e}"), Some((1..7, "b.c".to_owned())));
        assert_eq!(key("${}"), None);
        assert_eq!(key("${a"), None);
        assert_eq!(key("$a {b}"), None);
        assert_eq!(key("${}}"), Some((0..4, "}".to_owned())));
    }
}
