//! The README's blocks about Prefect 2 and 3 are run against a real server, in order and in one home.

use std::path::Path;

use serde_json::json;

use super::copy::cloud1;
use super::home::{Home, WithUrl as _};
use super::server::{alone, plain};

/// The URL of a server as the README has it, and that of Prefect Cloud 1.x.
const SERVER: &str = "http://127.0.0.1:4200/api";
const CLOUD: &str = "https://api.prefect.io";

#[test]
fn every_block_about_prefect_3_prints_what_it_says() {
    let _alone = alone();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(root.join("README.md")).expect("README.md");
    let server = need!(plain());
    let cloud = cloud1(&[
        ("Team A/Region", json!("eu-west-1")),
        ("history", json!("x".repeat(6_000))),
        ("retries", json!(3)),
    ]);
    let home = Home::new();
    let pfx = Path::new(env!("CARGO_BIN_EXE_pfx")).parent().expect("a directory");
    let mut count = 0;
    let blocks = text.split("```console prefect3\n").skip(1);
    for block in blocks.map(|rest| rest.split("```").next().expect("an end")) {
        for step in block.split("$ ").skip(1).filter(|step| !step.is_empty()) {
            let (command, expected) = step.split_once('\n').expect("a line");
            let outcome = home
                .program("sh", ["-c", &format!("{{ {command}\n}} 2>&1")])
                .env("PATH", format!("{}:/usr/bin:/bin", pfx.display()))
                .env("PREFECT_API_URL", &server.url)
                .env("PREFECT__CLOUD__API", cloud.url())
                .env("PREFECT__CLOUD__API_KEY", "key")
                .outcome();
            let printed = outcome
                .stdout()
                .replace(&server.url, SERVER)
                .replace(cloud.url().trim_end_matches("/api"), CLOUD)
                .replace(&*home.path().to_string_lossy(), "/home/you");
            // What is printed without a line feed at its end has none in the README either.
            assert_eq!(printed.trim_end(), expected.trim_end(), "$ {command}");
            count += 1;
        }
    }
    assert!(count > 10, "there are {count} commands");
}
