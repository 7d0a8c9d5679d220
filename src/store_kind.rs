//! The kinds of remote stores. The command line, pfx.toml, its schema and the man pages take their names from here.
//! Their settings are in [`crate::settings::stores`].

use clap::ValueEnum;

/// A kind of remote store. If none is named, they are tried in this order. The first line of each comment is its help
/// text.
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

    /// Its name on the command line and in pfx.toml.
    pub fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }

    /// Its name in messages.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Prefect => "Prefect 2 and 3",
            Self::Cloud1 => "Prefect Cloud 1.x",
        }
    }

    /// The kind with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::from_str(name, false).ok()
    }
}
