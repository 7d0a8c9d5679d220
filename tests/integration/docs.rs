//! Links of the documents, checked without a network: files, headings and pictures exist, every page of docs/ can be
//! reached, and no link leads to a place that a reader cannot see.

mod pictures;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Component, Path, PathBuf};

use clap::error::ErrorKind;
use clap::{CommandFactory as _, Parser as _};
use pfx::cli::Arguments;

use crate::support::document::{Document, ROOT, documents};
use crate::support::needs::yaml;
use crate::support::{Home, Pfx};

/// A link of a document: its target, as written.
#[derive(Debug)]
struct Link {
    line: usize,
    target: String,
}

/// README.md, docs/ and the other documents of the repository.
fn all() -> Vec<Document> {
    let others = ["CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"];
    let mut all = documents();
    all.extend(others.map(Document::read));
    all
}

/// The lines of a document that are prose, each with its number: not those of fenced blocks.
fn prose(text: &str) -> Vec<(usize, &str)> {
    let mut is_fenced = false;
    let mut prose = Vec::new();
    for (index, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            is_fenced = !is_fenced;
        } else if !is_fenced {
            prose.push((index + 1, line));
        }
    }
    prose
}

/// A line without its code.
fn without_code(line: &str) -> String {
    line.split('`').step_by(2).collect::<Vec<_>>().join("`")
}

/// Every link and picture of a document, in Markdown or HTML.
fn links(text: &str) -> Vec<Link> {
    let mut links = Vec::new();
    for (line, words) in prose(text) {
        // A link's text may be code, its target is not.
        let words = without_code(words);
        let mut add = |target: &str| links.push(Link { line, target: target.to_owned() });
        for rest in words.split("](").skip(1) {
            add(rest.split([')', ' ']).next().unwrap_or_default());
        }
        for attribute in ["src=\"", "srcset=\"", "href=\""] {
            for rest in words.split(attribute).skip(1) {
                let value = rest.split('"').next().unwrap_or_default();
                // `srcset` is a list, each with a width or a density.
                for one in value.split(',').filter_map(|one| one.split_whitespace().next()) {
                    add(one);
                }
            }
        }
        for rest in words.split('<').skip(1).filter(|rest| rest.contains("://")) {
            let target = rest.split('>').next().unwrap_or_default();
            if !target.contains([' ', '"']) {
                add(target);
            }
        }
        if let Some((_, target)) = words.strip_prefix('[').and_then(|rest| rest.split_once("]: ")) {
            add(target.split(' ').next().unwrap_or_default());
        }
    }
    links
}

/// The anchors of a document's headings, by GitHub's rule: in lower case, without what is neither a letter, a digit, `-`
/// nor `_`, a hyphen for a space, and a number after one that was there before.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut anchors = BTreeSet::new();
    for (_, line) in prose(text) {
        let level = line.bytes().take_while(|byte| *byte == b'#').count();
        let Some(heading) = line[level..].strip_prefix(' ').filter(|_| (1..=6).contains(&level))
        else {
            continue;
        };
        let slug = slug(heading);
        let count = seen.entry(slug.clone()).or_default();
        anchors.insert(if *count == 0 { slug } else { format!("{slug}-{count}") });
        *count += 1;
    }
    anchors
}

fn slug(heading: &str) -> String {
    let is_kept = |one: &char| one.is_alphanumeric() || [' ', '-', '_'].contains(one);
    heading.trim().to_lowercase().chars().filter(is_kept).collect::<String>().replace(' ', "-")
}

