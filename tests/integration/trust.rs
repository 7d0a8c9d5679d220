//! A project file that pfx discovers by itself is used only after it is trusted.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use crate::support::needs::strace_as_root;
use crate::support::{Home, traced};

const UNKNOWN: &str = "pfx: error: cannot trust {home}/pfx.toml: pfx discovered it automatically, and it is not \
                       trusted yet\n\
                       pfx: hint: read it, then run `pfx trust {home}/pfx.toml`; `--no-project` ignores it\n";
const CHANGED: &str = "pfx: error: cannot trust {home}/pfx.toml: it has changed since you trusted it\n\
                       pfx: hint: read it, then run `pfx trust {home}/pfx.toml`; `--no-project` ignores it\n";

fn project() -> Home {
    let home = Home::new();
    home.write("pfx.toml", "env.A = 'one'");
    home
}

fn run(home: &Home) -> crate::support::Pfx {
    home.run(&[], &["sh", "-c", "echo $A"])
}

#[test]
fn a_discovered_file_is_refused_until_it_is_trusted_and_after_it_changes() {
    let home = project();
    run(&home).refuses(125, UNKNOWN);
    home.pfx(["trust"]).gives("");
    run(&home).gives("one\n");
    home.write("pfx.toml", "env.A = 'two'");
    run(&home).refuses(125, CHANGED);
    home.pfx(["trust", "pfx.toml"]).gives("");
    run(&home).gives("two\n");
    home.pfx(["trust", "--revoke"]).gives("");
    run(&home).refuses(125, UNKNOWN);
    home.pfx(["trust", "--revoke"]).refuses(1, "");
}

#[test]
fn every_command_that_binds_requires_trust() {
    let home = project();
    for arguments in [
        &["run", "-s", "X", "--", "true"][..],
        &["run", "--set", "A=1", "--", "true"],
        &["check"],
        &["export", "--format", "json"],
    ] {
        home.pfx(arguments).refuses(125, UNKNOWN);
    }
    home.pfx(["run", "--no-project", "--", "true"]).gives("");
    home.pfx(["run", "-f", "pfx.toml", "--", "sh", "-c", "echo $A"]).gives("one\n");
}

#[test]
fn another_file_with_the_same_content_is_not_trusted() {
    let home = project();
    home.pfx(["trust"]).gives("");
    home.write("sub/pfx.toml", "env.A = 'one'");
    let outcome = run(&home).current_dir(home.join("sub")).outcome();
    assert_eq!(outcome.code(), Some(125));
}

