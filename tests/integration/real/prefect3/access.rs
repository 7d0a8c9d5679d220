//! Credentials, CSRF tokens, and a server that stops and starts again.

use super::home::{FailsWith as _, Home, WithUrl as _};
use super::http::Listener;
use super::server::{AUTH, Server, Version, alone, guarded, plain};

const READ: [&str; 7] = ["run", "-s", "X=db-password", "--", "sh", "-c", "printf %s \"$X\""];
const VALUE: &str = "s3cr3t-p\u{e4}ssword";

#[test]
fn a_csrf_token_is_fetched_only_if_the_server_requires_it() {
    let proxy = Listener::before(&need!(guarded()).url);
    let home = Home::new();
    home.with_url(&proxy.url(), READ).env(AUTH_STRING, AUTH.1).gives(VALUE);
    let requests = proxy.requests();
    let methods: Vec<&str> =
        requests.iter().map(|one| one.line.split('?').next().unwrap()).collect();
    let filter = "POST /api/block_documents/filter";
    assert_eq!(methods, [filter, "GET /api/csrf-token", filter]);
    assert_eq!(requests[0].header("prefect-csrf-token"), None);
    let client = requests[2].header("prefect-csrf-client").expect("a client");
    assert!(requests[1].line.ends_with(&format!("?client={client}")));

    let proxy = Listener::before(&need!(plain()).url);
    home.with_url(&proxy.url(), READ).gives(VALUE);
    assert_eq!(proxy.lines(), ["POST block_documents/filter"]);
}

#[test]
fn writes_succeed_on_a_server_that_requires_a_token() {
    let _alone = alone();
    let server = need!(guarded());
    let home = Home::new();
    let pfx = |words: &[&str]| home.with_url(&server.url, words).env(AUTH_STRING, AUTH.1);
    pfx(&["secret", "set", "--remote", "guarded"]).stdin("v").gives("");
    pfx(&["secret", "get", "--remote", "guarded"]).gives("v");
    pfx(&["secret", "delete", "--remote", "guarded"]).gives("");
    pfx(&["kv", "set", "guarded", "1"]).gives("");
    pfx(&["kv", "get", "guarded"]).gives("1");
    pfx(&["kv", "delete", "guarded"]).gives("");
}

const AUTH_STRING: &str = "PREFECT_API_AUTH_STRING";
const KEY: &str = "PREFECT_API_KEY";

#[test]
fn the_error_for_a_rejected_credential_names_its_place_and_not_its_value() {
    let url = &need!(guarded()).url;
    let home = Home::new();
    let pfx = || home.with_url(url, READ);
    pfx().fails_with(
        125,
        &["the server answered 401, and no credential is configured", AUTH_STRING],
    );
    for variable in [AUTH_STRING, KEY] {
        let outcome = pfx().env(variable, "admin:CANARY").outcome();
        let expected = format!("the server answered 401 to the credential from {variable}");
        assert!(
            outcome.stderr().contains(&expected) && !outcome.stderr().contains("CANARY"),
            "{outcome:?}"
        );
        assert_eq!((outcome.code(), outcome.stdout().as_str()), (Some(125), ""));
    }
    // As in Prefect 3.8.8.
    pfx().env(AUTH_STRING, AUTH.1).env(KEY, "key").gives(VALUE);
}

#[test]
fn a_credential_may_be_in_a_file() {
    let url = &need!(guarded()).url;
    let home = Home::new();
    let file = home.write("auth", format!("{}\n", AUTH.1));
    home.with_url(url, READ).env("PREFECT_API_AUTH_STRING_FILE", &file).gives(VALUE);
    let expected = ["PREFECT_API_AUTH_STRING also sets a credential; remove one of the two"];
    let pfx = home.with_url(url, READ).env("PREFECT_API_AUTH_STRING_FILE", &file);
    pfx.env(AUTH_STRING, "x").fails_with(125, &expected);
    let pfx = home.with_url(url, READ).env("PREFECT_API_KEY_FILE", "none");
    pfx.fails_with(125, &["PREFECT_API_KEY_FILE: the file that it names does not exist"]);
    home.write(".env", "PREFECT_API_KEY_FILE=/etc/shadow\n");
    home.with_url(url, READ).fails_with(125, &["must not name a file with a credential"]);
}

#[test]
fn a_bearer_key_and_custom_headers_are_sent() {
    let fake = Listener::answering(|_| (200, "[]".to_owned()));
    let home = Home::new();
    let file = home.write("key", "pnu_file\r\n");
    let headers = r#"{"CF-Access-Client-Id": "id"}"#;
    let pfx = home.with_url(&fake.url(), ["run", "-s", "X=a?", "--", "true"]);
    pfx.env("PREFECT_API_KEY_FILE", file).env("PREFECT_CLIENT_CUSTOM_HEADERS", headers).gives("");
    let [request] = &fake.requests()[..] else { panic!("one request") };
    assert_eq!(request.header("authorization").as_deref(), Some("Bearer pnu_file"));
    assert_eq!(request.header("cf-access-client-id").as_deref(), Some("id"));
}

#[test]
fn a_stopped_server_is_reported_and_a_restarted_one_answers() {
    let _alone = alone();
    need!(Version::Three.environment());
    let server = Server::start(Version::Three, &[]);
    let home = Home::new();
    home.with_url(&server.url, READ).gives(VALUE);
    server.stop();
    let host = server.url.trim_end_matches("/api").to_owned();
    let expected = format!("the request to {host} failed: Connection refused");
    home.with_url(&server.url, READ).fails_with(125, &[&expected]);
    let words = ["kv", "set", "x", "1"];
    home.with_url(&server.url, words).fails_with(125, &[&expected]);
    server.restart();
    home.with_url(&server.url, READ).gives(VALUE);
    server.stop();
}

#[test]
fn a_url_without_the_path_of_the_api_is_reported() {
    let _alone = alone();
    let url = need!(plain()).url.trim_end_matches("/api").to_owned();
    let expected = ["no Prefect API found at this URL", "the API URL ends in /api"];
    Home::new().with_url(&url, READ).fails_with(125, &expected);
    Home::new().with_url(&url, ["kv", "delete", "x"]).fails_with(125, &expected);
}

#[test]
fn doctor_shows_how_the_server_responds() {
    let url = &need!(plain()).url;
    let outcome = Home::new().with_url(url, ["doctor"]).outcome();
    for expected in [
        format!("API URL     {url}  (from PREFECT_API_URL)"),
        format!(
            "active store  {url}: PREFECT_API_URL is set and takes precedence over Prefect Cloud 1.x"
        ),
        "version       3.".to_owned(),
    ] {
        assert!(
            outcome.stdout().contains(&expected),
            "{expected:?} is not in {}",
            outcome.stdout()
        );
    }
    assert_eq!(outcome.code(), Some(0), "{outcome:?}");
    let outcome =
        Home::new().with_url(&need!(guarded()).url, ["doctor"]).env(KEY, "CANARY").outcome();
    assert_eq!(outcome.code(), Some(1));
    assert!(
        outcome.stdout().contains("401") && !outcome.stdout().contains("CANARY"),
        "{outcome:?}"
    );
}
