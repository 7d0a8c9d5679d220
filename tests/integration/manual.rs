//! The man pages describe everything that the command line accepts, nothing else, and have no lint warnings.

mod diagnostics;
pub mod examples;
mod mdoc;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;

use clap::CommandFactory as _;
use pfx::cli::Arguments;

use crate::support::needs::tools;

const SECTIONS: [&str; 11] = [
    "NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "ENVIRONMENT", "FILES", "EXIT STATUS",
    "EXAMPLES", "DIAGNOSTICS", "SECURITY", "SEE ALSO",
];

/// The page as a terminal shows it, without bold and underline.
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

/// The words of a text that begin with `prefix`: `--long`, `PFX_…`.
fn words<'t>(text: &'t str, prefix: &str) -> BTreeSet<&'t str> {
    text.split(|character: char| {
        !(character.is_ascii_alphanumeric() || matches!(character, '-' | '_'))
    })
    .filter(|word| word.starts_with(prefix) && word.len() > prefix.len())
    .collect()
}

/// Everything that a command and its subcommands declare.
#[derive(Default)]
struct Declared {
    options: BTreeSet<String>,
    variables: BTreeSet<String>,
    /// Names of commands, and the words that options and arguments accept.
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

    /// The command's own options, and the names of its subcommands.
    fn add_own(&mut self, command: &clap::Command) {
        for argument in command.get_arguments() {
            if let Some(long) = argument.get_long() {
                self.options.insert(format!("--{long}"));
            }
            if let Some(short) = argument.get_short() {
                self.options.insert(format!("-{short}"));
            }
            self.variables.extend(pfx::cli::variable(argument));
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

/// Each page of a command, with what the command declares. `pfx(1)` has the commands and common options.
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
    assert!(path.exists(), "man/{name} does not exist");
    page(&path)
}

#[test]
fn every_option_variable_command_and_word_is_in_the_page_of_its_command() {
    need!(tools(&["mandoc"]));
    for (name, declared) in declarations() {
        let text = of_command(&name);
        let all: BTreeSet<&str> = text
            .split(|character: char| {
                !(character.is_ascii_alphanumeric() || matches!(character, '-' | '_'))
            })
            .collect();
        for word in declared.options.iter().chain(&declared.variables).chain(&declared.values) {
            assert!(all.contains(word.as_str()), "man/{name} does not mention {word}");
        }
    }
}

#[test]
fn no_page_mentions_an_option_or_variable_that_its_command_does_not_have() {
    need!(tools(&["mandoc"]));
    let every = Declared::of(&{
        let mut root = Arguments::command();
        root.build();
        root
    });
    for (name, declared) in declarations() {
        let text = of_command(&name);
        for word in words(section(&text, "OPTIONS", "ENVIRONMENT"), "--") {
            assert!(
                declared.options.contains(word),
                "man/{name} mentions {word}, which does not exist"
            );
        }
        for word in words(&text, "PFX_") {
            assert!(
                every.variables.contains(word),
                "man/{name} mentions {word}, which does not exist"
            );
        }
    }
}

#[test]
fn every_exit_status_is_in_the_pages_of_the_commands_that_use_it() {
    need!(tools(&["mandoc"]));
    for (name, _) in declarations() {
        let statuses: &[&str] = match name.as_str() {
            "pfx.1" => &["0", "1", "2", "125", "126", "127"],
            "pfx-run.1" => &["2", "125", "126", "127"],
            "pfx-completions.1" | "pfx-export.1" | "pfx-help.1" => &["0", "2", "125"],
            _ => &["0", "1", "2", "125"],
        };
        let text = of_command(&name);
        let listed: Vec<&str> = section(&text, "EXIT STATUS", "EXAMPLES")
            .lines()
            .filter_map(|line| line.split_whitespace().next())
            .filter(|word| word.bytes().all(|byte| byte.is_ascii_digit()))
            .collect();
        assert_eq!(listed, statuses, "man/{name}");
    }
}

#[test]
fn every_page_of_a_command_has_every_section_in_order() {
    need!(tools(&["mandoc"]));
    for (name, _) in declarations() {
        let text = of_command(&name);
        let headings: Vec<&str> = text.lines().filter(|line| SECTIONS.contains(line)).collect();
        assert_eq!(headings, SECTIONS, "man/{name}");
    }
}

#[test]
fn no_page_has_a_lint_warning() {
    need!(tools(&["mandoc"]));
    for path in pages() {
        let output = Command::new("mandoc")
            .args(["-T", "lint", "-W", "warning"])
            .arg(&path)
            .output()
            .expect("mandoc is there: tests/run.sh installs it");
        let listed = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success() && listed.is_empty(), "{listed}");
    }
}

#[test]
fn every_page_of_pfx_that_a_page_refers_to_exists() {
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

/// One section of a page.
fn section<'t>(text: &'t str, name: &str, next: &str) -> &'t str {
    let start = text.find(&format!("\n{name}")).unwrap_or_else(|| panic!("a section {name}"));
    &text[start..text.find(&format!("\n{next}")).unwrap_or_else(|| panic!("a section {next}"))]
}

