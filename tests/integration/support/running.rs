//! A running program.

use std::io::{Read as _, Write as _};
use std::process::{Child, ChildStdin, Output};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::Outcome;

/// Longer than anything here takes on a busy machine; a program that takes longer hangs.
const DEADLINE: Duration = Duration::from_mins(1);

pub struct Running {
    child: Child,
    stdin: Option<ChildStdin>,
    home: String,
    /// What was read from stdout while waiting for a line.
    read: Vec<u8>,
}

impl Running {
    pub fn new(mut child: Child, input: Vec<u8>, home: String) -> Self {
        let mut stdin = child.stdin.take();
        if !input.is_empty()
            && let Some(mut pipe) = stdin.take()
        {
            // A program that does not read everything closes the pipe, which is not an error of the test.
            thread::spawn(move || pipe.write_all(&input));
        }
        Self { child, stdin, home, read: Vec::new() }
    }

    pub fn pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.child.id()).expect("a process id"))
    }

    /// Reads stdout up to and including the line `ready`.
    pub fn wait_until_ready(&mut self) {
        self.wait_for("ready\n");
    }

    /// Reads stdout up to and including `text`, and not beyond it.
    #[track_caller]
    pub fn wait_for(&mut self, text: &str) {
        let pipe = self.child.stdout.as_mut().expect("stdout is a pipe");
        while !self.read.ends_with(text.as_bytes()) {
            let mut byte = [0];
            let count = pipe.read(&mut byte).expect("stdout can be read");
            assert_ne!(count, 0, "it ended before it said {text:?}: {:?}", self.child.wait());
            self.read.push(byte[0]);
        }
    }

    /// Reads stdout up to `text`, and returns the word after it, up to the end of the line.
    pub fn word_after(&mut self, text: &str) -> String {
        self.wait_for(text);
        let from = self.read.len();
        self.wait_for("\n");
        String::from_utf8_lossy(&self.read[from..]).trim().to_owned()
    }

    /// Reads stdout until nobody can write to it.
    pub fn read_to_end(&mut self) -> String {
        let pipe = self.child.stdout.as_mut().expect("stdout is a pipe");
        pipe.read_to_end(&mut self.read).expect("stdout can be read");
        String::from_utf8_lossy(&self.read).into_owned()
    }

    pub fn signal(&self, signal: Signal) {
        kill(self.pid(), signal).expect("the process is there");
    }

    /// Waits for the end of the program. Panics, and ends the program, if it does not end in time.
    pub fn finish(self) -> Outcome {
        let pid = self.pid();
        self.finish_within(DEADLINE).unwrap_or_else(|| panic!("process {pid} does not end"))
    }

    /// Waits for the end of the program. Ends it and returns `None` if it does not end in time.
    pub fn finish_within(mut self, time: Duration) -> Option<Outcome> {
        drop(self.stdin.take());
        let pid = self.pid();
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || sender.send(self.child.wait_with_output()));
        let Ok(output) = receiver.recv_timeout(time) else {
            let _ = kill(pid, Signal::SIGKILL);
            return None;
        };
        let Output { status, stdout, stderr } = output.expect("its output");
        let stdout = [self.read, stdout].concat();
        Some(Outcome::new(Output { status, stdout, stderr }, &self.home))
    }
}

/// Waits until a process is gone or a zombie; returns whether it is.
pub fn is_gone(process: i32) -> bool {
    let start = Instant::now();
    while start.elapsed() < DEADLINE {
        let line = std::fs::read_to_string(format!("/proc/{process}/stat"));
        match line.ok().and_then(|line| line.rsplit_once(") ").map(|(_, rest)| rest.to_owned())) {
            None => return true,
            Some(rest) if rest.starts_with(['Z', 'X']) => return true,
            Some(_) => thread::yield_now(),
        }
    }
    false
}
