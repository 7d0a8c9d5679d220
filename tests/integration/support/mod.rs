//! Test helpers: a temporary home, ways to start pfx in it, and the outcome.

pub mod cloud1;
mod denied;
pub mod desk;
pub mod document;
mod home;
pub mod lasting;
#[macro_use]
pub mod needs;
mod outcome;
mod pfx;
mod running;
mod server;
mod strace;
mod terminal;
pub mod tls;

pub use denied::deny;
pub use home::{Home, chown_all, set_mode};
pub use outcome::Outcome;
pub use pfx::Pfx;
pub use running::{Running, is_gone};
pub use server::{Dialogue, Request, Server, Stream, reply};
pub use strace::{Trace, traced};
pub use terminal::{Setup, Terminal};

/// A user without any rights, for tests of what root may always do.
pub const NOBODY: u32 = 65_534;

/// Whether the tests run as root, as they do in CI.
pub fn is_root() -> bool {
    nix::unistd::geteuid().is_root()
}
