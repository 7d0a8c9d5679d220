//! The blocks of README.md and docs/ about Prefect 2 and 3 are run against a real server.

use serde_json::json;

use super::copy::cloud1;
use super::http::Listener;
use super::server::{Server, alone, plain};
use crate::readme::Desk;
use crate::support::document::{self, Need, Session};

/// The URL of a server as the documents have it, and that of Prefect Cloud 1.x.
const SERVER: &str = "http://127.0.0.1:4200/api";
const CLOUD: &str = "https://api.prefect.io";

/// A desk from which both stores can be reached.
struct Connected<'c> {
    desk: Desk,
    server: &'c Server,
    cloud: &'c Listener,
}

impl Session for Connected<'_> {
    fn write(&self, name: &str, text: &str) {
        self.desk.write(name, text);
    }

    fn run(&self, command: &str) -> String {
        let cloud = self.cloud.url();
        let command = self
            .desk
            .command(command)
            .env("PREFECT_API_URL", &self.server.url)
            .env("PREFECT__CLOUD__API", &cloud)
            .env("PREFECT__CLOUD__API_KEY", "key");
        let said = self.desk.said(command).replace(&self.server.url, SERVER);
        said.replace(cloud.trim_end_matches("/api"), CLOUD)
    }
}

#[test]
fn every_block_about_prefect_3_prints_what_it_says() {
    let _alone = alone();
    let server = need!(plain());
    let cloud = cloud1(&[
        ("Team A/Region", json!("eu-west-1")),
        ("history", json!("x".repeat(6_000))),
        ("retries", json!(3)),
    ]);
    let begin = || Connected { desk: Desk::new(), server, cloud: &cloud };
    let count = document::follow(Need::Prefect3, begin);
    assert!(count > 10, "there are {count} commands");
}
