//! The one thread that waits for the network, beside the one that does everything else.
//!
//! A server can keep the HTTP client busy such that it never looks at a clock (an endless stream of
//! `103 Early Hints` does), and looking up a name may hang in the C library. The deadline is therefore kept
//! from outside: whoever waits stops waiting, and the thread ends with the process, or at execve(2).

use std::io;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::SigSet;
use tokio::runtime::{Builder, Runtime};

use super::progress::{PATIENCE, Progress};
use crate::launch::hosts;

/// How long after the deadline an answer is still waited for that says what was waited for.
const GRACE: Duration = Duration::from_millis(50);

/// Threads for names that are looked up.
const LOOK_UPS: usize = 8;

type Job = Box<dyn FnOnce(&Runtime) + Send>;

/// The thread. It ends when this is dropped, unless it is busy.
pub struct Network {
    jobs: mpsc::Sender<Job>,
}

impl Network {
    /// Starts it.
    ///
    /// # Errors
    /// If the kernel gives no thread, or none of the descriptors that it needs.
    pub fn start() -> io::Result<Self> {
        hosts::load_no_plug_ins();
        let runtime =
            Builder::new_current_thread().enable_all().max_blocking_threads(LOOK_UPS).build()?;
        let (jobs, todo) = mpsc::channel::<Job>();
        thread::Builder::new().spawn(move || {
            // A signal is for the main thread, and a broken connection is an error and no SIGPIPE: whatever
            // the caller left as its disposition stays so for the command.
            let _ = SigSet::all().thread_block();
            for job in todo {
                job(&runtime);
            }
        })?;
        Ok(Self { jobs })
    }

    /// What `work` comes to; `None` if it did not by the deadline, wherever it is stuck.
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
            match receiver.recv_timeout(PATIENCE.min(left)) {
                Ok(done) => return Some(done),
                Err(RecvTimeoutError::Timeout) if left > PATIENCE => progress.tell(),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return None,
            }
        }
    }
}
