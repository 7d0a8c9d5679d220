//! A directory with one file for each secret: systemd's `$CREDENTIALS_DIRECTORY`, Docker's and
//! Kubernetes' mounts.

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;

use nix::errno::Errno;

use super::{Found, FoundValue, Place, Source, Support};
use crate::error::{Error, TrustFault};
use crate::files::file::{self, Chosen, FileRequirements};
use crate::files::generation::{Generation, TRIES};
use crate::name::Printable;
use crate::notice::Notice;
use crate::reference::Reference;
use crate::secret::SecretValue;

/// The name of a file is the name of the secret, and its bytes are the value. A variable gets them without one
/// trailing newline: `echo … | docker secret create` adds one that is never meant as part of the value.
pub struct Directory {
    path: PathBuf,
    /// What names the directory: an option, a variable, or a project file.
    named_by: NamedBy,
    keep_newline: bool,
    strict: bool,
    /// The result of a listing, for the lookup that follows it, so that both use the same generation.
    listed: RefCell<Option<Listing>>,
    /// Whether the directory exists, once that is known.
    is_there: OnceCell<Result<(), Errno>>,
    /// Other users who own files in it, each with one such file.
    owners: RefCell<BTreeMap<u32, PathBuf>>,
}

/// What names a directory of secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NamedBy {
    Credentials,
    Option,
    Project,
}

impl NamedBy {
    /// For messages.
    const fn words(self) -> &'static str {
        match self {
            Self::Credentials => "$CREDENTIALS_DIRECTORY",
            Self::Option => "--secrets-dir",
            Self::Project => "`secrets-dir` in pfx.toml",
        }
    }
}

/// The result of a listing.
struct Listing {
    generation: Generation,
    /// The values, already read if all files are replaced at once, because that may happen before they are looked up.
    values: Found,
}

/// Why reading was stopped.
enum Stopped {
    Failed(Error),
    /// Something was missing or failed, and the files have been replaced in the meantime.
    Replaced,
}

impl Directory {
    pub fn new(path: PathBuf, named_by: NamedBy, keep_newline: bool, strict: bool) -> Self {
        Self {
            path,
            named_by,
            keep_newline,
            strict,
            listed: RefCell::new(None),
            is_there: OnceCell::new(),
            owners: RefCell::new(BTreeMap::new()),
        }
    }

    /// Opens the directory; `None` if it does not exist.
    fn open(&self) -> Result<Option<Generation>, Error> {
        let opened = Generation::open(&self.path);
        let _ = self.is_there.set(there(&opened));
        match opened {
            Ok(generation) => Ok(Some(generation)),
            Err(error) if file::is_not_found(&error) => Ok(None),
            Err(cause) => Err(self.failed("read", cause)),
        }
    }

    fn failed(&self, action: &'static str, cause: io::Error) -> Error {
        Error::File { action, path: self.path.clone(), cause }
    }

    /// Calls `act` with one generation, and again with the next if the files are replaced in the meantime.
    fn in_one_generation<T>(
        &self,
        mut act: impl FnMut(Generation) -> Result<T, Stopped>,
    ) -> Result<Option<T>, Error> {
        for _ in 0..TRIES {
            let Some(generation) = self.open()? else { return Ok(None) };
            match act(generation) {
                Ok(done) => return Ok(Some(done)),
                Err(Stopped::Failed(error)) => return Err(error),
                Err(Stopped::Replaced) => {}
            }
        }
        let problem = "its files keep changing while pfx reads them";
        Err(Error::config(self.path.display().to_string(), None, None, problem))
    }

    /// Reads these names. Names without a file are left out.
    fn read<'n>(
        &self,
        generation: &Generation,
        names: impl Iterator<Item = &'n str>,
    ) -> Result<Found, Stopped> {
        let (mut found, mut is_complete) = (Found::new(), true);
        for name in names {
            let read = match generation.file(name) {
                Ok(Some(file)) => self.value(&file, name, generation),
                Ok(None) => Ok(None),
                Err(cause) => {
                    Err(Error::File { action: "read", path: self.path.join(name), cause })
                }
            };
            match read {
                Ok(Some(found_value)) => {
                    found.insert(Reference::Secret(name.to_owned()), found_value);
                }
                Ok(None) => is_complete = false,
                Err(error) if generation.is_current(&self.path) => {
                    return Err(Stopped::Failed(error));
                }
                Err(_) => return Err(Stopped::Replaced),
            }
        }
        if is_complete || generation.is_current(&self.path) {
            Ok(found)
        } else {
            Err(Stopped::Replaced)
        }
    }

    /// The value in an open file; `None` if it is a directory.
    fn value(
        &self,
        opened: &File,
        name: &str,
        generation: &Generation,
    ) -> Result<Option<FoundValue>, Error> {
        let path = self.path.join(name);
        let requirements =
            FileRequirements { chosen: Chosen::ByUser, private: false, strict: self.strict };
        let contents = match file::read_open(opened, &path, requirements) {
            Err(Error::Trust { fault: TrustFault::NotRegular, .. })
                if opened.metadata().is_ok_and(|metadata| metadata.is_dir()) =>
            {
                return Ok(None);
            }
            other => other?,
        };
        if let Some(TrustFault::ForeignOwner { uid, .. }) = contents.fault {
            self.require_trusted_owner(uid, generation)?;
            self.owners.borrow_mut().entry(uid).or_insert_with(|| path.clone());
        }
        let place = path.display().to_string();
        let value = SecretValue::of_file(contents.bytes, self.keep_newline);
        Ok(Some(FoundValue::new(value, place)))
    }

    /// A user who names a directory trusts its owner, and those whom the owner lets write files into it. This does
    /// not include everyone who can write to a directory that is open to others, unless it was mounted here for that
    /// purpose.
    fn require_trusted_owner(&self, uid: u32, generation: &Generation) -> Result<(), Error> {
        let directory = generation.metadata().map_err(|cause| self.failed("read", cause))?;
        let mode = directory.mode() & 0o7777;
        let is_shared = mode & 0o1000 == 0 && generation.is_mounted();
        if uid == directory.uid() || !file::is_open_to_others(&directory) || is_shared {
            return Ok(());
        }
        let is_own = directory.uid() == nix::unistd::geteuid().as_raw();
        let mounted = !is_own || file::is_from_outside(&directory);
        let fault = TrustFault::WritableByOthers { mode, mounted };
        Err(Error::Trust { path: self.path.clone(), fault })
    }
}

