//! API-06: a write is sent once, and if its outcome is unknown, the error says so.

use super::{LATE, NEVER, each, failure};
use crate::support::cloud1::{API_KEY, home};
use crate::support::{Dialogue, Home, Pfx, Server, reply};

/// The commands that write, each with a value that must not be shown.
fn writes(home: &Home) -> Vec<Pfx> {
    let set = home.pfx(["kv", "set", "k", "CANARY", "-v"]);
    let secret = home.pfx(["secret", "set", "S", "--remote", "-v"]).stdin("CANARY");
    vec![set, secret]
}

#[test]
fn a_write_is_not_sent_again_if_the_response_is_lost() {
    type Act = fn(&mut Dialogue);
    let acts: [(&str, &str, Act); 5] = [
        ("silence", LATE, |dialogue| dialogue.fall_silent()),
        ("closed", "the connection was lost", |_| {}),
        ("500", "the server answered 500", |dialogue| {
            drop(dialogue.send(reply(500, &[], "CANARY")));
        }),
        ("503", "the server answered 503", |dialogue| {
            drop(dialogue.send(reply(503, &[("Retry-After", "0")], "CANARY")));
        }),
        ("API_ERROR", "the server answered 200: API_ERROR", |dialogue| {
            let body =
                r#"{"errors": [{"message": "CANARY", "extensions": {"code": "API_ERROR"}}]}"#;
            drop(dialogue.send(reply(200, &[], body)));
        }),
    ];
    each(&acts, |&(name, says, act)| {
        let server = Server::new(move |dialogue| {
            if dialogue.request().is_some() {
                act(dialogue);
            }
        });
        let home = home(&server.url());
        let says =
            format!("the request was sent to {}, but its outcome is unknown: {says}", server.url());
        for (index, pfx) in writes(&home).into_iter().enumerate() {
            let problem = failure(pfx.env("PFX_TIMEOUT", NEVER), &says);
            let seen = server.requests().len();
            let twice = (seen != index + 1).then(|| format!("{seen} requests"));
            if let Some(problem) = problem.or(twice) {
                return Some(format!("{name}: {problem}"));
            }
        }
        None
    });
}

#[test]
fn the_error_for_a_refused_write_does_not_quote_the_server_which_may_quote_the_value() {
    let body = format!(
        r#"{{"errors": [{{"message": "CANARY {API_KEY}", "extensions": {{"code": "VALIDATION_ERROR"}}}}]}}"#
    );
    for status in [200, 400] {
        let answer = reply(status, &[], &body);
        let server = Server::answering(move |_| answer.clone());
        for pfx in writes(&home(&server.url())) {
            assert_eq!(
                failure(pfx, &format!("the server answered {status}: VALIDATION_ERROR")),
                None
            );
        }
    }
}
