//! `pfx secret get`, `set`, `delete` and `list`: their output, input and effect. writes.rs tests how files are
//! written.

use std::fs::File;

use crate::support::Home;

#[test]
fn get_prints_the_bytes_and_nothing_else() {
    let home = Home::with_secrets(
        "A = \"two\\nlines \"\nE = \"\"\nJ = '{\"a\": 1.50, \"b\": [true, \"x\"]}'\nS = '\"quoted\"'\nN = 000.5e1\n"
            .replace("N = 000.5e1\n", "N = \"000000\"\n")
            .as_str(),
    );
    home.pfx(["secret", "get", "A"]).gives("two\nlines ");
    home.pfx(["secret", "get", "E"]).gives("");
    home.pfx(["secret", "get", "J"]).gives("{\"a\": 1.50, \"b\": [true, \"x\"]}");
    home.pfx(["secret", "get", "S"]).gives("quoted");
    home.pfx(["secret", "get", "N"]).gives("000000");
    home.pfx(["secret", "get", "J#/b/1"]).gives("x");
}

#[test]
fn get_as_json_prints_json_unchanged_and_text_as_a_string() {
    let home = Home::with_secrets(
        "A = \"two\\nlines\"\nJ = '{ \"b\": 12345678901234567890123, \"a\": 1.50 }'\nS = '\"quoted\"'\nN = \"000000\"\nT = true\n",
    );
    for (name, json) in [
        ("A", "\"two\\nlines\"\n"),
        ("J", "{\"b\":12345678901234567890123,\"a\":1.50}\n"),
        ("S", "\"quoted\"\n"),
        ("N", "\"000000\"\n"),
        ("T", "true\n"),
        ("J#/a", "1.50\n"),
    ] {
        home.pfx(["secret", "get", "--json", name]).gives(json);
    }
}

#[test]
fn get_prints_bytes_that_are_not_utf_8_and_json_refuses_them() {
    use std::os::unix::ffi::OsStrExt as _;
    let home = Home::new();
    let bytes = std::ffi::OsStr::from_bytes(b"\xff\xfe");
    let start = |words: &[&str]| home.pfx(words).env("PREFECT__CONTEXT__SECRETS__B", bytes);
    assert_eq!(start(&["secret", "get", "B"]).outcome().stdout, b"\xff\xfe");
    start(&["secret", "get", "B", "--json"])
        .refuses(125, "pfx: error: cannot use `B`: its value is not valid UTF-8\n");
}

#[test]
fn get_of_a_missing_secret_exits_with_1() {
    let home = Home::with_secrets("A = \"v\"\n");
    let outcome = home.pfx(["secret", "get", "a"]).outcome();
    assert_eq!((outcome.code(), outcome.stdout()), (Some(1), String::new()));
    assert!(
        outcome.stderr().ends_with("pfx: hint: a secret named `A` exists; did you mean that?\n"),
        "{}",
        outcome.stderr()
    );
    let reason = "; no remote store is used: `--remote` was not given\n";
    assert!(outcome.stderr().contains(reason), "{}", outcome.stderr());
}

#[test]
fn output_that_cannot_be_written_is_an_error_except_to_a_closed_pipe() {
    let home = Home::with_secrets("A = \"v\"\n");
    for words in [
        &["secret", "get", "A"][..],
        &["secret", "list"],
        &["check", "--local"],
        &["completions", "bash"],
    ] {
        let full = File::options().write(true).open("/dev/full").unwrap();
        home.pfx(words)
            .stdout_to(full)
            .refuses(125, "pfx: error: cannot write to stdout: No space left on device\n");
    }
    let script =
        format!("{} completions bash | head -c 1 >/dev/null; echo ok", env!("CARGO_BIN_EXE_pfx"));
    home.bare(&["sh", "-c", &script]).gives("ok\n");
}

#[test]
fn set_reads_stdin_without_one_trailing_newline() {
    let home = Home::new();
    for (typed, value) in [
        ("v\n", "v"),
        ("v", "v"),
        ("v\n\n", "v\n"),
        ("", ""),
        ("\n", ""),
        ("a\r\n", "a\r"),
        (" x ", " x "),
    ] {
        home.pfx(["secret", "set", "A"]).stdin(typed).gives("");
        home.pfx(["secret", "get", "A"]).gives(value);
    }
    home.pfx(["secret", "set", "A", "-"]).stdin("dash").gives("");
    home.pfx(["secret", "get", "A"]).gives("dash");
}

#[test]
fn set_reads_a_file_byte_for_byte() {
    let home = Home::new();
    home.write("key.pem", "-----BEGIN-----\nx\n-----END-----\n");
    home.pfx(["secret", "set", "A", "--from-file", "key.pem"]).gives("");
    home.pfx(["secret", "get", "A"]).gives("-----BEGIN-----\nx\n-----END-----\n");
    home.pfx(["secret", "set", "A", "--from-file", "none"])
        .refuses(125, "pfx: error: cannot read none: No such file or directory\n");
}

#[test]
fn set_never_takes_a_value_from_the_command_line() {
    let home = Home::new();
    let outcome = home.pfx(["secret", "set", "A", "CANARY"]).outcome();
    outcome.assert(
        2,
        "",
        "pfx: error: a value cannot be given on the command line, where ps and the shell history would show it\n\
         pfx: hint: use `printf %s \"$VALUE\" | pfx secret set NAME`, or omit the value to be prompted for it\n",
    );
    for words in
        [&["secret", "set", "A", "-CANARY"][..], &["secret", "set", "A", "CANARY", "CANARY"]]
    {
        let outcome = home.pfx(words).outcome();
        assert_eq!(outcome.code(), Some(2));
        assert!(!outcome.said().contains("CANARY"), "{}", outcome.said());
    }
    assert!(!home.config().exists());
}

