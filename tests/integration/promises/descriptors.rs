//! Promise 1: open, closed and leaked descriptors.

use std::io;
use std::os::fd::BorrowedFd;

use nix::libc;

use crate::support::Home;
use crate::support::needs::tools;

/// A command that writes its descriptors and their targets to a file.
const LIST_DESCRIPTORS: [&str; 3] = [
    "python3",
    "-c",
    "import os
def target(number):
    try: return os.readlink(f'/proc/self/fd/{number}').split(':[')[0]
    except OSError: return None
found = [f'{n} -> {target(n)}\\n' for n in range(1000) if target(n)]
open('list', 'w').writelines(found)",
];

/// The descriptors that the command has, with and without pfx.
#[track_caller]
fn same_descriptors(act: impl Fn() -> io::Result<()> + Send + Sync + Copy + 'static) -> String {
    let lists = ["pfx", "bare"].map(|which| {
        let home = Home::with_secrets("A = \"v\"\n");
        let start = match which {
            "pfx" => home.run(&[], &LIST_DESCRIPTORS),
            _ => home.bare(&LIST_DESCRIPTORS),
        };
        let outcome = start.before(act).outcome();
        assert_eq!(outcome.code(), Some(0), "{}", outcome.stderr());
        let list = std::fs::read_to_string(home.join("list")).expect("a list");
        list.replace(&*home.path().to_string_lossy(), "HOME")
    });
    assert_eq!(lists[0], lists[1], "with pfx, and without");
    lists[0].clone()
}

fn close(descriptors: &[i32]) -> io::Result<()> {
    for &descriptor in descriptors {
        // SAFETY: the new process closes what it will not use.
        if unsafe { libc::close(descriptor) } == -1 {
            return Err(io::Error::last_os_error());
        }
    }
    Ok(())
}

#[test]
fn promise_1_closed_standard_streams_are_closed_for_the_command() {
    need!(tools(&["python3"]));
    for closed in [&[0][..], &[1], &[2], &[0, 1], &[0, 2], &[1, 2], &[0, 1, 2]] {
        let list = same_descriptors(move || close(closed));
        for descriptor in closed {
            let line = format!("{descriptor} ->");
            assert!(!list.lines().any(|other| other.starts_with(&line)), "{closed:?}: {list}");
        }
    }
}

#[test]
fn promise_1_the_command_has_the_inherited_descriptors_and_none_of_pfx() {
    need!(tools(&["python3"]));
    let list = same_descriptors(|| {
        let file = std::fs::File::create("file")?;
        // Above the numbers that are used below.
        let high = nix::fcntl::fcntl(&file, nix::fcntl::FcntlArg::F_DUPFD_CLOEXEC(50))?;
        drop(file);
        for (number, flags) in [(5, 0), (9, 0), (7, libc::O_CLOEXEC)] {
            // SAFETY: the descriptors belong to the new process.
            if unsafe { libc::dup3(high, number, flags) } == -1 {
                return Err(io::Error::last_os_error());
            }
        }
        Ok(())
    });
    let numbers: Vec<&str> = list.lines().map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(
        numbers.iter().filter(|&&number| number != "10").collect::<Vec<_>>(),
        [&"0", &"1", &"2", &"5", &"9"]
    );
}

#[test]
fn promise_1_offset_and_flags_of_a_descriptor_are_unchanged() {
    let home = Home::with_secrets("A = \"v\"\n");
    let path = home.write("file", "0123456789");
    let outcome = home
        .run(&[], &["cat", "/proc/self/fdinfo/0"])
        .before(move || {
            use std::io::Seek as _;
            let mut file = std::fs::OpenOptions::new().read(true).append(true).open(&path)?;
            file.seek(io::SeekFrom::Start(5))?;
            nix::unistd::dup2_stdin(&file)?;
            // SAFETY: descriptor 0 is open.
            let stdin = unsafe { BorrowedFd::borrow_raw(0) };
            let flags = nix::fcntl::OFlag::O_NONBLOCK | nix::fcntl::OFlag::O_APPEND;
            nix::fcntl::fcntl(stdin, nix::fcntl::FcntlArg::F_SETFL(flags))?;
            Ok(())
        })
        .outcome();
    let (pos, flags) = ("pos:\t5\n", "flags:\t0106002\n");
    assert!(outcome.stdout().starts_with(&format!("{pos}{flags}")), "{}", outcome.said());
}
