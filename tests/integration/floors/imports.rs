//! Which file imports which, read from the sources: `crate::`, `super::` and `self::` paths, in `use` or not.

use std::collections::{BTreeMap, BTreeSet};

/// Sources by their path below `src`, such as `plan/mod.rs`.
pub type Sources = BTreeMap<String, String>;

/// A module: its names from the root, such as `plan`, `binding`.
type Module = Vec<String>;

/// For each file, the files that it imports. A re-export of a `mod.rs` counts as the file that defines the name.
pub fn imports(sources: &Sources) -> BTreeMap<String, BTreeSet<String>> {
    let files: BTreeMap<Module, &str> =
        sources.keys().map(|path| (module(path), path.as_str())).collect();
    let paths: BTreeMap<&str, Vec<Path>> = sources
        .iter()
        .map(|(path, text)| (path.as_str(), paths(text, &module(path), &files)))
        .collect();
    let exports: BTreeMap<Module, &Vec<Path>> =
        paths.iter().map(|(path, paths)| (module(path), paths)).collect();
    let mut imports = BTreeMap::new();
    for (path, used) in &paths {
        let own = module(path);
        let targets = used
            .iter()
            // A `mod.rs` that re-exports what its files define does not depend on them.
            .filter(|used| !(used.is_export && used.names.starts_with(&own)))
            .filter_map(|used| target(&used.names, &files, &exports, 0))
            .filter(|target| target != path)
            .map(str::to_owned);
        imports.insert((*path).to_owned(), targets.collect());
    }
    imports
}

/// Groups of files that import each other in a cycle. An import of the `mod.rs` of a file's own folder is not part of a
/// cycle, because `mod.rs` contains what the files of the folder share.
pub fn cycles(imports: &BTreeMap<String, BTreeSet<String>>) -> Vec<Vec<String>> {
    let leads = |from: &str, to: &str| {
        let is_above = to.strip_suffix("mod.rs").is_some_and(|folder| from.starts_with(folder));
        !is_above && imports.get(from).is_some_and(|targets| targets.contains(to))
    };
    let reached = |start: &str| {
        let (mut seen, mut next) = (BTreeSet::new(), vec![start.to_owned()]);
        while let Some(from) = next.pop() {
            for to in imports.keys().filter(|to| leads(&from, to)) {
                if seen.insert(to.clone()) {
                    next.push(to.clone());
                }
            }
        }
        seen
    };
    let reached: BTreeMap<&String, BTreeSet<String>> =
        imports.keys().map(|file| (file, reached(file))).collect();
    let mut cycles: BTreeSet<Vec<String>> = BTreeSet::new();
    for (file, others) in &reached {
        if others.contains(*file) {
            let both = |other: &&String| others.contains(*other) && reached[*other].contains(*file);
            cycles.insert(imports.keys().filter(both).cloned().collect());
        }
    }
    cycles.into_iter().collect()
}

/// A path in a source, from the root.
struct Path {
    names: Module,
    /// Whether a `pub use` re-exports it; the last name, or `*`.
    is_export: bool,
}

fn module(path: &str) -> Module {
    let path = path.strip_suffix(".rs").unwrap_or(path);
    let path = path.strip_suffix("/mod").unwrap_or(path);
    path.split('/').map(str::to_owned).collect()
}

/// The file in which the last name of a path is defined, as far as that can be read.
fn target<'f>(
    names: &[String],
    files: &BTreeMap<Module, &'f str>,
    exports: &BTreeMap<Module, &Vec<Path>>,
    depth: usize,
) -> Option<&'f str> {
    let length = (1..=names.len()).rev().find(|&length| files.contains_key(&names[..length]))?;
    let module = &names[..length];
    if let (Some(item), Some(exported)) = (names.get(length), exports.get(module))
        && depth < 8
        && let Some(export) =
            exported.iter().find(|one| one.is_export && one.names.last() == Some(item))
        && export.names != names
    {
        return target(&export.names, files, exports, depth + 1);
    }
    files.get(module).copied()
}

