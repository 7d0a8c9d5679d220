//! Everything that can go wrong, in pfx's own words. A foreign error is never kept whole: parsers quote
//! the line they fail at, and that line may be a secret.

use std::fmt::{self, Write as _};
use std::io;
use std::path::PathBuf;

use crate::exit::Exit;
use crate::name::Shown;

/// Why pfx did not do what it was asked. Holds names, places and numbers, never a value.
#[derive(Debug)]
pub enum Error {
    /// An option that binds a variable makes no sense.
    Binding { option: &'static str, fault: BindingFault },
    /// The command cannot be run.
    Command { program: String, cause: CommandFault },
    /// A configuration file, or a variable that stands for a part of one, makes no sense.
    Config { place: String, at: Option<Position>, key: Option<String>, problem: String },
    /// The arguments and the environment exceed what the kernel takes together (execve(2)).
    EnvironmentTooLarge { bytes: usize, limit: usize, largest: String, largest_bytes: usize },
    /// The operating system refused something done to a file.
    File { action: &'static str, path: PathBuf, cause: io::Error },
    /// Another process holds the lock on a file that is to be written.
    Locked { path: PathBuf, seconds: u64 },
    /// Names that no source has.
    Missing { missing: Vec<Missing>, exit: Exit },
    /// Standard output, or a terminal, cannot be written or read.
    Terminal { action: &'static str, cause: io::Error },
    /// A file that must not be trusted with secrets as it is.
    Trust { path: PathBuf, fault: TrustFault },
    /// The command line is wrong in a way that clap cannot see.
    Usage { problem: &'static str, hint: &'static str },
    /// A value that was found but cannot be used.
    Value { name: String, fault: ValueFault },
}

/// Where in a text: both count from 1; the column counts characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    pub line: usize,
    pub column: usize,
}

/// What is wrong with a binding.
#[derive(Debug)]
pub enum BindingFault {
    /// Two bindings set one variable; both as the user wrote them.
    Duplicate { variable: String, first: String, second: String },
    /// No name where one must be.
    Empty,
    /// Prefect 1.x does not start with a secret of this name.
    Forbidden { name: String },
    /// Prefect 1.x cannot be handed a secret of this name in a variable.
    NotForPrefect { name: String },
    /// No variable can be made of this name.
    NoVariable { name: String },
    /// The text is no UTF-8.
    NotUtf8,
    /// What stands behind `#` is no JSON Pointer.
    Pointer { name: String },
    /// A `PFX_…` variable cannot be split into words.
    Words { variable: &'static str },
    /// There is no `=` between the variable and its text.
    Unassigned,
    /// The variable's name is not valid.
    Variable { name: String },
}

/// Why a command was not run: exec's errno and, where it can be told, what is behind it.
#[derive(Debug)]
pub enum CommandFault {
    /// Nothing of that name, in PATH or as a path.
    NotFound { searched: bool },
    /// The file is there; the interpreter or loader that it names is not.
    InterpreterMissing { path: PathBuf },
    /// Found, and refused.
    Refused { path: PathBuf, cause: io::Error },
}

/// One name that was not found, and where it was looked for.
#[derive(Clone, Debug)]
pub struct Missing {
    /// The field's word: `secret`, `environment variable`, …
    pub kind: &'static str,
    pub name: String,
    pub looked_in: Vec<String>,
    /// An existing name that differs only in case or in `-` and `_`.
    pub near: Option<String>,
    /// The value is there, but not this part of it.
    pub pointer: Option<String>,
}

/// Why a file is not trusted.
#[derive(Clone, Debug)]
pub enum TrustFault {
    /// Its owner is another user, neither the one who runs pfx nor root.
    ForeignOwner { uid: u32 },
    /// It is a directory, FIFO, device or socket.
    NotRegular,
    /// `--strict`: users other than the owner can read it.
    ReadableByOthers { mode: u32 },
    /// It is longer than pfx reads, in bytes.
    TooLarge { limit: u64 },
    /// Users other than the owner can write it.
    WritableByOthers { mode: u32 },
}

/// Why a value cannot be used.
#[derive(Debug)]
pub enum ValueFault {
    /// `${…}` references lead back to where they began, or nest too deep.
    Cycle,
    /// A NUL byte.
    Nul,
    /// A pointer was given, and the value is no JSON.
    NotJson,
    /// The bytes are no UTF-8.
    NotUtf8,
    /// Longer than one variable may be: bytes of `NAME=value`.
    TooLong { variable: String, bytes: usize, limit: usize },
    /// `${…}` names what is neither a variable nor a key of the configuration.
    Unset { reference: String },
}

impl Error {
    /// The status that pfx ends with.
    #[must_use]
    pub const fn exit(&self) -> Exit {
        match self {
            Self::Command {
                cause: CommandFault::NotFound { .. } | CommandFault::InterpreterMissing { .. },
                ..
            } => Exit::NotFound,
            Self::Command { cause: CommandFault::Refused { .. }, .. } => Exit::NotExecutable,
            Self::Missing { exit, .. } => *exit,
            Self::Binding { .. } | Self::Usage { .. } => Exit::Usage,
            Self::Config { .. }
            | Self::EnvironmentTooLarge { .. }
            | Self::File { .. }
            | Self::Locked { .. }
            | Self::Terminal { .. }
            | Self::Trust { .. }
            | Self::Value { .. } => Exit::Failed,
        }
    }

    /// A stable word for programs that read `--error-format json`.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Binding { .. } => "binding",
            Self::Command { .. } => "command",
            Self::Config { .. } => "config",
            Self::EnvironmentTooLarge { .. } => "environment-too-large",
            Self::File { .. } => "file",
            Self::Locked { .. } => "locked",
            Self::Missing { .. } => "missing",
            Self::Terminal { .. } => "terminal",
            Self::Trust { .. } => "trust",
            Self::Usage { .. } => "usage",
            Self::Value { .. } => "value",
        }
    }

    /// The names it is about, for programs.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        match self {
            Self::Missing { missing, .. } => missing.iter().map(|one| one.name.as_str()).collect(),
            Self::Value { name, .. } => vec![name],
            _ => Vec::new(),
        }
    }

    /// One thing to do about it, where that is surely right.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Binding { fault, .. } => return fault.hint(),
            Self::Command { program, cause } => match cause {
                CommandFault::InterpreterMissing { .. } => {
                    "the first line of a script names its interpreter; a program names its loader".to_owned()
                }
                CommandFault::Refused { path, cause } if cause.kind() == io::ErrorKind::PermissionDenied
                    && !path.is_dir() => format!("`chmod +x {}`", quoted(&path.to_string_lossy())),
                CommandFault::NotFound { searched: true } if !program.contains(' ') => {
                    format!("`command -v {}` tells whether PATH has it", quoted(program))
                }
                _ => return None,
            },
            Self::EnvironmentTooLarge { .. } => {
                "bind only what the command needs with `-s NAME`, or raise the limit with `ulimit -s`".to_owned()
            }
            Self::Locked { path, .. } => format!("`fuser -v {}` tells who holds it", quoted(&path.to_string_lossy())),
            Self::Missing { missing, .. } => return hint_for_missing(missing),
            Self::Trust { path, fault } => {
                let path = quoted(&path.to_string_lossy());
                match fault {
                    TrustFault::ReadableByOthers { .. } => format!("`chmod go-rwx {path}`"),
                    TrustFault::WritableByOthers { .. } => format!("`chmod go-w {path}`"),
                    TrustFault::ForeignOwner { .. } => format!("`chown \"$(id -u)\" {path}`"),
                    TrustFault::NotRegular | TrustFault::TooLarge { .. } => return None,
                }
            }
            Self::Usage { hint, .. } => (*hint).to_owned(),
            Self::Value { fault, .. } => match fault {
                ValueFault::Cycle | ValueFault::Unset { .. } => {
                    "`--no-expand` takes the values as they are written".to_owned()
                }
                ValueFault::NotJson => "leave out the `#/…` to take the whole value".to_owned(),
                ValueFault::Nul | ValueFault::NotUtf8 | ValueFault::TooLong { .. } => return None,
            },
            Self::Config { .. } | Self::File { .. } | Self::Terminal { .. } => return None,
        })
    }
}

