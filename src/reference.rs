//! What can be looked up, and how users write it: `NAME`, `NAME?`, `NAME#/pointer`.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};

use percent_encoding::percent_decode;

use crate::error::{BindingFault, Error};
use crate::name::Printable;

/// The kinds of things that can be looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Block,
    Env,
    Kv,
    Secret,
}

impl Kind {
    const ALL: [Self; 4] = [Self::Block, Self::Env, Self::Kv, Self::Secret];

    /// The kind with this word in options, references, pfx.toml and JSON.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }

    pub const fn word(self) -> &'static str {
        match self {
            Self::Block => "block",
            Self::Env => "env",
            Self::Kv => "kv",
            Self::Secret => "secret",
        }
    }

    /// The noun for it in a sentence.
    pub const fn noun(self) -> &'static str {
        match self {
            Self::Block => "block",
            Self::Env => "environment variable",
            Self::Kv => "key",
            Self::Secret => "secret",
        }
    }
}

/// One item that a source may have. Sources look these up; the plan decides which part of the value goes into which
/// variable.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reference {
    /// A block of Prefect 2 or 3, by the slug of its type and its name. Its value is one JSON object with all its
    /// fields.
    Block { slug: String, name: String },
    /// A variable of pfx's own environment (Prefect's `EnvVarSecret`).
    Env(OsString),
    /// A key of the key-value store of Prefect Cloud 1.x, or a Variable of Prefect 2 or 3.
    Kv(String),
    /// A secret by its exact, case-sensitive name (Prefect's `Secret`, `PrefectSecret`).
    Secret(String),
}

impl Reference {
    /// The reference of this kind and name. `None` if the name is not valid UTF-8, or not the `TYPE/NAME` of a block.
    /// An environment variable may have any name.
    pub fn new(kind: Kind, name: &OsStr) -> Option<Self> {
        match kind {
            Kind::Block => Self::block(name.to_str()?),
            Kind::Env => Some(Self::Env(name.to_owned())),
            Kind::Kv => Some(Self::Kv(name.to_str()?.to_owned())),
            Kind::Secret => Some(Self::Secret(name.to_str()?.to_owned())),
        }
    }

    /// Reads `TYPE/NAME`: the slug of a block type and a block's name, both not empty.
    pub fn block(text: &str) -> Option<Self> {
        let (slug, name) = text.split_once('/')?;
        let whole = !slug.is_empty() && !name.is_empty() && !name.contains('/');
        whole.then(|| Self::Block { slug: slug.to_owned(), name: name.to_owned() })
    }

    pub const fn kind(&self) -> Kind {
        match self {
            Self::Block { .. } => Kind::Block,
            Self::Env(_) => Kind::Env,
            Self::Kv(_) => Kind::Kv,
            Self::Secret(_) => Kind::Secret,
        }
    }

    /// Its name, for messages.
    pub fn name(&self) -> String {
        match self {
            Self::Block { slug, name } => format!("{slug}/{name}"),
            Self::Env(name) => name.to_string_lossy().into_owned(),
            Self::Kv(name) | Self::Secret(name) => name.clone(),
        }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} `{}`", self.kind().noun(), Printable(&self.name()))
    }
}

/// A JSON Pointer (RFC 6901): `/a/b~1c`, or the empty text for the whole document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pointer(String);

impl Pointer {
    /// Accepts `text` if it is a pointer: it is empty or begins with `/`, and each `~` is followed by `0` or `1`.
    pub fn new(text: &str) -> Option<Self> {
        let escapes = text.split('~').skip(1).all(|rest| rest.starts_with(['0', '1']));
        ((text.is_empty() || text.starts_with('/')) && escapes).then(|| Self(text.to_owned()))
    }

    /// Whether it points to the whole document.
    pub const fn is_whole(&self) -> bool {
        self.0.is_empty()
    }

    /// Its steps from the outermost to the innermost, unescaped: names of members, or digits.
    pub fn steps(&self) -> impl Iterator<Item = String> {
        self.0.split('/').skip(1).map(|step| step.replace("~1", "/").replace("~0", "~"))
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Printable(&self.0))
    }
}

