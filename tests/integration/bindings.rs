//! The bindings `-s`, `-e`, `--set`, `--unset` and `--all`, as options and as variables.

use crate::support::{Home, Pfx};

/// The variables of the command except HOME and PATH, sorted, one per line.
#[track_caller]
fn bound(home: &Home, options: &[&str]) -> String {
    variables(home.run(options, &["env"]))
}

#[track_caller]
fn variables(start: Pfx) -> String {
    let outcome = start.outcome();
    assert_eq!((outcome.code(), outcome.stderr()), (Some(0), String::new()));
    let stdout = outcome.stdout();
    let mut lines: Vec<&str> = stdout
        .lines()
        .filter(|line| !["HOME=", "PATH=", "PFX_"].iter().any(|own| line.starts_with(own)))
        .collect();
    lines.sort_unstable();
    lines.join("\n")
}

fn home() -> Home {
    Home::with_secrets(
        "TOKEN = \"t\"\ndb-password = \"p\"\nprod-db = '{\"user\": \"u\", \"port\": 5432, \"n\": {\"~/x\": [true, null, 1.50]}}'\n",
    )
}

#[test]
fn a_secret_is_bound_to_the_variable_of_its_name_or_to_a_given_one() {
    let home = home();
    assert_eq!(bound(&home, &["-s", "TOKEN"]), "TOKEN=t");
    assert_eq!(bound(&home, &["--secret", "db-password"]), "DB_PASSWORD=p");
    assert_eq!(bound(&home, &["-s", "X=TOKEN", "-s", "y_1=TOKEN"]), "X=t\ny_1=t");
    assert_eq!(bound(&home, &["-sTOKEN", "--secret=X=TOKEN"]), "TOKEN=t\nX=t");
}

#[test]
fn a_pointer_selects_a_part() {
    let home = home();
    let user = bound(&home, &["-s", "U=prod-db#/user", "-s", "P=prod-db#/port"]);
    assert_eq!(user, "P=5432\nU=u");
    assert_eq!(bound(&home, &["-s", "X=prod-db#/n/~0~1x"]), "X=[true,null,1.50]");
    assert_eq!(bound(&home, &["-s", "X=prod-db#/n/~0~1x/2"]), "X=1.50");
    assert_eq!(bound(&home, &["-s", "prod-db#/user"]), "PROD_DB=u");
}

#[test]
fn an_optional_secret_may_be_missing() {
    let home = home();
    assert_eq!(
        bound(&home, &["--local", "-s", "NONE?", "-s", "TOKEN?", "-e", "NO=NONE?"]),
        "TOKEN=t"
    );
    assert_eq!(bound(&home, &["-s", "X=prod-db?#/none"]), "");
    // The inherited variable is unchanged.
    let start = home.run(&["--local", "-s", "NONE?"], &["env"]).env("NONE", "inherited");
    assert_eq!(variables(start), "NONE=inherited");
}

#[test]
fn another_variable_is_bound_byte_for_byte() {
    let home = home();
    let start = home.run(&["-e", "X=ODD", "-e", "EMPTY=NOTHING"], &["env"]);
    let start = start.env("ODD", "\"$HOME\"\t{}").env("NOTHING", "");
    assert_eq!(variables(start), "EMPTY=\nNOTHING=\nODD=\"$HOME\"\t{}\nX=\"$HOME\"\t{}");
}

#[test]
fn a_text_is_set_and_a_variable_is_removed() {
    let home = home();
    assert_eq!(bound(&home, &["--set", "A=b=c d", "--set", "E="]), "A=b=c d\nE=");
    let start = home.run(&["--unset", "GONE", "--unset", "never"], &["env"]).env("GONE", "x");
    assert_eq!(variables(start), "");
    let start = home.run(&["--unset", "TOKEN", "-s", "X=TOKEN"], &["env"]).env("TOKEN", "old");
    assert_eq!(variables(start), "X=t");
}

#[test]
fn without_a_binding_every_local_secret_is_bound() {
    let home = home();
    home.write("secrets/extra", "e\n");
    let all = "DB_PASSWORD=p\nPROD_DB={\"user\": \"u\", \"port\": 5432, \"n\": {\"~/x\": [true, null, 1.50]}}\nTOKEN=t";
    assert_eq!(bound(&home, &[]), all);
    assert_eq!(bound(&home, &["--secrets-dir", "secrets"]), format!("{all}\nextra=e"));
    assert_eq!(bound(&Home::new(), &[]), "");
}

