//! A chain of several remote stores: they are searched in the given order, each for the names that those before it do not
//! have.

use serde_json::{Value, json};

use crate::support::cloud1::{cloud, home};
use crate::support::{Home, Pfx, Request, Server, reply};

const PRINT: [&str; 3] = ["/bin/sh", "-c", "echo $A $B"];

/// A server of Prefect 3 with these secrets.
fn prefect(secrets: &'static [(&'static str, &'static str)]) -> Server {
    Server::answering(move |request: &Request| {
        let asked = request.body.clone();
        let blocks = secrets.iter().filter(|(name, _)| asked.contains(&format!("\"{name}\"")));
        let block = |(name, value): &(&str, &str)| {
            json!({
                "id": "d40d1c5e-0000-4000-8000-000000000000",
                "name": name,
                "data": { "value": value },
                "block_type": { "slug": "secret" },
            })
        };
        reply(200, &[], Value::from(blocks.map(block).collect::<Vec<_>>()).to_string())
    })
}

/// A home with both stores configured.
fn both(cloud1: &Server) -> Home {
    home(&cloud1.url())
}

fn run(home: &Home, prefect: &Server, options: &[&str]) -> Pfx {
    let url = format!("{}/api", prefect.url());
    home.run(options, &PRINT).env("PREFECT_API_URL", url)
}

#[test]
fn each_store_is_searched_for_names_that_those_before_it_do_not_have() {
    for (order, expected, second_is_asked_for_a) in [
        (["prefect", "cloud1"], "from-prefect from-cloud1\n", false),
        (["cloud1", "prefect"], "other from-cloud1\n", false),
    ] {
        let cloud1 = cloud(&[("A", json!("other")), ("B", json!("from-cloud1"))], &[]);
        let server = prefect(&[("a", "from-prefect")]);
        let home = both(&cloud1);
        let options = ["-s", "A", "-s", "B", "--remote", order[0], "--remote", order[1]];
        run(&home, &server, &options).gives(expected);
        let later = if order[0] == "prefect" { cloud1.requests() } else { server.requests() };
        let names_a = later.iter().any(|request| request.body.contains("\"A\""));
        assert_eq!(names_a, second_is_asked_for_a, "{order:?}");
        // In the other order nothing is left for the second store.
        assert_eq!(later.len(), usize::from(order[0] == "prefect"), "{order:?}");
    }
}

#[test]
fn a_variable_and_a_project_file_can_name_several_stores() {
    let cloud1 = cloud(&[("B", json!("from-cloud1"))], &[]);
    let server = prefect(&[("a", "from-prefect")]);
    let home = both(&cloud1);
    let expected = "from-prefect from-cloud1\n";
    let bindings = ["-s", "A", "-s", "B"];
    run(&home, &server, &bindings).env("PFX_REMOTE", "prefect cloud1").gives(expected);
    let file = home.write("p.toml", "remote = ['prefect', 'cloud1']\n");
    let file = file.to_str().expect("UTF-8");
    run(&home, &server, &["-f", file, "-s", "A", "-s", "B"]).gives(expected);
    // By default only the first configured store is searched.
    let outcome = run(&home, &server, &bindings).outcome();
    assert_eq!(outcome.code(), Some(125), "{outcome:?}");
    assert!(outcome.stderr().contains("cannot find the secret `B`"), "{outcome:?}");
}

#[test]
fn a_store_that_fails_stops_the_chain() {
    let cloud1 = cloud(&[("A", json!("x")), ("B", json!("x"))], &[]);
    let server = Server::answering(|_| reply(401, &[], "{}"));
    let home = both(&cloud1);
    let options = ["-s", "A", "-s", "B", "--remote", "prefect", "--remote", "cloud1"];
    let outcome = run(&home, &server, &options).outcome();
    assert_eq!((outcome.code(), outcome.stdout().as_str()), (Some(125), ""), "{outcome:?}");
    assert_eq!(cloud1.connections(), 0);
}

