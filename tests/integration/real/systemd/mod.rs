//! Under a real systemd: the command gets everything that systemd offers a service, as if it ran without pfx.

mod machine;
mod readme;

use std::io::Read as _;
use std::os::unix::net::UnixStream;

use self::machine::Machine;
use crate::support::needs::{Missing, namespaces, tools};

/// The machine.
fn machine() -> Result<&'static Machine, Missing> {
    namespaces()?;
    tools(&["systemctl", "python3"])?;
    Ok(Machine::shared())
}

#[test]
fn the_main_process_is_the_command_which_notifies_and_feeds_the_watchdog() {
    let machine = need!(machine());
    machine.systemctl(&["start", "notify.service"]);
    let main = machine.property("notify.service", "MainPID");
    machine.wait_for("notify.service", "ActiveState", "inactive");
    assert_eq!(machine.output("notify.service"), format!("pid {main} hunter2\n"));
    assert_eq!(machine.property("notify.service", "Result"), "success");
}

#[test]
fn the_command_gets_the_sockets_with_and_without_init() {
    let machine = need!(machine());
    for name in ["listen", "listen-init"] {
        machine.systemctl(&["start", &format!("{name}.socket")]);
        let mut answer = String::new();
        let mut stream =
            UnixStream::connect(machine.path(&format!("out/{name}"))).expect("it listens");
        stream.read_to_string(&mut answer).expect("an answer");
        assert_eq!(answer, "hunter2", "{}", machine.output(&format!("{name}.service")));
        machine.systemctl(&["stop", &format!("{name}.socket")]);
    }
}

#[test]
fn with_init_the_command_is_the_main_process_and_its_failure_is_that_of_the_service() {
    let machine = need!(machine());
    machine.systemctl(&["start", "init.service"]);
    let main = machine.property("init.service", "MainPID");
    machine.wait_for("init.service", "ActiveState", "failed");
    assert_eq!(machine.output("init.service"), format!("pid {main} hunter2\n"));
    assert_eq!(machine.property("init.service", "Result"), "exit-code");
    assert_eq!(machine.property("init.service", "ExecMainStatus"), "7");
}

#[test]
fn with_init_notify_access_main_accepts_notifications_of_the_command() {
    let machine = need!(machine());
    let said = machine.systemctl(&["start", "init-main.service"]);
    assert_eq!(said, "", "its READY=1 was taken");
    machine.wait_for("init-main.service", "ActiveState", "inactive");
    assert_eq!(machine.property("init-main.service", "Result"), "success");
}

#[test]
fn a_service_with_few_privileges_gets_its_credentials() {
    let machine = need!(machine());
    machine.systemctl(&["start", "hard.service"]);
    machine.wait_for("hard.service", "ActiveState", "inactive");
    assert_eq!(machine.output("hard.service"), "hard\nhunter2\n");
    machine.systemctl(&["start", "user.service"]);
    machine.wait_for("user.service", "ActiveState", "inactive");
    assert_eq!(machine.output("user.service"), "nobody\nvalue\n");
}

#[test]
fn sigpipe_is_ignored_as_systemd_sets_it() {
    let machine = need!(machine());
    machine.systemctl(&["start", "pipe.service"]);
    let output = machine.output("pipe.service");
    let lines: Vec<&str> = output.lines().collect();
    assert!(lines[2].starts_with("SigIgn:") && lines[2].ends_with("1000"), "{lines:?}");
    assert_eq!(lines[..2], [lines[2]; 2], "with, with --init, and without pfx");
}

#[test]
fn a_failed_command_is_restarted_as_without_pfx() {
    let machine = need!(machine());
    machine.systemctl(&["start", "restart.service"]);
    machine.wait_for("restart.service", "NRestarts", "1");
    machine.wait_for("restart.service", "SubState", "running");
    machine.systemctl(&["stop", "restart.service"]);

    machine.systemctl(&["start", "missing.service"]);
    machine.wait_for("missing.service", "ActiveState", "failed");
    assert_eq!(machine.property("missing.service", "ExecMainStatus"), "125");
    assert!(machine.output("missing.service").contains("cannot find the secret `NOWHERE`"));
}

#[test]
fn stop_ends_the_command_by_sigterm() {
    let machine = need!(machine());
    for name in ["stop.service", "stop-init.service"] {
        machine.systemctl(&["start", name]);
        machine.wait_for(name, "SubState", "running");
        machine.systemctl(&["stop", name]);
        assert_eq!(machine.output(name), "success killed TERM\n", "{name}");
    }
}

#[test]
fn systemd_reports_no_problem_in_the_example_units() {
    let machine = need!(machine());
    for name in ["service.service", "pfx@service.service"] {
        let path = format!("/run/systemd/system/{name}");
        let (fine, said) = machine.run(&["systemd-analyze", "verify", "--man=no", &path]);
        // It also checks units of Debian, which the test ignores.
        let said: Vec<&str> =
            said.lines().filter(|line| !line.contains("Unit has symlinks set")).collect();
        assert!(fine && said.is_empty(), "{name}: {said:?}");
    }
}
