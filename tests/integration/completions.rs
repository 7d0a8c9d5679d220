//! The completion scripts load in the shells that they are for, and complete commands and options there.

use std::path::Path;
use std::process::Command;

const PFX: &str = env!("CARGO_BIN_EXE_pfx");

/// A directory with the script for a shell, under `name`.
fn script(shell: &str, name: &str) -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let output = Command::new(PFX).args(["completions", shell]).output().expect("pfx starts");
    assert!(output.status.success() && output.stderr.is_empty());
    std::fs::write(directory.path().join(name), output.stdout).expect("a file is written");
    directory
}

/// What a shell prints, and that it complains of nothing.
fn printed(shell: &str, arguments: &[&str], home: &Path) -> String {
    let output = Command::new(shell)
        .args(arguments)
        .env("HOME", home)
        .env("XDG_CONFIG_HOME", home)
        .current_dir(home)
        .output()
        .unwrap_or_else(|error| panic!("{shell} is there, tests/run.sh installs it: {error}"));
    let complaints = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(complaints, "", "{shell}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[test]
fn bash_completes_commands_and_options() {
    let home = script("bash", "pfx");
    let complete = |line: &str| {
        let words: Vec<String> = line.split(' ').map(|word| format!("'{word}'")).collect();
        let script = format!(
            ". ./pfx; COMP_WORDS=({}); COMP_CWORD={}; _pfx pfx \"${{COMP_WORDS[-1]}}\" \
             \"${{COMP_WORDS[-2]}}\"; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
            words.join(" "),
            words.len() - 1
        );
        printed("bash", &["--norc", "-c", &script], home.path())
    };
    assert_eq!(complete("pfx comp"), "completions\n");
    assert_eq!(complete("pfx secret de"), "delete\n");
    assert_eq!(complete("pfx run --pref"), "--prefect\n");
}

#[test]
fn fish_completes_commands_and_options() {
    let home = script("fish", "pfx.fish");
    let complete = |line: &str| {
        let script = format!("source pfx.fish; complete --do-complete '{line}'");
        let lines = printed("fish", &["--no-config", "-c", &script], home.path());
        lines.lines().map(|line| line.split('\t').next().unwrap_or_default().to_owned()).collect()
    };
    let complete = |line: &str| -> Vec<String> { complete(line) };
    assert_eq!(complete("pfx comp"), ["completions"]);
    assert_eq!(complete("pfx secret de"), ["delete"]);
    assert_eq!(complete("pfx run --pref"), ["--prefect"]);
}

#[test]
fn zsh_completes_commands_and_options() {
    let home = script("zsh", "_pfx");
    // zsh completes on a terminal only: give it one of its own, press tab, and see the line it makes.
    let complete = |line: &str| {
        let script = format!(
            "zmodload zsh/zpty
             zpty z zsh -f -i
             zpty -w z \"PS1=; unsetopt zle_bracketed_paste; fpath=($PWD \\$fpath); \
                autoload -Uz compinit; compinit -u -D; \
                finish() {{ zle -I; print -r -- \\\"<\\$BUFFER>\\\"; exit }}; zle -N finish; \
                bindkey '^X' finish; bindkey '^I' complete-word; print -r -- re''ady\"
             zpty -r -m z seen '*ready*'
             zpty -w -n z $'{line}\\t\\x18'
             zpty -r -m z seen '*<*>*'
             print -r -- \"${{${{seen##*<}}%%>*}}\""
        );
        printed("timeout", &["60", "zsh", "-f", "-c", &script], home.path())
    };
    assert_eq!(complete("pfx comp"), "pfx completions \n");
    assert_eq!(complete("pfx secret de"), "pfx secret delete \n");
    assert_eq!(complete("pfx run --pref"), "pfx run --prefect \n");
}
