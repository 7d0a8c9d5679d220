//! Where an export goes, and what stops it.

use std::os::unix::fs::PermissionsExt as _;

use super::{Values, export, holding};
use crate::support::Home;

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
