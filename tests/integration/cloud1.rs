//! Recorded cases of Prefect 1.4.1 that concern its API: each is a call of the real package with
//! its files, its variables, the responses of the API, its outcome, and its requests. pfx must
//! have the same outcome, and send the same requests.

mod configuration;
mod differences;
mod end;
mod rules;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use self::configuration::fact;
use self::differences::DIFFERENCES;
use self::end::{End, unlike};
use self::rules::Rules;
use crate::support::{Dialogue, Home, Outcome, Pfx, Request, Server, tls};

const RECORDED: &str = include_str!("../data/prefect-1-remote.json");

/// Headers that must be the same. The others belong to HTTP, except `User-Agent`, which names pfx.
const COMPARED: [&str; 5] =
    ["authorization", "x-prefect-tenant-id", "x-prefect-core-version", "content-type", "accept"];

/// A case in progress: its home, and the API with the recorded responses.
struct Case<'c> {
    recorded: &'c Value,
    home: Home,
    api: Server,
}

#[test]
fn every_recorded_case_of_the_api_has_the_same_outcome_and_sends_the_same_requests() {
    let recorded: Vec<Value> = serde_json::from_str(RECORDED).expect("recorded cases");
    let (next, wrong) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    // Much of the time is spent waiting for retries.
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                while let Some(one) = recorded.get(next.fetch_add(1, Ordering::SeqCst)) {
                    let id = one["id"].as_str().expect("an id");
                    let problem = Case::new(one).problem();
                    let differs = DIFFERENCES.iter().find(|(_, ids)| ids.contains(&id));
                    let line = match (problem, differs) {
                        (Some(problem), None) => format!("{id}: {problem}"),
                        (None, Some((why, _))) => format!("{id}: no longer differs ({why})"),
                        (None, None) | (Some(_), Some(_)) => continue,
                    };
                    wrong.lock().unwrap_or_else(PoisonError::into_inner).push(line);
                }
            });
        }
    });
    let ids: Vec<&str> = recorded.iter().filter_map(|one| one["id"].as_str()).collect();
    let wrong = wrong.into_inner().unwrap_or_else(PoisonError::into_inner);
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), ids.len(), wrong.join("\n"));
    for id in DIFFERENCES.iter().flat_map(|(_, ids)| *ids) {
        assert!(ids.contains(id), "{id} is not a recorded case");
    }
}

impl<'c> Case<'c> {
    fn new(recorded: &'c Value) -> Self {
        let (home, rules) = (Home::new(), Rules::new(&recorded["stub_responses"]));
        let act = move |dialogue: &mut Dialogue| rules.answer(dialogue);
        let api = if recorded["tls"] == true {
            let (identity, pem) = tls::self_signed(&["127.0.0.1"]);
            home.write("tls-cert.pem", pem);
            tls::server(identity, act)
        } else {
            Server::new(act)
        };
        let case = Self { recorded, home, api };
        for (key, path) in [
            ("config_toml", ".prefect/config.toml"),
            ("backend_toml", ".prefect/backend.toml"),
            ("auth_toml", ".prefect/auth.toml"),
        ] {
            if let Some(text) = recorded[key].as_str() {
                case.home.write(path, case.filled(text));
            }
        }
        for (path, text) in recorded["extra_files"].as_object().into_iter().flatten() {
            case.home.write(path, case.filled(text.as_str().expect("a text")));
        }
        case
    }

    fn filled(&self, text: &str) -> String {
        let home = self.home.path().to_string_lossy();
        text.replace("{{HOME}}", &home)
            .replace("{{HERE}}", &home)
            .replace("{{STUB}}", &self.api.url())
            .replace("{{PORT}}", &self.api.port().to_string())
            .replace("{{SLUG}}", &format!("127.0.0.1-{}", self.api.port()))
    }

    fn pfx(&self, words: &[&str]) -> Pfx {
        let mut pfx = self.home.pfx(words).env("PFX_TIMEOUT", "8");
        for (name, value) in self.recorded["env"].as_object().into_iter().flatten() {
            pfx = pfx.env(name, self.filled(value.as_str().expect("a text")));
        }
        pfx
    }

