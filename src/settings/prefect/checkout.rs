//! Prefect 3's settings in files in the working directory.

use std::fs::{Metadata, OpenOptions};
use std::io::{self, Read as _};
use std::os::fd::AsFd as _;
use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use toml::de::DeValue;
use zeroize::Zeroizing;

use super::{NAMES, PROFILES, SettingName};
use crate::config::python_dotenv;
use crate::document::{Document, Walk, scalar, to_json};
use crate::environment::Inherited;
use crate::error::{Error, TrustFault};
use crate::files::file::{self, Chosen, Contents, FileRequirements};
use crate::notice::Notice;

/// How long a program may take to write to a FIFO. A password manager may have to ask its user first.
const WAIT: Duration = Duration::from_secs(3);

/// A file in the working directory: its name, and, if it is TOML, the path of the table with Prefect's settings.
#[derive(Clone, Copy)]
pub struct InDirectory {
    name: &'static str,
    table: Option<&'static [&'static str]>,
}

/// All of them, in order of precedence.
pub const FILES: [InDirectory; 3] = [
    InDirectory { name: ".env", table: None },
    InDirectory { name: "prefect.toml", table: Some(&[]) },
    InDirectory { name: "pyproject.toml", table: Some(&["tool", "prefect"]) },
];

/// What the environment does not set, so that a file may set it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// The API URL may come from the file.
    Url,
    /// The URL is set; a credential may come from the file.
    Credential,
    /// Both are set.
    Nothing,
}

/// What a file sets: name, text, and where it is set.
pub type CheckoutSettings = Vec<(SettingName, Zeroizing<String>, String)>;

/// A file that was read, or why it was not.
#[derive(Default)]
pub struct CheckoutFile {
    pub settings: CheckoutSettings,
    /// Who else could have written it. This matters only if one of the settings is used.
    pub fault: Option<TrustFault>,
    /// Why it was not read.
    pub notice: Option<Notice>,
}

impl InDirectory {
    pub const fn path(self) -> &'static str {
        self.name
    }

    /// Reads the file. Anyone may own it. A directory of that name counts as no file (`.env` is a common name for a
    /// directory).
    ///
    /// # Errors
    /// [`Error::Config`] for a file that is not valid, and for a FIFO to which nothing is written; [`Error::Denied`]
    /// if the file cannot be read. Neither occurs if the file is not needed.
    pub fn read(self, need: Need, inherited: Inherited<'_>) -> Result<CheckoutFile, Error> {
        let path = Path::new(self.name);
        let ignored = |why: &str| {
            let notice = Notice::advice(format!("{} is ignored: {why}", self.name));
            Ok(CheckoutFile { notice: Some(notice), ..CheckoutFile::default() })
        };
        let Ok(metadata) = path.metadata() else { return Ok(CheckoutFile::default()) };
        let contents = if metadata.is_dir() {
            return Ok(CheckoutFile::default());
        } else if metadata.file_type().is_fifo() && need == Need::Nothing {
            return ignored(
                "it is a FIFO, and the environment already sets the API URL and the credential",
            );
        } else if metadata.file_type().is_fifo() {
            match fifo(path, &metadata)? {
                Some(contents) => contents,
                None if need == Need::Url => return Err(self.no_writer()),
                None => return ignored("it is a FIFO, and nothing was written to it"),
            }
        } else {
            match file::read(path, REQUIREMENTS) {
                Ok(Some(contents)) => contents,
                Ok(None) => return Ok(CheckoutFile::default()),
                Err(Error::Trust { fault: TrustFault::NotRegular, .. }) => {
                    return ignored("it is not a regular file");
                }
                Err(Error::File { cause, .. })
                    if cause.raw_os_error() == Some(nix::libc::ENXIO) =>
                {
                    return ignored("it is a socket");
                }
                Err(Error::File { cause, .. })
                    if file::is_permission_denied(&cause) && need != Need::Url =>
                {
                    return ignored("this user cannot read it");
                }
                Err(Error::File { action, path, cause }) if file::is_permission_denied(&cause) => {
                    let instead = "to do without the file, set PREFECT_API_URL in the environment";
                    return Err(Error::Denied { action, path, cause, instead });
                }
                Err(error) => return Err(error),
            }
        };
        let settings = match (file::text(&contents.bytes, path), self.table) {
            (Ok(text), None) => dotenv(text, inherited),
            (Ok(text), Some(table)) => toml(text, self.name, table)?,
            // Other programs use .env too, and it may have any encoding.
            (Err(_), None) => return Ok(CheckoutFile::default()),
            (Err(error), Some(_)) => return Err(error),
        };
        Ok(CheckoutFile { settings, fault: contents.fault, notice: None })
    }

    fn no_writer(self) -> Error {
        let problem = format!(
            "it is a FIFO, and nothing was written to it within {} s; to do without it, set \
             PREFECT_API_URL in the environment",
            WAIT.as_secs()
        );
        Error::config(self.name, None, None, problem)
    }
}

