//! Exports for docker, read back by podman.

use crate::export::values::texts;
use crate::export::{assert_read, export, holding, taken, variables};
use crate::real::container::engine;
use crate::real::container::podman::LIMITS;

#[test]
fn podman_reads_every_value_of_an_exported_env_file() {
    let podman = need!(engine());
    let all = texts();
    let taken = taken("docker", all.clone());
    assert!(taken.len() > 100 && taken.len() < all.len(), "{} taken", taken.len());
    let home = holding(&taken);
    let mut taken = taken;
    let mut words = vec!["--all", "--local", "--output", "exported"];
    // Names that no shell accepts.
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
    // Not through stdout: podman may lose all output of a container that ends as soon as it starts.
    let file = format!("--env-file={}", home.join("exported").display());
    let words =
        [&["run", "--rm"], &LIMITS[..], &[&file, "--rootfs", root.to_str().unwrap()]].concat();
    let program = ["/bin/busybox", "cp", "/proc/self/environ", "/variables"];
    podman.succeed(&[&words[..], &program].concat());
    assert_read(&variables(&std::fs::read(root.join("variables")).unwrap()), &taken);
}
