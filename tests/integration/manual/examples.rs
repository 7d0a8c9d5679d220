//! The examples of the man pages: each is introduced by a sentence, and works.

use std::path::Path;

use super::{directory, pages};
use crate::support::needs::tools;
use crate::support::{Home, Pfx};

/// The section EXAMPLES of a page, as it is written.
fn section(page: &str) -> String {
    let source = std::fs::read_to_string(directory().join(page)).expect("a page can be read");
    let (_, rest) = source.split_once("\n.Sh EXAMPLES\n").expect("a section EXAMPLES");
    rest.split("\n.Sh ").next().unwrap_or_default().to_owned()
}

/// A line as a reader sees it.
fn text(line: &str) -> String {
    line.replace("\\(dq", "\"").replace("\\(aq", "'").replace("\\e", "\\")
}

/// The lines of a page that show something to type or to write, without `.Dl`.
fn lines(page: &str) -> Vec<String> {
    section(page).lines().filter_map(|line| line.strip_prefix(".Dl ")).map(text).collect()
}

/// The commands of a page, in order.
pub fn commands(page: &str) -> Vec<String> {
    lines(page).iter().filter_map(|line| line.strip_prefix("$ ").map(str::to_owned)).collect()
}

/// The blocks of a page.
fn blocks(page: &str) -> Vec<String> {
    let section = section(page);
    let blocks = section.split(".Bd -literal -offset indent\n").skip(1);
    blocks.map(|rest| text(rest.split(".Ed").next().unwrap_or_default())).collect()
}

/// One line in a shell, which finds pfx and `programs` first.
fn shell(home: &Home, line: &str) -> Pfx {
    let binaries = Path::new(env!("CARGO_BIN_EXE_pfx")).parent().expect("a directory");
    let path = format!("{}:{}:/usr/bin:/bin", home.join("programs").display(), binaries.display());
    let shell = if line.ends_with("| source") { "fish" } else { "sh" };
    home.bare(&[shell, "-c", line])
        .env("PATH", path)
        .env("HOSTNAME", "example")
        .env("GITHUB_ENV", home.join("github-env"))
        .stdin("typed\n")
}

/// Runs a command of an example, which must succeed.
#[track_caller]
pub fn works(page: &str, line: &str, home: &Home) {
    let outcome = shell(home, line).outcome();
    let (code, stderr) = (outcome.code(), outcome.stderr());
    assert!(
        code == Some(0) && !stderr.contains("pfx: error"),
        "man/{page}: $ {line}\nexits with {code:?} and prints\n{stderr}"
    );
}

/// A home with the secrets, files and programs that the examples use.
fn home() -> Home {
    let home = Home::with_secrets(
        "DB_PASSWORD = 'one'\nA = 'one'\nprod-db = '{\"password\": \"two\"}'\ndev-db = '{\"password\": \"two\"}'\n\
         tls-key = 'key'\n",
    );
    home.write(".env", "URL=postgres://app@db\nDB_PASSWORD=pfx://secret/prod-db#/password\n");
    home.write("key.pem", "key\n");
    home.write("db.json", "{\"password\": \"two\"}");
    home.write("github-env", "");
    for directory in
        [".zfunc", ".config/fish/completions", ".local/share/bash-completion/completions"]
    {
        std::fs::create_dir_all(home.join(directory)).expect("a directory");
    }
    home.script("programs/pass", "#!/bin/sh\necho three\n");
    home.script("programs/less", "#!/bin/sh\ncat\n");
    for program in ["docker", "kubectl", "openssl"] {
        home.script(
            format!("programs/{program}"),
            "#!/bin/sh\ncase $* in *-f*) cat;; esac >/dev/null\n",
        );
    }
    for program in ["programs/python", "programs/pytest", "service", "programs/service"] {
        home.script(program, "#!/bin/sh\nenv >&2\n");
    }
    home
}

/// A line of another file, such as the entry point of an image or a line of a unit, as a command that can run here.
fn embedded(line: &str) -> Option<String> {
    if let Some(words) = line.strip_prefix("ENTRYPOINT ") {
        let words: Vec<String> = serde_json::from_str(words).expect("a JSON array");
        return Some(format!("{} true", words.join(" ")));
    }
    let (_, command) =
        line.split_once("ExecStart=").or_else(|| line.split_once("ExecStartPre="))?;
    Some(command.replace("/usr/local/bin/", "").replace("/usr/bin/", ""))
}

#[test]
fn every_page_has_examples_and_each_is_introduced_by_a_sentence() {
    for path in pages() {
        let page = path.file_name().expect("a name").to_string_lossy().into_owned();
        let (mut sentence, mut previous, mut is_inside, mut count) = (String::new(), "", false, 0);
        for line in section(&page).lines() {
            let begins_block = line.starts_with(".Bd ");
            let is_line = line.starts_with(".Dl ");
            if is_inside {
                is_inside = line != ".Ed";
            } else if begins_block || is_line && !previous.starts_with(".Dl ") {
                let is_sentence =
                    sentence.starts_with(char::is_uppercase) && sentence.trim_end().ends_with(':');
                assert!(is_sentence, "man/{page}: `{line}` follows `{sentence}`");
                sentence.clear();
                is_inside = begins_block;
                count += 1;
            } else if line != ".Pp" && !is_line {
                sentence += line;
                sentence.push(' ');
            }
            previous = line;
        }
        assert!(count > 0 && sentence.is_empty(), "man/{page} ends with `{sentence}`");
    }
}

#[test]
fn every_command_of_the_examples_works() {
    need!(tools(&["fish", "jq"]));
    let mut count = 0;
    for path in pages() {
        let page = path.file_name().expect("a name").to_string_lossy().into_owned();
        // Those of pfx-kv(1) need a server: real::prefect3::manual.
        if page == "pfx-kv.1" {
            continue;
        }
        let (home, blocks) = (home(), blocks(&page));
        match page.as_str() {
            "pfx.toml.5" => _ = home.write("pfx.toml", &blocks[0]),
            "pfx-trust.1" => _ = home.write("pfx.toml", ""),
            _ => {}
        }
        for line in commands(&page) {
            works(&page, &line, &home);
            count += 1;
        }
        for line in lines(&page).iter().chain(blocks.iter()).flat_map(|text| text.lines()) {
            if let Some(command) = embedded(line) {
                works(&page, &command, &home);
                count += 1;
            }
        }
    }
    assert!(count > 40, "only {count} commands are run");
}

#[test]
fn the_project_file_with_every_kind_of_value_is_valid() {
    let home = home();
    let file = &blocks("pfx.toml.5")[1];
    home.write("all.toml", file);
    let outcome = home.pfx(["check", "-f", "all.toml", "--json"]).outcome();
    let report: serde_json::Value = serde_json::from_slice(&outcome.stdout).expect("a report");
    let bindings = report["bindings"].as_array().expect("bindings");
    let kinds: Vec<&str> = bindings.iter().filter_map(|one| one["kind"].as_str()).collect();
    for kind in ["set", "secret", "kv", "block", "env", "unset"] {
        assert!(kinds.contains(&kind), "{kind}: {outcome:?}");
    }
    assert_eq!(bindings.len(), file.lines().filter(|line| line.contains(" = ")).count());
}
