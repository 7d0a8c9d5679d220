//! `pfx.toml`, the project file: parses its text. Finding and trusting the file is done elsewhere.

mod entry;

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use crate::document::{Document, LineCounter, in_order, position};
use crate::error::Error;
use crate::name::alternatives;
use crate::store_kind::StoreKind;
use crate::wanted::WantedVariable;

/// The content of a project file.
#[derive(Debug, Default)]
pub struct Project {
    pub own: Profile,
    /// In the order of the file.
    pub profiles: Vec<(String, Profile)>,
    /// Directories of secrets, relative to that of the file.
    pub secrets_directories: Vec<String>,
    /// The remote stores to use, in order; empty if the file does not set them.
    pub remotes: Vec<StoreKind>,
    /// Whether no remote store may be used.
    pub local: bool,
}

/// The content of one profile, or of the file outside its profiles.
#[derive(Debug, Default)]
pub struct Profile {
    /// `None` if the table does not exist. An empty table is different: it asks for no variables.
    pub env: Option<Vec<WantedVariable>>,
    /// The command and its arguments; not empty.
    pub command: Option<Vec<String>>,
}

const KEYS: [&str; 6] = ["command", "env", "local", "profile", "remote", "secrets-dir"];
const PROFILE_KEYS: [&str; 2] = ["command", "env"];

impl Project {
    /// Reads `text`. `place` is its path, for messages.
    ///
    /// # Errors
    /// [`Error::Config`] with line, column and key, and never with the text.
    pub fn parse(text: &str, place: &str) -> Result<Self, Error> {
        let document = Document::parse(text, place)?;
        let lines = LineCounter::default();
        let reader = ProjectReader { text, place, lines: &lines };
        let mut project = Self::default();
        for (key, value) in in_order(document.root()) {
            let name = key.get_ref().as_ref();
            match name {
                "command" => project.own.command = Some(reader.command(name, value)?),
                "env" => project.own.env = Some(reader.env(name, value)?),
                "local" => project.local = reader.flag(name, value)?,
                "profile" => {
                    for (key, value) in in_order(reader.table(name, value)?) {
                        let name = key.get_ref().to_string();
                        let profile = reader.profile(&format!("profile.{name}"), value)?;
                        project.profiles.push((name, profile));
                    }
                }
                "remote" => {
                    for remote in reader.texts(name, value)? {
                        let kind = StoreKind::named(&remote).ok_or_else(|| {
                            let names = StoreKind::all().iter().map(|kind| kind.name());
                            let problem = format!("expected {}", alternatives(names));
                            reader.fault(value, name, &problem)
                        })?;
                        project.remotes.push(kind);
                    }
                }
                "secrets-dir" => project.secrets_directories = reader.texts(name, value)?,
                _ => return Err(reader.unknown(key, name, &KEYS)),
            }
        }
        if let Some((_, value)) = document.root().iter().find(|(key, _)| key.get_ref() == "local")
            && project.local
            && !project.remotes.is_empty()
        {
            return Err(reader.fault(value, "local", "conflicts with `remote`"));
        }
        Ok(project)
    }
}

/// A text and its place, for errors.
#[derive(Clone, Copy)]
struct ProjectReader<'t> {
    text: &'t str,
    place: &'t str,
    lines: &'t LineCounter,
}

