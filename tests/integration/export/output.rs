//! Where an export is written, and what prevents it.

use std::io::Read as _;
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::os::unix::net::UnixListener;

use serde_json::json;

use super::{Values, export, holding};
use crate::support::cloud1::{cloud, home as cloud_home};
use crate::support::needs::namespaces;
use crate::support::{Home, set_mode};

#[test]
fn an_output_file_is_private_and_either_complete_or_unchanged() {
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
}

#[test]
fn a_path_that_ends_with_a_slash_is_not_a_file() {
    let home = holding(&Values::from([("A".to_owned(), b"1".to_vec())]));
    let outcome = export(&home, "sh", &["--output", "out/"]);
    assert_eq!(outcome.code(), Some(125));
    assert_eq!(outcome.stderr(), "pfx: error: cannot write out/: Is a directory\n");
    assert!(!home.join("out").exists());
}

#[test]
fn a_missing_secret_stops_the_export() {
    let home = holding(&Values::from([("A".to_owned(), b"1".to_vec())]));
    let outcome = export(&home, "sh", &["--local", "-s", "A", "-s", "NOPE", "--output", "out"]);
    assert_eq!((outcome.code(), outcome.stdout().as_str()), (Some(125), ""));
    assert!(!home.join("out").exists());
}

#[test]
fn a_removal_is_a_command_for_a_shell_and_an_error_in_data_formats() {
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
fn without_bindings_the_document_is_empty() {
    let home = Home::new();
    for (format, expected) in
        [("dotenv", ""), ("sh", ""), ("json", "{}\n"), ("yaml", "{}\n"), ("systemd", "[Service]\n")]
    {
        home.pfx(["export", "--format", format]).gives(expected);
    }
}

#[test]
fn a_command_line_that_is_not_valid_is_reported_before_any_lookup() {
    let server = cloud(&[("X", json!("v"))], &[]);
    let home = cloud_home(&server.url());
    home.write("file", "");
    home.write("closed/file", "");
    home.write("secrets/none", "");
    for (words, code, says) in [
        (
            &["k8s", "--name", "Bad_Name", "-s", "X"][..],
            2,
            "`Bad_Name` is not a valid name for a Secret",
        ),
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

/// Writes `export A='v'` in a temporary directory, with the redirections of a shell.
fn redirected(home: &Home, shell: &str, output: &str, around: &str) -> (Option<i32>, String) {
    let pfx = env!("CARGO_BIN_EXE_pfx");
    let script = around.replace("PFX", &format!("{pfx} export --set A=v --format sh -o {output}"));
    let outcome = home.bare(&[shell, "-c", &script]).outcome();
    assert_eq!(outcome.stderr(), "", "{output}: {around}");
    (outcome.code(), outcome.stdout())
}

#[test]
fn an_output_that_is_not_a_regular_file_is_written_as_a_stream() {
    let home = Home::new();
    let line = "export A='v'\n";
    std::os::unix::fs::symlink("/dev/stdout", home.join("link")).unwrap();
    std::os::unix::fs::symlink("/dev/fd", home.join("descriptors")).unwrap();
    for (output, around) in [
        ("-", "PFX | cat"),
        ("-", "PFX"),
        ("/dev/stdout", "PFX | cat"),
        ("/dev/stdout", "PFX > got; cat got"),
        ("/dev/../dev/stdout", "PFX"),
        ("link", "PFX > got; cat got"),
        ("descriptors/1", "PFX"),
        ("/dev/fd/1", "PFX | cat"),
        ("/dev/fd/5", "PFX 5>&1"),
        ("/dev/fd/5", "PFX 5> got; cat got"),
        ("/proc/self/fd/5", "PFX 5>&1 | cat"),
        ("/proc/thread-self/fd/5", "PFX 5>&1 | cat"),
        ("/dev/stderr", "PFX 2>&1"),
        ("/dev/stdin", "PFX 0<> got; cat got"),
        ("fifo", "mkfifo fifo; cat fifo & PFX; wait; test -p fifo"),
    ] {
        assert_eq!(
            redirected(&home, "sh", output, around),
            (Some(0), line.to_owned()),
            "{output}: {around}"
        );
        let _ = std::fs::remove_file(home.join("got"));
    }
    // A regular file is written at its offset, or at its end if the descriptor belongs to another process.
    for (output, around) in [
        ("/dev/stdout", "{ echo 1; PFX; echo 2; } > got; cat got"),
        ("/dev/fd/7", "{ echo 1 >&7; PFX; echo 2 >&7; } 7>> got; cat got"),
        ("/proc/$$/fd/8", "exec 8> got; echo 1 >&8; PFX; cat got; echo 2"),
    ] {
        let expected = (Some(0), format!("1\n{line}2\n"));
        assert_eq!(redirected(&home, "sh", output, around), expected, "{output}: {around}");
        let _ = std::fs::remove_file(home.join("got"));
    }
    let substituted = redirected(&home, "bash", ">(cat >&4)", "exec 4>&1; PFX; wait $!");
    assert_eq!(substituted, (Some(0), line.to_owned()));
    assert_eq!(redirected(&home, "sh", "/dev/null", "PFX"), (Some(0), String::new()));
    assert!(!home.join("-").exists());
    assert!(std::fs::metadata("/dev/null").unwrap().file_type().is_char_device());
}

#[test]
fn a_socket_is_written_by_its_name_or_its_descriptor() {
    let home = Home::new();
    let listener = UnixListener::bind(home.join("socket")).unwrap();
    let reader = std::thread::spawn(move || {
        let mut text = String::new();
        listener.accept().unwrap().0.read_to_string(&mut text).unwrap();
        text
    });
    home.pfx(["export", "--set", "A=v", "--format", "sh", "-o", "socket"]).gives("");
    assert_eq!(reader.join().unwrap(), "export A='v'\n");
    assert!(home.join("socket").symlink_metadata().unwrap().file_type().is_socket());

    let (mut ours, theirs) = std::os::unix::net::UnixStream::pair().unwrap();
    let pfx = home.pfx(["export", "--set", "A=v", "--format", "sh", "-o", "/dev/stdout"]);
    pfx.stdout_to(std::os::fd::OwnedFd::from(theirs)).outcome().assert(0, "", "");
    let mut text = String::new();
    ours.read_to_string(&mut text).unwrap();
    assert_eq!(text, "export A='v'\n");
}

#[test]
fn an_output_that_cannot_be_written_is_an_error() {
    let home = Home::new();
    let export = ["export", "--set", "A=CANARY", "--format", "sh", "-o"];
    for (output, cause) in [
        ("/dev/full", "No space left on device"),
        ("/dev/fd/9", "Bad file number"),
        ("/dev/fd/x", "No such file or directory"),
        ("/dev/stdin", "Bad file number"),
    ] {
        let outcome = home.pfx(export).arg(output).outcome();
        let code = outcome.code();
        assert_eq!((code, outcome.stdout().as_str()), (Some(125), ""), "{}", outcome.stderr());
        if output != "/dev/fd/x" {
            assert_eq!(outcome.stderr(), format!("pfx: error: cannot write {output}: {cause}\n"));
        }
    }
}

#[test]
fn on_a_full_disk_the_file_is_unchanged() {
    need!(namespaces());
    let home = Home::new();
    home.write("full/.keep", "");
    let pfx = env!("CARGO_BIN_EXE_pfx");
    home.write("value", "x".repeat(60_000));
    for format in ["json", "github"] {
        let script = format!(
            "mount -t tmpfs -o size=16k,mode=700 tmpfs full && printf old > full/out && \
             {pfx} export --local --secrets-dir mounted --format {format} -o full/out > /dev/null; echo $?; \
             ls -A full; cat full/out"
        );
        home.write("mounted/A", "x".repeat(60_000));
        let outcome = home.bare(&["unshare", "--mount", "sh", "-c", &script]).outcome();
        assert_eq!(outcome.stdout(), "125\nout\nold", "{format}: {}", outcome.stderr());
        assert!(outcome.stderr().contains("cannot write full/out: No space left on device"));
    }
}

#[test]
fn a_path_that_fish_would_change_is_refused() {
    let home = holding(&Values::from([
        ("GOOD".to_owned(), b"/usr/bin:/bin".to_vec()),
        ("BAD".to_owned(), b"/usr/bin::/bin".to_vec()),
    ]));
    export(&home, "fish", &["-s", "PATH=GOOD"]).assert(0, "set -gx PATH '/usr/bin:/bin'\n", "");
    let refused = export(&home, "fish", &["-s", "PATH=BAD"]);
    assert_eq!((refused.code(), refused.stdout().as_str()), (Some(125), ""));
    assert!(refused.stderr().contains("`PATH`"), "{}", refused.stderr());
}
