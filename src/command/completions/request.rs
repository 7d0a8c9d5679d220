//! What the last word of an incomplete command line can be. Pure.

use std::ffi::OsString;

use clap::{Arg, ArgAction, Command};

/// What the last word of a line can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WordKind {
    /// The line of another command begins at this word, which may be an earlier one.
    Command(usize),
    /// An option, a command of pfx, or a value that the declaration lists.
    Options,
    /// `[VAR=]` and a block, whose names only a server has.
    Block,
    /// `[VAR=]` and a key.
    Key,
    /// A key alone.
    KeyName,
    Profile,
    /// `[VAR=]` and a secret.
    Secret,
    /// A secret alone.
    SecretName,
    /// A command or a topic that `pfx help` explains.
    Subject,
    /// `VAR=` and a text.
    Text,
    /// `[VAR=]` and a variable of the environment.
    Variable,
    /// A variable to remove.
    VariableName,
}

/// A parsed command line.
#[derive(Debug)]
pub struct CompletionRequest {
    pub kind: WordKind,
    /// The part of the last word before the value: `--secret=` or `-s`.
    pub front: String,
    /// The part of the value that was typed.
    pub typed: String,
    pub secrets_directories: Vec<OsString>,
    pub project: Option<OsString>,
    pub no_project: bool,
}

impl CompletionRequest {
    /// Parses `words`, which start with the program's name, by the declaration `root`, which must be built.
    pub fn of(root: &Command, words: &[OsString]) -> Self {
        let mut asked = Self {
            kind: WordKind::Options,
            front: String::new(),
            typed: String::new(),
            secrets_directories: Vec::new(),
            project: None,
            no_project: false,
        };
        let Some((last, before)) = words.split_last() else { return asked };
        let last = last.to_string_lossy();
        let mut path = vec![root];
        let (mut awaits, mut only_operands, mut operands) = (None, false, 0);
        for (index, word) in before.iter().enumerate().skip(1) {
            let text = word.to_string_lossy();
            let own = path.last().copied().unwrap_or(root);
            if let Some(option) = awaits.take() {
                asked.note(option, word.clone());
            } else if only_operands || !text.starts_with('-') || text == "-" {
                if takes_command(own) {
                    asked.kind = WordKind::Command(index);
                    return asked;
                }
                match own.find_subcommand(&*text) {
                    Some(inner) => path.push(inner),
                    None => operands += 1,
                }
            } else if text == "--" {
                only_operands = true;
            } else {
                match option(own, &text) {
                    Some((option, None)) if takes_next(option) => awaits = Some(option),
                    Some((option, Some(front))) => {
                        asked.note(option, text[front..].into());
                    }
                    Some((option, None)) => asked.no_project |= option.get_id() == "no_project",
                    None => {}
                }
            }
        }
        let own = path.last().copied().unwrap_or(root);
        let (kind, front) = if let Some(option) = awaits {
            (of_option(option), 0)
        } else if !only_operands && last.starts_with('-') {
            match option(own, &last) {
                Some((option, Some(front))) => (of_option(option), front),
                _ => (WordKind::Options, 0),
            }
        } else if takes_command(own) {
            (WordKind::Command(words.len() - 1), 0)
        } else {
            (if operands == 0 { of_operand(&path) } else { WordKind::Options }, 0)
        };
        asked.kind = kind;
        (asked.front, asked.typed) = (last[..front].to_owned(), last[front..].to_owned());
        asked
    }

    /// Records an option that decides where names come from.
    fn note(&mut self, option: &Arg, value: OsString) {
        match option.get_id().as_str() {
            "secrets_dir" => self.secrets_directories.push(value),
            "project" => self.project = Some(value),
            _ => {}
        }
    }
}

/// The option in a word, and where its value begins if it is in the same word.
fn option<'c>(command: &'c Command, word: &str) -> Option<(&'c Arg, Option<usize>)> {
    if let Some(rest) = word.strip_prefix("--") {
        let (long, value) = match rest.split_once('=') {
            Some((long, _)) => (long, Some(long.len() + 3)),
            None => (rest, None),
        };
        let has_name = |argument: &&Arg| argument.get_long() == Some(long);
        return command.get_arguments().find(has_name).map(|argument| (argument, value));
    }
    for (at, short) in word.char_indices().skip(1) {
        let has_name = |argument: &&Arg| argument.get_short() == Some(short);
        let argument = command.get_arguments().find(has_name)?;
        let end = at + short.len_utf8();
        if takes_next(argument) {
            let equals = usize::from(word[end..].starts_with('='));
            return Some((argument, (end < word.len()).then_some(end + equals)));
        }
        if end == word.len() {
            return Some((argument, None));
        }
    }
    None
}

