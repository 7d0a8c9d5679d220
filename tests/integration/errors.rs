//! Error messages: all problems, each with its place, and no content of a file.

use serde_json::{Value, json};

use crate::support::Home;

#[test]
fn all_missing_names_are_reported_in_one_message() {
    let home = Home::with_secrets("db_password = \"v\"\n");
    home.run(&["--local", "-s", "A", "-s", "DB_PASSWORD", "-s", "O?", "-s", "Z"], &["true"]).refuses(
        125,
        "pfx: error: cannot find the secrets `A`, `DB_PASSWORD`, `Z`: looked in the variables \
         PREFECT__CONTEXT__SECRETS__…, then {home}/.prefect/config.toml [context.secrets]; no remote store is \
         used: `--local` was given\n\
         pfx: hint: a secret named `db_password` exists; did you mean that?\n",
    );
}

#[test]
fn the_error_for_a_broken_file_gives_line_column_and_key_and_never_its_content() {
    for (text, place) in [
        ("[context.secrets]\nA = \"CANARY\n", ":2:12: key `A`: "),
        ("[context.secrets]\nA = 'CANARY\nB = 1\n", ":2:12: key `A`: "),
        ("[context.secrets]\nA = CANARY\n", ":2:5: key `A`: "),
        ("[context.secrets]\nA = \"x\" CANARY\n", ":2:9: key `A`: "),
        ("[context.secrets]\nA = \"CANARY\\q\"\n", ":2:13: key `A`: "),
        ("[context.secrets]\nCANARY\n", ":2:7: "),
        ("[context.secrets]\nCANARY==\n", ":2:8: "),
        ("[context.secrets]\nA = [\"CANARY\"\nB = 1\n", ":3:1: key `B`: "),
        ("[context.secrets]\nA = { x = \"CANARY\"\n", ":2:19: key `A`: "),
        ("[context.secrets]\nA = \"\"\"CANARY\n", ":3:1: "),
        (
            "[context.secrets]\nA = \"CANARY\"\nA = \"CANARY\"\n",
            ":3:1: key `A`: the key occurs twice",
        ),
        ("[context.secrets]\nA = \"CANARY\"\n[context.secrets]\n", ":3:"),
        ("[context.secrets]\nA = 03:04\n", ":2:5: a time must have seconds"),
        ("[context]\nsecrets = \"CANARY\"\n", ": key `context.secrets`: expected a table"),
        ("context = \"CANARY\"\n", ": key `context.secrets`: expected a table"),
        ("[[context.secrets]]\nA = \"CANARY\"\n", ": key `context.secrets`: expected a table"),
    ] {
        let home = Home::with_config(text);
        for words in [
            &["run", "-s", "A", "true"][..],
            &["check", "-s", "A"],
            &["secret", "get", "A"],
            &["secret", "list"],
        ] {
            let outcome = home.pfx(words).outcome();
            let start = format!("pfx: error: cannot read {}{place}", home.config().display());
            assert!(outcome.stderr().starts_with(&start), "{text:?}: {}", outcome.stderr());
            assert!(!outcome.said().contains("CANARY"), "{text:?}: {}", outcome.said());
            assert_eq!((outcome.code(), outcome.stdout()), (Some(125), String::new()));
        }
        let before = home.contents();
        let outcome = home.pfx(["secret", "set", "B"]).stdin("v").outcome();
        assert_eq!(outcome.code(), Some(125), "{text:?}: {}", outcome.said());
        assert!(!outcome.said().contains("CANARY"), "{}", outcome.said());
        assert_eq!(home.contents(), before, "{text:?}: the file is left alone");
    }
}

#[test]
fn text_that_is_not_utf_8_is_reported_with_its_place() {
    let home = Home::with_config(b"[context.secrets]\nA = \"\xc3\xa9\xff CANARY\"\n");
    home.run(&["-s", "A"], &["true"])
        .refuses(125, "pfx: error: cannot read {home}/.prefect/config.toml:2:7: not valid UTF-8\n");
    let utf_16: Vec<u8> =
        "\u{feff}[context.secrets]\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let home = Home::with_config(utf_16);
    let outcome = home.run(&["-s", "A"], &["true"]).outcome();
    assert!(
        outcome.stderr().ends_with("config.toml:1:1: not valid UTF-8\n"),
        "{}",
        outcome.stderr()
    );
}

