//! The man pages tell of everything that the command line takes, of nothing else, and are well written.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;

use clap::CommandFactory as _;
use pfx::cli::Arguments;

const SECTIONS: [&str; 11] = [
    "NAME",
    "SYNOPSIS",
    "DESCRIPTION",
    "OPTIONS",
    "ENVIRONMENT",
    "FILES",
    "EXIT STATUS",
    "EXAMPLES",
    "DIAGNOSTICS",
    "SECURITY",
    "SEE ALSO",
];

/// The page as a terminal shows it, without bold and underlined letters.
fn page(path: &PathBuf) -> String {
    let output = Command::new("mandoc")
        .args(["-T", "utf8", "-O", "width=200"])
        .arg(path)
        .output()
        .expect("mandoc is there: tests/run.sh installs it");
    assert!(output.status.success(), "mandoc cannot read {}", path.display());
    let mut text = String::new();
    for character in String::from_utf8(output.stdout).expect("UTF-8").chars() {
        if character == '\u{8}' {
            text.pop();
        } else {
            text.push(character);
        }
    }
    text
}

fn directory() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "man"].iter().collect()
}

fn pages() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory()).expect("man/ can be listed");
    let mut pages: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    pages.sort();
    pages
}

/// The words of a text that look like the thing: `--long`, `PFX_…`.
fn words<'t>(text: &'t str, prefix: &str) -> BTreeSet<&'t str> {
    text.split(|character: char| {
        !(character.is_ascii_alphanumeric() || matches!(character, '-' | '_'))
    })
    .filter(|word| word.starts_with(prefix) && word.len() > prefix.len())
    .collect()
}

/// All that one command and those below it declare.
#[derive(Default)]
struct Declared {
    options: BTreeSet<String>,
    variables: BTreeSet<String>,
    /// Names of commands, and the words that options and arguments take.
    values: BTreeSet<String>,
}

impl Declared {
    fn of(command: &clap::Command) -> Self {
        let mut declared = Self::default();
        declared.add(command);
        declared
    }

    fn add(&mut self, command: &clap::Command) {
        self.add_own(command);
        for inner in command.get_subcommands() {
            self.add(inner);
        }
    }

    /// The command's own options, and the names of those below it.
    fn add_own(&mut self, command: &clap::Command) {
        for argument in command.get_arguments() {
            if let Some(long) = argument.get_long() {
                self.options.insert(format!("--{long}"));
            }
            if let Some(short) = argument.get_short() {
                self.options.insert(format!("-{short}"));
            }
            if let Some(variable) = argument.get_env() {
                self.variables.insert(variable.to_str().expect("UTF-8").to_owned());
            }
            // A list's variable is read by pfx itself, and told in the help.
            let help = argument.get_long_help().or_else(|| argument.get_help());
            let help = help.map(ToString::to_string).unwrap_or_default();
            self.variables.extend(words(&help, "PFX_").into_iter().map(str::to_owned));
            let takes_words = !matches!(argument.get_action(), clap::ArgAction::SetTrue);
            for value in argument.get_possible_values().iter().filter(|_| takes_words) {
                if !value.is_hide_set() {
                    self.values.insert(value.get_name().to_owned());
                }
            }
        }
        for inner in command.get_subcommands() {
            self.values.insert(inner.get_name().to_owned());
        }
    }
}

/// Each page of a command, with what that command declares. `pfx(1)` has the commands and common options.
fn declarations() -> Vec<(String, Declared)> {
    let mut root = Arguments::command();
    root.build();
    let mut own = Declared::default();
    own.add_own(&root);
    let mut declarations = vec![("pfx.1".to_owned(), own)];
    for command in root.get_subcommands() {
        declarations.push((format!("pfx-{}.1", command.get_name()), Declared::of(command)));
    }
    declarations
}

fn of_command(name: &str) -> String {
    let path = directory().join(name);
    assert!(path.exists(), "there is no man/{name}");
    page(&path)
}

#[test]
fn every_option_variable_command_and_word_is_in_the_page_of_its_command() {
    for (name, declared) in declarations() {
        let text = of_command(&name);
        let all: BTreeSet<&str> = text
            .split(|character: char| {
                !(character.is_ascii_alphanumeric() || matches!(character, '-' | '_'))
            })
            .collect();
        for word in declared.options.iter().chain(&declared.variables).chain(&declared.values) {
            assert!(all.contains(word.as_str()), "man/{name} does not tell of {word}");
        }
    }
}

#[test]
fn no_page_tells_of_an_option_or_variable_that_its_command_has_not() {
    let every = Declared::of(&{
        let mut root = Arguments::command();
        root.build();
        root
    });
    for (name, declared) in declarations() {
        let text = of_command(&name);
        let start = text.find("\nOPTIONS").expect("a section OPTIONS");
        let end = text.find("\nENVIRONMENT").expect("a section ENVIRONMENT");
        for word in words(&text[start..end], "--") {
            assert!(declared.options.contains(word), "man/{name} tells of {word}, which is not");
        }
        for word in words(&text, "PFX_") {
            assert!(every.variables.contains(word), "man/{name} tells of {word}, which is not");
        }
    }
}

#[test]
fn every_exit_status_is_in_the_pages_of_the_commands_that_end_with_it() {
    for (name, _) in declarations() {
        let statuses: &[&str] = match name.as_str() {
            "pfx.1" => &["0", "1", "2", "125", "126", "127"],
            "pfx-run.1" => &["2", "125", "126", "127"],
            "pfx-completions.1" | "pfx-export.1" => &["0", "2", "125"],
            _ => &["0", "1", "2", "125"],
        };
        let text = of_command(&name);
        let start = text.find("\nEXIT STATUS").expect("a section EXIT STATUS");
        let section = &text[start..text.find("\nEXAMPLES").expect("a section EXAMPLES")];
        let told: Vec<&str> = section
            .lines()
            .filter_map(|line| line.split_whitespace().next())
            .filter(|word| word.bytes().all(|byte| byte.is_ascii_digit()))
            .collect();
        assert_eq!(told, statuses, "man/{name}");
    }
}

#[test]
fn every_page_of_a_command_has_every_section_in_order() {
    for (name, _) in declarations() {
        let text = of_command(&name);
        let headings: Vec<&str> = text.lines().filter(|line| SECTIONS.contains(line)).collect();
        assert_eq!(headings, SECTIONS, "man/{name}");
    }
}

#[test]
fn every_page_is_well_written() {
    for path in pages() {
        let output = Command::new("mandoc")
            .args(["-T", "lint", "-W", "warning"])
            .arg(&path)
            .output()
            .expect("mandoc is there: tests/run.sh installs it");
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success() && told.is_empty(), "{told}");
    }
}

#[test]
fn every_page_that_a_page_refers_to_as_pfxs_is_there() {
    for path in pages() {
        let source = std::fs::read_to_string(&path).expect("a page can be read");
        for line in source.lines().filter_map(|line| line.strip_prefix(".Xr pfx")) {
            let mut parts = line.split(' ');
            let name = format!("pfx{}", parts.next().unwrap_or_default());
            let section = parts.next().unwrap_or_default();
            let referred = directory().join(format!("{name}.{section}"));
            assert!(referred.exists(), "{} refers to {name}({section})", path.display());
        }
    }
}
