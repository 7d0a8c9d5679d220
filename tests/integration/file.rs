//! Values passed as files: `--file`.

use nix::libc;
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::{SigHandler, Signal, signal};

use crate::support::needs::{namespaces, tools};
use crate::support::{Home, set_mode};

const CERTIFICATE: &str = "-----BEGIN-----\nCANARY\n-----END-----";

/// A home with one secret in Prefect's file and two in a directory, one of which no variable can hold.
fn home() -> Home {
    let home = Home::with_secrets(
        "TOKEN = \"CANARY\"\nDB = \"{\\\"password\\\": \\\"CANARY-part\\\"}\"\n",
    );
    home.write("secrets/tls.key", CERTIFICATE);
    home.write("secrets/raw", b"\0\xff\x01\0CANARY\0");
    home.write("secrets/large", "x".repeat(300_000));
    home
}

#[test]
fn a_variable_holds_the_path_of_a_file_with_the_value() {
    let home = home();
    let options = [
        "--secrets-dir", "secrets", "--file", "KEY=tls.key", "--file", "PART=DB#/password", "-s",
        "TOKEN",
    ];
    let script = r#"cat "$KEY"; echo "/$(cat "$PART")/$TOKEN"; sh -c 'cat "$KEY"'; cat "$KEY""#;
    home.run(&options, &["sh", "-c", script])
        .gives(&format!("{CERTIFICATE}/CANARY-part/CANARY\n{CERTIFICATE}{CERTIFICATE}"));
}

#[test]
fn the_variable_is_named_after_the_secret_which_may_be_optional() {
    let home = home();
    let options = ["--secrets-dir", "secrets", "--file", "tls.key", "--file", "NONE=absent?"];
    let script = r#"case $TLS_KEY in /proc/self/fd/[1-9][0-9]*) echo "${NONE-unset}"; esac"#;
    home.run(&options, &["sh", "-c", script]).gives("unset\n");
}

#[test]
fn nobody_can_write_or_truncate_the_file_or_remove_the_seals() {
    need!(tools(&["python3"]));
    let home = home();
    let script = "import fcntl, os, sys
path = os.environ['TOKEN']
number = int(path.rsplit('/', 1)[1])
assert fcntl.fcntl(number, fcntl.F_GET_SEALS) & 0xf == 0xf
assert os.lseek(number, 0, os.SEEK_CUR) == 0
for attempt in (lambda: os.write(number, b'x'), lambda: os.ftruncate(number, 0), lambda: os.ftruncate(number, 99)):
    try:
        attempt()
    except PermissionError:
        continue
    sys.exit('it can be changed')
print(open(path).read(), oct(os.fstat(number).st_mode & 0o7777), os.readlink(path))";
    home.run(&["--file", "TOKEN"], &["python3", "-c", script])
        .gives("CANARY 0o400 /memfd:TOKEN (deleted)\n");
    home.run(
        &["--file", "TOKEN", "--file-name", "key.pem", "--file-mode", "0444"],
        &["python3", "-c", script],
    )
    .gives("CANARY 0o444 /memfd:key.pem (deleted)\n");
    home.run(&[], &["python3", "-c", script])
        .env("PFX_FILE", "TOKEN")
        .env("PFX_FILE_NAME", "a b")
        .env("PFX_FILE_MODE", "440")
        .gives("CANARY 0o440 /memfd:a b (deleted)\n");
}

#[test]
fn a_mode_that_is_not_valid_is_refused() {
    for mode in ["0644", "0755", "9", "", "1777"] {
        let outcome = home().run(&["--file", "TOKEN", "--file-mode", mode], &["true"]).outcome();
        assert_eq!(outcome.code(), Some(2), "{outcome:?}");
    }
}

#[test]
fn bytes_that_no_variable_can_hold_are_passed_as_a_file_or_printed() {
    let home = home();
    let options = ["--secrets-dir", "secrets"];
    let raw = b"\0\xff\x01\0CANARY\0";
    let outcome = home
        .run(&[&options[..], &["--file", "RAW=raw"]].concat(), &["sh", "-c", "cat $RAW"])
        .outcome();
    assert_eq!((outcome.code(), &outcome.stdout[..]), (Some(0), &raw[..]));
    let outcome = home.pfx([&["secret", "get", "raw"], &options[..]].concat()).outcome();
    assert_eq!((outcome.code(), &outcome.stdout[..]), (Some(0), &raw[..]));
    home.run(&[&options[..], &["-s", "raw"]].concat(), &["true"]).refuses(
        125,
        "pfx: error: cannot use `raw`: its value contains a NUL byte, which a variable cannot hold\n\
         pfx: hint: pass it as a file: `--file VAR=NAME`\n",
    );
    let outcome =
        home.pfx([&["export", "-s", "raw", "--format", "sh"], &options[..]].concat()).outcome();
    assert_eq!(outcome.code(), Some(125), "{outcome:?}");
}