/// The path of a relative link of a document, relative to the checkout; `None` if it is outside.
fn resolve(document: &Path, target: &str) -> Option<PathBuf> {
    let mut path = document.parent()?.to_owned();
    for part in Path::new(target).components() {
        match part {
            Component::Normal(name) => path.push(name),
            Component::CurDir => {}
            Component::ParentDir => {
                if !path.pop() {
                    return None;
                }
            }
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(path)
}

/// What is wrong with a link, if anything.
fn fault(document: &Document, target: &str) -> Option<&'static str> {
    if let Some((scheme, rest)) = target.split_once("://") {
        let host = rest.split(['/', ':', '?', '#']).next().unwrap_or_default();
        let is_private = !host.contains('.')
            || host.starts_with(|first: char| first.is_ascii_digit())
            || [".local", ".internal", ".localhost", ".lan"].iter().any(|end| host.ends_with(end));
        return if scheme != "https" {
            Some("not https")
        } else if is_private || rest.contains('@') {
            Some("a place that readers cannot see")
        } else {
            None
        };
    }
    let (file, anchor) = target.split_once('#').map_or((target, None), |(f, a)| (f, Some(a)));
    let path = if file.is_empty() {
        document.path.clone()
    } else if let Some(path) = resolve(&document.path, file) {
        path
    } else {
        return Some("outside of the repository");
    };
    let there = Path::new(ROOT).join(&path);
    if !there.exists() {
        return Some("no such file");
    }
    let anchor = anchor?;
    let text = fs::read_to_string(there).unwrap_or_default();
    let is_page = path.extension().is_some_and(|end| end == "md");
    (!is_page || !anchors(&text).contains(anchor)).then_some("no such heading")
}

#[test]
fn every_link_has_an_existing_target() {
    let mut count = 0;
    let mut faults = String::new();
    for document in all() {
        for link in links(&document.text) {
            count += 1;
            if let Some(fault) = fault(&document, &link.target) {
                let place = document.path.display();
                faults += &format!("{place}:{}: {}: {fault}\n", link.line, link.target);
            }
        }
    }
    assert!(faults.is_empty(), "{faults}");
    assert!(count > 10, "there are {count} links");
}

#[test]
fn every_page_and_picture_of_docs_can_be_reached_from_the_readme() {
    let mut reached = BTreeSet::from([PathBuf::from("README.md")]);
    let mut next = vec![PathBuf::from("README.md")];
    while let Some(path) = next.pop() {
        let document = Document::read(path);
        for link in links(&document.text).iter().filter(|link| !link.target.contains("://")) {
            let file = link.target.split('#').next().unwrap_or_default();
            let Some(path) = resolve(&document.path, file).filter(|_| !file.is_empty()) else {
                continue;
            };
            if reached.insert(path.clone()) && path.extension().is_some_and(|end| end == "md") {
                next.push(path);
            }
        }
    }
    let mut missing = Vec::new();
    let mut directories = vec![PathBuf::from("docs")];
    while let Some(directory) = directories.pop() {
        let Ok(entries) = fs::read_dir(Path::new(ROOT).join(&directory)) else { continue };
        for entry in entries.map(|entry| entry.expect("an entry")) {
            let path = directory.join(entry.file_name());
            if entry.path().is_dir() {
                directories.push(path);
            } else if !reached.contains(&path) {
                missing.push(path);
            }
        }
    }
    assert!(missing.is_empty(), "README.md does not lead to {missing:?}");
}

#[test]
fn every_page_that_another_file_names_exists() {
    let mut directories =
        ["man", "examples", "packaging", "schema", "src", "benches"].map(PathBuf::from).to_vec();
    let mut files = ["install.sh", "Cargo.toml", "Containerfile"].map(PathBuf::from).to_vec();
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(Path::new(ROOT).join(&directory)).expect("a directory") {
            let entry = entry.expect("an entry");
            let path = directory.join(entry.file_name());
            if entry.path().is_dir() { directories.push(path) } else { files.push(path) }
        }
    }
    for file in files {
        let text = fs::read_to_string(Path::new(ROOT).join(&file)).unwrap_or_default();
        for rest in text.split("docs/").skip(1) {
            let is_part = |one: char| one.is_ascii_alphanumeric() || "-_./#".contains(one);
            let name = &rest[..rest.find(|one| !is_part(one)).unwrap_or(rest.len())];
            let name = name.trim_end_matches('.');
            if name.contains(".md") {
                let document = Document { path: "README.md".into(), text: String::new() };
                let fault = fault(&document, &format!("docs/{name}"));
                assert_eq!(fault, None, "{}: docs/{name}", file.display());
            }
        }
    }
}

/// The code in the prose of a document, each with the line on which it begins.
fn code(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut open: Option<(usize, String)> = None;
    for (line, words) in prose(text) {
        if words.is_empty() {
            open = None;
        }
        for (index, part) in words.split('`').enumerate() {
            if index > 0 {
                match open.take() {
                    Some(ended) => found.push(ended),
                    None => open = Some((line, String::new())),
                }
            }
            if let Some((_, code)) = &mut open {
                *code += part;
            }
        }
        if let Some((_, code)) = &mut open {
            code.push(' ');
        }
    }
    found
}

/// The commands of pfx in blocks that no test runs, each with its line.
fn commands_of_blocks(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut language = None;
    for (index, line) in text.lines().enumerate() {
        if let Some(info) = line.strip_prefix("```") {
            language = (language.is_none()).then_some(info);
        } else if language.is_some_and(|language| !language.starts_with("console"))
            && !line.starts_with("COPY ")
        {
            for (start, _) in line.match_indices("pfx ") {
                let before = line[..start].chars().next_back();
                if before.is_some_and(|before| !" \"(/".contains(before)) {
                    continue;
                }
                let command = &line[start..];
                let ends = [" #", " |", " && ", "; ", ")\""];
                let end = ends.iter().filter_map(|end| command.find(end)).min();
                let end = if before == Some('"') { command.find('"') } else { end };
                found.push((index + 1, command[..end.unwrap_or(command.len())].to_owned()));
            }
        }
    }
    found
}

