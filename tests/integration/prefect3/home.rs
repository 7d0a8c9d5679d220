//! A home and a working directory of one's own, and pfx in them.

use std::ffi::OsStr;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// Removed with all that is in it when dropped.
pub struct Home {
    directory: TempDir,
}

/// A start that is being prepared. Its environment holds HOME, PATH and what is added.
#[must_use]
pub struct Pfx {
    command: Command,
    stdin: Vec<u8>,
}

/// What came of it.
#[derive(Debug)]
pub struct Outcome {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Home {
    pub fn new() -> Self {
        Self { directory: TempDir::new().expect("a temporary directory") }
    }

    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Writes a file of mode 0600; its directories are made.
    pub fn write(&self, relative: &str, contents: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(relative);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
        fs::write(&path, contents).expect("a file");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("a mode");
        path
    }

    /// pfx in this home, which is the working directory too.
    pub fn pfx<S: AsRef<OsStr>>(&self, words: impl IntoIterator<Item = S>) -> Pfx {
        self.program(env!("CARGO_BIN_EXE_pfx"), words)
    }

    /// The same with the API URL of a server.
    pub fn with_url<S: AsRef<OsStr>>(&self, url: &str, words: impl IntoIterator<Item = S>) -> Pfx {
        self.pfx(words).env("PREFECT_API_URL", url)
    }

    pub fn program<S: AsRef<OsStr>>(
        &self,
        program: impl AsRef<OsStr>,
        words: impl IntoIterator<Item = S>,
    ) -> Pfx {
        let mut command = Command::new(program);
        command.args(words).env_clear().env("HOME", self.path()).env("PATH", "/usr/bin:/bin");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.current_dir(self.path());
        Pfx { command, stdin: Vec::new() }
    }
}

impl Pfx {
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub fn stdin(mut self, bytes: impl AsRef<[u8]>) -> Self {
        self.stdin = bytes.as_ref().to_vec();
        self
    }

    pub fn outcome(mut self) -> Outcome {
        let mut child = self.command.spawn().expect("the program starts");
        let mut pipe = child.stdin.take().expect("a pipe");
        let input = std::mem::take(&mut self.stdin);
        let writer = std::thread::spawn(move || pipe.write_all(&input));
        let Output { status, stdout, stderr } = child.wait_with_output().expect("its output");
        // Who does not read it all ends the pipe, and that is no fault of the test.
        let _ = writer.join();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        Outcome { code: status.code(), stdout: text(stdout), stderr: text(stderr) }
    }

    /// It must succeed, print exactly this, and say nothing else.
    #[track_caller]
    pub fn gives(self, stdout: &str) {
        let outcome = self.outcome();
        assert_eq!(
            (outcome.code, outcome.stdout.as_str(), outcome.stderr.as_str()),
            (Some(0), stdout, "")
        );
    }

    /// It must end with this status, print nothing, and say all of this on stderr.
    #[track_caller]
    pub fn refuses(self, code: i32, told: &[&str]) {
        let outcome = self.outcome();
        assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(code), ""), "{outcome:?}");
        for told in told {
            assert!(outcome.stderr.contains(told), "{told:?} is not in {:?}", outcome.stderr);
        }
    }
}
