//! One start of pfx, or of another program instead, with full control of its environment.

use std::ffi::{CString, OsStr, OsString};
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use nix::libc;

use super::{NOBODY, Outcome, Running, is_root, lasting};

/// A start that is being prepared. Its environment contains HOME, PATH and what is added, but nothing of the
/// test's own environment.
#[must_use]
pub struct Pfx {
    command: Command,
    home: PathBuf,
    stdin: Vec<u8>,
}

impl Pfx {
    pub fn new<S: AsRef<OsStr>>(
        home: &Path,
        program: impl AsRef<OsStr>,
        arguments: impl IntoIterator<Item = S>,
    ) -> Self {
        let mut command = Command::new(program);
        command.args(arguments).env_clear().env("HOME", home).env("PATH", "/usr/bin:/bin");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // Not in the working directory of cargo, which has files of its own.
        command.current_dir(home);
        Self { command, home: home.to_owned(), stdin: Vec::new() }.before(prepare)
    }

    pub fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.command.arg(argument);
        self
    }

    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub fn envs<N: AsRef<OsStr>, V: AsRef<OsStr>>(
        mut self,
        variables: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        self.command.envs(variables);
        self
    }

    pub fn without(mut self, name: &str) -> Self {
        self.command.env_remove(name);
        self
    }

    pub fn stdin(mut self, bytes: impl AsRef<[u8]>) -> Self {
        self.stdin = bytes.as_ref().to_vec();
        self
    }

    /// Starts in another directory.
    pub fn current_dir(mut self, path: impl AsRef<Path>) -> Self {
        self.command.current_dir(path);
        self
    }

    /// Writes stdout to a file instead of the pipe from which it is read.
    pub fn stdout_to(mut self, stdout: impl Into<Stdio>) -> Self {
        self.command.stdout(stdout);
        self
    }

    /// Runs as nobody, if the tests run as root. The program is copied to a place that nobody can reach.
    pub fn by_nobody(mut self) -> Self {
        if is_root() {
            let mut command = Command::new(reachable(self.command.get_program()));
            command.args(self.command.get_args()).env_clear();
            for (name, value) in self.command.get_envs() {
                command.env(name, value.unwrap_or_default());
            }
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
            command.current_dir(&self.home).uid(NOBODY).gid(NOBODY);
            self.command = command;
            self = self.before(prepare);
        }
        self
    }

    /// Calls `act` in the new process before it becomes the program, after std has unblocked all signals
    /// and set SIGPIPE to its default. `act` must be async-signal-safe.
    pub fn before(mut self, act: impl FnMut() -> io::Result<()> + Send + Sync + 'static) -> Self {
        // SAFETY: all callers only make system calls in `act`.
        unsafe { self.command.pre_exec(act) };
        self
    }

    /// Starts with exactly this block as environment, whatever it contains. Nothing else can be changed afterwards.
    pub fn environ(mut self, entries: &[&[u8]]) -> Self {
        let c_string = |bytes: &[u8]| CString::new(bytes).expect("no NUL");
        let program = c_string(self.command.get_program().as_bytes());
        let words: Vec<CString> = std::iter::once(program.clone())
            .chain(self.command.get_args().map(|word| c_string(word.as_bytes())))
            .collect();
        let entries: Vec<CString> = entries.iter().map(|entry| c_string(entry)).collect();
        let block = Block { program, words: Pointers::new(words), entries: Pointers::new(entries) };
        self = self.before(move || block.execute());
        self
    }

    /// Starts the program without waiting for it.
    pub fn start(mut self) -> Running {
        lasting::adopt();
        let home = self.home.to_string_lossy().into_owned();
        let child = self.command.spawn().expect("the program starts");
        Running::new(child, self.stdin, home)
    }

    /// Runs the program and waits for its end.
    pub fn outcome(self) -> Outcome {
        self.start().finish()
    }

    /// Asserts that the program exits with 0, prints exactly this, and writes nothing on stderr.
    #[track_caller]
    pub fn gives(self, stdout: &str) {
        self.outcome().assert(0, stdout, "");
    }

    /// Asserts that the program exits with this status, prints nothing, and writes exactly this on stderr.
    #[track_caller]
    pub fn refuses(self, code: i32, stderr: &str) {
        self.outcome().assert(code, "", stderr);
    }
}

/// Makes the program end with the test, and marks the descriptors that the test runner left open as close-on-exec, so that
/// only 0, 1 and 2 are inherited. (With a function to call first, std also forks instead of using `posix_spawn(3)`, which
/// would leave a signal ignored.)
fn prepare() -> io::Result<()> {
    lasting::end_with_starter()?;
    let (first, last) = (3_u32, u32::MAX);
    // SAFETY: no descriptor is closed before the new program starts.
    match unsafe { libc::syscall(libc::SYS_close_range, first, last, libc::CLOSE_RANGE_CLOEXEC) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// A copy of the program that every user can run.
fn reachable(program: &OsStr) -> OsString {
    static COPY: OnceLock<tempfile::TempDir> = OnceLock::new();
    if program != env!("CARGO_BIN_EXE_pfx") {
        return program.to_owned();
    }
    let directory = COPY.get_or_init(|| {
        let directory = tempfile::TempDir::new().expect("a temporary directory");
        lasting::directory(directory.path());
        super::home::set_mode(directory.path(), 0o755);
        // Copied by another process: a process that is started meanwhile would otherwise inherit the copy open for
        // writing, and then it could not be run.
        let copied = Command::new("cp").arg(program).arg(directory.path().join("pfx")).status();
        assert!(copied.expect("cp runs").success());
        directory
    });
    directory.path().join("pfx").into()
}

/// Strings, and the NULL-terminated array of pointers to them that execve(2) takes.
struct Pointers {
    _strings: Vec<CString>,
    pointers: Vec<*const libc::c_char>,
}

impl Pointers {
    fn new(strings: Vec<CString>) -> Self {
        let pointers =
            strings.iter().map(|string| string.as_ptr()).chain([std::ptr::null()]).collect();
        Self { _strings: strings, pointers }
    }
}

struct Block {
    program: CString,
    words: Pointers,
    entries: Pointers,
}

// SAFETY: the pointers refer to heap memory that the same value owns and that is never changed.
unsafe impl Send for Block {}
// SAFETY: as above.
unsafe impl Sync for Block {}

impl Block {
    fn execute(&self) -> io::Result<()> {
        // SAFETY: both arrays are NULL-terminated, and their strings live as long as `self`.
        unsafe {
            libc::execve(
                self.program.as_ptr(),
                self.words.pointers.as_ptr(),
                self.entries.pointers.as_ptr(),
            );
        }
        Err(io::Error::last_os_error())
    }
}