#[test]
fn a_value_that_is_too_large_for_a_variable_is_passed_as_a_file() {
    let home = home();
    let options = ["--secrets-dir", "secrets"];
    home.run(&[&options[..], &["-s", "BIG=large"]].concat(), &["true"]).refuses(
        125,
        "pfx: error: cannot use `large`: `BIG` would take 300004 bytes, and the kernel allows 131071 for one \
         variable\n\
         pfx: hint: pass it as a file, with its path in the variable: `--file BIG=NAME`\n",
    );
    home.run(&[&options[..], &["--file", "BIG=large"]].concat(), &["sh", "-c", "wc -c < $BIG"])
        .gives("300000\n");
}

#[test]
fn with_init_the_command_has_the_file_and_the_parent_does_not() {
    let home = home();
    let script =
        "cat $TOKEN; ls -l /proc/$PPID/fd | grep -c memfd; test -e /proc/$PPID/fd/0 || echo hidden";
    let outcome = home.run(&["--init", "--file", "TOKEN"], &["sh", "-c", script]).outcome();
    assert!(outcome.stdout().starts_with("CANARY0\n"), "{outcome:?}");
}

#[test]
fn every_byte_of_a_mounted_file_is_passed() {
    let home = Home::new();
    let files: [(&str, &[u8]); 5] = [
        ("raw", b"\x01\x02\x03\n"),
        ("two", b"pem\n\n"),
        ("windows", b"pem\r\n"),
        ("none", b"none"),
        ("newline", b"\n"),
    ];
    for (name, bytes) in files {
        let path = home.write(format!("secrets/{name}"), bytes);
        let binding = format!("F={name}");
        let run = |options: &[&str]| {
            home.run(
                &[options, &["--local", "--file", &binding]].concat(),
                &["sh", "-c", "cat \"$F\""],
            )
        };
        for start in [
            run(&["--secrets-dir", "secrets"]),
            run(&["--secrets-dir", "secrets", "--keep-newline"]),
            run(&[]).env("CREDENTIALS_DIRECTORY", path.parent().unwrap()),
        ] {
            let outcome = start.outcome();
            assert_eq!((outcome.code(), outcome.stderr()), (Some(0), String::new()), "{name}");
            assert_eq!(outcome.stdout, bytes, "{name}");
        }
    }
}

#[test]
fn a_limit_on_the_size_of_files_is_reported_and_the_signals_of_the_command_are_unchanged() {
    let home = home();
    let limited = |ignored: bool, words: &[&str]| {
        home.pfx(words).before(move || {
            let how = if ignored { SigHandler::SigIgn } else { SigHandler::SigDfl };
            // SAFETY: no handler is installed.
            unsafe { signal(Signal::SIGXFSZ, how) }?;
            setrlimit(Resource::RLIMIT_FSIZE, 3, 3).map_err(Into::into)
        })
    };
    for ignored in [false, true] {
        limited(ignored, &["run", "--file", "TOKEN", "--", "true"]).refuses(
            125,
            "pfx: error: cannot pass `TOKEN` as a file: pwrite: File too large\n\
             pfx: hint: raise the limit on the file size: `ulimit -f`, or `LimitFSIZE=` in a systemd unit\n",
        );
        let status = [
            "run",
            "--file",
            "NONE=none?",
            "-s",
            "TOKEN",
            "--",
            "sh",
            "-c",
            "grep SigIgn /proc/$$/status",
        ];
        let outcome = limited(ignored, &status).outcome();
        let mask =
            u64::from_str_radix(outcome.stdout().split_whitespace().nth(1).unwrap(), 16).unwrap();
        assert_eq!(mask & (1 << 24) != 0, ignored, "{outcome:?}");
        // Stdout and stderr may be files too.
        for words in [
            &["run", "-s", "NONE", "--", "true"][..],
            &["--help"],
            &["check"],
            &["trust", "--list", "--json"],
        ] {
            let out = std::fs::File::create(home.join("out")).unwrap();
            let outcome = limited(ignored, words).stdout_to(out).outcome();
            assert_eq!(outcome.signal(), None, "{words:?}: {outcome:?}");
        }
    }
    assert!(home.contents().iter().all(|(path, _)| !path.to_string_lossy().contains(".pfx-")));
}

