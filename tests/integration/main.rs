//! All integration tests, a file a subject.

#![allow(
    clippy::disallowed_methods,
    reason = "tests read their own environment: where the real counterparts are installed"
)]

mod completions;
mod floors;
mod install;
mod manual;
mod readme;
