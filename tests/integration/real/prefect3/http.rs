//! As much of HTTP/1.1 as the tests need, from the standard library: a client, and servers on loopback that
//! forward requests and count them, or answer like a broken server.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::Value;

/// A request as it was received.
#[derive(Clone, Debug)]
pub struct Request {
    /// `POST /api/variables/filter`.
    pub line: String,
    /// Head and body, byte for byte.
    pub bytes: Vec<u8>,
    pub body: Vec<u8>,
}

impl Request {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<String> {
        let text = String::from_utf8_lossy(&self.bytes).into_owned();
        text.lines().take_while(|line| !line.is_empty()).find_map(|line| {
            let (other, value) = line.split_once(": ")?;
            other.eq_ignore_ascii_case(name).then(|| value.to_owned())
        })
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }
}

/// Sends a request to a server; returns the status and the body.
pub fn call(
    method: &str,
    url: &str,
    headers: &[(&str, &str)],
    body: Option<&Value>,
) -> (u16, Value) {
    let rest = url.strip_prefix("http://").expect("a URL");
    let (host, path) = rest.split_once('/').expect("a path");
    let body = body.map(ToString::to_string).unwrap_or_default();
    let mut head = format!("{method} /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n");
    for (name, value) in headers {
        head += &format!("{name}: {value}\r\n");
    }
    head += &format!("Content-Type: application/json\r\nContent-Length: {}\r\n\r\n", body.len());
    let mut stream = TcpStream::connect(host).expect("a connection");
    stream.write_all((head + &body).as_bytes()).expect("a request is taken");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("an answer");
    let text = String::from_utf8(answer).expect("UTF-8");
    let (head, body) = text.split_once("\r\n\r\n").expect("a head");
    let status = head[9..12].parse().expect("a status");
    (status, serde_json::from_str(body).unwrap_or(Value::Null))
}

/// A listener on loopback that records each request.
pub struct Listener {
    port: u16,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Listener {
    /// A listener that forwards everything to a server and back.
    pub fn before(url: &str) -> Self {
        let host = url.strip_prefix("http://").and_then(|rest| rest.split('/').next());
        let host = host.expect("a URL").to_owned();
        Self::start(move |stream, note| {
            let mut server = TcpStream::connect(&host).expect("a connection");
            let (mut back, mut to) = (
                server.try_clone().expect("a descriptor"),
                stream.try_clone().expect("a descriptor"),
            );
            thread::spawn(move || {
                let _ = std::io::copy(&mut back, &mut to);
                let _ = to.shutdown(Shutdown::Both);
            });
            let mut reader = BufReader::new(stream);
            while let Some(request) = read(&mut reader) {
                let bytes = request.bytes.clone();
                note(request);
                if server.write_all(&bytes).is_err() {
                    break;
                }
            }
            let _ = server.shutdown(Shutdown::Both);
        })
    }

    /// A listener that answers each request with a status and a body.
    pub fn answering(answer: impl Fn(&Request) -> (u16, String) + Send + Sync + 'static) -> Self {
        Self::start(move |mut stream, note| {
            let mut reader = BufReader::new(stream.try_clone().expect("a descriptor"));
            while let Some(request) = read(&mut reader) {
                let (status, body) = answer(&request);
                note(request);
                let length = body.len();
                let head = format!("HTTP/1.1 {status} X\r\nContent-Length: {length}\r\n\r\n");
                if stream.write_all((head + &body).as_bytes()).is_err() {
                    break;
                }
            }
        })
    }

    fn start(serve: impl Fn(TcpStream, &dyn Fn(Request)) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (noted, serve) = (Arc::clone(&requests), Arc::new(serve));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (noted, serve) = (Arc::clone(&noted), Arc::clone(&serve));
                thread::spawn(move || {
                    serve(stream, &|request| noted.lock().expect("no panic").push(request));
                });
            }
        });
        Self { port, requests }
    }

    /// The URL of the API through this listener.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/api", self.port)
    }

    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().expect("no panic").clone()
    }

    /// The requests, without the path of the API.
    pub fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> =
            self.requests().into_iter().map(|one| one.line.replace(" /api/", " ")).collect();
        lines.sort();
        lines
    }
}

/// The next request of a connection; `None` at its end.
fn read(reader: &mut BufReader<TcpStream>) -> Option<Request> {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\r\n\r\n") {
        if reader.read_until(b'\n', &mut bytes).ok()? == 0 {
            return None;
        }
    }
    let head = String::from_utf8_lossy(&bytes).into_owned();
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("content-length").then(|| value.parse::<usize>().ok())?
    });
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).ok()?;
    bytes.extend_from_slice(&body);
    let line = head.lines().next()?.trim_end_matches(" HTTP/1.1").to_owned();
    Some(Request { line, bytes, body })
}
