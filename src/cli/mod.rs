//! The command line as clap reads it: its syntax, not its meaning.
//!
//! An option is declared once, as a field: its name, its type and its help. `-h` shows the first paragraph as one
//! line; `--help` and the man page show all of it. Its variable follows from its heading and its name.
//!
//! The arguments of options that bind variables are taken as raw text and checked by [`crate::plan`]: clap's own
//! messages quote the word that is not valid, and that could be a value.

#![allow(clippy::doc_markdown, reason = "clap prints these texts as they are, backticks and all")]

mod bindings;
mod doctor;
pub mod export;
mod help;
mod inheritance;
pub mod kv;
mod project;
mod run;
pub mod secret;
mod short_help;
mod stores;
mod variable;

use std::ffi::OsString;

use clap::builder::styling::{AnsiColor, Style, Styles};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

pub use bindings::{BindingOptions, FileOptions, PlaceOptions, mode};
pub use doctor::Doctor;
pub use export::Export;
pub use help::Help;
pub use inheritance::InheritanceOptions;
pub use kv::Kv;
pub use project::{ProjectOptions, Trust};
pub use run::{Check, Parent, Run};
pub use secret::Secret;
pub use stores::{OneStoreOptions, RemoteTarget, StoreOptions, Timeout, seconds};
pub use variable::{OUTPUT, variable, variable_of, with_variables};

/// The colors of help and of errors of usage: those of `crate::terminal`.
const STYLES: Styles = Styles::plain()
    .header(Style::new().bold())
    .usage(Style::new().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .error(AnsiColor::Red.on_default().bold())
    .invalid(AnsiColor::Yellow.on_default().bold())
    .valid(AnsiColor::Green.on_default());

/// Starts a program with the secrets it needs in its environment, and becomes it.
#[derive(Parser)]
#[command(
    name = "pfx",
    version,
    disable_help_subcommand = true,
    max_term_width = 90,
    styles = STYLES,
    after_help = "\
Examples:
  pfx run -- python flow.py              with every local secret
  pfx run -s DB_PASSWORD -s PG=prod-db#/password -- ./service
  pfx check -s DB_PASSWORD               where the value would come from
  pfx secret set DB_PASSWORD             asks for the value without showing it

An option under a heading can also be set by a variable: PFX_NO_EXPAND=1, and lists as words, such as \
PFX_SECRET='DB_PASSWORD PG=prod-db#/password'. An empty variable counts as not set. `pfx help` lists all commands \
and topics. See pfx(1)."
)]
pub struct Arguments {
    #[command(flatten)]
    pub output: OutputOptions,
    #[command(flatten)]
    pub colors: ColorOptions,
    #[command(subcommand)]
    pub command: Command,
}

impl Arguments {
    /// Reads the words of a command line, starting with the program's name.
    ///
    /// # Errors
    /// Those of clap, which also reports requests for help and version as errors.
    pub fn read(words: &[OsString]) -> Result<Self, clap::Error> {
        if words.get(1).is_some_and(|word| word == "run")
            && let Some(arguments) = Self::read_run(words)
        {
            return Ok(arguments);
        }
        Self::read_whole(words)
    }

    fn read_whole(words: &[OsString]) -> Result<Self, clap::Error> {
        let mut whole = Self::command();
        let mut matches = match whole.try_get_matches_from_mut(words) {
            Ok(matches) => matches,
            Err(error) if error.kind() == ErrorKind::DisplayHelp => {
                let is_long = words.iter().any(|word| word == "--help");
                short_help::for_help(Self::command(), is_long).try_get_matches_from(words)?
            }
            Err(error) => return Err(unquoted(error)),
        };
        Self::from_arg_matches_mut(&mut matches).map_err(|error| unquoted(error.format(&mut whole)))
    }

    /// Reads `pfx run …` with a declaration of `run` alone, and without `--color`: declaring all commands makes a start
    /// 7 to 12 % longer (`benches/compare.sh`). `None` if the words are anything else; the whole declaration then reads
    /// them, or reports what is wrong.
    fn read_run(words: &[OsString]) -> Option<Self> {
        let run = Run::augment_args(clap::Command::new("run"));
        let mut alone = OutputOptions::augment_args(clap::Command::new("pfx")).subcommand(run);
        let mut matches = alone.try_get_matches_from_mut(words).ok()?;
        let output = OutputOptions::from_arg_matches_mut(&mut matches).ok()?;
        let command = Command::from_arg_matches_mut(&mut matches).ok()?;
        Some(Self { output, colors: ColorOptions::default(), command })
    }
}

