//! A systemd as process 1 of its own namespaces, independent of that of this machine.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::support::{desk, lasting};

const DEADLINE: Duration = Duration::from_mins(1);

pub struct Machine {
    /// A directory that both sides see: here, and as /mnt/share in the namespaces.
    share: TempDir,
    /// The process that holds the namespaces.
    holder: Mutex<Child>,
    /// The process ID of systemd in the outer namespace.
    process: String,
}

impl Machine {
    /// Boots the machine once for all tests, with all their units.
    pub fn shared() -> &'static Self {
        static MACHINE: OnceLock<Machine> = OnceLock::new();
        MACHINE.get_or_init(|| {
            let machine = Self::boot();
            lasting::at_exit(shut_down);
            machine
        })
    }

    fn boot() -> Self {
        let share = TempDir::new().expect("a temporary directory");
        let write = |name: &str, text: &str| write(share.path(), name, text);
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        copy(&root.join("tests/integration/real/systemd/units"), &share.path().join("units"));
        copy(&root.join("examples/systemd"), &share.path().join("units"));
        write("bin/service", "#!/bin/sh\nexec python3 /mnt/share/service.py exit 0\n");
        write("service.py", include_str!("service.py"));
        write("secret", "hunter2");
        write("out/none", "");
        fs::copy(env!("CARGO_BIN_EXE_pfx"), share.path().join("bin/pfx")).expect("a copy of pfx");
        for path in ["", "bin", "bin/pfx", "bin/service", "out", "service.py"] {
            crate::support::set_mode(&share.path().join(path), 0o755);
        }
        Self::start(share)
    }

    /// Boots one with a journal, a checkout in /home/you/pfx, and a user who may do everything. It ends when it is dropped.
    pub fn of_new_user(binary: &Path) -> Self {
        // On a disk: systemd stores no key in memory.
        let share = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).expect("a temporary directory");
        let write = |name: &str, text: &str| write(share.path(), name, text);
        write("bin/sudo", "#!/bin/sh\nexec \"$@\"\n");
        write("state/none", "");
        write(
            "units/pfx-test.target",
            "[Unit]\nDefaultDependencies=no\nWants=systemd-journald.service\n\
             After=systemd-journald.service\n",
        );
        // The basic services of a machine are this machine's.
        write("units/service.d/test.conf", "[Unit]\nDefaultDependencies=no\n");
        crate::support::set_mode(&share.path().join("bin/sudo"), 0o755);
        fs::copy(binary, share.path().join("pfx")).expect("a copy of pfx");
        fs::create_dir_all(share.path().join("home/pfx")).expect("a directory");
        desk::copy(&["."], &share.path().join("home/pfx"));
        Self::start(share)
    }

    fn start(share: TempDir) -> Self {
        write(share.path(), "boot.sh", include_str!("boot.sh"));
        let mut holder = Command::new("unshare");
        holder
            .args(["--fork", "--pid", "--mount", "--mount-proc", "--kill-child", "sh"])
            .arg(share.path().join("boot.sh"))
            .arg(share.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let holder = Mutex::new(lasting::spawn(holder));
        let mut machine = Self { share, holder, process: String::new() };
        machine.wait_until_up();
        machine
    }

    fn wait_until_up(&mut self) {
        let start = Instant::now();
        let holder = self.holder.lock().expect("no panic").id();
        loop {
            assert!(start.elapsed() < DEADLINE, "systemd does not come up");
            let children = fs::read_to_string(format!("/proc/{holder}/task/{holder}/children"));
            children.unwrap_or_default().trim().clone_into(&mut self.process);
            if !self.process.is_empty()
                && self.systemctl(&["is-active", "pfx-test.target"]) == "active"
            {
                return;
            }
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// The output of a command in the namespaces.
    pub fn run(&self, words: &[&str]) -> (bool, String) {
        let output = Command::new("nsenter")
            .args(["--target", &self.process, "--mount", "--pid"])
            .args(words)
            .stdin(Stdio::null())
            .output()
            .expect("nsenter is installed");
        let said = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8_lossy(&said).trim().to_owned())
    }

    pub fn systemctl(&self, words: &[&str]) -> String {
        self.run(&[&["systemctl"], words].concat()).1
    }

    /// One property of a unit.
    pub fn property(&self, unit: &str, name: &str) -> String {
        self.systemctl(&["show", "--value", "--property", name, unit])
    }

    /// Waits until a property has this value.
    #[track_caller]
    pub fn wait_for(&self, unit: &str, name: &str, value: &str) {
        let start = Instant::now();
        loop {
            let now = self.property(unit, name);
            if now == value {
                return;
            }
            let late = start.elapsed() > DEADLINE;
            assert!(!late, "{unit}: {name} is {now}, not {value}; {}", self.output(unit));
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// The output of a unit: each unit appends to a file with its name.
    pub fn output(&self, unit: &str) -> String {
        fs::read_to_string(self.path(&format!("out/{unit}"))).unwrap_or_default()
    }

    pub fn path(&self, relative: &str) -> std::path::PathBuf {
        self.share.path().join(relative)
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        if let Ok(mut holder) = self.holder.lock() {
            // --kill-child ends process 1, and then the kernel ends everything in its namespace.
            let _ = holder.kill();
            let _ = holder.wait();
        }
    }
}

/// Writes a file below a directory.
fn write(directory: &Path, name: &str, text: &str) {
    let path = directory.join(name);
    fs::create_dir_all(path.parent().expect("a directory")).expect("a directory");
    fs::write(path, text).expect("a file");
}

/// Copies all files of a directory into another.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a directory");
    for entry in fs::read_dir(from).expect("a readable directory") {
        let entry = entry.expect("an entry");
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).expect("a copy");
        }
    }
}

extern "C" fn shut_down() {
    let machine = Machine::shared();
    if let Ok(mut holder) = machine.holder.lock() {
        let _ = holder.kill();
        let _ = holder.wait();
    }
    let _ = fs::remove_dir_all(machine.share.path());
}
