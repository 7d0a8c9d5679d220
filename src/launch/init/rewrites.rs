//! `--rewrite SIG=SIG`: signals that are replaced before they are forwarded to the command.

use std::collections::BTreeMap;
use std::ffi::OsString;

use nix::libc;
use nix::sys::signal::Signal;

use crate::error::Error;
use crate::name::Printable;

/// Which signal is replaced with which. A signal that is not in the map is forwarded unchanged.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct SignalRewrites(BTreeMap<i32, Option<i32>>);

impl SignalRewrites {
    /// Parses `SIG=SIG` words. A signal is a name with or without `SIG`, or a number. With `SIG=0` it is not
    /// forwarded, as in dumb-init. If two words are for one signal, the last one counts.
    ///
    /// # Errors
    /// [`Error::Usage`] for the first word that is not valid, or names a signal that pfx cannot forward.
    pub fn new(words: &[OsString]) -> Result<Self, Error> {
        let mut rewrites = BTreeMap::new();
        for word in words {
            let word = word.to_string_lossy();
            let fault = |problem: &str| Error::Usage {
                problem: format!("cannot use --rewrite `{}`: {problem}", Printable(&word)),
                hint: "for example `--rewrite TERM=QUIT`; `kill -l` lists the signals".to_owned(),
            };
            let (from, to) = word.split_once('=').ok_or_else(|| fault("expected SIGNAL=SIGNAL"))?;
            let from = number(from).ok_or_else(|| fault("the first is not a signal"))?;
            if [libc::SIGKILL, libc::SIGSTOP, libc::SIGCHLD].contains(&from) {
                return Err(fault("the first is a signal that pfx cannot forward"));
            }
            let to = match to {
                "0" => None,
                to => Some(number(to).ok_or_else(|| fault("the second is not a signal"))?),
            };
            rewrites.insert(from, to);
        }
        Ok(Self(rewrites))
    }

    /// The signal that the command gets for `signal`, if any.
    pub fn of(&self, signal: i32) -> Option<i32> {
        self.0.get(&signal).copied().unwrap_or(Some(signal))
    }
}

/// The number of `TERM`, `SIGTERM`, `term`, `15`, `RTMIN+1` or `RTMAX-1`.
fn number(text: &str) -> Option<i32> {
    let (first, last) = (libc::SIGRTMIN(), libc::SIGRTMAX());
    if let Ok(number) = text.parse::<i32>() {
        let plain = Signal::try_from(number).is_ok() || (first..=last).contains(&number);
        return plain.then_some(number);
    }
    let name = text.to_ascii_uppercase();
    let name = name.strip_prefix("SIG").unwrap_or(&name);
    let (base, offset) = if let Some(rest) = name.strip_prefix("RTMIN") {
        (first, rest)
    } else if let Some(rest) = name.strip_prefix("RTMAX") {
        (last, rest)
    } else {
        return format!("SIG{name}").parse::<Signal>().ok().map(|signal| signal as i32);
    };
    let offset: i32 = if offset.is_empty() { 0 } else { offset.parse().ok()? };
    base.checked_add(offset).filter(|number| (first..=last).contains(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rewrites(words: &[&str]) -> Result<SignalRewrites, Error> {
        SignalRewrites::new(&words.iter().map(OsString::from).collect::<Vec<_>>())
    }

    #[test]
    fn a_signal_is_a_name_or_a_number_and_0_means_none() {
        let rewrites = rewrites(&["TERM=SIGQUIT", "sighup=0", "10=12", "RTMIN+1=RTMAX-1"]).unwrap();
        assert_eq!(rewrites.of(15), Some(3));
        assert_eq!(rewrites.of(1), None);
        assert_eq!(rewrites.of(10), Some(12));
        assert_eq!(rewrites.of(libc::SIGRTMIN() + 1), Some(libc::SIGRTMAX() - 1));
        assert_eq!(rewrites.of(2), Some(2));
    }

    #[test]
    fn an_invalid_word_is_refused_and_quoted() {
        for word in [
            "TERM", "TERM=", "=TERM", "NOPE=TERM", "TERM=65", "32=TERM", "KILL=TERM", "0=TERM",
            "CHLD=TERM", "RTMIN+99=TERM", "TERM=-1",
        ] {
            let error = rewrites(&[word]).unwrap_err();
            assert!(error.to_string().contains(word), "{error}");
            assert_eq!(error.exit(), crate::exit::Exit::Usage);
        }
    }
}
