//! A temporary home directory with Prefect's files in it.

use std::ffi::OsStr;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::{fs, io::Write as _};

use tempfile::TempDir;

use super::{NOBODY, Pfx, is_root};

/// Removed with everything in it when dropped.
pub struct Home {
    directory: TempDir,
}

impl Home {
    /// An empty home, with an empty `.prefect` of mode 0700.
    pub fn new() -> Self {
        let directory = TempDir::new().expect("a temporary directory");
        let home = Self { directory };
        fs::DirBuilder::new().mode(0o700).create(home.join(".prefect")).expect("a directory");
        home
    }

    /// A home whose `config.toml` is `text`.
    pub fn with_config(text: impl AsRef<[u8]>) -> Self {
        let home = Self::new();
        home.write(".prefect/config.toml", text);
        home
    }

    /// A home whose `[context.secrets]` has these lines.
    pub fn with_secrets(lines: &str) -> Self {
        Self::with_config(format!("[context.secrets]\n{lines}"))
    }

    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    pub fn join(&self, relative: impl AsRef<Path>) -> PathBuf {
        self.path().join(relative)
    }

    /// Prefect's file with the local secrets.
    pub fn config(&self) -> PathBuf {
        self.join(".prefect/config.toml")
    }

    pub fn config_text(&self) -> String {
        fs::read_to_string(self.config()).expect("config.toml is there")
    }

    /// Writes a file of mode 0600, and creates its directories.
    pub fn write(&self, relative: impl AsRef<Path>, contents: impl AsRef<[u8]>) -> PathBuf {
        let path = self.join(relative);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).expect("a directory");
        }
        fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&path)
            .and_then(|mut file| file.write_all(contents.as_ref()))
            .expect("a file");
        path
    }

    /// Writes an executable script.
    pub fn script(&self, relative: impl AsRef<Path>, text: &str) -> PathBuf {
        let path = self.write(relative, text);
        set_mode(&path, 0o755);
        path
    }

    /// All paths in the home with the bytes of the files, to check that nothing changed.
    pub fn contents(&self) -> Vec<(PathBuf, Vec<u8>)> {
        fn walk(directory: &Path, all: &mut Vec<(PathBuf, Vec<u8>)>) {
            for entry in fs::read_dir(directory).expect("a readable directory") {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    walk(&path, all);
                } else {
                    all.push((path.clone(), fs::read(&path).unwrap_or_default()));
                }
            }
        }
        let mut all = Vec::new();
        walk(self.path(), &mut all);
        all.sort();
        all
    }

    /// The names in `.prefect`, sorted.
    pub fn prefect_files(&self) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.join(".prefect"))
            .expect("a readable directory")
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    /// Makes nobody the owner of everything, if the tests run as root; otherwise the user has no more rights than nobody.
    pub fn give_to_nobody(&self) {
        if is_root() {
            chown_all(self.path(), NOBODY);
        }
    }

    /// Prepares pfx with these arguments, in this home.
    pub fn pfx<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Pfx {
        Pfx::new(self.path(), env!("CARGO_BIN_EXE_pfx"), arguments)
    }

    /// Prepares `pfx run` with these bindings and this command.
    pub fn run(&self, bindings: &[&str], command: &[&str]) -> Pfx {
        self.pfx([&["run"], bindings, &["--"], command].concat())
    }

    /// Prepares another program instead of pfx.
    pub fn bare(&self, words: &[&str]) -> Pfx {
        Pfx::new(self.path(), words[0], &words[1..])
    }
}

pub fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("a mode is set");
}

pub fn chown_all(path: &Path, uid: u32) {
    std::os::unix::fs::lchown(path, Some(uid), Some(uid)).expect("an owner is set");
    if path.is_dir() && !path.is_symlink() {
        for entry in fs::read_dir(path).expect("a readable directory") {
            chown_all(&entry.expect("an entry").path(), uid);
        }
    }
}
