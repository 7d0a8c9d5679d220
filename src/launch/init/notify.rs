//! Notifies a service manager which process is the service: `sd_notify(3)`.

use std::io::IoSlice;
use std::os::fd::{AsFd as _, AsRawFd as _};

use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{
    AddressFamily, ControlMessage, MsgFlags, SockFlag, SockType, UnixAddr, sendmsg, socket,
};
use nix::unistd::{Pid, pipe2};

/// How long a manager may take to confirm that it has read all messages, in milliseconds.
const BARRIER_TIMEOUT: u16 = 5000;

/// The address at which a service manager listens.
#[derive(Debug)]
pub struct ServiceManager(UnixAddr);

impl ServiceManager {
    /// Parses `NOTIFY_SOCKET`: an absolute path, or `@` and a name in the abstract namespace.
    pub fn new(variable: &[u8]) -> Option<Self> {
        let address = match variable {
            [b'@', name @ ..] => UnixAddr::new_abstract(name),
            [b'/', ..] => UnixAddr::new(variable),
            _ => return None,
        };
        address.ok().map(Self)
    }

    /// Reports that `process` is the service. From then on, a manager with `NotifyAccess=main` accepts messages only
    /// from that process and not from this one, so this is sent before the command starts.
    ///
    /// # Errors
    /// If nobody listens there, or the manager does not read.
    pub fn main_process(&self, process: Pid) -> Result<(), Errno> {
        self.send(&format!("MAINPID={process}"), &[])
    }

    /// Waits until the manager has read all earlier messages (`sd_notify_barrier(3)`).
    ///
    /// # Errors
    /// As [`ServiceManager::main_process`].
    pub fn wait_until_read(&self) -> Result<(), Errno> {
        let (read, write) = pipe2(OFlag::O_CLOEXEC)?;
        let descriptors = [write.as_raw_fd()];
        self.send("BARRIER=1", &[ControlMessage::ScmRights(&descriptors)])?;
        drop(write);
        // The manager closes its copy of the descriptor when it reads this message.
        let mut watched = [PollFd::new(read.as_fd(), PollFlags::POLLHUP)];
        poll(&mut watched, PollTimeout::from(BARRIER_TIMEOUT)).map(drop)
    }

    fn send(&self, text: &str, attached: &[ControlMessage<'_>]) -> Result<(), Errno> {
        let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
        let sender = socket(AddressFamily::Unix, SockType::Datagram, flags, None)?;
        let text = [IoSlice::new(text.as_bytes())];
        sendmsg(sender.as_raw_fd(), &text, attached, MsgFlags::MSG_NOSIGNAL, Some(&self.0))
            .map(drop)
    }
}
