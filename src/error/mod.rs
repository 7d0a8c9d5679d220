//! Everything that can go wrong, in pfx's own words. The text of a library's error is never passed on: parsers quote
//! the line that they fail at, and that line may be a secret.

mod binding;
mod command;
mod missing;
mod process;
mod prompt;
mod remote;
mod trust;
mod value;

use std::fmt::{self, Write as _};
use std::io;
use std::path::PathBuf;

pub use binding::BindingFault;
pub use command::CommandFault;
pub use missing::Missing;
pub use prompt::PromptFault;
pub use remote::RemoteFault;
pub use trust::TrustFault;
pub use value::ValueFault;

use crate::exit::Exit;
use crate::name::{Escaped, Printable};

/// Why pfx failed. Holds names, places and numbers, never a value.
#[derive(Debug)]
pub enum Error {
    /// What was typed or pasted at a prompt cannot be used completely, so none of it is used.
    Prompt { fault: PromptFault },
    /// An option that binds a variable is not valid.
    Binding { option: &'static str, fault: BindingFault },
    /// The command cannot be run.
    Command { program: String, cause: CommandFault },
    /// A configuration file, or a variable that overrides a part of one, is not valid.
    Config { place: String, at: Option<Position>, key: Option<String>, problem: String },
    /// The operating system denies this user access to a file. `instead` says what to do instead.
    Denied { action: &'static str, path: PathBuf, cause: io::Error, instead: &'static str },
    /// The arguments and the environment together exceed the limit of the kernel (execve(2)).
    EnvironmentTooLarge { bytes: usize, limit: usize, largest: String, largest_bytes: usize },
    /// The operating system refused an operation on a file.
    File { action: &'static str, path: PathBuf, cause: io::Error },
    /// A value cannot be passed as a file. `name` is the secret's name; `call` is the system call that failed.
    PassAsFile { name: String, call: &'static str, cause: io::Error },
    /// Another process holds the lock on a file that pfx has to write.
    Locked { path: PathBuf, seconds: u64 },
    /// The file is a mount point, so pfx cannot replace it.
    MountPoint { path: PathBuf },
    /// Names that were not found in any source.
    Missing { missing: Vec<Missing>, exit: Exit },
    /// A remote store is needed, and none is configured. `why` is a clause that says why.
    NoStore { why: String },
    /// The operating system could not provide a process, a thread or another resource.
    Process { action: &'static str, cause: io::Error, workaround: Option<&'static str> },
    /// A request to a remote store failed. `place` is the origin of its URL: without credentials, path or query.
    Remote { place: String, fault: RemoteFault },
    /// Standard output, or a terminal, cannot be written or read.
    Terminal { action: &'static str, cause: io::Error },
    /// A file that must not be trusted with secrets in its present state.
    Trust { path: PathBuf, fault: TrustFault },
    /// The command line is wrong in a way that clap cannot see.
    Usage { problem: String, hint: String },
    /// A value that was found but cannot be used.
    Value { name: String, fault: ValueFault },
}

/// A part of a message. On a terminal, each part is printed on its own lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// What failed and why. If there are places, the text ends where their list begins.
    pub text: String,
    /// The places that were looked in, in order, if there is more than one.
    pub places: Vec<String>,
    /// An additional remark, such as why no remote store is used.
    pub remark: Option<String>,
}

/// A position in a text. Both numbers start at 1; the column counts characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    pub line: usize,
    pub column: usize,
}

impl Error {
    /// Makes an [`Error::Config`] with `at` and `key` if they are known.
    pub fn config(
        place: impl Into<String>,
        at: impl Into<Option<Position>>,
        key: Option<String>,
        problem: impl Into<String>,
    ) -> Self {
        Self::Config { place: place.into(), at: at.into(), key, problem: problem.into() }
    }

    /// The exit status of pfx for this error.
    pub const fn exit(&self) -> Exit {
        match self {
            Self::Command {
                cause: CommandFault::NotFound { .. } | CommandFault::InterpreterMissing { .. },
                ..
            } => Exit::NotFound,
            Self::Command { cause: CommandFault::Refused { .. }, .. } => Exit::NotExecutable,
            Self::Missing { exit, .. } => *exit,
            Self::Binding { .. } | Self::Usage { .. } => Exit::Usage,
            Self::Prompt { .. }
            | Self::Config { .. }
            | Self::Denied { .. }
            | Self::EnvironmentTooLarge { .. }
            | Self::File { .. }
            | Self::PassAsFile { .. }
            | Self::Locked { .. }
            | Self::MountPoint { .. }
            | Self::NoStore { .. }
            | Self::Process { .. }
            | Self::Remote { .. }
            | Self::Terminal { .. }
            | Self::Trust { .. }
            | Self::Value { .. } => Exit::Failed,
        }
    }

    /// A stable identifier for programs that read `--error-format json`.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Binding { .. } => "binding",
            Self::Command { .. } => "command",
            Self::Config { .. } => "config",
            Self::EnvironmentTooLarge { .. } => "environment-too-large",
            Self::Denied { .. } | Self::File { .. } | Self::MountPoint { .. } => "file",
            Self::PassAsFile { .. } => "handover",
            Self::Locked { .. } => "locked",
            Self::Missing { .. } => "missing",
            Self::NoStore { .. } => "no-store",
            Self::Process { .. } => "process",
            Self::Remote { .. } => "remote",
            Self::Prompt { .. } | Self::Terminal { .. } => "terminal",
            Self::Trust { .. } => "trust",
            Self::Usage { .. } => "usage",
            Self::Value { .. } => "value",
        }
    }

