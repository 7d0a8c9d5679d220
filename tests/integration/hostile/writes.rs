//! API-06: what is written is written once, and if nobody knows whether, that is told.

use super::{LATE, NEVER, each, failure};
use crate::support::cloud1::{API_KEY, home};
use crate::support::{Dialogue, Home, Pfx, Server, reply};

/// The commands that write, each with a value that nobody may see.
fn writes(home: &Home) -> Vec<Pfx> {
    let set = home.pfx(["kv", "set", "k", "CANARY", "-v"]);
    let secret = home.pfx(["secret", "set", "S", "--remote", "-v"]).stdin("CANARY");
    vec![set, secret]
}

#[test]
fn a_write_whose_answer_is_lost_is_not_sent_again() {
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
fn a_refused_write_is_told_without_the_servers_words_which_may_repeat_the_value() {
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
