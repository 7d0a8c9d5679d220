//! Writing to descriptors that the caller handed over.

use std::fs::File;
use std::io::{self, Stdout, Write};
use std::os::fd::{AsFd, BorrowedFd, RawFd};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::unistd::{close, dup, write};

/// A descriptor as it is. What std makes of stdout takes a closed one for a place where everything is received.
pub struct Output<D> {
    descriptor: D,
    wrote: bool,
}

impl<D: AsFd> Output<D> {
    pub const fn new(descriptor: D) -> Self {
        Self { descriptor, wrote: false }
    }

    /// Asks for the errors that only come at the end (close(2), "Dealing with error returns"): a disk over the
    /// network that is full. The descriptor stays open.
    ///
    /// # Errors
    /// What was written may not have arrived.
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
                // Somebody who shares it does not want to wait; this does.
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

/// Another descriptor of what the descriptor of this number leads to, at the same position.
///
/// # Errors
/// If it is not open.
pub fn duplicate(number: RawFd) -> io::Result<File> {
    if number < 0 {
        return Err(Errno::EBADF.into());
    }
    // SAFETY: the number is only asked about, not owned, and it is not that of "no descriptor".
    let borrowed = unsafe { BorrowedFd::borrow_raw(number) };
    let own = fcntl(borrowed, FcntlArg::F_DUPFD_CLOEXEC(3))?;
    // SAFETY: fcntl(2) has just made it, and nobody else knows of it.
    Ok(unsafe { std::os::fd::FromRawFd::from_raw_fd(own) })
}
