//! The real package Prefect 1.4.1 and pfx with the same API: each reads what the other writes.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

use crate::support::cloud1::API_KEY;
use crate::support::needs::{Missing, prefect, tools};
use crate::support::{Home, Pfx, lasting};

/// Ended when dropped.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// One API, and both of its clients.
struct Sides {
    home: Home,
    _stub: Process,
    _prefect: Process,
    asks: ChildStdin,
    answers: BufReader<ChildStdout>,
}

/// Runs the call in each line of JSON, and answers with a line, because a start takes half a second.
const PREFECT: &str = r#"
import json, sys
from prefect.client import Secret, Client
from prefect.backend import kv_store
calls = {
    "secret_get": lambda name: Secret(name).get(),
    "secret_set": lambda name, value: Client().set_secret(name, value),
    "kv_get": kv_store.get_key_value,
    "kv_set": kv_store.set_key_value,
    "kv_delete": kv_store.delete_key,
    "kv_list": kv_store.list_keys,
}
print("ready", flush=True)
for line in sys.stdin:
    name, *arguments = json.loads(line)
    try:
        answer = {"value": calls[name](*arguments)}
    except Exception as error:
        answer = {"error": "%s: %s" % (type(error).__name__, error)}
    try:
        json.dumps(answer, ensure_ascii=False, allow_nan=False).encode()
    except ValueError:
        answer = {"value": {"no JSON": True}}
    print(json.dumps(answer), flush=True)
"#;

impl Sides {
    fn new() -> Result<Self, Missing> {
        tools(&["python3"])?;
        let python = prefect(1)?.join("bin/python");
        let mut stub = Command::new("python3");
        stub.args(["tests/support/prefect-1-stub.py", "--port", "0", "--stateful"]);
        stub.args(["--api-key", API_KEY]).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut stub = lasting::spawn_for_thread(&mut stub).expect("the API starts");
        let mut line = String::new();
        let mut said = BufReader::new(stub.stdout.take().expect("a pipe"));
        said.read_line(&mut line).expect("a line");
        let address = line.trim().rsplit(' ').next().expect("an address").to_owned();
        let home = Home::with_config(format!(
            "[cloud]\napi = \"http://{address}\"\napi_key = \"{API_KEY}\"\nuse_local_secrets = false\n"
        ));
        let mut prefect = Command::new(python);
        prefect
            .args(["-W", "ignore", "-c", PREFECT])
            .env_clear()
            .env("HOME", home.path())
            .env("PATH", "/usr/bin:/bin")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut prefect = lasting::spawn_for_thread(&mut prefect).expect("the real package starts");
        let asks = prefect.stdin.take().expect("a pipe");
        let mut answers = BufReader::new(prefect.stdout.take().expect("a pipe"));
        line.clear();
        answers.read_line(&mut line).expect("a line");
        assert_eq!(line, "ready\n", "the real package starts");
        Ok(Self { home, _stub: Process(stub), _prefect: Process(prefect), asks, answers })
    }

    /// The result of a call of the real package.
    fn prefect(&mut self, call: &Value) -> Result<Value, String> {
        writeln!(self.asks, "{call}").expect("it listens");
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("it answers");
        let mut answer: Value = serde_json::from_str(&line).expect("JSON");
        match answer["error"].as_str() {
            Some(error) => Err(error.to_owned()),
            None => Ok(answer["value"].take()),
        }
    }

    fn pfx(&self, words: &[&str]) -> Pfx {
        self.home.pfx(words)
    }
}

/// Texts that could be read as something else on the way.
fn texts() -> Vec<String> {
    let mut texts: Vec<String> = [
        "hunter2",
        "",
        " ",
        "123",
        "007",
        "000000",
        "1e5",
        "1.50",
        "-0",
        "true",
        "True",
        "null",
        "None",
        "NaN",
        "-Infinity",
        "[NaN]",
        "\"quoted\"",
        "\"\\ud800\"",
        "'single'",
        "{\"a\": 1}",
        "{\"items\": 1}",
        "[1, 2",
        "[1,2]",
        "{'a': 1}",
        "$HOME ${backend} ~",
        "P@$$w0rd",
        "a\nb\n",
        "\ttab",
        "päß 日本 🔑",
        "\u{7f}\u{1}",
        "5 # five",
        "1,2",
        "-----BEGIN KEY-----\nMII\n",
        "http:\\/\\/x",
        " 5 ",
        "\u{feff}5",
    ]
    .map(str::to_owned)
    .to_vec();
    texts.push("x".repeat(9_998));
    texts
}

fn values() -> Vec<Value> {
    let mut values: Vec<Value> = texts().into_iter().map(Value::String).collect();
    values.extend([
        json!(0),
        json!(-5),
        json!(1.5),
        json!(true),
        json!(null),
        json!([]),
        json!({}),
        json!({ "a": { "b": [1, "2", null, { "é": "🔑" }] }, "items": "123", "keys": "$HOME" }),
        json!(["x".repeat(9_994)]),
    ]);
    values
}

#[test]
fn the_real_package_reads_a_secret_that_pfx_writes() {
    let mut sides = need!(Sides::new());
    for text in texts() {
        let set = sides.pfx(&["secret", "set", "S", "--remote"]).stdin(text.clone() + "\n");
        set.gives("");
        assert_eq!(sides.prefect(&json!(["secret_get", "S"])), Ok(json!(text)), "{text:?}");
        sides.pfx(&["secret", "get", "S", "--remote"]).gives(&text);
        let print = ["/bin/sh", "-c", "printf %sX \"$S\""];
        sides.home.run(&["-s", "S"], &print).gives(&(text + "X"));
    }
    for value in values() {
        let set = sides.pfx(&["secret", "set", "S", "--remote", "--json"]);
        if value.is_null() {
            // Decided: null is not a value (design.md, section 6).
            assert_eq!(set.stdin("null").outcome().code(), Some(125));
            continue;
        }
        set.stdin(value.to_string()).gives("");
        assert_eq!(sides.prefect(&json!(["secret_get", "S"])), Ok(value.clone()), "{value}");
        let got = sides.pfx(&["secret", "get", "S", "--remote", "--json"]).outcome().stdout();
        assert_eq!(serde_json::from_str::<Value>(&got).expect("JSON"), value);
    }
}

