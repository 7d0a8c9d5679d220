//! NET-20 to NET-22: proxies, by CONNECT and for https only.

use serde_json::json;

use super::{LATE, each, failure, run};
use crate::support::cloud1::{API_KEY, home, value};
use crate::support::needs::authorities;
use crate::support::tls::{Authority, wrap};
use crate::support::{Dialogue, Home, Pfx, Server, Stream, reply};

/// A host name that only a proxy could resolve (RFC 6761, 6.4).
const FAR: &str = "https://prefect.invalid";

fn through(home: &Home, proxy: &Server) -> Pfx {
    let url = format!("http://me:CANARY@127.0.0.1:{}", proxy.port());
    run(home).env("HTTPS_PROXY", url)
}

/// Whether anything that a proxy received contains the key.
fn has_key(proxy: &Server) -> bool {
    format!("{:?}", proxy.requests()).contains(API_KEY)
}

#[test]
fn a_proxy_that_fails_is_named_without_its_password() {
    type Act = fn(&mut Dialogue);
    need!(authorities());
    let acts: [(&str, &str, Act); 5] = [
        ("407", "the proxy requires a user name and a password", |dialogue| {
            let _ = dialogue.send(reply(407, &[("Proxy-Authenticate", "Basic")], "CANARY"));
        }),
        ("403", "the proxy did not open a connection to the server", |dialogue| {
            let _ = dialogue.send(reply(403, &[], "CANARY"));
        }),
        ("closed", "the request to https://prefect.invalid failed", |_| {}),
        ("garbage", "the proxy did not open a connection to the server", |dialogue| {
            let _ = dialogue.send("SSH-2.0-CANARY\r\n\r\n");
        }),
        ("silence", LATE, |dialogue| dialogue.fall_silent()),
    ];
    each(&acts, |&(name, says, act)| {
        let proxy = Server::new(move |dialogue| {
            if dialogue.request().is_some() {
                act(dialogue);
            }
        });
        let problem = failure(through(&home(FAR), &proxy), says);
        let requests = proxy.requests();
        let first = requests.first().map(|one| (one.method.clone(), one.path.clone()));
        let right = first == Some(("CONNECT".to_owned(), "prefect.invalid:443".to_owned()));
        let problem = problem.or_else(|| (!right).then(|| format!("asked for {first:?}")));
        let problem = problem.or_else(|| has_key(&proxy).then(|| "it has the key".to_owned()));
        problem.map(|problem| format!("{name}: {problem}"))
    });
    // The message names the proxy if the proxy fails.
    let proxy = Server::answering(|_| reply(407, &[], ""));
    let says = format!("(through the proxy 127.0.0.1:{}, set in HTTPS_PROXY)", proxy.port());
    assert_eq!(failure(through(&home(FAR), &proxy), &says), None);
}

/// A proxy that connects every client to itself, and uses a certificate of this authority.
fn intercepting(authority: &Authority) -> Server {
    let inner = wrap(authority.identity(&["prefect.invalid"], |_| {}));
    let outer = move |mut stream: std::net::TcpStream| -> Option<Box<dyn Stream>> {
        use std::io::{BufRead as _, BufReader, Write as _};
        let mut lines = BufReader::new(stream.try_clone().ok()?).lines();
        while !lines.next()?.ok()?.is_empty() {}
        stream.write_all(b"HTTP/1.1 200 Connected\r\n\r\n").ok()?;
        inner(stream)
    };
    Server::on([127, 0, 0, 1].into(), outer, |dialogue| {
        dialogue.answer_all(&|_| value(&json!("v")));
    })
}

#[test]
fn a_proxy_forwards_and_cannot_read() {
    need!(authorities());
    let authority = Authority::new();
    let proxy = intercepting(&authority);
    let home = home(FAR);
    // NET-22: its own certificate is not trusted.
    assert_eq!(
        failure(through(&home, &proxy), "TLS: the server's certificate is not signed"),
        None
    );
    assert!(proxy.requests().is_empty());
    // The same server instead of the API: if it is trusted, it is the API.
    let trusted = home.write("ca.pem", authority.pem());
    for (variable, host) in
        [("HTTPS_PROXY", "127.0.0.1"), ("https_proxy", "localhost"), ("HTTPS_PROXY", "x.localhost")]
    {
        let url = format!("http://{host}:{}", proxy.port());
        let print = home.run(&["-s", "X"], &["/usr/bin/printenv", "X"]);
        print.env("SSL_CERT_FILE", &trusted).env(variable, url).gives("v\n");
    }
    let key = format!("Bearer {API_KEY}");
    assert_eq!(proxy.requests()[0].header("authorization"), Some(&*key));
    assert_eq!(proxy.requests()[0].header("proxy-authorization"), None);
}

#[test]
fn no_proxy_is_used_for_loopback_and_for_exceptions() {
    let proxy = Server::answering(|_| reply(500, &[], ""));
    let url = proxy.url();
    let api = Server::answering(|_| value(&json!("v")));
    for name in ["127.0.0.1", "localhost", "x.localhost"] {
        let home = home(&format!("http://{name}:{}", api.port()));
        let mut print = home.run(&["-s", "X"], &["/usr/bin/printenv", "X"]);
        for variable in ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY"] {
            print = print.env(variable, &url);
        }
        print.gives("v\n");
    }
    // HTTP_PROXY may come from a header of a CGI request (httpoxy), and pfx does not support ALL_PROXY.
    for (variable, exceptions) in [
        ("HTTP_PROXY", ""),
        ("ALL_PROXY", ""),
        ("HTTPS_PROXY", "*"),
        ("HTTPS_PROXY", "prefect.invalid"),
        ("HTTPS_PROXY", ".invalid"),
        ("HTTPS_PROXY", "example.com, invalid"),
    ] {
        let home = home(FAR);
        let run = run(&home).env(variable, &url).env("NO_PROXY", exceptions);
        assert_eq!(failure(run, "the request to https://prefect.invalid failed"), None);
    }
    assert_eq!(proxy.connections(), 0);
}

#[test]
fn an_invalid_proxy_url_is_an_error_that_does_not_show_it() {
    for url in ["http://me:CANARY@", "::CANARY", "socks5://me:CANARY@127.0.0.1:1"] {
        let home = home(FAR);
        let run = run(&home).env("HTTPS_PROXY", url);
        assert_eq!(failure(run, "HTTPS_PROXY"), None, "{url}");
    }
}
