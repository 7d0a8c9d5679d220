//! A pseudo-terminal, and a program whose controlling terminal it is.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::{AsFd as _, AsRawFd as _, OwnedFd};
use std::process::{Child, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::pty::{Winsize, openpty};
use nix::sys::termios::{LocalFlags, SetArg, tcgetattr, tcsetattr};

use super::Home;

/// Longer than anything here takes.
const DEADLINE: Duration = Duration::from_mins(1);

pub struct Terminal {
    master: File,
    slave: OwnedFd,
    child: Child,
    /// Everything that was shown so far.
    pub shown: String,
}

/// Further settings of a start on a terminal.
#[derive(Clone, Copy, Default)]
pub struct Setup<'s> {
    pub columns: Option<u16>,
    pub variables: &'s [(&'s str, &'s str)],
    /// The number of a stream, and the file in the home that replaces it.
    pub redirected: Option<(u8, &'s str)>,
}

impl Terminal {
    /// Starts a program in a new session on a new terminal.
    pub fn start(home: &Home, words: &[&str]) -> Self {
        Self::start_with(home, words, &Setup::default())
    }

    /// The same on a terminal of this size, with these variables, and with files instead of some streams.
    pub fn start_with(home: &Home, words: &[&str], setup: &Setup<'_>) -> Self {
        let size = |columns| Winsize { ws_row: 50, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        let pair = openpty(setup.columns.map(size).as_ref(), None).expect("a pseudo-terminal");
        let end = || Stdio::from(pair.slave.try_clone().expect("a descriptor"));
        let stream = |number| match setup.redirected {
            Some((redirected, file)) if redirected == number => {
                Stdio::from(File::create(home.join(file)).expect("a file"))
            }
            _ => end(),
        };
        let mut command = std::process::Command::new(words[0]);
        command.args(&words[1..]).env_clear().env("HOME", home.path()).env("PATH", "/usr/bin:/bin");
        command.envs(setup.variables.iter().copied());
        command.current_dir(home.path()).stdin(end()).stdout(stream(1)).stderr(stream(2));
        super::lasting::adopt();
        let act = || {
            super::lasting::end_with_starter()?;
            nix::unistd::setsid()?;
            // SAFETY: descriptor 0 is the terminal; the argument 0 asks for it without force.
            if unsafe { nix::libc::ioctl(0, nix::libc::TIOCSCTTY, 0) } == -1 {
                return Err(std::io::Error::last_os_error());
            }
            Ok(())
        };
        // SAFETY: system calls only.
        unsafe { std::os::unix::process::CommandExt::pre_exec(&mut command, act) };
        let child = command.spawn().expect("the program starts");
        Self { master: pair.master.into(), slave: pair.slave, child, shown: String::new() }
    }

    pub fn pid(&self) -> nix::unistd::Pid {
        nix::unistd::Pid::from_raw(i32::try_from(self.child.id()).expect("a process id"))
    }

    /// Reads what is shown until it contains `text`.
    #[track_caller]
    pub fn wait_for(&mut self, text: &str) {
        let start = Instant::now();
        while !self.shown.contains(text) {
            assert!(start.elapsed() < DEADLINE, "{text:?} is not shown, but {:?}", self.shown);
            self.read();
        }
    }

    /// Types keys, as bytes.
    pub fn type_keys(&mut self, keys: &str) {
        self.master.write_all(keys.as_bytes()).expect("keys are taken");
    }

    /// Whether typed characters are echoed.
    pub fn echoes(&self) -> bool {
        tcgetattr(&self.slave).expect("its settings").local_flags.contains(LocalFlags::ECHO)
    }

    /// All settings of the terminal, to check that they are unchanged.
    pub fn settings(&self) -> nix::sys::termios::Termios {
        tcgetattr(&self.slave).expect("its settings")
    }

    /// The number of typed bytes that wait to be read, including those of an unfinished line.
    pub fn waiting(&self) -> i32 {
        // In canonical mode an unfinished line is not counted (`TIOCINQ`, ioctl_tty(2)).
        let mut settings = tcgetattr(&self.slave).expect("its settings");
        settings.local_flags.remove(LocalFlags::ICANON);
        tcsetattr(&self.slave, SetArg::TCSANOW, &settings).expect("its settings can be changed");
        let mut count = 0;
        // SAFETY: FIONREAD writes one int.
        let result = unsafe {
            nix::libc::ioctl(self.slave.as_raw_fd(), nix::libc::FIONREAD, &raw mut count)
        };
        assert_eq!(result, 0, "the terminal reports how much waits");
        count
    }

    /// Waits for the end of the program, and keeps reading.
    pub fn finish(mut self) -> (ExitStatus, Self) {
        let start = Instant::now();
        loop {
            self.read();
            if let Some(status) = self.child.try_wait().expect("a child") {
                while self.read() {}
                return (status, self);
            }
            if start.elapsed() > DEADLINE {
                let _ = self.child.kill();
                panic!("it does not end; shown: {:?}", self.shown);
            }
        }
    }

    /// What is shown, with messages of several lines in one.
    pub fn unwrapped(&self) -> String {
        self.shown.replace("\r\n    ", " ")
    }

    /// Adds what is shown within 20 ms, if anything is.
    fn read(&mut self) -> bool {
        let mut watched = [PollFd::new(self.master.as_fd(), PollFlags::POLLIN)];
        if poll(&mut watched, PollTimeout::from(20_u8)).expect("poll") == 1 {
            let mut part = [0; 4096];
            if let Ok(count) = self.master.read(&mut part) {
                self.shown += &String::from_utf8_lossy(&part[..count]);
                return count > 0;
            }
        }
        false
    }
}

/// Ends all processes of the session: one that ignores a hang-up would never end.
impl Drop for Terminal {
    fn drop(&mut self) {
        let session = self.child.id().to_string();
        for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
            let Ok(process) = entry.file_name().to_string_lossy().parse() else { continue };
            let line = std::fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
            // After the name: state, parent, process group, session (proc_pid_stat(5)).
            let rest = line.rsplit_once(") ").map_or("", |(_, rest)| rest);
            if rest.split(' ').nth(3) == Some(&session) {
                let process = nix::unistd::Pid::from_raw(process);
                let _ = nix::sys::signal::kill(process, nix::sys::signal::Signal::SIGKILL);
            }
        }
        let _ = self.child.wait();
    }
}
