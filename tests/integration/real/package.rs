//! The Debian package and the container image, built by their scripts.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::Home;
use crate::support::needs::{cargo_deb, namespaces, root, static_binary, tools};

/// Runs a script of `packaging/` with a binary, and returns its output.
fn script(name: &str, binary: &Path, arguments: &[&str], variables: &[(&str, String)]) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let output = Command::new(root.join("packaging").join(name))
        .args(arguments)
        .env("PFX", binary)
        .envs(variables.iter().map(|(name, value)| (name, value)))
        .output()
        .expect("the script starts");
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// All files below a directory, relative to it and sorted.
fn files(below: &Path) -> Vec<String> {
    fn walk(directory: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(directory).expect("a readable directory") {
            let path = entry.expect("an entry").path();
            if path.is_dir() { walk(&path, found) } else { found.push(path) }
        }
    }
    let mut found = Vec::new();
    walk(below, &mut found);
    let relative = |path: PathBuf| path.strip_prefix(below).expect("below").display().to_string();
    let mut names: Vec<String> = found.into_iter().map(relative).collect();
    names.sort();
    names
}

/// A dpkg with its own root directory.
fn dpkg(root: &Path, arguments: &[&str]) -> String {
    let output = Command::new("dpkg")
        .arg(format!("--root={}", root.display()))
        .args(arguments)
        .output()
        .expect("dpkg is there");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn the_debian_package_is_installed_runs_and_is_removed_without_a_trace() {
    need!(root());
    need!(tools(&["dpkg"]));
    let (binary, tool) = (need!(static_binary()), need!(cargo_deb()));
    let search_path = std::env::join_paths(
        std::iter::once(tool)
            .chain(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())),
    );
    let search_path = search_path.expect("a PATH").into_string().expect("UTF-8");
    let home = Home::new();
    let out = home.join("out");
    let package =
        script("deb.sh", &binary, &[out.to_str().expect("UTF-8")], &[("PATH", search_path)]);
    assert!(Path::new(&package).is_file(), "{package}");

    let root = home.join("root");
    for directory in ["info", "updates", "triggers"] {
        fs::create_dir_all(root.join("var/lib/dpkg").join(directory)).expect("a directory");
    }
    fs::write(root.join("var/lib/dpkg/status"), "").expect("a file");
    dpkg(&root, &["--install", &package]);

    let installed = files(&root.join("usr"));
    for name in [
        "bin/pfx",
        "share/bash-completion/completions/pfx",
        "share/doc/pfx/changelog.gz",
        "share/doc/pfx/copyright",
        "share/doc/pfx/docs/images/start-dark.svg",
        "share/doc/pfx/docs/prefect-3.md",
        "share/doc/pfx/examples/systemd/pfx@.service",
        "share/fish/vendor_completions.d/pfx.fish",
        "share/man/man1/pfx-run.1.gz",
        "share/man/man5/pfx.toml.5.gz",
        "share/zsh/vendor-completions/_pfx",
    ] {
        assert!(installed.contains(&name.to_owned()), "{name} is not in {installed:?}");
    }
    let pages =
        fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("man")).expect("man").count();
    assert_eq!(installed.iter().filter(|name| name.starts_with("share/man/")).count(), pages);
    let pfx = root.join("usr/bin/pfx");
    home.bare(&[pfx.to_str().expect("UTF-8"), "run", "--set", "A=1", "--", "sh", "-c", "echo $A"])
        .gives("1\n");

    dpkg(&root, &["--purge", "pfx"]);
    assert_eq!(files(&root).iter().filter(|name| !name.starts_with("var/")).count(), 0);
    assert!(!root.join("usr/share/doc/pfx").exists() && !pfx.exists());
}

#[test]
fn the_image_is_built_by_its_script() {
    need!(namespaces());
    need!(tools(&["podman", "runc"]));
    let binary = need!(static_binary());
    let home = Home::new();
    let podman = format!(
        "podman --runtime=runc --cgroup-manager=cgroupfs --root={0}/storage --runroot={0}/run",
        home.path().display()
    );
    let options = ["made", "--isolation=chroot", "--quiet"];
    script("image.sh", &binary, &options, &[("ENGINE", podman.clone())]);
    let mut words: Vec<&str> = podman.split(' ').collect();
    words.extend(["image", "inspect", "--format", "{{.Config.Entrypoint}}", "made"]);
    home.bare(&words).gives("[/usr/bin/pfx]\n");
    words.truncate(5);
    words.extend(["rmi", "--all", "--force"]);
    home.bare(&words).outcome();
    let _ = Command::new("umount").arg(home.join("storage/overlay")).output();
}
