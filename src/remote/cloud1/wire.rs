//! The queries to Prefect Cloud 1.x: the GraphQL documents of Prefect 1.4.1's own client, byte for byte
//! (`client/secrets.py`, `client/client.py`, `backend/kv_store.py`). Pure.
//!
//! Several secrets, or several keys, are aliases in one document. A single one is requested as the real client does.

use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::decode::{self, Decode};
use crate::remote::ascii_json::ascii_json;

/// A GraphQL document and its variables.
pub struct Query<T> {
    pub text: String,
    pub variables: Value,
    /// The fields of `data`, in the order of the names that were requested.
    pub fields: Vec<String>,
    /// Decodes each of them.
    pub decode: Decode<T>,
}

impl<T> Query<T> {
    /// The body of the request. The variables are JSON inside a JSON string, `"null"` if there are none.
    pub fn body(&self) -> String {
        ascii_json(&json!({ "query": self.text, "variables": ascii_json(&self.variables) }))
    }

    fn one(text: &str, variables: Value, field: &str, decode: Decode<T>) -> Self {
        Self { text: text.to_owned(), variables, fields: vec![field.to_owned()], decode }
    }
}

/// A value as raw JSON, if it exists.
pub type Raw = Option<Box<RawValue>>;

/// The values of secrets. `names` is not empty.
pub fn secrets(names: &[&str]) -> Query<Raw> {
    if let [name] = names {
        let text = "query($name: String!) {\n        secret_value(name: $name)\n}";
        return Query::one(text, json!({ "name": name }), "secret_value", decode::value);
    }
    let parameters: Vec<String> =
        (0..names.len()).map(|index| format!("$n{index}: String!")).collect();
    let mut text = format!("query({}) {{\n", parameters.join(", "));
    let mut variables = serde_json::Map::new();
    let mut fields = Vec::new();
    for (index, name) in names.iter().enumerate() {
        text += &format!("        s{index}: secret_value(name: $n{index})\n");
        variables.insert(format!("n{index}"), json!(name));
        fields.push(format!("s{index}"));
    }
    let variables = Value::Object(variables);
    Query { text: text + "}", variables, fields, decode: decode::value }
}

/// The names of all secrets.
pub fn secret_names() -> Query<Vec<String>> {
    Query::one("query{secret_names}", Value::Null, "secret_names", decode::names)
}

pub fn set_secret(name: &str, value: &Value) -> Query<bool> {
    let text = "mutation($input: set_secret_input!) {\n    set_secret(input: $input) {\n        success\n    }\n}";
    let input = json!({ "input": { "name": name, "value": value } });
    Query::one(text, input, "set_secret", decode::success)
}

pub fn delete_secret(name: &str) -> Query<bool> {
    let text = "mutation($input: delete_secret_input!) {\n    delete_secret(input: $input) {\n        success\n    }\n}";
    Query::one(text, json!({ "input": { "name": name } }), "delete_secret", decode::success)
}

/// The values of keys. `keys` is not empty.
pub fn values(keys: &[&str]) -> Query<Raw> {
    rows(keys, "value", decode::value_of_row)
}

/// The id of the row that has this key.
pub fn row_id(key: &str) -> Query<Raw> {
    rows(&[key], "id", decode::id_of_row)
}

fn rows(keys: &[&str], column: &str, decode: Decode<Raw>) -> Query<Raw> {
    let row = |alias: &str, key: &str| {
        let key = ascii_json(&json!(key));
        format!(
            "    {alias}key_value(where: {{ key: {{ _eq: {key} }} }}) {{\n        {column}\n    }}\n"
        )
    };
    if let [key] = keys {
        let text = format!("query {{\n{}}}", row("", key));
        return Query::one(&text, Value::Null, "key_value", decode);
    }
    let mut text = "query {\n".to_owned();
    let mut fields = Vec::new();
    for (index, key) in keys.iter().enumerate() {
        text += &row(&format!("k{index}: "), key);
        fields.push(format!("k{index}"));
    }
    Query { text: text + "}", variables: Value::Null, fields, decode }
}

/// All keys.
pub fn keys() -> Query<Vec<String>> {
    let text = "query {\n    key_value {\n        key\n    }\n}";
    Query::one(text, Value::Null, "key_value", decode::keys)
}

pub fn set_key(key: &str, value: &Value) -> Query<()> {
    let text = "mutation($input: set_key_value_input!) {\n    set_key_value(input: $input) {\n        id\n    }\n}";
    let input = json!({ "input": { "key": key, "value": value } });
    Query::one(text, input, "set_key_value", decode::written)
}

pub fn delete_row(id: &Value) -> Query<bool> {
    let text = "mutation($input: delete_key_value_input!) {\n    delete_key_value(input: $input) {\n        success\n    }\n}";
    let input = json!({ "input": { "key_value_id": id } });
    Query::one(text, input, "delete_key_value", decode::success)
}

/// The tenant that the API key belongs to.
pub fn auth_info() -> Query<Option<String>> {
    let text = "query {\n    auth_info {\n        tenant_id\n    }\n}";
    Query::one(text, Value::Null, "auth_info", decode::tenant)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_secret_is_requested_as_the_real_client_does() {
        assert_eq!(
            secrets(&["MYSECRET"]).body(),
            r#"{"query": "query($name: String!) {\n        secret_value(name: $name)\n}", "variables": "{\"name\": \"MYSECRET\"}"}"#
        );
    }

    #[test]
    fn several_secrets_are_aliases_in_one_document() {
        let query = secrets(&["A", "B"]);
        assert_eq!(
            query.text,
            "query($n0: String!, $n1: String!) {\n        s0: secret_value(name: $n0)\n        s1: secret_value(name: $n1)\n}"
        );
        assert_eq!(query.variables, json!({"n0": "A", "n1": "B"}));
        assert_eq!(query.fields, ["s0", "s1"]);
    }

    #[test]
    fn a_key_is_an_escaped_string_in_the_document() {
        assert_eq!(
            values(&["a\"} é"]).text,
            "query {\n    key_value(where: { key: { _eq: \"a\\\"} \\u00e9\" } }) {\n        value\n    }\n}"
        );
        assert_eq!(values(&["a"]).body().matches("\"variables\": \"null\"").count(), 1);
        assert!(
            values(&["a", "b"]).text.contains("    k1: key_value(where: { key: { _eq: \"b\" } })")
        );
    }
}
