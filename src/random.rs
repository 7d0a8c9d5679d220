//! Random bytes from the operating system.

use std::time::SystemTime;

use ring::rand::{SecureRandom as _, SystemRandom};

/// Random bytes that nobody can guess; `None` if the system provides none.
pub fn bytes<const N: usize>() -> Option<[u8; N]> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).ok()?;
    Some(bytes)
}

/// A number that differs from those of other processes. Not for secrets: if the system provides no random
/// bytes, it comes from the clock and the process ID.
pub fn number() -> u64 {
    bytes().map_or_else(without_system, u64::from_ne_bytes)
}

fn without_system() -> u64 {
    let time = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let number =
        (time.as_secs() << 32) ^ u64::from(time.subsec_nanos()) ^ u64::from(std::process::id());
    // Multiplying by an odd number moves what differs into the high bits.
    number.wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_numbers_differ() {
        assert_ne!(number(), number());
        let first = without_system();
        assert!((0..1_000).any(|_| without_system() >> 32 != first >> 32));
    }
}
