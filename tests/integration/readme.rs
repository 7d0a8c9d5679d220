//! The `console` blocks of README.md and docs/ print what the documents say: here those that need nothing real except
//! Prefect 1.x; `real::` has the others.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::desk::Desk;
use crate::support::document::{self, Document, Need, ROOT, Session as _, documents};
use crate::support::lasting;
use crate::support::needs::{prefect, tools};

/// A desk whose home has the example's secrets.
fn with_secrets() -> Desk {
    let desk = Desk::new();
    let example = std::fs::read(format!("{ROOT}/examples/config.toml")).expect("the example");
    desk.home.write(".prefect/config.toml", example);
    desk
}

#[test]
fn every_block_prints_what_it_says() {
    let count = document::follow(Need::Local, with_secrets);
    assert!(count > 8, "there are {count} commands");
}

#[test]
fn every_block_about_prefect_1_prints_what_it_says() {
    let programs = need!(prefect(1)).join("bin");
    let begin = || with_secrets().with_programs(&programs);
    assert!(document::follow(Need::Prefect1, begin) > 0);
}

#[test]
fn every_block_about_prefect_cloud_1_prints_what_it_says() {
    need!(tools(&["python3"]));
    let mut stub = Command::new("python3");
    stub.current_dir(ROOT).args(["tests/support/prefect-1-stub.py", "--port", "0", "--stateful"]);
    stub.args(["--api-key", "key"]).stdin(Stdio::null()).stdout(Stdio::piped());
    let mut stub = lasting::spawn_for_thread(&mut stub).expect("the API starts");
    let mut line = String::new();
    let mut said = BufReader::new(stub.stdout.take().expect("a pipe"));
    said.read_line(&mut line).expect("a line");
    let address = line.trim().rsplit(' ').next().expect("an address");
    let begin = || Desk::new().with("PREFECT__CLOUD__API", format!("http://{address}"));
    assert!(document::follow(Need::Cloud1, begin) > 0);
    stub.kill().and_then(|()| stub.wait()).expect("the API ends");
}

#[test]
fn every_block_names_a_need_that_a_test_knows() {
    let blocks: usize = documents().iter().map(|document| document.blocks().len()).sum();
    assert!(blocks > 20, "there are {blocks} blocks");
}

#[test]
fn the_two_commands_of_the_readme_are_those_that_users_and_ci_run() {
    let readme = Document::read("README.md").text;
    let blocks: Vec<&str> = readme.split("```sh\n").skip(1).collect();
    let commands: Vec<&str> = blocks[1].lines().take_while(|line| *line != "```").collect();
    let [main, tests] = commands[..] else { panic!("two commands: {commands:?}") };
    let desk = Desk::of_new_user(Path::new(env!("CARGO_BIN_EXE_pfx")));
    let said = desk.run(main);
    let last = said.lines().last().unwrap_or_default();
    assert!(last.contains(" has a DB_PASSWORD of 28 characters and a PROD_DB of "), "{said}");
    let ci = Document::read(".ci/run").text;
    assert!(ci.lines().any(|line| line == format!("step {tests}")), "{tests}");
    assert!(Path::new(ROOT).join(tests).exists(), "{tests}");
}

#[test]
fn the_readme_has_at_most_150_lines() {
    let count = Document::read("README.md").text.lines().count();
    assert!(count <= 150, "it has {count}: docs/ has room for more");
}