impl ProjectReader<'_> {
    fn profile(self, path: &str, value: &Spanned<DeValue<'_>>) -> Result<Profile, Error> {
        let mut profile = Profile::default();
        for (key, value) in in_order(self.table(path, value)?) {
            let name = key.get_ref().as_ref();
            let path = format!("{path}.{name}");
            match name {
                "command" => profile.command = Some(self.command(&path, value)?),
                "env" => profile.env = Some(self.env(&path, value)?),
                _ => return Err(self.unknown(key, &path, &PROFILE_KEYS)),
            }
        }
        Ok(profile)
    }

    fn env(self, path: &str, value: &Spanned<DeValue<'_>>) -> Result<Vec<WantedVariable>, Error> {
        in_order(self.table(path, value)?)
            .map(|(key, value)| self.variable(path, key, value))
            .collect()
    }

    /// Reads a string, which is split as a shell splits it, or an array of words.
    fn command(self, path: &str, value: &Spanned<DeValue<'_>>) -> Result<Vec<String>, Error> {
        let words = match value.get_ref() {
            DeValue::String(text) => shell_words::split(text)
                .map_err(|_| self.fault(value, path, "a quote is not closed"))?,
            DeValue::Array(_) => self.texts(path, value)?,
            _ => return Err(self.fault(value, path, "expected a string or an array of strings")),
        };
        match words.first() {
            Some(program)
                if !program.is_empty() && words.iter().all(|word| !word.contains('\0')) =>
            {
                Ok(words)
            }
            Some(program) if program.is_empty() => {
                Err(self.fault(value, path, "the program's name is empty"))
            }
            Some(_) => {
                Err(self.fault(value, path, "contains a NUL byte, which an argument cannot hold"))
            }
            None => Err(self.fault(value, path, "must not be empty")),
        }
    }

    fn texts(self, path: &str, value: &Spanned<DeValue<'_>>) -> Result<Vec<String>, Error> {
        match value.get_ref() {
            DeValue::String(text) => Ok(vec![text.to_string()]),
            DeValue::Array(items) => {
                items.iter().map(|item| self.text(path, item).map(str::to_owned)).collect()
            }
            _ => Err(self.fault(value, path, "expected a string or an array of strings")),
        }
    }

    fn text<'v>(self, path: &str, value: &'v Spanned<DeValue<'_>>) -> Result<&'v str, Error> {
        match value.get_ref() {
            DeValue::String(text) => Ok(text),
            _ => Err(self.fault(value, path, "expected a quoted string")),
        }
    }

    fn flag(self, path: &str, value: &Spanned<DeValue<'_>>) -> Result<bool, Error> {
        match value.get_ref() {
            DeValue::Boolean(flag) => Ok(*flag),
            _ => Err(self.fault(value, path, "expected true or false")),
        }
    }

    fn table<'v, 'd>(
        self,
        path: &str,
        value: &'v Spanned<DeValue<'d>>,
    ) -> Result<&'v DeTable<'d>, Error> {
        match value.get_ref() {
            DeValue::Table(table) => Ok(table),
            _ => Err(self.fault(value, path, "expected a table")),
        }
    }

    fn fault<T>(self, at: &Spanned<T>, path: &str, problem: &str) -> Error {
        self.fault_of(Some(path), at, problem)
    }

    fn fault_of<T>(self, key: Option<&str>, at: &Spanned<T>, problem: &str) -> Error {
        let at = position(self.text, at.span().start);
        Error::config(self.place, at, key.map(str::to_owned), problem)
    }

    /// The error for an unknown key, with the key that was probably meant, or all valid ones. A key that may be a
    /// part of a value is not shown.
    fn unknown(self, at: &Spanned<DeString<'_>>, path: &str, known: &[&str]) -> Error {
        let written = at.get_ref().as_ref();
        let similar = known
            .iter()
            .map(|key| (strsim::jaro_winkler(written, key), key))
            // The same threshold as clap.
            .filter(|(likeness, _)| *likeness > 0.7)
            .max_by(|(one, _), (other, _)| one.total_cmp(other));
        let problem = match similar {
            Some((_, key)) => format!("unknown key; did you mean `{key}`?"),
            None => {
                let known = known.iter().map(|key| (*key).to_owned());
                format!("unknown key; expected {}", alternatives(known))
            }
        };
        if is_surely_a_key(written) {
            return self.fault(at, path, &problem);
        }
        self.nameless(at, path, written, &problem)
    }

    /// An error for a key that must not be shown: it names only the table.
    fn nameless<T>(self, at: &Spanned<T>, path: &str, key: &str, problem: &str) -> Error {
        let table = path.strip_suffix(key).and_then(|table| table.strip_suffix('.'));
        self.fault_of(table, at, problem)
    }

    fn line<T>(self, at: &Spanned<T>) -> usize {
        self.lines.of(self.text, at.span().start)
    }
}

/// Whether a key is a word in one case: a password has digits or both cases.
fn is_surely_a_key(key: &str) -> bool {
    let all =
        |letter: fn(&u8) -> bool| key.bytes().all(|byte| letter(&byte) || b"-_".contains(&byte));
    all(u8::is_ascii_lowercase) || all(u8::is_ascii_uppercase)
}
