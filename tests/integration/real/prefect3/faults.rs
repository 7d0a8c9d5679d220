//! Behaviour that cannot be provoked in a real server, from a fake one.

use serde_json::json;

use super::home::{FailsWith as _, Home, WithUrl as _};
use super::http::Listener;

/// A block document as the API returns it.
fn block(slug: &str, name: &str, data: &serde_json::Value) -> String {
    json!([{
        "id": "d40d1c5e-0000-4000-8000-000000000000", "name": name, "data": data,
        "block_type": { "slug": slug },
    }])
    .to_string()
}

const READ: [&str; 6] = ["run", "-s", "X=a", "--", "echo", "started"];

/// The messages of pfx for a response that it must refuse.
#[track_caller]
fn refusal(words: &[&str], status: u16, body: &str) -> String {
    let body = body.to_owned();
    let fake = Listener::answering(move |_| (status, body.clone()));
    let home = Home::new();
    let pfx = home.with_url(&fake.url(), words).env("PREFECT_API_KEY", "CANARY-key");
    let outcome = pfx.stdin("CANARY-in").outcome();
    assert_eq!((outcome.code(), outcome.stdout().as_str()), (Some(125), ""), "{outcome:?}");
    assert!(!outcome.stderr().contains("CANARY"), "{outcome:?}");
    outcome.stderr()
}

#[test]
fn a_mask_is_never_passed() {
    let body = block("secret", "a", &json!({ "value": "********" }));
    let said = refusal(&READ, 200, &body);
    assert!(said.contains("cannot use `a`: the server returned `********` in its place"), "{said}");
    assert!(said.contains("hint: in Prefect Cloud, the role needs permission"), "{said}");
    let data = json!({ "host": "h", "password": "********" });
    let body = block("database-credentials", "pg", &data);
    for pointer in ["", "#/password"] {
        let binding = format!("X=database-credentials/pg{pointer}");
        let said = refusal(&["run", "-b", &binding, "--", "echo", "started"], 200, &body);
        assert!(
            said.contains("cannot use `database-credentials/pg`: the server returned"),
            "{said}"
        );
    }
    // Fields that are not secret are visible to everyone who may see the block.
    let fake = Listener::answering(move |_| (200, body.clone()));
    let words = ["run", "-b", "X=database-credentials/pg#/host", "--", "sh", "-c", "echo $X"];
    Home::new().with_url(&fake.url(), words).gives("h\n");
}

#[test]
fn the_error_for_a_role_that_may_not_read_names_the_missing_permission() {
    let said = refusal(&READ, 403, r#"{"detail":"Forbidden CANARY"}"#);
    assert!(
        said.contains(
            "the server answered 403: the credential from PREFECT_API_KEY is not allowed to read blocks"
        ),
        "{said}"
    );
    let said = refusal(&["kv", "set", "a", "1"], 403, r#"{"detail":"Forbidden"}"#);
    assert!(said.contains("is not allowed to change Variables"), "{said}");
}

#[test]
fn the_body_of_a_422_is_never_shown() {
    let body = r#"{"exception_message":"Invalid request received.","exception_detail":[{"input":"CANARY"}],
        "request_body":{"data":{"value":"CANARY-in"}},"detail":"CANARY"}"#;
    for words in [
        &READ[..],
        &["secret", "set", "--remote", "a"],
        &["secret", "delete", "--remote", "a"],
        &["secret", "list", "--remote"],
        &["kv", "set", "a", "CANARY"],
        &["kv", "delete", "a"],
        &["kv", "get", "a"],
    ] {
        let said = refusal(words, 422, body);
        assert!(said.contains("422"), "{said}");
    }
}

#[test]
fn an_invalid_response_is_reported_with_the_path_of_the_request() {
    for (body, problem) in [
        ("<html>CANARY", "it is not JSON"),
        ("[{\"id\": \"CANARY", "it is not JSON"),
        ("{\"CANARY\": 1}", "it is not a list"),
        ("[{\"id\": \"i\", \"name\": \"a\", \"data\": \"CANARY\"}]", "/0/block_type is missing"),
        ("[[\"CANARY\"]]", "/0 is not an object"),
    ] {
        let said = refusal(&READ, 200, body);
        assert!(said.contains(problem), "{said}");
    }
    let deep = "[".repeat(200_000);
    assert!(refusal(&READ, 200, &deep).contains("it is not JSON"));
}

#[test]
fn blocks_and_variables_that_were_not_requested_are_ignored() {
    let body = block("secret", "b", &json!({ "value": "CANARY" }));
    let fake = Listener::answering(move |_| (200, body.clone()));
    Home::new().with_url(&fake.url(), READ).fails_with(125, &["cannot find the secret `a`"]);
    let body = block("other", "a", &json!({ "value": "CANARY" }));
    let fake = Listener::answering(move |_| (200, body.clone()));
    Home::new().with_url(&fake.url(), READ).fails_with(125, &["cannot find the secret `a`"]);
}

#[test]
fn an_endless_list_is_an_error() {
    let page: Vec<_> = (0..200)
        .map(|index| json!({
            "id": "i", "name": format!("n{index}"), "data": {}, "block_type": { "slug": "secret" },
        }))
        .collect();
    let page = json!(page).to_string();
    let fake = Listener::answering(move |_| (200, page.clone()));
    let expected = ["its list of blocks has more than 100 pages"];
    Home::new().with_url(&fake.url(), ["secret", "list", "--remote"]).fails_with(125, &expected);
    assert_eq!(fake.requests().len(), 100);
}

#[test]
fn a_write_is_sent_again_if_the_server_reports_that_it_was_not_done() {
    let busy = r#"{"exception_message": "Service Unavailable"}"#;
    let asked = std::sync::atomic::AtomicUsize::new(0);
    let fake = Listener::answering(move |_| {
        match asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed) {
            0 => (503, busy.to_owned()),
            _ => (204, String::new()),
        }
    });
    Home::new().with_url(&fake.url(), ["kv", "set", "a", "b"]).gives("");
    assert_eq!(fake.lines(), ["PATCH variables/name/a"; 2]);
    let fake = Listener::answering(move |_| (503, busy.to_owned()));
    Home::new()
        .with_url(&fake.url(), ["kv", "set", "a", "b"])
        .fails_with(125, &["the server answered 503"]);
    assert_eq!(fake.requests().len(), 3);
}