#[test]
fn a_stderr_without_a_reader_does_not_end_pfx_before_the_command_starts() {
    let home = home();
    let start = home.run(&["-v", "-s", "TOKEN"], &["echo", "started"]).before(|| {
        let (reader, writer) = nix::unistd::pipe()?;
        nix::unistd::dup2_stderr(&writer)?;
        drop(reader);
        Ok(())
    });
    start.gives("started\n");
}

#[test]
fn nothing_is_left_after_a_kill() {
    let home = home();
    let before = home.contents();
    let mut running = home
        .run(&["--file", "TOKEN"], &["sh", "-c", "cat $TOKEN; echo; echo ready; exec sleep 300"])
        .start();
    running.wait_until_ready();
    running.signal(Signal::SIGKILL);
    assert_eq!(running.finish().stdout(), "CANARY\nready\n");
    assert_eq!(home.contents(), before);
}

#[test]
fn the_file_does_not_replace_a_closed_standard_stream() {
    let home = home();
    let pfx = env!("CARGO_BIN_EXE_pfx");
    let script = format!("exec {pfx} run --file TOKEN -- sh -c 'cat $TOKEN' <&- 2>&-");
    home.bare(&["sh", "-c", &script]).gives("CANARY");
}

#[test]
fn a_missing_descriptor_is_reported() {
    need!(tools(&["busybox"]));
    let home = home();
    // Four: the standard streams and one more.
    let limited = |options: &[&str]| {
        home.run(options, &["busybox", "true"]).before(|| {
            let limit = libc::rlimit { rlim_cur: 4, rlim_max: 4 };
            // SAFETY: a structure in this frame.
            unsafe {
                // pfx does not inherit the descriptors of the tests.
                libc::close_range(3, libc::c_uint::MAX, libc::CLOSE_RANGE_CLOEXEC.cast_signed());
                libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit);
            }
            Ok(())
        })
    };
    limited(&["--file", "TOKEN"]).gives("");
    limited(&["--file", "TOKEN", "--file", "DB"]).refuses(
        125,
        "pfx: error: cannot pass `DB` as a file: memfd_create: Too many open files\n\
         pfx: hint: each file needs a file descriptor: raise the limit with `ulimit -n`\n",
    );
}

#[test]
fn a_missing_proc_is_reported() {
    need!(namespaces());
    let home = home();
    let pfx = env!("CARGO_BIN_EXE_pfx");
    let script = format!("umount -l /proc; exec {pfx} run --file TOKEN -- true");
    home.bare(&["unshare", "--mount", "sh", "-c", &script]).refuses(
        125,
        "pfx: error: cannot pass `TOKEN` as a file: /proc/self/fd: No such file or directory\n\
         pfx: hint: mount /proc: the path of the file is in it\n",
    );
}

#[test]
fn check_shows_how_a_value_is_passed() {
    let home = home();
    let outcome = home.pfx(["check", "--local", "--file", "KEY=TOKEN?", "-s", "TOKEN"]).outcome();
    assert_eq!(outcome.code(), Some(0), "{outcome:?}");
    assert!(outcome.stdout().contains("KEY    secret TOKEN?, as a file"), "{outcome:?}");
    let json =
        home.pfx(["check", "--local", "--json", "--file", "KEY=TOKEN", "-s", "TOKEN"]).outcome();
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    let deliveries: Vec<_> =
        json["bindings"].as_array().unwrap().iter().map(|one| one["delivery"].as_str()).collect();
    assert_eq!(deliveries, [Some("variable"), Some("file")]);
}

#[test]
fn a_project_file_can_request_a_file_but_not_for_an_export() {
    let home = home();
    home.write("pfx.toml", "[env]\nKEY = { secret = \"TOKEN\", file = true }\n");
    set_mode(&home.join("pfx.toml"), 0o600);
    home.run(&["-f", "pfx.toml"], &["sh", "-c", "cat $KEY"]).gives("CANARY");
    home.pfx(["export", "-f", "pfx.toml", "--format", "sh"]).refuses(
        2,
        "pfx: error: cannot export `KEY`: it is bound with --file, which export does not support\n\
         pfx: hint: `pfx secret get NAME > FILE` writes a value to a file\n",
    );
}
