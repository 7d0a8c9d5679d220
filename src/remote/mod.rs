//! Remote stores: one folder for each kind, and what they share.

pub mod api_url;
pub mod ascii_json;
mod cause;
pub mod cloud1;
mod exchange;
mod host_names;
pub mod http;
mod network_thread;
pub mod prefect;
pub mod progress;
mod raw_json;
pub mod retry;
