//! TLS-01 to TLS-11: certificates and handshakes.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, SanType, date_time_ymd};
use serde_json::json;

use super::{CANARY, LATE, each, failure, measured, run, unclear};
use crate::support::cloud1::{API_KEY, home, value};
use crate::support::needs::authorities;
use crate::support::tls::{Authority, Identity, self_signed, server};
use crate::support::{Dialogue, Home, Pfx, Server};

fn answers(dialogue: &mut Dialogue) {
    dialogue.answer_all(&|_| value(&json!("v")));
}

/// A home that is configured for a server with this name, and trusts this authority.
fn trusting(authority: &Authority, name: &str, port: u16) -> Home {
    let home = home(&format!("https://{name}:{port}"));
    home.write("ca.pem", authority.pem());
    home
}

fn trusted(home: &Home, pfx: Pfx) -> Pfx {
    pfx.env("SSL_CERT_FILE", home.join("ca.pem"))
}

fn prints(home: &Home) -> Pfx {
    home.run(&["-s", "X"], &["/usr/bin/printenv", "X"])
}

#[test]
fn a_certificate_of_a_named_authority_is_accepted_for_a_name_and_for_an_address() {
    // TLS-05, TLS-11.
    let authority = Authority::new();
    let names = ["localhost", "127.0.0.1"];
    let server = server(authority.identity(&names, |_| {}), answers);
    for name in ["localhost", "127.0.0.1", "LOCALHOST"] {
        let home = trusting(&authority, name, server.port());
        trusted(&home, prints(&home)).gives("v\n");
        for variable in ["REQUESTS_CA_BUNDLE", "PREFECT_API_SSL_CERT_FILE"] {
            prints(&home).env(variable, home.join("ca.pem")).gives("v\n");
            // A machine without certificate authorities, such as an empty container.
            let pfx = prints(&home).env(variable, home.join("ca.pem"));
            pfx.env("SSL_CERT_DIR", home.join("nothing")).gives("v\n");
        }
    }
    assert_eq!(server.requests()[0].header("authorization"), Some(&*format!("Bearer {API_KEY}")));
}

#[test]
fn a_bad_certificate_is_refused_and_nothing_is_sent() {
    // TLS-01 to TLS-04.
    type Change = fn(&mut CertificateParams);
    let none: Change = |_| {};
    let expired: Change = |parameters| parameters.not_after = date_time_ymd(2020, 1, 1);
    let early: Change = |parameters| parameters.not_before = date_time_ymd(2090, 1, 1);
    let client: Change = |parameters| {
        parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    };
    let common_name: Change = |parameters| {
        parameters.subject_alt_names = Vec::new();
        parameters.distinguished_name.push(DnType::CommonName, "localhost");
    };
    let wildcard: Change = |parameters| {
        let name = "*.a.localhost".try_into().expect("a name");
        parameters.subject_alt_names = vec![SanType::DnsName(name)];
    };
    let (ours, other) = (Authority::new(), Authority::new());
    let of = |change: Change| ours.identity(&["localhost"], change);
    let unknown = "TLS: the server's certificate is not signed by a trusted authority; to trust another one, set SSL_CERT_FILE";
    let name = "TLS: the server's certificate is for a different host name";
    let cases: Vec<(&str, &str, Identity)> = vec![
        ("self-signed", unknown, self_signed(&["localhost"]).0),
        ("another authority", unknown, other.identity(&["localhost"], none)),
        ("expired", "has expired, or this machine's clock is wrong", of(expired)),
        ("not yet valid", "is not valid yet, or this machine's clock is wrong", of(early)),
        ("another name", name, ours.identity(&["example.com", "127.0.0.1"], none)),
        ("only a common name", name, of(common_name)),
        ("a wildcard", name, of(wildcard)),
        ("for clients", "TLS: the server's certificate is not valid", of(client)),
        ("signed by no authority", "TLS: ", ours.identity_of_no_authority(&["localhost"])),
    ];
    let cases: Vec<_> = cases
        .into_iter()
        .map(|(case, says, identity)| (case, says, server(identity, answers)))
        .collect();
    each(&cases, |(case, says, server)| {
        let home = trusting(&ours, "localhost", server.port());
        let problem = failure(trusted(&home, run(&home)), says);
        let problem =
            problem.or_else(|| (!server.requests().is_empty()).then(|| "sent".to_owned()));
        problem.map(|problem| format!("{case}: {problem}"))
    });
}

