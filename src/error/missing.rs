//! Names that were not found in any source, and the places that were searched for each.

use std::fmt::{self, Write as _};

use super::{Error, Statement, quoted};
use crate::exit::Exit;
use crate::name::{Escaped, Printable, in_reference};

/// One name that was not found, and the places that were searched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// What it is: `secret`, `environment variable`, …
    pub kind: &'static str,
    pub name: String,
    pub looked_in: Vec<String>,
    /// A clause that says why a remote store is not used; `None` if every store is used.
    pub remote_not_used: Option<String>,
    /// Whether another remote store is used.
    pub is_other_remote_used: bool,
    /// An existing name that differs only in case or in `-` and `_`.
    pub similar: Option<String>,
    /// The value exists, but not this part of it.
    pub pointer: Option<String>,
    /// Whether storing it on this machine is what helps: not if a command deletes it, or reads a remote store only.
    pub can_be_stored: bool,
}

impl Missing {
    /// A missing name without further details.
    pub fn of(kind: &'static str, name: &str, looked_in: Vec<String>) -> Self {
        Self {
            kind,
            name: name.to_owned(),
            looked_in,
            remote_not_used: None,
            is_other_remote_used: false,
            similar: None,
            pointer: None,
            can_be_stored: false,
        }
    }

    /// The error of a command that needs only this name.
    pub fn absent(self) -> Error {
        Error::Missing { missing: vec![self], exit: Exit::Absent }
    }
}

pub(super) fn hint(missing: &[Missing]) -> Option<String> {
    if let Some(similar) = missing.iter().find_map(|one| one.similar.as_ref()) {
        return Some(format!(
            "a secret named `{}` exists; did you mean that?",
            Printable(&in_reference(similar))
        ));
    }
    let secret = missing.iter().find(|one| one.kind == "secret")?;
    if secret.pointer.is_some() || !secret.can_be_stored {
        return None;
    }
    let name = quoted(&in_reference(&secret.name));
    let dashes = if name.starts_with('-') { "-- " } else { "" };
    Some(format!("`pfx secret set {dashes}{name}` stores it on this machine"))
}

/// Names of one kind that were searched for in the same places.
struct Group<'m> {
    kind: &'static str,
    looked_in: &'m [String],
    members: Vec<&'m Missing>,
}

fn grouped(missing: &[Missing]) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for one in missing {
        let is_like = |group: &&mut Group<'_>| {
            (group.kind, group.looked_in) == (one.kind, one.looked_in.as_slice())
        };
        match groups.iter_mut().find(is_like) {
            Some(group) => group.members.push(one),
            None => {
                let (kind, looked_in) = (one.kind, one.looked_in.as_slice());
                groups.push(Group { kind, looked_in, members: vec![one] });
            }
        }
    }
    groups
}

impl Group<'_> {
    /// ``the secrets `A`, `B` ``
    fn subject(&self) -> String {
        let plural = if self.members.len() == 1 { "" } else { "s" };
        let mut text = format!("the {}{plural} ", self.kind);
        for (index, one) in self.members.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            let _ = write!(text, "{comma}`{}`", Printable(&one.name));
            if let Some(pointer) = &one.pointer {
                let _ = write!(text, " (it has no `{}`)", Printable(pointer));
            }
        }
        text
    }

    fn places(&self) -> Vec<String> {
        self.looked_in.iter().map(|place| Escaped(place).to_string()).collect()
    }

    /// Why no place was searched.
    fn nowhere(&self) -> &'static str {
        if self.remote_not_used().is_some() {
            "only a remote store can provide it"
        } else {
            "nothing on this machine can provide it"
        }
    }

    /// Which remote store was not used, and why.
    fn remote_not_used(&self) -> Option<String> {
        self.members.iter().find_map(|one| {
            let which = if one.is_other_remote_used {
                "one remote store is not"
            } else {
                "no remote store is"
            };
            Some(format!("{which} used: {}", Escaped(one.remote_not_used.as_ref()?)))
        })
    }
}

/// Writes all that is missing in one line, grouped by the places that were searched.
pub(super) fn write(f: &mut fmt::Formatter<'_>, missing: &[Missing]) -> fmt::Result {
    f.write_str("cannot find ")?;
    for (index, group) in grouped(missing).iter().enumerate() {
        let and = if index == 0 { "" } else { "; and " };
        write!(f, "{and}{}: ", group.subject())?;
        match group.places().as_slice() {
            [] => f.write_str(group.nowhere())?,
            places => write!(f, "looked in {}", places.join(", then "))?,
        }
        if let Some(remote_not_used) = group.remote_not_used() {
            write!(f, "; {remote_not_used}")?;
        }
    }
    Ok(())
}

/// The same in parts, with a statement for each group.
pub(super) fn statements(missing: &[Missing]) -> Vec<Statement> {
    let statement = |group: &Group<'_>| {
        let subject = group.subject();
        let (text, places) = match group.places().as_slice() {
            [] => (format!("cannot find {subject}: {}", group.nowhere()), Vec::new()),
            [place] => (format!("cannot find {subject}: looked in {place}"), Vec::new()),
            places => (format!("cannot find {subject}; looked in:"), places.to_vec()),
        };
        Statement { text, places, remark: group.remote_not_used() }
    };
    grouped(missing).iter().map(statement).collect()
}
