//! The blocks of README.md and docs/ about containers, as a new user follows them: pfx is installed as README.md says,
//! and the images are built by the commands of the documents.

use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::podman::{LIMITS, is_noise};
use crate::support::desk::Desk;
use crate::support::document::{self, Need, Session};
use crate::support::needs::{Missing, namespaces, static_binary, tools};

/// How podman works on a machine that lets nobody have much, with a storage of its own.
const STORAGE: &str =
    "[storage]\ndriver = \"overlay\"\ngraphroot = \"DIR/storage\"\nrunroot = \"DIR/run\"\n";
const CONTAINERS: &str = "[containers]\ndefault_ulimits = [LIMITS]\nnetns = \"none\"\n\
    [engine]\nruntime = \"runc\"\ncgroup_manager = \"cgroupfs\"\n";

/// The image that a registry would have.
const BUSYBOX: &str = "mkdir -p tree/bin && cp /bin/busybox tree/bin &&
    for name in cat env ps sh sleep; do ln -s busybox tree/bin/$name; done &&
    tar -C tree -c . | podman import --quiet - docker.io/library/busybox";

/// A desk with podman. Everything that was built is removed when it is dropped.
struct Workshop {
    desk: Desk,
    directory: TempDir,
}

impl Workshop {
    fn new(desk: Desk) -> Self {
        let directory = TempDir::new().expect("a temporary directory");
        let path = directory.path().to_owned();
        let limits = LIMITS.iter().filter_map(|limit| limit.strip_prefix("--ulimit="));
        let limits: Vec<String> = limits.map(|limit| format!("{limit:?}")).collect();
        let write = |name: &str, text: String| {
            std::fs::write(path.join(name), text).expect("a file");
            path.join(name)
        };
        let storage = write("storage.conf", STORAGE.replace("DIR", &path.to_string_lossy()));
        let containers = write("containers.conf", CONTAINERS.replace("LIMITS", &limits.join(", ")));
        let desk = desk
            .with("CONTAINERS_STORAGE_CONF", storage)
            .with("CONTAINERS_CONF", containers)
            .with("BUILDAH_ISOLATION", "chroot")
            .with("TMPDIR", &path);
        let workshop = Self { desk, directory };
        let said = workshop.desk.run(&format!("(cd {} && {BUSYBOX})", path.display()));
        assert!(said.lines().any(|line| line.starts_with("sha256:")), "{said}");
        workshop
    }
}

impl Session for Workshop {
    fn write(&self, name: &str, text: &str) {
        self.desk.write(name, text);
    }

    fn run(&self, command: &str) -> String {
        let run = || -> String {
            let said = self.desk.run(command);
            said.split_inclusive('\n').filter(|line| !is_noise(line)).collect()
        };
        let said = run();
        // podman may lose all output of a container that ends as soon as it starts.
        if said.is_empty() && command.starts_with("podman run ") { run() } else { said }
    }
}

impl Drop for Workshop {
    fn drop(&mut self) {
        self.desk.run("podman rm --all --force --time=0; podman rmi --all --force");
        let storage = self.directory.path().join("storage/overlay");
        let _ = Command::new("umount").arg(storage).stderr(Stdio::null()).status();
    }
}

/// What the blocks need.
fn binary() -> Result<std::path::PathBuf, Missing> {
    namespaces()?;
    tools(&["podman", "runc", "busybox"])?;
    static_binary()
}

#[test]
fn every_block_about_containers_prints_what_it_says() {
    let binary = need!(binary());
    let begin = || Workshop::new(Desk::of_new_user(&binary));
    let count = document::follow(Need::Podman, begin);
    assert!(count > 3, "there are {count} commands");
}