#[test]
fn a_byte_order_mark_and_carriage_returns_are_accepted() {
    let home = Home::with_config("\u{feff}[context.secrets]\r\nA = \"v\"\r\n");
    home.run(&["-s", "A"], &["printenv", "A"]).gives("v\n");
    home.pfx(["secret", "set", "A"]).stdin("w").gives("");
    assert_eq!(home.config_text(), "\u{feff}[context.secrets]\r\nA = \"w\"\r\n");
}

#[test]
fn the_error_for_a_value_that_cannot_be_expanded_gives_name_and_place_and_never_the_value() {
    let home = Home::with_secrets(
        "A = \"CANARY${NOPE}\"\nB = \"CANARY$LOOP\"\nC = \"${context.secrets.D}\"\nD = \"${context.secrets.C}CANARY\"\n",
    );
    let hint = "pfx: hint: `--no-expand` uses the values as they are written\n";
    let run = |name: &str| home.run(&["-s", name], &["true"]).env("LOOP", "CANARY$LOOP");
    let place = home.config().display().to_string();
    run("A").refuses(125, &format!("pfx: error: cannot use `A`: a `${{…}}` in its value ({place}:2:5) is neither a variable nor a key of the configuration\n{hint}"));
    for name in ["B", "C", "D"] {
        run(name).refuses(
            125,
            &format!("pfx: error: cannot use `{name}`: its references form a cycle\n{hint}"),
        );
    }
}

#[test]
fn as_json_an_error_is_one_line_with_kind_names_and_status() {
    let home = Home::with_secrets("A = \"v\"\n");
    let error_of = |words: &[&str]| -> Value {
        let outcome = home.pfx(words).outcome();
        let stderr = outcome.stderr();
        assert_eq!((stderr.lines().count(), outcome.stdout()), (1, String::new()), "{stderr}");
        let value: Value = serde_json::from_str(&stderr).unwrap();
        assert_eq!(value["error"]["exit"], json!(outcome.code()));
        value["error"].clone()
    };
    let missing =
        error_of(&["run", "--error-format", "json", "--local", "-s", "B", "-s", "C", "true"]);
    assert_eq!(
        missing,
        json!({
            "kind": "missing",
            "message": format!(
                "cannot find the secrets `B`, `C`: looked in the variables PREFECT__CONTEXT__SECRETS__…, then {} \
                 [context.secrets]; no remote store is used: `--local` was given",
                home.config().display()
            ),
            "hint": "`pfx secret set B` stores it on this machine",
            "names": ["B", "C"],
            "exit": 125,
        })
    );
    for (words, kind, exit) in [
        (&["--error-format=json", "run", "./none"][..], "command", 127),
        (&["--error-format=json", "run", "/"], "command", 126),
        (&["--error-format=json", "run", "-s", "=x", "true"], "binding", 2),
        (&["--error-format=json", "secret", "get", "B"], "missing", 1),
        (&["--error-format=json", "secret", "set", "A", "value"], "usage", 2),
        (&["--error-format=json", "secret", "set", "A", "--from-file", "none"], "file", 125),
        (
            &["--error-format=json", "run", "--secrets-dir", ".", "-s", "X=A#/a", "true"],
            "value",
            125,
        ),
    ] {
        let error = error_of(words);
        assert_eq!((&error["kind"], &error["exit"]), (&json!(kind), &json!(exit)), "{error}");
    }
}

#[test]
fn with_json_only_errors_are_printed() {
    let home = Home::with_secrets("A = \"v\"\n");
    crate::support::set_mode(&home.config(), 0o644);
    home.run(&["-s", "A"], &["printenv", "A"]).env("PFX_ERROR_FORMAT", "json").gives("v\n");
}