    /// The message in parts. `Display` writes the same in one line.
    pub fn statements(&self) -> Vec<Statement> {
        match self {
            Self::Missing { missing, .. } => missing::statements(missing),
            _ => vec![Statement { text: self.to_string(), places: Vec::new(), remark: None }],
        }
    }

    /// The names that the error is about, for programs.
    pub fn names(&self) -> Vec<&str> {
        match self {
            Self::Missing { missing, .. } => missing.iter().map(|one| one.name.as_str()).collect(),
            Self::PassAsFile { name, .. } | Self::Value { name, .. } => vec![name],
            _ => Vec::new(),
        }
    }

    /// One thing to do about it, if it is certain to be right.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Prompt { fault } => fault.hint(),
            Self::Binding { option, fault } => return fault.hint(option),
            Self::Command { program, cause } => return cause.hint(program),
            Self::EnvironmentTooLarge { .. } => {
                "bind only what the command needs with `-s NAME`, or raise the limit with `ulimit -s`".to_owned()
            }
            Self::Denied { instead, .. } => (*instead).to_owned(),
            Self::File { cause, .. } | Self::PassAsFile { cause, .. } | Self::Terminal { cause, .. }
                if cause.raw_os_error() == Some(nix::libc::EFBIG) =>
            {
                "raise the limit on the file size: `ulimit -f`, or `LimitFSIZE=` in a systemd unit".to_owned()
            }
            Self::MountPoint { path } => {
                let directory = path.parent().unwrap_or(path).to_string_lossy();
                format!(
                    "mount its directory {} instead of the single file, or write to the file that is mounted there",
                    Printable(&directory)
                )
            }
            Self::PassAsFile { name, cause, .. } => match cause.kind() {
                io::ErrorKind::NotFound => "mount /proc: the path of the file is in it".to_owned(),
                _ if cause.raw_os_error() == Some(nix::libc::EMFILE) => {
                    "each file needs a file descriptor: raise the limit with `ulimit -n`".to_owned()
                }
                io::ErrorKind::PermissionDenied | io::ErrorKind::Unsupported => format!(
                    "a system call filter may forbid files in memory: pass the value in a variable with `-s \
                     {}`, or pass the path of the original file with `--set`",
                    quoted(name)
                ),
                _ => return None,
            },
            Self::Locked { path, .. } => format!("`fuser -v {}` shows which process holds it", quoted(&path.to_string_lossy())),
            Self::Missing { missing, .. } => return missing::hint(missing),
            Self::NoStore { .. } => "`pfx doctor` shows how to configure one".to_owned(),
            Self::Remote { fault, .. } => return fault.hint(),
            Self::Trust { path, fault } => return fault.hint(path),
            Self::Usage { hint, .. } => hint.clone(),
            Self::Value { fault, .. } => return fault.hint(),
            Self::Process { cause, workaround, .. } => return process::hint(cause, *workaround),
            Self::Terminal { action: "write to stdout", cause }
                if cause.raw_os_error() == Some(nix::libc::EBADF) =>
            {
                "stdout is closed, or open only for reading".to_owned()
            }
            Self::Config { .. } | Self::File { .. } | Self::Terminal { .. } => return None,
        })
    }
}

