//! The thread that waits for the network, next to the main thread.
//!
//! A server can keep the HTTP client so busy that it never checks the time (an endless stream of `103 Early Hints`
//! does), and the lookup of a name may hang in the C library. So the main thread enforces the deadline: it stops
//! waiting, and the network thread ends with the process, or at execve(2).

use std::io;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::libc;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollTimeout};
use nix::sys::eventfd::{EfdFlags, EventFd};
use nix::sys::signal::SigSet;
use nix::sys::socket::{AddressFamily, SockFlag, SockType, socket};
use tokio::runtime::{Builder, Runtime};

use super::progress::{DELAY, Progress};
use crate::error::RemoteFault;

/// How long after the deadline the main thread still waits for the error that says what was not finished.
const GRACE: Duration = Duration::from_millis(50);

type NetworkTask = Box<dyn FnOnce(&Runtime) + Send>;

/// The network thread. It ends when this is dropped, unless it is busy.
pub struct NetworkThread {
    jobs: mpsc::Sender<NetworkTask>,
}

impl NetworkThread {
    /// Starts it.
    ///
    /// # Errors
    /// [`RemoteFault::System`] if the kernel refuses a thread, a socket or epoll(7).
    pub fn start() -> Result<Self, RemoteFault> {
        let failed = |action| {
            move |cause: io::Error| {
                let errno = cause.raw_os_error().unwrap_or(libc::EIO);
                RemoteFault::System { action, errno }
            }
        };
        let wait = "wait for the network with epoll(7)";
        can_wait().map_err(io::Error::from).map_err(failed(wait))?;
        can_connect().map_err(io::Error::from).map_err(failed("open a socket"))?;
        let runtime = Builder::new_current_thread().enable_all().build().map_err(failed(wait))?;
        let (jobs, todo) = mpsc::channel::<NetworkTask>();
        let work = move || {
            // Signals are for the main thread, and a broken connection is an error instead of SIGPIPE. The
            // disposition of SIGPIPE stays as the caller set it, since the command inherits it.
            let _ = SigSet::all().thread_block();
            for job in todo {
                job(&runtime);
            }
        };
        thread::Builder::new().spawn(work).map_err(failed("start a thread"))?;
        Ok(Self { jobs })
    }

    /// The result of `work`; `None` if it is not finished by the deadline, wherever it hangs.
    pub fn wait<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
        deadline: Instant,
        progress: &mut Progress<'_>,
    ) -> Option<T> {
        let (sender, receiver) = mpsc::channel();
        let job = move |runtime: &Runtime| drop(sender.send(runtime.block_on(work)));
        self.jobs.send(Box::new(job)).ok()?;
        let end = deadline + GRACE;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            match receiver.recv_timeout(DELAY.min(left)) {
                Ok(done) => return Some(done),
                Err(RecvTimeoutError::Timeout) if left > DELAY => progress.show(),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return None,
            }
        }
    }
}

/// Checks that this process may use epoll(7) and eventfd(2), which the runtime assumes.
fn can_wait() -> Result<(), Errno> {
    let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
    epoll.wait(&mut [EpollEvent::empty()], EpollTimeout::ZERO)?;
    EventFd::from_flags(EfdFlags::EFD_CLOEXEC)?.write(1).map(drop)
}

/// Checks that this process may open an IPv4 or IPv6 socket.
fn can_connect() -> Result<(), Errno> {
    let open = |family| socket(family, SockType::Stream, SockFlag::SOCK_CLOEXEC, None);
    open(AddressFamily::Inet).or_else(|_| open(AddressFamily::Inet6)).map(drop)
}
