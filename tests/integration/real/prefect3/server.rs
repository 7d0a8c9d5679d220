//! Real servers, each started when it is first needed and ended with the tests. They use copies of a database
//! that is created once and stored, because the migrations of a new server take ten seconds.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::http::call;
use crate::support::lasting;
use crate::support::needs::{self, Missing};

/// Longer than a server takes to start on a busy machine.
const DEADLINE: Duration = Duration::from_mins(2);

/// The version of the initial data: to be increased when the data changes.
const SEED: u32 = 2;

/// The number of numbered secrets, in addition to the named ones: more than two pages.
pub const BULK: usize = 450;

/// A server.
pub struct Server {
    pub url: String,
    /// The headers of requests from the tests themselves.
    headers: Vec<(&'static str, String)>,
    child: Mutex<Option<Child>>,
    home: TempDir,
    port: u16,
    version: Version,
    options: &'static [Setting],
}

/// A setting of the server: a variable and its text.
type Setting = (&'static str, &'static str);

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Version {
    Two,
    Three,
}

pub const AUTH: Setting = ("PREFECT_SERVER_API_AUTH_STRING", "admin:pass word");
pub const CSRF: Setting = ("PREFECT_SERVER_CSRF_PROTECTION_ENABLED", "true");

/// The server that most tests use. No test writes to a name that another test uses.
pub fn plain() -> Result<&'static Server, Missing> {
    static SERVER: OnceLock<Server> = OnceLock::new();
    shared(&SERVER, Version::Three, &[])
}

/// The server that runs deployments.
pub fn busy() -> Result<&'static Server, Missing> {
    static SERVER: OnceLock<Server> = OnceLock::new();
    shared(&SERVER, Version::Three, &[])
}

/// Prevents other tests from writing at the same time. A server on `SQLite` answers 503 to concurrent writes
/// (`SQLITE_BUSY_SNAPSHOT`); the real client tries again, and pfx reports an error.
pub fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A server that requires a password and a CSRF token.
pub fn guarded() -> Result<&'static Server, Missing> {
    static SERVER: OnceLock<Server> = OnceLock::new();
    shared(&SERVER, Version::Three, &[AUTH, CSRF])
}

/// A server of Prefect 2.
pub fn old() -> Result<&'static Server, Missing> {
    static SERVER: OnceLock<Server> = OnceLock::new();
    shared(&SERVER, Version::Two, &[])
}

fn shared(
    server: &'static OnceLock<Server>,
    version: Version,
    options: &'static [Setting],
) -> Result<&'static Server, Missing> {
    version.environment()?;
    Ok(server.get_or_init(|| Server::lasting(version, options)))
}

impl Version {
    /// The virtual environment with this Prefect in it.
    pub fn environment(self) -> Result<PathBuf, Missing> {
        needs::prefect(if self == Self::Two { 2 } else { 3 })
    }

    /// The directory of its programs; a test has checked that it exists.
    pub fn programs(self) -> PathBuf {
        self.environment().expect("its environment").join("bin")
    }

    fn program(self, name: &str) -> PathBuf {
        self.programs().join(name)
    }

    /// A database of this version with the initial data.
    fn database(self) -> PathBuf {
        static MADE: [Mutex<()>; 2] = [Mutex::new(()), Mutex::new(())];
        let index = usize::from(self == Self::Three);
        let _guard = MADE[index].lock().expect("no panic");
        let name = format!("prefect-{}-seed-{SEED}.db", index + 2);
        let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        if !kept.exists() {
            let server = Server::start_with(self, &[], None);
            seed(&server, self);
            server.stop();
            // Through a unique name, because another run may do the same.
            let part = kept.with_extension(std::process::id().to_string());
            // Not a copy of the file: the last writes may still be in its write-ahead log.
            let status = Command::new(self.program("python"))
                .args(["-c", "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('vacuum into ?', sys.argv[2:])"])
                .args([&server.home.path().join("prefect.db"), &part])
                .status();
            assert!(status.expect("python starts").success());
            fs::rename(&part, &kept).expect("a name");
        }
        kept
    }
}

impl Server {
    /// Starts a server on a copy of the stored database.
    pub fn start(version: Version, options: &'static [Setting]) -> Self {
        let database = version.database();
        Self::start_with(version, options, Some(&database))
    }

    /// The same, for all tests.
    fn lasting(version: Version, options: &'static [Setting]) -> Self {
        let server = Self::start(version, options);
        lasting::directory(server.home.path());
        server
    }

    fn start_with(version: Version, options: &'static [Setting], database: Option<&Path>) -> Self {
        let home = TempDir::new().expect("a temporary directory");
        if let Some(database) = database {
            fs::copy(database, home.path().join("prefect.db")).expect("a copy");
        }
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        drop(listener);
        let headers = options
            .iter()
            .filter(|option| **option == AUTH)
            .map(|_| ("Authorization", "Basic YWRtaW46cGFzcyB3b3Jk".to_owned()))
            .collect();
        let url = format!("http://127.0.0.1:{port}/api");
        let child = Mutex::new(None);
        let server = Self { url, headers, child, home, port, version, options };
        server.launch(database.is_some());
        server
    }