#[test]
fn set_as_json_stores_the_json_value() {
    let home = Home::new();
    for json in ["{\"a\":[1,true,null,\"$HOME\"],\"keys\":1}", "5", "\"text\"", "null", "1.50"] {
        home.pfx(["secret", "set", "J", "--json"]).stdin(json).gives("");
        home.pfx(["secret", "get", "J", "--json"]).gives(&format!("{json}\n"));
    }
    home.pfx(["secret", "set", "J", "--json"]).stdin("{CANARY").refuses(
        125,
        "pfx: error: cannot use `J`: its value is not JSON, so it has no parts to select\n\
         pfx: hint: leave out the `#/…` to get the whole value\n",
    );
}

#[test]
fn set_refuses_a_value_that_could_not_be_read_back() {
    let home = Home::new();
    let set = |name: &str, value: &[u8]| home.pfx(["secret", "set", "--", name]).stdin(value);
    set("A", b"a\0b").refuses(
        125,
        "pfx: error: cannot use `A`: its value contains a NUL byte, which a variable cannot hold\n",
    );
    set("A", b"\xff").refuses(125, "pfx: error: cannot use `A`: its value is not valid UTF-8\n");
    set("", b"v").refuses(
        2,
        "pfx: error: cannot use the name: the name is empty\n\
         pfx: hint: write the name; an unset shell variable makes the name empty\n",
    );
    set("a\u{1b}[2J", b"v").refuses(
        2,
        "pfx: error: cannot use the name: Prefect 1.x cannot read a secret named `a\\u{1b}[2J` from its \
         configuration file\n",
    );
    for name in ["keys", "items", "update", "__class__", "_Box__x"] {
        let stderr = format!(
            "pfx: error: cannot use the name: Prefect 1.x does not start if a secret is named `{name}`\n\
             pfx: hint: choose another name, for example this one in upper case\n"
        );
        set(name, b"v").refuses(2, &stderr);
    }
    let long = vec![b'x'; (4 << 20) + 1];
    set("A", &long)
        .refuses(125, "pfx: error: cannot trust stdin: it is longer than 4194304 bytes\n");
    assert!(!home.config().exists(), "nothing is written");
}

#[test]
fn a_value_of_a_megabyte_is_read_back() {
    let home = Home::new();
    let value: String = ('a'..='z').cycle().take(1 << 20).collect();
    home.pfx(["secret", "set", "A"]).stdin(&value).gives("");
    assert!(home.pfx(["secret", "get", "A"]).outcome().stdout == value.as_bytes());
}

#[test]
fn set_shows_the_place_with_verbose_and_warns_if_another_place_takes_precedence() {
    let home = Home::new();
    let set = || home.pfx(["secret", "set", "A", "-v"]).stdin("CANARY");
    set().outcome().assert(0, "", "pfx: stored A in {home}/.prefect/config.toml\n");
    set().outcome().assert(0, "", "pfx: A already has this value in {home}/.prefect/config.toml\n");
    let hidden =
        home.pfx(["secret", "set", "A"]).stdin("x").env("PREFECT__CONTEXT__SECRETS__A", "y");
    hidden.outcome().assert(
        0,
        "",
        "pfx: warning: the secret `A` is also set in PREFECT__CONTEXT__SECRETS__A, which takes precedence\n",
    );
}

#[test]
fn delete_removes_a_secret_and_exits_with_1_if_it_does_not_exist() {
    let home = Home::with_config("# c\n[context.secrets]\nA = \"a\" # about A\nB = \"b\"\n");
    home.pfx(["secret", "delete", "A"]).gives("");
    assert_eq!(home.config_text(), "# c\n[context.secrets]\nB = \"b\"\n");
    home.pfx(["secret", "delete", "A"]).refuses(
        1,
        "pfx: error: cannot find the secret `A`: looked in {home}/.prefect/config.toml [context.secrets]\n",
    );
    home.pfx(["secret", "delete", "B"]).gives("");
    home.pfx(["secret", "list"]).gives("");
    assert!(home.config_text().starts_with("# c\n"));
    assert_eq!(Home::new().pfx(["secret", "delete", "A"]).outcome().code(), Some(1));
}

#[test]
fn list_prints_names_sorted_and_escaped() {
    let home = Home::with_secrets("b = \"CANARY\"\n\"a\\u001b[2J\" = \"CANARY\"\n");
    home.write("dir/file", "CANARY");
    home.pfx(["secret", "list", "--secrets-dir", "dir"])
        .env("PREFECT__CONTEXT__SECRETS__V", "CANARY")
        .gives("V\na%1B[2J\nb\nfile\n");
    let outcome = home.pfx(["secret", "list", "--json", "--secrets-dir", "dir"]).outcome();
    let printed: serde_json::Value = serde_json::from_str(&outcome.stdout()).unwrap();
    let names: Vec<&str> =
        printed.as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["a\u{1b}[2J", "b", "file"]);
    assert_eq!(printed[2]["sources"], serde_json::json!(["dir"]));
}
