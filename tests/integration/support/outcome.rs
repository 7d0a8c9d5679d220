//! The outcome of a program.

use std::os::unix::process::ExitStatusExt as _;
use std::process::{ExitStatus, Output};

/// The exit status and everything that was written.
#[derive(Debug)]
pub struct Outcome {
    pub status: ExitStatus,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
    /// Written as `{home}` in expected texts.
    home: String,
}

impl Outcome {
    pub fn new(output: Output, home: &str) -> Self {
        let Output { status, stdout, stderr } = output;
        Self { status, stdout, stderr, home: home.to_owned() }
    }

    /// The exit status; `None` if a signal ended it.
    pub fn code(&self) -> Option<i32> {
        self.status.code()
    }

    /// The signal that ended it.
    pub fn signal(&self) -> Option<i32> {
        self.status.signal()
    }

    pub fn stdout(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    pub fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.stderr).into_owned()
    }

    /// Everything that the program wrote on both streams.
    pub fn said(&self) -> String {
        self.stdout() + &self.stderr()
    }

    /// Compares status, stdout and stderr, each completely.
    #[track_caller]
    pub fn assert(&self, code: i32, stdout: &str, stderr: &str) {
        let expected = |text: &str| text.replace("{home}", &self.home);
        assert_eq!(
            (self.code(), self.stdout(), self.stderr()),
            (Some(code), expected(stdout), expected(stderr)),
            "status, stdout, stderr (signal: {:?})",
            self.signal()
        );
    }
}
