//! Writes to descriptors that the caller opened.

use std::fs::File;
use std::io::{self, Stdout, Write};
use std::os::fd::{AsFd, BorrowedFd, RawFd};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::unistd::{close, dup, write};

/// Writes directly to a descriptor. The standard library's stdout ignores all output if the descriptor is closed.
pub struct Output<D> {
    descriptor: D,
    wrote: bool,
}

impl<D: AsFd> Output<D> {
    pub const fn new(descriptor: D) -> Self {
        Self { descriptor, wrote: false }
    }

    /// Checks for errors that are reported only by close(2) ("Dealing with error returns"), such as a full network
    /// disk. The descriptor stays open.
    ///
    /// # Errors
    /// If some of the output may be lost.
    pub fn finish(&self) -> io::Result<()> {
        if self.wrote {
            close(dup(&self.descriptor)?)?;
        }
        Ok(())
    }
}

/// This process's stdout.
pub fn stdout() -> Output<Stdout> {
    Output::new(io::stdout())
}

impl<D: AsFd> Write for Output<D> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.wrote |= !bytes.is_empty();
        loop {
            match write(&self.descriptor, bytes) {
                // Another process that shares it has made it non-blocking, so wait here.
                Err(Errno::EAGAIN) => {
                    let mut waited = [PollFd::new(self.descriptor.as_fd(), PollFlags::POLLOUT)];
                    poll(&mut waited, PollTimeout::NONE)?;
                }
                written => return Ok(written?),
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Duplicates the descriptor with this number. Both share the position.
///
/// # Errors
/// If it is not open.
pub fn duplicate(number: RawFd) -> io::Result<File> {
    if number < 0 {
        return Err(Errno::EBADF.into());
    }
    // SAFETY: the descriptor is only duplicated, not owned, and its number is not negative.
    let borrowed = unsafe { BorrowedFd::borrow_raw(number) };
    let own = fcntl(borrowed, FcntlArg::F_DUPFD_CLOEXEC(3))?;
    // SAFETY: fcntl(2) has just created it, and nothing else uses it.
    Ok(unsafe { std::os::fd::FromRawFd::from_raw_fd(own) })
}