    /// Starts it again, on the same port and with the same database.
    pub fn restart(&self) {
        self.launch(true);
    }

    fn launch(&self, is_seeded: bool) {
        let home = self.home.path();
        let database = format!("sqlite+aiosqlite:///{}/prefect.db", home.display());
        let port = self.port.to_string();
        let mut command = match self.version {
            // `prefect server start` of Prefect 2 starts this as a child, which would outlive the tests when the
            // kernel kills its parent. The settings are those that it gives that child.
            Version::Two => {
                let mut command = Command::new(self.version.program("python"));
                command.args([
                    "-m",
                    "uvicorn",
                    "--factory",
                    "prefect.server.api.server:create_app",
                ]);
                command.args(["--host", "127.0.0.1", "--port", &port, "--timeout-keep-alive", "5"]);
                command
            }
            Version::Three => {
                let mut command = Command::new(self.version.program("prefect"));
                command.args(["server", "start", "--host", "127.0.0.1", "--port", &port]);
                command.args(["--no-ui", "--analytics-off", "--no-services"]);
                command
            }
        };
        command.env_clear().current_dir(home).env("HOME", home).env("PREFECT_HOME", home);
        command.env("TMPDIR", home);
        let bin = self.version.programs();
        command.env("PATH", format!("{}:/usr/bin:/bin", bin.display()));
        command.env("PREFECT_SERVER_DATABASE_CONNECTION_URL", &database);
        command.env("PREFECT_API_DATABASE_CONNECTION_URL", &database);
        command.env("PREFECT_SERVER_ANALYTICS_ENABLED", "false").env("DO_NOT_TRACK", "1");
        command.env("PREFECT_LOGGING_LEVEL", "WARNING");
        if matches!(self.version, Version::Two) {
            command.env("PREFECT_UI_ENABLED", "false").env("PREFECT_API_SERVICES_UI", "false");
            command.env("PREFECT_API_SERVICES_SCHEDULER_ENABLED", "false");
            command.env("PREFECT_API_SERVICES_LATE_RUNS_ENABLED", "false");
        }
        if is_seeded {
            // The types are in the database, and registering them again takes seconds.
            command.env("PREFECT_SERVER_REGISTER_BLOCKS_ON_START", "false");
            command.env("PREFECT_API_BLOCKS_REGISTER_ON_START", "false");
        }
        command.envs(self.options.iter().copied());
        let log = fs::File::create(home.join("server.log")).expect("a file");
        command.stdin(Stdio::null()).stderr(log.try_clone().expect("a descriptor")).stdout(log);
        let mut child = lasting::spawn(command);
        let started = Instant::now();
        while !self.is_ready() {
            let ended = child.try_wait().expect("a child");
            let log = || fs::read_to_string(home.join("server.log")).unwrap_or_default();
            assert!(ended.is_none(), "the server ended: {}", log());
            assert!(started.elapsed() < DEADLINE, "the server does not come up: {}", log());
            // Nothing reports that it listens; a refused connection costs nothing.
            thread::sleep(Duration::from_millis(50));
        }
        *self.child.lock().expect("no panic") = Some(child);
    }

    fn is_ready(&self) -> bool {
        std::net::TcpStream::connect(("127.0.0.1", self.port)).is_ok()
            && self.call("GET", "ready", None).0 == 200
    }

    /// Ends it, and waits until its port is free.
    pub fn stop(&self) {
        if let Some(mut child) = self.child.lock().expect("no panic").take() {
            let pid = Pid::from_raw(i32::try_from(child.id()).expect("a process id"));
            kill(pid, Signal::SIGTERM).expect("the server is there");
            child.wait().expect("a child");
        }
    }

    /// Sends a request to the server directly, without pfx.
    pub fn call(&self, method: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
        let headers: Vec<(&str, &str)> =
            self.headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let url = format!("{}/{path}", self.url);
        loop {
            match call(method, &url, &headers, body) {
                // Another client wrote at the same time; see `alone`.
                (503, _) => thread::sleep(Duration::from_millis(100)),
                answer => return answer,
            }
        }
    }

    /// The data of a secret's block.
    pub fn secret(&self, name: &str) -> Value {
        let path =
            format!("block_types/slug/secret/block_documents/name/{name}?include_secrets=true");
        let (status, document) = self.call("GET", &path, None);
        assert_eq!(status, 200, "{name}: {document}");
        document["data"].clone()
    }

    /// A variable, whole.
    pub fn variable(&self, name: &str) -> Value {
        let (status, variable) = self.call("GET", &format!("variables/name/{name}"), None);
        assert_eq!(status, 200, "{name}: {variable}");
        variable
    }

