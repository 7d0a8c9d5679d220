//! pfx's own environment as a source (Prefect's `EnvVarSecret`).

use std::os::unix::ffi::OsStrExt as _;

use super::{Found, FoundValue, Place, Source, Support};
use crate::environment::Inherited;
use crate::error::Error;
use crate::reference::Reference;
use crate::secret::SecretValue;

const PLACE: &str = "the environment";

/// Variables by exact name, byte for byte: no JSON, no expansion. A variable that is set to an empty value counts as
/// found.
pub struct Variables<'a>(pub Inherited<'a>);

impl Source for Variables<'_> {
    fn place(&self) -> Place {
        Place::local(vec![PLACE.to_owned()])
    }

    fn supports(&self, reference: &Reference) -> Support<'_> {
        Support::only_if(matches!(reference, Reference::Env(_)))
    }

    fn look_up(&self, wanted: &[&Reference]) -> Result<Found, Error> {
        let mut found = Found::new();
        for reference in wanted {
            if let Reference::Env(name) = reference
                && let Some(value) = self.0.get(name.as_bytes())
            {
                let value = SecretValue::text(&reference.name(), value)?;
                found.insert((*reference).clone(), FoundValue::new(value, PLACE.to_owned()));
            }
        }
        Ok(found)
    }

    fn secrets(&self) -> Result<Vec<String>, Error> {
        Ok(Vec::new())
    }
}
