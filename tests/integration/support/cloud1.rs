//! A fake Prefect Cloud 1.x with given secrets and keys, and homes that are configured for it.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{Home, Request, Server, reply};

/// Must be sent to the API and appear nowhere else.
pub const API_KEY: &str = "CANARY-KEY-0123456789";

/// The phrase with which Prefect reports that a secret does not exist.
pub const ABSENT: &str = "No value found for the requested key";

/// A home whose `config.toml` names an API and a key.
pub fn home(url: &str) -> Home {
    Home::with_config(format!("[cloud]\napi = \"{url}\"\napi_key = \"{API_KEY}\"\n"))
}

/// The response with this value of a secret.
pub fn value(value: &Value) -> Vec<u8> {
    reply(200, &[], json!({ "data": { "secret_value": value } }).to_string())
}

/// A server with these secrets and keys, which supports the aliases of GraphQL.
pub fn cloud(secrets: &[(&str, Value)], keys: &[(&str, Value)]) -> Server {
    let owned = |pairs: &[(&str, Value)]| -> BTreeMap<String, Value> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
    };
    let (secrets, keys) = (owned(secrets), owned(keys));
    Server::answering(move |request| answer(request, &secrets, &keys))
}

fn answer(
    request: &Request,
    secrets: &BTreeMap<String, Value>,
    keys: &BTreeMap<String, Value>,
) -> Vec<u8> {
    let body = request.json();
    let query = body["query"].as_str().unwrap_or_default();
    let variables = body["variables"].as_str().unwrap_or("null");
    let variables: Value = serde_json::from_str(variables).expect("variables are JSON");
    let (mut data, mut errors) = (Map::new(), Vec::new());
    for line in query.lines() {
        let (field, call) = match line.trim().split_once(": ") {
            Some((alias, call)) if !alias.contains([' ', '(']) => (Some(alias), call),
            _ => (None, line.trim()),
        };
        if let Some(variable) = call.strip_prefix("secret_value(name: $") {
            let field = field.unwrap_or("secret_value");
            let name = variables[variable.trim_end_matches(')')].as_str().expect("a name");
            match secrets.get(name) {
                Some(value) => data.insert(field.to_owned(), value.clone()),
                None => {
                    errors.push(json!({ "path": [field], "message": ABSENT }));
                    data.insert(field.to_owned(), Value::Null)
                }
            };
        } else if let Some(key) = call.strip_prefix("key_value(where: { key: { _eq: ") {
            let key: String =
                serde_json::from_str(key.strip_suffix(" } }) {").expect("a key")).expect("a key");
            let rows: Vec<_> =
                keys.get(&key).into_iter().map(|value| json!({ "value": value })).collect();
            data.insert(field.unwrap_or("key_value").to_owned(), json!(rows));
        } else if call == "key_value {" {
            let rows: Vec<_> = keys.keys().map(|key| json!({ "key": key })).collect();
            data.insert("key_value".to_owned(), json!(rows));
        } else if call.contains("secret_names") {
            data.insert("secret_names".to_owned(), json!(secrets.keys().collect::<Vec<_>>()));
        } else if call.contains("auth_info") {
            let tenant = json!({ "tenant_id": "11111111-2222-3333-4444-555555555555" });
            data.insert("auth_info".to_owned(), tenant);
        }
    }
    let mut whole = json!({ "data": data });
    if !errors.is_empty() {
        whole["errors"] = json!(errors);
    }
    reply(200, &[], whole.to_string())
}
