//! pfx's own exit statuses. If a command was started, its status is its own: pfx no longer exists.

/// The exit status of pfx, if it does not become the command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Success.
    Done = 0,
    /// What was requested does not exist (as in grep(1) and test(1)).
    Absent = 1,
    /// The command line is not valid (clap's convention).
    Usage = 2,
    /// pfx itself failed, and did not start a command (env(1), nohup(1), timeout(1)).
    Failed = 125,
    /// The command was found but cannot be run (POSIX).
    NotExecutable = 126,
    /// The command was not found (POSIX).
    NotFound = 127,
}

impl From<Exit> for i32 {
    fn from(exit: Exit) -> Self {
        exit as Self
    }
}
