//! API-07 to API-23: possible responses of a server, and their effects.

use serde_json::{Value, json};

use super::{CANARY, Case, all_fail, failure, measured, run};
use crate::support::cloud1::{API_KEY, home, value};
use crate::support::{Server, reply};

fn said(name: &'static str, says: &'static str, body: impl AsRef<[u8]>) -> Case {
    Case::says(name, says, reply(200, &[], body))
}

#[test]
fn a_response_that_is_not_json_gives_no_value() {
    // API-07, API-09, API-10.
    let none = "it is not JSON";
    let utf16: Vec<u8> = answer().encode_utf16().flat_map(u16::to_le_bytes).collect();
    all_fail(vec![
        said("empty", none, ""),
        said("cut off", none, &answer()[..20]),
        said("NaN", none, r#"{"data": {"secret_value": NaN}}"#),
        said(
            "half a surrogate pair",
            "`X`: its JSON string has an unpaired surrogate",
            r#"{"data": {"secret_value": "CANARY\ud800"}}"#,
        ),
        said("more after it", none, answer() + "CANARY"),
        said("a control character", none, "{\"data\": {\"secret_value\": \"CANARY\u{1}\"}}"),
        said("no UTF-8", none, b"{\"data\": {\"secret_value\": \"CANARY\xff\"}}"),
        said("UTF-16", none, utf16),
        said("a byte order mark", none, format!("\u{feff}{}", answer())),
        said("200000 arrays", none, "[".repeat(200_000)),
        said("100000 objects", none, "{\"a\":".repeat(100_000)),
        said(
            "deep in the value",
            none,
            format!(r#"{{"data": {{"secret_value": {}}}}}"#, "[".repeat(200_000)),
        ),
    ]);
}

fn answer() -> String {
    format!(r#"{{"data": {{"secret_value": "{CANARY}"}}}}"#)
}

#[test]
fn a_response_that_does_not_match_the_api_gives_no_value() {
    // API-08, API-11, API-12.
    let no_data = "`data.secret_value` is missing";
    let whole = |value: &Value| value.to_string();
    all_fail(vec![
        said("a list", no_data, whole(&json!([CANARY]))),
        said("a number", no_data, "5"),
        said("a text", no_data, whole(&json!(CANARY))),
        said("null", no_data, "null"),
        said("true", no_data, "true"),
        said("an empty object", no_data, "{}"),
        said("data is null", no_data, whole(&json!({ "data": null }))),
        said("data is a list", no_data, whole(&json!({ "data": [CANARY] }))),
        said("data is a text", no_data, whole(&json!({ "data": CANARY }))),
        said("data is empty", no_data, whole(&json!({ "data": {} }))),
        said("another field", no_data, whole(&json!({ "data": { "x": CANARY } }))),
        said("errors are a text", "`errors` is not a list", whole(&json!({ "errors": CANARY }))),
        said(
            "errors beside a value",
            "boom",
            whole(
                &json!({ "errors": [{ "message": "boom" }], "data": { "secret_value": CANARY } }),
            ),
        ),
        said(
            "an error of another kind",
            "the server answered 200",
            whole(&json!({ "errors": [5] })),
        ),
    ]);
}

#[test]
fn a_message_of_a_server_is_cut_escaped_and_does_not_show_the_key() {
    // API-16 to API-18.
    let message = |text: String| json!({ "errors": [{ "message": text }] }).to_string();
    all_fail(vec![
        said(
            "the key",
            "the server answered 200: you sent … and …",
            message(format!("you sent Bearer {API_KEY} and {API_KEY}")),
        ),
        said(
            "escapes",
            r"\u{1b}]0;title\u{7}\u{d}\u{202e}",
            message("\u{1b}]0;title\u{7}\r\u{202e}".to_owned()),
        ),
        said("lines", r"one\u{a}pfx: error: two", message("one\npfx: error: two".to_owned())),
        said("three million characters", "xxxx", message("x".repeat(3_000_000))),
        said(
            "an odd code",
            "the server answered 200: m",
            json!({ "errors": [{ "message": "m", "extensions": { "code": "\u{1b}[31mX" } }] })
                .to_string(),
        ),
    ]);
}

#[test]
fn a_value_that_no_variable_can_hold_is_an_error_with_its_name() {
    // API-13, API-15.
    all_fail(vec![
        Case::says("a NUL", "cannot use `X`", value(&json!("CANARY\0CANARY"))),
        Case::says("a MB", "cannot use `X`", value(&json!("x".repeat(1_000_000)))),
    ]);
    let longest = "x".repeat(131_072 - "X=".len() - 1);
    let server = Server::json(&json!({ "data": { "secret_value": longest } }));
    home(&server.url())
        .run(&["-s", "X"], &["/usr/bin/printenv", "X"])
        .gives(&format!("{longest}\n"));
    let server = Server::json(&json!({ "data": { "secret_value": longest + "x" } }));
    assert_eq!(failure(run(&home(&server.url())), "cannot use `X`"), None);
}

#[test]
fn a_value_with_newlines_is_one_variable() {
    // API-14.
    let server = Server::json(&json!({ "data": { "secret_value": "x\nLD_PRELOAD=/evil.so\n" } }));
    let outcome = home(&server.url()).run(&["-s", "X"], &["/usr/bin/env", "-0"]).outcome();
    let names: Vec<String> = outcome
        .stdout()
        .split_terminator('\0')
        .filter_map(|entry| Some(entry.split_once('=')?.0.to_owned()))
        .collect();
    assert_eq!(
        (outcome.code(), names),
        (Some(0), ["HOME", "PATH", "X"].map(str::to_owned).to_vec())
    );
}

#[test]
fn an_empty_value_is_a_value() {
    // API-12.
    for (is, becomes) in [(json!(""), ""), (json!([1, 2.50]), "[1,2.5]")] {
        let server = Server::json(&json!({ "data": { "secret_value": is } }));
        let print = ["/bin/sh", "-c", "printf %s \"${X-unset}\""];
        home(&server.url()).run(&["-s", "X"], &print).gives(becomes);
    }
}

#[test]
fn cookies_and_other_state_of_a_server_are_not_stored() {
    // API-19, API-23.
    let headers = [
        ("Set-Cookie", "a=CANARY; Max-Age=9999"),
        ("Strict-Transport-Security", "max-age=9999"),
        ("Alt-Svc", "h3=\":443\""),
        ("Link", "</x>; rel=preload"),
        ("Content-Type", "image/png"),
    ];
    let answer = reply(200, &headers, answer());
    let server = Server::answering(move |_| answer.clone());
    let home = home(&server.url());
    let before = home.contents();
    for _ in 0..2 {
        home.run(&["-s", "X"], &["/usr/bin/printenv", "X"]).gives(&format!("{CANARY}\n"));
    }
    assert_eq!(home.contents(), before);
    assert!(server.requests().iter().all(|request| request.header("cookie").is_none()));
}

#[test]
fn if_a_name_occurs_twice_in_a_response_the_last_value_counts() {
    // API-22: as in the JSON of Python and JavaScript.
    let answer = reply(200, &[], r#"{"data": {"secret_value": "a", "secret_value": "b"}}"#);
    let server = Server::answering(move |_| answer.clone());
    home(&server.url()).run(&["-s", "X"], &["/usr/bin/printenv", "X"]).gives("b\n");
}

#[test]
fn after_an_error_for_the_whole_request_the_command_is_not_started() {
    // Two names: the response does not say which alias failed.
    for data in
        [json!({ "s0": null, "s1": null }), json!({ "s0": CANARY, "s1": CANARY }), json!(null)]
    {
        let server = Server::json(&json!({ "data": data, "errors": [{ "message": "boom" }] }));
        let home = home(&server.url());
        let pfx = home.run(&["-s", "X", "-s", "Y"], &["/bin/echo", "started"]);
        assert_eq!(failure(pfx, "the server answered 200: boom"), None);
        assert_eq!(server.requests().len(), 1);
    }
}

#[test]
fn if_the_connection_is_lost_between_a_secret_and_a_key_the_command_gets_neither() {
    // NET-24.
    let server = Server::new(|dialogue| {
        while let Some(request) = dialogue.request() {
            if request.body.contains("key_value") || dialogue.send(value(&json!(CANARY))).is_err() {
                return;
            }
        }
    });
    let home = home(&server.url());
    let pfx = home.run(&["-s", "A", "-k", "B"], &["/bin/echo", "started"]);
    assert_eq!(failure(pfx, "the connection was lost"), None);
}

#[test]
fn names_of_a_store_are_escaped_for_the_terminal() {
    // API-20.
    let rows: Vec<Value> =
        ["b\u{1b}[2J", "a\nb", "\u{202e}c", "plain"].map(|key| json!({ "key": key })).to_vec();
    let server = Server::json(&json!({ "data": { "key_value": rows } }));
    let home = home(&server.url());
    home.pfx(["kv", "list"]).gives("a%0Ab\nb%1B[2J\nplain\n%E2%80%AEc\n");
    let listed = home.pfx(["kv", "list", "--json"]).outcome().stdout();
    assert_eq!(listed, "[\"a\\nb\",\"b\\u001b[2J\",\"plain\",\"\u{202e}c\"]\n");
}

#[test]
fn a_hundred_thousand_keys_are_listed_and_the_reader_may_stop() {
    let rows: Vec<Value> =
        (0..100_000).map(|key| json!({ "key": format!("key-{key:06}") })).collect();
    let server = Server::json(&json!({ "data": { "key_value": rows } }));
    let home = home(&server.url());
    let outcome = home.pfx(["kv", "list"]).outcome();
    assert_eq!((outcome.code(), outcome.stdout().lines().count()), (Some(0), 100_000));
    let pfx = env!("CARGO_BIN_EXE_pfx");
    for ignore in ["", "trap '' PIPE; "] {
        let script = format!("{ignore}{{ '{pfx}' kv list; echo $? >&2; }} | head -n 1");
        let outcome = home.bare(&["/bin/sh", "-c", &script]).outcome();
        assert_eq!(outcome.stdout(), "key-000000\n");
        assert!(["141\n", "0\n"].contains(&&*outcome.stderr()), "{}", outcome.stderr());
    }
}

#[test]
fn a_key_may_have_a_value_that_no_variable_can_hold() {
    let server = Server::json(&json!({ "data": { "key_value": [{ "value": "a\0b" }] } }));
    let home = home(&server.url());
    home.pfx(["kv", "get", "k"]).gives("a\0b");
    home.pfx(["kv", "get", "k", "--json"]).gives("\"a\\u0000b\"\n");
    let run = home.run(&["-k", "k"], &["/bin/echo", "started"]);
    assert_eq!(failure(run, "cannot use `k`"), None);
}

#[test]
fn a_response_of_the_maximum_length_needs_little_memory() {
    // As many small items as fit into four MiB.
    let short = |what: &str, count: usize| vec![what; count].join(",");
    for (field, list) in [
        ("key_value", short(r#"{"key":"k"}"#, 349_000)),
        ("key_value", short("{}", 1_398_000)),
        ("secret_names", short(r#""""#, 1_398_000)),
        ("secret_value", short("[]", 1_398_000)),
        ("secret_value", short("0", 2_097_000)),
    ] {
        let answer = reply(200, &[], format!(r#"{{"data":{{"{field}":[{list}]}}}}"#));
        let server = Server::answering(move |_| answer.clone());
        let home = home(&server.url());
        let pfx = match field {
            "key_value" => home.pfx(["kv", "list"]),
            "secret_names" => home.pfx(["secret", "list", "--remote"]),
            _ => home.pfx(["secret", "get", "--remote", "X"]),
        };
        let (outcome, memory) = measured(pfx.env("PFX_TIMEOUT", super::NEVER));
        assert!(memory < super::MOST_MEMORY, "{field}: {memory} KiB, {:?}", outcome.code());
    }
}
