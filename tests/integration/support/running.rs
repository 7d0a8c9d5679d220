//! A program under way.

use std::io::{Read as _, Write as _};
use std::process::{Child, ChildStdin, Output};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::Outcome;

/// Longer than anything here takes on a busy machine. What takes longer hangs.
const DEADLINE: Duration = Duration::from_mins(1);

pub struct Running {
    child: Child,
    stdin: Option<ChildStdin>,
    home: String,
    /// What was read of stdout while waiting for a line.
    read: Vec<u8>,
}

impl Running {
    pub fn new(mut child: Child, input: Vec<u8>, home: String) -> Self {
        let mut stdin = child.stdin.take();
        if !input.is_empty()
            && let Some(mut pipe) = stdin.take()
        {
            // Who does not read it all ends the pipe, and that is no fault of the test.
            thread::spawn(move || pipe.write_all(&input));
        }
        Self { child, stdin, home, read: Vec::new() }
    }

    pub fn pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.child.id()).expect("a process id"))
    }

    /// Reads stdout up to and with the line `ready`.
    pub fn wait_until_ready(&mut self) {
        let pipe = self.child.stdout.as_mut().expect("stdout is a pipe");
        while !self.read.ends_with(b"ready\n") {
            let mut byte = [0];
            let count = pipe.read(&mut byte).expect("stdout can be read");
            assert_ne!(count, 0, "it ended before it was ready: {:?}", self.child.wait());
            self.read.push(byte[0]);
        }
    }

    pub fn signal(&self, signal: Signal) {
        kill(self.pid(), signal).expect("the process is there");
    }

    /// Waits for its end. Fails, and ends it, if that does not come.
    pub fn finish(mut self) -> Outcome {
        drop(self.stdin.take());
        let pid = self.pid();
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || sender.send(self.child.wait_with_output()));
        let Ok(output) = receiver.recv_timeout(DEADLINE) else {
            let _ = kill(pid, Signal::SIGKILL);
            panic!("process {pid} does not end");
        };
        let Output { status, stdout, stderr } = output.expect("its output");
        let stdout = [self.read, stdout].concat();
        Outcome::new(Output { status, stdout, stderr }, &self.home)
    }
}
