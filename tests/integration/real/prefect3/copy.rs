//! `pfx kv copy`, from a fake Prefect Cloud 1.x to a real server.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::home::{FailsWith as _, Home, Outcome, WithUrl as _};
use super::http::{Listener, Request};
use super::server::{Server, alone, plain};

/// The key-value store of a tenant.
pub fn cloud1(rows: &[(&str, Value)]) -> Listener {
    let rows: BTreeMap<String, Value> =
        rows.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
    let rows = Arc::new(rows);
    Listener::answering(move |request: &Request| {
        let text = request.json()["query"].as_str().expect("a document").to_owned();
        let mut data = serde_json::Map::new();
        for line in text.lines() {
            if let Some((head, rest)) = line.split_once("key_value(where: { key: { _eq: ") {
                let alias = head.trim().trim_end_matches(':');
                let key = rest.trim_end_matches(" } }) {");
                let key: String = serde_json::from_str(key).expect("a JSON text");
                let found = rows.get(&key).map(|value| json!({ "value": value }));
                let field = if alias.is_empty() { "key_value" } else { alias };
                data.insert(field.to_owned(), json!(found.into_iter().collect::<Vec<_>>()));
            } else if line.trim() == "key_value {" {
                let keys: Vec<Value> = rows.keys().map(|key| json!({ "key": key })).collect();
                data.insert("key_value".to_owned(), json!(keys));
            }
        }
        (200, json!({ "data": data }).to_string())
    })
}

fn copy(server: &Server, source: &Listener, words: &[&str]) -> Outcome {
    let words = [&["kv", "copy", "--from", "cloud1", "--to", "prefect"], words].concat();
    let home = Home::new();
    let pfx = home.with_url(&server.url, words);
    pfx.env("PREFECT__CLOUD__API", source.url()).env("PREFECT__CLOUD__API_KEY", "key").outcome()
}

/// The last line without the names of the stores, and all lines before it.
fn summary(outcome: &Outcome) -> (Vec<String>, String) {
    let mut lines: Vec<String> = outcome.stdout().lines().map(str::to_owned).collect();
    let last = lines.pop().expect("a summary");
    assert_eq!(lines.pop().as_deref(), Some(""));
    (lines, last.split(':').next().unwrap_or_default().to_owned())
}

#[test]
fn keys_that_fit_are_copied_once_and_others_are_reported_by_name_and_size() {
    let _alone = alone();
    let server = need!(plain());
    server.create_variable("copy_there", &json!("CANARY-other"));
    let source = cloud1(&[
        ("Copy/Region", json!("eu")),
        ("copy_big", json!("x".repeat(5_000))),
        ("copy_clash.a", json!(1)),
        ("copy_clash_a", json!(2)),
        ("copy_cl\u{e9}", json!("CANARY")),
        ("copy_float", json!([1.5, {"a": null}])),
        ("copy_number", serde_json::from_str("12345678901234567890123").unwrap()),
        ("copy_there", json!("CANARY-new")),
        ("elsewhere", json!("CANARY")),
    ]);
    let expected = [
        "copied    Copy/Region -> copy_region",
        "refused   copy_big: its JSON takes 5002 bytes, and Prefect allows 5000 for one Variable",
        "refused   copy_clash.a -> copy_clash_a: another key would also be stored as `copy_clash_a`",
        "refused   copy_clash_a: another key would also be stored as `copy_clash_a`",
        "refused   copy_cl\u{e9}: the key is not a valid name in that store",
        "copied    copy_float",
        "refused   copy_number: it has an integer of more than 64 bits, which a Prefect Variable cannot hold",
        "differs   copy_there: the target has a different value; --overwrite replaces it",
        "copied    elsewhere",
    ];
    let absent = || server.call("GET", "variables/name/copy_region", None).0 == 404;

    let dry = copy(server, &source, &["--dry-run"]);
    assert_eq!(summary(&dry).0, expected);
    assert_eq!(summary(&dry).1, "3 copied, 1 differs, 5 refused");
    assert!(dry.stdout().ends_with("; nothing was written\n") && absent());

    let outcome = copy(server, &source, &["--prefix", "Copy/"]);
    assert_eq!(summary(&outcome).0, [expected[0]]);
    assert_eq!(summary(&outcome).1, "1 copied");
    assert_eq!(outcome.code(), Some(0));

    let outcome = copy(server, &source, &[]);
    assert_eq!(summary(&outcome).1, "2 copied, 1 same, 1 differs, 5 refused");
    assert_eq!(outcome.code(), Some(1));
    assert_eq!(server.variable("copy_float")["value"], json!([1.5, {"a": null}]));
    assert_eq!(server.variable("copy_there")["value"], json!("CANARY-other"));

    let outcome = copy(server, &source, &["--overwrite", "--json"]);
    let report: Value = serde_json::from_str(&outcome.stdout()).expect("JSON");
    let outcomes: Vec<&str> = report["keys"]
        .as_array()
        .unwrap()
        .iter()
        .map(|key| key["outcome"].as_str().unwrap())
        .collect();
    let words =
        ["same", "refused", "refused", "refused", "refused", "same", "refused", "replaced", "same"];
    assert_eq!(outcomes, words);
    assert_eq!(report["keys"][0]["name"], "copy_region");
    assert_eq!(server.variable("copy_there")["value"], json!("CANARY-new"));
    for outcome in [dry, outcome] {
        assert!(!format!("{outcome:?}").contains("CANARY"), "{outcome:?}");
    }
    // The key is still found by its old name.
    Home::new().with_url(&server.url, ["kv", "get", "Copy/Region"]).gives("eu");
}

#[test]
fn many_keys_are_copied_and_a_second_run_continues_where_the_first_stopped() {
    let _alone = alone();
    let server = need!(plain());
    let keys: Vec<String> = (0..120).map(|index| format!("resume_{index:03}")).collect();
    let rows: Vec<(&str, Value)> = keys.iter().map(|key| (key.as_str(), json!(key))).collect();
    let source = cloud1(&rows);
    server.create_variable("resume_007", &json!("resume_007"));
    assert_eq!(summary(&copy(server, &source, &[])).1, "119 copied, 1 same");
    assert_eq!(summary(&copy(server, &source, &[])).1, "120 same");
    for key in &keys {
        assert_eq!(server.variable(key)["value"], json!(key));
    }
    // Fifty keys per request, and the list.
    assert_eq!(source.requests().len(), 2 * 4);
}

#[test]
fn a_store_is_not_copied_to_itself() {
    let words = ["kv", "copy", "--from", "prefect", "--to", "prefect"];
    Home::new()
        .with_url(&need!(plain()).url, words)
        .fails_with(2, &["cannot copy from a store to itself"]);
}
