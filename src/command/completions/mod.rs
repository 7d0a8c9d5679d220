//! `pfx completions`: the script for a shell, and the answers to what the script asks while the user types.

mod candidates;
mod request;

use std::ffi::OsString;
use std::io::Write;

use clap::CommandFactory as _;
use clap_complete::Shell;

use self::request::{CompletionRequest, WordKind};
use crate::cli;
use crate::command::print;
use crate::environment::Inherited;
use crate::error::Error;
use crate::exit::Exit;

/// The part of the scripts that asks pfx for names. It is appended to the script that clap generates, in which the
/// function `_pfx` is renamed to `_pfx_options`.
const BASH: &str = include_str!("bash.sh");
const FISH: &str = include_str!("fish.fish");
const ZSH: &str = include_str!("zsh.zsh");

/// Prints the script, or, with words after `--`, what the last one can be.
///
/// # Errors
/// If the output cannot be written.
pub fn completions(
    arguments: &cli::Completions,
    inherited: Inherited<'_>,
    output: &mut dyn Write,
) -> Result<Exit, Error> {
    let text = match arguments.words.as_slice() {
        [] => script(arguments.shell),
        words => answer(arguments.shell, words, inherited),
    };
    print::text(&text, output)?;
    Ok(Exit::Done)
}

fn script(shell: Shell) -> String {
    let mut script = Vec::new();
    let mut command = cli::Arguments::command();
    clap_complete::generate(shell, &mut command, "pfx", &mut script);
    let script = String::from_utf8_lossy(&script).into_owned();
    let options = || script.replacen("_pfx() {", "_pfx_options() {", 1);
    match shell {
        Shell::Bash => options() + "\n" + BASH,
        Shell::Zsh => {
            // The last lines call `_pfx`, so it must be defined before them.
            let script = options();
            let end = script.rfind("if [ \"$funcstack[1]\"").unwrap_or(script.len());
            let (functions, call) = script.split_at(end);
            format!("{functions}{ZSH}\n{call}")
        }
        Shell::Fish => script + "\n" + FISH,
        _ => script,
    }
}

/// The answer to a script: empty if the generated function can complete the word; `command N` if the line of another
/// command begins at word N; or `offer`, and then one line for each possible word, with a tab and a description.
fn answer(shell: Shell, words: &[OsString], inherited: Inherited<'_>) -> String {
    let mut root = cli::Arguments::command();
    root.build();
    let request = CompletionRequest::of(&root, words);
    match request.kind {
        WordKind::Options => String::new(),
        WordKind::Command(index) => format!("command {index}\n"),
        kind => {
            // fish adds `--secret=` itself.
            let front = if shell == Shell::Fish { "" } else { request.front.as_str() };
            let lines = candidates::candidates(kind, &request, inherited);
            let lines = lines.into_iter().map(|(word, what)| format!("{front}{word}\t{what}\n"));
            "offer\n".to_owned() + &lines.collect::<String>()
        }
    }
}
