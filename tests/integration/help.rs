//! `pfx help`: its output, when it opens the manual, and whether its texts are correct.

use std::collections::BTreeSet;

use clap::CommandFactory as _;
use pfx::cli::Arguments;
use pfx::command::help::TOPICS;

use crate::support::needs::tools;
use crate::support::{Home, Pfx, Terminal};

const PFX: &str = env!("CARGO_BIN_EXE_pfx");

fn help(home: &Home, words: &[&str]) -> Pfx {
    home.pfx([&["help"], words].concat())
}

/// All commands and subcommands, as the words that call each.
fn commands() -> Vec<Vec<String>> {
    fn walk(command: &clap::Command, path: &[String], found: &mut Vec<Vec<String>>) {
        for inner in command.get_subcommands() {
            let path = [path, &[inner.get_name().to_owned()]].concat();
            walk(inner, &path, found);
            found.push(path);
        }
    }
    let mut found = Vec::new();
    walk(&Arguments::command(), &[], &mut found);
    found
}

#[test]
fn help_on_a_command_is_what_its_option_prints() {
    let home = Home::new();
    let commands = commands();
    assert!(commands.len() > 15, "{commands:?}");
    for path in commands {
        let asked = home.pfx(path.iter().map(String::as_str).chain(["--help"])).outcome().stdout();
        assert!(asked.contains("Usage: pfx "), "{path:?}: {asked}");
        home.pfx([&["help".to_owned()], path.as_slice()].concat()).gives(&asked);
    }
    let whole = home.pfx(["--help"]).outcome().stdout();
    help(&home, &["pfx"]).gives(&whole);
    let of_run = home.pfx(["run", "--help"]).outcome().stdout();
    help(&home, &["pfx-run"]).gives(&of_run);
}

#[test]
fn help_alone_lists_every_command_and_topic() {
    let home = Home::new();
    let listed = help(&home, &[]).outcome().stdout();
    let names: Vec<&str> = listed
        .lines()
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    let commands = commands().into_iter().filter(|path| path.len() == 1).map(|path| path.concat());
    let all: Vec<String> = commands.chain(TOPICS.map(|topic| topic.name.to_owned())).collect();
    let mut sorted = (names, all);
    sorted.0.sort_unstable();
    sorted.1.sort_unstable();
    assert_eq!(sorted.0, sorted.1);
    for topic in &TOPICS {
        assert!(listed.contains(topic.title()), "{}", topic.name);
    }
    assert!(listed.lines().all(|line| line.len() <= 80), "{listed}");
}

#[test]
fn an_unknown_topic_is_an_error_that_suggests_one_and_lists_all() {
    let home = Home::new();
    let all = "run, check, export, secret, kv, doctor, trust, completions, help, references, precedence, exit-status, \
               environment, pfx.toml, env-files, containers, systemd, prefect, security";
    help(&home, &["refrences"]).refuses(
        2,
        &format!(
            "pfx: error: `refrences` is not a command or a help topic\n\
             pfx: hint: did you mean `references`? The commands and topics are: {all}\n"
        ),
    );
    // The word may be a password in the wrong place.
    help(&home, &["Tr0ub4dor"]).refuses(
        2,
        &format!(
            "pfx: error: `…` is not a command or a help topic\n\
             pfx: hint: the commands and topics are: {all}\n"
        ),
    );
    help(&home, &["secret", "gett"]).refuses(
        2,
        "pfx: error: `gett` is not a command of `pfx secret`\n\
         pfx: hint: did you mean `get`? The commands are: get, set, delete, list\n",
    );
    help(&home, &["run", "python"]).refuses(
        2,
        "pfx: error: `python` is not a command of `pfx run`\n\
         pfx: hint: `pfx run --help` explains it\n",
    );
    help(&home, &["references", "more"]).refuses(
        2,
        "pfx: error: the topic `references` has no subtopics\n\
         pfx: hint: use `pfx help references`\n",
    );
    for (word, meant) in
        [("status", "exit-status"), ("toml", "pfx.toml"), ("ref", "references"), ("cheek", "check")]
    {
        let said = help(&home, &[word]).outcome().stderr();
        assert!(said.contains(&format!("did you mean `{meant}`?")), "{said}");
    }
}

/// The output of `pfx help` with these words on a terminal, where these variables select `man`; and the status.
fn on_a_terminal(home: &Home, variables: &[String], words: &[&str]) -> (Option<i32>, String) {
    let variables: Vec<&str> = variables.iter().map(String::as_str).collect();
    let command = [&["env"], variables.as_slice(), &[PFX, "help"], words].concat();
    let (status, terminal) = Terminal::start(home, &command).finish();
    // Bold and underlined letters are overstruck.
    let mut text = String::new();
    for character in terminal.shown.replace("\r\n", "\n").chars() {
        if character == '\u{8}' {
            text.pop();
        } else {
            text.push(character);
        }
    }
    (status.code(), text)
}

