//! NET-02 to NET-04: name servers and addresses that never respond. These tests need their own network
//! namespace, and therefore root.

use std::io::ErrorKind;
use std::net::{IpAddr, TcpListener, TcpStream, UdpSocket};
use std::os::fd::AsRawFd as _;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use nix::libc;
use serde_json::json;

use super::{failure, run};
use crate::support::cloud1::{home, value};
use crate::support::needs::{Missing, namespaces, tools};
use crate::support::tls::{Authority, wrap};
use crate::support::{Home, Server};

/// The requirements of [`in_network`].
pub fn network() -> Result<(), Missing> {
    namespaces()?;
    tools(&["ip"])
}

/// Calls `act` in a network namespace with only loopback and `2001:db8::9`, with these files as
/// /etc/resolv.conf and /etc/hosts.
pub fn in_network(resolver: &str, hosts: &str, act: impl FnOnce() + Send + 'static) {
    let files = Home::new();
    let resolver = files.write("resolv.conf", resolver);
    let hosts = files.write("hosts", hosts);
    let inside = thread::spawn(move || {
        // SAFETY: only this thread gets the new namespaces, and it ends with them.
        assert_eq!(unsafe { libc::unshare(libc::CLONE_NEWNET | libc::CLONE_NEWNS) }, 0, "unshare");
        let script = format!(
            "set -e
            mount --make-rprivate /
            mount --bind {} /etc/resolv.conf
            mount --bind {} /etc/hosts
            ip link set lo up
            ip -6 address add 2001:db8::9/128 dev lo nodad",
            resolver.display(),
            hosts.display()
        );
        let status = Command::new("/bin/sh").args(["-c", &script]).status().expect("a shell");
        assert!(status.success(), "the network is set up");
        act();
    });
    if let Err(panic) = inside.join() {
        std::panic::resume_unwind(panic);
    }
}

/// A port that neither accepts nor refuses connections: its queue is full (listen(2), tcp(7)).
struct Full {
    listener: TcpListener,
    _waiting: Vec<thread::JoinHandle<()>>,
}

impl Full {
    fn new(address: IpAddr, port: u16) -> Self {
        let listener = TcpListener::bind((address, port)).expect("a port");
        // SAFETY: listen(2) on a socket that listens changes the length of its queue.
        assert_eq!(unsafe { libc::listen(listener.as_raw_fd(), 0) }, 0);
        let to = listener.local_addr().expect("an address");
        // The kernel may create the route to a new address a moment after the address.
        let started = Instant::now();
        let first = loop {
            match TcpStream::connect(to) {
                Err(error)
                    if error.kind() == ErrorKind::NetworkUnreachable
                        && started.elapsed() < Duration::from_mins(1) => {}
                other => break other.expect("the one that fits"),
            }
        };
        let patience = Duration::from_secs(1);
        let mut waiting = vec![thread::spawn(move || drop(first.peek(&mut [0])))];
        while let Ok(more) = TcpStream::connect_timeout(&to, patience) {
            waiting.push(thread::spawn(move || drop(more.peek(&mut [0]))));
        }
        Self { listener, _waiting: waiting }
    }
}

#[test]
fn pfx_waits_for_a_silent_name_server_until_the_deadline() {
    need!(network());
    let late = "the request to https://prefect.test failed: timed out after 2 s";
    in_network("nameserver 127.0.0.1\n", "", move || {
        let _silent = UdpSocket::bind("127.0.0.1:53").expect("the port of name servers");
        assert_eq!(failure(run(&home("https://prefect.test")), late), None);
    });
}

#[test]
fn an_unknown_host_name_is_reported_at_once() {
    need!(network());
    in_network("nameserver 127.0.0.1\n", "", || {
        let says = "could not resolve the host name";
        assert_eq!(failure(run(&home("https://prefect.test")), says), None);
    });
    in_network("", "", || {
        let says = "could not resolve the host name";
        assert_eq!(failure(run(&home("https://prefect.test")), says), None);
    });
}

#[test]
fn pfx_waits_for_a_silent_address_until_the_deadline() {
    need!(network());
    in_network("", "", || {
        let full = Full::new([127, 0, 0, 1].into(), 0);
        let url = format!("https://{}", full.listener.local_addr().expect("an address"));
        let late = format!("the request to {url} failed: timed out after 2 s");
        assert_eq!(failure(run(&home(&url)), &late), None);
    });
}

#[test]
fn missing_certificate_authorities_are_reported() {
    need!(network());
    for bundle in [
        "true",
        // An empty bundle is the same.
        "mkdir /etc/ssl/certs && echo nothing > /etc/ssl/certs/ca-certificates.crt",
    ] {
        in_network("", "", move || {
            let script = format!(
                "set -e
                for each in /etc/ssl /etc/pki /usr/lib/ssl /usr/share/ca-certificates; do
                    [ ! -d $each ] || mount -t tmpfs tmpfs $each
                done
                {bundle}"
            );
            let status = Command::new("/bin/sh").args(["-c", &script]).status().expect("a shell");
            assert!(status.success());
            let home = home("https://127.0.0.1:1");
            let outcome = run(&home).outcome();
            let says = "TLS: this machine has no certificate authorities: install the package ca-certificates";
            assert!(outcome.stderr().contains(says), "{}", outcome.stderr());
            assert!(outcome.stderr().contains("SSL_CERT_FILE"), "{}", outcome.stderr());
        });
    }
}

#[test]
fn a_silent_ipv6_address_does_not_prevent_the_use_of_another() {
    need!(network());
    in_network("", "2001:db8::9 prefect.test\n127.0.0.1 prefect.test\n", || {
        let authority = Authority::new();
        let wrap = wrap(authority.identity(&["prefect.test"], |_| {}));
        let server = Server::on([127, 0, 0, 1].into(), wrap, |dialogue| {
            dialogue.answer_all(&|_| value(&json!("v")));
        });
        let swallows = "2001:db8::9".parse().expect("an address");
        let _full = Full::new(swallows, server.port());
        let home = home(&format!("https://prefect.test:{}", server.port()));
        let print = home.run(&["-s", "X", "--timeout", super::NEVER], &["/usr/bin/printenv", "X"]);
        print.env("SSL_CERT_FILE", home.write("ca.pem", authority.pem())).gives("v\n");
    });
}
