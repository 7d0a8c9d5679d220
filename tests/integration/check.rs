//! `pfx check`: the variables that would be set, where their values come from, and never a value.

use serde_json::{Value, json};

use crate::support::{Home, set_mode};

const ORDER: &str = "\nsecrets are looked up in this order:\n  \
                     the variables PREFECT__CONTEXT__SECRETS__…\n  \
                     {home}/.prefect/config.toml [context.secrets]\n";

const NO_STORE: &str = "  no remote store: `--local` was given\n";

#[test]
fn each_binding_is_shown_with_its_source() {
    let home = Home::with_secrets("A = \"CANARY\"\nprod-db = '{\"p\": \"CANARY\"}'\n");
    let bindings = [
        "check", "--local", "-s", "A", "-s", "PG=prod-db#/p", "-s", "V", "-s", "O?", "-e",
        "H=HOME", "--set", "T=CANARY", "--unset", "GONE",
    ];
    let place = "{home}/.prefect/config.toml";
    let stdout = format!(
        "A     secret A                   {place}\n\
         PG    secret prod-db#/p          {place}\n\
         V     secret V                   PREFECT__CONTEXT__SECRETS__V\n\
         O     secret O?                  not set: looked in the variables PREFECT__CONTEXT__SECRETS__…, then {place} [context.secrets]\n\
         H     environment variable HOME  the environment\n\
         T     text                       the command line\n\
         GONE  removed\n{ORDER}{NO_STORE}"
    );
    let start = home.pfx(bindings).env("PREFECT__CONTEXT__SECRETS__V", "CANARY");
    start.outcome().assert(0, &stdout, "");
}

#[test]
fn a_missing_value_is_shown_with_every_place_and_the_status_is_1() {
    let home = Home::with_secrets("db_password = \"v\"\ndb = '{}'\n");
    home.write("dir/x", "");
    let places = "the variables PREFECT__CONTEXT__SECRETS__…, then {home}/.prefect/config.toml [context.secrets]";
    let stdout = format!(
        "DB_PASSWORD  secret DB_PASSWORD         MISSING: looked in {places}, then dir; did you mean `db_password`?\n\
         X            secret db#/none            MISSING: looked in {{home}}/.prefect/config.toml\n\
         E            environment variable NONE  MISSING: looked in the environment\n{ORDER}  dir\n{NO_STORE}"
    );
    home.pfx([
        "check", "--local", "--secrets-dir", "dir", "-s", "DB_PASSWORD", "-s", "X=db#/none", "-e",
        "E=NONE",
    ])
    .outcome()
    .assert(1, &stdout, "");
}

#[test]
fn without_a_binding_every_local_secret_is_shown() {
    let home = Home::with_secrets("B = \"v\"\na-b = \"v\"\n");
    let place = "{home}/.prefect/config.toml";
    let stdout = format!("B    secret B    {place}\nA_B  secret a-b  {place}\n{ORDER}{NO_STORE}");
    home.pfx(["check", "--local"]).outcome().assert(0, &stdout, "");
    let nothing = format!("nothing to set: there are no local secrets\n{ORDER}{NO_STORE}");
    Home::new().pfx(["check", "--local"]).outcome().assert(0, &nothing, "");
}

#[test]
fn json_output_contains_the_same() {
    let home = Home::with_secrets("A = \"CANARY\"\nkeys = \"CANARY\"\n");
    let words = [
        "check", "--local", "--json", "-s", "A", "-s", "M=none", "--set", "T=CANARY", "--unset",
        "G",
    ];
    let outcome = home.pfx(words).outcome();
    assert_eq!((outcome.code(), outcome.stderr()), (Some(1), String::new()));
    let config = home.config().display().to_string();
    let variables = "the variables PREFECT__CONTEXT__SECRETS__…";
    let in_config = format!("{config} [context.secrets]");
    let printed: Value = serde_json::from_str(&outcome.stdout()).unwrap();
    let expected = json!({
        "bindings": [
            { "variable": "A", "kind": "secret", "name": "A", "pointer": null, "optional": false,
              "delivery": "variable", "default": false, "found": true, "source": config, "looked_in": null,
              "remote_not_used": null, "similar": null },
            { "variable": "M", "kind": "secret", "name": "none", "pointer": null, "optional": false,
              "delivery": "variable", "default": false, "found": false, "source": null, "looked_in": [variables, in_config],
              "remote_not_used": "`--local` was given", "similar": null },
            { "variable": "T", "kind": "set", "found": true },
            { "variable": "G", "kind": "unset", "found": true },
        ],
        "sources": [variables, in_config],
        "remote_not_used": "`--local` was given",
        "warnings": [format!(
            "key `context.secrets.keys` in {config}: Prefect 1.x does not start if a key has this name; fix: \
             rename the key, for example to upper case"
        )],
        "project": null,
        "layers": ["the command line"],
        "not_inherited": [],
        "preserve": false,
    });
    assert_eq!(printed, expected);
    assert_eq!(outcome.stdout().lines().count(), 1, "one line");
}

