//! How the C library looks up host names.

use std::sync::Once;

/// Prevents a static program from loading plug-ins of the name service. After this, it looks host names up in
/// /etc/hosts and DNS only. A dynamic program follows nsswitch.conf(5).
///
/// The plug-ins, such as `libnss_resolve.so.2`, load the C library of the machine. Next to a static C library of
/// another version they end the process with SIGFPE, because thread-local data is not initialized
/// (rust-lang/rust#100711). This costs an allocation, so it is done before the first lookup and not at the start.
pub fn disable_plug_ins() {
    static DONE: Once = Once::new();
    if cfg!(all(target_env = "gnu", target_feature = "crt-static")) {
        DONE.call_once(configure);
    }
}

#[cfg(target_env = "gnu")]
fn configure() {
    use std::ffi::{CStr, c_char, c_int};
    unsafe extern "C" {
        fn __nss_configure_lookup(database: *const c_char, services: *const c_char) -> c_int;
    }
    let (database, services): (&CStr, &CStr) = (c"hosts", c"files dns");
    // SAFETY: both are static strings, which glibc copies under its own lock. The call fails only for an unknown
    // database or without memory, and then changes nothing.
    unsafe { __nss_configure_lookup(database.as_ptr(), services.as_ptr()) };
}

#[cfg(not(target_env = "gnu"))]
const fn configure() {}