    /// The problem with the behaviour of pfx, if there is one.
    fn problem(&self) -> Option<String> {
        let call = self.recorded["call"].as_array().expect("a call");
        let text = |index: usize| call.get(index).and_then(Value::as_str).unwrap_or_default();
        let expected = &self.recorded["observed"]["value_json"];
        match text(0) {
            "secret_get" => self.compare(&self.secret(text(1)), expected),
            "secret_get_twice" => self.compare(&self.secret(text(1)), &expected[0]),
            "secret_exists" => {
                let outcome = self.pfx(&["check", "-s", text(1)]).outcome();
                match outcome.code() {
                    Some(1) if expected == false => self.unlike_requests(),
                    _ => Some(outcome.said()),
                }
            }
            "client_set_secret" => {
                let value = call[2].as_str().map_or_else(|| call[2].to_string(), str::to_owned);
                let json: &[&str] = if call[2].is_string() { &[] } else { &["--json"] };
                let words = [&["secret", "set", text(1), "--remote"], json].concat();
                self.compare(&End::of(self.pfx(&words).stdin(value).outcome()), &json!(""))
            }
            "kv_set" => self.set(text(1), &call[2]),
            "kv_set_py" => self.set(text(1), &evaluated(text(2))),
            "kv_get" => self
                .compare(&End::of(self.pfx(&["kv", "get", text(1), "--json"]).outcome()), expected),
            "kv_delete" => {
                self.compare(&End::of(self.pfx(&["kv", "delete", text(1)]).outcome()), &json!(""))
            }
            "kv_list" => {
                self.compare(&End::of(self.pfx(&["kv", "list", "--json"]).outcome()), expected)
            }
            "config_get" => self.setting(text(1), expected),
            "client" => self.client(&call.get(1).cloned().unwrap_or_default(), expected),
            "client_tenant" => self.tenant(expected),
            "cli" => self.command(&words(&call[1])),
            "client_graphql" => None,
            other => panic!("{other} is not a known call"),
        }
    }

    /// The value of a secret as the command gets it.
    fn secret(&self, name: &str) -> End {
        let binding = format!("VALUE={name}");
        let print = ["--", "/bin/sh", "-c", "printf %sX \"$VALUE\""];
        let run = [&["run", "-s", &binding], &print[..]].concat();
        match End::of(self.pfx(&run).outcome()) {
            End::Value(mut bytes) => {
                assert_eq!(bytes.pop(), Some(b'X'));
                End::Value(bytes)
            }
            other => other,
        }
    }

    fn set(&self, key: &str, value: &Value) -> Option<String> {
        let (word, string) = match value.as_str() {
            Some(text) => (text.to_owned(), true),
            None => (value.to_string(), false),
        };
        let mut words = vec!["kv", "set", key, &word];
        words.extend(string.then_some("--string"));
        self.compare(&End::of(self.pfx(&words).outcome()), &json!(""))
    }

    /// A command of the real package, by the equivalent command of pfx.
    fn command(&self, words: &[&str]) -> Option<String> {
        let observed = &self.recorded["observed"];
        match words {
            ["kv", "set", rest @ ..] => {
                // The real command stores every value as a string.
                let words = [&["kv", "set", "--string"], rest].concat();
                self.compare_status(&self.pfx(&words).outcome())
            }
            ["kv", "get", key] if !key.starts_with('-') => {
                let outcome = self.pfx(&["kv", "get", key, "--json"]).outcome();
                if observed["exit_code"] != 0 {
                    return self.compare_status(&outcome);
                }
                let answers = self.recorded["stub_responses"].as_array().expect("answers");
                let rows = answers.iter().find_map(|one| one.pointer("/body_json/data/key_value"));
                let value = &rows.expect("rows")[0]["value"];
                self.compare(&End::of(outcome), value)
            }
            ["kv", "list"] => {
                let outcome = self.pfx(words).outcome();
                // Prefect prints `No keys found`; an empty list of pfx has no lines.
                if outcome.code() == Some(0) && !outcome.stdout.is_empty() {
                    return Some(outcome.stdout());
                }
                self.compare_status(&outcome)
            }
            ["kv", ..] => self.compare_status(&self.pfx(words).outcome()),
            // pfx reads the files that these write as the real client would.
            ["auth", ..] => self.left_by_auth(),
            ["backend", which] => {
                for (path, file) in observed["files_after"].as_object().into_iter().flatten() {
                    if let Some(text) = file["text"].as_str() {
                        self.home.write(path, text);
                    }
                }
                let outcome = self.pfx(&["doctor", "--local", "--json"]).outcome();
                let backend = &fact(&outcome, "backend")["value"];
                // A word that is not a backend leaves Prefect's default.
                let expected = if *which == "server" { "server" } else { "cloud" };
                (backend != expected).then(|| format!("the backend is {backend}"))
            }
            other => panic!("{other:?} is not a known command"),
        }
    }