#[test]
fn in_json_the_kind_of_a_binding_is_the_name_of_its_option() {
    let home = Home::new();
    let bindings = [
        "-s", "A?", "--file", "F=A?", "-e", "B?", "-k", "C?", "-b", "D=secret/d?", "--set", "E=e",
        "--unset", "G", "--set", "HOME=h",
    ];
    let words = ["check", "--local", "--json", "--preserve"].into_iter().chain(bindings);
    let printed: Value = serde_json::from_str(&home.pfx(words).outcome().stdout()).unwrap();
    let kinds = printed["bindings"].as_array().unwrap().iter().map(|binding| {
        format!("{} {}", binding["variable"].as_str().unwrap(), binding["kind"].as_str().unwrap())
    });
    let kinds: Vec<String> = kinds.collect();
    let expected =
        ["A secret", "F secret", "B env", "C kv", "D block", "E set", "HOME preserve", "G unset"];
    assert_eq!(kinds, expected);
}

#[test]
fn keys_with_which_prefect_does_not_start_cause_a_warning() {
    let home = Home::with_config("[tool]\nvalues = 1\n[context.secrets]\nitems = \"v\"\n");
    let outcome = home.pfx(["check", "--local", "-s", "items"]).outcome();
    let warning = |key: &str| {
        format!(
            "pfx: warning: key `{key}` in {}: Prefect 1.x does not start if a key has this name; fix: rename \
             the key, for example to upper case\n",
            home.config().display()
        )
    };
    assert_eq!(outcome.code(), Some(0));
    let mut warnings: Vec<String> =
        outcome.stderr().split_inclusive('\n').map(str::to_owned).collect();
    warnings.sort();
    assert_eq!(warnings, [warning("context.secrets.items"), warning("tool.values")]);
}

#[test]
fn a_file_that_others_can_read_causes_a_warning_even_if_it_is_not_needed() {
    let home = Home::with_secrets("A = \"v\"\n");
    set_mode(&home.config(), 0o604);
    for binding in [["-s", "A"], ["--set", "B=v"]] {
        let outcome = home.pfx(["check", "--local", binding[0], binding[1]]).outcome();
        assert_eq!(
            outcome.stderr(),
            format!(
                "pfx: warning: {0}: other users can read it (mode 0604); fix: `chmod go-rwx {0}`\n",
                home.config().display()
            )
        );
        assert_eq!(outcome.code(), Some(0));
    }
}

#[test]
fn check_refuses_what_run_refuses() {
    let home = Home::with_secrets("A = \"a${none}\"\n");
    for command in [&["check", "--local", "-s", "A"][..], &["run", "--local", "-s", "A", "true"]] {
        let expected = format!(
            "pfx: error: cannot use `A`: a `${{…}}` in its value ({}:2:5) is neither a variable nor a key of the \
             configuration\n\
             pfx: hint: `--no-expand` uses the values as they are written\n",
            home.config().display()
        );
        home.pfx(command).refuses(125, &expected);
    }
}

#[test]
fn a_name_that_only_a_remote_store_can_have_is_shown_as_not_looked_up() {
    let home = Home::new();
    let words = ["check", "--local", "-k", "K", "-b", "B=secret/x#/value", "-k", "O?"];
    let outcome = home.pfx(words).outcome();
    assert_eq!(outcome.code(), Some(1));
    let stdout = outcome.stdout();
    assert!(!stdout.contains("looked in"), "{stdout}");
    let why = "no remote store is used: `--local` was given";
    for line in [format!("MISSING: {why}"), format!("not set: {why}")] {
        assert!(stdout.contains(&line), "{stdout}");
    }
    let json: Value =
        serde_json::from_slice(&home.pfx(words).arg("--json").outcome().stdout).unwrap();
    for binding in json["bindings"].as_array().unwrap() {
        assert_eq!(binding["looked_in"], json!([]), "{binding}");
        assert_eq!(binding["remote_not_used"], "`--local` was given", "{binding}");
    }
    home.run(&["--local", "-k", "K"], &["true"]).refuses(
        125,
        "pfx: error: cannot find the key `K`: only a remote store can provide it; no remote store is used: \
         `--local` was given\n",
    );
}

#[test]
fn a_long_path_is_never_truncated() {
    let home = Home::new();
    let directory = ["long"; 60].join("/");
    std::fs::create_dir_all(home.join(&directory)).expect("directories");
    let long = home.join(&directory).display().to_string();
    let config = format!("{long}/.prefect/config.toml [context.secrets]\n");
    let why = format!(
        "no remote store: no API key is configured (neither in PREFECT__CLOUD__API_KEY nor in \
         {long}/.prefect/auth.toml); PREFECT_API_URL is not set\n"
    );
    let shown = home.pfx(["check", "-s", "A"]).env("HOME", &long).outcome().stdout();
    assert!(shown.contains(&config) && shown.ends_with(&why), "{shown}");
    let missing = home.pfx(["run", "-s", "A", "true"]).env("HOME", &long).outcome().stderr();
    let reason = why.trim_start_matches("no remote store: ").trim_end();
    assert!(missing.contains(&format!("no remote store is used: {reason}")), "{missing}");
    let place = format!("{long}/.prefect/config.toml [context.secrets]; ");
    assert!(missing.contains(&place), "{missing}");
}