/// The quoted texts that follow `before` in a source.
fn quoted_after<'t>(source: &'t str, before: &str) -> BTreeSet<&'t str> {
    source.split(before).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

#[test]
fn the_diagnostics_list_exactly_the_kinds_of_errors() {
    need!(tools(&["mandoc"]));
    let source = include_str!("../../src/error/mod.rs");
    let start = source.find("const fn kind").expect("the words for programs");
    let length = source[start..].find("\n    }").expect("its end");
    let kinds = quoted_after(&source[start..start + length], "=> \"");
    assert!(kinds.len() > 10, "they are found: {kinds:?}");
    let text = of_command("pfx.1");
    let text =
        section(&text, "DIAGNOSTICS", "SECURITY").split_whitespace().collect::<Vec<_>>().join(" ");
    let (_, list) = text.split_once("is about: ").expect("the list of kinds");
    let (list, _) = list.split_once('.').expect("its end");
    let listed: BTreeSet<&str> = list.split([' ', ',']).filter(|word| !word.is_empty()).collect();
    assert_eq!(listed, kinds);
}

#[test]
fn every_field_of_json_is_in_the_page_of_its_command() {
    need!(tools(&["mandoc"]));
    let sources: [(&str, &[&str]); 6] = [
        ("pfx.1", &["src/report.rs"]),
        ("pfx-check.1", &["src/command/check/mod.rs", "src/command/check/precedence.rs"]),
        ("pfx-doctor.1", &["src/command/doctor/show.rs"]),
        ("pfx-kv.1", &["src/command/kv/copy.rs"]),
        ("pfx-secret.1", &["src/command/secret/list.rs"]),
        ("pfx-trust.1", &["src/command/trust.rs"]),
    ];
    for (name, files) in sources {
        let text = of_command(name);
        let listed: BTreeSet<&str> = text
            .split(|character: char| !(character.is_ascii_alphanumeric() || character == '_'))
            .collect();
        for file in files {
            let source = std::fs::read_to_string(file).expect("a source");
            let code = source.split("#[cfg(test)]").next().unwrap_or_default();
            let mut fields = quoted_after(code, "json[\"");
            // A key of `json!` precedes a colon.
            let pieces: Vec<&str> = code.split('"').collect();
            fields.extend(pieces.windows(2).filter_map(|pair| {
                let is_name = pair[0].bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
                (is_name && !pair[0].is_empty() && pair[1].starts_with(':')).then_some(pair[0])
            }));
            assert!(!fields.is_empty(), "{file} makes JSON");
            for field in fields {
                assert!(listed.contains(field), "man/{name} does not mention the field {field}");
            }
        }
    }
}

