//! With the real Prefect 1.4.1: an unchanged flow under pfx, and values that pfx writes and Prefect reads.

use serde_json::{Value, json};

use crate::support::needs::{Missing, prefect};
use crate::support::{Home, Outcome};

/// A Python with Prefect 1.4.1.
fn python() -> Result<String, Missing> {
    Ok(prefect(1)?.join("bin/python").to_string_lossy().into_owned())
}

/// A usual flow for Prefect 1, which does not know about pfx.
const FLOW: &str = r#"
import json
from prefect import Flow, task
from prefect.client import Secret
from prefect.tasks.secrets import EnvVarSecret, PrefectSecret

@task
def report(by_task, by_environment):
    by_client = Secret("TOKEN").get()
    with open("report.json", "w") as file:
        json.dump([by_client, by_task, by_environment], file)

with Flow("mine") as flow:
    report(PrefectSecret("DB"), EnvVarSecret("TOKEN"))

state = flow.run()
raise SystemExit(0 if state.is_successful() else 1)
"#;

fn flow(home: &Home) {
    home.write("flow.py", FLOW);
}

#[track_caller]
fn reported(home: &Home, outcome: &Outcome) -> Value {
    assert_eq!(outcome.code(), Some(0), "{}", outcome.said());
    serde_json::from_slice(&std::fs::read(home.join("report.json")).expect("a report")).unwrap()
}