#[test]
fn a_read_is_sent_again_and_a_write_with_an_unknown_outcome_is_not() {
    let fake = Listener::answering(|_| (503, String::new()));
    Home::new().with_url(&fake.url(), READ).fails_with(125, &["the server answered 503"]);
    assert_eq!(fake.requests().len(), 3);
    let fake = Listener::answering(|_| (503, String::new()));
    let expected = ["its outcome is unknown", "check whether it was done before you try again"];
    Home::new().with_url(&fake.url(), ["kv", "set", "a", "b"]).fails_with(125, &expected);
    assert_eq!(fake.lines(), ["PATCH variables/name/a"]);
}

#[test]
fn a_server_that_rejects_every_csrf_token_gets_few_requests() {
    let fake = Listener::answering(|request| {
        if request.line.starts_with("GET") {
            return (200, r#"{"token":"CANARY","client":"c"}"#.to_owned());
        }
        (403, r#"{"detail":"Invalid CSRF token or client identifier."}"#.to_owned())
    });
    let expected = ["the server requires a CSRF token, but rejects the one that it issued"];
    Home::new().with_url(&fake.url(), READ).fails_with(125, &expected);
    assert_eq!(fake.requests().len(), 3);
    let fake = Listener::answering(|request| {
        let status = if request.line.starts_with("GET") { 422 } else { 403 };
        (status, r#"{"detail":"Missing CSRF token."}"#.to_owned())
    });
    Home::new().with_url(&fake.url(), READ).fails_with(125, &expected);
    assert_eq!(fake.requests().len(), 2);
}

#[test]
fn a_variable_that_another_client_creates_meanwhile_is_updated() {
    let fake = Listener::answering({
        let patched = std::sync::atomic::AtomicBool::new(false);
        move |request| match request.line.split(' ').next() {
            Some("PATCH") if patched.swap(true, std::sync::atomic::Ordering::SeqCst) => {
                (204, String::new())
            }
            Some("PATCH") => (404, r#"{"detail":"Variable not found."}"#.to_owned()),
            _ => (409, r#"{"detail":"A variable with the name 'a' already exists."}"#.to_owned()),
        }
    });
    Home::new().with_url(&fake.url(), ["kv", "set", "a", "b"]).gives("");
    let lines: Vec<String> = fake.requests().into_iter().map(|one| one.line).collect();
    let patch = "PATCH /api/variables/name/a";
    assert_eq!(lines, [patch, "POST /api/variables/", patch]);
}

#[test]
fn all_digits_of_a_number_are_preserved() {
    let data = r#"{"value": {"a": 1.50, "b": 1e400, "c": 12345678901234567890.123456789}}"#;
    let body = format!(
        r#"[{{"id": "i", "name": "a", "data": {data}, "block_type": {{"slug": "secret"}}}}]"#
    );
    let fake = Listener::answering(move |_| (200, body.clone()));
    let words = ["run", "-s", "X=a", "-s", "Y=a#/c", "--", "sh", "-c", "echo \"$X\" \"$Y\""];
    let expected = "{\"a\":1.50,\"b\":1e+400,\"c\":12345678901234567890.123456789} 12345678901234567890.123456789\n";
    Home::new().with_url(&fake.url(), words).gives(expected);
}

#[test]
fn a_value_with_a_nul_is_refused_and_not_truncated() {
    let body = block("secret", "a", &json!({ "value": "CANARY\0CANARY" }));
    let said = refusal(&READ, 200, &body);
    assert!(said.contains("cannot use `a`: its value contains a NUL byte"), "{said}");
}
