//! Values that the command gets as files, for as long as they are held.

use std::collections::BTreeMap;

use nix::sys::stat::Mode;

use crate::cli;
use crate::error::Error;
use crate::launch::sealed::{SealFault, Sealed};
use crate::name::VariableName;
use crate::resolve::{Resolution, Resolved};
use crate::secret::SecretValue;
use crate::wanted::Delivery;

/// Readable by the user that the command runs as, and by nobody else.
const MODE: u32 = 0o400;

/// The files, and what their variables hold.
pub struct MemoryFiles {
    paths: BTreeMap<VariableName, SecretValue>,
    /// The command has them if these are open when pfx becomes it.
    _held: Vec<Sealed>,
}

impl MemoryFiles {
    /// Makes a file of each value that is to be one.
    ///
    /// # Errors
    /// [`Error::Handover`] for the first that cannot be made.
    pub fn new(given: &cli::FileOptions, resolved: &Resolved) -> Result<Self, Error> {
        let mode = Mode::from_bits_truncate(given.file_mode.unwrap_or(MODE));
        let (mut paths, mut held) = (BTreeMap::new(), Vec::new());
        for variable in &resolved.variables {
            let Resolution::Lookup(variable, looked_up) = &variable.resolution else { continue };
            let Some(value) = looked_up.value() else { continue };
            if looked_up.lookup.delivery == Delivery::Variable {
                continue;
            }
            let name = looked_up.lookup.reference.name();
            let title = given.file_name.as_deref().unwrap_or(&name);
            let sealed = Sealed::new(title, mode, value).map_err(|SealFault { call, cause }| {
                Error::Handover { name: name.clone(), call, cause }
            })?;
            paths.insert(variable.clone(), SecretValue::text(&name, sealed.path())?);
            held.push(sealed);
        }
        Ok(Self { paths, _held: held })
    }

    /// What a variable holds in place of the value.
    pub fn path(&self, variable: &VariableName) -> Option<&SecretValue> {
        self.paths.get(variable)
    }
}
