//! Files on this machine: found, judged by owner and mode, read, trusted, replaced. Nothing here knows what is in them.

pub mod file;
pub mod generation;
mod group;
pub mod home;
pub mod links;
pub mod replace;
pub mod search;
pub mod trusted;
