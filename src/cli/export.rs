//! `pfx export`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{BindingOptions, OUTPUT, PlaceOptions, ProjectOptions, StoreOptions};

/// Print the bound variables with their values for another program
#[derive(Args)]
#[command(after_help = "\
Examples:
  eval \"$(pfx export --format sh)\"
  pfx export -s DB_PASSWORD --format fish | source
  pfx export --format docker --output .env && docker run --env-file .env image
  pfx export --format k8s --name app-secrets | kubectl apply -f -
  pfx export -s TOKEN --format github    in a step of GitHub Actions

If a format cannot hold a value or a name, the error names the variable and nothing is written.")]
pub struct Export {
    /// Format of the output
    ///
    /// pfx-export(1) describes what each format can hold. It is an error if the format cannot hold a value or a
    /// name.
    #[arg(long, value_name = "FORMAT", value_enum, help_heading = OUTPUT)]
    pub format: Option<Format>,
    /// Write to FILE instead of stdout (`-`)
    ///
    /// The file is written whole or not at all, and only its owner can read it. A FIFO, a device, a socket and a
    /// descriptor such as `/dev/stdout`, `/dev/fd/3` or `>(...)` of a shell are written to directly. With
    /// `--format github`, pfx appends to FILE instead of to the file that `GITHUB_ENV` names.
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Name of the Secret, for `--format k8s`
    #[arg(long, value_name = "NAME", default_value = "pfx")]
    pub name: String,
    #[command(flatten)]
    pub bindings: BindingOptions,
    #[command(flatten)]
    pub places: PlaceOptions,
    #[command(flatten)]
    pub stores: StoreOptions,
    #[command(flatten)]
    pub project: ProjectOptions,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A file for `docker run --env-file` and `podman run --env-file`
    Docker,
    /// A dotenv file
    Dotenv,
    /// Commands for fish
    Fish,
    /// Masks on stdout, and variables in the file that `GITHUB_ENV` names
    Github,
    /// One JSON object
    Json,
    /// A Secret for `kubectl apply`
    K8s,
    /// Commands for sh, dash, bash and zsh
    Sh,
    /// A drop-in for a systemd unit
    Systemd,
    /// One YAML mapping
    Yaml,
}