#[test]
fn the_chain_has_one_deadline() {
    // The first store takes longer than the whole time limit, so nothing is left for the second.
    let cloud1 = cloud(&[("A", json!("x")), ("B", json!("x"))], &[]);
    let server = Server::new(|dialogue| {
        dialogue.request();
        dialogue.fall_silent();
    });
    let home = both(&cloud1);
    let options =
        ["-s", "A", "-s", "B", "--remote", "prefect", "--remote", "cloud1", "--timeout", "0.3"];
    let outcome = run(&home, &server, &options).outcome();
    assert!(outcome.stderr().contains("after 0.3 s"), "{outcome:?}");
    assert_eq!(cloud1.connections(), 0);
}

#[test]
fn check_shows_every_store_of_the_chain_and_why_one_is_not_used() {
    let cloud1 = cloud(&[("B", json!("from-cloud1"))], &[]);
    let server = prefect(&[("a", "from-prefect")]);
    let home = both(&cloud1);
    let words =
        ["check", "-s", "A", "-s", "B", "--remote", "prefect", "--remote", "cloud1", "--json"];
    let url = format!("{}/api", server.url());
    let outcome = home.pfx(words).env("PREFECT_API_URL", &url).outcome();
    let said: Value = serde_json::from_str(&outcome.stdout()).expect("JSON");
    let sources = said["sources"].as_array().expect("a list");
    assert_eq!(sources[sources.len() - 2], json!(url));
    assert_eq!(sources[sources.len() - 1], json!(format!("Prefect Cloud 1.x at {}", cloud1.url())));
    assert_eq!(said["remote_not_used"], Value::Null);
    let outcome = home.pfx(words).outcome();
    let said: Value = serde_json::from_str(&outcome.stdout()).expect("JSON");
    assert_eq!(said["remote_not_used"], json!("PREFECT_API_URL is not set"));
    assert_eq!(said["bindings"][1]["found"], json!(true));
    // The text output and the error of a run show them too.
    let words = ["check", "-s", "A", "--remote", "prefect", "--remote", "cloud1"];
    let said = home.pfx(words).outcome().stdout();
    assert!(said.contains("one remote store is not used: PREFECT_API_URL is not set"), "{said}");
    let options = ["-s", "A", "--remote", "prefect", "--remote", "cloud1"];
    let said = home.run(&options, &PRINT).outcome().stderr();
    let why = format!(
        "Prefect Cloud 1.x at {}; one remote store is not used: PREFECT_API_URL is not set\n",
        cloud1.url()
    );
    assert!(said.contains(&why), "{said}");
    let said = Home::new().run(&options, &PRINT).outcome().stderr();
    let why = "no remote store is used: PREFECT_API_URL is not set; no API key is configured";
    assert!(said.contains(why), "{said}");
}

#[test]
fn a_store_that_is_named_twice_is_searched_once() {
    let home = Home::new();
    let file = home.write("p.toml", "remote = ['prefect', 'prefect']\n");
    let file = file.to_str().expect("UTF-8");
    for words in [&["-f", file][..], &["--remote", "prefect", "--remote", "prefect"]] {
        let words = [&["check", "-s", "A", "--json"], words].concat();
        let said: Value = serde_json::from_str(&home.pfx(words).outcome().stdout()).expect("JSON");
        assert_eq!(said["remote_not_used"], json!("PREFECT_API_URL is not set"));
    }
}

#[test]
fn a_command_for_one_store_does_not_accept_two() {
    let home = Home::new();
    for words in [&["kv", "get", "a"][..], &["secret", "get", "a", "--remote"]] {
        let outcome = home.pfx(words).env("PFX_REMOTE", "prefect cloud1").outcome();
        assert_eq!(outcome.code(), Some(2), "{outcome:?}");
        assert!(outcome.stderr().contains("PFX_REMOTE names several stores"), "{outcome:?}");
    }
}

#[test]
fn doctor_shows_each_store_of_the_chain_once() {
    let cloud1 = cloud(&[], &[]);
    let words = ["doctor", "--remote", "prefect", "--remote", "cloud1"];
    let said = both(&cloud1).pfx(words).outcome().stdout();
    let line = said.lines().find(|line| line.starts_with("  not used "));
    assert!(line.is_some_and(|line| line.ends_with(" PREFECT_API_URL is not set")), "{said}");
    assert_eq!(said.matches("active store").count(), 1, "{said}");
    let said = Home::new().pfx(words).outcome().stdout();
    assert_eq!(
        (said.matches("  active store").count(), said.matches("  not used  ").count()),
        (1, 2),
        "{said}"
    );
}
