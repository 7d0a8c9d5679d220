//! What can be looked up, and how a person writes it: `NAME`, `NAME?`, `NAME#/pointer`.

use std::ffi::{OsStr, OsString};
use std::fmt;

use crate::name::Shown;

/// One thing that some source may hold. This is what sources are asked for; which variable it goes
/// into, and which part of it, is the plan's affair.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reference {
    /// A block of Prefect 2 and 3, by the slug of its type and its name: all its fields, as one JSON object.
    Block { slug: String, name: String },
    /// A variable of the environment that pfx was started in (Prefect's `EnvVarSecret`).
    Env(OsString),
    /// A key of Prefect Cloud 1.x's key-value store; a Variable of Prefect 2 and 3.
    Key(String),
    /// A secret by its exact, case-sensitive name (Prefect's `Secret`, `PrefectSecret`).
    Secret(String),
}

impl Reference {
    /// Reads `TYPE/NAME`: the slug of a block type and a block's name, both not empty.
    #[must_use]
    pub fn block(text: &str) -> Option<Self> {
        let (slug, name) = text.split_once('/')?;
        let whole = !slug.is_empty() && !name.is_empty() && !name.contains('/');
        whole.then(|| Self::Block { slug: slug.to_owned(), name: name.to_owned() })
    }

    /// The field's word for what this is.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Block { .. } => "block",
            Self::Env(_) => "environment variable",
            Self::Key(_) => "key",
            Self::Secret(_) => "secret",
        }
    }

    /// Its name, for messages.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Block { slug, name } => format!("{slug}/{name}"),
            Self::Env(name) => name.to_string_lossy().into_owned(),
            Self::Key(name) | Self::Secret(name) => name.clone(),
        }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} `{}`", self.kind(), Shown(&self.name()))
    }
}

/// A JSON Pointer (RFC 6901) that is not empty: `/a/b~1c`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pointer(String);

impl Pointer {
    /// Takes `text` if it is a pointer: it begins with `/`, and each `~` is followed by `0` or `1`.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let escapes = text.split('~').skip(1).all(|rest| rest.starts_with(['0', '1']));
        (text.starts_with('/') && escapes).then(|| Self(text.to_owned()))
    }

    /// The part of `document` that this points to.
    #[must_use]
    pub fn pick<'a>(&self, document: &'a serde_json::Value) -> Option<&'a serde_json::Value> {
        document.pointer(&self.0)
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", Shown(&self.0))
    }
}

/// `[VAR=]NAME[?][#/POINTER]`, cut into its parts and not yet judged.
#[derive(Debug, PartialEq, Eq)]
pub struct Written<'a> {
    pub variable: Option<&'a OsStr>,
    pub name: &'a OsStr,
    pub optional: bool,
    /// What stands behind `#`, from its `/` on.
    pub pointer: Option<&'a OsStr>,
}

impl<'a> Written<'a> {
    /// Cuts `NAME[#/POINTER]`, in which neither `=` nor `?` means anything, at its first `#/`.
    #[must_use]
    pub fn whole(text: &'a OsStr) -> Self {
        use std::os::unix::ffi::OsStrExt as _;
        let bytes = text.as_bytes();
        let (name, pointer) = match bytes.windows(2).position(|pair| pair == b"#/") {
            Some(at) => (&bytes[..at], Some(OsStr::from_bytes(&bytes[at + 1..]))),
            None => (bytes, None),
        };
        Self { variable: None, name: OsStr::from_bytes(name), optional: false, pointer }
    }

    /// Cuts `text` at its first `=`, its first `#/`, and a `?` at the end of the name.
    #[must_use]
    pub fn cut(text: &'a OsStr) -> Self {
        use std::os::unix::ffi::OsStrExt as _;
        let bytes = text.as_bytes();
        let (variable, rest) = match bytes.iter().position(|&byte| byte == b'=') {
            Some(at) => (Some(OsStr::from_bytes(&bytes[..at])), &bytes[at + 1..]),
            None => (None, bytes),
        };
        let Self { name, pointer, .. } = Self::whole(OsStr::from_bytes(rest));
        let (name, optional) = match name.as_bytes().strip_suffix(b"?") {
            Some(name) => (OsStr::from_bytes(name), true),
            None => (name, false),
        };
        Self { variable, name, optional, pointer }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> (Option<&str>, &str, bool, Option<&str>) {
        let written = Written::cut(OsStr::new(text));
        (
            written.variable.map(|part| part.to_str().unwrap()),
            written.name.to_str().unwrap(),
            written.optional,
            written.pointer.map(|part| part.to_str().unwrap()),
        )
    }

    #[test]
    fn a_binding_is_cut_into_variable_name_option_and_pointer() {
        assert_eq!(cut("A"), (None, "A", false, None));
        assert_eq!(cut("V=a=b"), (Some("V"), "a=b", false, None));
        assert_eq!(cut("V=db?#/a/b=c"), (Some("V"), "db", true, Some("/a/b=c")));
        assert_eq!(cut("my#name"), (None, "my#name", false, None));
        assert_eq!(cut("=x"), (Some(""), "x", false, None));
        assert_eq!(cut("?"), (None, "", true, None));
    }

    #[test]
    fn a_pointer_begins_with_a_slash_and_escapes_tildes() {
        assert!(Pointer::new("/a~0b~1c/0").is_some());
        for bad in ["", "a", "/a~", "/a~2"] {
            assert!(Pointer::new(bad).is_none(), "{bad}");
        }
    }
}
