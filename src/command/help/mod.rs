//! `pfx help`: the manual page or the help of a command, or a short text on a topic.

mod topics;

use std::ffi::OsString;
use std::io::Write;

use clap::CommandFactory as _;
use nix::sys::signal::Signal;

pub use self::topics::{TOPICS, Topic};
use crate::cli;
use crate::command::print;
use crate::environment::{Environment, Inherited};
use crate::error::Error;
use crate::exit::Exit;
use crate::launch::exec;
use crate::launch::ignored::IgnoredSignal;
use crate::launch::manual::{self, Page};
use crate::terminal::wrap::wrapped;
use crate::terminal::{OutputStyle, Role};

/// The width of the list of commands and topics, and of the names in it.
const WIDTH: usize = 80;
const NAMES: usize = 11;

/// The subject of the words after `pfx help`.
enum Subject {
    /// A command: the words after `pfx`, such as `secret` and `get`. No words mean pfx itself.
    Command(Vec<String>),
    Topic(&'static Topic),
}

/// Prints the help of a command, a topic, or the list of both. On a terminal, pfx becomes man(1) instead if the manual
/// page of the subject is installed.
///
/// # Errors
/// [`Error::Usage`] if no command or topic has that name; if the text cannot be written.
pub fn help(
    arguments: &cli::Help,
    inherited: Inherited<'_>,
    style: OutputStyle,
    output: &mut dyn Write,
) -> Result<Exit, Error> {
    let words: Vec<String> =
        arguments.words.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    if words.is_empty() {
        let _no_signal = IgnoredSignal::new(Signal::SIGXFSZ);
        print::text(&overview(style), output)?;
        return Ok(Exit::Done);
    }
    let subject = subject(&words)?;
    if style.columns.is_some()
        && let Some(page) = page(&subject)
        && manual::is_installed(&page)
        && let Ok(environment) = Environment::new(inherited, &[])
    {
        // This returns only if man cannot be run. Then the text below is printed.
        let _ = exec::replace(&page.command(), &environment);
    }
    let _no_signal = IgnoredSignal::new(Signal::SIGXFSZ);
    let text = match subject {
        Subject::Command(path) => of_command(&path, style),
        Subject::Topic(topic) => {
            topic.text.replacen(topic.title(), &style.paint(Role::Heading, topic.title()), 1)
        }
    };
    print::text(&text, output)?;
    Ok(Exit::Done)
}

/// The manual page of a subject, if it has its own page.
fn page(subject: &Subject) -> Option<Page> {
    Some(match subject {
        Subject::Command(path) => {
            let command = path.first().map(|name| format!("-{name}")).unwrap_or_default();
            Page { section: "1", name: format!("pfx{command}") }
        }
        Subject::Topic(topic) => Page { section: "5", name: topic.page?.to_owned() },
    })
}

fn subject(words: &[String]) -> Result<Subject, Error> {
    if let [first, others @ ..] = words
        && let Some(topic) = TOPICS.iter().find(|topic| topic.name == *first)
    {
        return if others.is_empty() {
            Ok(Subject::Topic(topic))
        } else {
            Err(Error::Usage {
                problem: format!("the topic `{first}` has no subtopics"),
                hint: format!("use `pfx help {first}`"),
            })
        };
    }
    let root = cli::Arguments::command();
    // The name of a page works too: pfx-run.
    let words: Vec<&str> = match words {
        [only] if only == "pfx" => Vec::new(),
        [first, rest @ ..] => {
            let first = first.strip_prefix("pfx-").unwrap_or(first);
            std::iter::once(first).chain(rest.iter().map(String::as_str)).collect()
        }
        [] => Vec::new(),
    };
    let (mut command, mut path) = (&root, Vec::new());
    for word in &words {
        let Some(inner) = command.find_subcommand(word) else {
            return Err(unknown(word, &path, command));
        };
        path.push((*word).to_owned());
        command = inner;
    }
    Ok(Subject::Command(path))
}

/// The error for a word that is neither a command nor a topic, with a list of them and the most similar one.
fn unknown(word: &str, path: &[String], command: &clap::Command) -> Error {
    let mut names: Vec<&str> = command.get_subcommands().map(clap::Command::get_name).collect();
    if path.is_empty() {
        names.extend(TOPICS.iter().map(|topic| topic.name));
    }
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || b"-._".contains(&byte);
    // Someone may have typed a value here by mistake.
    let shown = if word.bytes().all(is_plain) { word } else { "…" };
    let (problem, all) = if path.is_empty() {
        (format!("`{shown}` is not a command or a help topic"), "commands and topics")
    } else {
        (format!("`{shown}` is not a command of `pfx {}`", path.join(" ")), "commands")
    };
    // Someone may remember only a part of the name: `status`, `env`.
    let likeness = |name: &str| {
        let is_part = |part: &str| word.len() > 2 && part.starts_with(word);
        if name.split(['-', '.']).any(is_part) { 1.0 } else { strsim::jaro_winkler(word, name) }
    };
    let nearest = names
        .iter()
        .map(|name| (likeness(name), name))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|(one, _), (other, _)| one.total_cmp(other));
    let hint = if names.is_empty() {
        format!("`pfx {} --help` explains it", path.join(" "))
    } else {
        let start = nearest.map(|(_, name)| format!("did you mean `{name}`? The"));
        format!("{} {all} are: {}", start.as_deref().unwrap_or("the"), names.join(", "))
    };
    Error::Usage { problem, hint }
}

/// What `--help` prints for a command.
fn of_command(path: &[String], style: OutputStyle) -> String {
    let path = path.iter().map(String::as_str);
    let words: Vec<OsString> =
        std::iter::once("pfx").chain(path).chain(["--help"]).map(OsString::from).collect();
    match cli::Arguments::read(&words) {
        Err(help) if style.color => help.render().ansi().to_string(),
        Err(help) => help.render().to_string(),
        Ok(_) => String::new(),
    }
}

/// A name and its description, in lines of at most [`WIDTH`] columns.
fn entry(name: &str, about: &str, style: OutputStyle) -> String {
    let indent = NAMES + 4;
    let name = style.paint(Role::Literal, &format!("{name:NAMES$}")).into_owned();
    format!("  {name}  {}\n", wrapped(about, indent, indent, WIDTH))
}

/// All commands and topics.
fn overview(style: OutputStyle) -> String {
    let heading = |text| style.paint(Role::Heading, text);
    let usage = heading("Usage:");
    let mut text = format!("{usage} pfx help [COMMAND | TOPIC]\n\n{}\n", heading("Commands:"));
    for command in cli::Arguments::command().get_subcommands() {
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        text += &entry(command.get_name(), &about, style);
    }
    text += &format!("\n{}\n", heading("Topics:"));
    for topic in &TOPICS {
        text += &entry(topic.name, topic.title(), style);
    }
    text += "\nOn a terminal, the help of a command is its manual page if that is installed.\n";
    text
}
