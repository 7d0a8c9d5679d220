//! The parts of the man pages that are generated from the declaration of the command line: options and their variables.

use clap::{Arg, ArgAction, Command, CommandFactory as _};
use pfx::cli::{Arguments, variable};

use super::directory;

/// Headings of options that `pfx-run(1)` describes in full, and the other pages in a line each.
const SHARED: [&str; 4] = ["Bindings", "Sources", "Project", "Environment"];

/// The lines before and after a generated part.
const GENERATED: [&str; 2] = [
    ".\\\" Generated: PFX_TEST_WRITE=1 cargo test --test integration -- manual::mdoc\n",
    ".\\\" Generated until here.\n",
];

/// A page with its generated parts replaced: options and their variables.
fn made_anew(source: &str, command: &Command) -> String {
    let parts = [options(command), variables(command)];
    let mut pieces = source.split(GENERATED[0]);
    let mut made = pieces.next().unwrap_or_default().to_owned();
    for (piece, part) in pieces.zip(parts) {
        let (_, after) = piece.split_once(GENERATED[1]).expect("the end of a generated part");
        made += &[GENERATED[0], &part, GENERATED[1], after].concat();
    }
    made
}

#[test]
fn the_options_of_every_page_are_those_of_the_declaration() {
    let mut root = Arguments::command();
    root.build();
    let pages =
        root.get_subcommands().map(|command| (format!("pfx-{}.1", command.get_name()), command));
    for (name, command) in pages.chain([("pfx.1".to_owned(), &root)]) {
        let path = directory().join(&name);
        let source = std::fs::read_to_string(&path).expect("a page can be read");
        assert_eq!(source.matches(GENERATED[0]).count(), 2, "generated parts of man/{name}");
        let made = made_anew(&source, command);
        if std::env::var_os("PFX_TEST_WRITE").is_some() {
            std::fs::write(&path, &made).expect("a page can be written");
            continue;
        }
        assert!(
            made == source,
            "man/{name} differs: PFX_TEST_WRITE=1 cargo test --test integration -- manual::mdoc"
        );
    }
}

/// An option of a page: of one command, or of several below it.
struct Entry<'c> {
    option: &'c Arg,
    /// The commands that have it, each with its text.
    texts: Vec<(&'c str, String)>,
}

/// All options of a page, in the order of their headings.
fn entries(page: &Command) -> Vec<Entry<'_>> {
    let is_root = page.get_name() == "pfx";
    let leaves: Vec<&Command> = if page.has_subcommands() && !is_root {
        page.get_subcommands().collect()
    } else {
        vec![page]
    };
    let mut entries: Vec<Entry<'_>> = Vec::new();
    for command in leaves {
        for option in command.get_arguments().filter(|one| !one.is_positional()) {
            let text = (command.get_name(), text(page, option));
            match entries.iter_mut().find(|entry| entry.option.get_id() == option.get_id()) {
                Some(entry) => entry.texts.push(text),
                None => entries.push(Entry { option, texts: vec![text] }),
            }
        }
    }
    // Options of every command are last.
    entries.sort_by_key(|entry| ["help", "version"].contains(&entry.option.get_id().as_str()));
    entries
}

/// The help of an option in whole sentences: paragraphs with an empty line between them.
fn text(page: &Command, option: &Arg) -> String {
    // clap adds text of its own here, which depends on how help is requested.
    match option.get_id().as_str() {
        "help" => return "Print help.".to_owned(),
        "version" => return "Print the version.".to_owned(),
        _ => {}
    }
    let short = option.get_help().map(ToString::to_string).unwrap_or_default();
    let is_short = page.get_name() != "run"
        && option.get_help_heading().is_some_and(|one| SHARED.contains(&one));
    let long = option.get_long_help().filter(|_| !is_short).map(ToString::to_string);
    let rest = long.as_ref().and_then(|long| long.strip_prefix(&*short));
    format!("{short}.{}", rest.unwrap_or_default())
}

/// The `OPTIONS` of a page.
pub fn options(page: &Command) -> String {
    let entries = entries(page);
    let mut headings: Vec<Option<&str>> =
        entries.iter().map(|entry| entry.option.get_help_heading()).collect();
    headings.sort_by_key(Option::is_some);
    let mut made = String::new();
    let mut done: Vec<Option<&str>> = Vec::new();
    let all = if page.get_name() == "pfx" { 1 } else { page.get_subcommands().count().max(1) };
    for heading in headings {
        if done.contains(&heading) {
            continue;
        }
        done.push(heading);
        if let Some(heading) = heading {
            made += &format!(".Ss {heading}\n");
        }
        made += ".Bl -tag -width Ds\n";
        for entry in entries.iter().filter(|entry| entry.option.get_help_heading() == heading) {
            made += &item(entry, all);
        }
        made += ".El\n";
    }
    made
}

