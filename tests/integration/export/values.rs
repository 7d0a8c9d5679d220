//! Values that are hard to represent.

use super::Values;

/// Values that are hard to represent: quotes, line ends, escapes, expansions, and random bytes between them.
struct Generator(u64);

impl Generator {
    fn below(&mut self, limit: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }

    /// A text of pieces that have a meaning for some reader.
    fn text(&mut self) -> Vec<u8> {
        const PIECES: [&str; 46] = [
            "'", "\"", "\\", "\n", "\r", "\r\n", "\t", " ", "$", "${", "}", "$HOME", "${HOME}",
            "$(id)", "`id`", "#", " #", "%", "%h", "%%", "=", ":", "::", "!", "*", "?", "~", "&",
            "<<", "\\n", "\\x41", "\\'", "\\\"", "\\\\", "a", "B7", "é", "日本", "😀", "\u{1}",
            "\u{1b}[0m", "\u{7f}", "\u{85}", "\u{2028}", "\u{feff}", "null",
        ];
        let count = self.below(9);
        (0..count).flat_map(|_| PIECES[self.below(PIECES.len())].bytes()).collect()
    }

    /// Any bytes except NUL.
    fn bytes(&mut self) -> Vec<u8> {
        let count = self.below(40);
        (0..count).map(|_| u8::try_from(self.below(255) + 1).unwrap()).collect()
    }

    fn values(&mut self, count: usize, mut make: impl FnMut(&mut Self) -> Vec<u8>) -> Values {
        (0..count).map(|index| (format!("V{index}"), make(self))).collect()
    }
}

pub fn texts() -> Values {
    Generator(0x2026_1124).values(300, Generator::text)
}

pub fn any_bytes() -> Values {
    let mut generator = Generator(0x0001_1124);
    let mut values = generator.values(200, Generator::bytes);
    values.extend(texts().into_iter().map(|(name, value)| (format!("T{name}"), value)));
    values
}
