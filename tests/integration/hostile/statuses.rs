//! API-01 to API-05: statuses, and when a read is sent again.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::{each, failure, run};
use crate::support::cloud1::{home, value};
use crate::support::{Server, reply};
use serde_json::json;

/// A server that fails this many times and then answers.
fn troubled(times: usize, status: u16, headers: &'static [(&'static str, &'static str)]) -> Server {
    let count = Arc::new(AtomicUsize::new(0));
    Server::answering(move |_| match count.fetch_add(1, Ordering::SeqCst) {
        now if now < times => reply(status, headers, "<html>CANARY</html>"),
        _ => value(&json!("v")),
    })
}

#[test]
fn a_refusal_is_reported_with_its_status_and_not_retried() {
    let cases = [400, 401, 403, 404, 405, 409, 413, 418, 422, 451, 501, 505, 999];
    each(&cases, |&status| {
        let server = troubled(usize::MAX, status, &[]);
        let problem = failure(run(&home(&server.url())), &format!("the server answered {status}"));
        let seen = server.requests().len();
        let problem = problem.or_else(|| (seen != 1).then(|| format!("{seen} requests")));
        problem.map(|problem| format!("{status}: {problem}"))
    });
}

#[test]
fn the_error_for_a_credential_that_is_not_accepted_names_its_place() {
    for status in [401, 403] {
        let server = troubled(usize::MAX, status, &[]);
        let home = home(&server.url());
        let config = home.config();
        let says =
            format!("the server answered {status} to the credential from {}", config.display());
        assert_eq!(failure(run(&home), &says), None);
        let variable = run(&home).env("PREFECT__CLOUD__API_KEY", "CANARY");
        let says = format!("{status} to the credential from PREFECT__CLOUD__API_KEY");
        assert_eq!(failure(variable, &says), None);
    }
}

#[test]
fn a_server_with_errors_gets_three_requests_within_the_deadline() {
    let cases = [429, 500, 502, 503, 504];
    each(&cases, |&status| {
        let server = troubled(usize::MAX, status, &[]);
        let problem = failure(run(&home(&server.url())), &format!("the server answered {status}"));
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
fn retry_after_is_respected_if_it_fits_the_deadline_and_ends_the_retries_if_not() {
    // API-02, API-03: the header, the number of requests, and the minimum time that pfx waits.
    let cases: [(&'static str, usize, Duration); 10] = [
        ("9999", 1, Duration::ZERO),
        ("99999999999999999999999", 1, Duration::ZERO),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 1, Duration::ZERO),
        ("1", 3, Duration::from_secs(2)),
        ("-1", 3, Duration::ZERO),
        ("soon", 3, Duration::ZERO),
        ("1e23", 3, Duration::ZERO),
        ("0.5", 3, Duration::ZERO),
        ("", 3, Duration::ZERO),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 3, Duration::ZERO),
    ];
    each(&cases, |&(header, tries, least)| {
        let headers: &'static [(&str, &str)] = Box::leak(Box::new([("Retry-After", header)]));
        let server = troubled(usize::MAX, 429, headers);
        let started = Instant::now();
        // pfx must not wait in vain: the run would count as hanging.
        let problem = failure(run(&home(&server.url())), "the server answered 429");
        let (seen, took) = (server.requests().len(), started.elapsed());
        let problem = problem.or_else(|| {
            let is_right = seen == tries && took >= least;
            (!is_right).then(|| format!("{seen} requests in {took:?}"))
        });
        problem.map(|problem| format!("{header:?}: {problem}"))
    });
}
