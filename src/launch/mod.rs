//! The process: what it was started with, and what it becomes. The only module of the library with `unsafe` code.

pub mod death;
pub mod exec;
pub mod hosts;
pub mod ignored;
pub mod inherited;
pub mod init;
pub mod manual;
pub mod output;
pub mod prompt;
pub mod sealed;
