//! `pfx run` and `pfx check`.

use std::ffi::OsString;
use std::time::Duration;

use clap::Args;

use super::stores::seconds;
use super::{Bindings, Files, Inheritance, OUTPUT, Places, Project, Stores};

/// Start a command with secrets in its environment, and become it
#[derive(Args)]
#[command(after_help = "\
Examples:
  pfx run -- python flow.py              with every local secret
  pfx run -s DB_PASSWORD -- ./service    with this one
  pfx run -s PG=prod-db#/password -s TOKEN? -e HOST=HOSTNAME --set TZ=UTC -- ./service
  pfx run --profile dev                  the command and the bindings of pfx.toml
  pfx run --clean -- ./service           with little of the environment besides
  pfx run --init --stop-timeout 8 -- ./service   as process 1 of a container
  pfx run --prefect -- python flow.py    Secret(\"NAME\").get() answers from the environment

Without a binding, here or in a project file, the command gets every local secret.
Exit status: the command's own; 125 pfx failed, 126 cannot be run, 127 not found, 2 wrong usage.")]
pub struct Run {
    #[command(flatten)]
    pub bindings: Bindings,
    #[command(flatten)]
    pub files: Files,
    #[command(flatten)]
    pub places: Places,
    #[command(flatten)]
    pub stores: Stores,
    #[command(flatten)]
    pub project: Project,
    #[command(flatten)]
    pub inheritance: Inheritance,
    /// Also hand each secret to Prefect 1.x: sets PREFECT__CONTEXT__SECRETS__NAME
    #[arg(long, help_heading = "Environment")]
    pub prefect: bool,
    #[command(flatten)]
    pub parent: Parent,
    /// The program and its arguments [default: the project file's `command`]
    #[arg(value_name = "COMMAND", trailing_var_arg = true)]
    pub command: Vec<OsString>,
}

/// The parent that the command has if it cannot be process 1.
#[derive(Args)]
#[command(next_help_heading = "Process 1")]
pub struct Parent {
    /// Stay as a small parent that passes signals on and reaps orphans
    #[arg(long)]
    pub init: bool,
    /// Pass signals on to the command's whole process group, not to the command alone
    #[arg(long, short = 'g')]
    pub kill_group: bool,
    /// Pass one signal on as another, such as `TERM=QUIT`; as `0` not at all
    #[arg(long, value_name = "SIG=SIG")]
    pub rewrite: Vec<OsString>,
    /// Kill the command and its process group if it is still running this long after it was asked to stop
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub stop_timeout: Option<Duration>,
}

/// Tell where each value would come from; never a value
#[derive(Args)]
#[command(after_help = "\
Examples:
  pfx check                      every local secret
  pfx check -s DB_PASSWORD       exit status 1 if it is missing
  pfx check --json | jq -r '.bindings[] | select(.found | not) | .name'")]
pub struct Check {
    #[command(flatten)]
    pub bindings: Bindings,
    #[command(flatten)]
    pub places: Places,
    #[command(flatten)]
    pub stores: Stores,
    #[command(flatten)]
    pub project: Project,
    #[command(flatten)]
    pub inheritance: Inheritance,
    /// Print JSON
    #[arg(long, help_heading = OUTPUT)]
    pub json: bool,
}
