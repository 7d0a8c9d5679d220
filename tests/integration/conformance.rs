//! Each recorded case of Prefect 1.4.1 that concerns local configuration, repeated with pfx: it must find the same
//! secrets, strings byte for byte, other values as a text that represents the same value.
//!
//! `tests/data/prefect-1.json` contains real calls of the real package, with its results. Where design.md, section
//! 6, decides that pfx differs, [`DIFFERENCES`] lists the case by name; a listed case that does not differ any more
//! fails the test.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::thread;

use serde_json::Value;

use crate::support::{Home, Outcome, Pfx};

mod denotation;
mod differences;

use denotation::unlike;
use differences::{DIFFERENCES, NO_LOOK_UP};

/// The result of pfx in one case.
#[derive(Debug, PartialEq)]
enum Answer {
    Found(Vec<u8>),
    /// No source has it.
    Absent,
    /// The configuration or the value is not valid.
    Refused(String),
}

struct Case<'c> {
    recorded: &'c Value,
    home: Home,
    /// The address of the fake Prefect Cloud, if the case has responses of it.
    cloud: Option<String>,
}

#[test]
fn every_recorded_case_has_the_result_of_prefect_except_decided_differences() {
    let recorded: Value = serde_json::from_str(include_str!("../data/prefect-1.json")).unwrap();
    let recorded = recorded.as_array().unwrap();
    let differences: BTreeMap<&str, &str> =
        DIFFERENCES.iter().flat_map(|(why, ids)| ids.iter().map(move |id| (*id, *why))).collect();
    let listed: usize = DIFFERENCES.iter().map(|(_, ids)| ids.len()).sum();
    assert_eq!(differences.len(), listed, "a case is listed twice");
    let ids: BTreeSet<&str> = recorded.iter().map(id).collect();
    for listed in differences.keys().chain(&NO_LOOK_UP) {
        assert!(ids.contains(listed), "{listed} is listed but is not a case");
    }

    let mut wrong = Vec::new();
    for one in recorded.iter().filter(|one| !NO_LOOK_UP.contains(&id(one))) {
        let case = Case::new(one);
        let problem = case.problem();
        match (problem, differences.get(id(one))) {
            (Some(problem), None) => wrong.push(format!("{}: {problem}", id(one))),
            (None, Some(why)) => wrong.push(format!("{}: no longer differs ({why})", id(one))),
            (Some(_), Some(_)) | (None, None) => {}
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), recorded.len(), wrong.join("\n"));
}

fn id(recorded: &Value) -> &str {
    recorded["id"].as_str().unwrap()
}

impl<'c> Case<'c> {
    fn new(recorded: &'c Value) -> Self {
        let home = Home::new();
        let replies = recorded["stub_responses"].as_array().cloned().unwrap_or_default();
        let cloud = (!replies.is_empty()).then(|| cloud(replies));
        let case = Self { recorded, home, cloud };
        for (key, path) in [
            ("config_toml", ".prefect/config.toml"),
            ("backend_toml", ".prefect/backend.toml"),
            ("auth_toml", ".prefect/auth.toml"),
        ] {
            if let Some(text) = recorded[key].as_str() {
                case.home.write(path, case.filled(text));
            }
        }
        for (path, file) in recorded["extra_files"].as_object().into_iter().flatten() {
            match (file.as_str(), file["b64"].as_str()) {
                (Some(text), _) => case.home.write(path, case.filled(text)),
                (None, base64) => case.home.write(path, from_base64(base64.unwrap())),
            };
        }
        case
    }

    fn filled(&self, text: &str) -> String {
        text.replace("{{HOME}}", &self.home.path().to_string_lossy())
            .replace("{{STUB}}", self.cloud.as_deref().unwrap_or("http://127.0.0.1:9"))
    }

    /// pfx with the variables of the case, in order.
    fn pfx(&self, words: &[&str], more: &[(&str, &str)]) -> Pfx {
        let recorded = self.recorded["env"].as_object().into_iter().flatten();
        let variables = recorded.map(|(name, value)| (name.as_str(), value.as_str().unwrap()));
        let home = self.home.path().to_string_lossy();
        let all = [("HOME", &*home), ("PATH", "/usr/bin:/bin")]
            .into_iter()
            .chain(variables)
            .chain(more.iter().copied())
            .map(|(name, value)| format!("{name}={}", self.filled(value)).into_bytes());
        let block: Vec<Vec<u8>> = all.collect();
        self.home.pfx(words).environ(&block.iter().map(Vec::as_slice).collect::<Vec<_>>())
    }

    /// The variable that the command would get.
    fn run(&self, option: &str, name: &str) -> Answer {
        let binding = format!("VALUE={name}");
        // If the case has no Cloud, Prefect sent no request.
        let local: &[&str] = if self.cloud.is_some() { &[] } else { &["--local"] };
        let print = ["--", "/bin/sh", "-c", "printf %sX \"${VALUE-unset}\""];
        let outcome =
            self.pfx(&[&["run", option, &binding], local, &print].concat(), &[]).outcome();
        let mut answer = Answer::of(outcome);
        if let Answer::Found(bytes) = &mut answer {
            assert_eq!(bytes.pop(), Some(b'X'));
        }
        answer
    }