#[test]
fn the_list_shows_whether_each_file_has_changed_or_is_missing() {
    let home = project();
    for name in ["b", "c"] {
        home.write(format!("{name}/pfx.toml"), "");
        home.pfx(["trust", &format!("{name}/pfx.toml")]).gives("");
    }
    home.pfx(["trust"]).gives("");
    home.write("b/pfx.toml", "local = true");
    std::fs::remove_file(home.join("c/pfx.toml")).unwrap();
    let list = "{home}/b/pfx.toml (changed)\n{home}/c/pfx.toml (missing)\n{home}/pfx.toml\n";
    home.pfx(["trust", "--list"]).gives(list);
    let json = home.pfx(["trust", "--list", "--json"]).outcome();
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    let states: Vec<&str> = (0..3).map(|at| json[at]["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["changed", "missing", "trusted"]);
    assert_eq!(json[2]["sha256"].as_str().unwrap().len(), 64);
    let help = home.pfx(["trust", "--help"]).outcome().stdout();
    let explained =
        ["(changed)", "(missing)", "(unreadable)"].iter().all(|word| help.contains(word));
    assert!(explained && !help.contains("(gone)"), "{help}");
    home.pfx(["trust", "--revoke", "c/pfx.toml"]).gives("");
}

#[test]
fn the_list_is_private_and_in_the_state_directory_of_xdg() {
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o7777;
    let home = project();
    home.pfx(["trust"]).gives("");
    assert_eq!(mode(&home.join(".local/state/pfx/trusted")), 0o600);
    assert_eq!(mode(&home.join(".local/state/pfx")), 0o700);
    let elsewhere = home.join("state");
    run(&home).env("XDG_STATE_HOME", &elsewhere).refuses(125, UNKNOWN);
    home.pfx(["trust"]).env("XDG_STATE_HOME", &elsewhere).gives("");
    assert_eq!(mode(&elsewhere.join("pfx/trusted")), 0o600);
    // A relative path counts as not set.
    run(&home).env("XDG_STATE_HOME", "state").gives("one\n");
}

#[test]
fn with_a_list_that_others_can_write_no_file_is_trusted() {
    let home = project();
    home.pfx(["trust"]).gives("");
    let list = home.join(".local/state/pfx/trusted");
    std::fs::set_permissions(&list, std::fs::Permissions::from_mode(0o622)).unwrap();
    run(&home).refuses(
        125,
        "pfx: error: cannot trust {home}/.local/state/pfx/trusted: other users can write it (mode 0622)\n\
         pfx: hint: `chmod go-w {home}/.local/state/pfx/trusted`\n",
    );
}

#[test]
fn trusting_a_link_trusts_its_target() {
    let home = Home::new();
    home.write("real/the.toml", "env.A = 'one'");
    home.write("work/file", "");
    std::os::unix::fs::symlink("../real/the.toml", home.join("work/pfx.toml")).unwrap();
    home.pfx(["trust"]).current_dir(home.join("work")).gives("");
    run(&home).current_dir(home.join("work")).gives("one\n");
    home.write("real/the.toml", "env.A = 'two'");
    assert_eq!(run(&home).current_dir(home.join("work")).outcome().code(), Some(125));
}

#[test]
fn trust_is_revoked_through_links_and_after_the_file_and_its_directory_are_removed() {
    let trusted = || {
        let home = Home::new();
        home.write("real/sub/pfx.toml", "env.A = 'one'");
        home.write("work/file", "");
        std::os::unix::fs::symlink("real", home.join("link")).unwrap();
        std::os::unix::fs::symlink("../real/sub/pfx.toml", home.join("work/pfx.toml")).unwrap();
        home.pfx(["trust", "real/sub/pfx.toml"]).gives("");
        home
    };
    let gone: [&dyn Fn(&Home); 4] = [
        &|_| {},
        &|home| std::fs::remove_file(home.join("real/sub/pfx.toml")).unwrap(),
        &|home| std::fs::remove_dir_all(home.join("real")).unwrap(),
        &|home| std::fs::rename(home.join("real"), home.join("moved")).unwrap(),
    ];
    for (number, happens) in gone.into_iter().enumerate() {
        let absolute = "{home}/real/sub/pfx.toml";
        for path in [
            "real/sub/pfx.toml",
            "link/sub/pfx.toml",
            "./none/../link/sub/pfx.toml",
            "work/pfx.toml",
            absolute,
        ] {
            let home = trusted();
            happens(&home);
            let path = path.replace("{home}", &home.path().to_string_lossy());
            home.pfx(["trust", "--revoke", &path]).outcome().assert(0, "", "");
            home.pfx(["trust", "--list"]).gives("");
            assert_eq!(
                home.pfx(["trust", "--revoke", &path]).outcome().code(),
                Some(1),
                "{number}: {path}"
            );
        }
    }
    // Without an argument, in the directory of the removed file; a trusted file above stays trusted.
    let home = trusted();
    home.write("pfx.toml", "");
    home.pfx(["trust", "pfx.toml"]).gives("");
    std::fs::remove_file(home.join("real/sub/pfx.toml")).unwrap();
    home.pfx(["trust", "--revoke"]).current_dir(home.join("real/sub")).gives("");
    home.pfx(["trust", "--list"]).gives("{home}/pfx.toml\n");
    // By the path that the list shows, whatever characters it contains.
    let home = Home::new();
    home.write("a\nb/pfx.toml", "");
    home.pfx(["trust", "a\nb/pfx.toml"]).gives("");
    let listed = home.pfx(["trust", "--list"]).outcome().stdout();
    home.pfx(["trust", "--revoke", listed.trim_end()]).gives("");
    home.pfx(["trust", "--list"]).gives("");
}

#[test]
fn a_relative_path_is_an_error_if_the_working_directory_was_removed() {
    let home = Home::new();
    home.write("gone/pfx.toml", "");
    home.pfx(["trust", "gone/pfx.toml"]).gives("");
    let directory = home.join("gone");
    let removed = directory.clone();
    home.pfx(["trust", "--revoke", "pfx.toml"])
        .current_dir(&directory)
        .before(move || std::fs::remove_dir_all(&removed))
        .refuses(
            125,
            "pfx: error: cannot find the working directory: No such file or directory\npfx: hint: give the full path, \
             as `pfx trust --list` shows it\n",
        );
    home.pfx(["trust", "--list"]).gives("{home}/gone/pfx.toml (missing)\n");
    home.pfx(["trust", "--revoke", &directory.join("pfx.toml").to_string_lossy()]).gives("");
}

#[test]
fn a_path_of_any_bytes_can_be_trusted() {
    let home = Home::new();
    let name: &std::ffi::OsStr = std::os::unix::ffi::OsStrExt::from_bytes(b"a\nb %\xff");
    home.write(Path::new(name).join("pfx.toml"), "env.A = 'one'");
    let inside = home.path().join(name);
    home.pfx(["trust"]).current_dir(&inside).gives("");
    run(&home).current_dir(&inside).gives("one\n");
}

#[test]
fn a_file_that_is_not_valid_cannot_be_trusted() {
    let home = project();
    home.write("pfx.toml", "env.A = CANARY");
    let outcome = home.pfx(["trust"]).outcome();
    assert_eq!(outcome.code(), Some(125));
    assert!(!outcome.said().contains("CANARY"), "{}", outcome.said());
    home.pfx(["trust", "--list"]).gives("");
}

#[test]
fn trust_without_a_project_file_is_an_error() {
    Home::new().pfx(["trust"]).refuses(
        2,
        "pfx: error: there is no pfx.toml in this directory or above it\npfx: hint: name the file: `pfx trust FILE`\n",
    );
}

/// The hashed content is the content that is used: the file cannot be replaced in between.
#[test]
fn the_file_is_opened_once() {
    need!(strace_as_root());
    let home = project();
    home.pfx(["trust"]).gives("");
    let trace = traced(&home, &["-e", "trace=openat,open"], &["run", "--", "true"], |pfx| pfx);
    assert_eq!(trace.outcome.code(), Some(0), "{}", trace.outcome.stderr());
    let opened = trace.text.lines().filter(|line| line.contains("/pfx.toml\"")).count();
    assert_eq!(opened, 1, "{}", trace.text);
}