/// A home with two pages of the manual, and variables with which man finds only these.
fn with_pages() -> (Home, Vec<String>) {
    let home = Home::new();
    for (section, page) in [("1", "pfx-run.1"), ("5", "pfx.toml.5")] {
        let text = std::fs::read(format!("{}/man/{page}", env!("CARGO_MANIFEST_DIR")));
        home.write(format!("man/man{section}/{page}"), text.expect("a page"));
    }
    let path = format!("MANPATH={}", home.join("man").display());
    (home, vec![path, "MANPAGER=cat".to_owned(), "NO_COLOR=1".to_owned()])
}

#[test]
fn a_terminal_gets_the_manual_page_if_it_is_installed() {
    need!(tools(&["man"]));
    let (home, variables) = with_pages();
    let (status, shown) = on_a_terminal(&home, &variables, &["run"]);
    assert!(shown.contains("PFX-RUN(1)") && shown.contains("DESCRIPTION"), "{shown}");
    assert_eq!(status, Some(0));
    let (_, shown) = on_a_terminal(&home, &variables, &["pfx.toml"]);
    assert!(shown.contains("PFX.TOML(5)"), "{shown}");
}

#[test]
fn a_terminal_gets_the_text_if_man_or_the_page_is_missing() {
    let (home, mut variables) = with_pages();
    let long = home.pfx(["trust", "--help"]).outcome().stdout();
    let first = long.lines().next().expect("a line");
    // man has only other pages.
    let (status, shown) = on_a_terminal(&home, &variables, &["trust"]);
    assert!(shown.starts_with(first) && shown.contains("Usage: pfx trust"), "{shown}");
    assert_eq!(status, Some(0));
    // man does not exist.
    variables.push(format!("PATH={}", home.join("none").display()));
    let (_, shown) = on_a_terminal(&home, &variables, &["trust"]);
    assert!(shown.starts_with(first), "{shown}");
    // The replacement for man on a minimal system: it shows nothing and succeeds.
    home.script("bin/man", "#!/bin/sh\necho This system has been minimized\n");
    variables.push(format!("PATH={}", home.join("bin").display()));
    let (_, shown) = on_a_terminal(&home, &variables, &["trust"]);
    assert!(shown.starts_with(first), "{shown}");
    let (_, shown) = on_a_terminal(&home, &variables, &["pfx.toml"]);
    assert!(shown.starts_with("The project file"), "{shown}");
}

#[test]
fn a_pipe_gets_the_text_and_no_other_program_is_started() {
    let home = Home::new();
    home.script("bin/man", "#!/bin/sh\ntouch \"$HOME/started\"\necho /page\n");
    let path = home.join("bin");
    let long = home.pfx(["run", "--help"]).outcome().stdout();
    home.pfx(["help", "run"]).env("PATH", &path).gives(&long);
    home.pfx(["help", "pfx.toml"]).env("PATH", &path).outcome();
    assert!(!home.join("started").exists());
    for topic in &TOPICS {
        home.pfx(["help", topic.name]).gives(topic.text);
    }
}

#[test]
fn colors_are_those_of_the_option_help() {
    let home = Home::new();
    let colored = home.pfx(["trust", "--help", "--color", "always"]).outcome().stdout();
    assert!(colored.contains("\u{1b}["), "{colored}");
    home.pfx(["help", "trust", "--color", "always"]).gives(&colored);
    let topic = &TOPICS[0];
    let colored =
        format!("\u{1b}[1m{}\u{1b}[0m{}", topic.title(), &topic.text[topic.title().len()..]);
    home.pfx(["help", topic.name, "--color", "always"]).gives(&colored);
}

#[test]
fn every_topic_fits_a_screen_of_80_columns() {
    for topic in &TOPICS {
        let lines: Vec<&str> = topic.text.lines().collect();
        assert!((15..=32).contains(&lines.len()), "{}: {} lines", topic.name, lines.len());
        for line in lines {
            assert!(line.chars().count() <= 80, "{}: {line}", topic.name);
        }
    }
}

