//! When a request is sent again: pure arithmetic, so that it can be tested without a clock.

use std::time::{Duration, SystemTime};

/// How often a read is sent at most.
pub const TRIES: u32 = 3;

/// The first pause is at most this long, each further one at most twice the one before.
const FIRST: Duration = Duration::from_millis(500);

/// Statuses after which a read may be sent again: too many requests, and what a server or a proxy before
/// it answers while it is in trouble (RFC 9110, 15.6; RFC 6585, 4).
#[must_use]
pub const fn is_transient(status: u16) -> bool {
    matches!(status, 429 | 500 | 502 | 503 | 504)
}

/// How long to wait before the next try; `None` to give up. `tried` is how often it was sent, `left` what
/// remains until the deadline, `chance` any number: the wait is drawn evenly between nothing and the
/// longest ("full jitter"), so that many starts at once do not come back at once.
#[must_use]
pub fn pause(
    tried: u32,
    left: Duration,
    retry_after: Option<Duration>,
    chance: u64,
) -> Option<Duration> {
    if tried >= TRIES {
        return None;
    }
    let longest = FIRST.saturating_mul(1 << tried.saturating_sub(1).min(16));
    let drawn = drawn(longest, chance);
    let wait = match retry_after {
        Some(asked) => asked.checked_add(drawn / 10)?,
        None => drawn,
    };
    // With less than nothing left afterwards the try would be for nothing.
    (wait < left).then_some(wait)
}

/// A time between nothing and the longest, evenly by `chance`, which is any number.
#[must_use]
pub fn drawn(longest: Duration, chance: u64) -> Duration {
    longest.mul_f64(f64::from(u32::try_from(chance >> 32).unwrap_or(0)) / f64::from(u32::MAX))
}

/// What a `Retry-After` header asks for: seconds, or a date (RFC 9110, 10.2.3). Anything else, and a date
/// that is past, is as if there were none.
#[must_use]
pub fn retry_after(text: &str, now: SystemTime) -> Option<Duration> {
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than fit ask for longer than any deadline.
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX)));
    }
    httpdate::parse_http_date(text).ok()?.duration_since(now).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEFT: Duration = Duration::from_secs(10);

    #[test]
    fn pauses_grow_and_end() {
        assert_eq!(pause(1, LEFT, None, u64::MAX), Some(FIRST));
        assert_eq!(pause(2, LEFT, None, u64::MAX), Some(FIRST * 2));
        assert_eq!(pause(1, LEFT, None, 0), Some(Duration::ZERO));
        assert_eq!(pause(TRIES, LEFT, None, 0), None);
    }

    #[test]
    fn no_pause_goes_beyond_the_deadline_whatever_is_asked() {
        for asked in [9_999, u64::MAX] {
            assert_eq!(pause(1, LEFT, Some(Duration::from_secs(asked)), 7), None);
        }
        let asked = pause(1, LEFT, Some(Duration::from_secs(1)), u64::MAX).unwrap();
        assert!(asked >= Duration::from_secs(1) && asked < LEFT);
        assert_eq!(pause(1, Duration::ZERO, None, u64::MAX), None);
    }

    #[test]
    fn only_seconds_and_dates_to_come_are_heeded() {
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