impl BindingFault {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Duplicate { .. } => {
                "give one of them another variable: `-s OTHER=NAME`".to_owned()
            }
            Self::Forbidden { .. } => {
                "choose another name, such as this one in upper case".to_owned()
            }
            Self::NotForPrefect { .. } => "leave out `--prefect`, or bind other names".to_owned(),
            Self::NoVariable { name } => format!("name the variable: `-s VAR={}`", quoted(name)),
            Self::Pointer { .. } => "a pointer looks like `NAME#/key/0` (RFC 6901)".to_owned(),
            Self::Words { variable } => format!("quote as in a shell: `{variable}=\"A 'B C'\"`"),
            Self::Variable { .. } => {
                "a variable's name is letters, digits and `_`, and begins with no digit".to_owned()
            }
            Self::Unassigned => "`--set VAR=TEXT`".to_owned(),
            Self::Empty | Self::NotUtf8 => return None,
        })
    }
}

fn hint_for_missing(missing: &[Missing]) -> Option<String> {
    if let Some((name, near)) = missing.iter().find_map(|one| Some((&one.name, one.near.as_ref()?)))
    {
        return Some(format!(
            "there is a `{}`: did you mean it by `{}`?",
            Shown(near),
            Shown(name)
        ));
    }
    let secret = missing.iter().find(|one| one.kind == "secret")?;
    if secret.pointer.is_some() {
        return None;
    }
    Some(format!("`pfx secret set {}` stores it on this machine", quoted(&secret.name)))
}

