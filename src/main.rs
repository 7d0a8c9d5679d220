//! The program `pfx`.
//!
//! It has no Rust `main`: before that, the standard library would ignore SIGPIPE, open /dev/null on closed standard
//! streams and set up a signal stack, and the command would inherit some of this. The C library calls `main` with the
//! process as the caller started it.
#![no_main]

use std::ffi::{c_char, c_int};

/// Called by the C library. `std::env` reads the arguments, which it gets from the C library too.
// SAFETY: `main` is defined once, with the signature that the C library calls.
#[unsafe(no_mangle)]
pub extern "C" fn main(_count: c_int, _words: *const *const c_char) -> c_int {
    pfx::run(std::env::args_os())
}

/// Replaces glibc's function, which a static program calls before `main`: it asks the kernel for the path of this
/// file, for `$ORIGIN` in dlopen(3). All ones means that the path is not known. Without this, a start takes 2 to 3 %
/// longer (`benches/compare.sh`).
// SAFETY: it is defined once in a static program, with glibc's signature (elf/dl-origin.c); a dynamic program does
// not call it.
#[unsafe(no_mangle)]
pub extern "C" fn _dl_get_origin() -> *const c_char {
    std::ptr::without_provenance(usize::MAX)
}
