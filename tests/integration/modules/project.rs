//! Tests of project files.

use pfx::project::*;
use pfx::reference::Reference;
use pfx::store_kind::StoreKind;
use pfx::wanted::WantedValue;

fn fault(text: &str) -> String {
    Project::parse(text, "pfx.toml").map(|_| ()).unwrap_err().to_string()
}

#[test]
fn every_form_of_a_binding_is_read() {
    let project = Project::parse(
        r#"
        command = "python 'my flow.py'"
        secrets-dir = "secrets"
        remote = "prefect"
        [env]
        TEXT = "a $b"
        REF = "pfx://secret/db?#/password"
        TABLE = { secret = "db", pointer = "/user", default = "me", optional = true }
        KEY = { kv = "key", required = false }
        BLOCK = { block = "aws-credentials/prod" }
        OTHER = { env = "HOME" }
        LITERAL = { text = "pfx://secret/x" }
        GONE = { unset = true }
        [profile.dev]
        command = ["a", "b c"]
        env.TEXT = "dev"
        "#,
        "pfx.toml",
    )
    .unwrap();
    assert_eq!(project.own.command.unwrap(), ["python", "my flow.py"]);
    assert_eq!(project.secrets_directories, ["secrets"]);
    assert_eq!(project.remotes, [StoreKind::Prefect]);
    let entries = project.own.env.unwrap();
    let shown: Vec<String> = entries
        .iter()
        .map(|entry| {
            let wanted = match &entry.value {
                WantedValue::Text(text) => String::from_utf8_lossy(text.expose()).into_owned(),
                WantedValue::Lookup(lookup) => format!(
                    "{}{}{}{}",
                    lookup.reference,
                    lookup.pointer.as_ref().map(ToString::to_string).unwrap_or_default(),
                    if lookup.optional { "?" } else { "" },
                    if lookup.default.is_some() { " or default" } else { "" },
                ),
                WantedValue::Unset => "gone".to_owned(),
                WantedValue::Template(_) => unreachable!("nothing in pfx.toml is expanded"),
            };
            format!("{}:{} {wanted}", entry.line, entry.variable)
        })
        .collect();
    assert_eq!(
        shown,
        [
            "6:TEXT a $b",
            "7:REF secret `db`/password?",
            "8:TABLE secret `db`/user? or default",
            "9:KEY key `key`?",
            "10:BLOCK block `aws-credentials/prod`",
            "11:OTHER environment variable `HOME`",
            "12:LITERAL pfx://secret/x",
            "13:GONE gone",
        ]
    );
    let (name, dev) = &project.profiles[0];
    assert_eq!(name, "dev");
    assert_eq!(dev.command.as_ref().unwrap(), &["a", "b c"]);
    assert_eq!(dev.env.as_ref().unwrap().len(), 1);
}

#[test]
fn a_reference_inside_a_text_is_refused_unless_it_is_marked_as_text() {
    for text in [
        "env.A = 'postgres://app:pfx://secret/CANARY@h'",
        "env.A = ' pfx://secret/CANARY'",
        "env.A = 'PFX://secret/CANARY'",
        "profile.p.env.A = \"\\npfx://secret/CANARY\"",
    ] {
        let shown = fault(text);
        assert!(
            shown.contains("env.A`: `pfx://` is a reference only as the whole value"),
            "{shown}"
        );
        assert!(!shown.contains("CANARY"), "{shown}");
    }
    let shown = fault("env.A = { secret = 'x', default = 'pfx://secret/CANARY' }");
    assert!(
        shown.contains("key `env.A.default`: a default must be text") && !shown.contains("CANARY"),
        "{shown}"
    );
    let project = Project::parse("env.A = { text = 'a pfx://secret/x $B' }", "p").unwrap();
    let WantedValue::Text(text) = &project.own.env.as_ref().unwrap()[0].value else { panic!() };
    assert_eq!(text.expose(), b"a pfx://secret/x $B");
}

#[test]
fn an_empty_table_differs_from_none() {
    assert!(Project::parse("[env]", "p").unwrap().own.env.is_some());
    assert!(Project::parse("command = 'x'", "p").unwrap().own.env.is_none());
}

#[test]
fn a_reference_to_an_environment_variable_is_read() {
    let project = Project::parse("env.A = 'pfx://env/B'", "p").unwrap();
    let WantedValue::Lookup(lookup) = &project.own.env.as_ref().unwrap()[0].value else { panic!() };
    assert_eq!(lookup.reference, Reference::Env("B".into()));
}

#[test]
fn an_unknown_key_is_refused_and_a_similar_one_is_named() {
    assert_eq!(
        fault("[env]\nA = { secrt = 'CANARY' }"),
        "cannot read pfx.toml:2:7: key `env.A.secrt`: unknown key; did you mean `secret`?"
    );
    assert_eq!(
        fault("[profile.dev.envs]\nA = 'CANARY'"),
        "cannot read pfx.toml:1:14: key `profile.dev.envs`: unknown key; did you mean `env`?"
    );
    assert_eq!(
        fault("zzz = 'CANARY'"),
        "cannot read pfx.toml:1:1: key `zzz`: unknown key; expected `command`, `env`, `local`, \
         `profile`, `remote` or `secrets-dir`"
    );
}