/// A word as a person would paste it into a shell, shown safely.
fn quoted(word: &str) -> String {
    Shown(&shell_words::quote(word)).to_string()
}

/// `a`, `b` and so on, in backticks and escaped.
fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let mut text = String::new();
    for name in names {
        let comma = if text.is_empty() { "" } else { ", " };
        let _ = write!(text, "{comma}`{}`", Shown(name));
    }
    text
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Binding { option, fault } => write!(formatter, "cannot use {option}: {fault}"),
            Self::Command { program, cause } => {
                write!(formatter, "cannot run `{}`: {cause}", Shown(program))
            }
            Self::Config { place, at, key, problem } => {
                write!(formatter, "cannot read {}", Shown(place))?;
                if let Some(Position { line, column }) = at {
                    write!(formatter, ":{line}:{column}")?;
                }
                if let Some(key) = key {
                    write!(formatter, ": key `{}`", Shown(key))?;
                }
                write!(formatter, ": {problem}")
            }
            Self::EnvironmentTooLarge { bytes, limit, largest, largest_bytes } => write!(
                formatter,
                "cannot hand over the environment: with the arguments it takes {bytes} bytes and the \
                 kernel takes {limit}; the largest variable is `{}` with {largest_bytes}",
                Shown(largest)
            ),
            Self::File { action, path, cause } => {
                write!(
                    formatter,
                    "cannot {action} {}: {}",
                    Shown(&path.to_string_lossy()),
                    Cause(cause)
                )
            }
            Self::Locked { path, seconds } => write!(
                formatter,
                "cannot write {}: another process has held the lock on its directory for {seconds} s",
                Shown(&path.to_string_lossy())
            ),
            Self::Missing { missing, .. } => write_missing(formatter, missing),
            Self::Terminal { action, cause } => {
                write!(formatter, "cannot {action}: {}", Cause(cause))
            }
            Self::Trust { path, fault } => {
                write!(formatter, "cannot trust {}: {fault}", Shown(&path.to_string_lossy()))
            }
            Self::Usage { problem, .. } => formatter.write_str(problem),
            Self::Value { name, fault } => {
                write!(formatter, "cannot use `{}`: {fault}", Shown(name))
            }
        }
    }
}

