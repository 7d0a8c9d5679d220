//! Recorded cases of Prefect 1.4.1 that have to do with its API: each is one call of the real package with
//! its files, variables and the API's answers, what came of it, and the requests that it made. pfx must
//! come to the same, and ask the same.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Dialogue, Home, Outcome, Pfx, Request, Server, reply, tls};

const RECORDED: &str = include_str!("../data/prefect-1-remote.json");

/// Headers that are the same on the wire. The rest are HTTP's own, and `User-Agent`, which is pfx's.
const COMPARED: [&str; 5] =
    ["authorization", "x-prefect-tenant-id", "x-prefect-core-version", "content-type", "accept"];

/// A case under way: its home, and the API that answers as recorded.
struct Case<'c> {
    recorded: &'c Value,
    home: Home,
    api: Server,
}

/// What came of it, as far as the real package and pfx can be compared.
enum End {
    Value(Vec<u8>),
    Absent,
    Failed(String),
}

#[test]
fn every_recorded_case_of_the_api_comes_to_the_same_and_asks_the_same() {
    let recorded: Vec<Value> = serde_json::from_str(RECORDED).expect("recorded cases");
    let (next, wrong) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    // Much of it is waiting for retries.
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
        assert!(ids.contains(id), "{id} is no recorded case");
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

    /// What is wrong with what pfx does, if anything is.
    fn problem(&self) -> Option<String> {
        let call = self.recorded["call"].as_array().expect("a call");
        let text = |index: usize| call.get(index).and_then(Value::as_str).unwrap_or_default();
        let expected = &self.recorded["observed"]["value_json"];
        match text(0) {
            "secret_get" => self.compare(self.secret(text(1)), expected),
            "secret_get_twice" => self.compare(self.secret(text(1)), &expected[0]),
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
                self.compare(End::of(self.pfx(&words).stdin(value).outcome()), &json!(""))
            }
            "kv_set" => self.set(text(1), &call[2]),
            "kv_set_py" => self.set(text(1), &evaluated(text(2))),
            "kv_get" => self
                .compare(End::of(self.pfx(&["kv", "get", text(1), "--json"]).outcome()), expected),
            "kv_delete" => {
                self.compare(End::of(self.pfx(&["kv", "delete", text(1)]).outcome()), &json!(""))
            }
            "kv_list" => {
                self.compare(End::of(self.pfx(&["kv", "list", "--json"]).outcome()), expected)
            }
            "config_get" => self.setting(text(1), expected),
            "client" => self.client(&call.get(1).cloned().unwrap_or_default(), expected),
            "client_tenant" => self.tenant(expected),
            "cli" => self.command(&words(&call[1])),
            "client_graphql" => None,
            other => panic!("{other} is no call that is known here"),
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
        self.compare(End::of(self.pfx(&words).outcome()), &json!(""))
    }

    /// What a leaf of the configuration is, by a secret that refers to it. What is no text or number cannot
    /// be referred to, by Prefect's own rule, and pfx has no such settings.
    fn setting(&self, key: &str, expected: &Value) -> Option<String> {
        if expected.is_object() {
            return None;
        }
        let pfx = self.pfx(&["secret", "get", "PROBE"]);
        let probe = pfx.env("PREFECT__CONTEXT__SECRETS__PROBE", format!("${{{key}}}"));
        let expected =
            expected.as_str().map_or_else(|| expected.clone(), |text| json!(self.filled(text)));
        unlike(&End::of(probe.outcome()), &expected)
    }

    /// The URL, key, tenant and table of `auth.toml` that a client goes by.
    fn client(&self, arguments: &Value, expected: &Value) -> Option<String> {
        let told = |mut pfx: Pfx| {
            for (name, variable) in
                [("api_server", "PREFECT__CLOUD__API"), ("tenant_id", "PREFECT__CLOUD__TENANT_ID")]
            {
                if let Some(text) = arguments[name].as_str() {
                    pfx = pfx.env(variable, text);
                }
            }
            pfx
        };
        // The table's name: a key that stands there is found there.
        let file = expected["auth_file"].as_str().expect("a path");
        if !std::path::Path::new(&self.filled(file)).exists() {
            let slug = self.filled(expected["slug"].as_str().expect("a name"));
            self.home.write(".prefect/auth.toml", format!("[\"{slug}\"]\napi_key = \"PROBE\"\n"));
            let outcome = told(self.pfx(&["doctor", "--local", "--json"])).outcome();
            std::fs::remove_file(self.home.join(".prefect/auth.toml")).expect("it is there");
            if fact(&outcome, "API key")["origin"] != self.filled(file)
                && expected["api_key"].is_null()
            {
                return Some(format!("no key is found under [{slug}]: {}", outcome.said()));
            }
        }
        let server = expected["api_server"].as_str().expect("a URL");
        if server != "{{STUB}}" {
            return None;
        }
        // The rest as the API sees it.
        told(self.pfx(&["kv", "list"])).outcome();
        let requests = self.api.requests();
        let request = requests.first()?;
        let key = expected["api_key"].as_str().map(|key| format!("Bearer {}", self.filled(key)));
        if request.header("authorization") != key.as_deref() {
            return Some(format!("the key is not {key:?}: {request:?}"));
        }
        // A tenant goes out only with a key.
        let tenant = expected["_tenant_id"].as_str().filter(|_| key.is_some());
        if request.header("x-prefect-tenant-id") != tenant {
            return Some(format!("the tenant is not {tenant:?}: {request:?}"));
        }
        let outcome = told(self.pfx(&["doctor", "--local", "--json"])).outcome();
        let named = &fact(&outcome, "tenant")["value"];
        match expected["_tenant_id"].as_str() {
            Some(tenant) if named != tenant => Some(format!("doctor says tenant {named}")),
            _ => None,
        }
    }

    /// The tenant that a key belongs to.
    fn tenant(&self, expected: &Value) -> Option<String> {
        let outcome = self.pfx(&["doctor", "--json"]).outcome();
        let tenant = &fact(&outcome, "tenant of the key")["value"];
        if tenant != expected {
            return Some(format!("doctor says {tenant}"));
        }
        self.unlike_requests()
    }

    /// A command of the real package, by what stands for it in pfx.
    fn command(&self, words: &[&str]) -> Option<String> {
        let observed = &self.recorded["observed"];
        match words {
            ["kv", "set", rest @ ..] => {
                // The real command stores every value as a string.
                let words = [&["kv", "set", "--string"], rest].concat();
                self.compare_status(self.pfx(&words).outcome())
            }
            ["kv", "get", key] if !key.starts_with('-') => {
                let outcome = self.pfx(&["kv", "get", key, "--json"]).outcome();
                if observed["exit_code"] != 0 {
                    return self.compare_status(outcome);
                }
                let answers = self.recorded["stub_responses"].as_array().expect("answers");
                let rows = answers.iter().find_map(|one| one.pointer("/body_json/data/key_value"));
                let value = &rows.expect("rows")[0]["value"];
                self.compare(End::of(outcome), value)
            }
            ["kv", "list"] => {
                let outcome = self.pfx(words).outcome();
                // Prefect says `No keys found`; a list that is empty has no line.
                if outcome.code() == Some(0) && !outcome.stdout.is_empty() {
                    return Some(outcome.stdout());
                }
                self.compare_status(outcome)
            }
            ["kv", ..] => self.compare_status(self.pfx(words).outcome()),
            // What these leave is read by pfx as the real client would.
            ["auth", ..] => self.left_by_auth(),
            ["backend", which] => {
                for (path, file) in observed["files_after"].as_object().into_iter().flatten() {
                    if let Some(text) = file["text"].as_str() {
                        self.home.write(path, text);
                    }
                }
                let outcome = self.pfx(&["doctor", "--local", "--json"]).outcome();
                let backend = &fact(&outcome, "backend")["value"];
                // A word that is no backend leaves Prefect's own.
                let expected = if *which == "server" { "server" } else { "cloud" };
                (backend != expected).then(|| format!("the backend is {backend}"))
            }
            other => panic!("{other:?} is no command that is known here"),
        }
    }

    /// Whether pfx sends the key and tenant that a file of `prefect auth` has for this API.
    fn left_by_auth(&self) -> Option<String> {
        for (path, file) in
            self.recorded["observed"]["files_after"].as_object().into_iter().flatten()
        {
            self.home.write(path, self.filled(file["text"].as_str()?));
        }
        let text =
            std::fs::read_to_string(self.home.join(".prefect/auth.toml")).unwrap_or_default();
        let config = std::fs::read_to_string(self.home.config()).unwrap_or_default();
        let table: toml_edit::DocumentMut = text.parse().expect("auth.toml");
        let config: toml_edit::DocumentMut = config.parse().expect("config.toml");
        let configured = config.get("cloud").and_then(|cloud| cloud.get("api_key")?.as_str());
        let entry = table.get(&self.filled("{{SLUG}}"));
        let of = |key| entry?.get(key)?.as_str().filter(|text: &&str| !text.is_empty());
        let key = configured.or_else(|| of("api_key")).map(|key| format!("Bearer {key}"));
        self.pfx(&["kv", "list"]).env("PREFECT__CLOUD__API", self.api.url()).outcome();
        let requests = self.api.requests();
        let request = requests.first()?;
        let tenant = of("tenant_id").filter(|_| key.is_some());
        let sent = (request.header("authorization"), request.header("x-prefect-tenant-id"));
        (sent != (key.as_deref(), tenant)).then(|| format!("{sent:?} and not {key:?}, {tenant:?}"))
    }

    /// Compares how it ended with the real command's status.
    fn compare_status(&self, outcome: Outcome) -> Option<String> {
        let expected = self.recorded["observed"]["exit_code"].as_i64().expect("a status");
        let same = match (expected, outcome.code()) {
            // pfx tells what is not there from what failed.
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

    fn compare(&self, end: End, expected: &Value) -> Option<String> {
        let observed = &self.recorded["observed"];
        if observed["ok"] == false {
            let message = observed["error_message"].as_str().unwrap_or_default();
            let is_absence = ["was not found", "No value found", "No key"]
                .iter()
                .any(|phrase| message.contains(phrase));
            return match (&end, is_absence) {
                // How often is another matter; but what is asked is the same.
                (End::Absent, true) | (End::Failed(_), false) => {
                    let (seen, expected) = (self.api.requests(), self.recorded_requests());
                    seen.first()
                        .zip(expected.first())
                        .and_then(|(seen, expected)| self.unlike_request(seen, expected))
                }
                _ => Some(format!("Prefect says {message:?}, pfx {end}")),
            };
        }
        unlike(&end, expected).or_else(|| self.unlike_requests())
    }

    /// How the requests differ from the recorded ones.
    fn unlike_requests(&self) -> Option<String> {
        let mut expected = self.recorded_requests();
        // A second `get` of one run is none to pfx: it asks once.
        if self.recorded["call"][0] == "secret_get_twice" {
            expected.truncate(1);
        }
        let seen = self.api.requests();
        if seen.len() != expected.len() {
            return Some(format!("{} requests, not {}", seen.len(), expected.len()));
        }
        seen.iter().zip(expected).find_map(|(seen, expected)| self.unlike_request(seen, expected))
    }

    /// All of them; of identical ones only the first was recorded.
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

impl End {
    fn of(outcome: Outcome) -> Self {
        let said = outcome.stderr();
        match outcome.code() {
            Some(0) => Self::Value(outcome.stdout),
            Some(1 | 125) if said.contains("cannot find the") => Self::Absent,
            Some(1 | 2 | 125) => Self::Failed(said),
            other => panic!("status {other:?}: {said}"),
        }
    }
}

impl std::fmt::Display for End {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Value(bytes) => write!(formatter, "has {}", String::from_utf8_lossy(bytes)),
            Self::Absent => formatter.write_str("has none"),
            Self::Failed(said) => write!(formatter, "says {said}"),
        }
    }
}

/// The answers of a recorded API.
struct Rules(Mutex<Vec<(Value, u64)>>);

impl Rules {
    fn new(recorded: &Value) -> Self {
        let rules = recorded.as_array().cloned().unwrap_or_default();
        let times = |rule: &Value| rule["times"].as_u64().unwrap_or(1);
        Self(Mutex::new(rules.into_iter().map(|rule| (rule.clone(), times(&rule))).collect()))
    }

    /// The first that matches and is not used up; else the last that matches.
    fn pick(&self, body: &str) -> Value {
        let mut rules = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let matches = |rule: &Value| rule["match"].as_str().is_none_or(|part| body.contains(part));
        let next = rules.iter().position(|(rule, left)| matches(rule) && *left > 0);
        let Some(index) = next.or_else(|| rules.iter().rposition(|(rule, _)| matches(rule))) else {
            return json!({ "status": 599, "body_text": "no rule" });
        };
        rules[index].1 = rules[index].1.saturating_sub(1);
        rules[index].0.clone()
    }

    fn answer(&self, dialogue: &mut Dialogue) {
        while let Some(request) = dialogue.request() {
            let rule = self.pick(&request.body);
            if rule["drop"] == true {
                return;
            }
            let mut body = match (&rule["body_json"], rule["body_text"].as_str()) {
                (Value::Null, text) => text.unwrap_or_default().as_bytes().to_vec(),
                (json, _) => json.to_string().into_bytes(),
            };
            let headers = rule["headers"].as_object().into_iter().flatten();
            let mut headers: Vec<(&str, String)> = headers
                .map(|(name, value)| {
                    let port = request.header("host").and_then(|host| host.split_once(':'));
                    let port = port.map_or("", |(_, port)| port);
                    let value = value.as_str().unwrap_or_default();
                    let stub = format!("http://127.0.0.1:{port}");
                    (name.as_str(), value.replace("{{STUB}}", &stub).replace("{{PORT}}", port))
                })
                .collect();
            if rule["gzip"] == true {
                body = stored_gzip(&body);
                headers.push(("Content-Encoding", "gzip".to_owned()));
            }
            let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, &**value)).collect();
            let status = u16::try_from(rule["status"].as_u64().unwrap_or(200)).expect("a status");
            if dialogue.send(reply(status, &headers, body)).is_err() {
                return;
            }
        }
    }
}

