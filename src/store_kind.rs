//! The kinds of remote stores: a row for each. Whatever lists or names them reads it here: the command line, pfx.toml
//! and its schema, and the man pages. How one is configured is in [`crate::settings::stores`].

use clap::ValueEnum;

/// A kind of remote store. The order is that in which they are tried where none is named. The first line of each
/// comment is its help.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum StoreKind {
    /// A Prefect 2 or 3 server, or Prefect Cloud
    Prefect,
    /// Prefect Cloud 1.x
    Cloud1,
}

impl StoreKind {
    /// All of them, in order.
    pub fn all() -> &'static [Self] {
        Self::value_variants()
    }

    /// The word for it on the command line and in pfx.toml.
    pub fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }

    /// What a person calls it.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Prefect => "Prefect 2 and 3",
            Self::Cloud1 => "Prefect Cloud 1.x",
        }
    }

    /// The kind of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::from_str(name, false).ok()
    }
}