    /// Creates a block, and returns its ID.
    pub fn create_block(&self, slug: &str, name: &str, data: &Value) -> Option<String> {
        let (status, kind) = self.call("GET", &format!("block_types/slug/{slug}"), None);
        if status != 200 {
            return None;
        }
        let filter = json!({
            "limit": 1, "block_schemas": { "block_type_id": { "any_": [kind["id"]] } },
        });
        let (_, schemas) = self.call("POST", "block_schemas/filter", Some(&filter));
        let document = json!({
            "name": name, "data": data,
            "block_type_id": kind["id"], "block_schema_id": schemas[0]["id"],
        });
        let (status, block) = self.call("POST", "block_documents/", Some(&document));
        assert_eq!(status, 201, "{slug}/{name}: {block}");
        block["id"].as_str().map(str::to_owned)
    }

    pub fn create_variable(&self, name: &str, value: &Value) {
        let body = json!({ "name": name, "value": value, "tags": ["seed"] });
        let (status, answer) = self.call("POST", "variables/", Some(&body));
        assert_eq!(status, 201, "{name}: {answer}");
    }

    /// The real client's program or Python, set up for this server.
    pub fn client(&self, program: &str) -> Command {
        let mut command = Command::new(self.version.program(program));
        command.env_clear().current_dir(self.home.path()).env("HOME", self.home.path());
        command.env("TMPDIR", self.home.path());
        command.env("PATH", "/usr/bin:/bin").env("PREFECT_API_URL", &self.url);
        command.env("PREFECT_LOGGING_LEVEL", "WARNING").env("DO_NOT_TRACK", "1");
        if self.options.contains(&AUTH) {
            command.env("PREFECT_API_AUTH_STRING", AUTH.1);
        }
        command
    }
}

/// The named secrets and their values.
pub fn secrets() -> Vec<(&'static str, Value)> {
    vec![
        ("db-password", json!("s3cr3t-p\u{e4}ssword")),
        ("empty", json!("")),
        ("spaces", json!("  two  spaces  ")),
        ("multiline", json!("-----BEGIN KEY-----\nabc\ndef\n-----END KEY-----\n")),
        ("quotes", json!("a'b\"c$d`e\\f")),
        ("emoji", json!("\u{1f511} \u{fc}\u{4e2d}")),
        ("looks-int", json!("12345")),
        ("looks-null", json!("null")),
        ("looks-json", json!("{\"a\":  1}")),
        ("leading-zeros", json!("007")),
        (
            "json-dict",
            json!({"username": "johndoe", "port": 5432, "nested": {"k": [1, null, true]}}),
        ),
        ("json-list", json!(["a", 1, null])),
        ("big-64k", json!("x".repeat(65_536))),
    ]
}

/// Secrets that Prefect 2 cannot read again.
fn bare_secrets() -> Vec<(&'static str, Value)> {
    let number = |text| serde_json::from_str(text).expect("a number");
    vec![
        ("json-int", json!(42)),
        ("json-float", number("1.5")),
        ("json-bool", json!(true)),
        ("json-null", json!(null)),
        ("big-int", number("12345678901234567890123")),
    ]
}

fn seed(server: &Server, version: Version) {
    let install = "block_types/install_system_block_types";
    assert!(server.call("POST", install, None).0 < 300);
    for (name, value) in secrets() {
        server.create_block("secret", name, &json!({ "value": value }));
    }
    server.create_block("secret", "no-value", &json!({ "other": "x" }));
    let data =
        json!({"aws_access_key_id": "AKIAEXAMPLE", "aws_secret_access_key": "aws/secret+key"});
    let id = server.create_block("aws-credentials", "prod-aws", &data).expect("the type is there");
    let data = json!({
        "bucket_name": "bucket", "credentials": { "$ref": { "block_document_id": id } },
    });
    server.create_block("s3-bucket", "my-bucket", &data);
    let data = json!({"username": "u", "password": "p@ss", "host": "h", "port": "5432"});
    server.create_block("database-credentials", "db-password", &data);
    if version == Version::Two {
        server.create_block("string", "legacy", &json!({ "value": "plain" }));
        server.create_block("json", "legacy", &json!({ "value": { "a": [1, 2] } }));
        server.create_variable("my_variable", &json!("my-value"));
        return;
    }
    for (name, value) in bare_secrets() {
        server.create_block("secret", name, &json!({ "value": value }));
    }
    for index in 0..BULK {
        let (name, value) = (format!("bulk-{index:03}"), json!(format!("value-{index:03}")));
        server.create_block("secret", &name, &json!({ "value": value }));
    }
    for (name, value) in [
        ("my_variable", json!("my-value")),
        ("with-dash", json!("d")),
        ("v_int", json!(42)),
        ("v_float", json!(1.5)),
        ("v_bool", json!(true)),
        ("v_null", json!(null)),
        ("v_list", json!([1, "two", null])),
        ("v_dict", json!({"a": {"b": 1}})),
        ("v_empty", json!("")),
        ("v_text", json!("\u{fc}\u{4e2d}\u{1f511}\n")),
        ("v_looks_int", json!("42")),
    ] {
        server.create_variable(name, &value);
    }
    for index in 0..250 {
        server.create_variable(&format!("many_{index:03}"), &json!(index));
    }
}
