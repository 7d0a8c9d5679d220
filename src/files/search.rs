//! Finds the project file.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// The name of a project file.
pub const NAME: &str = "pfx.toml";

/// The project file of the working directory: there, or in the nearest directory above that has one. The
/// search ends with the root of a repository (which has `.git`), with `home`, and at the border of a
/// file system. A directory that cannot be looked into ends it too.
pub fn find(home: Option<&Path>) -> Option<PathBuf> {
    find_from(&nix::unistd::getcwd().ok()?, home)
}

fn find_from(start: &Path, home: Option<&Path>) -> Option<PathBuf> {
    // One look at each directory: mostly there is none, and then no border matters.
    let is_there = |directory: &&Path| std::fs::symlink_metadata(directory.join(NAME)).is_ok();
    let found = start.ancestors().find(is_there)?;
    let device = |directory: &Path| Some(std::fs::metadata(directory).ok()?.dev());
    let own = device(start)?;
    for directory in start.ancestors() {
        if device(directory)? != own {
            return None;
        }
        if directory == found {
            return Some(directory.join(NAME));
        }
        let is_root = std::fs::symlink_metadata(directory.join(".git")).is_ok();
        if is_root || Some(directory) == home {
            return None;
        }
    }
    None
}
