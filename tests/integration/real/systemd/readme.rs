//! The blocks of README.md and docs/ about systemd, as a new user follows them, on a machine of their own.

use std::fs;
use std::path::PathBuf;

use super::machine::Machine;
use crate::support::desk::SHELL;
use crate::support::document::{self, Need, Session};
use crate::support::needs::{Missing, namespaces, static_binary, tools};

/// What a new user has there. The variable spares the build.
const ENVIRONMENT: [&str; 3] =
    ["HOME=/home/you", "PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "PFX=/mnt/share/pfx"];

impl Session for Machine {
    fn write(&self, name: &str, text: &str) {
        fs::write(self.path("file"), text).expect("a file");
        let (fine, said) = self.run(&["install", "-D", "-m", "644", "/mnt/share/file", name]);
        assert!(fine, "{said}");
    }

    fn run(&self, command: &str) -> String {
        if command.contains("journalctl") {
            // What was written before is then in it.
            Self::run(self, &["journalctl", "--sync"]);
        }
        let script = SHELL.replace("COMMAND", command);
        let clean = ["env", "-i", "-C", "/home/you/pfx"];
        let words = ["bash", "-c", &script, "bash", "/run/shell"];
        Self::run(self, &[&clean[..], &ENVIRONMENT, &words].concat()).1
    }
}

/// What the blocks need.
fn binary() -> Result<PathBuf, Missing> {
    namespaces()?;
    tools(&["systemctl"])?;
    static_binary()
}

#[test]
fn every_block_about_systemd_prints_what_it_says() {
    let binary = need!(binary());
    let count = document::follow(Need::Systemd, || Machine::of_new_user(&binary));
    assert!(count > 6, "there are {count} commands");
}
