//! Resolves symbolic links, also in paths of files that no longer exist.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::io;
use std::path::{Component, Path, PathBuf};

/// As many links as Linux itself follows (`path_resolution(7)`).
const MOST: usize = 40;

/// The absolute path that `path` leads to, with all links resolved. Parts that do not exist stay as written, as with
/// `realpath --canonicalize-missing`.
///
/// # Errors
/// If the path is relative, and the working directory has no path.
pub fn resolved(path: &Path) -> io::Result<PathBuf> {
    let mut left: VecDeque<OsString> = components(path).collect();
    let mut done = PathBuf::from("/");
    if path.is_relative() {
        done = nix::unistd::getcwd()?;
    }
    let mut links = 0;
    while let Some(one) = left.pop_front() {
        if one == ".." {
            done.pop();
            continue;
        }
        let next = done.join(&one);
        match std::fs::read_link(&next) {
            Ok(target) if links < MOST => {
                links += 1;
                if target.is_absolute() {
                    done = PathBuf::from("/");
                }
                for component in components(&target).collect::<Vec<_>>().into_iter().rev() {
                    left.push_front(component);
                }
            }
            _ => done = next,
        }
    }
    Ok(done)
}

/// The names in a path, and `..`.
fn components(path: &Path) -> impl Iterator<Item = OsString> {
    path.components().filter_map(|component| match component {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some(OsString::from("..")),
        Component::CurDir | Component::Prefix(_) | Component::RootDir => None,
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn links_are_resolved_and_missing_parts_are_unchanged() {
        let directory = tempfile::TempDir::new().unwrap();
        let root = directory.path().canonicalize().unwrap();
        std::fs::create_dir_all(root.join("real/sub")).unwrap();
        symlink("real", root.join("link")).unwrap();
        symlink(root.join("real/sub"), root.join("far")).unwrap();
        symlink("gone/file", root.join("dangling")).unwrap();
        symlink("cycle", root.join("cycle")).unwrap();
        for (path, expected) in [
            ("link/pfx.toml", "real/pfx.toml"),
            ("far/../pfx.toml", "real/pfx.toml"),
            ("dangling", "gone/file"),
            ("none/../real/./a", "real/a"),
            ("none/a/b", "none/a/b"),
            ("cycle", "cycle"),
        ] {
            assert_eq!(resolved(&root.join(path)).unwrap(), root.join(expected), "{path}");
        }
    }
}
