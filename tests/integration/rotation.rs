//! A directory whose files are all replaced at once while pfx starts, as kubelet replaces those of a Secret.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crate::support::needs::{namespaces, strace_as_root, tools};
use crate::support::{Home, traced};

/// Replaces the files in `directory` with a generation whose values end in `number`, and removes the previous
/// one (`pkg/volume/util/atomic_writer.go` of Kubernetes).
fn replace(directory: &Path, number: usize, names: &[&str]) {
    let data = directory.join("..data");
    let before = fs::read_link(&data).ok();
    let own = directory.join(format!("..{number}"));
    fs::create_dir_all(&own).unwrap();
    for name in names {
        fs::write(own.join(name), format!("{name}-{number}\n")).unwrap();
    }
    symlink(own.file_name().unwrap(), directory.join("..data_tmp")).unwrap();
    fs::rename(directory.join("..data_tmp"), &data).unwrap();
    for name in names {
        if !directory.join(name).is_symlink() {
            symlink(Path::new("..data").join(name), directory.join(name)).unwrap();
        }
    }
    for entry in fs::read_dir(directory).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().to_string_lossy().into_owned();
        if !name.starts_with("..") && entry.path().is_symlink() && !names.contains(&&*name) {
            fs::remove_file(entry.path()).unwrap();
        }
    }
    if let Some(before) = before {
        fs::remove_dir_all(directory.join(before)).unwrap();
    }
}

/// Ends a thread, even if the test fails.
struct Ended<'a>(&'a AtomicBool);

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Replaces the files repeatedly, with this pause, while `act` runs.
fn while_replaced(
    directory: &Path,
    names: fn(usize) -> Vec<&'static str>,
    period: Duration,
    act: impl FnOnce(),
) {
    replace(directory, 0, &names(0));
    let is_done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            for number in 1.. {
                if is_done.load(Ordering::Relaxed) {
                    return;
                }
                replace(directory, number, &names(number));
                thread::sleep(period);
            }
        });
        let _ended = Ended(&is_done);
        act();
    });
}

/// Asserts that all printed words end in the same number.
fn assert_of_one_generation(text: &str, count: usize) {
    let numbers: Vec<&str> =
        text.split_whitespace().filter_map(|word| word.split('-').nth(1)).collect();
    assert_eq!(numbers.len(), count, "{text}");
    assert!(numbers.windows(2).all(|two| two[0] == two[1]), "{text}");
}

#[test]
fn all_values_of_a_start_belong_to_one_generation() {
    let home = Home::new();
    let directory = home.join("k");
    let names = |_| vec!["password", "user"];
    while_replaced(&directory, names, Duration::ZERO, || {
        for _ in 0..60 {
            for bindings in
                [&["-s", "user", "-s", "password"][..], &["-s", "user?", "-s", "password?"], &[]]
            {
                let options = [&["--local", "--secrets-dir", "k"], bindings].concat();
                let outcome = home.run(&options, &["sh", "-c", "echo $user $password"]).outcome();
                assert_eq!(
                    (outcome.code(), outcome.stderr()),
                    (Some(0), String::new()),
                    "{bindings:?}"
                );
                assert_of_one_generation(&outcome.stdout(), 2);
            }
        }
    });
}

#[test]
fn a_listing_and_its_values_belong_to_one_generation_even_if_names_change() {
    let home = Home::new();
    let directory = home.join("k");
    let names = |number: usize| {
        if number.is_multiple_of(2) { vec!["a", "c", "d"] } else { vec!["a", "b", "e", "f"] }
    };
    while_replaced(&directory, names, Duration::ZERO, || {
        for _ in 0..60 {
            let command = ["sh", "-c", "echo $a $b $c $d $e $f"];
            let outcome = home.run(&["--local", "--secrets-dir", "k"], &command).outcome();
            assert_eq!((outcome.code(), outcome.stderr()), (Some(0), String::new()));
            let stdout = outcome.stdout();
            let count = if stdout.contains("c-") { 3 } else { 4 };
            assert_of_one_generation(&stdout, count);
        }
    });
}

#[test]
fn a_replacement_before_any_system_call_of_a_slow_start_does_not_mix_generations() {
    need!(tools(&["strace"]));
    let home = Home::new();
    let directory = home.join("k");
    while_replaced(
        &directory,
        |_| vec!["password", "user"],
        // Under strace, a few system calls of a start take this long.
        Duration::from_millis(5),
        || {
            for bindings in
                [&["-s", "user", "-s", "password"][..], &["-s", "user?", "-s", "password?"], &[]]
            {
                let arguments = [&["run", "--local", "--secrets-dir", "k"], bindings].concat();
                let command = ["--", "sh", "-c", "echo $user $password"];
                let arguments: Vec<&str> = arguments.into_iter().chain(command).collect();
                for when in 1..=16 {
                    // This is long enough for many generations.
                    let delay =
                        format!("inject=openat,readlinkat,getdents64:delay_enter=20ms:when={when}");
                    let trace = traced(&home, &["-e", &delay], &arguments, |start| start);
                    let outcome = trace.outcome;
                    assert_eq!(
                        (outcome.code(), outcome.stderr()),
                        (Some(0), String::new()),
                        "{delay}"
                    );
                    assert_of_one_generation(&outcome.stdout(), 2);
                }
            }
        },
    );
}

