//! A server on loopback that does what a test says, however wrong, and records the requests.

use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use serde_json::Value;

/// Longer than anything here takes on a busy machine.
const DEADLINE: Duration = Duration::from_mins(1);

/// A request, byte for byte where that matters.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: String,
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Request {
    /// A header; the case of its name does not matter.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// The body as JSON; null if it is not JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }
}

/// The requests, in the order in which they were received, and a way to wait for them.
#[derive(Default)]
struct Log {
    requests: Mutex<Vec<Request>>,
    more: Condvar,
    connections: AtomicUsize,
}

/// A server that runs until the test program ends.
#[derive(Clone)]
pub struct Server {
    pub address: SocketAddr,
    log: Arc<Log>,
}

/// One connection over any transport.
pub trait Stream: Read + Write + Send {}
impl<S: Read + Write + Send> Stream for S {}

/// One connection as a test sees it.
pub struct Dialogue {
    stream: Box<dyn Stream>,
    log: Arc<Log>,
    /// Bytes that were read after the last request.
    rest: Vec<u8>,
}

impl Server {
    /// Calls `act` for each connection, in a thread of its own.
    pub fn new(act: impl Fn(&mut Dialogue) + Send + Sync + 'static) -> Self {
        let plain = |stream: TcpStream| -> Option<Box<dyn Stream>> { Some(Box::new(stream)) };
        Self::on(Ipv4Addr::LOCALHOST.into(), plain, act)
    }

    /// The same at another address; `wrap` makes a stream from each connection.
    pub fn on(
        address: IpAddr,
        wrap: impl Fn(TcpStream) -> Option<Box<dyn Stream>> + Send + Sync + 'static,
        act: impl Fn(&mut Dialogue) + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind((address, 0)).expect("a port");
        let server =
            Self { address: listener.local_addr().expect("an address"), log: Arc::default() };
        let (log, shared) = (Arc::clone(&server.log), Arc::new((wrap, act)));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                log.connections.fetch_add(1, Ordering::SeqCst);
                let (log, shared) = (Arc::clone(&log), Arc::clone(&shared));
                thread::spawn(move || {
                    let _ = stream.set_nodelay(true);
                    let (wrap, act) = &*shared;
                    if let Some(stream) = wrap(stream) {
                        act(&mut Dialogue { stream, log, rest: Vec::new() });
                    }
                });
            }
        });
        server
    }

    /// A correct server that answers each request with what `answer` returns.
    pub fn answering(answer: impl Fn(&Request) -> Vec<u8> + Send + Sync + 'static) -> Self {
        Self::new(move |dialogue| dialogue.answer_all(&answer))
    }

    /// A server that answers each request with 200 and this JSON.
    pub fn json(answer: &Value) -> Self {
        let answer = reply(200, &[], answer.to_string());
        Self::answering(move |_| answer.clone())
    }

    /// `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// All requests so far.
    pub fn requests(&self) -> Vec<Request> {
        self.log.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The number of connections so far.
    pub fn connections(&self) -> usize {
        self.log.connections.load(Ordering::SeqCst)
    }

    /// Waits for this number of requests.
    #[track_caller]
    pub fn wait_for_requests(&self, count: usize) {
        let requests = self.log.requests.lock().unwrap_or_else(PoisonError::into_inner);
        let (requests, _) = self
            .log
            .more
            .wait_timeout_while(requests, DEADLINE, |requests| requests.len() < count)
            .unwrap_or_else(PoisonError::into_inner);
        assert!(requests.len() >= count, "only {} of {count} requests came", requests.len());
    }
}

impl Dialogue {
    /// Reads and records one request. `None` if the client sends no more.
    pub fn request(&mut self) -> Option<Request> {
        let mut bytes = std::mem::take(&mut self.rest);
        let end = loop {
            match bytes.windows(4).position(|window| window == b"\r\n\r\n") {
                Some(at) => break at + 4,
                None => self.more(&mut bytes)?,
            }
        };
        let head = String::from_utf8_lossy(&bytes[..end - 4]).into_owned();
        let mut lines = head.split("\r\n");
        let mut words = lines.next()?.split(' ').map(str::to_owned);
        let (method, path) = (words.next()?, words.next()?);
        let header = |line: &str| {
            let (name, value) = line.split_once(':').expect("a header");
            (name.to_owned(), value.trim_start().to_owned())
        };
        let headers = lines.map(header).collect();
        let mut request = Request { method, path, headers, body: String::new() };
        let length =
            request.header("content-length").map_or(0, |text| text.parse().expect("a length"));
        while bytes.len() < end + length {
            self.more(&mut bytes)?;
        }
        request.body = String::from_utf8_lossy(&bytes[end..end + length]).into_owned();
        self.rest = bytes.split_off(end + length);
        self.log.requests.lock().unwrap_or_else(PoisonError::into_inner).push(request.clone());
        self.log.more.notify_all();
        Some(request)
    }

    fn more(&mut self, bytes: &mut Vec<u8>) -> Option<()> {
        let mut part = [0; 16_384];
        let count = self.stream.read(&mut part).ok().filter(|&count| count > 0)?;
        bytes.extend_from_slice(&part[..count]);
        Some(())
    }

    /// Answers requests until the client closes the connection.
    pub fn answer_all(&mut self, answer: &dyn Fn(&Request) -> Vec<u8>) {
        while let Some(request) = self.request() {
            if self.send(answer(&request)).is_err() {
                return;
            }
        }
    }

    /// Sends these bytes.
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) -> io::Result<()> {
        self.stream.write_all(bytes.as_ref())?;
        self.stream.flush()
    }

    /// Sends the same bytes again and again until the client is gone.
    pub fn flood(&mut self, bytes: impl AsRef<[u8]>) {
        while self.send(bytes.as_ref()).is_ok() {}
    }

    /// Sends one byte after the other, with a pause before each, until the client is gone.
    pub fn drip(&mut self, bytes: impl AsRef<[u8]>, pause: Duration) {
        for byte in bytes.as_ref() {
            thread::sleep(pause);
            if self.send([*byte]).is_err() {
                return;
            }
        }
    }

    /// Sends nothing more, and keeps the connection open until the client closes it.
    pub fn fall_silent(&mut self) {
        let _ = io::copy(&mut self.stream, &mut io::sink());
    }
}

/// A response with a status, further headers, and a body with its `Content-Length`.
pub fn reply(status: u16, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let mut bytes = format!("HTTP/1.1 {status} Said\r\nContent-Length: {}\r\n", body.len());
    for (name, value) in headers {
        bytes += &format!("{name}: {value}\r\n");
    }
    [bytes.as_bytes(), b"\r\n", body].concat()
}
