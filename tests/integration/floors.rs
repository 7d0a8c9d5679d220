//! The floors of `src/lib.rs`, kept: imports go down only, and within a floor only to the left.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Where each module stands, from the map in the crate's documentation: its floor, and its place from the
/// left.
fn floors() -> BTreeMap<String, (u32, usize)> {
    let map = std::fs::read_to_string("src/lib.rs").expect("the map");
    let lines = map.lines().filter_map(|line| {
        let rest = line.strip_prefix("//! ")?;
        let (floor, modules) = rest.split_at_checked(1)?;
        let floor = floor.parse::<u32>().ok()?;
        // Three blanks stand between the modules and what is said of them.
        let modules = modules.strip_prefix("  ")?.split("   ").next()?.to_owned();
        Some((floor, modules))
    });
    lines
        .flat_map(|(floor, modules)| {
            let names: Vec<String> = modules
                .split(|character: char| character.is_whitespace() || character == '→')
                .filter(|name| !name.is_empty())
                .map(|name| name.trim_end_matches("/*").to_owned())
                .collect();
            names.into_iter().enumerate().map(move |(place, name)| (name, (floor, place)))
        })
        .collect()
}

fn sources(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).expect("a directory of sources") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn imports_go_down_the_floors_only() {
    let floors = floors();
    assert!(floors.len() > 12, "the map in src/lib.rs is read: {floors:?}");
    let mut files = Vec::new();
    sources(Path::new("src"), &mut files);
    let mut wrong = Vec::new();
    for file in files {
        let relative = file.strip_prefix("src").expect("below src");
        let first = relative.components().next().expect("a file");
        let own = first.as_os_str().to_string_lossy().trim_end_matches(".rs").to_owned();
        if matches!(own.as_str(), "lib" | "main") {
            continue;
        }
        let Some(&(floor, place)) = floors.get(&own) else {
            wrong.push(format!("{own} is on no floor"));
            continue;
        };
        let text = std::fs::read_to_string(&file).expect("a source");
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        let code: String =
            code.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        for piece in code.split("crate::").skip(1) {
            let other: String = piece
                .chars()
                .take_while(|character| character.is_ascii_alphanumeric() || *character == '_')
                .collect();
            let Some(&(below, left)) = floors.get(&other) else { continue };
            if other != own && (below > floor || (below == floor && left > place)) {
                wrong.push(format!("{}: {own} imports {other}", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn one_folder_imports_the_http_client_and_one_replaces_the_process() {
    let mut files = Vec::new();
    sources(Path::new("src"), &mut files);
    let with = |needle: &str| -> Vec<String> {
        let has =
            |file: &&PathBuf| std::fs::read_to_string(file).is_ok_and(|text| text.contains(needle));
        files.iter().filter(has).map(|file| file.display().to_string()).collect()
    };
    let http = with("reqwest::");
    assert!(
        !http.is_empty() && http.iter().all(|file| file.starts_with("src/remote/http/")),
        "{http:?}"
    );
    assert_eq!(with("execve(&"), ["src/launch/exec.rs"]);
}
