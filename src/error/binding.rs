//! What is wrong with a binding.

use std::fmt;

use super::{listed, quoted};
use crate::name::{Printable, in_reference};

/// What is wrong with a binding.
#[derive(Debug)]
pub enum BindingFault {
    /// Two bindings set the same variable. Both are given as the user wrote them.
    Duplicate { variable: String, first: String, second: String },
    /// The name is empty.
    Empty,
    /// Prefect 1.x does not start with a secret of this name.
    Forbidden { name: String },
    /// A block is bound without a variable name.
    NoBlockVariable,
    /// It is not `TYPE/NAME`.
    NotABlock,
    /// Only a name is expected, and it has characters that would start a pointer or make it optional.
    Ambiguous { name: String, literal: String, problem: &'static str },
    /// Prefect 1.x cannot read a secret of this name from an environment variable.
    NotForPrefect { name: String },
    /// The text in the position of a variable name is not one. It may be a value, so the error does not hold it.
    NoName { problem: &'static str },
    /// No variable name can be derived from this name.
    NoVariable { name: String },
    /// Prefect 1.x would read a different name from its file.
    NotStorable { name: String },
    /// The text is not valid UTF-8.
    NotUtf8,
    /// The name contains a NUL byte, which only `%00` can express.
    NulInName,
    /// The part after `#` is not a JSON Pointer.
    Pointer { name: String },
    /// A text contains a reference, which would be passed to the command unresolved.
    ReferenceInText { variable: String },
    /// Secrets that others named, whose variables could take over the command.
    Takeover { names: Vec<String> },
    /// The `=` between the variable and its text is missing.
    Unassigned,
    /// The variable's name is not valid.
    Variable { name: String },
}

impl BindingFault {
    /// One thing to do about it, where that is surely right.
    pub(super) fn hint(&self, option: &str) -> Option<String> {
        Some(match self {
            Self::Duplicate { .. } => {
                "bind one of them to another variable: `-s OTHER=NAME`".to_owned()
            }
            Self::Forbidden { .. } => {
                "choose another name, for example this one in upper case".to_owned()
            }
            Self::Ambiguous { literal, .. } => {
                format!("if it is part of the name, write `{}`", quoted(literal))
            }
            Self::NotForPrefect { .. } => "leave out `--prefect`, or bind other names".to_owned(),
            Self::NoVariable { name } => {
                format!("name the variable: `-s VAR={}`", quoted(&in_reference(name)))
            }
            Self::Pointer { .. } => "write a JSON Pointer such as `NAME#/key/0` (RFC 6901)".to_owned(),
            Self::ReferenceInText { variable } => format!(
                "to bind a secret, use `-s {variable}=NAME`; to insert one into other text, put \
                 `P=pfx://secret/NAME` and `${{P}}` into an env file; to pass the text unchanged, run `env \
                 {variable}=TEXT pfx …`",
                variable = quoted(variable)
            ),
            Self::Takeover { names } => {
                let name = names.first().map_or("", String::as_str);
                let name = quoted(&in_reference(name));
                format!("bind each one by name, preferably to another variable: `-s OTHER={name}`")
            }
            Self::Variable { .. } => {
                "a variable name must be UTF-8 text that is not empty and has no `=` and no control characters"
                    .to_owned()
            }
            Self::NoBlockVariable | Self::NotABlock => {
                "`-b VAR=TYPE/NAME#/field`, such as `-b AWS_KEY=aws-credentials/prod#/aws_access_key_id`"
                    .to_owned()
            }
            Self::Unassigned => "`--set VAR=TEXT`".to_owned(),
            Self::Empty => {
                let form = match option {
                    "--env" => "`-e OTHER` or `-e VAR=OTHER`",
                    "--file" => "`--file NAME` or `--file VAR=NAME`",
                    "--kv" => "`-k KEY` or `-k VAR=KEY`",
                    "--secret" => "`-s NAME` or `-s VAR=NAME`",
                    other => other,
                };
                format!("write {form}; an unset shell variable makes the name empty")
            }
            Self::NoName { .. } if option == "--unset" => "`--unset VAR`".to_owned(),
            Self::NoName { .. } => format!("`{option} VAR=TEXT`"),
            Self::NotStorable { .. } | Self::NotUtf8 | Self::NulInName => return None,
        })
    }
}

impl fmt::Display for BindingFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Duplicate { variable, first, second } => {
                write!(
                    f,
                    "`{variable}` is bound twice: by {} and by {}",
                    Printable(first),
                    Printable(second)
                )
            }
            Self::Empty => f.write_str("the name is empty"),
            Self::Forbidden { name } => {
                write!(f, "Prefect 1.x does not start if a secret is named `{}`", Printable(name))
            }
            Self::NotForPrefect { name } => {
                write!(
                    f,
                    "Prefect 1.x cannot read the secret `{}` from an environment variable",
                    Printable(name)
                )
            }
            Self::NoBlockVariable => f.write_str("a block must be bound to a variable by name"),
            Self::NotABlock => f.write_str("expected the TYPE/NAME of a block after `=`"),
            Self::NoName { problem } => f.write_str(problem),
            Self::NoVariable { name } => {
                write!(f, "no variable name can be derived from `{}`", Printable(name))
            }
            Self::NotStorable { name } => {
                write!(
                    f,
                    "Prefect 1.x cannot read a secret named `{}` from its configuration file",
                    Printable(name)
                )
            }
            Self::Ambiguous { name, problem, .. } => {
                write!(f, "`{}` is not a valid name: {problem}", Printable(name))
            }
            Self::NotUtf8 => f.write_str("the name is not valid UTF-8"),
            Self::NulInName => f.write_str("the name contains a NUL byte"),
            Self::Pointer { name } => {
                write!(
                    f,
                    "the part after `#` in {} is not a JSON Pointer",
                    listed(std::iter::once(name.as_str()))
                )
            }
            Self::ReferenceInText { variable } => write!(
                f,
                "the text for `{}` contains `pfx://`, but references inside text are not looked up",
                Printable(variable)
            ),
            Self::Takeover { names } => {
                let whose = if names.len() == 1 { "its variable" } else { "their variables" };
                write!(
                    f,
                    "the remote store lists {}, and {whose} could take over the command",
                    listed(names.iter().map(String::as_str))
                )
            }
            Self::Unassigned => f.write_str("expected `=` after the variable name"),
            Self::Variable { name } => {
                write!(f, "`{}` is not a valid variable name", Printable(name))
            }
        }
    }
}
