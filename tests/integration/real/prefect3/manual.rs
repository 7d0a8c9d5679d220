//! The examples of pfx-kv(1), with a real server and a Prefect Cloud 1.x that has one key.

use serde_json::json;

use super::copy::cloud1;
use super::server::{alone, plain};
use crate::manual::examples::{commands, works};
use crate::support::Home;

#[test]
fn every_command_of_the_examples_works() {
    let _alone = alone();
    let server = need!(plain());
    let source = cloud1(&[("manual_copied", json!("eu"))]);
    let home =
        Home::with_config(format!("[cloud]\napi = \"{}\"\napi_key = \"KEY\"\n", source.url()));
    home.write(
        ".prefect/profiles.toml",
        format!("active = \"p\"\n[profiles.p]\nPREFECT_API_URL = \"{}\"\n", server.url),
    );
    let commands = commands("pfx-kv.1");
    assert!(commands.len() > 8, "{commands:?}");
    for line in commands {
        works("pfx-kv.1", &line, &home);
    }
}
