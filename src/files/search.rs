//! Searches for the project file.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// The name of a project file.
pub const NAME: &str = "pfx.toml";

/// The project file for the working directory: in that directory, or in the nearest one above it that has one. The
/// search ends at the root of a repository (which has `.git`), at `home`, at the boundary of a file system, and at a
/// directory that cannot be accessed.
pub fn find(home: Option<&Path>) -> Option<PathBuf> {
    find_from(&nix::unistd::getcwd().ok()?, home)
}

fn find_from(start: &Path, home: Option<&Path>) -> Option<PathBuf> {
    // First, each directory is checked once: usually none has such a file, and then it does not matter where the
    // search ends.
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
