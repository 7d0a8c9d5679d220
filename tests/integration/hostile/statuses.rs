//! API-01 to API-05: statuses, and when a read is sent again.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::{each, failure, measured, run, unclear};
use crate::support::cloud1::{home, value};
use crate::support::{Server, reply};
use serde_json::json;

/// A server that fails so often and then answers.
fn troubled(times: usize, status: u16, headers: &'static [(&'static str, &'static str)]) -> Server {
    let count = Arc::new(AtomicUsize::new(0));
    Server::answering(move |_| match count.fetch_add(1, Ordering::SeqCst) {
        now if now < times => reply(status, headers, "<html>CANARY</html>"),
        _ => value(&json!("v")),
    })
}

#[test]
fn a_refusal_is_told_by_its_status_and_not_asked_again() {
    let cases = [400, 401, 403, 404, 405, 409, 413, 418, 422, 451, 501, 505, 999];
    each(&cases, |&status| {
        let server = troubled(usize::MAX, status, &[]);
        let problem = failure(run(&home(&server.url())), &format!("it answered {status}"));
        let seen = server.requests().len();
        let problem = problem.or_else(|| (seen != 1).then(|| format!("{seen} requests")));
        problem.map(|problem| format!("{status}: {problem}"))
    });
}

#[test]
fn a_credential_that_is_not_accepted_is_told_by_where_it_is_from() {
    for status in [401, 403] {
        let server = troubled(usize::MAX, status, &[]);
        let home = home(&server.url());
        let config = home.config();
        let says = format!("it answered {status} to the credential from {}", config.display());
        assert_eq!(failure(run(&home), &says), None);
        let variable = run(&home).env("PREFECT__CLOUD__API_KEY", "CANARY");
        let says = format!("{status} to the credential from PREFECT__CLOUD__API_KEY");
        assert_eq!(failure(variable, &says), None);
    }
}

#[test]
fn a_server_in_trouble_is_asked_three_times_within_the_deadline() {
    let cases = [429, 500, 502, 503, 504];
    each(&cases, |&status| {
        let server = troubled(usize::MAX, status, &[]);
        let problem = failure(run(&home(&server.url())), &format!("it answered {status}"));
        let seen = server.requests().len();
        problem.or_else(|| (seen != 3).then(|| format!("{status}: {seen} requests")))
    });
}

#[test]
fn a_server_that_recovers_gives_its_value() {
    for status in [429, 500, 503] {
        let server = troubled(2, status, &[]);
        home(&server.url()).run(&["-s", "X"], &["/usr/bin/printenv", "X"]).gives("v\n");
        assert_eq!(server.requests().len(), 3);
    }
}

#[test]
fn retry_after_is_heeded_where_it_fits_and_ends_the_trying_where_it_does_not() {
    // API-02, API-03: the header, and how many requests are made within 2 s.
    let cases: [(&'static str, usize); 10] = [
        ("9999", 1),
        ("99999999999999999999999", 1),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 1),
        ("1", 2),
        ("-1", 3),
        ("soon", 3),
        ("1e23", 3),
        ("0.5", 3),
        ("", 3),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 3),
    ];
    each(&cases, |&(header, tries)| {
        let headers: &'static [(&str, &str)] = Box::leak(Box::new([("Retry-After", header)]));
        let server = troubled(usize::MAX, 429, headers);
        let started = Instant::now();
        let (outcome, took, _) = measured(run(&home(&server.url())));
        let seen = server.requests().len();
        if seen != tries {
            return Some(format!("{header:?}: {seen} requests in {:?}", started.elapsed()));
        }
        // What is hopeless is not waited for.
        if tries == 1 && took > Duration::from_secs(1) {
            return Some(format!("{header:?}: {took:?}"));
        }
        unclear(&outcome, "it answered 429").map(|problem| format!("{header:?}: {problem}"))
    });
}