    /// Compares the exit status with that of the real command.
    fn compare_status(&self, outcome: &Outcome) -> Option<String> {
        let expected = self.recorded["observed"]["exit_code"].as_i64().expect("a status");
        let same = match (expected, outcome.code()) {
            // pfx distinguishes a value that does not exist from a failure.
            (1, Some(1 | 125)) => !outcome.stderr.is_empty(),
            (expected, code) => code.map(i64::from) == Some(expected),
        };
        if !same {
            return Some(format!(
                "status {:?}, not {expected}: {}",
                outcome.code(),
                outcome.said()
            ));
        }
        if expected == 0 { self.unlike_requests() } else { None }
    }

    fn compare(&self, end: &End, expected: &Value) -> Option<String> {
        let observed = &self.recorded["observed"];
        if observed["ok"] == false {
            let message = observed["error_message"].as_str().unwrap_or_default();
            let is_absence = ["was not found", "No value found", "No key"]
                .iter()
                .any(|phrase| message.contains(phrase));
            return match (end, is_absence) {
                // The number of requests may differ, but not the requests.
                (End::Absent, true) | (End::Failed(_), false) => {
                    let (seen, expected) = (self.api.requests(), self.recorded_requests());
                    seen.first()
                        .zip(expected.first())
                        .and_then(|(seen, expected)| self.unlike_request(seen, expected))
                }
                _ => Some(format!("Prefect says {message:?}, pfx {end}")),
            };
        }
        unlike(end, expected).or_else(|| self.unlike_requests())
    }

    /// How the requests differ from the recorded ones.
    fn unlike_requests(&self) -> Option<String> {
        let mut expected = self.recorded_requests();
        // pfx sends one request for several `get` of one run.
        if self.recorded["call"][0] == "secret_get_twice" {
            expected.truncate(1);
        }
        let seen = self.api.requests();
        if seen.len() != expected.len() {
            return Some(format!("{} requests, not {}", seen.len(), expected.len()));
        }
        seen.iter().zip(expected).find_map(|(seen, expected)| self.unlike_request(seen, expected))
    }

    /// All requests; of identical ones only the first was recorded.
    fn recorded_requests(&self) -> Vec<&Value> {
        let recorded = self.recorded["requests_seen"].as_array().into_iter().flatten();
        match self.recorded["observed"]["requests_identical"].as_u64() {
            Some(count) => recorded.cycle().take(usize::try_from(count).expect("few")).collect(),
            None => recorded.collect(),
        }
    }

    fn unlike_request(&self, seen: &Request, expected: &Value) -> Option<String> {
        let line = (seen.method.as_str(), seen.path.as_str());
        if json!(line.0) != expected["method"] || json!(line.1) != expected["path"] {
            return Some(format!("{line:?}, not {} {}", expected["method"], expected["path"]));
        }
        if json!(seen.body) != expected["body"] {
            return Some(format!("body {}, not {}", seen.body, expected["body"]));
        }
        let recorded = |name: &str| {
            let pairs = expected["headers"].as_array().expect("headers").iter();
            let mut pairs = pairs.filter_map(|pair| Some((pair[0].as_str()?, pair[1].as_str()?)));
            let found = pairs.find(|(other, _)| other.eq_ignore_ascii_case(name));
            found.map(|(_, value)| self.filled(value))
        };
        for name in COMPARED {
            if seen.header(name) != recorded(name).as_deref() {
                return Some(format!("{name} {:?}, not {:?}", seen.header(name), recorded(name)));
            }
        }
        if seen.method == "CONNECT" {
            return None;
        }
        if seen.header("accept-encoding") != Some("gzip") {
            return Some(format!("accept-encoding {:?}", seen.header("accept-encoding")));
        }
        let agent = concat!("pfx/", env!("CARGO_PKG_VERSION"));
        let is_pfx = seen.header("user-agent") == Some(agent);
        (!is_pfx).then(|| format!("user-agent {:?}", seen.header("user-agent")))
    }
}

fn words(call: &Value) -> Vec<&str> {
    call.as_array().expect("words").iter().map(|word| word.as_str().expect("a word")).collect()
}

/// The Python expressions that are recorded.
fn evaluated(expression: &str) -> Value {
    match expression {
        "(1,2)" => json!([1, 2]),
        "'x'*20000" => json!("x".repeat(20_000)),
        "'é'*1667" => json!("é".repeat(1667)),
        "'🔑'*834" => json!("🔑".repeat(834)),
        "float('nan')" => json!("NaN"),
        other => panic!("{other} is not a known expression"),
    }
}

#[test]
fn pfx_waits_for_a_late_response() {
    let api = Server::new(|dialogue| {
        while dialogue.request().is_some() {
            thread::sleep(Duration::from_millis(1200));
            let _ = dialogue.send(crate::support::cloud1::value(&json!("late")));
        }
    });
    crate::support::cloud1::home(&api.url())
        .run(&["-s", "X"], &["/bin/sh", "-c", "printf %s \"$X\""])
        .gives("late");
}
