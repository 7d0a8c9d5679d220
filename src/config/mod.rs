//! Prefect 1.x's configuration as a value: layers of files and `PREFECT__…` variables (`prefect/configuration.py`).
//! No I/O: the texts come from the caller.
//!
//! Unlike Prefect, it merges only the keys that are needed, so that one secret of ten thousand takes one lookup in
//! each layer.

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
