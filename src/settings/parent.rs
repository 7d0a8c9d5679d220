//! The parent of the command: `--init`, and the options that need it.
//!
//! An image may set their variables for all of its commands, so without `--init` these are ignored.

use super::variable::variable;
use crate::cli;
use crate::environment::Inherited;
use crate::error::Error;
use crate::launch::init::{InitOptions, SignalRewrites};

/// How the parent of the command behaves; `None` without `--init`.
///
/// # Errors
/// [`Error::Usage`] for a variable that is not valid, and for an option that is given without `--init`.
pub fn parent(given: &cli::Parent, inherited: Inherited<'_>) -> Result<Option<InitOptions>, Error> {
    if !variable!(given.init).flag(inherited) {
        if given.kill_group || given.stop_timeout.is_some() || !given.rewrite.is_empty() {
            return Err(Error::Usage {
                problem: "cannot use --kill-group, --rewrite or --stop-timeout without --init"
                    .to_owned(),
                hint: "add `--init`".to_owned(),
            });
        }
        return Ok(None);
    }
    Ok(Some(InitOptions {
        kill_group: variable!(given.kill_group).flag(inherited),
        notify_socket: inherited.get(b"NOTIFY_SOCKET").map(<[u8]>::to_vec),
        rewrites: SignalRewrites::new(&variable!(given.rewrite).list(inherited)?)?,
        stop_timeout: variable!(given.stop_timeout).value(inherited, cli::seconds)?,
    }))
}
