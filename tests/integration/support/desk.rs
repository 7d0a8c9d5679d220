//! The environment of a person who follows a document: a new home, a working directory, and a shell that remembers its
//! exported variables and its directory between commands.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::document::{Document, HOME, ROOT, Session};
use super::{Home, Pfx};

/// How bash runs a command in place of COMMAND. `$1` is the file in which it remembers.
pub const SHELL: &str = "if [ -e \"$1\" ]; then . \"$1\"; fi
{ COMMAND
} 2>&1
{ export -p; printf 'cd %q\\n' \"$PWD\"; } > \"$1\"";

pub struct Desk {
    pub home: Home,
    memory: TempDir,
    directory: PathBuf,
    path: Vec<PathBuf>,
    variables: Vec<(&'static str, OsString)>,
}

impl Desk {
    /// A desk with the examples of the checkout, and pfx in PATH.
    pub fn new() -> Self {
        let pfx = Path::new(env!("CARGO_BIN_EXE_pfx")).parent().expect("a directory");
        let desk = Self::with_path("work", vec![pfx.to_owned()]);
        copy(&["examples"], &desk.directory);
        desk
    }

    /// A desk with a whole checkout, from which pfx was installed with the command that README.md begins with. pfx is not
    /// built again.
    pub fn of_new_user(binary: &Path) -> Self {
        let mut desk = Self::with_path("pfx", Vec::new());
        copy(&["."], &desk.directory);
        desk = desk.with("PFX", binary);
        let readme = Document::read("README.md");
        let (_, rest) = readme.text.split_once("```sh\n").expect("how to install it");
        let (install, _) = rest.split_once("\n```").expect("an end");
        assert!(install.starts_with("./install.sh "), "{install}");
        let said = desk.run(install);
        // A shell that was started before has another PATH.
        std::fs::remove_file(desk.memory()).expect("it remembers");
        desk.path.push(desk.home.join(".local/bin"));
        assert!(desk.path[0].join("pfx").exists(), "{said}");
        desk
    }

    fn with_path(directory: &str, path: Vec<PathBuf>) -> Self {
        let home = Home::new();
        let directory = home.join(directory);
        std::fs::create_dir(&directory).expect("a directory");
        let memory = TempDir::new().expect("a temporary directory");
        Self { home, memory, directory, path, variables: Vec::new() }
    }

    fn memory(&self) -> PathBuf {
        self.memory.path().join("shell")
    }

    /// Adds a variable.
    pub fn with(mut self, name: &'static str, value: impl AsRef<OsStr>) -> Self {
        self.variables.push((name, value.as_ref().to_owned()));
        self
    }

    /// Adds a directory of programs to the end of PATH.
    pub fn with_programs(mut self, directory: &Path) -> Self {
        self.path.push(directory.to_owned());
        self
    }
}

impl Session for Desk {
    fn write(&self, name: &str, text: &str) {
        self.home.write(self.directory.join(name), text);
    }

    fn run(&self, command: &str) -> String {
        let script = SHELL.replace("COMMAND", command);
        let memory = self.memory();
        let words = [OsStr::new("-c"), script.as_ref(), "bash".as_ref(), memory.as_ref()];
        let system = ["/usr/bin", "/bin"].map(PathBuf::from);
        let path = std::env::join_paths(self.path.iter().chain(&system)).expect("a PATH");
        let outcome = Pfx::new(self.home.path(), "bash", words)
            .current_dir(&self.directory)
            .env("PATH", path)
            .env("TMPDIR", self.memory.path())
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .outcome();
        outcome.stdout().replace(&*self.home.path().to_string_lossy(), HOME)
    }
}

/// Copies files and directories of the checkout, without build output.
pub fn copy(names: &[&str], to: &Path) {
    let mut pack = Command::new("tar");
    pack.args(["-C", ROOT, "--exclude=./target", "--exclude=./.git", "-c"]).args(names);
    let mut pack = pack.stdout(std::process::Stdio::piped()).spawn().expect("tar starts");
    let mut unpack = Command::new("tar");
    unpack.arg("-C").arg(to).arg("-x").stdin(pack.stdout.take().expect("a pipe"));
    assert!(unpack.status().expect("tar starts").success());
    assert!(pack.wait().expect("tar ends").success());
}
