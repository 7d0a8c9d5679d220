//! The number and the time of the requests of a run: one for each kind, concurrently, and none for what is
//! found locally.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};

use serde_json::{Value, json};

use crate::support::cloud1::{ABSENT, API_KEY, cloud, home};
use crate::support::needs::strace_as_root;
use crate::support::{Home, Server, reply, traced};

fn names(prefix: &str, count: usize) -> Vec<String> {
    (0..count).map(|index| format!("{prefix}{index}")).collect()
}

fn valued(names: &[String]) -> Vec<(&str, Value)> {
    names.iter().map(|name| (name.as_str(), json!(format!("value of {name}")))).collect()
}

#[test]
fn one_ten_or_a_hundred_secrets_and_keys_take_one_request_per_kind() {
    for count in [1, 10, 100] {
        let (secrets, keys) = (names("S", count), names("K", count));
        let server = cloud(&valued(&secrets), &valued(&keys));
        let home = home(&server.url());
        let mut words = vec!["run"];
        words.extend(secrets.iter().flat_map(|name| ["-s", name]));
        words.extend(keys.iter().flat_map(|key| ["-k", key]));
        words.extend(["--", "/usr/bin/env"]);
        let said = home.pfx(words).outcome().stdout();
        for name in secrets.iter().chain(&keys) {
            assert!(said.contains(&format!("{name}=value of {name}\n")), "{name}");
        }
        assert_eq!(server.requests().len(), 2, "of {count} each");
    }
}

#[test]
fn secrets_and_keys_are_requested_at_the_same_time() {
    // Neither request is answered before both are received.
    let both = Arc::new(Barrier::new(2));
    let server = Server::answering(move |request| {
        both.wait();
        let data = if request.body.contains("secret_value") {
            json!({ "secret_value": "s" })
        } else {
            json!({ "key_value": [{ "value": "k" }] })
        };
        reply(200, &[], json!({ "data": data }).to_string())
    });
    let print = ["/bin/sh", "-c", "echo $S $K"];
    home(&server.url()).run(&["-s", "S", "-k", "K"], &print).gives("s k\n");
}