#[test]
fn an_invalid_file_of_authorities_is_an_error_and_not_ignored() {
    // TLS-05.
    let authority = Authority::new();
    let server = server(authority.identity(&["localhost"], |_| {}), answers);
    let home = trusting(&authority, "localhost", server.port());
    let empty = home.write("empty.pem", "");
    let garbage = home.write("garbage.pem", "CANARY\n-----BEGIN CERTIFICATE-----\nCANARY\n");
    let huge = home.write("huge.pem", "x".repeat(10 << 20));
    let missing = home.join("missing.pem");
    for variable in ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"] {
        for path in [&empty, &garbage, &huge, &missing] {
            let (outcome, _) = measured(run(&home).env(variable, path));
            assert_eq!(unclear(&outcome, &path.display().to_string()), None);
            let is_missing = outcome.stderr().contains("No such file or directory");
            assert_eq!(is_missing, path == &missing, "{}", outcome.stderr());
        }
    }
    // Such files may have text around a certificate (RFC 7468, 2).
    let text = format!("# CANARY\n{}\nmore\n", authority.pem());
    prints(&home).env("SSL_CERT_FILE", home.write("text.pem", text)).gives("v\n");
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn an_invalid_handshake_is_refused_and_a_missing_one_awaited_until_the_deadline() {
    need!(authorities());
    // TLS-06 to TLS-08.
    let plain = |act: fn(&mut Dialogue)| Server::new(act);
    let cases: Vec<(&str, &str, Server)> = vec![
        (
            "http",
            "TLS: the server does not use TLS on this port",
            plain(|dialogue| {
                let _ = dialogue.send("HTTP/1.1 400 Bad Request\r\n\r\nCANARY");
            }),
        ),
        (
            "ssh",
            "TLS: the server does not use TLS on this port",
            plain(|dialogue| {
                let _ = dialogue.send("SSH-2.0-CANARY\r\n");
                dialogue.fall_silent();
            }),
        ),
        ("closed", "the request to", plain(|_| {})),
        ("silence", LATE, plain(Dialogue::fall_silent)),
        (
            "drips",
            LATE,
            plain(|dialogue| {
                dialogue.drip(
                    [&[22, 3, 3, 0x20, 0][..], &[0; 1000]].concat(),
                    Duration::from_millis(500),
                );
            }),
        ),
        // A server hello of TLS 1.1.
        (
            "TLS 1.1",
            "TLS: the server does not support TLS 1.2 or later",
            plain(|dialogue| {
                let hello = [&[3, 2][..], &[7; 32], &[0, 0xc0, 0x13, 0]].concat();
                let length = u8::try_from(hello.len()).expect("short");
                let record = [&[22, 3, 2, 0, length + 4, 2, 0, 0, length], &hello[..]].concat();
                let _ = dialogue.send(record);
                dialogue.fall_silent();
            }),
        ),
        (
            "an alert",
            "TLS: the server refused the handshake",
            plain(|dialogue| {
                let _ = dialogue.send([21, 3, 1, 0, 2, 2, 70]);
                dialogue.fall_silent();
            }),
        ),
    ];
    each(&cases, |(case, says, server)| {
        let home = home(&format!("https://localhost:{}", server.port()));
        failure(run(&home), says).map(|problem| format!("{case}: {problem}"))
    });
}

#[test]
fn a_truncated_response_without_a_length_is_an_error() {
    // TLS-09: closed without close_notify, as an attacker can.
    let authority = Authority::new();
    let server = server(authority.identity(&["localhost"], |_| {}), |dialogue| {
        if dialogue.request().is_some() {
            let body = format!(r#"{{"data": {{"secret_value": "{CANARY}"}}}}"#);
            let _ = dialogue.send(format!("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{body}"));
        }
    });
    let home = trusting(&authority, "localhost", server.port());
    assert_eq!(failure(trusted(&home, run(&home)), "damaged or incomplete"), None);
}

#[test]
fn no_session_key_is_logged() {
    // TLS-10.
    let authority = Authority::new();
    let server = server(authority.identity(&["localhost"], |_| {}), answers);
    let home = trusting(&authority, "localhost", server.port());
    let log = home.join("keys.log");
    trusted(&home, prints(&home)).env("SSLKEYLOGFILE", &log).gives("v\n");
    assert!(!log.exists());
}

#[test]
fn the_handshake_is_tls_1_2_or_later_and_does_not_contain_the_key() {
    need!(authorities());
    let (sender, receiver) = std::sync::mpsc::channel();
    let sender = std::sync::Mutex::new(sender);
    let wrap = move |mut stream: TcpStream| {
        let mut hello = vec![0; 4096];
        let count = stream.read(&mut hello).unwrap_or_default();
        hello.truncate(count);
        let _ = stream.write_all(&[21, 3, 1, 0, 2, 2, 40]);
        let _ = sender.lock().expect("nobody panics").send(hello);
        None
    };
    let server = Server::on([127, 0, 0, 1].into(), wrap, |_| {});
    let home = home(&format!("https://localhost:{}", server.port()));
    assert_eq!(failure(run(&home), "TLS: the server refused the handshake"), None);
    let hello = receiver.recv().expect("a hello");
    // A handshake record with a client hello in it (RFC 8446, 4.1.2; 4.2.1 for the versions).
    assert_eq!((hello[0], hello[5]), (22, 1));
    let versions = hello.windows(9).find(|window| window[..2] == [0, 43] && window[4] == 4);
    assert_eq!(versions.map(|window| &window[5..]), Some(&[3, 4, 3, 3][..]));
    assert!(!hello.windows(API_KEY.len()).any(|window| window == API_KEY.as_bytes()));
}