#[test]
fn pfx_reads_a_secret_that_the_real_package_writes() {
    let mut sides = need!(Sides::new());
    for value in values() {
        sides.prefect(&json!(["secret_set", "S", value])).expect("it is set");
        let read = sides.prefect(&json!(["secret_get", "S"])).expect("it is there");
        let got = sides.pfx(&["secret", "get", "S", "--remote"]).outcome();
        if value.is_null() {
            assert!(got.stderr().contains("`S`: its value is JSON null"), "{}", got.stderr());
            continue;
        }
        assert_eq!(got.code(), Some(0), "{}", got.stderr());
        let same = match &read {
            Value::String(text) => got.stdout() == *text,
            // NaN, the infinities and half a character do not exist in JSON, so pfx returns the text.
            Value::Object(map) if map.contains_key("no JSON") => value == got.stdout().as_str(),
            read => serde_json::from_str::<Value>(&got.stdout()).is_ok_and(|denoted| {
                denoted == *read || (denoted.is_number() && denoted.as_f64() == read.as_f64())
            }),
        };
        assert!(same, "{value}: Prefect reads {read}, pfx {}", got.stdout());
    }
}

#[test]
fn each_reads_a_key_that_the_other_writes() {
    let mut sides = need!(Sides::new());
    for (index, value) in values().into_iter().enumerate() {
        let key = format!("k{index} \"é\\ 🔑");
        let word = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let from_pfx =
            [&["kv", "set", &key, "-"][..], if value.is_string() { &["--string"] } else { &[] }];
        sides.pfx(&from_pfx.concat()).stdin(word.clone() + "\n").gives("");
        assert_eq!(sides.prefect(&json!(["kv_get", key])), Ok(value.clone()), "{value}");

        sides.prefect(&json!(["kv_set", key, value])).expect("it is set");
        let got = sides.pfx(&["kv", "get", &key, "--json"]).outcome().stdout();
        assert_eq!(serde_json::from_str::<Value>(&got).expect("JSON"), value);
        sides.pfx(&["kv", "get", &key]).gives(&word);
        let binding = format!("K={key}");
        let print = ["/bin/sh", "-c", "printf %sX \"$K\""];
        let run = sides.home.run(&["-k", &binding], &print);
        if value.is_null() {
            assert_eq!(run.outcome().code(), Some(125));
        } else {
            run.gives(&(word + "X"));
        }
    }
    let listed = sides.prefect(&json!(["kv_list"])).expect("a list");
    let ours = sides.pfx(&["kv", "list", "--json"]).outcome().stdout();
    assert_eq!(serde_json::from_str::<Value>(&ours).expect("JSON"), listed);
}

#[test]
fn a_secret_that_one_deletes_does_not_exist_for_the_other() {
    let mut sides = need!(Sides::new());
    sides.pfx(&["kv", "set", "a", "1"]).gives("");
    assert_eq!(sides.prefect(&json!(["kv_delete", "a"])), Ok(json!(true)));
    assert_eq!(sides.pfx(&["kv", "get", "a"]).outcome().code(), Some(1));
    sides.prefect(&json!(["kv_set", "b", [1]])).expect("it is set");
    sides.pfx(&["kv", "delete", "b"]).gives("");
    let gone = sides.prefect(&json!(["kv_get", "b"]));
    assert_eq!(gone, Err("ValueError: No value found for key: b".to_owned()));
    assert_eq!(sides.pfx(&["kv", "delete", "b"]).outcome().code(), Some(1));

    sides.pfx(&["secret", "set", "S", "--remote"]).stdin("v").gives("");
    sides.pfx(&["secret", "list", "--remote"]).gives("S\n");
    sides.pfx(&["secret", "delete", "S", "--remote"]).gives("");
    let gone = sides.prefect(&json!(["secret_get", "S"])).expect_err("it is gone");
    assert!(gone.starts_with("KeyError: 'The secret S was not found."), "{gone}");
    assert_eq!(sides.pfx(&["secret", "delete", "S", "--remote"]).outcome().code(), Some(1));
    assert_eq!(sides.pfx(&["secret", "get", "S", "--remote"]).outcome().code(), Some(1));
}

#[test]
fn both_apply_the_limit_of_ten_kilobytes_alike() {
    let mut sides = need!(Sides::new());
    for (value, fits) in [
        (json!("x".repeat(9_998)), true),
        (json!("x".repeat(9_999)), false),
        (json!("é".repeat(1_666)), true),
        (json!("é".repeat(1_667)), false),
        (json!("🔑".repeat(833)), true),
        (json!("🔑".repeat(834)), false),
        (json!({ "a": "x".repeat(9_983), "b": 1 }), true),
        (json!({ "a": "x".repeat(9_984), "b": 1 }), false),
    ] {
        let theirs = sides.prefect(&json!(["kv_set", "k", value]));
        assert_eq!(theirs.is_ok(), fits, "{theirs:?}");
        let ours = sides.pfx(&["kv", "set", "k", "-"]).stdin(value.to_string()).outcome();
        assert_eq!(ours.code(), Some(if fits { 0 } else { 125 }), "{}", ours.stderr());
    }
}