#[test]
fn every_command_and_option_of_pfx_exists() {
    let mut root = Arguments::command();
    root.build();
    let all = root.get_subcommands().flat_map(|command| command.get_subcommands().chain([command]));
    let options: BTreeSet<String> = all
        .flat_map(|command| command.get_arguments().filter_map(clap::Arg::get_long))
        .map(|name| format!("--{name}"))
        .collect();
    let (mut commands, mut faults) = (0, String::new());
    for document in documents() {
        let place = document.path.display();
        let mut found = commands_of_blocks(&document.text);
        let code = code(&document.text);
        found.extend(code.iter().filter(|(_, code)| code.starts_with("pfx ")).cloned());
        for (line, command) in found {
            let words = shell_words::split(&command).unwrap_or_else(|_| vec![command.clone()]);
            let words = words.into_iter().filter(|word| !word.contains('…'));
            match Arguments::try_parse_from(words).map_err(|error| error.kind()) {
                // A text names a command without all that it needs.
                Ok(_)
                | Err(
                    ErrorKind::MissingRequiredArgument
                    | ErrorKind::MissingSubcommand
                    | ErrorKind::DisplayHelp
                    | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand,
                ) => commands += 1,
                Err(kind) => faults += &format!("{place}:{line}: {command}: {kind}\n"),
            }
        }
        // These are about options of others.
        if ["comparison.md", "performance.md"].iter().any(|name| document.path.ends_with(name)) {
            continue;
        }
        for (line, code) in code.iter().filter(|(_, code)| code.starts_with("--") && code != "--") {
            let name = code.split([' ', '=']).next().unwrap_or_default();
            if !options.contains(name) {
                faults += &format!("{place}:{line}: {name}: no such option\n");
            }
        }
    }
    assert!(faults.is_empty(), "{faults}");
    assert!(commands > 20, "there are {commands} commands");
}

/// The fenced blocks of a language, in all documents.
fn blocks_of(language: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    for document in documents() {
        let start = format!("\n```{language}\n");
        let ends = document.text.split(&*start).skip(1);
        blocks.extend(ends.filter_map(|rest| Some(rest.split_once("\n```")?.0.to_owned())));
    }
    blocks
}

#[test]
fn every_block_of_yaml_can_be_parsed() {
    need!(yaml());
    let script = "import json, sys, yaml\nfor text in json.load(sys.stdin): assert yaml.safe_load(text), text";
    let blocks = blocks_of("yaml");
    assert!(blocks.len() > 4, "{blocks:?}");
    let text = serde_json::to_string(&blocks).expect("JSON");
    let home = Home::new();
    Pfx::new(home.path(), "python3", ["-c", script]).stdin(text).gives("");
}

#[test]
fn the_command_of_a_deployment_is_the_one_of_the_example() {
    let example = fs::read_to_string(format!("{ROOT}/examples/prefect-3/prefect.yaml"));
    let example = example.expect("the example");
    let blocks = blocks_of("yaml");
    let commands: Vec<&str> =
        blocks.iter().filter_map(|block| block.strip_prefix("job_variables:\n")).collect();
    assert!(commands.len() > 1, "{blocks:?}");
    for command in commands {
        assert!(example.contains(command.trim()), "{command}");
    }
}

#[test]
fn anchors_and_links_are_found_as_github_finds_them() {
    let text = "# One & `two`_3: 4\n```\n# no\n[no](no)\n```\n## Ä b\n## Ä b\n[a](b \"c\") `[no](no)` ![d](e#f)\n\
        <img src=\"g\"> <source srcset=\"h 1x, i 2x\"> <https://j.org>\n[k]: l\n";
    assert_eq!(Vec::from_iter(anchors(text)), ["one--two_3-4", "ä-b", "ä-b-1"]);
    let links: Vec<String> = links(text).into_iter().map(|link| link.target).collect();
    assert_eq!(links, ["b", "e#f", "g", "h", "i", "https://j.org", "l"]);
    let page = Document { path: "docs/page.md".into(), text: String::new() };
    for (target, fault) in [
        ("../README.md", None),
        ("../README.md#pfx", None),
        ("https://prefect.io", None),
        ("../README.md#nowhere", Some("no such heading")),
        ("README.md", Some("no such file")),
        ("../../x", Some("outside of the repository")),
        ("/work/x", Some("outside of the repository")),
        ("http://prefect.io", Some("not https")),
        ("https://localhost/x", Some("a place that readers cannot see")),
        ("https://10.0.0.1/x", Some("a place that readers cannot see")),
    ] {
        assert_eq!(self::fault(&page, target), fault, "{target}");
    }
}