fn item(entry: &Entry<'_>, all: usize) -> String {
    let option = entry.option;
    let mut head = ".It".to_owned();
    if let Some(short) = option.get_short() {
        head += &format!(" Fl {short} ,");
    }
    head += &format!(" Fl -{}", option.get_long().expect("a long name"));
    if option.get_action().takes_values() {
        let value = option.get_value_names().map(|names| names[0].as_str()).unwrap_or_default();
        let is_optional = option.get_num_args().is_some_and(|count| count.min_values() == 0);
        head +=
            &if is_optional { format!(" Ns Op = Ns Ar {value}") } else { format!(" Ar {value}") };
    }
    let mut body = String::new();
    let first = &entry.texts[0].1;
    if entry.texts.iter().all(|(_, text)| text == first) {
        if entry.texts.len() < all {
            let names: Vec<&str> = entry.texts.iter().map(|(name, _)| *name).collect();
            body += &format!("With\n.Cm {} :\n", names.join(" , "));
        }
        body += &paragraphs(first);
    } else {
        for (index, (name, text)) in entry.texts.iter().enumerate() {
            body += if index == 0 { "" } else { ".Pp\n" };
            body += &format!("With\n.Cm {name} :\n{}", paragraphs(text));
        }
    }
    let values = option.get_possible_values();
    let values: Vec<_> = values.iter().filter(|value| !value.is_hide_set()).collect();
    if option.get_action().takes_values() && !values.is_empty() {
        body += ".Bl -tag -width Ds\n";
        for value in values {
            let help = value.get_help().map(ToString::to_string).unwrap_or_default();
            body += &format!(".It Cm {}\n{}", value.get_name(), paragraphs(&format!("{help}.")));
        }
        body += ".El\n";
    }
    format!("{head}\n{body}")
}

/// The list of a page's own variables.
pub fn variables(page: &Command) -> String {
    let kinds = [
        "Lists of words, split as a shell splits them.",
        "Flags, set by any text except `0`, `false`, `f`, `no`, `n` and `off`.",
        "Values, in the same form as for the options.",
    ];
    let kind = |option: &Arg| match option.get_action() {
        ArgAction::Append => 0,
        ArgAction::SetTrue => 1,
        _ => 2,
    };
    let entries = entries(page);
    let mut made = ".Bl -tag -width Ds\n".to_owned();
    for (index, text) in kinds.into_iter().enumerate() {
        let options = entries.iter().map(|entry| entry.option).filter(|one| kind(one) == index);
        let names: Vec<String> = options.filter_map(variable).collect();
        if !names.is_empty() {
            made += &format!(".It Ev {}\n{}", names.join(" , "), paragraphs(text));
        }
    }
    made + ".El\n"
}

/// Text with code in backticks, as mdoc(7).
fn paragraphs(text: &str) -> String {
    let made: Vec<String> = text.split("\n\n").map(paragraph).collect();
    made.join(".Pp\n")
}

fn paragraph(text: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for sentence in sentences(text) {
        let mut open = String::new();
        for (index, piece) in sentence.split('`').enumerate() {
            if index % 2 == 1 {
                let brackets = if open.ends_with('(') { "( " } else { "" };
                open.truncate(open.len() - brackets.trim().len());
                push(&mut lines, &open);
                open.clear();
                lines.push(format!("{} {brackets}{}", kind(piece), escaped(piece)));
                continue;
            }
            // Text that follows code without a space is on the line of the macro.
            let closing = piece.find(|one: char| !").,;:".contains(one)).unwrap_or(piece.len());
            let (closing, rest) = if index == 0 { ("", piece) } else { piece.split_at(closing) };
            if let Some(line) = lines.last_mut().filter(|_| index > 0) {
                line.extend(closing.chars().flat_map(|one| [' ', one]));
            }
            assert!(index == 0 || rest.is_empty() || rest.starts_with(' '), "`{sentence}`");
            rest.clone_into(&mut open);
        }
        push(&mut lines, &open);
    }
    lines.iter().map(|line| format!("{line}\n")).collect()
}

fn push(lines: &mut Vec<String>, text: &str) {
    let text = text.trim().replace('\\', "\\e");
    if !text.is_empty() {
        let front = if text.starts_with(['.', '\'']) { "\\&" } else { "" };
        lines.push(format!("{front}{text}"));
    }
}

/// The sentences of a text: each begins a line, as mdoc requires.
fn sentences(text: &str) -> Vec<String> {
    let mut found = vec![String::new()];
    for word in text.split_whitespace() {
        let last = found.last_mut().expect("one");
        if !last.is_empty() {
            last.push(' ');
        }
        last.push_str(word);
        if word.ends_with('.') && last.matches('`').count() % 2 == 0 {
            found.push(String::new());
        }
    }
    found.retain(|sentence| !sentence.is_empty());
    found
}

/// The macro for code of this form.
fn kind(code: &str) -> &'static str {
    let is_variable =
        |one: u8| one.is_ascii_uppercase() || one.is_ascii_digit() || b"_*".contains(&one);
    if code.len() > 2 && code.contains('_') && code.bytes().all(is_variable) {
        ".Ev"
    } else {
        ".Li"
    }
}

/// One argument of a macro.
fn escaped(code: &str) -> String {
    let code = code.replace('\\', "\\e").replace('"', "\\(dq");
    let front = if code.len() < 3 { "\\&" } else { "" };
    if code.contains(' ') { format!("\"{front}{code}\"") } else { format!("{front}{code}") }
}