#[test]
fn a_flow_finds_secrets_in_the_local_file_and_the_environment() {
    let python = need!(python());
    let home = Home::new();
    flow(&home);
    home.pfx(["secret", "set", "TOKEN"]).stdin("P@$$w0rd ~ 007").gives("");
    home.pfx(["secret", "set", "DB", "--json"])
        .stdin(r#"{"user": "u", "ports": [1, 2]}"#)
        .gives("");
    let outcome = home.run(&[], &[&python, "flow.py"]).outcome();
    let expected = json!(["P@$$w0rd ~ 007", { "user": "u", "ports": [1, 2] }, "P@$$w0rd ~ 007"]);
    assert_eq!(reported(&home, &outcome), expected);
}

#[test]
fn with_the_option_prefect_a_flow_finds_secrets_in_the_environment_only() {
    let python = need!(python());
    let home = Home::new();
    flow(&home);
    // In a place that Prefect itself does not search.
    home.write("mounted/TOKEN", "$HOME 000000\n");
    home.write("mounted/DB", "text 'with' \"quotes\" ${x} é");
    let bindings = ["--prefect", "--secrets-dir", "mounted", "-s", "TOKEN", "-s", "DB"];
    let outcome = home.run(&bindings, &[&python, "flow.py"]).outcome();
    let expected = json!(["$HOME 000000", "text 'with' \"quotes\" ${x} é", "$HOME 000000"]);
    assert_eq!(reported(&home, &outcome), expected);
}

/// Values that Prefect could change when it reads them: TOML, `$`, `~`, Python, JSON.
fn nasty() -> Vec<String> {
    let mut all: Vec<String> = [
        "",
        " ",
        "\n",
        "\t",
        "a",
        " a ",
        "a\n",
        "\na",
        "a\r\nb",
        "\r",
        "é",
        "日本 🔑",
        "\u{1}\u{7f}\u{85}\u{a0}",
        "\u{2028}",
        "\u{feff}x",
        "~",
        "~/x",
        "~root",
        "a~",
        "$HOME",
        "$$",
        "P@$$w0rd",
        "a$b",
        "${HOME}",
        "${x",
        "${}",
        "cost$5",
        "\\$HOME",
        "\\",
        "\\n",
        "C:\\dir\\",
        "\\u0024",
        "'abc'",
        "\"abc\"",
        "\"",
        "'",
        "''",
        "\"\"",
        "'''",
        "'a' 'b'",
        "r'a'",
        "b'a'",
        "f'a'",
        "0",
        "-0",
        "007",
        "000000",
        "1_000",
        "0x1F",
        "0o17",
        "0b1",
        "1e5",
        ".5",
        "5.",
        "1.50",
        "12e45",
        "1e999",
        "+5",
        "- 5",
        "--5",
        "3j",
        "1+2j",
        "1,2",
        "1,",
        "(5)",
        "()",
        "[]",
        "[1, 2]",
        "[1,]",
        "{}",
        "{'a': 1}",
        "{1, 2}",
        "set()",
        "...",
        "True",
        "true",
        "tRuE",
        "FALSE",
        "None",
        "none",
        "null",
        "NaN",
        "nan",
        "Infinity",
        "-Infinity",
        "inf",
        "5 # five",
        "# five",
        "hello # x",
        "a # b",
        "{\"a\": 1}",
        "{\"items\": 1}",
        "{\"a\": \"$HOME\"}",
        "[\"~\"]",
        "{\"a\": NaN}",
        "{\"u\":\"http:\\/\\/x\"}",
        "\"\\ud83d\\udd11\"",
        "\"\\u0024\"",
        "https://u:p$w@h/x?y=1#f",
        "a=b",
        "a: b",
        "-----BEGIN KEY-----\nMIIE+/=\n-----END KEY-----\n",
        "eyJhbGciOi.eyJzdWIi.Sfl-_x",
        "2020-01-02",
        "03:04:05",
        "123456789012345678901234567890",
        "lambda: 0",
        "a if b else c",
        "not True",
        "__import__('os')",
        "\u{ff11}",
        "FAL\u{17f}E",
        "\u{c}5",
        "\\N{BULLET}",
        "\"\"\"",
        "x\"\"\"y",
        "%s %(a)s {0}",
        "${backend}",
        "${context.secrets.A}",
        "u\"x\"",
        "nullable",
        "Nonesuch",
        "1st",
        "3f2agk",
        "0xZZ",
        "1e5x",
        "_",
        "_1",
    ]
    .map(str::to_owned)
    .to_vec();
    all.push("9".repeat(5_000));
    all.push("[".repeat(3_000));
    all.push("x".repeat(100_000));
    all.push("$".repeat(1_000));
    all
}

/// The real `Secret(NAME).get()` of each name, as JSON, in one process.
const READ: &str = r#"
import json, sys
from prefect.client import Secret
names = json.load(open("names.json"))
print(json.dumps({name: [type(Secret(name).get()).__name__, Secret(name).get()] for name in names}))
"#;

#[track_caller]
fn read_by_prefect(outcome: &Outcome) -> Value {
    assert_eq!(
        (outcome.code(), outcome.stderr()),
        (Some(0), String::new()),
        "{}",
        outcome.stdout()
    );
    serde_json::from_slice(&outcome.stdout).unwrap()
}

#[test]
fn prefect_reads_back_every_value_that_set_writes() {
    let python = need!(python());
    let home = Home::new();
    let values = nasty();
    let names: Vec<String> = (0..values.len()).map(|n| format!("N{n}")).collect();
    for (name, value) in names.iter().zip(&values) {
        home.write("value", value);
        home.pfx(["secret", "set", name, "--from-file", "value"]).gives("");
        let got = home.pfx(["secret", "get", name]).outcome();
        assert_eq!(
            got.stdout.escape_ascii().to_string(),
            value.as_bytes().escape_ascii().to_string()
        );
    }
    home.write("names.json", json!(names).to_string());
    let read = read_by_prefect(&home.bare(&[&python, "-c", READ]).outcome());
    for (name, value) in names.iter().zip(&values) {
        assert_eq!(read[name], json!(["str", value]), "{value:?}");
    }
}

#[test]
fn prefect_reads_every_value_that_is_passed_with_the_option_prefect() {
    let python = need!(python());
    let home = Home::new();
    // Values that do not fit into variables together with the others are left out.
    let values: Vec<String> = nasty().into_iter().filter(|value| value.len() < 50_000).collect();
    let names: Vec<String> = (0..values.len()).map(|n| format!("N{n}")).collect();
    for (name, value) in names.iter().zip(&values) {
        // A mounted file loses one trailing newline.
        home.write(format!("mounted/{name}"), format!("{value}\n"));
    }
    home.write("names.json", json!(names).to_string());
    let run = home.run(&["--prefect", "--secrets-dir", "mounted"], &[&python, "-c", READ]);
    let outcome = run.outcome();
    let warnings: String = names
        .iter()
        .zip(&values)
        .filter(|(_, value)| value.ends_with('\r'))
        .map(|(name, _)| {
            format!(
                "pfx: warning: the value in mounted/{name} ends with a carriage return (\\r): was the file saved with \
                 Windows line endings?\n"
            )
        })
        .collect();
    assert_eq!((outcome.code(), outcome.stderr()), (Some(0), warnings));
    let read: Value = serde_json::from_slice(&outcome.stdout).unwrap();
    for (name, value) in names.iter().zip(&values) {
        assert_eq!(read[name], json!(["str", value]), "{value:?}");
    }
}

#[test]
fn prefect_reads_back_json_as_its_value() {
    let python = need!(python());
    let home = Home::new();
    let values = [
        json!({ "a": [1, 2.5, "x", { "b": "c" }] }),
        json!({ "a": true, "b": null }),
        json!({ "items": 1, "keys": [1] }),
        json!({ "a": "$HOME ~ ${x}" }),
        json!([]),
        json!([[], {}]),
        json!({}),
        json!(5),
        json!(-1.5),
        json!(true),
        json!(null),
        json!("text"),
        json!("5"),
        json!({ "é": "🔑", "": "", "a b": "\u{1}\n" }),
        json!({ "u": "http://x/\\/" }),
        json!(["'", "\"", "\\"]),
        json!({ "__class__": 1, "_Box__x": 2 }),
    ];
    let names: Vec<String> = (0..values.len()).map(|n| format!("N{n}")).collect();
    for (name, value) in names.iter().zip(&values) {
        home.pfx(["secret", "set", "--json", name]).stdin(value.to_string()).gives("");
        home.pfx(["secret", "get", "--json", name]).gives(&format!("{value}\n"));
    }
    home.write("names.json", json!(names).to_string());
    for start in
        [home.bare(&[&python, "-c", READ]), home.run(&["--prefect"], &[&python, "-c", READ])]
    {
        let read = read_by_prefect(&start.outcome());
        for (name, value) in names.iter().zip(&values) {
            assert_eq!(read[name][1], *value);
        }
    }
}

#[test]
fn prefect_reads_names_of_all_kinds() {
    let python = need!(python());
    let home = Home::new();
    let names = [
        "a.b", "a-b", "a b", "a\"b", "a'b", "a'\"b", "a\\b", "a\\\"b", "a\\", "a\tb", "a\nb",
        " a ", "[a]", "é", "日本", "A__B", "a=b", "'", "#", "007", "true",
    ];
    for name in names {
        home.pfx(["secret", "set", "--", name]).stdin(format!("value of {name}")).gives("");
    }
    home.write("names.json", json!(names).to_string());
    let read = read_by_prefect(&home.bare(&[&python, "-c", READ]).outcome());
    for name in names {
        assert_eq!(read[name], json!(["str", format!("value of {name}")]));
    }
}