#[test]
fn a_secret_that_is_found_locally_is_not_requested() {
    let server = cloud(&[("FAR", json!("far"))], &[]);
    let home = home(&server.url());
    let config = home.config_text() + "[context.secrets]\nNEAR = \"near\"\n";
    home.write(".prefect/config.toml", config);
    home.run(&["-s", "NEAR"], &["/usr/bin/printenv", "NEAR"]).gives("near\n");
    assert_eq!(server.connections(), 0);
    let print = ["/bin/sh", "-c", "echo $NEAR $FAR"];
    home.run(&["-s", "NEAR", "-s", "FAR"], &print).gives("near far\n");
    let requests = server.requests();
    assert_eq!(requests.len(), 1);
    assert!(!requests[0].body.contains("NEAR"), "{}", requests[0].body);
    // With --local nothing is requested at all.
    for pfx in [
        home.run(&["-s", "FAR", "--local"], &["/bin/true"]),
        home.run(&["-s", "FAR"], &["/bin/true"]).env("PREFECT__CLOUD__USE_LOCAL_SECRETS", "true"),
        home.run(&["-s", "FAR"], &["/bin/true"]).env("PREFECT__BACKEND", "server"),
    ] {
        assert_eq!(pfx.outcome().code(), Some(125));
    }
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn all_missing_names_are_reported_together() {
    let server = cloud(&[("A", json!("a")), ("B", json!({ "b": [1.50] }))], &[("K", json!("k"))]);
    let home = home(&server.url());
    let print = ["/bin/sh", "-c", "echo $A $B $K"];
    home.run(&["-s", "A", "-s", "B", "-k", "K"], &print).gives("a {\"b\":[1.5]} k\n");
    let outcome =
        home.run(&["-s", "A", "-s", "C", "-s", "D", "-k", "L", "-k", "K"], &print).outcome();
    assert_eq!(outcome.code(), Some(125));
    let said = outcome.stderr();
    assert!(said.contains("the secrets `C`, `D`: looked in"), "{said}");
    assert!(said.contains("and the key `L`: looked in"), "{said}");
    assert!(!said.contains("`A`") && !said.contains("`K`"), "{said}");
}

#[test]
fn null_is_an_error_that_names_the_secret_or_key() {
    let held = json!({ "password": null, "list": [null], "user": "u" });
    let server = cloud(&[("A", json!(null)), ("B", held)], &[("K", json!(null))]);
    let home = home(&server.url());
    home.write("dir/FILE", "{\"password\": null}");
    let null = |name: &str| {
        format!(
            "pfx: error: cannot use `{name}`: its value is JSON null, which a variable cannot hold\n"
        )
    };
    for (words, name) in [
        (&["run", "-s", "A", "true"][..], "A"),
        (&["run", "-s", "A?", "true"], "A"),
        (&["run", "-s", "A#/x", "true"], "A"),
        (&["run", "--file", "A", "true"], "A"),
        (&["run", "--all", "true"], "A"),
        (&["run", "-k", "K", "true"], "K"),
        (&["run", "-s", "X=B#/password", "true"], "B#/password"),
        (&["run", "-s", "X=B?#/list/0", "true"], "B#/list/0"),
        (&["export", "-s", "A", "--format", "json"], "A"),
        (&["check", "-s", "A"], "A"),
        (&["secret", "get", "A", "--remote"], "A"),
        (&["secret", "get", "A", "--remote", "--json"], "A"),
        (&["secret", "get", "B#/password", "--remote"], "B#/password"),
        (&["secret", "get", "--secrets-dir", "dir", "FILE#/password"], "FILE#/password"),
    ] {
        home.pfx(words).refuses(125, &null(name));
    }
    // A key can hold any JSON, and is printed as JSON.
    home.pfx(["kv", "get", "K"]).gives("null");
    home.pfx(["secret", "get", "B#/list", "--remote"]).gives("[null]");
    let count = server.requests().len();
    let set = home.pfx(["secret", "set", "A", "--remote", "--json"]);
    set.stdin("null").refuses(125, &null("A"));
    assert_eq!(server.requests().len(), count, "nothing is sent");
    // The text `null` is a text.
    home.pfx(["secret", "set", "T"]).stdin("null").gives("");
    home.pfx(["secret", "get", "T"]).gives("null");
}

#[test]
fn a_server_without_aliases_is_refused_after_one_request() {
    let code = json!({ "code": "GRAPHQL_VALIDATION_FAILED" });
    let absent = json!({ "path": ["secret_value"], "message": ABSENT });
    for (answer, says) in [
        (
            json!({ "errors": [{ "message": "x", "extensions": code }] }),
            "the server answered 200: GRAPHQL_VALIDATION_FAILED: x",
        ),
        (
            json!({ "data": { "secret_value": null }, "errors": [absent] }),
            "the server answered 200: No value found",
        ),
        (json!({ "data": { "secret_value": "v" } }), "`data.s0` is missing"),
    ] {
        let server = Server::json(&answer);
        let home = home(&server.url());
        let outcome = home.run(&["-s", "S0", "-s", "S1?"], &["/bin/echo", "started"]).outcome();
        assert_eq!((outcome.code(), outcome.stdout()), (Some(125), String::new()));
        assert!(outcome.stderr().contains(says), "{}", outcome.stderr());
        assert_eq!(server.requests().len(), 1);
    }
}

#[test]
fn listing_and_deleting_send_no_unnecessary_request() {
    let server = cloud(&[("A", json!("1"))], &[("K", json!(1))]);
    let home = home(&server.url());
    home.pfx(["secret", "list", "--remote"]).gives("A\n");
    home.pfx(["kv", "list"]).gives("K\n");
    home.pfx(["kv", "list", "--prefix", "X"]).gives("");
    let outcome = home.pfx(["secret", "delete", "B", "--remote"]).outcome();
    assert_eq!(outcome.code(), Some(1), "{}", outcome.said());
    let outcome = home.pfx(["kv", "delete", "L"]).outcome();
    assert_eq!(outcome.code(), Some(1), "{}", outcome.said());
    assert_eq!(server.requests().len(), 5);
}

#[test]
fn a_value_beyond_ten_kilobytes_as_prefect_counts_is_not_sent() {
    let count = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&count);
    let server = Server::answering(move |_| {
        seen.fetch_add(1, Ordering::SeqCst);
        reply(200, &[], json!({ "data": { "set_key_value": { "id": "1" } } }).to_string())
    });
    let home = home(&server.url());
    for (text, length) in
        [("x".repeat(9_998), 10_000), ("é".repeat(1_666), 9_998), ("🔑".repeat(833), 9_998)]
    {
        let set = |value: String| home.pfx(["kv", "set", "k", "-"]).stdin(value).outcome();
        let before = count.load(Ordering::SeqCst);
        let fits = set(text.clone());
        assert_eq!(fits.code(), Some(0), "{}", fits.stderr());
        assert_eq!(count.load(Ordering::SeqCst), before + 1);
        let over = set(text + "xxx");
        let says = format!("is {} characters long as JSON; the limit is 10000", length + 3);
        assert_eq!(over.code(), Some(125));
        assert!(over.stderr().contains(&says), "{}", over.stderr());
        assert_eq!(count.load(Ordering::SeqCst), before + 1);
    }
}

