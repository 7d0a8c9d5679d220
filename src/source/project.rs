//! Finds the project file.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// The name of a project file.
pub const NAME: &str = "pfx.toml";

/// The project file of the working directory: there, or in the nearest directory above that has one. The
/// search ends with the root of a repository (which has `.git`), with `home`, and at the border of a
/// file system. A directory that cannot be looked into ends it too.
#[must_use]
pub fn find(home: Option<&Path>) -> Option<PathBuf> {
    find_from(&nix::unistd::getcwd().ok()?, home)
}

fn find_from(start: &Path, home: Option<&Path>) -> Option<PathBuf> {
    let mut device = None;
    for directory in start.ancestors() {
        let own = std::fs::metadata(directory).ok()?.dev();
        if *device.get_or_insert(own) != own {
            return None;
        }
        let file = directory.join(NAME);
        if std::fs::symlink_metadata(&file).is_ok() {
            return Some(file);
        }
        let is_root = std::fs::symlink_metadata(directory.join(".git")).is_ok();
        if is_root || Some(directory) == home {
            return None;
        }
    }
    None
}
