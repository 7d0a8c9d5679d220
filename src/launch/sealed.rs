//! A value as a file in memory that nobody can change. It disappears with the last process that has it open
//! (`memfd_create(2)`).

use std::fs::{self, File};
use std::io;
use std::os::fd::{AsFd as _, AsRawFd as _, FromRawFd as _, OwnedFd};
use std::os::unix::fs::FileExt as _;

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, FdFlag, SealFlag, fcntl};
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::sys::signal::Signal;
use nix::sys::stat::{Mode, fchmod};

use super::ignored::IgnoredSignal;
use crate::secret::SecretValue;

/// Scripts use descriptors below this by number (`exec 3< FILE`), and shells move their own to this number and above.
const LOWEST: i32 = 10;
/// The longest name that the kernel accepts, in bytes.
const LONGEST_NAME: usize = 249;
/// `MFD_NOEXEC_SEAL` of Linux 6.3: the file can never be executed. The sysctl `vm.memfd_noexec` may require this.
const NOEXEC: MFdFlags = MFdFlags::from_bits_retain(8);

/// The step at which the operating system refused a sealed file.
#[derive(Debug)]
pub struct SealFault {
    /// The system call, or the file that it needs.
    pub call: &'static str,
    pub cause: io::Error,
}

/// A sealed file. execve(2) leaves its descriptor open.
#[derive(Debug)]
pub struct SealedFile(OwnedFd);

impl SealedFile {
    /// Creates a file with this value and these permissions. Its name is visible only in `/proc/PID/fd`.
    ///
    /// # Errors
    /// If no descriptor is left, if the kernel does not support such files, or if /proc, which contains its path, is
    /// not mounted.
    pub fn new(name: &str, mode: Mode, value: &SecretValue) -> Result<Self, SealFault> {
        let refused = |call| move |cause| SealFault { call, cause };
        let file = File::from(create(name).map_err(refused("memfd_create"))?);
        // RLIMIT_FSIZE applies to files in memory too.
        let no_signal = IgnoredSignal::new(Signal::SIGXFSZ);
        // This does not move the position, so reading from the descriptor begins at the start.
        file.write_all_at(value.expose_whole(), 0).map_err(refused("pwrite"))?;
        drop(no_signal);
        let failed = |call| move |errno: Errno| SealFault { call, cause: errno.into() };
        fchmod(&file, mode).map_err(failed("fchmod"))?;
        let seals = SealFlag::F_SEAL_WRITE
            | SealFlag::F_SEAL_SHRINK
            | SealFlag::F_SEAL_GROW
            | SealFlag::F_SEAL_SEAL;
        fcntl(&file, FcntlArg::F_ADD_SEALS(seals)).map_err(failed("fcntl F_ADD_SEALS"))?;
        let sealed = Self(leave_open(file.into()).map_err(refused("fcntl F_DUPFD"))?);
        fs::symlink_metadata(sealed.path()).map_err(refused("/proc/self/fd"))?;
        Ok(sealed)
    }

    /// The path by which a process that has the descriptor can open the file.
    pub fn path(&self) -> String {
        format!("/proc/self/fd/{}", self.0.as_raw_fd())
    }
}

fn create(name: &str) -> io::Result<OwnedFd> {
    let flags = MFdFlags::MFD_CLOEXEC | MFdFlags::MFD_ALLOW_SEALING;
    let mut end = name.len().min(LONGEST_NAME);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    let name = name[..end].replace('\0', "_");
    match memfd_create(name.as_str(), flags | NOEXEC) {
        // Older kernels do not know the last flag.
        Err(Errno::EINVAL) => Ok(memfd_create(name.as_str(), flags)?),
        created => Ok(created?),
    }
}

/// Moves the file to a descriptor that scripts do not use by number, and that exec leaves open.
fn leave_open(file: OwnedFd) -> io::Result<OwnedFd> {
    match fcntl(&file, FcntlArg::F_DUPFD(LOWEST)) {
        // SAFETY: the kernel has just created this descriptor, and nothing else uses it.
        Ok(number) => Ok(unsafe { OwnedFd::from_raw_fd(number) }),
        // The limit on descriptors is lower than that, or all numbers above are in use.
        Err(Errno::EINVAL | Errno::EMFILE) => {
            fcntl(file.as_fd(), FcntlArg::F_SETFD(FdFlag::empty()))?;
            Ok(file)
        }
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed(name: &str, value: &[u8]) -> SealedFile {
        let value = SecretValue::text("X", value).unwrap();
        SealedFile::new(name, Mode::from_bits_truncate(0o400), &value).unwrap()
    }

    #[test]
    fn a_sealed_file_can_be_read_by_its_path_but_not_written_or_truncated() {
        let sealed = sealed("key", b"a\nb");
        assert_eq!(fs::read(sealed.path()).unwrap(), b"a\nb");
        let file = File::from(sealed.0.try_clone().unwrap());
        assert!(file.write_all_at(b"x", 0).is_err());
        assert!(file.set_len(0).is_err() && file.set_len(9).is_err());
        assert!(fs::read_link(sealed.path()).unwrap().starts_with("/memfd:key (deleted)"));
    }

    #[test]
    fn a_name_of_any_length_is_accepted() {
        assert!(sealed(&"é".repeat(200), b"").path().starts_with("/proc/self/fd/"));
    }
}
