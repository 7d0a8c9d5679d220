//! What identifies the process to a service manager and to a shell.

use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

use super::{home, init};
use crate::support::needs::{root, tools};

/// The message that a socket receives within a minute.
fn received(socket: &UnixDatagram) -> String {
    socket.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
    let mut buffer = [0; 100];
    let count = socket.recv(&mut buffer).expect("a message");
    String::from_utf8_lossy(&buffer[..count]).into_owned()
}

#[test]
fn variables_with_the_process_id_of_pfx_get_that_of_the_command() {
    let home = home();
    let pfx = env!("CARGO_BIN_EXE_pfx");
    let inner = "env | grep -E '^(LISTEN|WATCHDOG|SYSTEMD)' | sed s/$$/itself/ | sort";
    let outer = format!(
        "LISTEN_PID=$$ LISTEN_FDS=1 LISTEN_PIDFDID=5 WATCHDOG_PID=$$ WATCHDOG_USEC=9 SYSTEMD_EXEC_PID=1 \
         exec {pfx} run --init -- sh -c \"$INNER\""
    );
    home.bare(&["sh", "-c", &outer]).env("INNER", inner).gives(
        "LISTEN_FDS=1\nLISTEN_PID=itself\nSYSTEMD_EXEC_PID=1\nWATCHDOG_PID=itself\nWATCHDOG_USEC=9\n",
    );
}

#[test]
fn a_service_manager_gets_the_process_id_of_the_command_before_the_command_notifies_it() {
    need!(tools(&["python3"]));
    let home = home();
    let path = home.join("notify");
    let at_path = UnixDatagram::bind(&path).unwrap();
    let name = format!("pfx-test-{}", std::process::id());
    let abstractly = SocketAddr::from_abstract_name(&name).unwrap();
    let abstractly = UnixDatagram::bind_addr(&abstractly).unwrap();
    let script = "import os, socket
address = os.environ['NOTIFY_SOCKET'].replace('@', '\\0', 1)
socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b'READY=1', address)
print(os.getpid())";
    for (socket, address) in
        [(at_path, path.to_str().unwrap().to_owned()), (abstractly, format!("@{name}"))]
    {
        let heard = std::thread::spawn(move || [(); 4].map(|()| received(&socket)));
        let running =
            init(&home, &[], &["python3", "-c", script]).env("NOTIFY_SOCKET", address).start();
        let pfx = running.pid();
        let outcome = running.finish();
        assert_eq!(outcome.code(), Some(0), "{outcome:?}");
        let command = format!("MAINPID={}", outcome.stdout().trim());
        // The manager learns from the end of pfx, its own child, how the command ended: so pfx is the main process again.
        let pfx = format!("MAINPID={pfx}");
        assert_eq!(heard.join().unwrap(), [&command, "READY=1", &pfx, "BARRIER=1"]);
    }
}

#[test]
fn a_notification_socket_without_a_reader_is_not_an_error() {
    let home = home();
    for address in ["/nowhere", "@nobody-at-all", "vsock:2:1", "", "relative"] {
        init(&home, &[], &["echo", "started"]).env("NOTIFY_SOCKET", address).gives("started\n");
    }
}

#[test]
fn without_a_terminal_the_command_leads_its_own_process_group_in_the_session_of_pfx() {
    need!(tools(&["python3"]));
    need!(root());
    let home = home();
    let script = "import os
assert os.getpgrp() == os.getpid(), 'a group of its own'
assert os.getsid(0) == os.getsid(os.getppid()), 'the same session'
print(os.path.basename(os.readlink(f'/proc/{os.getppid()}/exe')))";
    // In a session without a terminal, whether or not the tests have one.
    let started = init(&home, &[], &["python3", "-c", script]).before(|| {
        nix::unistd::setsid()?;
        Ok(())
    });
    started.gives("pfx\n");
}