#[test]
fn control_characters_in_names_are_escaped() {
    let home = Home::new();
    let name = "a\u{1b}[2J\r\u{202e}b\u{7f}";
    let shown = "a\\u{1b}[2J\\u{d}\\u{202e}b\\u{7f}";
    for words in [
        &["run", "--local", "-s", &format!("X={name}"), "true"][..],
        &["run", "--local", "-e", &format!("X={name}"), "true"],
        &["run", "-s", &format!("{name}=x"), "true"],
        &["run", "--", name],
        &["run", "--", &format!("./{name}")],
        &["secret", "get", name],
        &["secret", "delete", name],
        &["secret", "set", "A", "--from-file", name],
        &["check", "--local", "-s", &format!("X={name}")],
        &["run", "--local", "--secrets-dir", name, "-s", "A", "true"],
    ] {
        let outcome = home.pfx(words).outcome();
        let said = outcome.said();
        assert!(said.contains(shown), "{words:?}: {said}");
        assert!(!said.chars().any(|one| one.is_control() && one != '\n'), "{words:?}: {said:?}");
        assert!(!said.contains('\u{202e}'), "{words:?}");
    }
}

#[test]
fn a_very_long_message_is_cut() {
    let home = Home::new();
    let name = "n".repeat(100_000);
    let outcome = home.run(&["--local", "-s", &name], &["true"]).outcome();
    assert!(outcome.stderr().len() < 2_000, "{} bytes", outcome.stderr().len());
}

#[test]
fn for_a_command_line_that_is_not_valid_the_status_is_2_and_nothing_starts() {
    let home = Home::new();
    for words in [
        &[][..],
        &["run"],
        &["run", "--"],
        &["run", "--sceret=A", "touch", "started"],
        &["run", "--error-format", "yaml", "touch", "started"],
        &["frobnicate"],
        &["secret"],
        &["secret", "get"],
        &["check", "touch", "started"],
    ] {
        let outcome = home.pfx(words).outcome();
        assert_eq!((outcome.code(), outcome.stdout()), (Some(2), String::new()), "{words:?}");
        assert!(!outcome.stderr().is_empty());
    }
    assert!(!home.join("started").exists());
}

#[test]
fn a_command_with_the_name_of_a_subcommand_is_run() {
    let home = Home::new();
    home.script("bin/check", "#!/bin/sh\necho mine\n");
    home.pfx(["run", "check"]).env("PATH", "bin:/bin").gives("mine\n");
}

#[test]
fn an_invalid_list_is_reported_without_its_text() {
    let home = Home::new();
    home.run(&[], &["true"]).env("PFX_SET", "A='CANARY").refuses(
        2,
        "pfx: error: cannot use the variable PFX_SET: a quote is not closed\n\
         pfx: hint: quote as in a shell: `PFX_SET=\"A 'B C'\"`\n",
    );
}

#[test]
fn help_and_version_are_printed_to_stdout_with_status_0() {
    let home = Home::new();
    for words in [
        &["--help"][..],
        &["--version"],
        &["run", "--help"],
        &["check", "-h"],
        &["secret", "set", "--help"],
    ] {
        let outcome = home.pfx(words).outcome();
        assert_eq!((outcome.code(), outcome.stderr()), (Some(0), String::new()), "{words:?}");
        assert!(!outcome.stdout().is_empty());
    }
}

#[test]
fn a_stderr_that_cannot_be_written_changes_nothing_else() {
    let home = Home::with_secrets("A = \"v\"\n");
    let script =
        format!("{} run --local -s B true 2>/dev/full; echo $?", env!("CARGO_BIN_EXE_pfx"));
    home.bare(&["sh", "-c", &script]).gives("125\n");
    let script = format!("{} run -v -s A printenv A 2>&-; echo $?", env!("CARGO_BIN_EXE_pfx"));
    home.bare(&["sh", "-c", &script]).gives("v\n0\n");
}
