//! Files on this machine: finding them, checking their owner and mode, reading, trusting and replacing them. Nothing
//! here depends on their content.

pub mod file;
pub mod generation;
mod group;
pub mod home;
pub mod links;
pub mod replace;
pub mod search;
pub mod trusted;
