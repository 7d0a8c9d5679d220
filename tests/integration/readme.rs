//! The README's `console` blocks are run, in order and in one home, and print what they say.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use crate::support::needs::prefect;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const PFX: &str = env!("CARGO_BIN_EXE_pfx");

/// A command behind `$ `, and the lines that it prints.
struct Step {
    command: String,
    expected: String,
}

fn steps(text: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        match (inside, line.strip_prefix("$ ")) {
            (false, _) => inside = line == "```console",
            (true, _) if line == "```" => inside = false,
            (true, Some(command)) => {
                steps.push(Step { command: command.to_owned(), expected: String::new() });
            }
            (true, None) => {
                let step = steps.last_mut().expect("a block begins with a command");
                step.expected += line;
                step.expected.push('\n');
            }
        }
    }
    steps
}

#[test]
fn every_console_block_prints_what_it_says() {
    let prefect = need!(prefect(1)).join("bin");
    let home = tempfile::tempdir().expect("a temporary directory");
    let config = home.path().join(".prefect/config.toml");
    std::fs::create_dir(home.path().join(".prefect")).expect("a directory");
    std::fs::copy(Path::new(ROOT).join("examples/config.toml"), &config).expect("a copy");
    std::fs::set_permissions(&config, std::fs::Permissions::from_mode(0o600)).expect("a mode");
    let binaries = Path::new(PFX).parent().expect("a directory");
    let path = format!("{}:{}:/usr/bin:/bin", binaries.display(), prefect.display());

    let text = std::fs::read_to_string(Path::new(ROOT).join("README.md")).expect("the README");
    let steps = steps(&text);
    assert!(steps.len() > 8, "the README has {} commands", steps.len());
    for step in steps {
        let output = Command::new("sh")
            .args(["-c", &format!("{{ {}\n}} 2>&1", step.command)])
            .env_clear()
            .env("HOME", home.path())
            .env("PATH", &path)
            .current_dir(ROOT)
            .output()
            .expect("sh starts");
        let printed = String::from_utf8_lossy(&output.stdout)
            .replace(home.path().to_str().expect("UTF-8"), "/home/you");
        // What is printed without a line feed at its end has none in the README either.
        assert_eq!(printed.trim_end(), step.expected.trim_end(), "$ {}", step.command);
    }
}

#[test]
fn every_file_that_the_readme_links_to_is_there() {
    let text = std::fs::read_to_string(Path::new(ROOT).join("README.md")).expect("the README");
    let links: Vec<&str> = text
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next())
        .map(|link| link.split('#').next().unwrap_or_default())
        .filter(|link| !link.is_empty() && !link.contains("://"))
        .collect();
    assert!(!links.is_empty());
    for link in links {
        assert!(Path::new(ROOT).join(link).exists(), "{link}");
    }
}
