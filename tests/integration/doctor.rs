//! `pfx doctor`: its report for each state of the configuration, and never a value or a key.

use serde_json::{Value, json};

use crate::support::cloud1::{API_KEY, cloud, home};
use crate::support::{Home, Outcome, Pfx, Server, reply};

const TENANT: &str = "11111111-2222-3333-4444-555555555555";

fn doctor(home: &Home) -> Pfx {
    home.pfx(["doctor", "--timeout", "60"])
}

/// The report of `--json`: its facts by name, and its problems.
struct Report {
    facts: Vec<Value>,
    problems: Vec<Value>,
}

fn report(pfx: Pfx) -> Report {
    let outcome = pfx.arg("--json").outcome();
    let said: Value = serde_json::from_slice(&outcome.stdout).expect("JSON");
    let problems = said["problems"].as_array().expect("problems").clone();
    assert_eq!(outcome.code(), Some(i32::from(!problems.is_empty())), "{said}");
    // The settings of Prefect 2 and 3 have the same names; `prefect3` tests them.
    let sections = said["sections"].as_array().expect("sections").iter();
    let sections = sections.filter(|section| section["title"] != "Prefect 2 and 3");
    let facts = sections.flat_map(|section| section["facts"].as_array().expect("facts").clone());
    Report { facts: facts.collect(), problems }
}

impl Report {
    fn fact(&self, name: &str) -> (&str, &str) {
        let fact = self.facts.iter().find(|fact| fact["name"] == name).expect(name);
        (fact["value"].as_str().unwrap_or_default(), fact["origin"].as_str().unwrap_or_default())
    }

    #[track_caller]
    fn has_problem(&self, text: &str) {
        let has = |one: &&Value| one["problem"].as_str().is_some_and(|what| what.contains(text));
        assert!(self.problems.iter().any(|one| has(&one)), "no {text:?} in {:?}", self.problems);
    }
}

fn harmless(outcome: &Outcome) -> bool {
    !outcome.said().contains(API_KEY) && !outcome.said().contains("CANARY")
}

#[test]
fn with_nothing_configured_it_shows_how_to_log_in() {
    let home = Home::new();
    let outcome = doctor(&home).outcome();
    assert_eq!(outcome.code(), Some(0), "{}", outcome.said());
    let said = outcome.stdout();
    let auth = home.join(".prefect/auth.toml");
    for text in [
        "not found",
        "no API key is configured",
        "`[\"api.prefect.io\"]`",
        &auth.display().to_string(),
        "  pfx secret set NAME ",
        "  export PREFECT_API_URL=URL ",
    ] {
        assert!(said.contains(text), "no {text:?} in {said}");
    }
    assert!(!said.contains("no problems found"), "{said}");
    let steps = |home: &Home| -> Value {
        let outcome = doctor(home).arg("--json").outcome();
        serde_json::from_slice::<Value>(&outcome.stdout).expect("JSON")["first_steps"].clone()
    };
    assert_eq!(steps(&home), json!(["pfx secret set NAME", "export PREFECT_API_URL=URL"]));
    // One secret counts as configured.
    let one = Home::with_secrets("A = \"CANARY\"\n");
    let outcome = doctor(&one).outcome();
    assert!(outcome.stdout().contains("no problems found"), "{}", outcome.said());
    assert_eq!(steps(&one), json!([]));
    // Problems are shown instead of the first steps. A file that several readers need is one problem.
    let broken = Home::with_config("[context.secrets]\nA = \"CANARY\n");
    assert_eq!(steps(&broken), json!([]));
    assert_eq!(report(doctor(&broken)).problems.len(), 1);
}

