//! Which names of Prefect 2 and 3 a name may stand for: it is looked for as it is first, then as Prefect
//! would have to spell it. Pure.

/// The longest name of a variable, in characters.
const LONGEST_VARIABLE: usize = 255;

/// The name of the block in which a secret of this name is kept: the name itself, or else in lower case and
/// with `-` in place of `_` and of all that no block's name has (`DB_PASSWORD` → `db-password`).
pub fn of_block(name: &str) -> Option<String> {
    spelt(name, '-').filter(|name| is_block(name))
}

/// The names under which a variable may be kept, in the order in which they are looked for: the name itself,
/// in lower case and with `_` in place of all that no variable's name has, and that with `_` in place
/// of `-` too (a variable of Prefect 2 has no `-`). The first is the one that is written to.
pub fn of_variable(name: &str) -> Vec<String> {
    let Some(first) = spelt(name, '_') else { return Vec::new() };
    let second = first.replace('-', "_");
    let mut names = vec![first];
    if names[0] != second {
        names.push(second);
    }
    names.retain(|name| is_variable(name));
    names
}

/// Whether a block may have this name (422 otherwise).
pub fn is_block(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
}

/// Whether a variable may have this name.
pub fn is_variable(name: &str) -> bool {
    let valid = |byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_');
    !name.is_empty() && name.len() <= LONGEST_VARIABLE && name.bytes().all(valid)
}

/// In lower case, with `filler` for what no name has. Other scripts are not guessed at: two names that
/// differ would be one.
fn spelt(name: &str, filler: char) -> Option<String> {
    if !name.chars().all(|character| matches!(character, ' '..='~')) {
        return None;
    }
    let keeps_underscore = filler == '_';
    Some(
        name.chars()
            .map(|character| match character.to_ascii_lowercase() {
                kept @ ('a'..='z' | '0'..='9' | '-') => kept,
                '_' if keeps_underscore => '_',
                _ => filler,
            })
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_looked_for_as_a_block_may_be_called() {
        for (name, block) in [
            ("db-password", Some("db-password")),
            ("DB_PASSWORD", Some("db-password")),
            ("my.api key/2", Some("my-api-key-2")),
            ("-", Some("-")),
            ("clé", None),
            ("a\nb", None),
            ("", None),
        ] {
            assert_eq!(of_block(name).as_deref(), block, "{name:?}");
        }
    }

    #[test]
    fn a_key_is_looked_for_as_a_variable_may_be_called() {
        for (name, variables) in [
            ("my_variable", &["my_variable"][..]),
            ("with-dash", &["with-dash", "with_dash"]),
            ("DB_HOST", &["db_host"]),
            ("My.Key", &["my_key"]),
            ("A-B", &["a-b", "a_b"]),
            ("clé", &[]),
            ("", &[]),
        ] {
            assert_eq!(of_variable(name), variables, "{name:?}");
        }
        assert!(of_variable(&"x".repeat(256)).is_empty());
    }
}
