//! The names of secrets and keys in Prefect 2 and 3, which do not allow every name: `DB_PASSWORD` is in the block
//! `db-password`. Pure.

/// The longest name of a Variable, in characters.
const LONGEST_VARIABLE: usize = 255;

/// The name of the block that holds a secret of this name: in lower case, with `-` in place of every character that
/// is not allowed in a block name, such as `_` (`DB_PASSWORD` → `db-password`).
pub fn of_block(name: &str) -> Option<String> {
    normalized(name, '-').filter(|name| is_block(name))
}

/// The names under which a Variable may be stored, in the order in which they are looked up: the name in lower case,
/// with `_` in place of every character that is not allowed; then the same with `_` in place of `-` too (Variable
/// names of Prefect 2 cannot contain `-`). The first one is used for writing.
pub fn of_variable(name: &str) -> Vec<String> {
    let Some(first) = normalized(name, '_') else { return Vec::new() };
    let second = first.replace('-', "_");
    let mut names = vec![first];
    if names[0] != second {
        names.push(second);
    }
    names.retain(|name| is_variable(name));
    names
}

/// Whether this is a valid block name (for any other, the API answers 422).
pub fn is_block(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
}

/// Whether this is a valid Variable name.
pub fn is_variable(name: &str) -> bool {
    let valid = |byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_');
    !name.is_empty() && name.len() <= LONGEST_VARIABLE && name.bytes().all(valid)
}

/// The name in lower case, with `filler` in place of characters that are not allowed. `None` if the name
/// is not printable ASCII: two different names would become the same.
fn normalized(name: &str, filler: char) -> Option<String> {
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
    fn a_secret_is_looked_up_by_a_valid_block_name() {
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
    fn a_key_is_looked_up_by_valid_variable_names() {
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
