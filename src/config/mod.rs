//! Prefect 1.x's configuration as a value: files and `PREFECT__…` variables, one layer over the other
//! (`prefect/configuration.py`). Pure: the texts come from the caller.
//!
//! Unlike Prefect this merges only the keys that are asked for, so that one secret of ten thousand
//! costs one look into each layer.

pub mod auth;
pub mod dialect;
pub mod edit;
mod expand;
mod layers;
pub mod lossless;
mod node;
pub mod profiles;
pub mod python_dotenv;
mod variables;

pub use document::{Document, position};
pub use expand::Expansion;
pub use layers::{ConfigLayer, ConfigLayers, DEFAULTS_PLACE};
pub use node::Leaf;
pub use variables::overrides;

use crate::document;
