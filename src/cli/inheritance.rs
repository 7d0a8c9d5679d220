//! Which variables of its own environment pfx passes to the command.

use std::ffi::OsString;

use clap::Args;

/// Which variables of its own environment pfx passes to the command.
#[derive(Args, Default)]
#[command(next_help_heading = "Environment")]
pub struct InheritanceOptions {
    /// Pass only PATH, HOME and a few more to the command
    ///
    /// PATH, HOME, USER, LOGNAME, SHELL, PWD, TERM, LANG, LANGUAGE, `LC_*`, TZ, TMPDIR, and the bound variables.
    /// Variables of a service manager, such as `NOTIFY_SOCKET` and `LISTEN_FDS`, are not passed either unless
    /// --keep names them.
    #[arg(long)]
    pub clean: bool,
    /// With --clean: also pass variables matching GLOB
    ///
    /// `*` matches anything and `?` one character; case matters. Can be given more than once.
    #[arg(long, value_name = "GLOB")]
    pub keep: Vec<OsString>,
    /// Do not pass Prefect API credentials
    ///
    /// `PREFECT_API_KEY`, `PREFECT_API_AUTH_STRING`, `PREFECT_SERVER_API_AUTH_STRING`,
    /// `PREFECT_CLIENT_CUSTOM_HEADERS`, `PREFECT__CLOUD__API_KEY`, `PREFECT__CLOUD__AUTH_TOKEN`,
    /// `PREFECT__CLOUD__AGENT__API_KEY` and `PREFECT__CLOUD__AGENT__AUTH_TOKEN`, in upper or lower case, also
    /// with the suffix `_FILE`. A credential that is bound by name is passed.
    #[arg(long)]
    pub strip_credentials: bool,
    /// Keep the value of variables that are already set
    ///
    /// A variable that is already set, even to an empty value, wins over every binding for it, and the binding is
    /// not looked up. --unset still removes the variable.
    #[arg(long)]
    pub preserve: bool,
}
