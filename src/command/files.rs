//! Values that the command gets as files.

use std::collections::BTreeMap;

use nix::sys::stat::Mode;

use crate::cli;
use crate::error::Error;
use crate::launch::sealed::{SealFault, SealedFile};
use crate::name::VariableName;
use crate::resolve::{Resolution, Resolved};
use crate::secret::SecretValue;
use crate::wanted::Delivery;

/// Only the user of the command may read the file.
const MODE: u32 = 0o400;

/// The files, and the values of their variables.
pub struct MemoryFiles {
    paths: BTreeMap<VariableName, SecretValue>,
    /// These must stay open until pfx becomes the command, which inherits them.
    _open: Vec<SealedFile>,
}

impl MemoryFiles {
    /// Creates a file for each value that is bound with `--file`.
    ///
    /// # Errors
    /// [`Error::PassAsFile`] for the first that cannot be created.
    pub fn new(given: &cli::FileOptions, resolved: &Resolved) -> Result<Self, Error> {
        let mode = Mode::from_bits_truncate(given.file_mode.unwrap_or(MODE));
        let (mut paths, mut open) = (BTreeMap::new(), Vec::new());
        for variable in &resolved.variables {
            let Resolution::Lookup(variable, looked_up) = &variable.resolution else { continue };
            let Some(value) = looked_up.value() else { continue };
            if looked_up.lookup.delivery == Delivery::Variable {
                continue;
            }
            let name = looked_up.lookup.reference.name();
            let title = given.file_name.as_deref().unwrap_or(&name);
            let sealed =
                SealedFile::new(title, mode, value).map_err(|SealFault { call, cause }| {
                    Error::PassAsFile { name: name.clone(), call, cause }
                })?;
            paths.insert(variable.clone(), SecretValue::text(&name, sealed.path())?);
            open.push(sealed);
        }
        Ok(Self { paths, _open: open })
    }

    /// The value of the variable: the path of its file.
    pub fn path(&self, variable: &VariableName) -> Option<&SecretValue> {
        self.paths.get(variable)
    }
}
