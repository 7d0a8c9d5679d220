//! Promises 6 and 7, briefly; `requests.rs` and `hostile/` test them in detail.

use serde_json::json;

use crate::support::cloud1::{API_KEY, cloud, home};
use crate::support::{Server, reply};

#[test]
fn promise_6_one_request_for_each_kind_of_thing() {
    let server = cloud(&[("A", json!("a")), ("B", json!("b"))], &[("K", json!("k"))]);
    let print = ["/bin/sh", "-c", "echo $A $B $K"];
    home(&server.url()).run(&["-s", "A", "-s", "B", "-k", "K"], &print).gives("a b k\n");
    assert_eq!(server.requests().len(), 2);
}

#[test]
fn promise_6_one_deadline_whatever_the_server_does() {
    let server = Server::new(|dialogue| {
        if dialogue.request().is_some() {
            dialogue.flood("HTTP/1.1 103 Early Hints\r\n\r\n");
        }
    });
    // A run that waits longer than its deadline hangs, because the server never stops.
    let bind = ["-s", "A", "--timeout", "1"];
    let outcome = home(&server.url()).run(&bind, &["/bin/echo", "started"]).outcome();
    assert_eq!((outcome.code(), outcome.stdout()), (Some(125), String::new()));
}

#[test]
fn promise_7_a_credential_goes_to_the_configured_origin_only() {
    let other = Server::json(&json!({}));
    let answer = reply(307, &[("Location", &other.url())], "");
    let server = Server::answering(move |_| answer.clone());
    let outcome = home(&server.url()).run(&["-s", "A"], &["/bin/true"]).outcome();
    assert_eq!((outcome.code(), other.connections()), (Some(125), 0));
    let plain = home("http://api.prefect.io").run(&["-s", "A"], &["/bin/true"]).outcome();
    assert_eq!(plain.code(), Some(125));
    assert!(plain.stderr().contains("secrets are sent over https only"), "{}", plain.stderr());
}

#[test]
fn promise_7_a_credential_from_a_file_does_not_enter_the_command() {
    let server = cloud(&[("A", json!("a"))], &[]);
    let outcome = home(&server.url()).run(&["-s", "A"], &["/usr/bin/env"]).outcome();
    assert_eq!(outcome.code(), Some(0));
    assert!(outcome.stdout().contains("A=a\n") && !outcome.said().contains(API_KEY));
}
