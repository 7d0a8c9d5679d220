//! NET-17 to NET-19: no redirect is followed, whatever its target; the credential is sent nowhere else.

use super::{each, failure, run};
use crate::support::cloud1::home;
use crate::support::{Server, reply};

#[test]
fn no_redirect_is_followed_and_the_error_names_the_host_of_its_target() {
    let other = Server::json(&serde_json::json!({ "data": { "secret_value": "CANARY" } }));
    let port = other.port();
    let to_other = format!("http://127.0.0.1:{port}");
    let by_name = format!("http://localhost:{port}");
    let mut cases: Vec<(u16, String, String)> = Vec::new();
    for status in [301, 302, 303, 307, 308] {
        cases.push((status, format!("{to_other}/CANARY?key=CANARY"), to_other.clone()));
        cases.push((status, format!("{by_name}/CANARY"), by_name.clone()));
    }
    for (location, shown) in [
        (format!("//127.0.0.1:{port}/x"), to_other.as_str()),
        (format!("\\\\127.0.0.1:{port}\\x"), &to_other),
        (format!("http://user:CANARY@127.0.0.1:{port}/"), &to_other),
        ("https://evil.example/CANARY".to_owned(), "https://evil.example"),
        ("file:///etc/passwd?CANARY".to_owned(), "a file: URL"),
        ("ftp://evil.example/".to_owned(), "a ftp: URL"),
        ("javascript:CANARY".to_owned(), "a javascript: URL"),
        ("http://[CANARY".to_owned(), "an invalid URL"),
    ] {
        cases.push((302, location, shown.to_owned()));
    }
    each(&cases, |(status, location, shown)| {
        let answer = reply(*status, &[("Location", location)], "");
        let server = Server::answering(move |_| answer.clone());
        let says = format!("the server redirects to {shown}, and pfx does not follow redirects");
        let problem = failure(run(&home(&server.url())), &says);
        let seen = server.requests().len();
        let problem = problem.or_else(|| (seen != 1).then(|| format!("{seen} requests")));
        problem.map(|problem| format!("{status} {location}: {problem}"))
    });
    assert_eq!(other.connections(), 0, "somebody followed");
}

#[test]
fn a_redirect_to_itself_or_without_a_target_ends_after_one_request() {
    for location in ["/", "", "?again"] {
        let answer = reply(307, &[("Location", location)], "");
        let server = Server::answering(move |_| answer.clone());
        assert_eq!(
            failure(run(&home(&server.url())), &format!("redirects to {}", server.url())),
            None
        );
        assert_eq!(server.requests().len(), 1);
    }
}
