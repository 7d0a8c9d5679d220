//! The variables of an `[env]` table.

use std::ffi::OsStr;

use toml::Spanned;
use toml::de::{DeString, DeValue};

use super::ProjectReader;
use crate::document::in_order;
use crate::error::Error;
use crate::name::VariableName;
use crate::reference::{Kind, Pointer, Reference};
use crate::secret::SecretValue;
use crate::wanted::{Delivery, Lookup, SCHEME, WantedValue, WantedVariable, mentions_reference};

const KEYS: [&str; 11] = [
    "block", "default", "env", "file", "kv", "optional", "pointer", "required", "secret", "text",
    "unset",
];

/// How to write a `pfx://` that is not the whole value.
const INSIDE_TEXT: &str = "`pfx://` is a reference only as the whole value and in lower case; to insert \
                           one into other text, bind it to a separate variable, such as `P`, and write the text \
                           with `${P}` in an env file; if it is plain text, write `{ text = \"…\" }`";

impl ProjectReader<'_> {
    /// Reads one variable of such a table.
    pub(super) fn variable(
        self,
        table: &str,
        key: &Spanned<DeString<'_>>,
        value: &Spanned<DeValue<'_>>,
    ) -> Result<WantedVariable, Error> {
        let name = key.get_ref().as_ref();
        let path = format!("{table}.{name}");
        let variable = VariableName::given(name).ok_or_else(|| {
            let problem = "a variable name must not be empty or contain `=` or control characters";
            self.nameless(key, &path, name, problem)
        })?;
        let wanted = match value.get_ref() {
            DeValue::String(text) if text.starts_with(SCHEME) => WantedValue::Lookup(
                Lookup::parse(text).map_err(|problem| self.fault(value, &path, problem))?,
            ),
            DeValue::String(text) if mentions_reference(text.as_bytes()) => {
                return Err(self.fault(value, &path, INSIDE_TEXT));
            }
            DeValue::String(text) => WantedValue::Text(self.value(&path, value, text)?),
            DeValue::Table(_) => self.wanted(&path, value)?,
            _ => return Err(self.fault(value, &path, "expected a quoted string or a table")),
        };
        Ok(WantedVariable { variable, value: wanted, line: self.line(key) })
    }

    /// Reads a table such as `{ secret = "db", pointer = "/password", optional = true }`.
    fn wanted(self, path: &str, value: &Spanned<DeValue<'_>>) -> Result<WantedValue, Error> {
        let mut origin: Option<(&str, WantedValue)> = None;
        let (mut pointer, mut default, mut optional) = (None, None, None);
        let mut delivery = Delivery::Variable;
        let mut modifier = None;
        for (key, value) in in_order(self.table(path, value)?) {
            let name = key.get_ref().as_ref();
            let path = format!("{path}.{name}");
            // These keys say where the value comes from: a table must have exactly one of them.
            if Kind::of(name).is_some() || matches!(name, "text" | "unset") {
                if let Some((first, _)) = &origin {
                    let problem = format!("conflicts with `{first}`: a value comes from one place");
                    return Err(self.fault(key, &path, &problem));
                }
            } else {
                modifier = Some((key, path.clone()));
            }
            if let Some(kind) = Kind::of(name) {
                let reference = self.reference(kind, &path, value)?;
                origin = Some((kind.word(), WantedValue::Lookup(Lookup::whole(reference))));
                continue;
            }
            match name {
                "text" => {
                    let text = self.value(&path, value, self.text(&path, value)?)?;
                    origin = Some(("text", WantedValue::Text(text)));
                }
                "unset" => {
                    if !self.flag(&path, value)? {
                        return Err(self.fault(value, &path, "must be true or left out"));
                    }
                    origin = Some(("unset", WantedValue::Unset));
                }
                "pointer" => {
                    let text = self.text(&path, value)?;
                    let problem = "expected a JSON Pointer, such as `/key/0`";
                    pointer =
                        Some(Pointer::new(text).ok_or_else(|| self.fault(value, &path, problem))?);
                }
                "default" => {
                    let text = self.text(&path, value)?;
                    if mentions_reference(text.as_bytes()) {
                        let problem = "a default must be text, not a reference; to try a second source, write \
                                       `A=${P:-…}` in an env file";
                        return Err(self.fault(value, &path, problem));
                    }
                    default = Some(Box::new(self.value(&path, value, text)?));
                }
                "optional" | "required" => {
                    if optional.is_some() {
                        let problem = "`optional` and `required` conflict; leave one out";
                        return Err(self.fault(key, &path, problem));
                    }
                    optional = Some(self.flag(&path, value)? == (name == "optional"));
                }
                "file" => {
                    if self.flag(&path, value)? {
                        delivery = Delivery::File;
                    }
                }
                _ => return Err(self.unknown(key, &path, &KEYS)),
            }
        }
        match origin {
            None => {
                let problem = "expected one of `secret`, `kv`, `block`, `env`, `text` and `unset`, which say \
                               where the value comes from";
                Err(self.fault(value, path, problem))
            }
            Some((_, WantedValue::Lookup(lookup))) => {
                if pointer.is_some() && matches!(lookup.reference, Reference::Env(_)) {
                    return Err(self.fault(
                        value,
                        path,
                        "an environment variable has no parts to select",
                    ));
                }
                let optional = optional.unwrap_or(false);
                Ok(WantedValue::Lookup(Lookup { pointer, optional, default, delivery, ..lookup }))
            }
            Some((kind, other)) => match modifier {
                Some((key, path)) => {
                    Err(self.fault(key, &path, &format!("has no effect with `{kind}`")))
                }
                None => Ok(other),
            },
        }
    }

    /// Reads a name of this kind, which must not be empty and has no NUL byte.
    fn reference(
        self,
        kind: Kind,
        path: &str,
        value: &Spanned<DeValue<'_>>,
    ) -> Result<Reference, Error> {
        let name = self.text(path, value)?;
        let is_name = kind == Kind::Block || !(name.is_empty() || name.contains('\0'));
        let reference = Reference::new(kind, OsStr::new(name)).filter(|_| is_name);
        reference.ok_or_else(|| match kind {
            Kind::Block => self.fault(value, path, "expected the `TYPE/NAME` of a block"),
            Kind::Env | Kind::Kv | Kind::Secret => {
                self.fault(value, path, "expected a name that is not empty and has no NUL byte")
            }
        })
    }

    fn value(
        self,
        path: &str,
        at: &Spanned<DeValue<'_>>,
        text: &str,
    ) -> Result<SecretValue, Error> {
        SecretValue::text(path, text)
            .map_err(|_| self.fault(at, path, "contains a NUL byte, which a variable cannot hold"))
    }
}