#[test]
fn all_adds_to_other_bindings_which_take_precedence() {
    let home = Home::with_secrets("A = \"a\"\nB = \"b\"\n");
    assert_eq!(bound(&home, &["--local", "--all"]), "A=a\nB=b");
    assert_eq!(bound(&home, &["--local", "--all", "--set", "B=mine", "-s", "C=A"]), "B=mine\nC=a");
}

#[test]
fn a_literal_value_is_bound_unchanged() {
    let home = Home::with_secrets("A = '~/$HOME ${none}'\n");
    assert_eq!(bound(&home, &["--no-expand", "-s", "A"]), "A=~/$HOME ${none}");
}

#[test]
fn an_injected_value_is_never_expanded_again() {
    let home = Home::with_secrets("A = '%s $(id) `id` {{ x }} \\n'\nB = 'a$VAR'\n");
    let start = home.run(&["-s", "A", "-s", "B"], &["env"]).env("VAR", "$(id)");
    assert_eq!(variables(start), "A=%s $(id) `id` {{ x }} \\n\nB=a$(id)\nVAR=$(id)");
}

#[test]
fn options_that_configure_a_run_can_be_given_as_variables() {
    let home = home();
    home.write("one dir/X", "x");
    let start = home
        .run(&[], &["env"])
        .env("PFX_SECRET", "TOKEN 'P=prod-db#/port'")
        .env("PFX_ENV", "OTHER=FROM")
        .env("FROM", "e")
        .env("PFX_SET", "S='a b'")
        .env("PFX_UNSET", "FROM");
    assert_eq!(variables(start), "OTHER=e\nP=5432\nS=a b\nTOKEN=t");
    let start = home.run(&["-s", "X"], &["env"]).env("PFX_SECRETS_DIR", "'one dir'");
    assert_eq!(variables(start), "X=x");
    let start = home.run(&["--local"], &["env"]).env("PFX_ALL", "1").env("PFX_SET", "A=b");
    assert!(variables(start).contains("TOKEN=t"));
    let literal = Home::with_secrets("A = '$HOME'\n");
    assert_eq!(
        variables(literal.run(&["-s", "A"], &["env"]).env("PFX_NO_EXPAND", "true")),
        "A=$HOME"
    );
    assert!(variables(literal.run(&["-s", "A"], &["env"]).env("PFX_NO_EXPAND", "0")) != "A=$HOME");
}

#[test]
fn an_option_replaces_its_variable() {
    let home = home();
    let start = home.run(&["-s", "X=TOKEN"], &["env"]).env("PFX_SECRET", "nope");
    assert_eq!(variables(start), "X=t");
}

#[test]
fn a_nested_pfx_binds_too() {
    let home = home();
    let inner = [env!("CARGO_BIN_EXE_pfx"), "run", "-s", "X=TOKEN", "--", "env"];
    assert_eq!(bound(&home, &[&["-s", "TOKEN", "--"], &inner[..]].concat()), "TOKEN=t\nX=t");
}

#[test]
fn options_after_the_command_belong_to_the_command() {
    let home = home();
    home.pfx(["run", "-s", "TOKEN", "echo", "-s", "x", "--", "--set"]).gives("-s x -- --set\n");
}

#[test]
fn two_bindings_of_one_variable_are_refused() {
    let home = home();
    for (options, problem) in [
        (
            &["-s", "TOKEN", "-s", "TOKEN"][..],
            "`TOKEN` is bound twice: by -s TOKEN and by -s TOKEN",
        ),
        (
            &["-s", "TOKEN", "--unset", "TOKEN"],
            "`TOKEN` is bound twice: by -s TOKEN and by --unset TOKEN",
        ),
        (
            &["-s", "db-password", "--set", "DB_PASSWORD=CANARY"],
            "`DB_PASSWORD` is bound twice: by -s db-password and by --set DB_PASSWORD",
        ),
    ] {
        let expected = format!(
            "pfx: error: cannot use two bindings: {problem}\n\
             pfx: hint: bind one of them to another variable: `-s OTHER=NAME`\n"
        );
        home.run(options, &["true"]).refuses(2, &expected);
    }
}

#[test]
fn an_empty_name_is_a_usage_error() {
    let home = home();
    for words in [
        &["secret", "get", ""][..],
        &["secret", "get", "#/a"],
        &["secret", "get", "", "--remote"],
        &["secret", "set", ""],
        &["secret", "delete", ""],
        &["kv", "get", ""],
        &["kv", "get", "#/a"],
        &["kv", "set", "", "v"],
        &["kv", "delete", ""],
        &["run", "--env-file", "", "--", "true"],
        &["run", "--secrets-dir", "", "--", "true"],
        &["run", "-f", "", "--", "true"],
        &["export", "--format", "json", "-s", ""],
        &["check", "-k", "X="],
    ] {
        let outcome = home.pfx(words).outcome();
        assert_eq!((outcome.code(), outcome.stdout().as_str()), (Some(2), ""), "{words:?}");
    }
}