fn takes_next(option: &Arg) -> bool {
    let takes_value = matches!(option.get_action(), ArgAction::Set | ArgAction::Append);
    takes_value && !option.is_require_equals_set()
}

fn takes_command(command: &Command) -> bool {
    command.get_positionals().any(|operand| operand.get_id() == "command")
}

fn of_option(option: &Arg) -> WordKind {
    match option.get_id().as_str() {
        "block" => WordKind::Block,
        "env" => WordKind::Variable,
        "file" | "secret" => WordKind::Secret,
        "kv" => WordKind::Key,
        "profile" => WordKind::Profile,
        "set" => WordKind::Text,
        "unset" => WordKind::VariableName,
        _ => WordKind::Options,
    }
}

/// What the first operand of this command can be.
fn of_operand(path: &[&Command]) -> WordKind {
    let path: Vec<&str> = path.iter().skip(1).map(|command| command.get_name()).collect();
    match path.as_slice() {
        ["help"] => WordKind::Subject,
        ["kv", "delete" | "get"] => WordKind::KeyName,
        ["secret", "delete" | "get" | "set"] => WordKind::SecretName,
        _ => WordKind::Options,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    fn asked(line: &str) -> CompletionRequest {
        let mut root = crate::cli::Arguments::command();
        root.build();
        let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        CompletionRequest::of(&root, &words)
    }

    #[test]
    fn earlier_words_decide_what_the_last_word_can_be() {
        for (line, kind, front) in [
            ("pfx ", WordKind::Options, ""),
            ("pfx sec", WordKind::Options, ""),
            ("pfx run -s ", WordKind::Secret, ""),
            ("pfx run -s A --secret ", WordKind::Secret, ""),
            ("pfx run --secret=D", WordKind::Secret, "--secret="),
            ("pfx run -vsPG=p", WordKind::Secret, "-vs"),
            ("pfx run -s=D", WordKind::Secret, "-s="),
            ("pfx check --file ", WordKind::Secret, ""),
            ("pfx export -e H", WordKind::Variable, ""),
            ("pfx run -k ", WordKind::Key, ""),
            ("pfx run -b X=", WordKind::Block, ""),
            ("pfx run --set ", WordKind::Text, ""),
            ("pfx run --unset ", WordKind::VariableName, ""),
            ("pfx run --profile ", WordKind::Profile, ""),
            ("pfx run --remote ", WordKind::Options, ""),
            ("pfx run --local --cl", WordKind::Options, ""),
            ("pfx run -", WordKind::Options, ""),
            ("pfx run ", WordKind::Command(2), ""),
            ("pfx run -- ", WordKind::Command(3), ""),
            ("pfx run -s A -- printenv -s", WordKind::Command(5), ""),
            ("pfx run -s A printenv -s", WordKind::Command(4), ""),
            ("pfx -v run ls", WordKind::Command(3), ""),
            ("pfx --error-format json run -- -x", WordKind::Command(5), ""),
            ("pfx secret get ", WordKind::SecretName, ""),
            ("pfx secret get --remote -- -x", WordKind::SecretName, ""),
            ("pfx secret get A ", WordKind::Options, ""),
            ("pfx help re", WordKind::Subject, ""),
            ("pfx help secret ", WordKind::Options, ""),
            ("pfx secret delete D", WordKind::SecretName, ""),
            ("pfx secret list ", WordKind::Options, ""),
            ("pfx kv get --timeout 1 ", WordKind::KeyName, ""),
            ("pfx check ", WordKind::Options, ""),
            ("pfx nonsense -s ", WordKind::Options, ""),
        ] {
            let CompletionRequest { kind: is, front: before, typed, .. } = asked(line);
            assert_eq!((is, before.as_str()), (kind, front), "{line}");
            assert!(line.ends_with(&typed), "{line}: {typed}");
        }
        assert_eq!(
            asked("pfx run --secrets-dir d --secrets-dir=e -f p -s ").secrets_directories,
            ["d", "e"]
        );
        assert_eq!(asked("pfx run -fp -s ").project.unwrap(), "p");
        assert!(asked("pfx run --no-project -s ").no_project);
    }
}
