//! install.sh installs what it reports, and removes exactly that.

use crate::support::needs::tools;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use tempfile::TempDir;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const PFX: &str = env!("CARGO_BIN_EXE_pfx");

/// Makes a tarball of the binary under test, without debug information.
fn pack(directory: &Path) {
    let stripped = directory.join("stripped");
    let status = Command::new("strip").arg("-o").arg(&stripped).arg(PFX).status();
    assert!(status.expect("strip comes with a C compiler").success());
    let output = Command::new(Path::new(ROOT).join("packaging/tarball.sh"))
        .arg(directory)
        .env("PFX", stripped)
        .output()
        .expect("tarball.sh starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(stdout, format!("{}\n", directory.join(tarball_name()).display()));
}

fn tarball_name() -> String {
    format!("pfx-{}-{}-linux.tar.gz", env!("CARGO_PKG_VERSION"), std::env::consts::ARCH)
}

/// A tarball, and a directory to install it into.
struct Ground {
    directory: TempDir,
}

impl Ground {
    fn new() -> Self {
        // One tarball for all tests.
        static PACKED: OnceLock<PathBuf> = OnceLock::new();
        let packed = PACKED.get_or_init(|| {
            let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("tarball");
            std::fs::create_dir_all(&directory).expect("a directory");
            pack(&directory);
            directory.join(tarball_name())
        });
        let ground = Self { directory: tempfile::tempdir().expect("a temporary directory") };
        std::fs::copy(packed, ground.tarball()).expect("a copy");
        let sum = packed.with_extension("gz.sha256");
        std::fs::copy(sum, ground.tarball().with_extension("gz.sha256")).expect("a copy");
        ground
    }

    fn join(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn tarball(&self) -> PathBuf {
        self.join(&tarball_name())
    }

    /// Runs install.sh with a minimal shell.
    fn install(&self, arguments: &[&str]) -> Output {
        Command::new("dash")
            .arg(Path::new(ROOT).join("install.sh"))
            .args(arguments)
            .env_remove("PFX")
            .env_remove("DESTDIR")
            .env("PREFIX", self.join("prefix"))
            .output()
            .expect("dash is there: tests/run.sh installs it")
    }

    fn install_tarball(&self) -> Output {
        self.install(&["--from", self.tarball().to_str().expect("UTF-8")])
    }

    /// Everything below the prefix, files and directories.
    fn installed(&self) -> Vec<String> {
        let output = Command::new("find")
            .args([".", "-mindepth", "1"])
            .current_dir(self.join("prefix"))
            .output()
            .expect("find starts");
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    }
}

#[track_caller]
fn succeeded(output: &Output) -> String {
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && stderr.is_empty(), "{stderr}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[track_caller]
fn failed(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1));
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn an_installed_tarball_runs_and_its_removal_leaves_nothing() {
    need!(tools(&["strip", "dash"]));
    let ground = Ground::new();
    let stdout = succeeded(&ground.install_tarball());
    let prefix = ground.join("prefix");
    for file in [
        "bin/pfx",
        "share/man/man1/pfx.1",
        "share/man/man1/pfx-run.1",
        "share/bash-completion/completions/pfx",
        "share/zsh/site-functions/_pfx",
        "share/fish/vendor_completions.d/pfx.fish",
        "share/doc/pfx/LICENSE",
        "share/doc/pfx/docs/basics.md",
        "share/doc/pfx/docs/images/session-light.svg",
    ] {
        assert!(prefix.join(file).is_file(), "{file}");
        assert!(
            stdout.contains(&format!("installed {}\n", prefix.join(file).display())),
            "{stdout}"
        );
    }
    let output = Command::new(prefix.join("bin/pfx"))
        .args(["run", "--set", "A=b", "--", "printenv", "A"])
        .env("HOME", ground.directory.path())
        .output()
        .expect("the installed pfx starts");
    assert_eq!(output.stdout, b"b\n");

    succeeded(&ground.install(&["--uninstall"]));
    assert!(!prefix.exists(), "{:?}", ground.installed());
}

#[test]
fn existing_files_are_preserved() {
    need!(tools(&["strip", "dash"]));
    let ground = Ground::new();
    let prefix = ground.join("prefix");
    std::fs::create_dir_all(prefix.join("share/man/man1")).expect("a directory");
    std::fs::create_dir_all(prefix.join("lib")).expect("a directory");
    std::fs::write(prefix.join("share/man/man1/other.1"), "").expect("a file");
    let before = ground.installed();
    succeeded(&ground.install_tarball());
    succeeded(&ground.install_tarball());
    succeeded(&ground.install(&["--uninstall"]));
    assert_eq!(ground.installed(), before);
}

#[test]
fn a_file_that_the_script_did_not_install_is_not_overwritten() {
    need!(tools(&["strip", "dash"]));
    let ground = Ground::new();
    let other = ground.join("prefix/bin/pfx");
    std::fs::create_dir_all(ground.join("prefix/bin")).expect("a directory");
    std::fs::write(&other, "another").expect("a file");
    assert!(failed(&ground.install_tarball()).contains("move it away"));
    assert_eq!(std::fs::read(&other).expect("it is there"), b"another");
    assert_eq!(ground.installed(), ["./bin", "./bin/pfx"]);
}

#[test]
fn a_tarball_that_does_not_match_its_checksum_is_refused() {
    need!(tools(&["strip", "dash"]));
    let ground = Ground::new();
    let mut bytes = std::fs::read(ground.tarball()).expect("the tarball");
    *bytes.last_mut().expect("bytes") ^= 1;
    std::fs::write(ground.tarball(), bytes).expect("a file is written");
    assert!(failed(&ground.install_tarball()).contains("nothing was installed"));
    std::fs::remove_file(ground.tarball().with_extension("gz.sha256")).expect("it is removed");
    assert!(failed(&ground.install_tarball()).contains("sha256"));
    assert!(!ground.join("prefix").exists());
}

#[test]
fn all_files_are_below_destdir() {
    need!(tools(&["strip", "dash"]));
    let ground = Ground::new();
    let output = Command::new("sh")
        .arg(Path::new(ROOT).join("install.sh"))
        .args(["--prefix", "/usr", "--from"])
        .arg(ground.tarball())
        .env("DESTDIR", ground.join("image"))
        .output()
        .expect("sh starts");
    succeeded(&output);
    assert!(ground.join("image/usr/bin/pfx").is_file());
}

#[test]
fn the_same_files_give_the_same_tarball() {
    need!(tools(&["strip", "dash"]));
    let directory = tempfile::tempdir().expect("a temporary directory");
    let read = || std::fs::read(directory.path().join(tarball_name())).expect("the tarball");
    pack(directory.path());
    let first = read();
    pack(directory.path());
    assert!(first == read());
}

#[test]
fn an_unknown_argument_is_a_usage_error() {
    need!(tools(&["strip", "dash"]));
    let ground = Ground::new();
    assert_eq!(ground.install(&["--form", "x"]).status.code(), Some(2));
}

#[test]
fn shellcheck_finds_no_problem_in_any_shell_script() {
    need!(tools(&["shellcheck"]));
    let scripts = [
        ".ci/run", "benches/start.sh", "examples/report.sh", "install.sh", "packaging/stage.sh",
        "packaging/tarball.sh", "tests/run.sh",
    ];
    let output = Command::new("shellcheck")
        .arg("--enable=all")
        .args(scripts)
        .current_dir(ROOT)
        .output()
        .expect("shellcheck is there: tests/run.sh installs it");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}
