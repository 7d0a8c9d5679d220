//! The exit statuses that are pfx's own. A command that was started keeps its own, untouched, since
//! pfx is gone by then.

/// What pfx says to its caller when it does not become another program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done as asked.
    Done = 0,
    /// The thing asked for is not there (as grep(1) and test(1) have it).
    Absent = 1,
    /// The command line is wrong (clap's convention).
    Usage = 2,
    /// pfx itself failed and started nothing (env(1), nohup(1), timeout(1)).
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
