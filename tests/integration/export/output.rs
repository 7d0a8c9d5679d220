//! Where an export goes, and what stops it.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::json;

use super::{Values, export, holding};
use crate::support::cloud1::{cloud, home as cloud_home};
use crate::support::{Home, set_mode};

#[test]
fn an_output_file_is_private_whatever_was_there_and_is_whole_or_untouched() {
    let home = holding(&Values::from([
        ("A".to_owned(), b"1".to_vec()),
        ("B".to_owned(), b"\xff".to_vec()),
    ]));
    let path = home.write("out", "old");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    let outcome = export(&home, "json", &["--output", "out"]);
    assert_eq!(
        (outcome.code(), std::fs::read_to_string(&path).unwrap().as_str()),
        (Some(125), "old")
    );
    export(&home, "json", &["-s", "A", "--output", "out"]).assert(0, "", "");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "{\n  \"A\": \"1\"\n}\n");
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o7777, 0o600);
    export(&home, "json", &["-s", "A", "--output", "/dev/null"]).assert(
        125,
        "",
        "pfx: error: cannot trust /dev/null: it is not a regular file\n",
    );
}

#[test]
fn what_is_missing_stops_the_export() {
    let home = holding(&Values::from([("A".to_owned(), b"1".to_vec())]));
    let outcome = export(&home, "sh", &["--local", "-s", "A", "-s", "NOPE", "--output", "out"]);
    assert_eq!((outcome.code(), outcome.stdout().as_str()), (Some(125), ""));
    assert!(!home.join("out").exists());
}

#[test]
fn a_removal_is_a_command_to_a_shell_and_refused_by_data() {
    let home = Home::new();
    let arguments = ["export", "--unset", "A", "--set", "B=1", "--format"];
    home.pfx(arguments).arg("sh").gives("export B='1'\nunset -v A\n");
    home.pfx(arguments).arg("fish").gives("set -gx B '1'\nset -e A\n");
    for format in ["docker", "dotenv", "json", "k8s", "yaml"] {
        let outcome = home.pfx(arguments).arg(format).outcome();
        assert_eq!((outcome.code(), outcome.stdout().as_str()), (Some(125), ""), "{format}");
        assert!(outcome.stderr().contains("`A`"), "{}", outcome.stderr());
    }
}

#[test]
fn nothing_bound_gives_an_empty_document() {
    let home = Home::new();
    for (format, expected) in
        [("dotenv", ""), ("sh", ""), ("json", "{}\n"), ("yaml", "{}\n"), ("systemd", "[Service]\n")]
    {
        home.pfx(["export", "--format", format]).gives(expected);
    }
}

#[test]
fn a_wrong_command_line_is_told_before_anything_is_asked_for() {
    let server = cloud(&[("X", json!("v"))], &[]);
    let home = cloud_home(&server.url());
    home.write("file", "");
    home.write("closed/file", "");
    home.write("secrets/none", "");
    for (words, code, says) in [
        (&["k8s", "--name", "Bad_Name", "-s", "X"][..], 2, "`Bad_Name` is no name of a Secret"),
        (&["github", "-s", "X"], 2, "GITHUB_ENV is not set"),
        (&["github", "-s", "GITHUB_X=X", "-o", "out"], 125, "`GITHUB_X`"),
        (&["json", "--file", "X"], 2, "cannot export `X`"),
        (&["dotenv", "-s", "X", "--unset", "A"], 125, "`A`"),
        (&["json", "-s", "X", "-o", "file/out"], 125, "cannot write file/out: Not a directory"),
        (&["json", "-s", "X", "-o", "closed"], 125, "cannot write closed: Is a directory"),
    ] {
        let outcome = export(&home, words[0], &words[1..]);
        assert_eq!((outcome.code(), outcome.stdout().as_str()), (Some(code), ""), "{words:?}");
        assert!(outcome.stderr().contains(says), "{words:?}: {}", outcome.stderr());
    }
    assert_eq!(server.requests().len(), 0, "nothing was asked for");
    export(&home, "json", &["-s", "X", "-o", "new/out"]).assert(0, "", "");
    let asked = server.requests().len();
    let closed = home.join("closed");
    set_mode(&closed, 0o500);
    home.give_to_nobody();
    let words = ["export", "--format", "json", "-s", "X", "-o", "closed/out"];
    let outcome = home.pfx(words).by_nobody().outcome();
    assert!(
        outcome.stderr().contains("cannot write closed/out: Permission denied"),
        "{}",
        outcome.said()
    );
    set_mode(&closed, 0o700);
    assert_eq!(server.requests().len(), asked, "nothing was asked for");
}
