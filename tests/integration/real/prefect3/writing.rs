//! `pfx secret set|delete --remote` and `pfx kv set|delete`.

use serde_json::json;

use super::home::{FailsWith as _, Home, WithUrl as _};
use super::http::Listener;
use super::server::{alone, plain};

#[test]
fn a_secret_is_created_then_replaced_then_deleted() {
    let _alone = alone();
    let server = need!(plain());
    let home = Home::new();
    let set = |name: &str, value: &str, options: &[&str]| {
        let words = [&["secret", "set", "--remote", name], options].concat();
        home.with_url(&server.url, words).stdin(value).gives("");
    };
    set("written-secret", "first", &[]);
    assert_eq!(server.secret("written-secret"), json!({ "value": "first" }));
    set("written-secret", "two\nlines \u{1f511}", &[]);
    assert_eq!(server.secret("written-secret"), json!({ "value": "two\nlines \u{1f511}" }));
    // Fields of the old value are not mixed with those of the new one.
    set("WRITTEN_SECRET", r#"{"a": 12345678901234567890123}"#, &["--json"]);
    set("written-secret", r#"{"b": [1.50, null]}"#, &["--json"]);
    assert_eq!(server.secret("written-secret"), json!({ "value": { "b": [1.5, null] } }));
    home.with_url(&server.url, ["secret", "delete", "--remote", "WRITTEN_SECRET"]).gives("");
    let expected = ["cannot find the secret `written-secret`"];
    home.with_url(&server.url, ["secret", "delete", "--remote", "written-secret"])
        .fails_with(1, &expected);
}

#[test]
fn a_value_that_prefect_would_not_store_unchanged_is_refused_before_it_is_sent() {
    let _alone = alone();
    let proxy = Listener::before(&need!(plain()).url);
    let home = Home::new();
    for (name, value, options, expected) in [
        ("refused", "********", &[][..], "cannot use `refused`: Prefect shows `********` in place"),
        ("refused", r#"{"a":{"$ref":"CANARY"}}"#, &["--json"], "a key `$ref`"),
        ("refused", "null", &["--json"], "JSON null"),
        ("cl\u{e9}", "CANARY", &[], "`cl\u{e9}` is not a valid block name"),
    ] {
        let words = [&["secret", "set", "--remote", name], options].concat();
        let pfx = home.with_url(&proxy.url(), words).stdin(value);
        let outcome = pfx.outcome();
        assert_eq!(outcome.code(), Some(125));
        assert!(
            outcome.stderr().contains(expected) && !outcome.stderr().contains("CANARY"),
            "{outcome:?}"
        );
    }
    for (key, value, expected) in [
        (
            "k",
            "x".repeat(4_999),
            "its JSON takes 5001 bytes, and Prefect allows 5000 for one Variable",
        ),
        ("k", "[1000000000000000000000]".to_owned(), "an integer of more than 64 bits"),
        ("cl\u{e9}", "x".to_owned(), "`cl\u{e9}` is not a valid Variable name"),
    ] {
        home.with_url(&proxy.url(), ["kv", "set", key, &value]).fails_with(125, &[expected]);
    }
    assert_eq!(proxy.lines(), Vec::<String>::new());
}

#[test]
fn a_variable_is_created_then_changed_and_its_tags_are_preserved_unless_given() {
    let _alone = alone();
    let server = need!(plain());
    let home = Home::new();
    let set = |words: &[&str]| {
        home.with_url(&server.url, [&["kv", "set", "Written.Key"], words].concat()).gives("");
    };
    set(&["text", "--tag", "a", "--tag", "b"]);
    let variable = server.variable("written_key");
    assert_eq!((&variable["value"], &variable["tags"]), (&json!("text"), &json!(["a", "b"])));
    set(&[r#"{"n": [1, null, "x"]}"#]);
    let variable = server.variable("written_key");
    assert_eq!(variable["value"], json!({ "n": [1, null, "x"] }));
    assert_eq!(variable["tags"], json!(["a", "b"]));
    set(&["007", "--string", "--tag", "c"]);
    let variable = server.variable("written_key");
    assert_eq!((&variable["value"], &variable["tags"]), (&json!("007"), &json!(["c"])));
    home.with_url(&server.url, ["kv", "get", "Written.Key"]).gives("007");
    home.with_url(&server.url, ["kv", "delete", "Written.Key"]).gives("");
    let expected = ["cannot find the key `Written.Key`"];
    home.with_url(&server.url, ["kv", "delete", "Written.Key"]).fails_with(1, &expected);
}

#[test]
fn the_server_accepts_the_longest_value_that_pfx_accepts() {
    let _alone = alone();
    let server = need!(plain());
    let home = Home::new();
    for longest in ["x".repeat(4_998), "\u{e9}".repeat(2_499), "\u{1}".repeat(833)] {
        home.with_url(&server.url, ["kv", "set", "longest", "-", "--string"])
            .stdin(&longest)
            .gives("");
        assert_eq!(server.variable("longest")["value"], json!(longest));
    }
}

#[test]
fn a_name_in_the_other_spelling_is_read_and_never_deleted() {
    let _alone = alone();
    let server = need!(plain());
    let home = Home::new();
    server.create_variable("two_words", &json!("kept"));
    home.with_url(&server.url, ["kv", "get", "two-words"]).gives("kept");
    let expected = ["cannot find the key `two-words`"];
    home.with_url(&server.url, ["kv", "delete", "two-words"]).fails_with(1, &expected);
    assert_eq!(server.variable("two_words")["value"], json!("kept"));
}
