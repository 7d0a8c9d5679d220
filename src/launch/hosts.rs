//! How the C library looks up host names.

use std::sync::Once;

/// Keeps a static program from loading plug-ins of the name service: from here on, host names are looked up in
/// /etc/hosts and DNS. A dynamic program looks them up as nsswitch.conf(5) says.
///
/// The plug-ins (`libnss_resolve.so.2` and its like) belong to the C library of the machine, which they bring
/// along. Beside a static one of another version they end the process by SIGFPE: it finds thread-local data that
/// nobody set up (rust-lang/rust#100711). It costs an allocation, so it is done before the first look-up and not
/// at the start.
pub fn load_no_plug_ins() {
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
    // SAFETY: both are strings of static lifetime, which glibc copies; it takes its own lock. It fails only
    // for a database that it does not know, or without memory, and changes nothing then.
    unsafe { __nss_configure_lookup(database.as_ptr(), services.as_ptr()) };
}

#[cfg(not(target_env = "gnu"))]
const fn configure() {}
