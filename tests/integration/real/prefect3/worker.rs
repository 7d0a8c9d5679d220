//! A real process worker, whose deployments have `pfx run` in their command: the deployments of
//! `examples/prefect-3`, unchanged.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};

use super::home::Home;
use super::server::{Server, Version, busy};
use crate::support::{is_gone, lasting};

/// Longer than a flow run takes on a busy machine.
const DEADLINE: Duration = Duration::from_mins(2);

const SECRET: &str = "s3cr3t-p\u{e4}ssword";

/// Runs `prefect` as a person does, in the project's directory, with pfx in PATH.
fn prefect(server: &Server, project: &Home, words: &[&str]) -> Command {
    let mut command = server.client("prefect");
    let pfx = Path::new(env!("CARGO_BIN_EXE_pfx")).parent().expect("a directory");
    let bin = Version::Three.programs();
    command.env("PATH", format!("{}:{}:/usr/bin:/bin", pfx.display(), bin.display()));
    // As in a shell: `prefect.yaml` refers to it.
    command.current_dir(project.path()).env("PWD", project.path());
    command.env("HOME", project.path()).env("TMPDIR", project.path()).args(words);
    command
}

#[track_caller]
fn done(mut command: Command) {
    let output = command.output().expect("prefect starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{} {}", text(&output.stdout), text(&output.stderr));
}

/// Polls until a value exists, because the other program sends no notification.
#[track_caller]
fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(started.elapsed() < DEADLINE, "{what} does not come");
        thread::sleep(Duration::from_millis(100));
    }
}

fn start_run(server: &Server, deployment: &str) -> String {
    let (_, found) = server.call("GET", &format!("deployments/name/{deployment}"), None);
    let id = found["id"].as_str().expect("a deployment");
    let path = format!("deployments/{id}/create_flow_run");
    let (status, run) = server.call("POST", &path, Some(&json!({})));
    assert_eq!(status, 201, "{run}");
    run["id"].as_str().expect("a run").to_owned()
}

fn run(server: &Server, id: &str) -> Value {
    server.call("GET", &format!("flow_runs/{id}"), None).1
}

/// A worker that ends after its runs, and the file with its output.
fn start_worker(server: &Server, project: &Home, pool: &str) -> PathBuf {
    let mut worker = prefect(server, project, &["worker", "start", "--pool", pool, "--run-once"]);
    let path = project.path().join("worker.log");
    let log = fs::File::create(&path).expect("a file");
    worker.env("PREFECT_LOGGING_LEVEL", "INFO").stdin(Stdio::null());
    worker.stderr(log.try_clone().expect("a descriptor")).stdout(log);
    drop(lasting::spawn(worker));
    path
}

#[test]
fn a_flow_sees_the_secret_and_the_server_holds_no_value() {
    let server = need!(busy());
    let project = Home::new();
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/prefect-3");
    for file in ["flow.py", "prefect.yaml"] {
        project.write(file, fs::read(example.join(file)).expect("the example is there"));
    }
    let create = ["work-pool", "create", "processes", "--type", "process"];
    done(prefect(server, &project, &create));
    done(prefect(server, &project, &["--no-prompt", "deploy", "--all"]));
    let runs = ["report/with-pfx", "report/by-execute"].map(|name| (name, start_run(server, name)));
    let log = start_worker(server, &project, "processes");
    for (name, id) in runs {
        let ended = wait_for("the end of the run", || {
            let run = run(server, &id);
            let state = run["state_type"].as_str()?;
            (!matches!(state, "SCHEDULED" | "PENDING" | "RUNNING")).then_some(run)
        });
        let said = fs::read_to_string(&log).expect("the worker's output");
        assert_eq!(ended["state_type"], "COMPLETED", "{said}");
        assert!(said.contains("connecting with a password of 15 characters"), "{said}");

        let (_, deployment) = server.call("GET", &format!("deployments/name/{name}"), None);
        let command = deployment["job_variables"]["command"].as_str().unwrap_or_default();
        assert!(command.starts_with("pfx run -s DB_PASSWORD -- "), "{deployment}");
        for report in [deployment.to_string(), ended.to_string(), said] {
            assert!(!report.contains(SECRET) && !report.contains("s3cr3t"), "{report}");
        }
    }
    let (_, logs) = server.call("POST", "logs/filter", Some(&json!({})));
    assert!(!logs.to_string().contains("s3cr3t"), "{logs}");
}

/// Writes its process ID and that of its parent, and then waits until it is ended.
const FLOW: &str = "\
import os, pathlib, time
from prefect import flow

@flow
def wait():
    parent = pathlib.Path(f'/proc/{os.getppid()}/cmdline').read_text()
    report = [os.environ['DB_PASSWORD'], str(os.getpid()), str(os.getppid()), parent]
    pathlib.Path('part').write_text('\\n'.join(report))
    os.rename('part', 'report')
    time.sleep(600)
";

const PROJECT: &str = "\
name: waiting
pull:
  - prefect.deployments.steps.set_working_directory:
      directory: \"{{ $PWD }}\"
deployments:
  - name: POOL
    entrypoint: flow.py:wait
    work_pool:
      name: POOL
      job_variables:
        command: \"pfx run -s DB_PASSWORD -- COMMAND\"
";

/// Starts a run of a flow that waits, checks the process IDs, and cancels the run. Returns the process IDs of the flow and
/// of the process that the worker started, after the latter has ended.
fn cancelled(server: &Server, pool: &str, command: &str) -> (Pid, Pid) {
    let project = Home::new();
    project.write("flow.py", FLOW);
    project.write("prefect.yaml", PROJECT.replace("POOL", pool).replace("COMMAND", command));
    done(prefect(server, &project, &["work-pool", "create", pool, "--type", "process"]));
    done(prefect(server, &project, &["--no-prompt", "deploy", "--all"]));
    let id = start_run(server, &format!("wait/{pool}"));
    let log = start_worker(server, &project, pool);
    let log = || fs::read_to_string(&log).unwrap_or_default();
    let report = wait_for("the flow", || {
        assert!(!log().contains("Process exited"), "{}", log());
        fs::read_to_string(project.path().join("report")).ok()
    });
    let report: Vec<&str> = report.split('\n').collect();
    let [secret, flow, parent, words] = report[..] else { panic!("four lines: {report:?}") };
    assert_eq!(secret, SECRET);
    let started = run(server, &id)["infrastructure_pid"].as_str().expect("an id").to_owned();
    if started != flow {
        // The flow is the process that the worker started, which was pfx first.
        assert_eq!(started, parent);
        assert!(words.replace('\0', " ").trim_end().ends_with(command), "{words:?}");
    }
    done(prefect(server, &project, &["flow-run", "cancel", &id]));
    let pid = |text: &str| Pid::from_raw(text.parse().expect("a process id"));
    wait_for("the end of what the worker started", || {
        is_gone(pid(&started).as_raw()).then_some(())
    });
    wait_for("its state", || (run(server, &id)["state_type"] == "CANCELLED").then_some(()));
    (pid(flow), pid(&started))
}

#[test]
fn cancellation_ends_the_flow_which_is_the_process_that_the_worker_started() {
    let (flow, started) = cancelled(need!(busy()), "engine", "python -m prefect.engine");
    assert_eq!(flow, started);
}

#[test]
fn cancellation_ends_the_starter_of_prefect_which_replaced_pfx() {
    let (flow, started) = cancelled(need!(busy()), "execute", "prefect flow-run execute");
    assert_ne!(flow, started);
    // Prefect 3.8.8 may leave the flow running, with or without pfx.
    let _ = kill(flow, Signal::SIGKILL);
}
