//! Integration tests of everything that pfx promises, run against the binary: one test program, one file per subject.

#![allow(
    clippy::disallowed_methods,
    reason = "tests read their own environment: where the real counterparts are installed"
)]
#![allow(
    clippy::format_collect,
    reason = "lines and words of a test's text: plain matters, not speed"
)]

#[macro_use]
mod support;

mod bindings;
mod chain;
mod check;
mod clean;
mod cloud1;
mod completions;
mod conformance;
mod denied;
mod docs;
mod doctor;
mod envfile;
mod errors;
mod exec;
mod export;
mod file;
mod floors;
mod help;
mod hostile;
mod init;
mod json;
mod local;
mod manual;
mod modules;
mod names;
mod no_home;
mod options;
mod owners;
mod privileged;
mod process_1;
mod project;
mod promises;
mod prompt;
mod readme;
mod real;
mod requests;
mod rotation;
mod run;
mod secrecy;
mod secret;
mod stdout;
mod suite;
mod terminal;
mod trust;
mod variables;
mod waiting;
mod writes;
