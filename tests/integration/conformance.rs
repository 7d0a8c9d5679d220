//! Each recorded case of Prefect 1.4.1 that concerns what this machine holds, tried on pfx: found or not found
//! alike, strings byte for byte, other values as a text that denotes the same value.
//!
//! `tests/data/prefect-1.json` are real calls of the real package, with its answers. Where design.md, section
//! 6, decides that pfx answers otherwise, [`DIFFERENCES`] has the case by its name; one that no longer
//! differs fails the test.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::thread;

use serde_json::Value;

use crate::support::{Home, Outcome, Pfx};

/// What pfx says to one case.
#[derive(Debug, PartialEq)]
enum Answer {
    Found(Vec<u8>),
    /// No place has it.
    Absent,
    /// Something is wrong with the configuration or the value.
    Refused(String),
}

struct Case<'c> {
    recorded: &'c Value,
    home: Home,
    /// Where the stand-in for Prefect Cloud listens, if the case has answers of it.
    cloud: Option<String>,
}

#[test]
fn every_recorded_case_is_answered_as_prefect_answers_it_save_the_decided_ones() {
    let recorded: Value = serde_json::from_str(include_str!("../data/prefect-1.json")).unwrap();
    let recorded = recorded.as_array().unwrap();
    let differences: BTreeMap<&str, &str> =
        DIFFERENCES.iter().flat_map(|(why, ids)| ids.iter().map(move |id| (*id, *why))).collect();
    let listed: usize = DIFFERENCES.iter().map(|(_, ids)| ids.len()).sum();
    assert_eq!(differences.len(), listed, "a case is listed twice");
    let ids: BTreeSet<&str> = recorded.iter().map(id).collect();
    for listed in differences.keys().chain(&NO_LOOK_UP) {
        assert!(ids.contains(listed), "{listed} is listed and is no case");
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

    /// pfx with the variables of the case, in their order.
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

    /// What the variable of the command would be.
    fn run(&self, option: &str, name: &str) -> Answer {
        let binding = format!("VALUE={name}");
        // Where the case has no Cloud, Prefect asked none.
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

    /// The value of a secret, by `run` and by `secret get`, which must agree.
    fn secret(&self, name: &str) -> Answer {
        let ran = self.run("-s", name);
        if self.cloud.is_none() {
            let got = Answer::of(self.pfx(&["secret", "get", "--", name], &[]).outcome());
            assert_eq!(ran, got, "{}: run and secret get", id(self.recorded));
        }
        ran
    }

    /// What is wrong with pfx's answer, if anything is.
    fn problem(&self) -> Option<String> {
        let call = self.recorded["call"].as_array().unwrap();
        let observed = &self.recorded["observed"];
        let name = call.get(1).and_then(Value::as_str).unwrap_or_default();
        let answer = match call[0].as_str().unwrap() {
            "secret_get" | "secret_get_in_thread" | "context_config_then_get" => self.secret(name),
            "secret_get_twice" => {
                return unlike(&self.secret(name), &observed["value_json"][0], true);
            }
            // Any key of the configuration: what `${…}` makes of it in a secret.
            "config_get" => self.reference(name),
            "context_get" if name == "secrets" => return self.all_unlike(&observed["value_json"]),
            "context_get" => self.reference(&format!("context.{name}")),
            // Whether the configuration can be read at all; there need be no such secret.
            "import" => match self.secret("NO_SUCH_SECRET") {
                Answer::Absent if observed["ok"] == true => return None,
                other => other,
            },
            "env_secret_run" => {
                let key = |call: &Value| call["name"].as_str().map(str::to_owned);
                let name = key(&call[2]).or_else(|| key(&call[1])).unwrap_or_default();
                match self.run("-e", &name) {
                    // Prefect gives None for what is not set, unless it is told to raise.
                    Answer::Absent if observed["value_json"].is_null() => return None,
                    other => other,
                }
            }
            other => panic!("{other} is no call that is known here"),
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

    /// What `${key}` makes of a key in a secret.
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

/// How an answer differs from what Prefect has; `denotes` if its text need only denote the value.
fn unlike(answer: &Answer, expected: &Value, denotes: bool) -> Option<String> {
    let Answer::Found(bytes) = answer else {
        return Some(format!("Prefect has {expected}, pfx {answer:?}"));
    };
    let text = String::from_utf8_lossy(bytes);
    let same = match expected {
        Value::String(expected) if !denotes || expected == &text => expected.as_bytes() == bytes,
        expected => denotes_same(&text, expected),
    };
    let cut = |text: &str| text.chars().take(100).collect::<String>();
    (!same).then(|| format!("Prefect has {}, pfx {}", cut(&expected.to_string()), cut(&text)))
}

/// Whether a text denotes a recorded value: as JSON does (with Python's NaN and infinities), or TOML where
/// JSON has no such kind of value.
fn denotes_same(text: &str, expected: &Value) -> bool {
    if let Some((kind, Value::String(value))) = expected.as_object().and_then(|map| {
        map.iter().next().filter(|(kind, _)| map.len() == 1 && kind.starts_with('$'))
    }) {
        return match kind.as_str() {
            "$int" => text == value,
            "$float" => float(text).as_deref() == Some(value),
            _ => moment(text) == moment(value),
        };
    }
    let python = text.replace("NaN", r#"{"$float":"nan"}"#);
    let parsed = serde_json::from_str(text).or_else(|_| serde_json::from_str(&python));
    parsed.is_ok_and(|parsed: Value| same(&parsed, expected))
}

/// One value of JSON and the recorded one.
fn same(is: &Value, expected: &Value) -> bool {
    match (is, expected) {
        (Value::Number(is), Value::Number(expected)) => {
            is == expected
                || (is.as_f64() == expected.as_f64() && (is.is_f64() || expected.is_f64()))
        }
        (Value::Array(is), Value::Array(expected)) => {
            is.len() == expected.len() && is.iter().zip(expected).all(|(is, one)| same(is, one))
        }
        (Value::Object(is), Value::Object(expected)) if expected.len() == is.len() => {
            expected.iter().all(|(key, one)| is.get(key).is_some_and(|is| same(is, one)))
        }
        (Value::String(text), Value::Object(_)) => denotes_same(text, expected),
        (is, expected) => is == expected,
    }
}

/// A number that JSON has not, as it is recorded.
fn float(text: &str) -> Option<String> {
    let lower = text.trim_start_matches('+').to_lowercase().replace("infinity", "inf");
    let lower = if lower == "-nan" { "nan".to_owned() } else { lower };
    ["inf", "-inf", "nan"].contains(&lower.as_str()).then_some(lower)
}

/// A date or time in one of its ways of writing.
fn moment(text: &str) -> String {
    let text = text.replace('Z', "+00:00").replace(' ', "T");
    let Some((whole, rest)) = text.split_once('.') else { return text };
    let end = rest.find(|digit: char| !digit.is_ascii_digit()).unwrap_or(rest.len());
    format!("{whole}.{}{}", rest[..end].trim_end_matches('0'), &rest[end..])
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

/// Listens on loopback and answers one request after the other with what was recorded.
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

/// Whether a request is there with all of its body.
fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().unwrap())
    });
    body.len() >= length.unwrap_or(0)
}

/// Calls that look nothing up, or a rule of Prefect's own that a launcher has not: it never builds a flow.
const NO_LOOK_UP: [&str; 4] = [
    "cfg-home-dir-backend-write",
    "cfg-home-dir-toml",
    "cli-config-dumps-secrets",
    "secret-in-flow-building",
];

/// Cases that pfx answers otherwise, as design.md, section 6, decides, by the reason.
const DIFFERENCES: &[(&str, &[&str])] = &[
    (
        "typing is not done: the command gets the text, where Prefect makes a value of a Python literal",
        &[
            "local-env-plus-int",
            "local-toml-underscore-int",
            "local-env-underscore-int",
            "local-toml-hex",
            "local-env-hex",
            "local-toml-octal",
            "local-env-binary",
            "local-toml-dot-first",
            "local-env-dot-first",
            "local-toml-dot-last",
            "local-env-dot-last",
            "local-toml-true-title",
            "local-env-true-title",
            "local-toml-true-odd",
            "local-env-false-upper",
            "local-toml-none",
            "local-toml-py-list",
            "local-env-py-list",
            "local-toml-py-dict",
            "local-env-py-dict",
            "local-toml-single-quoted",
            "local-env-single-quoted-int",
            "local-env-double-wrapped",
            "local-env-triple-wrapped",
            "local-toml-raw-string",
            "local-toml-adjacent-strings",
            "local-env-adjacent-strings",
            "local-toml-int-comment",
            "local-toml-parens",
            "local-env-parens",
            "env-type-bool",
            "env-type-list",
            "ev-cast-bool",
            "local-toml-zeros",
            "local-env-zeros",
            "local-toml-double-zero",
            "local-toml-neg-space",
            "local-env-neg-space",
            "local-env-neg-paren",
            "local-toml-hex-upper",
            "local-env-hex-upper",
            "local-toml-dot-exp",
            "local-env-dot-exp",
            "local-env-underscore-float",
            "local-toml-py-hex-escape",
            "local-toml-py-octal-escape",
            "local-env-py-octal-escape",
            "local-toml-py-named-escape",
            "local-env-py-named-escape",
            "local-env-py-bad-escape",
            "local-toml-triple-quoted",
            "local-toml-paren-newline",
            "local-env-paren-newline",
            "local-env-formfeed-int",
            "local-toml-deep-parens",
            "local-env-deep-parens",
            "local-toml-z3-lz-float",
            "local-env-z3-lz-float",
            "local-env-z3-lz-exp",
            "local-toml-z3-zero-underscore",
            "local-toml-z3-list-trailing",
            "local-toml-z3-exp-underscore",
            "local-toml-z3-json-num-plus",
            "local-env-z3-json-num-plus",
            "local-toml-z3-fals-long-s",
        ],
    ),
    (
        "typing is not done inside tables either: their texts stay texts",
        &["local-interp-in-nested-table"],
    ),
    (
        "JSON keeps its own text, and `\\/` in it is a slash, where Prefect reads Python and keeps the backslash",
        &["local-env-json-slash-escape"],
    ),
    (
        "a JSON string is unwrapped as JSON, where Prefect reads Python and keeps the backslash",
        &["local-toml-json-string-slash"],
    ),
    (
        "`${…}` that names nothing is an error, where Prefect silently puts nothing",
        &[
            "local-toml-interp-unset-brace",
            "local-env-interp-unset-brace",
            "local-toml-interp-unset-brace-mid",
            "local-env-interp-unset-brace-mid",
            "local-toml-interp-space-brace",
            "local-env-interp-space-brace",
            "local-interp-case-sensitive-key",
            "local-interp-table-ref",
            "default-rate-limiting",
            "default-tasks-defaults",
            "tasks-defaults-custom",
        ],
    ),
    (
        "references that go round in a circle are an error, where Prefect stops somewhere",
        &[
            "local-toml-interp-cyclic-env",
            "local-toml-interp-selfgrow",
            "local-interp-self",
            "local-interp-self-grow",
            "local-interp-cycle",
        ],
    ),
    (
        "a key that Prefect refuses is read: `check` warns of it",
        &[
            "name-toml-forbidden-get",
            "name-toml-forbidden-update",
            "name-toml-forbidden-box",
            "name-toml-forbidden-nested",
            "name-toml-forbidden-elsewhere",
            "name-env-forbidden",
            "local-env-json-with-items-key",
        ],
    ),
    (
        "TOML 1.0 holds where Prefect's parser is narrower",
        &["toml-array-mixed", "cfg-utf8-bom", "dialect-ml-four-quotes"],
    ),
    ("a NUL byte is refused by the secret's name: no variable can hold it", &["dialect-nul-byte"]),
];
