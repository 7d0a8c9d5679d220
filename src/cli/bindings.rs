//! What the command gets, and where pfx looks for it.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;

/// What the command gets. VAR defaults to the name: `db-password` becomes `DB_PASSWORD`.
#[derive(Args, Clone, Default)]
#[command(next_help_heading = "Bindings")]
pub struct BindingOptions {
    /// Bind a secret, or a part of it (NAME#/POINTER)
    ///
    /// Without VAR, the variable is named after the secret: `db-password` becomes `DB_PASSWORD`. Append `?` to
    /// the name to make it optional. `#/POINTER` selects a part of a JSON value (RFC 6901).
    #[arg(short, long, value_name = "[VAR=]NAME")]
    pub secret: Vec<OsString>,
    /// Bind another environment variable
    ///
    /// Append `?` to the name to make it optional.
    #[arg(short, long, value_name = "[VAR=]OTHER")]
    pub env: Vec<OsString>,
    /// Bind a key of the key-value store, or a Variable
    ///
    /// A key of the key-value store of Prefect Cloud 1.x, or a Variable of Prefect 2 and 3. Append `?` to make
    /// it optional, and `#/POINTER` for a part of a JSON value.
    #[arg(short, long, value_name = "[VAR=]KEY")]
    pub kv: Vec<OsString>,
    /// Bind a block of Prefect 2 or 3, or one of its fields
    ///
    /// The whole block is passed as a JSON object; `#/POINTER` selects a field. A block that refers to a secret
    /// elsewhere, such as one of type `aws-secret` or `gcpsecret`, or that contains other blocks with secrets, is
    /// passed whole only if NAME is followed by `#`.
    #[arg(short, long, value_name = "VAR=TYPE/NAME")]
    pub block: Vec<OsString>,
    /// Pass a secret as a file in memory; VAR holds its path
    ///
    /// The file is sealed and exists only in memory. It disappears with the last process that has it open.
    #[arg(long, value_name = "[VAR=]NAME")]
    pub file: Vec<OsString>,
    /// Set a variable to TEXT (visible in ps: not for secrets)
    ///
    /// Every user of the machine can see the text in the process list. `pfx://` in it is an error, because
    /// it would not be looked up.
    #[arg(long, value_name = "VAR=TEXT")]
    pub set: Vec<OsString>,
    /// Remove an inherited variable
    #[arg(long, value_name = "VAR")]
    pub unset: Vec<OsString>,
    /// Read bindings from a dotenv file (`-` for stdin)
    ///
    /// Can be given more than once; a later file wins over an earlier one, and a later line over an earlier
    /// line. Stdin is read to its end. Values may be references, such as `pfx://secret/NAME#/POINTER`.
    #[arg(long, value_name = "FILE")]
    pub env_file: Vec<PathBuf>,
    /// Also bind every secret that can be listed
    ///
    /// Applies to variables that nothing else binds. It is an error if a secret's name cannot become a variable
    /// name, or if a name from the remote store is that of a variable that could take over the command.
    #[arg(long)]
    pub all: bool,
}

/// Properties of the files that `--file` makes.
#[derive(Args, Default)]
#[command(next_help_heading = "Bindings")]
pub struct FileOptions {
    /// Name of the files of --file [default: the secret's]
    ///
    /// The name is visible only in /proc/PID/fd.
    #[arg(long, value_name = "NAME", hide_short_help = true)]
    pub file_name: Option<String>,
    /// Permissions of the files of --file [default: 0400]
    ///
    /// Only read permissions are allowed. Use 0444 for a program that switches to another user.
    #[arg(long, value_name = "MODE", value_parser = mode, hide_short_help = true)]
    pub file_mode: Option<u32>,
}

/// Reads octal permissions, which may only be read permissions: nobody can write or execute such a file.
///
/// # Errors
/// What is expected, in pfx's own words.
pub fn mode(text: &str) -> Result<u32, &'static str> {
    let mode = u32::from_str_radix(text, 8).map_err(|_| "must be an octal number")?;
    if mode & !0o444 == 0 {
        Ok(mode)
    } else {
        Err("only read permissions are allowed, such as 0440")
    }
}

/// Where pfx looks for secrets.
#[derive(Args, Default)]
#[command(next_help_heading = "Sources")]
pub struct PlaceOptions {
    /// Read secrets from the files in DIR
    ///
    /// One file for each secret, as Docker (in `/run/secrets`) and Kubernetes mount them. Can be given more than
    /// once. pfx prints a warning if the directory does not exist.
    #[arg(long, value_name = "DIR")]
    pub secrets_dir: Vec<PathBuf>,
    /// Keep the trailing newline of a secret file
    ///
    /// Without this option, one trailing newline is removed from the value that a variable gets.
    #[arg(long, hide_short_help = true)]
    pub keep_newline: bool,
    /// Do not expand $VAR, ~ and ${section.key} in local values
    #[arg(long)]
    pub no_expand: bool,
    /// Refuse files that others can read or own
    ///
    /// Refuse configuration files that other users can read, and files that belong to another user in a place
    /// that you named. Without this option, pfx prints a warning.
    #[arg(long)]
    pub strict: bool,
}
