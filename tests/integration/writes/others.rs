//! Concurrent writers and readers.

use nix::sys::signal::Signal;

use super::{OLD, set};
use crate::support::needs::tools;
use crate::support::{Home, traced};

#[test]
fn twenty_concurrent_writers_all_write_and_no_reader_sees_an_incomplete_file() {
    let home = Home::with_config(OLD);
    let writers: Vec<_> =
        (0..20).map(|n| set(&home, &format!("N{n:02}"), &format!("v{n}")).start()).collect();
    let readers: Vec<_> = (0..20)
        .map(|_| home.run(&["-s", "A", "-s", "B"], &["sh", "-c", "echo $A $B"]).start())
        .collect();
    for reader in readers {
        reader.finish().assert(0, "old b\n", "");
    }
    for writer in writers {
        writer.finish().assert(0, "", "");
    }
    let all: String = (0..20).map(|n| format!("v{n} ")).collect();
    let print: String = (0..20).map(|n| format!("$N{n:02} ")).collect();
    let names: Vec<String> = (0..20).map(|n| format!("N{n:02}")).collect();
    let bindings: Vec<&str> = names.iter().flat_map(|name| ["-s", name]).collect();
    home.run(&bindings, &["sh", "-c", &format!("echo {print}")])
        .gives(&format!("{}\n", all.trim_end()));
    assert_eq!(home.prefect_files(), ["config.toml"]);
}

#[test]
fn pfx_waits_for_a_lock_but_not_forever() {
    let home = Home::with_config(OLD);
    let script = "flock .prefect sh -c 'echo ready; read x'";
    let mut holder = home.bare(&["sh", "-c", script]).start();
    holder.wait_until_ready();
    // A stopped process keeps its lock.
    holder.signal(Signal::SIGSTOP);
    set(&home, "A", "new").refuses(
        125,
        "pfx: error: cannot write {home}/.prefect/config.toml: another process has held the lock on its \
         directory for 10 s\n\
         pfx: hint: `fuser -v {home}/.prefect/config.toml` shows which process holds it\n",
    );
    assert_eq!(home.config_text(), OLD);
    // A read does not wait for the lock.
    home.run(&["-s", "A"], &["printenv", "A"]).gives("old\n");
    holder.signal(Signal::SIGCONT);
    holder.finish();
    set(&home, "A", "new").gives("");
}

#[test]
fn a_command_does_not_inherit_a_lock() {
    let home = Home::with_config(OLD);
    let mut running = home.run(&["-s", "A"], &["sh", "-c", "echo ready; read x"]).start();
    running.wait_until_ready();
    set(&home, "A", "new").gives("");
    running.finish();
}

#[test]
fn a_change_by_an_editor_during_a_write_is_not_overwritten() {
    need!(tools(&["strace"]));
    let home = Home::with_config(OLD);
    // pfx is stopped before the rename, and another program replaces the file.
    let options = ["-e", "inject=fsync:signal=STOP:when=1"];
    let tracing = std::thread::scope(|scope| {
        let tracing = scope
            .spawn(|| traced(&home, &options, &["secret", "set", "A"], |start| start.stdin("new")));
        let temporary = || home.prefect_files().into_iter().find(|name| name.contains(".pfx-"));
        let start = std::time::Instant::now();
        let pid = loop {
            // The name of the temporary file contains the process ID.
            if let Some(name) = temporary() {
                let pid: i32 =
                    name.split(".pfx-").nth(1).unwrap().split('-').next().unwrap().parse().unwrap();
                let status =
                    std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
                if status.contains("State:\tT (stopped)")
                    || status.contains("State:\tt (tracing stop)")
                {
                    break nix::unistd::Pid::from_raw(pid);
                }
            }
            assert!(start.elapsed().as_secs() < 60, "it never stops");
            std::thread::yield_now();
        };
        home.write("edited", "# edited\n[context.secrets]\nA = \"old\"\nC = \"c\"\n");
        std::fs::rename(home.join("edited"), home.config()).unwrap();
        let start = std::time::Instant::now();
        while !tracing.is_finished() {
            assert!(start.elapsed().as_secs() < 60, "it never ends");
            let _ = nix::sys::signal::kill(pid, Signal::SIGCONT);
            std::thread::yield_now();
        }
        tracing.join().unwrap()
    });
    tracing.outcome.assert(0, "", "");
    assert_eq!(home.config_text(), "# edited\n[context.secrets]\nA = \"new\"\nC = \"c\"\n");
}