const REQUIREMENTS: FileRequirements =
    FileRequirements { chosen: Chosen::InCheckout, private: false, strict: false };

/// What a program writes to a FIFO; `None` if none does so in time. It is opened only once, because opening it makes a
/// program such as 1Password ask its user.
fn fifo(path: &Path, metadata: &Metadata) -> Result<Option<Contents>, Error> {
    let failed = |cause: io::Error| Error::File { action: "read", path: path.to_owned(), cause };
    let mut file =
        OpenOptions::new().read(true).custom_flags(file::FLAGS).open(path).map_err(failed)?;
    let untrusted = |fault| Error::Trust { path: path.to_owned(), fault };
    let fault = file::check(&file, metadata, REQUIREMENTS).map_err(untrusted)?;
    let mut bytes = Zeroizing::new(Vec::new());
    let end = Instant::now() + WAIT;
    loop {
        let left = end.saturating_duration_since(Instant::now());
        let left = PollTimeout::try_from(left).unwrap_or(PollTimeout::ZERO);
        match poll(&mut [PollFd::new(file.as_fd(), PollFlags::POLLIN)], left) {
            Ok(0) => return Ok(None),
            Ok(_) => {}
            Err(Errno::EINTR) => continue,
            Err(error) => return Err(failed(error.into())),
        }
        let mut piece = Zeroizing::new([0; 4096]);
        match file.read(&mut *piece) {
            Ok(0) => return Ok(Some(Contents { bytes, fault })),
            Ok(count) => bytes.extend_from_slice(&piece[..count]),
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
                ) => {}
            Err(error) => return Err(failed(error)),
        }
        if bytes.len() as u64 > file::LONGEST {
            return Err(untrusted(TrustFault::TooLarge { limit: file::LONGEST }));
        }
    }
}

fn dotenv(text: &str, inherited: Inherited<'_>) -> CheckoutSettings {
    let look_up = |name: &str| {
        let text = inherited.get(name.as_bytes())?;
        Some(String::from_utf8_lossy(text).into_owned())
    };
    let assigned = python_dotenv::parse(text, &look_up);
    let all = NAMES.into_iter().chain([PROFILES]);
    all.filter_map(|name| {
        // The last assignment counts. Prefect ignores the case of all names except `PREFECT_PROFILES_PATH`.
        let (_, text) =
            assigned.iter().rev().find(|(other, _)| other.eq_ignore_ascii_case(name.variable))?;
        Some((name, Zeroizing::new(text.clone()), format!("{} in .env", name.variable)))
    })
    .collect()
}

fn toml(text: &str, place: &str, table: &[&str]) -> Result<CheckoutSettings, Error> {
    let document = Document::parse(text, place)?;
    let mut settings = Vec::new();
    for name in NAMES.into_iter().chain([PROFILES]) {
        let path: Vec<&str> = table.iter().chain(name.path).copied().collect();
        let Walk::Found(value) = document.walk(&path) else { continue };
        let text = match value {
            DeValue::String(text) => text.to_string(),
            DeValue::Array(_) | DeValue::Table(_) => to_json(value).to_string(),
            other => scalar(other),
        };
        let origin = format!("{} in {place}", path.join("."));
        settings.push((name, Zeroizing::new(text), origin));
    }
    Ok(settings)
}
