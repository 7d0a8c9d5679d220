//! `pfx run` and `pfx check`.

use std::ffi::OsString;
use std::time::Duration;

use clap::Args;

use super::stores::seconds;
use super::{
    BindingOptions, FileOptions, InheritanceOptions, OUTPUT, PlaceOptions, ProjectOptions,
    StoreOptions,
};

/// Start a command with secrets in its environment, replacing pfx
#[derive(Args)]
#[command(after_help = "\
Examples:
  pfx run -- python flow.py              with every local secret
  pfx run -s DB_PASSWORD -- ./service    with this one
  pfx run -s PG=prod-db#/password -s TOKEN? --set TZ=UTC -- ./service
  pfx run --profile dev                  the command and bindings of pfx.toml
  pfx run --clean -- ./service           with only a few inherited variables
  pfx run --init --stop-timeout 8 -- ./service   as process 1 of a container
  pfx run --prefect -- python flow.py    Secret(\"NAME\").get() finds them too

Without a binding, here or in a project file, the command gets every local secret. An option under a \
heading can also be set by a variable: PFX_SECRETS_DIR for --secrets-dir. Exit status: the command's \
own; 125 pfx failed, 126 cannot be run, 127 not found, 2 usage error.")]
pub struct Run {
    /// The program and its arguments [default: `command` of pfx.toml]
    #[arg(value_name = "COMMAND", trailing_var_arg = true)]
    pub command: Vec<OsString>,
    #[command(flatten)]
    pub bindings: BindingOptions,
    #[command(flatten)]
    pub files: FileOptions,
    #[command(flatten)]
    pub places: PlaceOptions,
    #[command(flatten)]
    pub stores: StoreOptions,
    #[command(flatten)]
    pub project: ProjectOptions,
    #[command(flatten)]
    pub inheritance: InheritanceOptions,
    /// Also pass each secret so that Prefect 1.x finds it
    ///
    /// In `PREFECT__CONTEXT__SECRETS__NAME`: `Secret("NAME").get()` and `PrefectSecret("NAME").run()` in an
    /// unchanged flow then return exactly this value without a request. A name that contains `__`, or that
    /// Prefect forbids, cannot be passed; this is an error if the secret was bound by name.
    #[arg(long, help_heading = "Environment")]
    pub prefect: bool,
    #[command(flatten)]
    pub parent: Parent,
}

/// The parent process of a command that cannot be process 1.
#[derive(Args)]
#[command(next_help_heading = "Process 1")]
pub struct Parent {
    /// Stay as a small parent that forwards signals and reaps orphans
    ///
    /// For a command that cannot be process 1 of a container. The parent forks before anything is looked up, so
    /// it never holds a value. It forwards every signal once, except SIGKILL, SIGSTOP and SIGCHLD, reaps every
    /// orphan, and ends as the command ended: with its status, or by the same signal (as process 1: with status 128
    /// plus the signal number). If the parent is killed, the command is killed too. See pfx-run(1) for job
    /// control and systemd.
    #[arg(long)]
    pub init: bool,
    /// Forward signals to the command's whole process group
    ///
    /// A command that is a shell script then stops together with the programs that it runs. If the parent
    /// itself is killed, a second small process kills the group. The value of a queued signal is not forwarded.
    /// Where the command shares the process group of a job, only the command gets the signals.
    #[arg(long, short = 'g', hide_short_help = true)]
    pub kill_group: bool,
    /// Forward one signal as another (TERM=QUIT), or not at all (HUP=0)
    ///
    /// Can be given more than once: `TERM=QUIT`, `HUP=0`, `RTMIN+3=TERM`.
    #[arg(long, value_name = "SIG=SIG", hide_short_help = true)]
    pub rewrite: Vec<OsString>,
    /// Kill the command if it still runs this long after a request to stop
    ///
    /// In seconds; its process group is killed too. The time starts when the parent receives the first SIGTERM,
    /// SIGINT or SIGQUIT that it forwards, even if --rewrite changes it, or any other signal that --rewrite turns
    /// into one of these. A key pressed at the terminal does not count. Choose less
    /// than the container engine waits, which is 10 seconds by default.
    #[arg(long, value_name = "SECONDS", value_parser = seconds, hide_short_help = true)]
    pub stop_timeout: Option<Duration>,
}

/// Show where each value would come from (never prints values)
#[derive(Args)]
#[command(after_help = "\
Examples:
  pfx check                      every local secret
  pfx check -s DB_PASSWORD       exit status 1 if it is missing
  pfx check --json | jq -r '.bindings[] | select(.found | not) | .name'")]
pub struct Check {
    #[command(flatten)]
    pub bindings: BindingOptions,
    #[command(flatten)]
    pub places: PlaceOptions,
    #[command(flatten)]
    pub stores: StoreOptions,
    #[command(flatten)]
    pub project: ProjectOptions,
    #[command(flatten)]
    pub inheritance: InheritanceOptions,
    /// Print JSON
    ///
    /// One line; pfx-check(1) describes its fields.
    #[arg(long, help_heading = OUTPUT)]
    pub json: bool,
}