#[test]
fn every_section_that_a_topic_names_is_in_the_manual_page() {
    let mut sections = 0;
    for topic in &TOPICS {
        let Some((_, line)) = topic.text.rsplit_once("\nSee ") else { continue };
        // In quotes: a heading of the page before it.
        let parts: Vec<&str> = line.split('"').collect();
        for quoted in parts.chunks(2).filter(|part| part.len() == 2) {
            let page = quoted[0].rsplit("pfx").next().unwrap_or_default();
            let page =
                page.split(',').next().unwrap_or_default().replace('(', ".").replace(')', "");
            let path = format!("{}/man/pfx{page}", env!("CARGO_MANIFEST_DIR"));
            let text = std::fs::read_to_string(&path).expect(&path);
            let heading = format!(".Ss {}", quoted[1]);
            assert!(
                text.lines().any(|line| line == heading),
                "{}: {heading} in {path}",
                topic.name
            );
            sections += 1;
        }
    }
    assert!(sections >= 5, "{sections}");
}

/// The words of a text that begin with `prefix`: `--long`, `PFX_…`.
fn words<'t>(text: &'t str, prefix: &str) -> BTreeSet<&'t str> {
    let is_other =
        |character: char| !(character.is_ascii_alphanumeric() || "-_".contains(character));
    text.split(is_other)
        .filter(|word| word.starts_with(prefix) && word.len() > prefix.len())
        .collect()
}

#[test]
fn every_option_variable_and_page_in_a_topic_exists() {
    let mut root = Arguments::command();
    root.build();
    let (mut options, mut variables) = (BTreeSet::new(), BTreeSet::new());
    let mut commands = vec![&root];
    while let Some(command) = commands.pop() {
        commands.extend(command.get_subcommands());
        for option in command.get_arguments() {
            options.extend(option.get_long().map(|long| format!("--{long}")));
            variables.extend(pfx::cli::variable(option));
        }
    }
    for topic in &TOPICS {
        for word in words(topic.text, "--") {
            assert!(options.contains(word), "{}: {word}", topic.name);
        }
        for word in words(topic.text, "PFX_") {
            assert!(variables.contains(word), "{}: {word}", topic.name);
        }
        for section in ["1", "5"] {
            let end = format!("({section})");
            let mut before: Vec<&str> = topic.text.split(&end).collect();
            before.pop();
            for before in before {
                let page = before.rsplit([' ', '\n']).next().unwrap_or_default();
                let path = format!("{}/man/{page}.{section}", env!("CARGO_MANIFEST_DIR"));
                assert!(std::path::Path::new(&path).exists(), "{}: {page}({section})", topic.name);
            }
        }
        assert!(topic.text.contains("\nSee pfx"), "{} names its page", topic.name);
    }
    let page = include_str!("../../man/pfx-help.1");
    for topic in &TOPICS {
        assert!(page.contains(&format!(".It Cm {}\n", topic.name)), "{}", topic.name);
    }
}

#[test]
fn pfx_accepts_every_command_line_in_a_topic() {
    let mut count = 0;
    for topic in &TOPICS {
        for line in topic.text.lines() {
            let Some(at) = line.find("pfx ").filter(|_| line.starts_with("  ")) else { continue };
            let begins = ["  ", "command: \"", "ExecStart=/usr/local/bin/"];
            if !begins.contains(&line[..at].trim_start_matches("  ")) && at != 2 {
                continue;
            }
            let end = ["  ", " | "].iter().filter_map(|end| line[at..].find(end)).min();
            let words = &line[at..end.map_or(line.len(), |end| at + end)];
            let words = shell_words::split(words.trim_end_matches('"')).expect("words of a shell");
            let words: Vec<std::ffi::OsString> = words.into_iter().map(Into::into).collect();
            let read = Arguments::read(&words);
            assert!(read.is_ok(), "{}: {line}", topic.name);
            count += 1;
        }
        // In a sentence.
        for words in
            topic.text.split('`').skip(1).step_by(2).filter_map(|it| it.strip_prefix("pfx "))
        {
            let path: Vec<String> = words.split(' ').map(str::to_owned).collect();
            assert!(commands().contains(&path), "{}: pfx {words}", topic.name);
            count += 1;
        }
    }
    assert!(count > 20, "{count}");
}

fn topic(name: &str) -> &'static str {
    TOPICS.iter().find(|topic| topic.name == name).expect("a topic").text
}

/// The indented lines of a topic from the one that begins with `first` to the last that `is_one` accepts.
fn sample(name: &str, first: &str, is_one: impl Fn(&str) -> bool) -> String {
    let lines = topic(name).lines().skip_while(|line| !line.trim_start().starts_with(first));
    lines.take_while(|line| is_one(line)).map(|line| line.trim_start().to_owned() + "\n").collect()
}

