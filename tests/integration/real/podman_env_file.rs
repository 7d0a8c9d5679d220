//! Read back by podman.

use crate::export::values::texts;
use crate::export::{assert_read, export, holding, taken, variables};
use crate::support::needs::{namespaces, tools};
use crate::support::{Home, Outcome};

/// podman as it works in a container and a virtual machine alike.
fn podman(home: &Home, arguments: &[&str]) -> Outcome {
    let always = [
        "podman",
        "--runtime",
        "runc",
        "--cgroup-manager=cgroupfs",
        "run",
        "--rm",
        "--network=none",
        "--ulimit",
        "nofile=1024:1024",
        "--ulimit",
        "nproc=1000:1000",
    ];
    let words = [&always[..], arguments].concat();
    home.bare(&words).env("HOME", "/root").env("PATH", "/usr/bin:/bin:/usr/sbin:/sbin").outcome()
}

#[test]
fn podman_reads_what_an_env_file_takes() {
    need!(namespaces());
    need!(tools(&["podman", "runc", "busybox"]));
    let all = texts();
    let taken = taken("docker", all.clone());
    assert!(taken.len() > 100 && taken.len() < all.len(), "{} taken", taken.len());
    let home = holding(&taken);
    let mut taken = taken;
    let mut words = vec!["--all", "--local", "--output", "exported"];
    // Names that no shell takes.
    let foreign =
        ["spring.datasource.password=x", "a-b=x", "1A=x", "é=x", "q\"u\\o'te=x", "a:b=x", "%=x"];
    for assignment in foreign {
        words.extend(["--set", assignment]);
        let name = assignment.strip_suffix("=x").expect("a name");
        taken.insert(name.to_owned(), b"x".to_vec());
    }
    export(&home, "docker", &words).assert(0, "", "");
    let root = home.join("root");
    home.write("root/bin/file", "");
    std::fs::copy("/bin/busybox", root.join("bin/busybox")).unwrap();
    // Not by stdout, of which podman may lose all when a container ends as soon as it starts.
    let program = ["/bin/busybox", "cp", "/proc/self/environ", "/variables"];
    let mut words = vec!["--env-file", "exported", "--rootfs", root.to_str().unwrap()];
    words.extend(program);
    let read = podman(&home, &words);
    assert_eq!(read.code(), Some(0), "{}", read.stderr());
    assert_read(&variables(&std::fs::read(root.join("variables")).unwrap()), &taken);
}
