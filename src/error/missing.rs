//! Names that no source has, and where each was looked for.

use std::fmt::{self, Write as _};

use super::{Error, quoted};
use crate::exit::Exit;
use crate::name::{Shown, in_reference};

/// One name that was not found, and where it was looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// The field's word: `secret`, `environment variable`, …
    pub kind: &'static str,
    pub name: String,
    pub looked_in: Vec<String>,
    /// Why a remote store was not asked, if that was so: half a sentence.
    pub not_asked: Option<String>,
    /// Whether another remote store was.
    pub is_other_asked: bool,
    /// An existing name that differs only in case or in `-` and `_`.
    pub near: Option<String>,
    /// The value is there, but not this part of it.
    pub pointer: Option<String>,
}

impl Missing {
    /// One of which nothing more is known.
    pub fn of(kind: &'static str, name: &str, looked_in: Vec<String>) -> Self {
        let (not_asked, is_other_asked, near, pointer) = (None, false, None, None);
        Self { kind, name: name.to_owned(), looked_in, not_asked, is_other_asked, near, pointer }
    }

    /// The error of a command that was asked for this alone.
    pub fn absent(self) -> Error {
        Error::Missing { missing: vec![self], exit: Exit::Absent }
    }
}

pub(super) fn hint(missing: &[Missing]) -> Option<String> {
    if let Some((name, near)) = missing.iter().find_map(|one| Some((&one.name, one.near.as_ref()?)))
    {
        return Some(format!(
            "there is a `{}`: did you mean it by `{}`?",
            Shown(&in_reference(near)),
            Shown(&in_reference(name))
        ));
    }
    let secret = missing.iter().find(|one| one.kind == "secret")?;
    if secret.pointer.is_some() {
        return None;
    }
    let name = quoted(&in_reference(&secret.name));
    let dashes = if name.starts_with('-') { "-- " } else { "" };
    Some(format!("`pfx secret set {dashes}{name}` stores it on this machine"))
}

/// All that is missing, grouped by where it was looked for.
pub(super) fn write(f: &mut fmt::Formatter<'_>, missing: &[Missing]) -> fmt::Result {
    let mut groups: Vec<(&str, &[String], Vec<&Missing>)> = Vec::new();
    for one in missing {
        let group = groups.iter_mut().find(|(kind, looked_in, _)| {
            (*kind, *looked_in) == (one.kind, one.looked_in.as_slice())
        });
        match group {
            Some((_, _, members)) => members.push(one),
            None => groups.push((one.kind, &one.looked_in, vec![one])),
        }
    }
    f.write_str("cannot find ")?;
    for (index, (kind, looked_in, members)) in groups.iter().enumerate() {
        let and = if index == 0 { "" } else { "; and " };
        let plural = if members.len() == 1 { "" } else { "s" };
        let mut names = String::new();
        for one in members {
            let comma = if names.is_empty() { "" } else { ", " };
            let _ = write!(names, "{comma}`{}`", Shown(&one.name));
            if let Some(pointer) = &one.pointer {
                let _ = write!(names, " (it has no `{}`)", Shown(pointer));
            }
        }
        write!(f, "{and}the {kind}{plural} {names}: ")?;
        let not_asked = members.iter().find_map(|one| {
            let which =
                if one.is_other_asked { "one remote store was not" } else { "no remote store was" };
            Some((which, one.not_asked.as_ref()?))
        });
        if looked_in.is_empty() && not_asked.is_some() {
            f.write_str("only a remote store can have it")?;
        } else if looked_in.is_empty() {
            f.write_str("there is no place on this machine to look in")?;
        } else {
            let places: Vec<String> =
                looked_in.iter().map(|place| Shown(place).to_string()).collect();
            write!(f, "looked in {}", places.join(", then "))?;
        }
        if let Some((which, why)) = not_asked {
            write!(f, "; {which} asked: {}", Shown(why))?;
        }
    }
    Ok(())
}
