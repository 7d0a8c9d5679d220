//! Everything that pfx promises, tried on the binary itself: one program, a file a subject.

#![allow(
    clippy::disallowed_methods,
    reason = "tests read their own environment: where the real counterparts are installed"
)]

mod support;

mod clean;
mod completions;
mod conformance;
mod container;
mod envfile;
mod export;
mod file;
mod floors;
mod init;
mod install;
mod manual;
mod project;
mod promises;
mod readme;
mod systemd;
mod takeover;
mod trust;
