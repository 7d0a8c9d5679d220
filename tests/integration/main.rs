//! Everything that pfx promises, tried on the binary itself: one program, a file a subject.

mod support;

mod conformance;
mod promises;