#[test]
fn the_exit_statuses_are_those_of_pfx() {
    let source = include_str!("../../src/exit.rs");
    let declared: Vec<&str> = source
        .lines()
        .filter_map(|line| line.strip_suffix(',')?.split_once(" = "))
        .map(|(_, status)| status)
        .collect();
    let explained: Vec<&str> = topic("exit-status")
        .lines()
        .filter_map(|line| line.strip_prefix("  ")?.split(' ').next())
        .filter(|word| word.parse::<u8>().is_ok())
        .collect();
    assert_eq!(explained, declared);
}

#[test]
fn the_project_file_binds_what_it_shows() {
    let home = Home::with_secrets("prod-db = '{\"password\": \"x\"}'\n");
    let file = sample("pfx.toml", "command = ", |line| line.is_empty() || line.starts_with("  "));
    home.write("pfx.toml", file);
    let show = "echo $LOG_LEVEL $DB_PASSWORD ${SLACK_URL-none} $REGION";
    let run = |arguments: &[&str]| {
        let words = [&["run", "--local", "-f", "pfx.toml"], arguments, &["--", "sh", "-c", show]];
        home.pfx(words.concat()).env("PFX_PREFECT", "")
    };
    run(&["--set", "REGION=here"]).gives("info x none here\n");
    run(&["--set", "REGION=here", "--profile", "dev"]).gives("debug x none here\n");
}

#[test]
fn the_env_file_binds_what_it_shows() {
    let home = Home::with_secrets("prod-db = '{\"password\": \"x\"}'\n");
    home.write(".env", sample("env-files", "DB_PASSWORD=", |line| line.starts_with("  ")));
    let show = "printf '%s\\n' \"$DB_PASSWORD\" \"${SENTRY_DSN-none}\" \"$DATABASE_URL\" \"$GREETING\" \"$LOG_LEVEL\"";
    home.run(&["--env-file", ".env"], &["sh", "-c", show])
        .gives("x\nnone\npostgres://app:x@db.internal/app\nliteral: $NAME is not expanded\ninfo\n");
}

#[test]
fn references_are_those_of_the_manual() {
    let kinds = |text: &str| -> BTreeSet<String> {
        let after = text.split("pfx://").skip(1).filter_map(|rest| rest.split('/').next());
        let is_kind = |word: &&str| word.bytes().all(|byte| byte.is_ascii_lowercase());
        after.filter(|word| !word.is_empty()).filter(is_kind).map(str::to_owned).collect()
    };
    let manual = kinds(include_str!("../../man/pfx.toml.5"));
    assert!(manual.len() >= 4, "{manual:?}");
    assert_eq!(kinds(topic("references")), manual);
    // Names are written as pfx reads them.
    let home = Home::with_secrets("\"a#/b?%20\" = \"v\"\n");
    home.run(&["-s", "A=a%23/b%3F%2520"], &["sh", "-c", "echo $A"]).gives("v\n");
}

#[test]
fn sources_are_searched_in_the_order_that_is_explained() {
    let home = Home::new();
    let name = |place: &str| format!("[context.secrets]\n{place} = \"{place}\"\nA = \"{place}\"\n");
    home.write(".prefect/backend.toml", name("backend"));
    home.write(".prefect/config.toml", name("config"));
    home.write("credentials/A", "credentials");
    home.write("mounted/A", "mounted");
    let precedence = topic("precedence");
    let at = |word: &str| precedence.find(word).unwrap_or_else(|| panic!("{word} is explained"));
    let explained = [
        at("PREFECT__CONTEXT__SECRETS__NAME"),
        at("backend.toml"),
        at("config.toml"),
        at("CREDENTIALS_DIRECTORY"),
        at("--secrets-dir"),
        at("the remote store"),
    ];
    assert!(explained.is_sorted(), "{explained:?}");
    // Each time one place is removed.
    let found = |with_variable: bool| {
        let pfx = home
            .run(&["--secrets-dir", "mounted", "-s", "A"], &["sh", "-c", "echo $A"])
            .env("CREDENTIALS_DIRECTORY", home.join("credentials"));
        let pfx =
            if with_variable { pfx.env("PREFECT__CONTEXT__SECRETS__A", "variable") } else { pfx };
        pfx.outcome().stdout()
    };
    assert_eq!(found(true), "variable\n");
    assert_eq!(found(false), "backend\n");
    std::fs::remove_file(home.join(".prefect/backend.toml")).expect("it was there");
    assert_eq!(found(false), "config\n");
    std::fs::remove_file(home.config()).expect("it was there");
    assert_eq!(found(false), "credentials\n");
    std::fs::remove_file(home.join("credentials/A")).expect("it was there");
    assert_eq!(found(false), "mounted\n");
}
