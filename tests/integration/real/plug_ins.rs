//! Name service plug-ins of another C library: a static program that resolves a host name must not load them. The test
//! needs its own network and mount namespaces, so root, and a Debian 13 that `tests/run.sh` unpacks.

use std::net::UdpSocket;
use std::path::Path;
use std::process::Command;
use std::thread;

use serde_json::json;

use crate::hostile::namespaces::{in_network, network};
use crate::hostile::unclear;
use crate::support::cloud1::value;
use crate::support::needs::{static_binary, tools, trixie};
use crate::support::tls::{Authority, server};
use crate::support::{Home, Pfx};

/// Answers every query for the address of `served.test` with 127.0.0.1, and every other query with no address
/// (RFC 1035, 4.1).
fn answer_questions() {
    let socket = UdpSocket::bind("127.0.0.1:53").expect("the port of name servers");
    thread::spawn(move || {
        let mut question = [0; 512];
        while let Ok((_, from)) = socket.recv_from(&mut question) {
            let mut end = 12;
            while question[end] != 0 {
                end += usize::from(question[end]) + 1;
            }
            let known = question[12..end] == *b"\x06served\x04test";
            let address = known && question[end + 1..end + 3] == [0, 1];
            let code = if known { 0x80 } else { 0x83 };
            let head = [&question[..2], &[0x81, code, 0, 1, 0, u8::from(address), 0, 0, 0, 0]];
            let record = [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0, 1];
            let record = if address { &record[..] } else { &[] };
            let answer = [&head.concat(), &question[12..end + 5], record].concat();
            let _ = socket.send_to(&answer, from);
        }
    });
}

/// Runs pfx in that root directory, in this home. The mounts are in their own namespace, so that nothing is left behind.
fn start(root: &Path, home: &Home, command: &[&str]) -> Pfx {
    let words = ["/usr/sbin/chroot", root.to_str().expect("UTF-8"), "/home/pfx", "run", "-s", "X"];
    let start =
        home.bare(&[&words[..], &["--timeout", "9", "--", "/home/busybox"], command].concat());
    start.env("HOME", "/home").env("SSL_CERT_FILE", "/home/ca.pem")
}

#[test]
fn a_static_program_resolves_host_names_without_plug_ins_of_another_c_library() {
    need!(network());
    need!(tools(&["busybox"]));
    let (root, program) = (need!(trixie()), need!(static_binary()));
    let services = std::fs::read_to_string(root.join("etc/nsswitch.conf")).expect("it is there");
    assert!(services.contains("mymachines resolve [!UNAVAIL=return] myhostname dns"), "{services}");
    in_network("nameserver 127.0.0.1\n", "127.0.0.1 listed.test\n", move || {
        answer_questions();
        let authority = Authority::new();
        let names = ["listed.test", "served.test", "x.localhost", "unknown.test"];
        let server = server(authority.identity(&names, |_| {}), |dialogue| {
            dialogue.answer_all(&|_| value(&json!("v")));
        });
        let home = Home::new();
        home.write("ca.pem", authority.pem());
        let script = "set -e
            for file in etc/hosts etc/resolv.conf; do mount --bind /$file $1/$file; done
            cp $2 $HOME/pfx
            cp /bin/busybox $HOME
            mount --bind $HOME $1/home";
        let set_up = Command::new("/bin/sh")
            .args(["-c", script, "sh"])
            .args([&root, &program])
            .env("HOME", home.path())
            .status();
        assert!(set_up.expect("a shell").success(), "Debian 13 is set up");
        for name in names {
            let url = format!("https://{name}:{}", server.port());
            let cloud = format!("[cloud]\napi = \"{url}\"\napi_key = \"key\"\n");
            home.write(".prefect/config.toml", cloud);
            if name == "unknown.test" {
                let outcome = start(&root, &home, &["true"]).outcome();
                let says = "could not resolve the host name";
                assert_eq!(unclear(&outcome, says), None);
                continue;
            }
            for _ in 0..20 {
                start(&root, &home, &["sh", "-c", "echo $X"]).gives("v\n");
            }
        }
    });
}