/// Each synopsis of a page, in one line: `pfx kv get [--json] …`.
fn synopses(text: &str) -> Vec<String> {
    let mut ways: Vec<String> = Vec::new();
    for line in section(text, "SYNOPSIS", "DESCRIPTION").lines().skip(2) {
        if line.starts_with("     pfx ") {
            ways.push(line.trim().to_owned());
        } else if let Some(last) = ways.last_mut() {
            *last = format!("{last} {}", line.trim());
        }
    }
    ways
}

/// The commands without subcommands, each with the words that call it.
fn leaves<'c>(
    command: &'c clap::Command,
    path: &str,
    found: &mut Vec<(String, &'c clap::Command)>,
) {
    let path = format!("{path} {}", command.get_name());
    if command.has_subcommands() {
        command.get_subcommands().for_each(|inner| leaves(inner, &path, found));
    } else {
        found.push((path, command));
    }
}

#[test]
fn the_synopsis_of_every_command_has_exactly_its_options() {
    need!(tools(&["mandoc"]));
    let mut root = Arguments::command();
    root.build();
    let mut commands = Vec::new();
    root.get_subcommands().for_each(|command| leaves(command, "pfx", &mut commands));
    for (path, command) in commands {
        let page = path.split(' ').nth(1).expect("a command");
        let text = of_command(&format!("pfx-{page}.1"));
        let ways: Vec<String> = synopses(&text)
            .into_iter()
            .filter(|way| *way == path || way.starts_with(&format!("{path} ")))
            .collect();
        assert!(!ways.is_empty(), "the synopsis of man/pfx-{page}.1 lacks `{path}`");
        let all = ways.join(" ");
        let listed: BTreeSet<&str> = all
            .split(|character: char| !(character.is_ascii_alphanumeric() || character == '-'))
            .filter(|word| word.starts_with('-') && !word.trim_matches('-').is_empty())
            .collect();
        // Some are listed together, as a group.
        let is_grouped = |argument: &clap::Arg| {
            let group = argument.get_help_heading().unwrap_or_default().to_lowercase();
            all.contains(&format!("[{group}]"))
        };
        let mut own = BTreeSet::new();
        for argument in command.get_arguments() {
            let is_common = argument.is_global_set()
                || matches!(
                    argument.get_id().as_str(),
                    "help" | "version" | "verbose" | "error_format"
                );
            if is_common || argument.is_hide_set() {
                continue;
            }
            if argument.is_positional() {
                let is_listed = argument
                    .get_possible_values()
                    .iter()
                    .all(|value| all.contains(value.get_name()))
                    && all.len() > path.len();
                assert!(is_listed, "`{all}` lacks {}", argument.get_id());
                continue;
            }
            let long = argument.get_long().map(|long| format!("--{long}"));
            let short = argument.get_short().map(|short| format!("-{short}"));
            let is_listed =
                [&long, &short].into_iter().flatten().any(|word| listed.contains(word.as_str()));
            assert!(is_listed || is_grouped(argument), "`{all}` lacks {long:?}");
            own.extend(long.into_iter().chain(short));
        }
        for word in listed {
            assert!(own.contains(word), "`{all}` has {word}, which does not exist");
        }
    }
}

#[test]
fn the_synopsis_of_pfx_has_every_command_with_its_subcommands() {
    need!(tools(&["mandoc"]));
    let text = of_command("pfx.1");
    let ways = synopses(&text);
    for command in Arguments::command().get_subcommands() {
        let path = format!("pfx {}", command.get_name());
        let way = ways.iter().find(|way| way.starts_with(&format!("{path} ")));
        let way = way.unwrap_or_else(|| panic!("the synopsis of man/pfx.1 lacks `{path}`"));
        let below: Vec<&str> = command.get_subcommands().map(clap::Command::get_name).collect();
        let below = below.join(" | ");
        assert!(way.starts_with(format!("{path} {below}").trim_end()), "`{way}` lacks `{below}`");
    }
}
