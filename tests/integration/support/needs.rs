//! Requirements of tests that not every machine meets. A test whose requirement is missing is skipped, and listed as
//! skipped at the end of the run. With `PFX_TEST_COMPLETE`, which `tests/run.sh` sets, it fails instead.

use std::fmt;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, OnceLock, PoisonError};

use super::{is_root, lasting};

/// Returns the value of a requirement, or ends the test, which is then listed as skipped. Only for the body of a test, because
/// it returns from it.
macro_rules! need {
    ($need:expr) => {
        match $need {
            Ok(found) => found,
            Err(missing) => {
                $crate::support::needs::skip(&missing);
                return;
            }
        }
    };
}

/// What is missing, and how to get it.
#[derive(Clone, Debug)]
pub struct Missing(String);

impl fmt::Display for Missing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// The rights of root: acting as other users, changing owners, ignoring modes.
pub fn root() -> Result<(), Missing> {
    if is_root() { Ok(()) } else { Err(Missing("needs root: run the tests as root".to_owned())) }
}

/// The right to create mount, process and network namespaces, which root may lack in a container.
pub fn namespaces() -> Result<(), Missing> {
    static CAN: OnceLock<bool> = OnceLock::new();
    root()?;
    let try_it = || {
        let mut unshare = Command::new("unshare");
        unshare.args(["--mount", "--pid", "--net", "--fork", "true"]);
        unshare.stderr(Stdio::null()).status().is_ok_and(|status| status.success())
    };
    if *CAN.get_or_init(try_it) {
        return Ok(());
    }
    Err(Missing("needs namespaces: run the tests outside of a container".to_owned()))
}

/// Programs in the directories that all tests search.
pub fn tools(names: &[&str]) -> Result<(), Missing> {
    let exists = |name: &&&str| {
        ["/usr/bin", "/bin", "/usr/sbin", "/sbin"]
            .iter()
            .any(|directory| Path::new(directory).join(name).exists())
    };
    match names.iter().find(|name| !exists(name)) {
        None => Ok(()),
        Some(name) => {
            Err(Missing(format!("needs {name}: tests/run.sh installs the package that has it")))
        }
    }
}

/// strace with the data that pfx passes to the kernel: once pfx is not dumpable, only root can see it.
pub fn strace_as_root() -> Result<(), Missing> {
    root()?;
    tools(&["strace"])
}

/// A python3 with the module `yaml`.
pub fn yaml() -> Result<(), Missing> {
    static HAS: OnceLock<bool> = OnceLock::new();
    let imports = || {
        let mut python = Command::new("/usr/bin/python3");
        python.args(["-c", "import yaml"]).stderr(Stdio::null());
        python.status().is_ok_and(|status| status.success())
    };
    if *HAS.get_or_init(imports) {
        return Ok(());
    }
    Err(Missing("needs python3-yaml: tests/run.sh installs it".to_owned()))
}

/// The certificate authorities of this machine.
pub fn authorities() -> Result<(), Missing> {
    let bundles = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt"];
    if bundles.iter().any(|path| Path::new(path).exists()) {
        return Ok(());
    }
    Err(Missing("needs ca-certificates: tests/run.sh installs it".to_owned()))
}

/// The home directory of the user of the tests, from /etc/passwd.
pub fn home_in_passwd() -> Result<String, Missing> {
    let passwd = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let user = nix::unistd::getuid().to_string();
    let lines = passwd.lines().map(|line| line.split(':').collect::<Vec<_>>());
    let mut mine = lines.filter(|fields| fields.get(2) == Some(&user.as_str()));
    let home = mine.find_map(|fields| fields.get(5).map(|&home| home.to_owned()));
    home.ok_or_else(|| Missing("needs a user of /etc/passwd: run the tests as one".to_owned()))
}

/// The Python environment with this major version of Prefect.
pub fn prefect(version: u8) -> Result<PathBuf, Missing> {
    prepared(&format!("PFX_TEST_PREFECT{version}"), &format!("prefect-{version}"), "bin/python")
}

/// The modules of Node.js with npm's dotenv, and a Node.js that reads env files itself.
pub fn node_modules() -> Result<PathBuf, Missing> {
    let modules = prepared("PFX_TEST_NODE_MODULES", "node/node_modules", "dotenv")?;
    let script = "process.exit(require('util').parseEnv ? 0 : 1)";
    let node = Command::new("node").args(["-e", script]).stderr(Stdio::null()).status();
    if node.is_ok_and(|status| status.success()) {
        return Ok(modules);
    }
    Err(Missing("needs Node.js 20.12 or later: https://nodejs.org".to_owned()))
}

/// The directory that holds cargo-deb.
pub fn cargo_deb() -> Result<PathBuf, Missing> {
    prepared("PFX_TEST_CARGO_DEB", "cargo-deb/bin", "cargo-deb")
}

/// Debian 13 in a directory, with plug-ins that look up host names.
pub fn trixie() -> Result<PathBuf, Missing> {
    prepared("PFX_TEST_TRIXIE", "trixie", "etc/nsswitch.conf")
}

/// A static release binary, for environments without a C library.
pub fn static_binary() -> Result<PathBuf, Missing> {
    let path = std::env::var_os("PFX_TEST_STATIC").map(PathBuf::from);
    path.filter(|path| path.exists()).ok_or_else(|| {
        Missing(
            "needs a static binary: tests/run.sh builds it, and PFX_TEST_STATIC names it".into(),
        )
    })
}

/// A directory that `tests/run.sh` prepares in its cache, or that the variable names; it must contain `part`.
fn prepared(variable: &str, name: &str, part: &str) -> Result<PathBuf, Missing> {
    let home = || PathBuf::from(std::env::var_os("HOME").unwrap_or_default());
    let path = std::env::var_os(variable)
        .map_or_else(|| home().join(".cache/pfx-tests").join(name), PathBuf::from);
    if path.join(part).exists() {
        return Ok(path);
    }
    Err(Missing(format!(
        "needs {}: tests/run.sh makes it, and {variable} names another",
        path.display()
    )))
}

static SKIPPED: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Lists the test of this thread as skipped.
///
/// # Panics
///
/// If no test may be skipped.
#[track_caller]
pub fn skip(missing: &Missing) {
    static ONCE: std::sync::Once = std::sync::Once::new();
    let thread = std::thread::current();
    let line = format!("skipped: {}: {missing}", thread.name().unwrap_or("a test"));
    let is_complete = std::env::var_os("PFX_TEST_COMPLETE").is_some_and(|text| !text.is_empty());
    assert!(!is_complete, "{line}; with PFX_TEST_COMPLETE nothing may be skipped");
    ONCE.call_once(|| lasting::at_exit(list));
    SKIPPED.lock().unwrap_or_else(PoisonError::into_inner).push(line);
}

/// Prints the skipped tests directly, because the test harness does not show the output of a test that passes.
extern "C" fn list() {
    let mut lines = SKIPPED.lock().unwrap_or_else(PoisonError::into_inner);
    lines.sort();
    let text = format!("\n{}\n{} skipped\n\n", lines.join("\n"), lines.len());
    let _ = std::io::stderr().write_all(text.as_bytes());
}
