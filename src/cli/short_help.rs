//! The declaration that `-h` and `--help` are printed from. It has more in it than is needed to read a command line.

use std::fmt::Write as _;

use clap::{Arg, ArgAction, Command};

use super::{STYLES, with_variables};

/// Commands with more options than a screen has lines, and those of them that people use first. `-h` explains these
/// and names the others; `--help` explains all.
const COMPACT: [(&str, [&str; 6]); 3] = [
    ("run", ["secret", "env", "kv", "env_file", "profile", "local"]),
    ("check", ["secret", "env", "kv", "env_file", "profile", "local"]),
    ("export", ["format", "output", "secret", "env_file", "profile", "local"]),
];

/// The width of most terminals.
const COLUMNS: usize = 80;
const EXAMPLES: &str = "Examples:\n";

/// The declaration that answers `--help`, or `-h`.
pub fn for_help(command: Command, is_long: bool) -> Command {
    let mut command = with_headings(with_variables(command));
    if is_long {
        return command;
    }
    // Global options are among a command's own then.
    command.build();
    COMPACT.iter().fold(command, |command, (name, first)| {
        command.mut_subcommand(name, |command| compact(command, first))
    })
}

/// Gives examples a heading in the style of clap's own.
fn with_headings(command: Command) -> Command {
    let text = command.get_after_help().map(ToString::to_string);
    let command = match text {
        Some(text) => {
            command.after_help(text.replace(EXAMPLES, &format!("{}\n", head("Examples"))))
        }
        None => command,
    };
    command.mut_subcommands(with_headings)
}

fn head(title: &str) -> String {
    let style = STYLES.get_header();
    format!("{style}{title}:{style:#}")
}

/// Explains the options that are used `first`, names the others by their headings, and ends with a few examples.
fn compact(command: Command, first: &[&str]) -> Command {
    let is_first = |option: &Arg| first.contains(&option.get_id().as_str());
    let mut text = format!("{}\n", head("More options"));
    for (heading, names) in others(&command, is_first) {
        text += &row(heading, &names);
    }
    let examples = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    if let Some((_, examples)) = examples.split_once(EXAMPLES) {
        let _ = write!(text, "\n{}\n", head("Examples"));
        let few = examples.lines().take_while(|line| !line.is_empty()).take(3);
        few.for_each(|line| text += &format!("{line}\n"));
    }
    let name = command.get_name();
    let _ = write!(
        text,
        "\nSee `pfx {name} --help` or pfx-{name}(1) for all options and more examples."
    );
    let shown = |option: Arg| {
        if is_first(&option) {
            option.help_heading(None::<&'static str>)
        } else {
            let is_other = !option.is_positional() && !is_of_clap(&option);
            option.hide_short_help(is_other)
        }
    };
    command.mut_args(shown).after_help(text)
}

/// The options that are not explained, by their headings, both in the order of the declaration.
fn others(command: &Command, is_first: impl Fn(&Arg) -> bool) -> Vec<(&str, Vec<String>)> {
    let mut groups: Vec<(&str, Vec<String>)> = Vec::new();
    let is_other = |option: &&Arg| {
        !is_first(option) && !option.is_positional() && !is_of_clap(option) && !option.is_hide_set()
    };
    for option in command.get_arguments().filter(is_other) {
        let heading = option.get_help_heading().unwrap_or("Options");
        let name = format!("--{}", option.get_long().unwrap_or_default());
        match groups.iter_mut().find(|(one, _)| *one == heading) {
            Some((_, names)) => names.push(name),
            None => groups.push((heading, vec![name])),
        }
    }
    groups
}

/// `-h` and `-V`.
fn is_of_clap(option: &Arg) -> bool {
    !matches!(option.get_action(), ArgAction::Set | ArgAction::SetTrue | ArgAction::Append)
}

/// A heading and the names of its options, in lines that fit.
fn row(heading: &str, names: &[String]) -> String {
    const INDENT: usize = 15;
    let mut text = format!("  {heading:11}");
    let mut at = INDENT - 2;
    for (index, name) in names.iter().enumerate() {
        let comma = if index + 1 == names.len() { "" } else { "," };
        if at + 2 + name.len() + comma.len() > COLUMNS {
            let _ = write!(text, "\n{:1$}", "", INDENT - 2);
            at = INDENT - 2;
        }
        let blanks = if at == INDENT - 2 { "  " } else { " " };
        let _ = write!(text, "{blanks}{name}{comma}");
        at += blanks.len() + name.len() + comma.len();
    }
    text + "\n"
}
