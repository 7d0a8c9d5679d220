//! System calls that fail, as under an old or a strict seccomp profile.

use std::io;

use nix::libc::{self, sock_filter, sock_fprog};

/// Where in a `seccomp_data` the number of the system call is (seccomp(2)): at the front.
const NUMBER: u32 = 0;

/// Makes these system calls fail with this error in the calling process and all its descendants. For
/// [`Pfx::before`](super::Pfx::before): it only makes system calls.
pub fn deny(calls: &[i64], error: i32) -> impl FnMut() -> io::Result<()> + Send + Sync + 'static {
    let statement = |code: u32, k: u32| {
        let code = u16::try_from(code).expect("a code of BPF");
        sock_filter { code, jt: 0, jf: 0, k }
    };
    let mut filter = vec![statement(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, NUMBER)];
    for (at, &call) in calls.iter().enumerate() {
        let call = u32::try_from(call).expect("a number of a system call");
        let mut jump = statement(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K, call);
        // Jumps to the error, over the other comparisons and the permission.
        jump.jt = u8::try_from(calls.len() - at).expect("few calls");
        filter.push(jump);
    }
    filter.push(statement(libc::BPF_RET | libc::BPF_K, libc::SECCOMP_RET_ALLOW));
    let error = libc::SECCOMP_RET_ERRNO | u32::try_from(error).expect("an error");
    filter.push(statement(libc::BPF_RET | libc::BPF_K, error));
    move || {
        let length = u16::try_from(filter.len()).unwrap_or_default();
        let program = sock_fprog { len: length, filter: filter.as_mut_ptr() };
        // SAFETY: two system calls; the kernel copies the program.
        let failed = unsafe {
            libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0
                || libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &raw const program)
                    != 0
        };
        if failed { Err(io::Error::last_os_error()) } else { Ok(()) }
    }
}
