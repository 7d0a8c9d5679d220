//! Cases about the settings of a client: its URL, key and tenant.

use serde_json::{Value, json};

use super::Case;
use super::end::{End, unlike};
use crate::support::{Outcome, Pfx};

impl Case<'_> {
    /// Compares a setting, whose value a secret inserts. By Prefect's own rule a secret can only insert a text or a
    /// number, and pfx has no other settings.
    pub fn setting(&self, key: &str, expected: &Value) -> Option<String> {
        if expected.is_object() {
            return None;
        }
        let pfx = self.pfx(&["secret", "get", "PROBE"]);
        let probe = pfx.env("PREFECT__CONTEXT__SECRETS__PROBE", format!("${{{key}}}"));
        let expected =
            expected.as_str().map_or_else(|| expected.clone(), |text| json!(self.filled(text)));
        unlike(&End::of(probe.outcome()), &expected)
    }

    /// The URL, key, tenant and table of `auth.toml` that a client uses.
    pub fn client(&self, arguments: &Value, expected: &Value) -> Option<String> {
        let configured = |mut pfx: Pfx| {
            for (name, variable) in
                [("api_server", "PREFECT__CLOUD__API"), ("tenant_id", "PREFECT__CLOUD__TENANT_ID")]
            {
                if let Some(text) = arguments[name].as_str() {
                    pfx = pfx.env(variable, text);
                }
            }
            pfx
        };
        // The name of the table: a key in it is found.
        let file = expected["auth_file"].as_str().expect("a path");
        if !std::path::Path::new(&self.filled(file)).exists() {
            let slug = self.filled(expected["slug"].as_str().expect("a name"));
            self.home.write(".prefect/auth.toml", format!("[\"{slug}\"]\napi_key = \"PROBE\"\n"));
            let outcome = configured(self.pfx(&["doctor", "--local", "--json"])).outcome();
            std::fs::remove_file(self.home.join(".prefect/auth.toml")).expect("it is there");
            if fact(&outcome, "API key")["origin"] != self.filled(file)
                && expected["api_key"].is_null()
            {
                return Some(format!("no key is found under [{slug}]: {}", outcome.said()));
            }
        }
        let server = expected["api_server"].as_str().expect("a URL");
        if server != "{{STUB}}" {
            return None;
        }
        // The rest, as the API receives it.
        configured(self.pfx(&["kv", "list"])).outcome();
        let requests = self.api.requests();
        let request = requests.first()?;
        let key = expected["api_key"].as_str().map(|key| format!("Bearer {}", self.filled(key)));
        if request.header("authorization") != key.as_deref() {
            return Some(format!("the key is not {key:?}: {request:?}"));
        }
        // A tenant is only sent with a key.
        let tenant = expected["_tenant_id"].as_str().filter(|_| key.is_some());
        if request.header("x-prefect-tenant-id") != tenant {
            return Some(format!("the tenant is not {tenant:?}: {request:?}"));
        }
        let outcome = configured(self.pfx(&["doctor", "--local", "--json"])).outcome();
        let named = &fact(&outcome, "tenant")["value"];
        match expected["_tenant_id"].as_str() {
            Some(tenant) if named != tenant => Some(format!("doctor says tenant {named}")),
            _ => None,
        }
    }

    /// The tenant of a key.
    pub fn tenant(&self, expected: &Value) -> Option<String> {
        let outcome = self.pfx(&["doctor", "--json"]).outcome();
        let tenant = &fact(&outcome, "tenant of the API key")["value"];
        if tenant != expected {
            return Some(format!("doctor says {tenant}"));
        }
        self.unlike_requests()
    }

    /// Whether pfx sends the key and tenant in the file of `prefect auth` for this API.
    pub fn left_by_auth(&self) -> Option<String> {
        for (path, file) in
            self.recorded["observed"]["files_after"].as_object().into_iter().flatten()
        {
            self.home.write(path, self.filled(file["text"].as_str()?));
        }
        let text =
            std::fs::read_to_string(self.home.join(".prefect/auth.toml")).unwrap_or_default();
        let config = std::fs::read_to_string(self.home.config()).unwrap_or_default();
        let table: toml_edit::DocumentMut = text.parse().expect("auth.toml");
        let config: toml_edit::DocumentMut = config.parse().expect("config.toml");
        let configured = config.get("cloud").and_then(|cloud| cloud.get("api_key")?.as_str());
        let entry = table.get(&self.filled("{{SLUG}}"));
        let of = |key| entry?.get(key)?.as_str().filter(|text: &&str| !text.is_empty());
        let key = configured.or_else(|| of("api_key")).map(|key| format!("Bearer {key}"));
        self.pfx(&["kv", "list"]).env("PREFECT__CLOUD__API", self.api.url()).outcome();
        let requests = self.api.requests();
        let request = requests.first()?;
        let tenant = of("tenant_id").filter(|_| key.is_some());
        let sent = (request.header("authorization"), request.header("x-prefect-tenant-id"));
        (sent != (key.as_deref(), tenant)).then(|| format!("{sent:?} and not {key:?}, {tenant:?}"))
    }
}

/// A fact that `doctor --json` prints.
pub fn fact(outcome: &Outcome, name: &str) -> Value {
    let report: Value = serde_json::from_slice(&outcome.stdout).expect("JSON");
    let sections = report["sections"].as_array().expect("sections").iter();
    let facts = sections.flat_map(|section| section["facts"].as_array().expect("facts"));
    facts.into_iter().find(|fact| fact["name"] == name).cloned().unwrap_or_default()
}