#[test]
fn a_key_that_may_be_part_of_a_value_is_not_shown() {
    for (text, place) in [
        ("env.A = { Xc4n4rY = 1 }", "pfx.toml:1:11: key `env.A`: unknown key"),
        ("env.A = { 'x Xc4n4rY' = 1 }", "pfx.toml:1:11: key `env.A`: unknown key"),
        ("env.A.Xc4n4rY = 1", "pfx.toml:1:7: key `env.A`: unknown key"),
        ("env.'x=Xc4n4rY' = 'x'", "pfx.toml:1:5: key `env`: a variable name must"),
        ("Xc4n4rY = 1", "pfx.toml:1:1: unknown key"),
        ("profile.a.Xc4n4rY = 1", "pfx.toml:1:11: key `profile.a`: unknown key"),
    ] {
        let shown = fault(text);
        assert!(shown.starts_with(&format!("cannot read {place}")), "{text:?}: {shown}");
        assert!(!shown.contains("c4n4r"), "{shown}");
    }
}

#[test]
fn errors_give_their_place_and_quote_nothing() {
    for (text, place) in [
        ("[env]\nA = 'CANARY", "pfx.toml:2:"),
        ("[env]\nA = 1", "pfx.toml:2:5: key `env.A`"),
        ("[env]\n'A=B' = 'CANARY'", "pfx.toml:2:1: key `env`"),
        ("env = 'CANARY'", "pfx.toml:1:7: key `env`"),
        ("env.A = {}", "pfx.toml:1:9: key `env.A`"),
        ("env.A = { optional = true }", "pfx.toml:1:9: key `env.A`"),
        ("env.A = { secret = '' }", "pfx.toml:1:20: key `env.A.secret`"),
        ("env.A = { secret = 'CANARY', kv = 'CANARY' }", "pfx.toml:1:30: key `env.A.kv`"),
        ("env.A = { secret = 'CANARY', pointer = 'CANARY' }", "pfx.toml:1:40: key `env.A.pointer`"),
        ("env.A = { env = 'CANARY', pointer = '/x' }", "pfx.toml:1:9: key `env.A`"),
        ("env.A = { text = 'CANARY', default = '' }", "pfx.toml:1:28: key `env.A.default`"),
        ("env.A = { secret = 'x', optional = true, required = true }", "pfx.toml:1:42:"),
        ("env.A = { unset = false }", "pfx.toml:1:19: key `env.A.unset`"),
        ("env.A = \"CANARY\\u0000\"", "pfx.toml:1:9: key `env.A`"),
        ("env.A = 'pfx://secret/CANARY/x'", "pfx.toml:1:9: key `env.A`"),
        ("env.A = { block = 'CANARY' }", "pfx.toml:1:19: key `env.A.block`"),
        ("command = 'CANARY \"'", "pfx.toml:1:11: key `command`"),
        ("command = ''", "pfx.toml:1:11: key `command`"),
        ("command = []", "pfx.toml:1:11: key `command`"),
        ("command = ['']", "pfx.toml:1:11: key `command`"),
        ("command = [1]", "pfx.toml:1:12: key `command`"),
        ("remote = 'CANARY'", "pfx.toml:1:10: key `remote`"),
        ("local = true\nremote = 'prefect'", "pfx.toml:1:9: key `local`"),
        ("profile = []", "pfx.toml:1:11: key `profile`"),
        ("profile.a = 1", "pfx.toml:1:13: key `profile.a`"),
    ] {
        let shown = fault(text);
        assert!(shown.starts_with(&format!("cannot read {place}")), "{text:?}: {shown}");
        assert!(!shown.contains("CANARY"), "{shown}");
    }
}

/// Every text is read or refused, and no value is shown.
#[test]
fn no_text_causes_a_panic_or_is_quoted() {
    let pieces = [
        "[env]\n", "[profile.a.env]\n", "A = ", "command = ", "\"CANARY\"", "'CANARY'", "\"", "'",
        "{ ", " }", "secret = ", "kv = ", "pointer = ", "default = ", "optional = true",
        "unset = true", ", ", "\n", "[", "]", "\\", "=", "1", "'pfx://secret/CANARY'",
        "'pfx://CANARY'", "'pfx://kv/%CANARY'", "remote = ", "local = true\n", "é",
    ];
    let mut state = 0x0bad_cafe_u64;
    let mut next = |below: usize| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % below
    };
    let mut read = 0;
    for _ in 0..20_000 {
        let text: String = (0..=next(12)).map(|_| pieces[next(pieces.len())]).collect();
        match Project::parse(&text, "pfx.toml") {
            Ok(_) => read += 1,
            Err(error) => {
                // A key is shown, and so is quoted text before `=`.
                let shown = error.to_string();
                let (before, behind) = shown.split_once("key `").unwrap_or((&shown, ""));
                let behind = behind.split_once('`').map_or("", |(_, behind)| behind);
                let shown = format!("{before}{behind}");
                assert!(!shown.contains("CANARY"), "{text:?}: {shown}");
            }
        }
    }
    assert!(read > 50, "only {read} texts were read");
}
