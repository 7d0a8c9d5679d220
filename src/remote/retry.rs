//! When a request is sent again. Pure, so that it can be tested without a clock.

use std::time::{Duration, SystemTime};

/// Why a request is sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// There was no response, or one whose status [`is_transient`]. `retry_after` is how long the server asks to wait.
    Transient { retry_after: Option<Duration> },
    /// The API reported that it is in trouble.
    OfApi,
}

/// How many times a request is sent at most, if all failures are of this kind, and the longest pause before the
/// second time. The longest pause doubles before each further one.
const TRANSIENT: (u32, Duration) = (3, Duration::from_millis(500));
/// The same for trouble of the API. The pause is before the third time; the second follows at once
/// (`client/client.py`).
const OF_API: (u32, Duration) = (7, Duration::from_millis(250));

/// How many times each kind of trouble has occurred for one request.
#[derive(Debug, Default)]
pub struct Tries {
    transient: u32,
    of_api: u32,
}

impl Tries {
    /// How long to wait before the next try; `None` to give up. `left` is the time until the deadline, and `chance` a
    /// random number: the wait is random between zero and the longest pause ("full jitter"), so that many programs
    /// that start at the same time do not retry at the same time.
    pub fn pause(&mut self, trouble: Trouble, left: Duration, chance: u64) -> Option<Duration> {
        let (most, tried, longest) = match trouble {
            Trouble::Transient { .. } => {
                self.transient += 1;
                (TRANSIENT.0, self.transient, TRANSIENT.1 * (1 << (self.transient - 1)))
            }
            Trouble::OfApi => {
                self.of_api += 1;
                (OF_API.0, self.of_api, OF_API.1 * ((1 << (self.of_api - 1)) / 2))
            }
        };
        if tried >= most {
            return None;
        }
        let drawn = longest
            .mul_f64(f64::from(u32::try_from(chance >> 32).unwrap_or(0)) / f64::from(u32::MAX));
        let wait = match trouble {
            Trouble::Transient { retry_after: Some(asked) } => asked.checked_add(drawn / 10)?,
            Trouble::Transient { retry_after: None } | Trouble::OfApi => drawn,
        };
        // A try that begins after the deadline would be useless.
        (wait < left).then_some(wait)
    }
}

/// Statuses after which a read may be sent again: too many requests, and temporary errors of a server or a proxy in
/// front of it (RFC 9110, 15.6; RFC 6585, 4).
pub const fn is_transient(status: u16) -> bool {
    matches!(status, 429 | 500 | 502 | 503 | 504)
}

/// The wait that a `Retry-After` header asks for, in seconds or as a date (RFC 9110, 10.2.3). Anything else, and a
/// date in the past, is ignored.
pub fn retry_after(text: &str, now: SystemTime) -> Option<Duration> {
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // A number that is too large is longer than any deadline.
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX)));
    }
    httpdate::parse_http_date(text).ok()?.duration_since(now).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEFT: Duration = Duration::from_secs(10);

    const TRANSIENTLY: Trouble = Trouble::Transient { retry_after: None };

    /// The pauses in milliseconds until the request is given up.
    fn pauses(troubles: &[Trouble], mut left: Duration, chance: u64) -> Vec<u128> {
        let mut tries = Tries::default();
        let pause = |&trouble: &Trouble| {
            let pause = tries.pause(trouble, left, chance)?;
            left -= pause;
            Some(pause.as_millis())
        };
        troubles.iter().map_while(pause).collect()
    }

    fn asked(seconds: u64) -> Trouble {
        Trouble::Transient { retry_after: Some(Duration::from_secs(seconds)) }
    }

    #[test]
    fn pauses_double_and_the_number_of_tries_is_limited() {
        assert_eq!(pauses(&[TRANSIENTLY; 9], LEFT, u64::MAX), [500, 1000]);
        assert_eq!(pauses(&[TRANSIENTLY; 9], LEFT, u64::MAX / 2), [250, 500]);
        assert_eq!(pauses(&[TRANSIENTLY; 9], LEFT, 0), [0, 0]);
        assert_eq!(
            pauses(&[Trouble::OfApi; 9], LEFT * 2, u64::MAX),
            [0, 250, 500, 1000, 2000, 4000]
        );
    }

    #[test]
    fn each_kind_of_trouble_is_counted_separately() {
        let both = [Trouble::OfApi, TRANSIENTLY, Trouble::OfApi, TRANSIENTLY, Trouble::OfApi];
        assert_eq!(pauses(&both, LEFT, u64::MAX), [0, 500, 250, 1000, 500]);
    }

    #[test]
    fn a_requested_pause_is_respected_with_a_tenth_of_jitter() {
        assert_eq!(pauses(&[asked(1); 9], LEFT, u64::MAX), [1050, 1100]);
        assert_eq!(pauses(&[asked(0); 9], LEFT, 0), [0, 0]);
    }

    #[test]
    fn no_pause_goes_beyond_the_deadline() {
        for seconds in [10, 9_999, u64::MAX] {
            assert_eq!(pauses(&[asked(seconds)], LEFT, 7), [] as [u128; 0]);
        }
        assert_eq!(pauses(&[Trouble::OfApi; 9], Duration::from_secs(1), u64::MAX), [0, 250, 500]);
        assert_eq!(pauses(&[TRANSIENTLY], Duration::ZERO, 0), [] as [u128; 0]);
    }

    #[test]
    fn only_seconds_and_future_dates_count() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        let after = |text| retry_after(text, now).map(|wait| wait.as_secs());
        assert_eq!(after("7"), Some(7));
        assert_eq!(after(" 0 "), Some(0));
        assert_eq!(after("99999999999999999999999"), Some(u64::MAX));
        assert_eq!(after("Sun, 06 Nov 1994 08:49:47 GMT"), Some(10));
        for text in ["", "-1", "soon", "1e3", "0.5", "Sun, 06 Nov 1994 08:49:27 GMT"] {
            assert_eq!(after(text), None, "{text}");
        }
    }
}