/// All paths to modules of the crate in a source.
fn paths(text: &str, own: &Module, files: &BTreeMap<Module, &str>) -> Vec<Path> {
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    let code = lines.collect::<Vec<_>>().join("\n");
    let mut found = Vec::new();
    let mut rest = code.as_str();
    while let Some(at) = rest.find("use ") {
        let before = rest[..at].rsplit('\n').next().unwrap_or_default().trim();
        let is_export = before.starts_with("pub");
        let is_statement = before.is_empty() || is_export;
        rest = &rest[at + 4..];
        let Some(end) = rest.find(';').filter(|_| is_statement) else { continue };
        let mut leaves = Vec::new();
        leaves_of(&rest[..end], "", &mut leaves);
        for leaf in leaves {
            found.extend(from_root(&leaf, own, files).map(|names| Path { names, is_export }));
        }
        rest = &rest[end..];
    }
    for start in ["crate::", "super::", "self::"] {
        for (at, _) in code.match_indices(start) {
            let path: String = code[at..]
                .chars()
                .take_while(|one| one.is_alphanumeric() || matches!(one, '_' | ':'))
                .collect();
            let before = code[..at].chars().next_back();
            if before
                .is_none_or(|before| !(before.is_alphanumeric() || before == '_' || before == ':'))
            {
                let names = from_root(path.trim_end_matches(':'), own, files);
                found.extend(names.map(|names| Path { names, is_export: false }));
            }
        }
    }
    found
}

/// The paths of a tree such as `a::{b, c::{d, self}}`.
fn leaves_of(tree: &str, prefix: &str, leaves: &mut Vec<String>) {
    let tree = tree.trim();
    let Some(open) = tree.find('{') else {
        let name = tree.split(" as ").next().unwrap_or_default().trim();
        let path = if name == "self" {
            prefix.trim_end_matches(':').to_owned()
        } else {
            format!("{prefix}{name}")
        };
        leaves.push(path);
        return;
    };
    let prefix = format!("{prefix}{}", &tree[..open]);
    let inner = &tree[open + 1..tree.rfind('}').unwrap_or(tree.len())];
    let (mut depth, mut start) = (0, 0);
    for (at, character) in inner.char_indices() {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                leaves_of(&inner[start..at], &prefix, leaves);
                start = at + 1;
            }
            _ => {}
        }
    }
    if !inner[start..].trim().is_empty() {
        leaves_of(&inner[start..], &prefix, leaves);
    }
}

/// A path in a module as a path from the root; `None` if it leads to another crate.
fn from_root(path: &str, own: &Module, files: &BTreeMap<Module, &str>) -> Option<Module> {
    let mut names: Module = Vec::new();
    for (place, name) in path.split("::").map(str::trim).enumerate() {
        match name {
            "crate" => names.clear(),
            "self" if place == 0 => names.clone_from(own),
            "super" => {
                if place == 0 {
                    names.clone_from(own);
                }
                names.pop();
            }
            name if place == 0 => {
                // A file of this folder; anything else is another crate.
                let mut child = own.clone();
                child.push(name.to_owned());
                if !files.contains_key(&child) {
                    return None;
                }
                names = child;
            }
            name => names.push(name.to_owned()),
        }
    }
    Some(names)
}

#[test]
fn a_planted_cycle_is_found_however_it_is_written() {
    let sources = |first: &str, second: &str| -> Sources {
        let file = |path: &str, text: &str| (path.to_owned(), text.to_owned());
        [
            file("a/mod.rs", "mod one;\nmod two;\npub use two::{Two, Other as More};\n"),
            file("a/one.rs", first),
            file("a/two.rs", second),
            file("b.rs", "use crate::a::one::One;\n"),
        ]
        .into()
    };
    let found = |first: &str, second: &str| cycles(&imports(&sources(first, second)));
    let cycle = [["a/one.rs".to_owned(), "a/two.rs".to_owned()].to_vec()];
    for (first, second) in [
        ("use super::two::Two;", "use super::one::One;"),
        ("use super::{x, two::{self, Two}};", "fn f() { super::one::f() }"),
        ("use crate::a::two;", "use crate::{a::one::One, c};"),
        ("use super::Two;", "use crate::a::one::One;"),
        ("use crate::a::Two;", "pub(super) fn f(one: &crate::a::one::One) {}"),
    ] {
        assert_eq!(found(first, second), cycle, "{first} {second}");
    }
    let wide = found("use super::two::Two;", "use crate::b;");
    assert_eq!(wide, [["a/one.rs", "a/two.rs", "b.rs"].map(str::to_owned).to_vec()]);
    for (first, second) in [
        ("use super::two::Two;", "use std::one::One;"),
        ("// use super::two::Two;\n", "use super::one::One;"),
        ("", "use super::one::One;\n#[cfg(test)]\nmod tests { use super::super::two; }"),
        ("use super::shared;", "use super::{one, shared};"),
    ] {
        assert_eq!(found(first, second), Vec::<Vec<String>>::new(), "{first} {second}");
    }
}
