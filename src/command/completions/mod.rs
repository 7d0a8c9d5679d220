//! `pfx completions`: a script that teaches a shell pfx's options, and what the script asks for while one types.

mod asked;
mod offered;

use std::ffi::OsString;
use std::io::Write;

use clap::CommandFactory as _;
use clap_complete::Shell;

use self::asked::{CompletionRequest, Thing};
use crate::cli;
use crate::command::print;
use crate::environment::Inherited;
use crate::error::Error;
use crate::exit::Exit;

/// What the scripts of these shells do beyond the options: they ask pfx for names. It is appended to what is made of the
/// declaration, whose function `_pfx` is called `_pfx_options` then.
const BASH: &str = include_str!("bash.sh");
const FISH: &str = include_str!("fish.fish");
const ZSH: &str = include_str!("zsh.zsh");

/// Prints the script; or, behind `--`, what the last word of a command line may be.
///
/// # Errors
/// If it cannot be written.
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
            // The last lines call `_pfx`, which is there then.
            let script = options();
            let end = script.rfind("if [ \"$funcstack[1]\"").unwrap_or(script.len());
            let (functions, call) = script.split_at(end);
            format!("{functions}{ZSH}\n{call}")
        }
        Shell::Fish => script + "\n" + FISH,
        _ => script,
    }
}

/// What the scripts read: nothing if the declaration knows it all; `command N`, of the word at which another command's
/// line begins; or `offer` and then a line for each word that may stand at the end, with a tab and what it is.
fn answer(shell: Shell, words: &[OsString], inherited: Inherited<'_>) -> String {
    let mut root = cli::Arguments::command();
    root.build();
    let asked = CompletionRequest::of(&root, words);
    match asked.thing {
        Thing::Options => String::new(),
        Thing::Command(index) => format!("command {index}\n"),
        thing => {
            // fish adds `--secret=` by itself.
            let front = if shell == Shell::Fish { "" } else { asked.front.as_str() };
            let lines = offered::words(thing, &asked, inherited);
            let lines = lines.into_iter().map(|(word, what)| format!("{front}{word}\t{what}\n"));
            "offer\n".to_owned() + &lines.collect::<String>()
        }
    }
}