/// `[VAR=]NAME[?][#/POINTER]`, split into its parts and not yet checked.
///
/// `#/` starts a pointer, and a `?` before that or at the end makes the item optional. Name and pointer are
/// percent-encoded; a `%` without two hexadecimal digits after it is literal.
#[derive(Debug, PartialEq, Eq)]
pub struct WrittenReference<'a> {
    pub variable: Option<&'a OsStr>,
    /// Decoded.
    pub name: OsString,
    pub optional: bool,
    /// The part after `#`, decoded.
    pub pointer: Option<OsString>,
}

impl<'a> WrittenReference<'a> {
    /// Splits `text`, in which `=` has no meaning.
    pub fn reference(text: &'a OsStr) -> Self {
        let bytes = text.as_bytes();
        let (name, pointer) = match bytes.windows(2).position(|pair| pair == b"#/") {
            Some(at) => (&bytes[..at], Some(decoded(&bytes[at + 1..]))),
            None => (bytes, None),
        };
        let (name, optional) = match name.strip_suffix(b"?") {
            Some(name) => (name, true),
            None => (name, false),
        };
        Self { variable: None, name: decoded(name), optional, pointer }
    }

    /// Splits `text`, also at its first `=`.
    pub fn binding(text: &'a OsStr) -> Self {
        let bytes = text.as_bytes();
        let Some(at) = bytes.iter().position(|&byte| byte == b'=') else {
            return Self::reference(text);
        };
        let variable = Some(OsStr::from_bytes(&bytes[..at]));
        Self { variable, ..Self::reference(OsStr::from_bytes(&bytes[at + 1..])) }
    }

    /// Its pointer. `option` says where it was given, for messages.
    ///
    /// # Errors
    /// [`Error::Binding`] if the text after `#` is not a JSON Pointer.
    pub fn checked_pointer(&self, option: &'static str) -> Result<Option<Pointer>, Error> {
        let Some(pointer) = &self.pointer else { return Ok(None) };
        let name = || self.name.to_string_lossy().into_owned();
        let pointer = pointer.to_str().and_then(Pointer::new).ok_or_else(|| Error::Binding {
            option,
            fault: BindingFault::Pointer { name: name() },
        });
        pointer.map(Some)
    }
}

/// Reads the name of an item to write or delete, without `?` or a pointer. `option` says where it was given, for
/// messages.
///
/// # Errors
/// [`Error::Binding`] if something follows the name, or if it is empty, is not valid UTF-8, or has a NUL byte.
pub fn name(option: &'static str, text: &OsStr) -> Result<String, Error> {
    let written = WrittenReference::reference(text);
    if written.pointer.is_some() {
        return Err(ambiguous(option, text, "`#` starts a JSON Pointer"));
    }
    not_optional(option, text, &written)?;
    utf8(option, &written.name)
}

/// Reads the name of an item to read, and the pointer after it.
///
/// # Errors
/// As [`name`], and if the part after `#` is not a pointer.
pub fn name_and_pointer(
    option: &'static str,
    text: &OsStr,
) -> Result<(String, Option<Pointer>), Error> {
    let written = WrittenReference::reference(text);
    not_optional(option, text, &written)?;
    let name = utf8(option, &written.name)?;
    let pointer = written.checked_pointer(option)?;
    Ok((name, pointer))
}

fn not_optional(
    option: &'static str,
    text: &OsStr,
    written: &WrittenReference<'_>,
) -> Result<(), Error> {
    if written.optional {
        return Err(ambiguous(option, text, "a `?` at the end makes a name optional"));
    }
    Ok(())
}

/// The name as text.
///
/// # Errors
/// [`Error::Binding`] if it is not valid UTF-8, is empty, or has a NUL byte.
fn utf8(option: &'static str, name: &OsStr) -> Result<String, Error> {
    let fault = |fault| Error::Binding { option, fault };
    let name = name.to_str().ok_or_else(|| fault(BindingFault::NotUtf8))?;
    // Prefect accepts `"" = "value"`, but an empty word is far more often an unset shell variable.
    if name.is_empty() {
        return Err(fault(BindingFault::Empty));
    }
    if name.contains('\0') {
        return Err(fault(BindingFault::NulInName));
    }
    Ok(name.to_owned())
}