    /// The value of a secret, from `run` and from `secret get`, which must agree.
    fn secret(&self, name: &str) -> Answer {
        let ran = self.run("-s", name);
        if self.cloud.is_none() {
            let got = Answer::of(self.pfx(&["secret", "get", "--", name], &[]).outcome());
            // Each names its own option.
            let refused = matches!((&ran, &got), (Answer::Refused(_), Answer::Refused(_)));
            assert!(refused || ran == got, "{}: {ran:?} and {got:?}", id(self.recorded));
        }
        ran
    }

    /// The problem with the result of pfx, if there is one.
    fn problem(&self) -> Option<String> {
        let call = self.recorded["call"].as_array().unwrap();
        let observed = &self.recorded["observed"];
        let name = call.get(1).and_then(Value::as_str).unwrap_or_default();
        let answer = match call[0].as_str().unwrap() {
            "secret_get" | "secret_get_in_thread" | "context_config_then_get" => self.secret(name),
            "secret_get_twice" => {
                return unlike(&self.secret(name), &observed["value_json"][0], true);
            }
            // Any key of the configuration: the expansion of `${…}` in a secret.
            "config_get" => self.reference(name),
            "context_get" if name == "secrets" => return self.all_unlike(&observed["value_json"]),
            "context_get" => self.reference(&format!("context.{name}")),
            // Whether the configuration can be read at all; the secret need not exist.
            "import" => match self.secret("NO_SUCH_SECRET") {
                Answer::Absent if observed["ok"] == true => return None,
                other => other,
            },
            "env_secret_run" => {
                let key = |call: &Value| call["name"].as_str().map(str::to_owned);
                let name = key(&call[2]).or_else(|| key(&call[1])).unwrap_or_default();
                match self.run("-e", &name) {
                    // Prefect returns None for a secret that is not set, unless it is asked to raise.
                    Answer::Absent if observed["value_json"].is_null() => return None,
                    other => other,
                }
            }
            other => panic!("{other} is not a known call"),
        };
        let Value::Bool(true) = observed["ok"] else {
            let absent = observed["phase"] == "call";
            return match &answer {
                Answer::Absent if absent => None,
                Answer::Refused(_) if !absent => None,
                _ => Some(format!("Prefect says {}, pfx {answer:?}", observed["error_message"])),
            };
        };
        let is_string = observed["py_type"] == "str";
        let expected = match observed["value_json"].as_str() {
            Some(text) => Value::String(self.filled(text)),
            None => observed["value_json"].clone(),
        };
        unlike(&answer, &expected, !is_string)
    }

    /// The expansion of `${key}` in a secret.
    fn reference(&self, key: &str) -> Answer {
        let probe = format!("${{{key}}}");
        let variable = ("PREFECT__CONTEXT__SECRETS__PROBE", probe.as_str());
        Answer::of(self.pfx(&["secret", "get", "PROBE"], &[variable]).outcome())
    }

    /// Whether the secrets are these, and no others.
    fn all_unlike(&self, expected: &Value) -> Option<String> {
        let expected = expected.as_object().unwrap();
        let listed = self.pfx(&["secret", "list"], &[]).outcome().stdout();
        let names: Vec<&str> = listed.lines().collect();
        if names != expected.keys().collect::<Vec<_>>() {
            return Some(format!("the secrets are {names:?}"));
        }
        names.iter().find_map(|name| {
            let value = &expected[*name];
            unlike(&self.secret(name), value, !value.is_string())
        })
    }
}

impl Answer {
    fn of(outcome: Outcome) -> Self {
        let stderr = outcome.stderr();
        match outcome.code() {
            Some(0) => Self::Found(outcome.stdout),
            Some(1 | 125) if stderr.contains("cannot find the") => Self::Absent,
            Some(2 | 125) => Self::Refused(stderr),
            other => panic!("status {other:?}: {stderr}"),
        }
    }
}

fn from_base64(text: &str) -> Vec<u8> {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bits, mut count, mut bytes) = (0_u32, 0, Vec::new());
    for byte in text.bytes().filter(|&byte| byte != b'=') {
        let value = ALPHABET.iter().position(|&other| other == byte).unwrap();
        bits = bits << 6 | u32::try_from(value).unwrap();
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count & 0xff).unwrap());
        }
    }
    bytes
}

/// Listens on loopback and answers each request with the recorded response.
fn cloud(replies: Vec<Value>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for (reply, connection) in replies.into_iter().zip(listener.incoming()) {
            let mut connection = connection.unwrap();
            let mut request = Vec::new();
            let mut part = [0; 4096];
            while !is_whole(&request) {
                let count = connection.read(&mut part).unwrap();
                request.extend_from_slice(&part[..count]);
            }
            let body = reply["body_json"].to_string();
            let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close";
            write!(connection, "{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len()).unwrap();
        }
    });
    format!("http://{address}")
}

/// Whether a request has been received with its whole body.
fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().unwrap())
    });
    body.len() >= length.unwrap_or(0)
}
