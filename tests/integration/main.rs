//! All integration tests, a file a subject.

#![allow(
    clippy::disallowed_methods,
    reason = "tests read their own environment: where the real counterparts are installed"
)]

mod floors;