#[test]
fn the_key_is_sent_only_to_the_api() {
    // Another server that must receive nothing; and the command gets no key from a file.
    let other = Server::json(&json!({}));
    let server = cloud(&[("URL", json!(other.url()))], &[]);
    let home: Home = home(&server.url());
    let outcome = home.run(&["-s", "URL"], &["/usr/bin/env"]).outcome();
    assert!(!outcome.said().contains(API_KEY), "{}", outcome.said());
    assert_eq!((server.requests().len(), other.connections()), (1, 0));
    let request = &server.requests()[0];
    assert_eq!(request.header("authorization"), Some(&*format!("Bearer {API_KEY}")));
    let rest = format!("{} {}", request.path, request.body);
    assert!(!rest.contains(API_KEY));
}

#[test]
fn the_key_and_the_value_occur_only_in_the_necessary_system_calls() {
    need!(strace_as_root());
    let value = "CANARY-VALUE-42";
    let server = cloud(&[("X", json!(value))], &[]);
    let home = home(&server.url());
    let before = home.contents();
    let options = ["-v", "-yy", "-s", "65536"];
    let trace = traced(&home, &options, &["run", "-v", "-s", "X", "--", "/bin/true"], |pfx| pfx);
    assert_eq!(trace.outcome.code(), Some(0), "{}", trace.outcome.stderr());
    let commands = trace.calls("execve");
    let (first, last) = (commands[0], commands[commands.len() - 1]);
    assert!(!first.contains("CANARY") && last.contains(value) && !last.contains(API_KEY));
    let mut seen = (0, 0);
    for line in trace.text.lines().filter(|line| line.contains("CANARY") && *line != last) {
        let of_api = line.contains("<TCP:[") && !line.contains("<TCP:[::");
        let is_sent =
            of_api && ["write(", "writev(", "sendto("].iter().any(|call| line.contains(call));
        let is_received = of_api && ["read(", "recvfrom("].iter().any(|call| line.contains(call));
        let is_config = line.contains(".prefect/config.toml>") && line.contains("read(");
        match (line.contains(API_KEY), line.contains(value)) {
            (true, false) if is_sent || is_config => seen.0 += 1,
            (false, true) if is_received => seen.1 += 1,
            _ => panic!("{line}"),
        }
    }
    assert!(seen.0 >= 2 && seen.1 >= 1, "{seen:?} in {}", trace.text);
    assert_eq!(home.contents(), before);
}
