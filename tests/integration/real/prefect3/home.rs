//! pfx in a temporary home, with the URL of a server.

use std::ffi::OsStr;

pub use crate::support::{Home, Outcome, Pfx};

pub trait WithUrl {
    /// pfx with these arguments and the URL of the API of a server.
    fn with_url<S: AsRef<OsStr>>(&self, url: &str, words: impl IntoIterator<Item = S>) -> Pfx;

    /// Another program in this home.
    fn program<S: AsRef<OsStr>>(
        &self,
        program: impl AsRef<OsStr>,
        words: impl IntoIterator<Item = S>,
    ) -> Pfx;
}

impl WithUrl for Home {
    fn with_url<S: AsRef<OsStr>>(&self, url: &str, words: impl IntoIterator<Item = S>) -> Pfx {
        self.pfx(words).env("PREFECT_API_URL", url)
    }

    fn program<S: AsRef<OsStr>>(
        &self,
        program: impl AsRef<OsStr>,
        words: impl IntoIterator<Item = S>,
    ) -> Pfx {
        Pfx::new(self.path(), program, words)
    }
}

pub trait FailsWith {
    /// Asserts that pfx exits with this status, prints nothing, and writes all of these texts on stderr.
    fn fails_with(self, code: i32, expected: &[&str]);
}

impl FailsWith for Pfx {
    #[track_caller]
    fn fails_with(self, code: i32, expected: &[&str]) {
        let outcome = self.outcome();
        assert_eq!((outcome.code(), outcome.stdout().as_str()), (Some(code), ""), "{outcome:?}");
        let said = outcome.stderr();
        for text in expected {
            assert!(said.contains(text), "{text:?} is not in {said:?}");
        }
    }
}
