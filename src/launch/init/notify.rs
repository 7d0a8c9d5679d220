//! Tells a service manager which process is the service: `sd_notify(3)`.

use std::ffi::OsStr;
use std::io;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};

use nix::unistd::Pid;

/// Sends `MAINPID=` to `socket`: an absolute path, or a name in the abstract namespace behind `@`. A manager
/// with `NotifyAccess=main` takes the command's own messages from then on, and this one is the last
/// that it takes from us: so it goes out before the command starts.
///
/// # Errors
/// That nobody listens there, or that the address is neither.
pub fn main_process(socket: &[u8], process: Pid) -> io::Result<()> {
    let address = match socket {
        [b'@', name @ ..] => SocketAddr::from_abstract_name(name)?,
        [b'/', ..] => SocketAddr::from_pathname(OsStr::from_bytes(socket))?,
        _ => return Err(io::ErrorKind::AddrNotAvailable.into()),
    };
    let sender = UnixDatagram::unbound()?;
    // A full queue of messages must not keep the command from starting.
    sender.set_nonblocking(true)?;
    sender.send_to_addr(format!("MAINPID={process}").as_bytes(), &address)?;
    Ok(())
}