#[test]
fn bindings_that_are_not_valid_are_refused_with_the_reason() {
    let home = home();
    let long = format!("{}\n=TOKEN", "N".repeat(300));
    let shown = format!("`{}…` is not a valid variable name", "N".repeat(200));
    for (option, text, problem) in [
        ("-s", "", "--secret: the name is empty"),
        ("-s", "X=", "--secret: the name is empty"),
        ("-s", "=", "--secret: the name is empty"),
        ("-s", "?", "--secret: the name is empty"),
        ("-s", "X=?", "--secret: the name is empty"),
        ("-s", "#/a", "--secret: the name is empty"),
        ("-s", "X=?#/a", "--secret: the name is empty"),
        ("--file", "", "--file: the name is empty"),
        ("--file", "X=", "--file: the name is empty"),
        ("-k", "", "--kv: the name is empty"),
        ("-k", "X=", "--kv: the name is empty"),
        ("-e", "X=", "--env: the name is empty"),
        ("-b", "", "--block: a block must be bound to a variable by name"),
        ("-b", "X=", "--block: expected the TYPE/NAME of a block after `=`"),
        ("--set", "", "--set: expected `=` after the variable name"),
        ("-s", "=TOKEN", "--secret: `` is not a valid variable name"),
        ("-s", "A\nB=TOKEN", "--secret: `A\\u{a}B` is not a valid variable name"),
        ("-s", "日本", "--secret: no variable name can be derived from `日本`"),
        ("-s", "X=prod-db#/~", "--secret: the part after `#` in `prod-db` is not a JSON Pointer"),
        ("-s", &long, &format!("--secret: {shown}")),
        ("-e", "", "--env: the name is empty"),
        ("--set", "A", "--set: expected `=` after the variable name"),
        ("--set", "=x", "--set: `` is not a valid variable name"),
        ("--set", "\x1b[2JTOKEN=x", "--set: the text before `=` is not a valid variable name"),
        (
            "--set",
            "A=a PFX://x",
            "--set: the text for `A` contains `pfx://`, but references inside text are not looked up",
        ),
        ("--unset", "", "--unset: `` is not a valid variable name"),
        ("--unset", "A=TOKEN", "--unset: expected only a variable name, without `=`"),
        ("-b", "A=TOKEN", "--block: expected the TYPE/NAME of a block after `=`"),
    ] {
        let outcome = home.run(&[option, text], &["touch", "started"]).outcome();
        let stderr = outcome.stderr();
        let error = stderr.lines().next().unwrap_or_default();
        assert_eq!(error, format!("pfx: error: cannot use {problem}"));
        assert!(stderr.contains("pfx: hint: ") || problem.contains("UTF-8"), "{stderr}");
        assert_eq!((outcome.code(), outcome.stdout()), (Some(2), String::new()));
    }
    assert!(!home.join("started").exists());
}

#[test]
fn a_bound_variable_can_have_any_name_that_the_kernel_accepts() {
    let home = Home::with_secrets("TOKEN = \"secret\"\n");
    home.write(
        "pfx.toml",
        "[env]\n\"spring.mail.password\" = \"pfx://secret/TOKEN\"\n\"a-b\" = \"text\"\n",
    );
    let long = format!("{}=literal", "N".repeat(300));
    let pfx = home.pfx([
        "run",
        "--clean",
        "-f",
        "pfx.toml",
        "-s",
        "spring.datasource.password=TOKEN",
        "-e",
        "old home=HOME",
        "--set",
        "1é日本=literal",
        "--set",
        &long,
        "--file",
        "ssh.key=TOKEN",
        "--",
        "/usr/bin/env",
    ]);
    let stdout = pfx.outcome().stdout();
    let home_entry = format!("old home={}", home.path().display());
    for entry in [
        "spring.mail.password=secret",
        "a-b=text",
        "spring.datasource.password=secret",
        &home_entry,
        "1é日本=literal",
        &long,
    ] {
        assert!(stdout.lines().any(|line| line == entry), "{entry}: {stdout}");
    }
    assert!(stdout.contains("\nssh.key=/proc/"), "{stdout}");
    let shown = home.pfx(["check", "--no-project", "-s", "a\u{202e}b=TOKEN"]).outcome().stdout();
    assert!(shown.contains(r"a\u{202e}b"), "{shown}");
}
