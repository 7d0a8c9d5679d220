//! The local secrets of Prefect 1.x: `[context.secrets]` in its files, and the variables that override them.

use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::{Found, FoundValue, Place, Source, Support};
use crate::config::{ConfigLayer, ConfigLayers, Expansion, Leaf, dialect, lossless, overrides};
use crate::environment::Inherited;
use crate::error::{Error, TrustFault};
use crate::files::file::{Chosen, FileRequirements};
use crate::files::{file, home};
use crate::name::Printable;
use crate::notice::Notice;
use crate::reference::Reference;

/// Where Prefect's files are and how they are read. It owns their texts, so that the parsed documents can borrow from
/// them.
pub struct ConfigFiles {
    /// In the order in which they apply: `config.toml`, then `backend.toml`.
    pub paths: Vec<ChosenFile>,
    pub strict: bool,
    texts: OnceCell<Vec<ConfigText>>,
}

/// The path of a file, and who chose it.
#[derive(Clone)]
pub struct ChosenFile {
    pub path: PathBuf,
    /// Whether it is `config.toml`, which pfx writes secrets to.
    pub is_secrets: bool,
    /// The variable that names it; `None` for Prefect's default place.
    pub variable: Option<&'static str>,
}

impl ChosenFile {
    /// Who chose it, for the check of its owner.
    const fn chosen(&self) -> Chosen {
        match (self.variable, self.is_secrets) {
            (Some(_), _) => Chosen::ByUser,
            (None, true) => Chosen::ByItself {
                allow: "to read it anyway, set PREFECT__USER_CONFIG_PATH to its path",
            },
            (None, false) => Chosen::ByItself {
                allow: "to read it anyway, set PREFECT__BACKEND_CONFIG_PATH to its path",
            },
        }
    }

    /// The home directory that it is in; `None` if a variable names the file.
    fn home(&self) -> Option<&Path> {
        if self.variable.is_some() { None } else { self.path.parent()?.parent() }
    }

    fn is_out_of_reach(&self) -> bool {
        self.home().is_some_and(home::is_inaccessible)
    }
}

/// One file that was read.
struct ConfigText {
    path: PathBuf,
    bytes: Option<Zeroizing<Vec<u8>>>,
    /// The text rewritten as TOML 1.0, if only Prefect's parser accepts the original.
    rewritten: OnceCell<Zeroizing<String>>,
    notice: Option<Notice>,
    /// The home directory, if this user cannot enter it. The file then counts as missing.
    closed: Option<PathBuf>,
}

impl ConfigFiles {
    pub const fn new(paths: Vec<ChosenFile>, strict: bool) -> Self {
        Self { paths, strict, texts: OnceCell::new() }
    }

    /// Reads each file once. A missing file, or a directory, counts as empty, as in Prefect.
    fn texts(&self) -> Result<&[ConfigText], Error> {
        if let Some(texts) = self.texts.get() {
            return Ok(texts);
        }
        let texts = self.paths.iter().map(|chosen| self.text(chosen)).collect::<Result<_, _>>()?;
        Ok(self.texts.get_or_init(|| texts))
    }

    fn text(&self, chosen: &ChosenFile) -> Result<ConfigText, Error> {
        let path = chosen.path.clone();
        let requirements =
            FileRequirements { chosen: chosen.chosen(), private: true, strict: self.strict };
        let mut closed = None;
        let contents = match file::read(&path, requirements) {
            Err(Error::Trust { fault: TrustFault::NotRegular, .. }) if path.is_dir() => None,
            Err(Error::File { .. }) if chosen.is_out_of_reach() => {
                closed = chosen.home().map(Path::to_owned);
                None
            }
            Err(Error::File { action, path, cause }) if file::is_permission_denied(&cause) => {
                let instead = "allow this user to read it, or set PREFECT__USER_CONFIG_PATH to another file \
                               (/dev/null for none)";
                return Err(Error::Denied { action, path, cause, instead });
            }
            other => other?,
        };
        let (bytes, notice) = match contents {
            Some(mut contents) => {
                dialect::universal_newlines(&mut contents.bytes);
                let notice = contents.fault.map(|fault| Notice::of_trust(&path, &fault));
                (Some(contents.bytes), notice)
            }
            // Prefect ignores a missing file silently.
            None => (None, chosen.variable.map(|variable| Notice::absent(variable, &path))),
        };
        Ok(ConfigText { path, bytes, rewritten: OnceCell::new(), notice, closed })
    }
}

/// Prefect's configuration on this machine, read once, on first use.
pub struct LocalConfig<'a> {
    files: &'a ConfigFiles,
    inherited: Inherited<'a>,
    /// Whether `$VAR`, `~` and `${section.key}` are expanded in secrets.
    expand: bool,
    layers: OnceCell<ConfigLayers<'a>>,
}

impl<'a> LocalConfig<'a> {
    pub const fn new(files: &'a ConfigFiles, inherited: Inherited<'a>, expand: bool) -> Self {
        Self { files, inherited, expand, layers: OnceCell::new() }
    }