/// A word quoted for a shell, and escaped for a terminal.
fn quoted(word: &str) -> String {
    Printable(&shell_words::quote(word)).to_string()
}

/// The names in backticks, escaped and separated by commas.
fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let mut text = String::new();
    for name in names {
        let comma = if text.is_empty() { "" } else { ", " };
        let _ = write!(text, "{comma}`{}`", Printable(name));
    }
    text
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Prompt { fault } => {
                write!(f, "cannot read the value from the terminal: {fault}")
            }
            Self::Binding { option, fault } => write!(f, "cannot use {option}: {fault}"),
            Self::Command { program, cause } => {
                write!(f, "cannot run `{}`: {cause}", Printable(program))
            }
            Self::Config { place, at, key, problem } => {
                write!(f, "cannot read {}", Escaped(place))?;
                if let Some(Position { line, column }) = at {
                    write!(f, ":{line}:{column}")?;
                }
                if let Some(key) = key {
                    write!(f, ": key `{}`", Printable(key))?;
                }
                write!(f, ": {problem}")
            }
            Self::EnvironmentTooLarge { bytes, limit, largest, largest_bytes } => write!(
                f,
                "cannot pass the environment to the command: with the arguments it takes {bytes} bytes, and the \
                 kernel allows {limit}; the largest variable is `{}` with {largest_bytes}",
                Printable(largest)
            ),
            Self::MountPoint { path } => write!(
                f,
                "cannot replace {}: the file is a mount point, which cannot be replaced",
                Printable(&path.to_string_lossy())
            ),
            Self::Denied { action, path, cause, .. } | Self::File { action, path, cause } => {
                write!(
                    f,
                    "cannot {action} {}: {}",
                    Printable(&path.to_string_lossy()),
                    Cause(cause)
                )
            }
            Self::PassAsFile { name, call, cause } => {
                write!(f, "cannot pass `{}` as a file: {call}: {}", Printable(name), Cause(cause))
            }
            Self::Locked { path, seconds } => write!(
                f,
                "cannot write {}: another process has held the lock on its directory for {seconds} s",
                Printable(&path.to_string_lossy())
            ),
            Self::Missing { missing, .. } => missing::write(f, missing),
            Self::NoStore { why } => write!(f, "cannot use a remote store: {}", Escaped(why)),
            Self::Remote { place, fault } => fault.write(f, place),
            Self::Process { action, cause, .. } | Self::Terminal { action, cause } => {
                write!(f, "cannot {action}: {}", Cause(cause))
            }
            Self::Trust { path, fault } => {
                write!(f, "cannot trust {}: {fault}", Printable(&path.to_string_lossy()))
            }
            Self::Usage { problem, .. } => f.write_str(problem),
            Self::Value { name, fault } => {
                write!(f, "cannot use `{}`: {fault}", Printable(name))
            }
        }
    }
}

/// An operating system error without the `(os error 2)` that Rust appends.
struct Cause<'a>(&'a io::Error);

impl fmt::Display for Cause<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.raw_os_error() {
            Some(code) => f.write_str(nix::errno::Errno::from_raw(code).desc()),
            None => write!(f, "{}", self.0.kind()),
        }
    }
}
