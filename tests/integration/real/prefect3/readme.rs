//! The blocks of README.md and docs/ about Prefect 2 and 3, as a new user follows them, against a real server: pfx is
//! installed as README.md says, and Prefect's own commands are in PATH.

use std::path::Path;

use serde_json::json;

use super::copy::cloud1;
use super::server::{Server, Version};
use crate::support::desk::Desk;
use crate::support::document::{self, Need, Session};
use crate::support::needs::Missing;

/// The URL of a server as the documents have it, and that of Prefect Cloud 1.x.
const SERVER: &str = "http://127.0.0.1:4200/api";
const CLOUD: &str = "https://api.prefect.io";

/// A desk from which both can be reached.
pub struct Connected {
    desk: Desk,
    server: String,
    cloud: String,
}

impl Session for Connected {
    fn write(&self, name: &str, text: &str) {
        self.desk.write(name, text);
    }

    fn run(&self, command: &str) -> String {
        let said = self.desk.run(&command.replace(SERVER, &self.server));
        said.replace(&self.server, SERVER).replace(self.cloud.trim_end_matches("/api"), CLOUD)
    }
}

/// Runs the blocks with this need; the number of commands.
pub fn follow(need: Need) -> Result<usize, Missing> {
    // What is installed is the pfx of this build.
    let binary = Path::new(env!("CARGO_BIN_EXE_pfx"));
    let programs = Version::Three.environment()?.join("bin");
    // Its own: the documents write to names that other tests read.
    let server = Server::start(Version::Three, &[]);
    let cloud = cloud1(&[
        ("Team A/Region", json!("eu-west-1")),
        ("history", json!("x".repeat(6_000))),
        ("retries", json!(3)),
    ]);
    let count = document::follow(need, || {
        let desk = Desk::of_new_user(binary).with_programs(&programs);
        let desk = desk.with("PREFECT__CLOUD__API", cloud.url()).with("DO_NOT_TRACK", "1");
        Connected { desk, server: server.url.clone(), cloud: cloud.url() }
    });
    server.stop();
    Ok(count)
}

#[test]
fn every_block_about_prefect_3_prints_what_it_says() {
    let count = need!(follow(Need::Prefect3));
    assert!(count > 10, "there are {count} commands");
}