    /// The merged configuration.
    ///
    /// # Errors
    /// [`Error::Config`], [`Error::File`] or [`Error::Trust`] if a file cannot be read.
    pub fn layers(&self) -> Result<&ConfigLayers<'a>, Error> {
        if let Some(layers) = self.layers.get() {
            return Ok(layers);
        }
        let mut layers = Vec::new();
        for text in self.files.texts()? {
            if let Some(bytes) = &text.bytes {
                let place = text.path.display().to_string();
                let document =
                    dialect::parse(file::text(bytes, &text.path)?, &place, &text.rewritten)?;
                layers.push(ConfigLayer::File { document, place });
            }
        }
        layers.extend(overrides(self.inherited).into_iter().map(ConfigLayer::Variable));
        Ok(self.layers.get_or_init(|| ConfigLayers::new(layers)))
    }

    /// Prefect's files: the path, the variable that names it, if any, and whether it exists.
    pub fn files(&self) -> Vec<(String, Option<String>, bool)> {
        let read = self.files.texts.get();
        let paths = self.files.paths.iter().enumerate();
        paths
            .map(|(index, chosen)| {
                let there = read.map_or(chosen.path.exists(), |texts| texts[index].bytes.is_some());
                let origin = chosen.variable.map(|variable| format!("${variable}"));
                (chosen.path.display().to_string(), origin, there)
            })
            .collect()
    }

    /// Whether files that others can read are refused.
    pub const fn is_strict(&self) -> bool {
        self.files.strict
    }

    /// Calls `act` with the variables and home directories that expansion needs.
    pub fn with_expansion<T>(&self, act: impl FnOnce(&Expansion<'_>) -> T) -> T {
        let variable = |name: &[u8]| self.inherited.get(name).map(<[u8]>::to_vec);
        let home = |name: &[u8]| home::of_user(name, self.inherited.get(b"HOME"));
        act(&Expansion { variable: &variable, home: &home })
    }

    /// A setting of Prefect 1.x and where it comes from, such as `cloud.api_key`.
    ///
    /// # Errors
    /// As [`LocalConfig::layers`], or if the value cannot be expanded.
    pub fn setting(&self, path: &[&str]) -> Result<Option<(Leaf, String)>, Error> {
        let layers = self.layers()?;
        self.with_expansion(|expansion| layers.setting(path, expansion))
    }

    /// Notices about keys with which Prefect 1.x itself would not start.
    ///
    /// # Errors
    /// As [`LocalConfig::layers`].
    pub fn forbidden_keys(&self) -> Result<Vec<Notice>, Error> {
        let keys = self.layers()?.keys();
        let forbidden =
            keys.filter(|(key, _)| key.last().is_some_and(|last| lossless::is_forbidden(last)));
        let notice = |(key, place): (Vec<String>, &str)| {
            let (key, place) = (key.join("."), Printable(place));
            let text = format!(
                "key `{}` in {place}: Prefect 1.x does not start if a key has this name",
                Printable(&key)
            );
            Notice::advice(text).with_fix("rename the key, for example to upper case")
        };
        Ok(forbidden.map(notice).collect())
    }
}

impl Source for LocalConfig<'_> {
    fn place(&self) -> Place {
        let mut places = vec!["the variables PREFECT__CONTEXT__SECRETS__…".to_owned()];
        let read = self.files.texts.get();
        for (index, chosen) in self.files.paths.iter().enumerate().rev() {
            // config.toml is always listed; backend.toml, which rarely has secrets, only if it exists.
            let is_there = read.is_none_or(|texts| texts[index].bytes.is_some());
            if chosen.is_secrets || is_there {
                let is_inaccessible = read.is_some_and(|texts| texts[index].closed.is_some());
                let why = if is_inaccessible { " (not accessible to this user)" } else { "" };
                places.push(format!("{} [context.secrets]{why}", chosen.path.display()));
            }
        }
        Place::local(places)
    }

    fn supports(&self, reference: &Reference) -> Support<'_> {
        Support::only_if(matches!(reference, Reference::Secret(_)))
    }

    fn look_up(&self, wanted: &[&Reference]) -> Result<Found, Error> {
        let layers = self.layers()?;
        self.with_expansion(|expansion| {
            let expansion = self.expand.then_some(expansion);
            let look_up_one =
                |reference: &&Reference| -> Result<Option<(Reference, FoundValue)>, Error> {
                    let Reference::Secret(name) = reference else { return Ok(None) };
                    let found = layers.secret(name, expansion)?;
                    Ok(found.map(|(value, place)| {
                        ((*reference).clone(), FoundValue::new(value, place))
                    }))
                };
            wanted.iter().filter_map(|reference| look_up_one(reference).transpose()).collect()
        })
    }

    fn secrets(&self) -> Result<Vec<String>, Error> {
        self.layers()?.secrets()
    }

    fn notices(&self) -> Vec<Notice> {
        let texts = self.files.texts.get().map_or(&[][..], Vec::as_slice);
        let closed: BTreeSet<&PathBuf> =
            texts.iter().filter_map(|text| text.closed.as_ref()).collect();
        let closed = closed.into_iter().map(|home| {
            let home = home.to_string_lossy();
            Notice::detail(format!(
                "cannot access the home directory {}: there is no local configuration for this user",
                Printable(&home)
            ))
        });
        texts.iter().filter_map(|text| text.notice.clone()).chain(closed).collect()
    }
}
