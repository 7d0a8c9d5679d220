//! A directory with one file for each secret: systemd's `$CREDENTIALS_DIRECTORY`, Docker's and
//! Kubernetes' mounts.

use std::path::PathBuf;

use super::{Found, Held, Source, file};
use crate::error::Error;
use crate::reference::Reference;
use crate::secret::SecretValue;

/// The name of a file is the name of the secret. Its bytes are the value, less one line feed at the end:
/// `echo … | docker secret create` leaves one there, and no program means it.
pub struct Directory {
    path: PathBuf,
    /// What the directory is, where its path does not tell: `$CREDENTIALS_DIRECTORY`.
    title: Option<&'static str>,
}

impl Directory {
    #[must_use]
    pub const fn new(path: PathBuf, title: Option<&'static str>) -> Self {
        Self { path, title }
    }
}

impl Source for Directory {
    fn places(&self) -> Vec<String> {
        let path = self.path.display();
        vec![self.title.map_or_else(|| path.to_string(), |title| format!("{title} ({path})"))]
    }

    fn keeps(&self, reference: &Reference) -> bool {
        matches!(reference, Reference::Secret(_))
    }

    fn look_up(&self, wanted: &[&Reference]) -> Result<Found, Error> {
        let mut found = Found::new();
        for reference in wanted {
            let Reference::Secret(name) = reference else { continue };
            if !is_file_name(name) {
                continue;
            }
            let path = self.path.join(name);
            if path.is_dir() {
                continue;
            }
            let Some(contents) = file::read(&path, file::Privacy::Any)? else { continue };
            let bytes = contents.bytes.strip_suffix(b"\n").unwrap_or(&contents.bytes);
            let value = SecretValue::bytes(bytes);
            let place = path.display().to_string();
            found.insert((*reference).clone(), Held { value, place });
        }
        Ok(found)
    }

    fn secrets(&self) -> Result<Vec<String>, Error> {
        let failed = |cause| Error::File { action: "list", path: self.path.clone(), cause };
        let entries = match std::fs::read_dir(&self.path) {
            Ok(entries) => entries,
            Err(error) if file::is_absence(&error) => return Ok(Vec::new()),
            Err(error) => return Err(failed(error)),
        };
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry.map_err(failed)?;
            // Kubernetes keeps the files in `..2026_11_24…` and points `..data` there.
            if let Ok(name) = entry.file_name().into_string()
                && is_file_name(&name)
                && entry.path().is_file()
            {
                names.push(name);
            }
        }
        names.sort();
        Ok(names)
    }
}

/// Whether a secret of this name could be a file in the directory itself.
fn is_file_name(name: &str) -> bool {
    !name.is_empty() && name != "." && !name.starts_with("..") && !name.contains(['/', '\0'])
}