/// All that is missing, grouped by where it was looked for.
fn write_missing(formatter: &mut fmt::Formatter<'_>, missing: &[Missing]) -> fmt::Result {
    let mut groups: Vec<(&str, &[String], Vec<&Missing>)> = Vec::new();
    for one in missing {
        let group = groups.iter_mut().find(|(kind, looked_in, _)| {
            (*kind, *looked_in) == (one.kind, one.looked_in.as_slice())
        });
        match group {
            Some((_, _, members)) => members.push(one),
            None => groups.push((one.kind, &one.looked_in, vec![one])),
        }
    }
    formatter.write_str("cannot find ")?;
    for (index, (kind, looked_in, members)) in groups.iter().enumerate() {
        let and = if index == 0 { "" } else { "; and " };
        let plural = if members.len() == 1 { "" } else { "s" };
        let mut names = String::new();
        for one in members {
            let comma = if names.is_empty() { "" } else { ", " };
            let _ = write!(names, "{comma}`{}`", Shown(&one.name));
            if let Some(pointer) = &one.pointer {
                let _ = write!(names, " (it has no `{}`)", Shown(pointer));
            }
        }
        write!(formatter, "{and}the {kind}{plural} {names}: ")?;
        if looked_in.is_empty() {
            formatter.write_str("there is no place to look in")?;
        } else {
            write!(formatter, "looked in {}", looked_in.join(", then "))?;
        }
    }
    Ok(())
}

impl fmt::Display for BindingFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Duplicate { variable, first, second } => {
                write!(
                    formatter,
                    "`{variable}` is bound twice, by {} and by {}",
                    Shown(first),
                    Shown(second)
                )
            }
            Self::Empty => formatter.write_str("the name is empty"),
            Self::Forbidden { name } => {
                write!(
                    formatter,
                    "Prefect 1.x does not start with a secret called `{}`",
                    Shown(name)
                )
            }
            Self::NotForPrefect { name } => {
                write!(
                    formatter,
                    "Prefect 1.x cannot take the secret `{}` from a variable",
                    Shown(name)
                )
            }
            Self::NoVariable { name } => {
                write!(formatter, "no variable can be named after `{}`", Shown(name))
            }
            Self::NotUtf8 => formatter.write_str("the name is not UTF-8"),
            Self::Pointer { name } => {
                write!(
                    formatter,
                    "what follows `#` behind {} is no JSON Pointer",
                    listed(std::iter::once(name.as_str()))
                )
            }
            Self::Words { variable } => write!(formatter, "{variable} has an open quote"),
            Self::Unassigned => formatter.write_str("there is no `=`"),
            Self::Variable { name } => {
                write!(formatter, "`{}` is no name of a variable", Shown(name))
            }
        }
    }
}

impl fmt::Display for CommandFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound { searched: true } => formatter.write_str("not found in PATH"),
            Self::NotFound { searched: false } => formatter.write_str("no such file"),
            Self::InterpreterMissing { path } => write!(
                formatter,
                "{} is there, but the interpreter it names is not",
                Shown(&path.to_string_lossy())
            ),
            Self::Refused { path, cause } => {
                write!(formatter, "{}: {}", Shown(&path.to_string_lossy()), Cause(cause))
            }
        }
    }
}

impl fmt::Display for TrustFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ForeignOwner { uid } => {
                write!(formatter, "it belongs to another user (uid {uid})")
            }
            Self::NotRegular => formatter.write_str("it is not a regular file"),
            Self::ReadableByOthers { mode } => {
                write!(formatter, "other users can read it (mode {mode:04o})")
            }
            Self::TooLarge { limit } => write!(formatter, "it is longer than {limit} bytes"),
            Self::WritableByOthers { mode } => {
                write!(formatter, "other users can write it (mode {mode:04o})")
            }
        }
    }
}

impl fmt::Display for ValueFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cycle => formatter.write_str("its references go round in a circle"),
            Self::Nul => {
                formatter.write_str("its value has a NUL byte, which no variable can hold")
            }
            Self::NotJson => {
                formatter.write_str("its value is no JSON, so nothing can be picked from it")
            }
            Self::NotUtf8 => formatter.write_str("its value is not UTF-8, which this needs"),
            Self::TooLong { variable, bytes, limit } => write!(
                formatter,
                "`{variable}` would take {bytes} bytes and the kernel takes {limit} in one variable"
            ),
            Self::Unset { reference } => write!(
                formatter,
                "its value refers to `${{{}}}`, which is neither a variable nor a key of the configuration",
                Shown(reference)
            ),
        }
    }
}

/// An operating system's error without Rust's `(os error 2)` behind it.
struct Cause<'a>(&'a io::Error);

impl fmt::Display for Cause<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.raw_os_error() {
            Some(code) => formatter.write_str(nix::errno::Errno::from_raw(code).desc()),
            None => write!(formatter, "{}", self.0.kind()),
        }
    }
}