fn ambiguous(option: &'static str, text: &OsStr, problem: &'static str) -> Error {
    let text = text.to_string_lossy();
    let literal = text.replace("#/", "%23/");
    let literal = match literal.strip_suffix('?') {
        Some(rest) => format!("{rest}%3F"),
        None => literal,
    };
    let fault = BindingFault::Ambiguous { name: text.into_owned(), literal, problem };
    Error::Binding { option, fault }
}

/// Percent-decodes once.
fn decoded(bytes: &[u8]) -> OsString {
    OsString::from_vec(percent_decode(bytes).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::name::{for_terminal, in_reference};

    fn cut(text: &str) -> (Option<String>, String, bool, Option<String>) {
        let WrittenReference { variable, name, optional, pointer } =
            WrittenReference::binding(OsStr::new(text));
        let text = |part: OsString| part.into_string().unwrap();
        (variable.map(|part| text(part.to_owned())), text(name), optional, pointer.map(text))
    }

    #[test]
    fn a_binding_is_split_into_variable_name_option_and_pointer() {
        for (text, variable, name, optional, pointer) in [
            ("A", None, "A", false, None),
            ("V=a=b", Some("V"), "a=b", false, None),
            ("V=db?#/a/b=c", Some("V"), "db", true, Some("/a/b=c")),
            ("my#name", None, "my#name", false, None),
            ("=x", Some(""), "x", false, None),
            ("?", None, "", true, None),
            ("C#", None, "C#", false, None),
            ("a%23/b#/c%2F%25?", None, "a#/b", false, Some("/c/%?")),
            ("what%3F?", None, "what?", true, None),
            ("100%", None, "100%", false, None),
            ("50% off%zz%4", None, "50% off%zz%4", false, None),
            ("%2541", None, "%41", false, None),
            ("V=%3D", Some("V"), "=", false, None),
        ] {
            let wanted = (
                variable.map(str::to_owned),
                name.to_owned(),
                optional,
                pointer.map(str::to_owned),
            );
            assert_eq!(cut(text), wanted, "{text}");
        }
    }

    #[test]
    fn every_written_name_is_read_back_unchanged() {
        // All texts of up to four of these.
        const PIECES: [&str; 12] = ["%", "#", "?", "/", "=", "2", "F", "a", " ", "~", "\n", "é"];
        let mut names = vec![String::new()];
        for _ in 0..4 {
            let longer: Vec<String> = names
                .iter()
                .flat_map(|name| PIECES.map(|piece| format!("{name}{piece}")))
                .collect();
            for given in &longer {
                let text = for_terminal(&in_reference(given));
                let read = WrittenReference::reference(OsStr::new(&text));
                let wanted = WrittenReference {
                    variable: None,
                    name: given.into(),
                    optional: false,
                    pointer: None,
                };
                assert_eq!(read, wanted, "{given:?} is written {text:?}");
                assert_eq!(name("the name", OsStr::new(&text)).unwrap(), *given);
            }
            names = longer;
        }
    }

    #[test]
    fn an_ambiguous_name_is_refused_and_the_error_gives_its_literal_spelling() {
        for (text, literal) in [
            ("a#/b", "a%23/b"),
            ("a#/b#/c?", "a%23/b%23/c%3F"),
            ("what?", "what%3F"),
            ("what??", "what?%3F"),
        ] {
            let error = name("the name", OsStr::new(text)).unwrap_err();
            assert!(error.hint().unwrap().contains(literal), "{error}");
            let read = name("the name", OsStr::new(literal)).unwrap();
            assert_eq!(read, text);
        }
    }

    #[test]
    fn a_pointer_begins_with_a_slash_and_escapes_tildes() {
        for good in ["", "/a~0b~1c/0"] {
            assert!(Pointer::new(good).is_some(), "{good}");
        }
        for bad in ["a", "/a~", "/a~2"] {
            assert!(Pointer::new(bad).is_none(), "{bad}");
        }
        let steps: Vec<String> = Pointer::new("/a~0b~1c//~01").unwrap().steps().collect();
        assert_eq!(steps, ["a~b/c", "", "~1"]);
        assert_eq!(Pointer::new("").unwrap().steps().count(), 0);
    }
}