impl Source for Directory {
    fn place(&self) -> Place {
        let path = self.path.display();
        Place::local(vec![match self.named_by {
            NamedBy::Credentials => format!("{} ({path})", self.named_by.words()),
            NamedBy::Option | NamedBy::Project => path.to_string(),
        }])
    }

    fn supports(&self, reference: &Reference) -> Support<'_> {
        Support::only_if(matches!(reference, Reference::Secret(_)))
    }

    fn look_up(&self, wanted: &[&Reference]) -> Result<Found, Error> {
        let names = || wanted.iter().filter_map(|reference| name_of(reference));
        if let Some(Listing { generation, mut values }) = self.listed.take() {
            values.retain(|reference, _| wanted.contains(&reference));
            let is_left =
                |name: &&str| !values.keys().any(|found_value| name_of(found_value) == Some(name));
            match self.read(&generation, names().filter(is_left)) {
                Ok(more) => {
                    values.extend(more);
                    return Ok(values);
                }
                Err(Stopped::Failed(error)) => return Err(error),
                Err(Stopped::Replaced) => {}
            }
        }
        let found = self.in_one_generation(|generation| self.read(&generation, names()))?;
        Ok(found.unwrap_or_default())
    }

    fn secrets(&self) -> Result<Vec<String>, Error> {
        let listed = self.in_one_generation(|generation| {
            let names = match generation.names() {
                Ok(names) => names,
                Err(cause) if generation.is_current(&self.path) => {
                    return Err(Stopped::Failed(self.failed("list", cause)));
                }
                Err(_) => return Err(Stopped::Replaced),
            };
            let names: Vec<String> = names
                .into_iter()
                .filter_map(|name| name.into_string().ok())
                .filter(|name| is_file_name(name))
                .collect();
            let mut values = Found::new();
            if generation.is_replaced_at_once() {
                for name in &names {
                    // A file that cannot be used is an error only if it is looked up.
                    if let Ok(Some(file)) = generation.file(name)
                        && let Ok(Some(found_value)) = self.value(&file, name, &generation)
                    {
                        values.insert(Reference::Secret(name.clone()), found_value);
                    }
                }
            }
            // Some files may have been gone already.
            if !generation.is_current(&self.path) {
                return Err(Stopped::Replaced);
            }
            Ok((names, Listing { generation, values }))
        })?;
        let Some((mut names, listed)) = listed else { return Ok(Vec::new()) };
        self.listed.replace(Some(listed));
        names.sort();
        Ok(names)
    }

    /// Warnings that the directory does not exist, or that other users can change files in it.
    fn notices(&self) -> Vec<Notice> {
        let is_there = self.is_there.get_or_init(|| there(&Generation::open(&self.path)));
        let variable = self.named_by.words();
        let absent = match is_there {
            Err(Errno::ENOTDIR) => {
                let path = self.path.to_string_lossy();
                Some(Notice::warning(format!(
                    "{variable} names {}, which is not a directory",
                    Printable(&path)
                )))
            }
            Err(Errno::ENOENT) => Some(Notice::absent(variable, &self.path)),
            _ => None,
        };
        let owners = self.owners.borrow();
        let foreign = owners.iter().map(|(uid, path)| {
            let fault = TrustFault::ForeignOwner { uid: *uid, allow: "mount it read-only" };
            Notice::of_trust(path, &fault)
        });
        absent.into_iter().chain(foreign).collect()
    }
}

/// Whether an attempt to open a directory found one.
fn there(opened: &io::Result<Generation>) -> Result<(), Errno> {
    match opened {
        Ok(_) => Ok(()),
        Err(error) => Err(Errno::from_raw(error.raw_os_error().unwrap_or_default())),
    }
}

/// The name of a secret if a file directly in the directory can have it. Kubernetes keeps the files in
/// `..2026_11_24…`.
fn name_of(reference: &Reference) -> Option<&str> {
    let Reference::Secret(name) = reference else { return None };
    is_file_name(name).then_some(name)
}

fn is_file_name(name: &str) -> bool {
    !name.is_empty() && name != "." && !name.starts_with("..") && !name.contains(['/', '\0'])
}
