//! The parent of the command: `--init`, and what makes sense with it alone.
//!
//! An image may set the variables for all of its commands, so that without `--init` they do no harm.

use super::variable::{flag, list, parsed};
use crate::cli;
use crate::environment::Inherited;
use crate::error::Error;
use crate::launch::init::{Options, Rewrites};

/// How the parent of the command behaves, if there is to be one.
///
/// # Errors
/// [`Error::Binding`] if `PFX_REWRITE` cannot be split into words, and [`Error::Usage`] for a word of it, or another
/// variable, that makes no sense; also for an option that is given without `--init`.
pub fn parent(given: &cli::Parent, inherited: Inherited<'_>) -> Result<Option<Options>, Error> {
    if !given.init {
        // `PFX_INIT=0` is enough for clap, which sees that it is there.
        if given.kill_group || given.stop_timeout.is_some() || !given.rewrite.is_empty() {
            return Err(Error::Usage {
                problem: "cannot use --kill-group, --rewrite or --stop-timeout without --init"
                    .to_owned(),
                hint: "add `--init`: PFX_INIT says no".to_owned(),
            });
        }
        return Ok(None);
    }
    let stop_timeout = match given.stop_timeout {
        Some(timeout) => Some(timeout),
        None => parsed("PFX_STOP_TIMEOUT", inherited, cli::seconds)?,
    };
    Ok(Some(Options {
        kill_group: given.kill_group || flag("PFX_KILL_GROUP", inherited),
        notify_socket: inherited.get(b"NOTIFY_SOCKET").map(<[u8]>::to_vec),
        rewrites: Rewrites::new(&list(&given.rewrite, "PFX_REWRITE", inherited)?)?,
        stop_timeout,
    }))
}
