//! Manual pages that man(1) can show.

use std::ffi::OsString;
use std::process::{Command, Stdio};

/// A manual page.
pub struct Page {
    pub section: &'static str,
    pub name: String,
}

impl Page {
    /// The command that shows it.
    pub fn command(&self) -> Vec<OsString> {
        ["man", self.section, &self.name].map(OsString::from).to_vec()
    }
}

/// Whether man(1) is installed and finds this page (which may depend on MANPATH). Every implementation of `man -w` prints
/// the path of the page. The stub that replaces man on a minimal system prints something else, and may succeed.
pub fn is_installed(page: &Page) -> bool {
    let mut command = Command::new("man");
    command.args(["-w", page.section, &page.name]).stdin(Stdio::null()).stderr(Stdio::null());
    let Ok(output) = command.output() else { return false };
    output.status.success() && output.stdout.starts_with(b"/")
}
