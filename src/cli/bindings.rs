//! What the command gets, and where that is looked for.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;

/// What the command gets. VAR defaults to the name; `db-password` gives `DB_PASSWORD`.
#[derive(Args)]
#[command(next_help_heading = "Bindings")]
pub struct Bindings {
    /// A secret, or the part of it at a JSON Pointer; `?` behind the name: may be missing
    #[arg(short, long, value_name = "[VAR=]NAME[?][#/POINTER]")]
    pub secret: Vec<OsString>,
    /// Another variable of the environment
    #[arg(short, long, value_name = "[VAR=]OTHER[?]")]
    pub env: Vec<OsString>,
    /// A key of the key-value store; a Variable of Prefect 2 and 3
    #[arg(short, long, value_name = "[VAR=]KEY[?][#/POINTER]")]
    pub kv: Vec<OsString>,
    /// A block of Prefect 2 and 3, or one of its fields
    #[arg(short, long, value_name = "VAR=TYPE/NAME[?][#/POINTER]")]
    pub block: Vec<OsString>,
    /// A secret as a file in memory: VAR is its path
    #[arg(long, value_name = "[VAR=]NAME[?][#/POINTER]")]
    pub file: Vec<OsString>,
    /// A text (visible in ps: not for secrets)
    #[arg(long, value_name = "VAR=TEXT")]
    pub set: Vec<OsString>,
    /// Remove a variable
    #[arg(long, value_name = "VAR")]
    pub unset: Vec<OsString>,
    /// A dotenv file, `-` for stdin; values may be references: `pfx://secret/NAME#/POINTER`
    #[arg(long, value_name = "FILE")]
    pub env_file: Vec<PathBuf>,
    /// Every secret that can be listed, beside the other bindings
    #[arg(long)]
    pub all: bool,
}

/// What the files of `--file` are like.
#[derive(Args, Default)]
#[command(next_help_heading = "Bindings")]
pub struct Files {
    /// Name of the files, which only /proc/PID/fd shows [default: the secret's]
    #[arg(long, value_name = "NAME")]
    pub file_name: Option<String>,
    /// Permissions of the files: 0444 for a program that changes its user [default: 0400]
    #[arg(long, value_name = "MODE", value_parser = mode)]
    pub file_mode: Option<u32>,
}

/// Reads octal permissions without any to execute or to write: nobody can.
///
/// # Errors
/// What it is instead, in words of pfx's own.
pub fn mode(text: &str) -> Result<u32, &'static str> {
    let mode = u32::from_str_radix(text, 8).map_err(|_| "must be an octal number")?;
    if mode & !0o444 == 0 {
        Ok(mode)
    } else {
        Err("only read permissions are allowed, such as 0440")
    }
}

/// Where secrets are looked for.
#[derive(Args, Default)]
#[command(next_help_heading = "Sources")]
pub struct Places {
    /// A directory with a file for each secret, as Docker and Kubernetes mount them
    #[arg(long, value_name = "DIR")]
    pub secrets_dir: Vec<PathBuf>,
    /// Keep the newline at the end of a secret file's value
    #[arg(long)]
    pub keep_newline: bool,
    /// Take local values literally: no $VAR, ~ or ${section.key}
    #[arg(long)]
    pub no_expand: bool,
    /// Refuse configuration that other users can read, and files that another user owns
    #[arg(long)]
    pub strict: bool,
}
