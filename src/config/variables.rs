//! `PREFECT__SECTION__KEY=text`: variables that override keys of the configuration.

use serde_json::{Map, Value};

use super::node::{Leaf, Node, SECRETS};
use crate::environment::Inherited;
use crate::error::Error;

/// The prefix that Prefect 1.x looks for, in upper case only.
const PREFIX: &str = "PREFECT__";

/// One such variable.
pub struct Override {
    pub name: String,
    pub path: Vec<String>,
    text: Vec<u8>,
}

/// All overrides in the order of the environment, which is the order in which they apply.
pub fn overrides(inherited: Inherited<'_>) -> Vec<Override> {
    inherited.variables().filter_map(|(name, value)| Override::new(name, value)).collect()
}

impl Override {
    /// Makes an override from a variable whose name begins with `PREFECT__` and is UTF-8. The rest of the name, split
    /// at each `__`, is the path. It is in lower case, except that the name of a secret keeps its case
    /// (`configuration.py`, `interpolate_config`).
    pub fn new(name: &[u8], value: &[u8]) -> Option<Self> {
        let name = std::str::from_utf8(name).ok()?;
        let rest = name.strip_prefix(PREFIX)?;
        let rest = if rest.to_uppercase().starts_with("CONTEXT__SECRETS") {
            rest.replace("CONTEXT__SECRETS", "context__secrets")
        } else {
            rest.to_lowercase()
        };
        let path = rest.split("__").map(str::to_owned).collect();
        Some(Self { name: name.to_owned(), path, text: value.to_vec() })
    }

    /// The effect on `path`: `None` if it has none, `Some(None)` if it removes the key, or the value that it sets.
    ///
    /// # Errors
    /// [`Error::Config`] if it sets the whole table of secrets to something other than a JSON object.
    pub(super) fn effect_on(&self, path: &[&str]) -> Result<Option<Option<Node>>, Error> {
        let shared = self.path.iter().zip(path).take_while(|(own, other)| own == other).count();
        if shared == path.len() {
            // It sets this key, or one below it.
            let leaf = Node::Leaf(Leaf::Text(self.text.clone()));
            let node = self.path[shared..]
                .iter()
                .rev()
                .fold(leaf, |node, key| Node::Table(vec![(key.clone(), node)]));
            return Ok(Some(Some(node)));
        }
        if shared < self.path.len() {
            return Ok(None);
        }
        // It sets a table above this key, as a whole.
        if path.starts_with(&SECRETS) && self.path == SECRETS {
            let table = self.object()?;
            let mut value = table.get(path[SECRETS.len()]);
            for key in &path[SECRETS.len() + 1..] {
                value = value.and_then(|value| value.get(*key));
            }
            return Ok(Some(value.map(Node::of_json)));
        }
        Ok(Some(None))
    }

    /// The whole table of secrets, if this variable sets it.
    ///
    /// # Errors
    /// As [`Override::effect_on`].
    pub(super) fn whole_table(&self) -> Result<Option<Map<String, Value>>, Error> {
        if self.path == SECRETS { self.object().map(Some) } else { Ok(None) }
    }

    fn object(&self) -> Result<Map<String, Value>, Error> {
        serde_json::from_slice(&self.text).map_err(|_| {
            let problem = "this variable sets all secrets, so it must be a JSON object";
            Error::config(&self.name, None, None, problem)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(name: &str) -> Vec<String> {
        Override::new(name.as_bytes(), b"").unwrap().path
    }

    #[test]
    fn a_secrets_name_keeps_its_case_and_every_other_key_is_lower_case() {
        assert_eq!(path("PREFECT__CONTEXT__SECRETS__My_Key"), ["context", "secrets", "My_Key"]);
        assert_eq!(path("PREFECT__context__secrets__K"), ["context", "secrets", "K"]);
        assert_eq!(path("PREFECT__Context__Secrets__K"), ["Context", "Secrets", "K"]);
        assert_eq!(path("PREFECT__CLOUD__API_KEY"), ["cloud", "api_key"]);
        assert_eq!(path("PREFECT__CONTEXT__SECRETS___K"), ["context", "secrets", "_K"]);
        assert_eq!(path("PREFECT__CONTEXT__SECRETS__"), ["context", "secrets", ""]);
        assert_eq!(path("PREFECT__CONTEXT__SECRETS__A__B"), ["context", "secrets", "A", "B"]);
    }

    #[test]
    fn variables_with_another_prefix_are_ignored() {
        for name in ["prefect__A__B", "PREFECT_A", "XPREFECT__A"] {
            assert!(Override::new(name.as_bytes(), b"").is_none(), "{name}");
        }
    }
}
