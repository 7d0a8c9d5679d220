//! The parent holds nothing: no value, no descriptor, no directory.

use std::fs;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::os::fd::{AsFd as _, AsRawFd as _};

use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::Signal;

use super::{home, init, probe};
use crate::support::deny;
use crate::support::needs::{root, tools};

/// How often `needle` occurs in the memory of a process.
fn copies(process: i32, needle: &[u8]) -> usize {
    let maps = fs::read_to_string(format!("/proc/{process}/maps")).expect("its map");
    let mut memory = fs::File::open(format!("/proc/{process}/mem")).expect("its memory");
    let mut count = 0;
    for line in maps.lines().filter(|line| !line.contains("[vvar") && !line.contains("[vsyscall")) {
        let mut words = line.split_whitespace();
        let (range, rights) = (words.next().unwrap(), words.next().unwrap());
        if !rights.starts_with('r') {
            continue;
        }
        let (start, end) = range.split_once('-').unwrap();
        let (start, end) =
            (u64::from_str_radix(start, 16).unwrap(), u64::from_str_radix(end, 16).unwrap());
        let mut bytes = vec![0; usize::try_from(end - start).unwrap()];
        memory.seek(SeekFrom::Start(start)).unwrap();
        if memory.read_exact(&mut bytes).is_ok() {
            count += bytes.windows(needle.len()).filter(|window| *window == needle).count();
        }
    }
    count
}

#[test]
fn the_memory_and_environment_of_the_parent_contain_no_value() {
    need!(root());
    need!(tools(&["python3"]));
    let home = home();
    home.write("probe.py", super::PROBE);
    let mut running = init(&home, &["-s", "TOKEN", "-s", "OTHER"], &["python3", "probe.py"])
        .env("PREFECT__CONTEXT__SECRETS__OTHER", "CANARY-of-environment")
        .start();
    let command: i32 = running.word_after("ready ").parse().unwrap();
    let parent = running.pid().as_raw();
    assert!(copies(command, b"CANARY-of-config") > 0, "the command has it, so this looks well");
    assert_eq!(copies(parent, b"CANARY-of"), 0);
    let environment = fs::read(format!("/proc/{parent}/environ")).unwrap();
    assert!(environment.iter().all(|&byte| byte == 0), "the environment is wiped");
    running.signal(Signal::SIGKILL);
    running.finish();
}

#[test]
fn the_parent_holds_no_descriptor_and_no_directory() {
    // Only root can see what a process that is not dumpable holds.
    need!(root());
    need!(tools(&["python3"]));
    let home = home();
    let (running, _) = probe(&home, &[], &[]);
    let parent = running.pid();
    let mut held: Vec<String> = fs::read_dir(format!("/proc/{parent}/fd"))
        .map(|entries| {
            let target = |entry: fs::DirEntry| fs::read_link(entry.path()).ok();
            let targets = entries.flatten().filter_map(target);
            targets.map(|target| target.to_string_lossy().into_owned()).collect()
        })
        .unwrap_or_default();
    held.sort();
    let expected = ["/", "/", "/", "anon_inode:[signalfd]"];
    // One more if the tests have a terminal.
    held.retain(|target| !target.starts_with("/dev/"));
    assert_eq!(held, expected);
    assert_eq!(fs::read_link(format!("/proc/{parent}/cwd")).unwrap().to_str(), Some("/"));
    running.signal(Signal::SIGKILL);
    running.finish();
}

#[test]
fn output_that_the_command_closes_is_not_held_open_by_the_parent() {
    let home = home();
    let script = "exec 2>&-; echo $$; exec >&-; exec sleep 300";
    let mut running = init(&home, &[], &["sh", "-c", script]).start();
    let said = running.read_to_end();
    assert!(said.trim().parse::<i32>().is_ok(), "{said}");
    running.signal(Signal::SIGTERM);
    assert_eq!(running.finish().signal(), Some(Signal::SIGTERM as i32));
}

#[test]
fn closed_standard_streams_stay_closed_in_the_command() {
    let home = home();
    let pfx = env!("CARGO_BIN_EXE_pfx");
    let list = |before: &str| {
        home.bare(&["sh", "-c", &format!("exec {before} ls /proc/self/fd <&- 2>&-")]).outcome()
    };
    let (bare, with) = (list(""), list(&format!("{pfx} run --init --")));
    assert!(bare.stdout().starts_with("0\n1\n"), "the directory that ls reads is at 0: {bare:?}");
    with.assert(0, &bare.stdout(), "");
}

#[test]
fn without_close_range_a_descriptor_that_the_command_closes_is_not_held_open_either() {
    let home = home();
    let script = "exec 9>&-; echo ready; exec sleep 300";
    let close_range: &[i64] = &[libc::SYS_close_range];
    for (calls, error) in [
        (&[][..], 0),
        (close_range, libc::EPERM),
        (close_range, libc::ENOSYS),
        // The list of open descriptors does not exist either.
        (&[libc::SYS_close_range, libc::SYS_getdents64], libc::EPERM),
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        let open = writer.as_raw_fd();
        let mut running = init(&home, &[], &["sh", "-c", script])
            .before(move || {
                nix::errno::Errno::result(
                    // SAFETY: a system call on numbers.
                    unsafe { libc::dup2(open, 9) },
                )?;
                Ok(())
            })
            .before(deny(calls, error))
            .start();
        drop(writer);
        running.wait_until_ready();
        let mut watched = [PollFd::new(reader.as_fd(), PollFlags::POLLIN)];
        let count = poll(&mut watched, PollTimeout::from(20_000_u16)).unwrap();
        running.signal(Signal::SIGKILL);
        running.finish();
        assert_eq!(count, 1, "the other end is closed: {calls:?} {error}");
    }
}