/// A gzip member whose one block is stored as it is (RFC 1951, 3.2.4; RFC 1952).
fn stored_gzip(bytes: &[u8]) -> Vec<u8> {
    let length = u16::try_from(bytes.len()).expect("a short body");
    let mut crc = !0_u32;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg());
        }
    }
    let head = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255, 1];
    let lengths = [length.to_le_bytes(), (!length).to_le_bytes()].concat();
    let tail = [(!crc).to_le_bytes(), u32::from(length).to_le_bytes()].concat();
    [&head, &lengths[..], bytes, &tail].concat()
}

/// How a value differs from the recorded one: a string byte for byte, anything else by what it denotes.
fn unlike(end: &End, expected: &Value) -> Option<String> {
    let End::Value(bytes) = end else {
        return Some(format!("Prefect has {expected}, pfx {end}"));
    };
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim_end_matches('\n');
    let same = match expected {
        Value::String(expected) => expected.as_bytes() == bytes || json!(expected) == parsed(text),
        Value::Object(map) if map.len() == 1 && map.keys().all(|key| key.starts_with('$')) => {
            let recorded = map.values().next().and_then(Value::as_str).expect("a text");
            match recorded {
                "nan" => text == "NaN",
                "inf" => text.parse() == Ok(f64::INFINITY),
                digits => text == digits,
            }
        }
        expected => &parsed(text) == expected,
    };
    (!same).then(|| format!("Prefect has {expected}, pfx {text}"))
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| json!({ "no JSON": text }))
}