#[test]
fn the_response_and_the_place_of_each_setting_are_shown() {
    let server = cloud(&[], &[]);
    let home = home(&server.url());
    home.write(".prefect/config.toml", home.config_text() + "[context.secrets]\nA = \"CANARY\"\n");
    let config = home.config().display().to_string();
    let report = report(doctor(&home));
    assert_eq!(report.fact("API URL"), (&*server.url(), &*config));
    assert_eq!(report.fact("API key"), ("set", &*config));
    assert_eq!(report.fact("tenant of the API key").0, TENANT);
    assert!(report.fact("connection").0.starts_with("ok, "), "{:?}", report.fact("connection"));
    assert_eq!(report.problems, Vec::<Value>::new());
    let outcome = doctor(&home).outcome();
    assert!(harmless(&outcome), "{}", outcome.said());
    assert!(outcome.stdout().contains("1 secret"), "{}", outcome.stdout());
    // The same request as that of the real client for its tenant.
    let request = &server.requests()[0];
    let query = "query {\n    auth_info {\n        tenant_id\n    }\n}";
    assert_eq!(request.json(), json!({ "query": query, "variables": "null" }));
}

#[test]
fn doctor_and_check_report_a_key_and_a_tenant_from_two_places() {
    let server = cloud(&[("X", json!("v"))], &[]);
    let home = Home::with_config(format!("[cloud]\napi = \"{}\"\n", server.url()));
    let table = format!("[\"127.0.0.1-{}\"]\ntenant_id = \"{TENANT}\"\n", server.port());
    let auth = home.write(".prefect/auth.toml", table);
    let key = ("PREFECT__CLOUD__API_KEY", API_KEY);
    let warning = format!(
        "the API key comes from PREFECT__CLOUD__API_KEY and the tenant from {}: if the key belongs to \
         a different tenant, no name is found",
        auth.display()
    );
    report(doctor(&home).env(key.0, key.1)).has_problem(&warning);
    let check = home.pfx(["check", "-s", "X"]).env(key.0, key.1).outcome();
    assert!(check.said().contains(&warning), "{}", check.said());
    assert!(harmless(&check));
}

#[test]
fn a_server_of_prefect_1_and_use_local_secrets_are_shown_as_the_reason() {
    let home = home("http://127.0.0.1:1");
    let server = report(doctor(&home).env("PREFECT__BACKEND", "server"));
    assert!(server.fact("not used").0.contains("has neither secrets nor a key-value store"));
    let config = home.config_text() + "use_local_secrets = true\n";
    home.write(".prefect/config.toml", config);
    let local = report(doctor(&home));
    assert_eq!(local.fact("use_local_secrets"), ("true", &*home.config().display().to_string()));
}

#[test]
fn an_api_that_cannot_be_reached_is_a_problem() {
    let home = home("http://127.0.0.1:1");
    let report = report(doctor(&home));
    report.has_problem("the request to http://127.0.0.1:1 failed: Connection refused");
    assert_eq!(report.fact("connection").0, "failed (see problems)");
}

#[test]
fn a_key_that_the_api_rejects_is_a_problem() {
    let invalid = json!({ "errors": [{ "extensions": { "code": "UNAUTHENTICATED" } }] });
    for (status, answer) in [
        (200, json!({ "data": { "auth_info": { "tenant_id": null } } })),
        (200, invalid.clone()),
        (400, invalid),
        (401, json!({})),
    ] {
        let answer = reply(status, &[], answer.to_string());
        let server = Server::answering(move |_| answer.clone());
        let home = home(&server.url());
        let config = home.config().display().to_string();
        report(doctor(&home)).has_problem(&format!("to the credential from {config}"));
    }
}

#[test]
fn broken_files_and_settings_are_problems_and_quote_nothing() {
    let broken = Home::with_config("[context.secrets]\nA = \"CANARY\n");
    let url = home("https://me:CANARY@api.prefect.io");
    let tenant = home("https://api.prefect.io");
    tenant.write(".prefect/config.toml", tenant.config_text() + "tenant_id = \"CANARY\"\n");
    let auth = Home::with_config("[cloud]\napi = \"http://127.0.0.1:1\"\n");
    auth.write(".prefect/auth.toml", "[\"127.0.0.1-1\"]\napi_key = \"CANARY\n");
    for (home, says) in [
        (&broken, "config.toml:2:"),
        (&url, "it contains a user name or password"),
        (&tenant, "the tenant ID is not a UUID"),
        (&auth, "auth.toml:2:"),
    ] {
        report(doctor(home)).has_problem(says);
        let outcome = doctor(home).outcome();
        assert_eq!(outcome.code(), Some(1));
        assert!(harmless(&outcome), "{}", outcome.said());
        assert!(outcome.stdout().contains("\nproblems\n"), "{}", outcome.stdout());
    }
}

