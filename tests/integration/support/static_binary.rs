//! A static binary, which a container without a C library needs.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The release of `PFX_TEST_STATIC`, or one of these sources that is built quickly and kept in `target/static`.
pub fn static_binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| match std::env::var_os("PFX_TEST_STATIC") {
        Some(path) => path.into(),
        None => build(),
    })
}

fn build() -> PathBuf {
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/static");
    let machine = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let status = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--locked", "--bin", "pfx"])
        .args(["--target", &machine, "--target-dir"])
        .arg(&target)
        .env("RUSTFLAGS", "-C target-feature=+crt-static")
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status()
        .expect("cargo starts");
    assert!(status.success(), "the static binary builds");
    target.join(machine).join("debug/pfx")
}
