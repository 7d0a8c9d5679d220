//! The values of a configuration, and how layers merge them.

use serde_json::Value;
use toml::de::DeValue;

use crate::document::{in_order, scalar, to_json};
use crate::error::ValueFault;

/// The table of local secrets.
pub const SECRETS: [&str; 2] = ["context", "secrets"];

/// A merged value.
pub enum Node {
    Leaf(Leaf),
    /// Keys in the order of the layers; never empty.
    Table(Vec<(String, Node)>),
}

/// A value that is not a table.
#[derive(Clone)]
pub enum Leaf {
    Array(Value),
    /// A number, boolean, date or time, as text.
    Scalar(String),
    /// A string; in a variable, it may not be valid UTF-8.
    Text(Vec<u8>),
}

impl Node {
    pub(super) fn of_toml(value: &DeValue<'_>) -> Self {
        match value {
            DeValue::Array(_) => Self::Leaf(Leaf::Array(to_json(value))),
            DeValue::String(text) => Self::Leaf(Leaf::Text(text.as_bytes().to_vec())),
            DeValue::Table(table) => Self::Table(
                in_order(table)
                    .map(|(key, value)| (key.get_ref().to_string(), Self::of_toml(value.get_ref())))
                    .collect(),
            ),
            other => Self::Leaf(Leaf::Scalar(scalar(other))),
        }
    }

    /// Converts a value of a JSON object. Strings are leaves like any other.
    pub(super) fn of_json(value: &Value) -> Self {
        match value {
            Value::Object(map) => Self::Table(
                map.iter().map(|(key, value)| (key.clone(), Self::of_json(value))).collect(),
            ),
            Value::String(text) => Self::Leaf(Leaf::Text(text.as_bytes().to_vec())),
            Value::Array(_) => Self::Leaf(Leaf::Array(value.clone())),
            other => Self::Leaf(Leaf::Scalar(other.to_string())),
        }
    }

    /// Two tables are merged; anything else is replaced (`utilities/collections.py`, `merge_dicts`).
    pub(super) fn merge(&mut self, above: Self) {
        match (self, above) {
            (Self::Table(below), Self::Table(above)) => {
                for (key, node) in above {
                    match below.iter_mut().find(|(other, _)| *other == key) {
                        Some((_, old)) => old.merge(node),
                        None => below.push((key, node)),
                    }
                }
            }
            (below, above) => *below = above,
        }
    }

    /// Without empty tables: Prefect flattens the tree to its leaves, so an empty table counts as missing.
    pub(super) fn without_empty_tables(self) -> Option<Self> {
        match self {
            Self::Leaf(_) => Some(self),
            Self::Table(entries) => {
                let entries: Vec<_> = entries
                    .into_iter()
                    .filter_map(|(key, node)| Some((key, node.without_empty_tables()?)))
                    .collect();
                (!entries.is_empty()).then_some(Self::Table(entries))
            }
        }
    }

    pub(super) fn into_json(self) -> Result<Value, ValueFault> {
        match self {
            Self::Leaf(Leaf::Array(value)) => Ok(value),
            Self::Leaf(Leaf::Scalar(text)) => {
                Ok(serde_json::from_str(&text).unwrap_or(Value::String(text)))
            }
            Self::Leaf(Leaf::Text(text)) => {
                String::from_utf8(text).map(Value::String).map_err(|_| ValueFault::NotUtf8)
            }
            Self::Table(entries) => entries
                .into_iter()
                .map(|(key, node)| Ok((key, node.into_json()?)))
                .collect::<Result<_, _>>()
                .map(Value::Object),
        }
    }
}

impl Leaf {
    /// As text inside another text. As in Python, booleans are capitalized.
    pub(super) fn into_interpolated(self) -> Vec<u8> {
        match self {
            Self::Array(value) => value.to_string().into_bytes(),
            Self::Scalar(text) => match text.as_str() {
                "true" => b"True".to_vec(),
                "false" => b"False".to_vec(),
                _ => text.into_bytes(),
            },
            Self::Text(text) => text,
        }
    }

    /// As the text of a setting.
    pub fn into_text(self) -> String {
        match self {
            Self::Array(value) => value.to_string(),
            Self::Scalar(text) => text,
            Self::Text(text) => String::from_utf8_lossy(&text).into_owned(),
        }
    }
}