/// The error without the value that was refused, whether it came from an option or from a variable: it may be a
/// secret in the wrong place.
fn unquoted(mut error: clap::Error) -> clap::Error {
    if error.get(ContextKind::InvalidValue).is_some() {
        error.insert(ContextKind::InvalidValue, ContextValue::String("…".to_owned()));
    }
    let word = match error.kind() {
        ErrorKind::UnknownArgument => ContextKind::InvalidArg,
        ErrorKind::InvalidSubcommand => ContextKind::InvalidSubcommand,
        _ => return error,
    };
    // A password may begin with `-`, or be in the position of a word that pfx expects.
    let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
    if !matches!(error.get(word), Some(ContextValue::String(text)) if plain(text)) {
        error.insert(word, ContextValue::String("…".to_owned()));
        // clap shows how the word would be passed as a value.
        error.remove(ContextKind::Suggested);
    }
    error
}

/// What pfx prints besides what was asked for.
#[derive(Args)]
#[command(next_help_heading = OUTPUT)]
pub struct OutputOptions {
    /// Report where values come from and what was done
    ///
    /// These lines are printed on stderr.
    #[arg(short, long, global = true)]
    pub verbose: bool,
    /// Format of an error on stderr [default: text]
    #[arg(long, global = true, value_name = "FORMAT", value_enum)]
    pub error_format: Option<ErrorFormat>,
}

/// Whether to use colors.
#[derive(Args, Default)]
#[command(next_help_heading = OUTPUT)]
pub struct ColorOptions {
    /// When to use colors [default: auto]
    ///
    /// `auto` uses colors on a terminal unless `NO_COLOR` is set or `TERM` is `dumb`; `CLICOLOR_FORCE` turns them on
    /// elsewhere too. Colors never change the layout of the output. If given twice, the last one counts.
    #[arg(long, global = true, value_name = "WHEN", value_enum, overrides_with = "color")]
    pub color: Option<ColorChoice>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ColorChoice {
    /// On a terminal
    #[default]
    Auto,
    /// Also in pipes and files
    Always,
    /// Never
    Never,
}

/// The value of `--color` in a command line that clap rejects or answers with help. Which of its words belong to the
/// command to run is not known then, so this takes the first valid one before `--`.
pub fn color_of_words(words: &[OsString]) -> Option<ColorChoice> {
    let words: Vec<&str> =
        words.iter().take_while(|word| *word != "--").filter_map(|word| word.to_str()).collect();
    let choice = |text: &str| ColorChoice::from_str(text, false).ok();
    words.iter().enumerate().find_map(|(at, word)| match *word {
        "--color" => choice(words.get(at + 1)?),
        word => choice(word.strip_prefix("--color=")?),
    })
}

#[derive(Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum ErrorFormat {
    /// Plain text
    #[default]
    Text,
    /// One line of JSON
    Json,
}

#[derive(Subcommand)]
pub enum Command {
    Run(Run),
    Check(Check),
    Export(Export),
    #[command(subcommand)]
    Secret(Secret),
    #[command(subcommand)]
    Kv(Kv),
    Doctor(Doctor),
    Trust(Trust),
    Completions(Completions),
    Help(Help),
}

/// Print a completion script
#[derive(Args)]
#[command(after_help = "\
Examples:
  pfx completions bash > ~/.local/share/bash-completion/completions/pfx
  pfx completions fish > ~/.config/fish/completions/pfx.fish
  pfx completions zsh > \"${fpath[1]}/_pfx\"")]
pub struct Completions {
    pub shell: Shell,
    /// A command line whose last word is completed: what the scripts ask for
    #[arg(last = true, hide = true, value_name = "WORD")]
    pub words: Vec<OsString>,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The result of reading, with every field of `run`.
    fn described(arguments: Result<Arguments, clap::Error>) -> String {
        match arguments {
            Ok(Arguments { output, colors, command: Command::Run(run) }) => {
                let (bindings, places) = (&run.bindings, &run.places);
                format!(
                    "{} {:?} {} {:?} {:?} {:?} {:?} {:?} {} {:?}",
                    output.verbose,
                    colors.color,
                    matches!(output.error_format, Some(ErrorFormat::Json)),
                    bindings.secret,
                    bindings.env,
                    bindings.set,
                    places.secrets_dir,
                    (&run.stores.remote, run.stores.local, run.stores.timeout.timeout),
                    run.prefect,
                    run.command,
                )
            }
            Ok(_) => "another command".to_owned(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn run_is_parsed_the_same_with_and_without_the_other_commands() {
        for line in [
            "run x",
            "run -v -s A=b -s C -e D --set E=f --secrets-dir /g --prefect -- x -s y",
            "run --error-format json --local --timeout 2.5 x --verbose",
            "run --color never x --color always",
            "run --remote cloud1 x",
            "run --remote cloud1 --local x",
            "run --remote nowhere x",
            "run --sceret A x",
            "run",
            "run --",
            "run --help",
            "run --version",
            "check -s A",
        ] {
            let words = std::iter::once("pfx").chain(line.split(' ')).map(OsString::from);
            let words: Vec<OsString> = words.collect();
            assert_eq!(
                described(Arguments::read(&words)),
                described(Arguments::read_whole(&words)),
                "{line}"
            );
        }
    }
}
