//! NET: connections and HTTP.

use std::net::TcpListener;
use std::time::Duration;

use super::{CANARY, Case, LATE, all_fail, failure, run};
use crate::support::cloud1::home;
use crate::support::{Dialogue, reply};

const SLOW: Duration = Duration::from_millis(500);

fn answer() -> String {
    format!(r#"{{"data": {{"secret_value": "{CANARY}"}}}}"#)
}

fn head(lines: &str) -> String {
    format!("HTTP/1.1 200 OK\r\n{lines}\r\n\r\n")
}

#[test]
fn a_refused_connection_is_reported_at_once() {
    // NET-01. The port was free a moment before.
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let home = home(&format!("http://127.0.0.1:{port}"));
    let says = format!("the request to http://127.0.0.1:{port} failed: Connection refused");
    assert_eq!(failure(run(&home), &says), None);
}

#[test]
fn pfx_waits_for_a_slow_or_silent_server_until_the_deadline() {
    // NET-05 to NET-08.
    let late = LATE;
    let whole = reply(200, &[], answer());
    let body = head("Content-Length: 1000");
    let chunks = head("Transfer-Encoding: chunked");
    all_fail(vec![
        Case::new("silence", late, Dialogue::fall_silent),
        Case::new("head, then silence", late, {
            let body = body.clone();
            move |dialogue| {
                let _ = dialogue.send(&body);
                dialogue.fall_silent();
            }
        }),
        Case::new("half a body, then silence", late, {
            let body = body.clone();
            move |dialogue| {
                let _ = dialogue.send(body.clone() + &answer());
                dialogue.fall_silent();
            }
        }),
        Case::new("byte by byte", late, move |dialogue| dialogue.drip(&whole, SLOW)),
        Case::new("a body byte by byte", late, move |dialogue| {
            let _ = dialogue.send(&body);
            dialogue.drip(" ".repeat(1000), SLOW);
        }),
        Case::new("chunk by chunk", late, move |dialogue| {
            let _ = dialogue.send(&chunks);
            dialogue.drip("1\r\n \r\n".repeat(1000), Duration::from_millis(20));
        }),
        Case::new("endless 100 Continue", late, |dialogue| {
            dialogue.drip("HTTP/1.1 100 Continue\r\n\r\n".repeat(1000), Duration::from_millis(1));
        }),
        Case::new("endless 103 Early Hints", late, |dialogue| {
            dialogue.flood("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n");
        }),
    ]);
}

#[test]
fn a_lost_connection_gives_no_value() {
    // NET-09, NET-13, NET-14.
    let (broke, cut) = ("the connection was lost", "the response is damaged or incomplete");
    let long = head(&format!("Content-Length: {}", answer().len() + 9)) + &answer();
    let short = head(&format!("Content-Length: {}", answer().len() - 3)) + &answer();
    let chunked = |text: &str| head("Transfer-Encoding: chunked") + text;
    let one_chunk = format!("{:x}\r\n{}\r\n", answer().len(), answer());
    all_fail(vec![
        Case::says("closed at once", broke, ""),
        Case::says("closed in the head", broke, "HTTP/1.1 200 OK\r\nContent-Le"),
        Case::says("closed in the body", cut, long),
        Case::says("length too small", "it is not JSON", short),
        Case::says("negative length", broke, head("Content-Length: -5") + &answer()),
        Case::says(
            "two lengths",
            broke,
            head("Content-Length: 5\r\nContent-Length: 6") + &answer(),
        ),
        Case::says("chunk size that is not a number", cut, chunked("ZZ\r\nx\r\n0\r\n\r\n")),
        Case::says("chunk of too many digits", cut, chunked("FFFFFFFFFFFFFFFFF\r\nx")),
        Case::says("no last chunk", cut, chunked(&one_chunk)),
    ]);
}

#[test]
fn a_response_that_is_not_http_is_not_shown() {
    // NET-15.
    let none = "the response is not HTTP";
    all_fail(vec![
        Case::says("garbage", none, vec![0x80, 0xff, 0x1b, 0x5b, 0x41, 0, 7, b'\n', b'\n']),
        Case::says("HTTP/0.9", none, "<html>CANARY</html>\n"),
        Case::says("ssh", none, "SSH-2.0-OpenSSH_9.2p1 CANARY\r\n"),
        Case::says("an invalid version", none, "HTTP/3.7 200 CANARY\r\n\r\n"),
        Case::says("an invalid status", none, "HTTP/1.1 9999 CANARY\r\n\r\n"),
        Case::says(
            "captive portal",
            "it is not JSON",
            reply(200, &[("Content-Type", "text/html")], "<html>CANARY"),
        ),
    ]);
}

#[test]
fn an_unexpected_status_is_not_a_response() {
    // NET-16.
    all_fail(vec![
        Case::says(
            "101",
            "the request to",
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
        ),
        Case::says("204", "it is not JSON", "HTTP/1.1 204 No Content\r\n\r\n"),
        Case::says("205", "unexpected status 205", reply(205, &[], "")),
        Case::says("206", "unexpected status 206", reply(206, &[], answer())),
    ]);
}

#[test]
fn an_endless_response_is_cut_off() {
    // NET-10 to NET-12.
    let much = vec![b'x'; 64 << 10];
    let flood = |start: String| {
        let much = much.clone();
        move |dialogue: &mut Dialogue| {
            if dialogue.send(&start).is_ok() {
                dialogue.flood(&much);
            }
        }
    };
    let body = "the response body is longer than 4194304 bytes";
    let broken = "the request to";
    let mut chunk = format!("{:x}\r\n", much.len()).into_bytes();
    chunk.extend_from_slice(&much);
    chunk.extend_from_slice(b"\r\n");
    all_fail(vec![
        Case::new("a GiB", body, flood(head("Content-Length: 1073741824"))),
        Case::new("a body without length", body, flood(head("Connection: close"))),
        Case::new(
            "300 MB of a string",
            body,
            flood(head("Content-Length: 300000000") + "{\"data\": \""),
        ),
        Case::new("chunks", body, move |dialogue| {
            if dialogue.send(head("Transfer-Encoding: chunked")).is_ok() {
                dialogue.flood(&chunk);
            }
        }),
        Case::new("a header of 100 MB", broken, flood("HTTP/1.1 200 OK\r\nX: ".to_owned())),
        Case::new("a status line of 50 MB", broken, flood("HTTP/1.1 200 ".to_owned())),
        Case::new("200000 headers", broken, |dialogue| {
            if dialogue.send("HTTP/1.1 200 OK\r\n").is_ok() {
                dialogue.flood("X: y\r\n".repeat(1000));
            }
        }),
        Case::says("a head of 70 KiB", "the response header is longer than 65536 bytes", {
            let lines = format!("X: {}\r\n", "y".repeat(1000)).repeat(70);
            head(&format!("{lines}Content-Length: 0"))
        }),
        Case::new("a gzip bomb", body, |dialogue| {
            let (start, more) = bomb();
            let gzip = head("Content-Encoding: gzip\r\nTransfer-Encoding: chunked");
            let chunk = |bytes: &[u8]| {
                [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat()
            };
            if dialogue.send([gzip.as_bytes(), &chunk(&start)].concat()).is_ok() {
                dialogue.flood(chunk(&more));
            }
        }),
        Case::says(
            "no gzip",
            "damaged",
            [head("Content-Encoding: gzip\r\nContent-Length: 9").as_bytes(), b"{\"data\":1"]
                .concat(),
        ),
        Case::says(
            "half a gzip",
            "damaged",
            [head("Content-Encoding: gzip\r\nContent-Length: 12").as_bytes(), &bomb().0[..12]]
                .concat(),
        ),
    ]);
}

/// A gzip member that never ends and expands 160 times: its start, and the part that is repeated
/// without end (RFC 1951, 3.2.6: fixed codes; a byte, then copies of the 258 bytes before).
fn bomb() -> (Vec<u8>, Vec<u8>) {
    // Most significant bit first, as Huffman codes are packed: not final, fixed codes, a literal blank.
    let mut bits: Vec<u8> = vec![0, 1, 0, 0, 1, 0, 1, 0, 0, 0, 0];
    // Length 258 (285), distance 1 (0).
    let copy = [1, 1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0];
    let packed = |bits: &[u8]| -> Vec<u8> {
        let byte =
            |bits: &[u8]| bits.iter().enumerate().fold(0, |byte, (at, bit)| byte | bit << at);
        bits.chunks(8).map(byte).collect()
    };
    while !bits.len().is_multiple_of(8) || bits.len() < 300 {
        bits.extend(copy);
    }
    let more: Vec<u8> = copy.repeat(8 * 400);
    let head = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    ([&head[..], &packed(&bits)].concat(), packed(&more))
}
