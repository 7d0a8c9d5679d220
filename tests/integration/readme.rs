//! The `console` blocks of README.md and docs/ that need pfx alone, or Prefect 1.x: they print what the documents say.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::document::{self, HOME, Need, ROOT, Session, documents};
use crate::support::needs::prefect;
use crate::support::{Home, Pfx};

const PFX: &str = env!("CARGO_BIN_EXE_pfx");

/// A directory to work in, in a new home, with the examples of the checkout.
pub struct Desk {
    pub home: Home,
    pub directory: PathBuf,
    /// Directories of programs that come before those of the system.
    pub path: String,
}

impl Desk {
    /// One whose home is empty.
    pub fn new() -> Self {
        let home = Home::new();
        let directory = home.join("work");
        let status = Command::new("mkdir").arg(&directory).status();
        assert!(status.expect("mkdir runs").success());
        let examples = Path::new(ROOT).join("examples");
        let status = Command::new("cp").arg("-r").arg(examples).arg(&directory).status();
        assert!(status.expect("cp runs").success());
        let binaries = Path::new(PFX).parent().expect("a directory");
        Self { home, directory, path: binaries.display().to_string() }
    }

    /// A command as a person gives it to a shell, with both its streams in one.
    pub fn command(&self, command: &str) -> Pfx {
        let script = format!("{{ {command}\n}} 2>&1");
        Pfx::new(self.home.path(), "sh", ["-c", &script])
            .current_dir(&self.directory)
            .env("PATH", format!("{}:/usr/bin:/bin", self.path))
    }

    /// What a command printed, with the home directory as the documents write it.
    pub fn said(&self, command: Pfx) -> String {
        command.outcome().stdout().replace(&*self.home.path().to_string_lossy(), HOME)
    }
}

impl Session for Desk {
    fn write(&self, name: &str, text: &str) {
        self.home.write(self.directory.join(name), text);
    }

    fn run(&self, command: &str) -> String {
        self.said(self.command(command))
    }
}

/// A desk whose home has the example's secrets, with programs of another directory.
fn local(programs: Option<&Path>) -> Desk {
    let mut desk = Desk::new();
    let example = std::fs::read(desk.directory.join("examples/config.toml"));
    desk.home.write(".prefect/config.toml", example.expect("the example"));
    if let Some(programs) = programs {
        desk.path = format!("{}:{}", desk.path, programs.display());
    }
    desk
}

#[test]
fn every_block_prints_what_it_says() {
    let count = document::follow(Need::Local, || local(None));
    assert!(count > 8, "there are {count} commands");
}

#[test]
fn every_block_about_prefect_1_prints_what_it_says() {
    let programs = need!(prefect(1)).join("bin");
    let count = document::follow(Need::Prefect1, || local(Some(&programs)));
    assert!(count > 0, "there is no command");
}

#[test]
fn every_block_names_a_need_that_a_test_knows() {
    let blocks: usize = documents().iter().map(|document| document.blocks().len()).sum();
    assert!(blocks > 8, "there are {blocks} blocks");
}
