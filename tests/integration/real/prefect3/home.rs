//! pfx in a home of its own, told of a server.

use std::ffi::OsStr;

pub use crate::support::{Home, Outcome, Pfx};

pub trait WithUrl {
    /// pfx with these words and the URL of a server's API.
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

pub trait Tells {
    /// It must end with this status, print nothing, and say all of this on stderr.
    fn tells(self, code: i32, told: &[&str]);
}

impl Tells for Pfx {
    #[track_caller]
    fn tells(self, code: i32, told: &[&str]) {
        let outcome = self.outcome();
        assert_eq!((outcome.code(), outcome.stdout().as_str()), (Some(code), ""), "{outcome:?}");
        let said = outcome.stderr();
        for told in told {
            assert!(said.contains(told), "{told:?} is not in {said:?}");
        }
    }
}