#[test]
fn a_link_to_a_directory_that_is_replaced_by_a_rename_is_followed_once() {
    let home = Home::new();
    let replace = |number: usize| {
        let own = format!("release-{number}");
        for name in ["user", "password"] {
            home.write(format!("{own}/{name}"), format!("{name}-{number}\n"));
        }
        symlink(&own, home.join("next")).unwrap();
        fs::rename(home.join("next"), home.join("current")).unwrap();
        if let Some(before) = number.checked_sub(1) {
            fs::remove_dir_all(home.join(format!("release-{before}"))).unwrap();
        }
    };
    replace(0);
    let is_done = AtomicBool::new(false);
    thread::scope(|scope| {
        let (replace, is_done) = (&replace, &is_done);
        scope.spawn(move || {
            let mut number = 0;
            while !is_done.load(Ordering::Relaxed) {
                number += 1;
                replace(number);
            }
        });
        let _ended = Ended(is_done);
        for _ in 0..60 {
            for bindings in [&["-s", "user", "-s", "password?"][..], &[]] {
                let options = [&["--local", "--secrets-dir", "current"], bindings].concat();
                let outcome = home.run(&options, &["sh", "-c", "echo $user $password"]).outcome();
                assert_eq!((outcome.code(), outcome.stderr()), (Some(0), String::new()));
                assert_of_one_generation(&outcome.stdout(), 2);
            }
        }
    });
}

#[test]
fn files_outside_the_generations_and_links_to_other_files_are_read() {
    let home = Home::new();
    replace(&home.join("k"), 1, &["user", "password"]);
    home.write("k/beside", "b\n");
    home.write("elsewhere/far", "f\n");
    symlink("../elsewhere/far", home.join("k/far")).unwrap();
    fs::create_dir(home.join("k/directory")).unwrap();
    let listed = "beside\nfar\npassword\nuser\n";
    home.pfx(["secret", "list", "--secrets-dir", "k"]).gives(listed);
    let command = ["sh", "-c", "echo $user $password $beside $far"];
    for bindings in [&[][..], &["-s", "user", "-s", "password", "-s", "beside", "-s", "far"]] {
        let options = [&["--local", "--secrets-dir", "k"], bindings].concat();
        home.run(&options, &command).gives("user-1 password-1 b f\n");
    }
}

#[test]
fn a_file_that_is_mounted_over_another_file_is_read() {
    need!(namespaces());
    let home = Home::new();
    replace(&home.join("k"), 1, &["user", "password"]);
    home.write("k/beside", "b\n");
    // `subPath` of Kubernetes.
    let script = "mount --bind k/..1/user k/beside && exec $PFX run --local --secrets-dir k -s beside -s user -- \
                  sh -c 'echo $beside $user'";
    let start = home.bare(&["unshare", "-m", "sh", "-c", script]);
    start.env("PFX", env!("CARGO_BIN_EXE_pfx")).gives("user-1 user-1\n");
}

#[test]
fn a_name_that_the_current_generation_does_not_have_is_missing() {
    let home = Home::new();
    replace(&home.join("k"), 1, &["user", "password"]);
    replace(&home.join("k"), 2, &["user"]);
    // A leftover link.
    symlink("..data/password", home.join("k/password")).unwrap();
    home.pfx(["secret", "list", "--secrets-dir", "k"]).gives("user\n");
    let outcome =
        home.run(&["--local", "--secrets-dir", "k", "-s", "password"], &["true"]).outcome();
    assert_eq!(outcome.code(), Some(125));
    assert!(outcome.stderr().contains("cannot find the secret `password`"), "{}", outcome.stderr());
}

#[test]
fn a_plain_directory_is_only_opened() {
    need!(strace_as_root());
    let home = Home::new();
    home.write("plain/A", "a");
    let arguments = ["run", "--local", "--secrets-dir", "plain", "-s", "A", "--", "true"];
    let trace = traced(&home, &[], &arguments, |start| start);
    let lines: Vec<&str> = trace.text.lines().filter(|line| !line.contains("execve(")).collect();
    let about = |words: &str| lines.iter().filter(|line| line.contains(words)).count();
    assert_eq!((about("\"plain\""), about("..data"), about("\"A\"")), (1, 1, 1), "{}", trace.text);
}
