//! podman with its own storage, which contains two images.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::support::{Outcome, lasting};

/// Messages of podman about the cgroups of this machine, which the tests ignore.
const NOISE: [&str; 2] = ["net_cls", "cgroup"];

/// Whether a line is podman's own, of no interest here.
pub fn is_noise(line: &str) -> bool {
    line.contains("level=warning") && NOISE.iter().any(|word| line.contains(word))
}

/// `localhost/pfx` is the image of the Containerfile; `localhost/service` has busybox too, and pfx as the
/// entrypoint that examples/container/Containerfile recommends.
pub struct Podman {
    directory: TempDir,
}

static PODMAN: OnceLock<Podman> = OnceLock::new();

impl Podman {
    pub fn shared(binary: &Path) -> &'static Self {
        PODMAN.get_or_init(|| {
            let podman = Self { directory: TempDir::new().expect("a temporary directory") };
            // Nothing else would remove it after the tests.
            lasting::at_exit(remove);
            podman.build(binary);
            podman
        })
    }

    fn build(&self, binary: &Path) {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let context = self.directory.path().join("pfx");
        fs::create_dir_all(context.join("bin")).expect("a directory");
        fs::copy(binary, context.join("bin/pfx")).expect("a copy");
        let certificates = "/etc/ssl/certs/ca-certificates.crt";
        fs::copy(certificates, context.join("ca-certificates.crt")).expect("a copy");
        self.build_image("pfx", &root.join("Containerfile"), &context);

        let context = self.directory.path().join("service");
        fs::create_dir_all(&context).expect("a directory");
        fs::copy("/bin/busybox", context.join("service")).expect("busybox-static is installed");
        let example = root.join("examples/container/Containerfile");
        // The service of the example is called busybox here, because busybox depends on its name.
        let example = fs::read_to_string(example)
            .expect("the example")
            .replace("/bin/service", "/bin/busybox");
        fs::write(context.join("Containerfile"), example).expect("a file");
        self.build_image("service", &context.join("Containerfile"), &context);

        let secrets = self.directory.path().join("secrets");
        fs::create_dir(&secrets).expect("a directory");
        for (name, value) in [("db-password", "hunter2"), ("tls.key", "line 1\nline 2\n")] {
            let file = secrets.join(name);
            fs::write(&file, value).expect("a file");
            self.succeed(&["secret", "create", name, file.to_str().expect("UTF-8")]);
        }
    }

    /// The option that mounts both secrets as files of one directory.
    pub fn secrets_mount(&self) -> String {
        format!("--volume={}:/run/secrets:ro", self.directory.path().join("secrets").display())
    }

    fn build_image(&self, tag: &str, file: &Path, context: &Path) {
        let (file, context) = (file.to_str().expect("UTF-8"), context.to_str().expect("UTF-8"));
        self.succeed(&[
            "build", "--quiet", "--isolation=chroot", "--tag", tag, "--file", file, context,
        ]);
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new("podman");
        let directory = self.directory.path();
        command
            .args(["--runtime=runc", "--cgroup-manager=cgroupfs", "--root"])
            .arg(directory.join("storage"))
            .arg("--runroot")
            .arg(directory.join("run"))
            .args(words)
            .env("TMPDIR", directory)
            .stdin(Stdio::null());
        command
    }

    fn outcome(&self, words: &[&str]) -> Outcome {
        let mut output = self.command(words).output().expect("podman is installed");
        let said = String::from_utf8_lossy(&output.stderr);
        let said: String = said.split_inclusive('\n').filter(|line| !is_noise(line)).collect();
        output.stderr = said.into_bytes();
        Outcome::new(output, "")
    }

    /// Its output; it must succeed.
    #[track_caller]
    pub fn succeed(&self, words: &[&str]) -> String {
        let outcome = self.outcome(words);
        assert_eq!(outcome.code(), Some(0), "podman {words:?}: {outcome:?}");
        outcome.stdout()
    }

    /// Runs a container to its end. podman may lose all output of a container that ends as soon as it starts, so a
    /// container without output is run again.
    pub fn run(&self, options: &[&str], image: &str, command: &[&str]) -> Outcome {
        let words = [&["run", "--rm"], &LIMITS[..], options, &[image], command].concat();
        let outcome = self.outcome(&words);
        if outcome.stdout.is_empty() && outcome.stderr().is_empty() {
            return self.outcome(&words);
        }
        outcome
    }

    /// All files of an image, sorted.
    pub fn files(&self, image: &str) -> Vec<String> {
        let container = self.succeed(&["create", image]);
        let archive = self.directory.path().join("files.tar");
        let archive = archive.to_str().expect("UTF-8");
        self.succeed(&["export", "--output", archive, container.trim()]);
        self.succeed(&["rm", container.trim()]);
        let list = Command::new("tar").args(["--list", "--file", archive]).output().expect("tar");
        let list = String::from_utf8_lossy(&list.stdout).into_owned();
        let mut files: Vec<String> =
            list.lines().filter(|name| !name.ends_with('/')).map(str::to_owned).collect();
        files.sort();
        files
    }
}

/// The default limits of the engine are higher than this machine allows.
pub const LIMITS: [&str; 3] =
    ["--ulimit=nofile=1024:1024", "--ulimit=nproc=1000:1000", "--network=none"];

extern "C" fn remove() {
    let Some(podman) = PODMAN.get() else { return };
    let _ = podman.command(&["rm", "--all", "--force", "--time=0"]).output();
    let _ = podman.command(&["rmi", "--all", "--force"]).output();
    let _ = Command::new("umount").arg(podman.directory.path().join("storage/overlay")).output();
    let _ = fs::remove_dir_all(podman.directory.path());
}

/// A container that runs during the test. Removed when dropped.
pub struct Container<'p> {
    podman: &'p Podman,
    id: String,
}

impl<'p> Container<'p> {
    pub fn start(podman: &'p Podman, options: &[&str], command: &[&str]) -> Self {
        let words = [&["run", "--detach"], &LIMITS[..], options, &["service"], command].concat();
        let id = podman.succeed(&words).trim().to_owned();
        Self { podman, id }
    }

    pub fn logs(&self) -> String {
        self.podman.succeed(&["logs", &self.id])
    }

    /// Waits until the log is this text.
    #[track_caller]
    pub fn wait_for(&self, text: &str) {
        let start = Instant::now();
        while self.logs() != text {
            assert!(start.elapsed() < Duration::from_mins(1), "{:?}", self.logs());
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Stops the container, and kills it after this many seconds.
    pub fn stop(&self, seconds: u32) {
        self.podman.succeed(&["stop", "--time", &seconds.to_string(), &self.id]);
    }

    /// The exit status that the engine saw.
    pub fn status(&self) -> String {
        let words = ["inspect", "--format", "{{.State.ExitCode}}", &self.id];
        self.podman.succeed(&words).trim().to_owned()
    }
}

impl Drop for Container<'_> {
    fn drop(&mut self) {
        let _ = self.podman.command(&["rm", "--force", "--time=0", &self.id]).output();
    }
}
