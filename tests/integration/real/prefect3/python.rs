//! pfx reads what the real client writes, and the real client reads what pfx writes.

use std::process::Command;

use super::home::{Home, WithUrl as _};
use super::server::{alone, guarded, plain};

#[track_caller]
fn printed(mut command: Command) -> String {
    let output = command.output().expect("the program starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{} {}", text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}

const WRITE: &str = r#"
from prefect.blocks.system import Secret
from prefect.variables import Variable
Secret(value="from python\n\U0001f511").save("py-text")
Secret(value={"user": "u", "n": 12345678901234567890123}).save("py-json")
Secret(value=42).save("py-int")
Secret(value="first").save("py-twice")
Secret(value="second").save("py-twice", overwrite=True)
Variable.set("py_text", "v")
Variable.set("py_json", {"a": [1, None, True]})
"#;

#[test]
fn pfx_reads_what_the_python_client_writes() {
    let _alone = alone();
    let server = need!(plain());
    let mut python = server.client("python");
    python.args(["-W", "ignore", "-c", WRITE]);
    printed(python);
    let home = Home::new();
    let get = |words: &[&str]| home.with_url(&server.url, words);
    get(&["secret", "get", "--remote", "py-text"]).gives("from python\n\u{1f511}");
    get(&["secret", "get", "--remote", "PY_JSON#/n"]).gives("12345678901234567890123");
    get(&["secret", "get", "--remote", "py-int"]).gives("42");
    get(&["secret", "get", "--remote", "py-twice"]).gives("second");
    get(&["kv", "get", "py_text"]).gives("v");
    get(&["kv", "get", "py_json"]).gives("{\"a\":[1,null,true]}");
}

const READ: &str = r#"
from prefect.blocks.system import Secret
from prefect.variables import Variable
for name in ["pfx-text", "pfx-json", "pfx-int"]:
    print(repr(Secret.load(name).get()))
for name in ["pfx_text", "pfx_json", "pfx_string"]:
    print(repr(Variable.get(name)))
"#;

#[test]
fn the_python_client_reads_what_pfx_writes() {
    let _alone = alone();
    // The server requires a password and tokens, which both must handle.
    let server = need!(guarded());
    let home = Home::new();
    let pfx = |words: &[&str]| {
        home.with_url(&server.url, words).env("PREFECT_API_AUTH_STRING", super::server::AUTH.1)
    };
    pfx(&["secret", "set", "--remote", "PFX_TEXT"]).stdin("it's \"q\"\n\nx").gives("");
    pfx(&["secret", "set", "--remote", "pfx-json", "--json"])
        .stdin(r#"{"a": [1, null]}"#)
        .gives("");
    pfx(&["secret", "set", "--remote", "pfx-int", "--json"]).stdin("42").gives("");
    pfx(&["kv", "set", "Pfx.Text", "v"]).gives("");
    pfx(&["kv", "set", "pfx_json", r#"{"a": [1, null]}"#, "--tag", "t"]).gives("");
    pfx(&["kv", "set", "pfx_string", "42", "--string"]).gives("");
    let mut python = server.client("python");
    python.args(["-W", "ignore", "-c", READ]);
    let expected = "'it\\'s \"q\"\\n\\nx'\n{'a': [1, None]}\n42\n'v'\n{'a': [1, None]}\n'42'\n";
    assert_eq!(printed(python), expected);
}

#[test]
fn prefect_variable_and_pfx_kv_use_the_same_variables() {
    let _alone = alone();
    let server = need!(plain());
    let home = Home::new();
    let mut set = server.client("prefect");
    set.args(["variable", "set", "cli_json", r#"{"a": 1}"#, "--tag", "x"]);
    printed(set);
    home.with_url(&server.url, ["kv", "get", "cli_json#/a"]).gives("1");
    home.with_url(&server.url, ["kv", "set", "cli_json", "text"]).gives("");
    let mut get = server.client("prefect");
    get.args(["variable", "get", "cli_json"]);
    assert_eq!(printed(get), "\"text\"\n");
}
