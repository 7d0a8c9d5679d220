//! Prefect 1.x's `auth.toml`: one table for each API server (`client/client.py`, `_load_auth_from_disk`).

use toml::de::DeValue;

use super::document::{Document, Walk};

/// The entry for one server in `auth.toml`. Empty strings count as missing.
#[derive(Default)]
pub struct Login {
    pub api_key: Option<String>,
    pub tenant_id: Option<String>,
}

impl Login {
    /// The entry for the server at `api`, empty if there is none.
    pub fn find(document: &Document<'_>, api: &str) -> Self {
        let slug = slug(api);
        let text = |key| match document.walk(&[&slug, key]) {
            Walk::Found(DeValue::String(text)) if !text.is_empty() => Some(text.to_string()),
            _ => None,
        };
        Self { api_key: text("api_key"), tenant_id: text("tenant_id") }
    }
}

/// The name of a server's table: the network location of its URL, or the whole text if it has none, in lower case.
/// Each run of characters other than `a-z 0-9 - .` becomes one `-`, and there is none at the ends.
pub fn slug(api: &str) -> String {
    let location = api
        .split_once("://")
        .map(|(_, rest)| rest.split(['/', '?', '#']).next().unwrap_or_default());
    let text = location.filter(|text| !text.is_empty()).unwrap_or(api);
    let mut slug = String::new();
    for character in text.chars().map(|character| character.to_ascii_lowercase()) {
        if matches!(character, 'a'..='z' | '0'..='9' | '.') {
            slug.push(character);
        } else if !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.trim_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_servers_table_is_named_after_its_location() {
        for (api, name) in [
            ("https://api.prefect.io", "api.prefect.io"),
            ("http://localhost:4200", "localhost-4200"),
            ("https://h/x/graphql", "h"),
            ("http://[::1]:4200", "1-4200"),
            ("https://u:p@h", "u-p-h"),
            ("https://my_host.x", "my-host.x"),
            ("https://API.Example.COM", "api.example.com"),
            ("api.prefect.io", "api.prefect.io"),
        ] {
            assert_eq!(slug(api), name, "{api}");
        }
    }

    #[test]
    fn empty_entries_count_as_not_set() {
        let text = "[\"h\"]\napi_key = \"\"\ntenant_id = \"t\"\n";
        let document = Document::parse(text, "auth.toml").unwrap();
        let login = Login::find(&document, "https://h");
        assert!(login.api_key.is_none());
        assert_eq!(login.tenant_id.as_deref(), Some("t"));
        assert!(Login::find(&document, "https://other").tenant_id.is_none());
    }
}