/// A fact that `doctor --json` tells.
fn fact(outcome: &Outcome, name: &str) -> Value {
    let told: Value = serde_json::from_slice(&outcome.stdout).expect("JSON");
    let sections = told["sections"].as_array().expect("sections").iter();
    let facts = sections.flat_map(|section| section["facts"].as_array().expect("facts"));
    facts.into_iter().find(|fact| fact["name"] == name).cloned().unwrap_or_default()
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
        other => panic!("{other} is no expression that is known here"),
    }
}

#[test]
fn an_answer_that_comes_late_is_waited_for() {
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

/// Cases that pfx answers otherwise, as design.md, section 6, or security.md decides, by the reason.
const DIFFERENCES: &[(&str, &[&str])] = &[
    (
        "typing is not done: the local text `None` is a text, where Prefect makes a value of it",
        &["cloud-local-none-wins"],
    ),
    (
        "the API is asked for what is not here unless the user wrote `use_local_secrets = true`, which \
         Prefect has by default",
        &["cloud-exists-use-local"],
    ),
    (
        "`backend = \"server\"` keeps everything local: such a server has neither secrets nor keys, and is \
         not asked whose they are",
        &["cloud-set-secret-server-backend", "tenant-default-server", "tenant-default-server-none"],
    ),
    (
        "the phrase that means absence does, where Prefect loses it by wrapping the message at 80 columns",
        &["cloud-error-notfound-400-wrapped"],
    ),
    ("NaN is no JSON (API-07)", &["cloud-error-body-nan", "kv-set-nan"]),
    (
        "no redirect is followed (NET-17)",
        &["cloud-error-redirect-301", "cloud-error-redirect-cross-host"],
    ),
    (
        "one deadline over everything (`--timeout`), and not Prefect's `request_timeout` for each wait",
        &["cloud-error-timeout-string", "timeout-zero"],
    ),
    ("`SSL_CERT_FILE` names authorities", &["cloud-tls-ssl-cert-file"]),
    (
        "secrets go over http to this machine only, and never through a proxy then",
        &["cloud-http-proxy", "cloud-http-proxy-lower", "z4-all-proxy"],
    ),
    (
        "`.netrc` is never read",
        &["cloud-netrc-overrides-key", "z4-netrc-default-entry", "z4-netrc-env"],
    ),
    ("a URL with a password in it is refused", &["cloud-userinfo-in-url"]),
    (
        "the key that is asked for is asked for, where Prefect's formatter takes blanks out of it",
        &["kv-get-key-four-spaces-brace"],
    ),
    ("help is given whatever is configured", &["cli-kv-server-sub-help"]),
];
