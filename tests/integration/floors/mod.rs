//! The floors of `src/lib.rs` are respected: imports go down, within a floor to the left, and never form a cycle.

mod imports;

use std::collections::BTreeMap;
use std::path::Path;

use self::imports::{Sources, cycles, imports};

/// The position of each module on the map in the crate's documentation: its floor, and its place from the left.
/// `source` is the `mod.rs` of a folder and `source/*` the rest of it, if both are on the map.
fn floors() -> BTreeMap<String, (u32, usize)> {
    let map = std::fs::read_to_string("src/lib.rs").expect("the map");
    let lines = map.lines().filter_map(|line| {
        let rest = line.strip_prefix("//! ")?;
        let (floor, modules) = rest.split_at_checked(1)?;
        let floor = floor.parse::<u32>().ok()?;
        // Three spaces separate the modules from their description.
        let modules = modules.strip_prefix("  ")?.split("   ").next()?.to_owned();
        Some((floor, modules))
    });
    lines
        .flat_map(|(floor, modules)| {
            let names: Vec<String> = modules
                .split(|character: char| character.is_whitespace() || character == '→')
                .filter(|name| !name.is_empty())
                .map(str::to_owned)
                .collect();
            names.into_iter().enumerate().map(move |(place, name)| (name, (floor, place)))
        })
        .collect()
}

/// The entry of the map for a file.
fn entry(file: &str, floors: &BTreeMap<String, (u32, usize)>) -> Option<String> {
    let top = file.split('/').next().unwrap_or(file).trim_end_matches(".rs").to_owned();
    let rest = format!("{top}/*");
    let is_front = file == format!("{top}.rs") || file == format!("{top}/mod.rs");
    let order = if is_front { [top, rest] } else { [rest, top] };
    order.into_iter().find(|name| floors.contains_key(name))
}

fn sources(directory: &Path, below: &str, found: &mut Sources) {
    for entry in std::fs::read_dir(directory).expect("a directory of sources") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        if path.is_dir() {
            sources(&path, &format!("{below}{name}/"), found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).expect("a source");
            found.insert(format!("{below}{name}"), text);
        }
    }
}

/// All sources except the two that are above everything.
fn all() -> Sources {
    let mut found = Sources::new();
    sources(Path::new("src"), "", &mut found);
    assert!(found.len() > 100, "they are found");
    found.retain(|file, _| file != "lib.rs" && file != "main.rs");
    found
}

#[test]
fn imports_only_go_down_the_floors() {
    let floors = floors();
    assert!(floors.len() > 12, "the map in src/lib.rs is read: {floors:?}");
    let mut wrong = Vec::new();
    for (file, targets) in imports(&all()) {
        let Some(own) = entry(&file, &floors) else {
            wrong.push(format!("{file} is on no floor"));
            continue;
        };
        let (floor, place) = floors[&own];
        for target in targets {
            let Some(other) = entry(&target, &floors) else { continue };
            let (below, left) = floors[&other];
            if other != own && (below > floor || (below == floor && left > place)) {
                wrong.push(format!("{file} imports {target}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_files_import_each_other_in_a_cycle() {
    let cycles = cycles(&imports(&all()));
    let words: Vec<String> = cycles.iter().map(|cycle| cycle.join(", ")).collect();
    assert!(cycles.is_empty(), "cycles:\n{}", words.join("\n"));
}

#[test]
fn one_folder_imports_the_http_client_and_one_file_replaces_the_process() {
    let all = all();
    let with = |needle: &str| -> Vec<&str> {
        all.iter()
            .filter(|(_, text)| text.contains(needle))
            .map(|(file, _)| file.as_str())
            .collect()
    };
    let http = with("reqwest::");
    assert!(
        !http.is_empty() && http.iter().all(|file| file.starts_with("remote/http/")),
        "{http:?}"
    );
    assert_eq!(with("execve(&"), ["launch/exec.rs"]);
}
