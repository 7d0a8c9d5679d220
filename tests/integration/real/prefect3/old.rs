//! Prefect 2, whose Variables are strings and whose secrets cannot be bare numbers.

use serde_json::json;

use super::copy::cloud1;
use super::home::{FailsWith as _, Home, WithUrl as _};
use super::server::{alone, old};

#[test]
fn secrets_blocks_and_variables_of_prefect_2_are_read() {
    let url = &need!(old()).url;
    let words = [
        "run",
        "-s",
        "DB_PASSWORD",
        "-s",
        "J=json-dict#/port",
        "-b",
        "S=s3-bucket/my-bucket#/credentials/aws_secret_access_key",
        "-b",
        "L=string/legacy#/value",
        "-b",
        "M=json/legacy#/value/a",
        "-k",
        "MY_VARIABLE",
        "--",
        "sh",
        "-c",
        "echo \"$DB_PASSWORD\" \"$J\" \"$S\" \"$L\" \"$M\" \"$MY_VARIABLE\"",
    ];
    let expected = "s3cr3t-p\u{e4}ssword 5432 aws/secret+key plain [1,2] my-value\n";
    Home::new().with_url(url, words).gives(expected);
    Home::new().with_url(url, ["secret", "get", "--remote", "nope"]).fails_with(1, &["`nope`"]);
    // Storing it on this machine would not help.
    for command in ["get", "delete"] {
        let missing = Home::new().with_url(url, ["secret", command, "--remote", "nope"]).outcome();
        assert!(!missing.stderr().contains("hint:"), "{}", missing.stderr());
    }
}

#[test]
fn a_value_that_prefect_2_cannot_hold_is_refused_and_never_changed() {
    let _alone = alone();
    let server = need!(old());
    let home = Home::new();
    let pfx = |words: &[&str]| home.with_url(&server.url, words);
    for value in ["42", "true", "[1]", "{\"a\":1}"] {
        let expected =
            ["this server is Prefect 2.", "whose Variables hold only strings", "`--string`"];
        pfx(&["kv", "set", "old", value]).fails_with(125, &expected);
    }
    let expected = ["whose Variable names cannot contain `-`"];
    pfx(&["kv", "set", "with-dash", "x"]).fails_with(125, &expected);
    pfx(&["kv", "set", "old", "42", "--string", "--tag", "t"]).gives("");
    let variable = server.variable("old");
    assert_eq!((&variable["value"], &variable["tags"]), (&json!("42"), &json!(["t"])));
    pfx(&["kv", "delete", "old"]).gives("");

    let expected = ["whose secrets cannot be a bare number or boolean"];
    pfx(&["secret", "set", "--remote", "old", "--json"]).stdin("5").fails_with(125, &expected);
    pfx(&["secret", "set", "--remote", "old", "--json"]).stdin("{\"a\":5}").gives("");
    pfx(&["secret", "get", "--remote", "OLD#/a"]).gives("5");
    pfx(&["secret", "set", "--remote", "old"]).stdin("text").gives("");
    assert_eq!(server.secret("old"), json!({ "value": "text" }));
    pfx(&["secret", "delete", "--remote", "old"]).gives("");
}

#[test]
fn a_dry_run_reports_values_that_prefect_2_cannot_hold() {
    let source = cloud1(&[("old_number", json!(42)), ("old_text", json!("x"))]);
    let words = ["kv", "copy", "--from", "cloud1", "--to", "prefect", "--dry-run"];
    let home = Home::new();
    let pfx = home.with_url(&need!(old()).url, words).env("PREFECT__CLOUD__API", source.url());
    let expected = pfx.env("PREFECT__CLOUD__API_KEY", "key").outcome().stdout();
    assert!(expected.starts_with("refused   old_number: this server is Prefect 2."), "{expected}");
    assert!(expected.contains("\ncopied    old_text\n"), "{expected}");
}