#[test]
fn a_broken_config_file_does_not_hide_the_active_store() {
    let home = Home::with_config("A = \n");
    let server = Server::json(&json!("3.4.1"));
    let url = format!("{}/api", server.url());
    let report = report(doctor(&home).env("PREFECT_API_URL", &url));
    report.has_problem("config.toml:1:5");
    let (value, _) = report.fact("active store");
    assert_eq!(
        value,
        format!("{url}: PREFECT_API_URL is set and takes precedence over Prefect Cloud 1.x")
    );
    assert!(!server.requests().is_empty());
}

#[test]
fn no_command_shows_the_query_of_an_api_url() {
    let home = Home::new();
    for words in [
        &["doctor", "--timeout", "60"][..],
        &["check", "--timeout", "60", "-s", "x"],
        &["run", "--timeout", "60", "-v", "-s", "x", "--", "true"],
    ] {
        let url = "http://127.0.0.1:1/api?key=CANARY";
        let outcome = home.pfx(words).env("PREFECT_API_URL", url).outcome();
        assert!(outcome.said().contains("http://127.0.0.1:1"), "{}", outcome.said());
        assert!(harmless(&outcome), "{}", outcome.said());
    }
}

#[test]
fn a_project_file_is_shown_with_whether_it_is_trusted() {
    let home = Home::new();
    let is = |pfx: Pfx| report(pfx).facts[0].clone();
    assert_eq!(is(doctor(&home))["value"], "not found here or in a parent directory");
    let file = home.write("pfx.toml", "[env]\nA = \"CANARY\"\n");
    let path = file.canonicalize().expect("a path").display().to_string();
    let unknown = report(doctor(&home));
    assert_eq!(unknown.fact(&path).0, "found, but not trusted (see problems)");
    unknown.has_problem(&format!("cannot trust {path}: pfx discovered it automatically"));
    home.pfx(["trust"]).outcome();
    let trusted = report(doctor(&home));
    assert_eq!(trusted.fact(&path).0, "used (found and trusted)");
    assert_eq!(trusted.fact("binds").0, "1 variable");
    assert_eq!(trusted.problems, Vec::<Value>::new());
    home.write("below/x", "");
    assert_eq!(
        report(doctor(&home).current_dir(home.join("below"))).fact(&path).0,
        trusted.fact(&path).0
    );
    home.write("pfx.toml", "[env]\nA = \"CANARY2\"\n");
    let changed = report(doctor(&home));
    assert_eq!(changed.fact(&path).0, "found, but changed since it was trusted (see problems)");
    changed.has_problem("it has changed since you trusted it");
    assert_eq!(is(doctor(&home).arg("--no-project"))["value"], "not used (`--no-project`)");
    let named = home.write("other.toml", "local = true\nsecrets-dir = [\"s\"]\n");
    home.write("s/X", "CANARY");
    let named = named.to_str().expect("UTF-8");
    for pfx in [doctor(&home).arg("-f").arg(named), doctor(&home).env("PFX_PROJECT", named)] {
        let report = report(pfx);
        assert_eq!(report.fact(named).0, "used (named explicitly, so trusted)");
        assert_eq!(report.fact(home.join("s").to_str().expect("UTF-8")).0, "1 secret");
        assert_eq!(report.fact("active store").0, "none");
    }
    let broken = home.write("broken.toml", "[env]\nA = \"CANARY\n");
    let outcome = doctor(&home).env("PFX_PROJECT", &broken).outcome();
    assert_eq!(outcome.code(), Some(1));
    assert!(outcome.stdout().contains("broken.toml:2:"), "{}", outcome.said());
    assert!(harmless(&outcome), "{}", outcome.said());
}
