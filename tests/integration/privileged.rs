//! Privileged starts: the C library has removed variables before pfx begins.

use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;

use nix::libc;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::Pid;

use crate::support::needs::root;
use crate::support::{Home, set_mode};

const ADDED: &str = "pfx: error: cannot run with set-user-ID, set-group-ID or file capabilities\n";

fn home() -> Home {
    Home::with_secrets("A = \"v\"\n")
}

#[test]
fn a_set_user_id_start_is_refused() {
    need!(root());
    let home = home();
    let program = home.join("pfx");
    std::process::Command::new("cp").arg(env!("CARGO_BIN_EXE_pfx")).arg(&program).status().unwrap();
    set_mode(home.path(), 0o755);
    set_mode(&program, 0o4755);
    home.bare(&[program.to_str().unwrap(), "run", "--", "true"]).by_nobody().refuses(125, ADDED);
}

#[test]
fn a_start_with_capabilities_of_the_file_is_refused() {
    need!(root());
    let home = home();
    let program = home.join("pfx");
    std::process::Command::new("cp").arg(env!("CARGO_BIN_EXE_pfx")).arg(&program).status().unwrap();
    set_mode(home.path(), 0o755);
    set_mode(&program, 0o755);
    // Revision 2, effective; CAP_NET_BIND_SERVICE permitted (`struct vfs_cap_data` of linux/capability.h).
    let words: [u32; 5] = [0x0200_0001, 1 << 10, 0, 0, 0];
    let value = words.map(u32::to_le_bytes).concat();
    let path = std::ffi::CString::new(program.to_str().unwrap()).unwrap();
    // SAFETY: two strings, and a buffer with the given length.
    let set = unsafe {
        let name = c"security.capability".as_ptr();
        libc::setxattr(path.as_ptr(), name, value.as_ptr().cast(), value.len(), 0)
    };
    assert_eq!(set, 0, "the file has capabilities");
    let user = ["setpriv", "--reuid", "65534", "--clear-groups"];
    home.bare(&[&user[..], &["./pfx", "run", "--", "true"]].concat()).refuses(125, ADDED);
}

/// Sets `AT_SECURE` in a process that has just become another program and has not begun, as the kernel does if a security
/// module requests it.
fn call_privileged(process: Pid) {
    let vector = fs::read(format!("/proc/{process}/auxv")).expect("its auxiliary vector");
    let maps = fs::read_to_string(format!("/proc/{process}/maps")).expect("its map");
    let stack = maps.lines().find(|line| line.ends_with("[stack]")).expect("a stack");
    let (start, rest) = stack.split_once('-').expect("a range");
    let (end, _) = rest.split_once(' ').expect("a range");
    let number = |text| u64::from_str_radix(text, 16).expect("an address");
    let (start, end) = (number(start), number(end));
    let memory = File::options().read(true).write(true).open(format!("/proc/{process}/mem"));
    let memory = memory.expect("its memory");
    let mut bytes = vec![0; usize::try_from(end - start).expect("a stack that fits")];
    memory.read_exact_at(&mut bytes, start).expect("its stack");
    let at = bytes.windows(vector.len()).position(|window| window == vector).expect("it is there");
    let word = size_of::<usize>();
    let key = usize::try_from(libc::AT_SECURE).expect("a word").to_ne_bytes();
    let entry = vector.chunks(2 * word).position(|entry| entry[..word] == key).expect("an entry");
    let place = start + u64::try_from(at + 2 * word * entry + word).expect("an address");
    memory.write_all_at(&1_usize.to_ne_bytes(), place).expect("it can be written");
}

#[test]
fn a_start_that_a_security_module_marks_as_privileged_has_its_own_error() {
    // As with SELinux between two domains without `noatsecure`, or AppArmor's `Px`: all IDs are those of the caller.
    let home = home();
    let running = home
        .run(&[], &["true"])
        .before(|| {
            // SAFETY: a system call on numbers; the process stops after it has become pfx.
            match unsafe { libc::ptrace(libc::PTRACE_TRACEME, 0, 0, 0) } {
                -1 => Err(std::io::Error::last_os_error()),
                _ => Ok(()),
            }
        })
        .start();
    let process = running.pid();
    assert!(
        matches!(waitpid(process, None), Ok(WaitStatus::Stopped(..))),
        "the program has not begun"
    );
    call_privileged(process);
    // SAFETY: a system call on numbers, for a process that this thread traces.
    assert_eq!(unsafe { libc::ptrace(libc::PTRACE_DETACH, process.as_raw(), 0, 0) }, 0);
    running.finish().assert(
        125,
        "",
        "pfx: error: cannot run: a security module marked this start as privileged (AT_SECURE), so variables \
         may be missing from the environment\n\
         pfx: hint: with SELinux, allow `noatsecure` for the transition to this domain; with AppArmor, write the \
         transition in lower case (`px`, `cx`)\n",
    );
}
